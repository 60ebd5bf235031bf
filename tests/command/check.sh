# shellcheck shell=sh disable=SC2015,SC2016,SC2034,SC2154,SC2317
# SPDX-License-Identifier: LGPL-2.1-or-later
# strictbind check.

test_check_misplaced() {
	has_proc && start_scene misplaced || return
	two_nodes || { expect 0 check "$pid"; return; }
	expect 1 check "$pid"
	row >"$work/row"
	expect_line " bind:$b .* 6  not moved, or pinned" row
	expect_line '^Process .*: 6 of .* pages misplaced: not moved, or pinned'
	expect 1 check --misplaced "$pid"
	[ "$(grep -c ' bind:' "$work/out")" = 1 ] || fail "--misplaced shows others, too"
	expect 1 check --own "$pid"
}

test_check_pages_per_node() {
	has_proc && start_scene misplaced && two_nodes || return
	expect 1 check --json "$pid"
	is_json
	tr -d ' \n' <"$work/out" >"$work/flat"
	low=$a:6 high=$b:10
	[ "$a" -lt "$b" ] || { low=$b:10 high=$a:6; }
	expect_line "\"start\":\"0x$start\".[^}]*\"policy\":\"bind:$b\",\"pages\":{\"${low%:*}\":${low#*:},\"${high%:*}\":${high#*:}},\"misplaced\":6,\"reasons\":{\"notmoved,orpinned\":6}" flat
}

test_check_map() {
	has_proc && start_scene misplaced && two_nodes || return
	expect 1 check --map "$pid"
	row >"$work/row"
	expect_line "$a$a$a$a$a$a$b$b$b$b$b$b$b$b$b$b" row
	grep -A 1 -e "^ *$start " "$work/out" >"$work/row"
	expect_line '^ *^^^^^^$' row
	! grep -q "$(printf '\033')" "$work/out" || fail "colours where there is no terminal"
}

test_check_shared() {
	has_proc && start_scene shared && two_nodes || return
	expect 1 check "$pid"
	row >"$work/row"
	expect_line " bind:$b .* 8  shared" row
	expect 0 check --own "$pid"
	expect 1 check --map "$pid"
	grep -A 1 -e "^ *$start " "$work/out" >"$work/row"
	expect_line '^ *^^^^^^^^$' row
	expect 0 check --own --map "$pid"
	! grep -q '^ *^' "$work/out" || fail "--own --map marks shared pages"
	row >"$work/row"
	expect_line "$a$a$a$a$a$a$a$a" row
	stop_scenes
	# What is its own is marked as ever.
	start_scene misplaced || return
	expect 1 check --own --map "$pid"
	grep -A 1 -e "^ *$start " "$work/out" >"$work/row"
	expect_line '^ *^^^^^^$' row
}

test_check_kernel_memory() {
	has_proc || return
	[ -r /proc/kpageflags ] || { skip "frames of pages are not told"; return; }
	start_scene kernel || { skip "no ring"; return; }
	two_nodes || return
	expect 1 check "$pid"
	row >"$work/row"
	expect_line ' 1  kernel memory' row
}

# Pages are counted as without a filter. One on move_pages keeps the command from looking at them one by
# one, and then it does not say why they are there.
test_check_filtered() {
	has_proc && start_scene misplaced && two_nodes || return
	expect 1 check --json "$pid"
	grep -v 'not ' "$work/out" >"$work/unfiltered"
	for error in EPERM ENOSYS; do
		for call in '' $calls; do
			filter=$error${call:+:$call}
			run_filtered "$filter" 1 check --json "$pid" || return
			grep -v 'not ' "$work/out" >"$work/counts"
			cmp -s "$work/counts" "$work/unfiltered" || fail "$filter: counts differ: $(diff "$work/counts" "$work/unfiltered")"
			case $call in
			'' | move_pages)
				expect_line '"not told": 6'
				run_filtered "$filter" 5 check --map "$pid"
				[ ! -s "$work/out" ] || fail "--map prints something"
				expect_line '^strictbind: move_pages is refused here' err
				;;
			*)
				expect_line '"not moved, or pinned": 6'
				run_filtered "$filter" 1 check --map "$pid"
				expect_line "^ *$start bind:$b "
				;;
			esac
		done
	done
}

# Without a list of nodes from anywhere.
test_nodes_untold() {
	[ ! -r /sys/devices/system/node/has_memory ] || { skip "there is a /sys"; return; }
	has_proc && start_scene misplaced && two_nodes || return
	run_filtered EPERM:get_mempolicy 0 probe || return
	expect_line ', memory nodes not told;'
	run_filtered EPERM:get_mempolicy 1 check "$pid"
	row >"$work/row"
	expect_line " bind:$b .* 6  not moved, or pinned" row
	run_filtered EPERM:get_mempolicy 5 migrate "$pid" 0 0
	expect_line 'is not told here' err
}

test_check_huge() {
	has_proc || return
	for kind in huge hugetlb; do
		start_scene "$kind" || { skip "no $kind page"; continue; }
		two_nodes || return
		expect 1 check "$pid"
		row >"$work/row"
		expect_line " bind:$b .* 512  not moved, or pinned" row
		expect 1 check --json "$pid"
		tr -d ' \n' <"$work/out" >"$work/flat"
		expect_line "\"start\":\"0x$start\".[^}]*\"pages\":{\"$a\":512},\"misplaced\":512" flat
		stop_scenes
	done
}

# A policy with several nodes; and what others call their files and themselves does nothing here.
test_check_names() {
	has_proc && start_scene spread || return
	expect 0 check "$pid"
	row >"$work/row"
	expect_line " interleave:[-,0-9]*  .*/memfd:a?.31mb" row
	expect_line '^Process .* (c?.32md): none of'
	policy=$(sed 's/.* \(interleave:[-,0-9]*\) .*/\1/' "$work/row")
	expect 0 check --map "$pid"
	expect_line "^ *$start $policy  .*memfd:a?"
	[ "$("$strictbind" migrate -q "$pid" "$a" "$a" | tail -n 1 | cut -d ' ' -f 3)" = '(c?[32md),' ] || fail "migrate"
	! grep -q "$(printf '\033')" "$work/out" || fail "colours where there is no terminal"
}

# named NAME WANTED: how a process with this name is called in JSON.
named() {
	cp "$scene" "$work/$1" || return
	start_program "$work/$1" spread || return
	expect 0 check --json "$pid"
	is_json
	grep -qF -e "/$2\"" "$work/out" || fail "no name '$2' in: $(grep '"name"' "$work/out" | head -n 1)"
}

# Characters stay, bytes of none are told by number.
test_check_names_json() {
	has_proc || return
	named "$(printf 'g\303\274n\342\202\254\360\237\230\200')" "$(printf 'g\303\274n\342\202\254\360\237\230\200')"
	named "$(printf 'a\377b\303')" 'a\u00ffb\u00c3'
	named "$(printf 'a\355\240\200\300\200\302\201')" 'a\u00ed\u00a0\u0080\u00c0\u0080\u0081'
}

# A mapping of a terabyte with few pages.
test_check_sparse() {
	has_proc && start_scene sparse || { skip "no terabyte"; return; }
	two_nodes || { expect 0 check --map "$pid"; return; }
	expect 1 check --misplaced "$pid"
	row >"$work/row"
	expect_line " 1T  bind:$b .* 16  not moved, or pinned" row
}

test_check_nothing_misplaced() {
	has_proc && start_scene pinned || return
	expect 0 check "$pid"
	expect_line 'none of .* pages is misplaced'
	expect 0 check --json "$pid"
	is_json
}
