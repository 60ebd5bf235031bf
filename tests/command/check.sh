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

# Pages are counted as without a filter, and where numa_maps tells why they are there, so is that. One on
# move_pages keeps the command from looking at them one by one.
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
			expect_line '"not moved, or pinned": 6'
			case $call in
			'' | move_pages)
				run_filtered "$filter" 5 check --map "$pid"
				[ ! -s "$work/out" ] || fail "--map prints something"
				expect_line '^strictbind: move_pages is refused here' err
				;;
			*)
				run_filtered "$filter" 1 check --map "$pid"
				expect_line "^ *$start bind:$b "
				;;
			esac
		done
	done
	stop_scenes
	# Some are mapped more than once: which of them are misplaced has to be asked.
	start_scene mixed || return
	expect 1 check "$pid"
	row >"$work/row"
	expect_line ' 8  shared' row
	run_filtered EPERM:move_pages 1 check "$pid"
	row >"$work/row"
	expect_line ' 8  not told' row
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
		pages=$("${kind}_pages")
		expect_line " bind:$b .* $pages  not moved, or pinned" row
		expect 1 check --json "$pid"
		tr -d ' \n' <"$work/out" >"$work/flat"
		expect_line "\"start\":\"0x$start\".[^}]*\"pages\":{\"$a\":$pages},\"misplaced\":$pages" flat
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
	set_up cp "$scene" "$work/$1" || return
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

# What has no policy is judged by the cpuset, or by the nodes that are asked for.
test_check_nodes() {
	has_proc && start_scene plain && two_nodes || return
	expect 0 check "$pid"
	expect 0 check --nodes all --misplaced "$pid"
	expect_line 'none of'
	expect 1 check --nodes "$b" "$pid"
	row >"$work/row"
	expect_line ' default .* 16  outside the nodes asked for' row
	expect 1 check --nodes "$b" --json "$pid"
	is_json
	expect_line '"judged_by": "nodes asked for"'
	expect 1 check --nodes "$b" --map "$pid"
	grep -A 1 -e "^ *$start " "$work/out" >"$work/row"
	expect_line '^ *^^^^^^^^^^^^^^^^$' row
	stop_scenes
	# A policy that names nodes is what counts.
	start_scene misplaced || return
	expect 1 check --nodes "$a" "$pid"
	row >"$work/row"
	expect_line " bind:$b .* 6  not moved, or pinned" row
}

# Policies are the threads', but for mappings that have one of their own.
test_check_threads() {
	has_proc && start_scene threads && two_nodes || return
	expect 1 check "$pid"
	row >"$work/row"
	expect_line ' by thread .* 16  *0  ' row
	own=$(printf '%x' $((0x$start + 16 * $(page_bytes))))
	grep -e "^ *$own " "$work/out" >"$work/row"
	expect_line " bind:$a .* 16  not moved, or pinned" row
	flatten
	expect_line "Threads have different policies: bind:[$a$b] (1), bind:[$a$b] (1)" flat
	expect 1 check --json "$pid"
	is_json
	expect_line '"threads_differ": true'
	expect_line '"threads_looked_at": 2'
}

# Interleaved pages that are all on one node.
test_check_spread() {
	has_proc && start_scene uneven && two_nodes || return
	"$strictbind" check --json "$pid" >"$work/out"
	is_json
	expect_line '"spread": false'
	tr -d ' \n' <"$work/out" >"$work/flat"
	low=$a high=$b
	[ "$a" -lt "$b" ] || { low=$b high=$a; }
	expect_line "\"shares\":{\"$low\":32,\"$high\":32}" flat
	expect 0 check "$pid"
	expect_line '1 mapping is not spread over the nodes'
	expect 1 check --spread "$pid"
	row | head -n 1 >"$work/row"
	expect_line ' interleave:.* 32  not spread as asked' row
	expect_line "^ *$start  interleave:.* 64 of 32 "
	stop_scenes
	start_scene weighted || return
	expect 1 check --spread "$pid"
	row | head -n 1 >"$work/row"
	expect_line ' weighted interleave:.* 32  not spread as asked' row
	stop_scenes
	start_scene spread || return
	expect 0 check --spread "$pid"
	stop_scenes
	! start_scene small || {
		expect 1 check --spread "$pid"
		row | head -n 1 >"$work/row"
		expect_line 'not spread as asked' row
		stop_scenes
	}
	! start_scene thirds || {
		expect 0 check --spread "$pid"
		row | head -n 1 >"$work/row"
		expect_line ' interleave:' row
		! grep -q 'not spread' "$work/row" || fail "huge pages are taken for pages: $(cat "$work/row")"
	}
}

test_check_all() {
	has_proc && start_scene misplaced && two_nodes || return
	first=$pid
	start_scene pinned || return
	expect 1 check --all
	grep -e "^ *$first " "$work/out" >"$work/row"
	expect_line ' [1-9][0-9]*  *6  *[<0-9]*%  not moved, or pinned  scene' row
	grep -e "^ *$pid " "$work/out" >"$work/row"
	expect_line ' 0  *0%  *scene' row
	expect_line '^[1-9][0-9]* processes: [1-9][0-9]* of [0-9]* pages misplaced: '
	# The worst first.
	sed -n '/^ *PID/,/^ *total/p' "$work/out" | sed '1d;$d' | awk '$3 > last && NR > 1 { exit 1 } { last = $3 }' ||
		fail "not sorted"
	if [ "$(id -u)" != 0 ] && [ -d /proc/1 ]; then
		expect_line '^[1-9][0-9]* more could not be looked at'
	fi
	expect 1 check --all --misplaced
	! grep -q -e "^ *$pid " "$work/out" || fail "--misplaced shows others, too"
	expect 1 check --all --json
	is_json
	tr -d ' \n' <"$work/out" >"$work/flat"
	expect_line "\"pid\":$first,\"command\":\"scene\",[^}]*}[^}]*\"misplaced\":6,\"reasons\":{\"notmoved,orpinned\":6}" flat
	expect_line '"not_permitted":[0-9]' flat
}

test_check_cgroup() {
	in_guest && has_proc && start_scene misplaced && two_nodes && make_cpuset "$(cat /sys/devices/system/node/has_memory)" || return
	mkdir -p "$cpuset/below"
	echo "$pid" >"$cpuset/below/cgroup.procs" || { skip "cannot enter the cgroup"; return; }
	first=$pid
	start_scene misplaced || return
	for path in "$cpuset" /strictbind "$cpuset/below"; do
		expect 1 check --cgroup "$path"
		expect_line "^ *$first .* 6 .* scene$"
		! grep -q -e "^ *$pid " "$work/out" || fail "--cgroup shows others, too"
		expect_line "^1 process of the cgroup $path: "
	done
	expect 1 check --cgroup "$cpuset" --json
	is_json
	expect_line '"cgroup": "/strictbind/below"'
	expect 1 check --cgroup "$cpuset" --openmetrics
	is_openmetrics
	bytes=$((6 * $(page_bytes)))
	expect_line "^strictbind_cgroup_misplaced_bytes{cgroup=\"/strictbind/below\",reason=\"not moved, or pinned\"} $bytes$"
}

# is_openmetrics: what was printed is. In a guest, where there is no Python, it is looked at whether it ends as such.
is_openmetrics() {
	[ "$(tail -n 1 "$work/out")" = '# EOF' ] || fail "it does not end with # EOF"
	[ -z "${LAB_GUEST-}" ] || return 0
	"$here/openmetrics.py" "$work/out" >"$work/bad" 2>&1
	case $? in
	0) ;;
	77 | 126 | 127)
		[ "${CI-}" != true ] || fail "OpenMetrics cannot be read: $(cat "$work/bad")"
		skip "nothing to read OpenMetrics with" ;;
	*) fail "no OpenMetrics: $(cat "$work/bad")" ;;
	esac
}

test_check_openmetrics() {
	has_proc && start_scene misplaced || return
	"$strictbind" check --openmetrics "$pid" >"$work/out"
	is_openmetrics
	expect_line '^strictbind_processes{looked_at="yes"} 1$'
	expect_line "^strictbind_process_present_bytes{pid=\"$pid\",command=\"scene\"} [1-9]"
	"$strictbind" check --openmetrics --all >"$work/out"
	is_openmetrics
	[ "$a" = "$b" ] || {
		bytes=$((6 * $(page_bytes)))
		expect_line "^strictbind_process_misplaced_bytes{pid=\"$pid\",command=\"scene\",reason=\"not moved, or pinned\"} $bytes$"
	}
	stop_scenes
	# Names with all that has to be escaped, and bytes of no character.
	set_up cp "$scene" "$work/$(printf 'a"b\\c\377')" || return
	start_program "$work/$(printf 'a"b\\c\377')" pinned || return
	expect 0 check --openmetrics "$pid"
	is_openmetrics
	grep -qF "command=\"a\\\"b\\\\c$(printf '\357\277\275')\"" "$work/out" || fail "not escaped: $(grep command "$work/out")"
}

# watched SECONDS: what it prints where there is no terminal, one after the other.
test_check_watch() {
	has_proc && start_scene misplaced || return
	# What was there before would be taken for its output.
	: >"$work/out"
	"$strictbind" check --watch=1 "$pid" >"$work/out" 2>"$work/err" &
	watcher=$!
	while kill -0 "$watcher" 2>/dev/null && [ "$(grep -c '^strictbind check, ' "$work/out")" -lt 2 ]; do :; done
	[ "$a" = "$b" ] || "$strictbind" migrate -q "$pid" "$a" "$b" >/dev/null
	while kill -0 "$watcher" 2>/dev/null && [ "$(grep -c '^strictbind check, ' "$work/out")" -lt 4 ]; do :; done
	kill -INT "$watcher" 2>/dev/null
	# A shell lets its background jobs ignore SIGINT.
	kill -TERM "$watcher" 2>/dev/null
	wait "$watcher"
	status=$?
	[ ! -s "$work/err" ] || fail "says: $(cat "$work/err")"
	! grep -q "$(printf '\033')" "$work/out" || fail "escapes where there is no terminal"
	expect_line '^Process '
	expect_line '^ADDRESS\|^ *ADDRESS .* MOVED '
	[ "$a" = "$b" ] || {
		grep -e "^ *$start " "$work/out" >"$work/row"
		expect_line ' 6  *0  not moved, or pinned' row
		expect_line ' 0  *6  ' row
	}
	[ "$status" -le 1 ] || fail "exits with $status"
	: >"$work/out"
	"$strictbind" check --watch 1 --all >"$work/out" 2>"$work/err" &
	watcher=$!
	while kill -0 "$watcher" 2>/dev/null && [ "$(grep -c '^strictbind check, ' "$work/out")" -lt 2 ]; do :; done
	kill -TERM "$watcher" 2>/dev/null
	wait "$watcher"
	expect_line '^ *PID .* MOVED '
}

# waits_for_state STATES: until $watcher is in one of them, as /proc has them; 10 s at most.
waits_for_state() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		read -r _ _ state _ <"/proc/$watcher/stat"
		case $1 in *"$state"*) return ;; esac
		sleep 1
	done
	fail "is in state $state, not one of $1"
	return 1
}

# child_of PID: the process that does its work.
child_of() {
	for stat in /proc/[0-9]*/stat; do
		# Others end meanwhile.
		{ read -r child _ _ parent _ <"$stat"; } 2>/dev/null && [ "$parent" = "$1" ] && echo "$child"
	done
}

# When the one that does the work stops, as on Ctrl-Z, once it has put the terminal back, so does the one that
# waits for it; and both go on.
test_check_watch_stops() {
	has_proc && start_scene pinned || return
	: >"$work/out"
	"$strictbind" check --watch=1 "$pid" >"$work/out" 2>"$work/err" &
	watcher=$!
	pids="$pids $watcher"
	while kill -0 "$watcher" 2>/dev/null && ! grep -q 'Process ' "$work/out"; do :; done
	# Not SIGTSTP, which does nothing where no shell waits.
	kill -STOP "$(child_of "$watcher")"
	waits_for_state T || return
	: >"$work/out"
	kill -CONT "$watcher"
	waits_for_state SDR || return
	while kill -0 "$watcher" 2>/dev/null && ! grep -aq 'Process ' "$work/out"; do :; done
	kill -TERM "$watcher"
	wait "$watcher"
	status=$?
	[ "$status" = 0 ] || fail "exits with $status: $(cat "$work/err")"
}

# On a terminal, which is put back, until q or Ctrl-C; and when the process ends.
test_check_watch_ends() {
	has_proc && start_scene pinned || return
	# Of many a Ctrl-C the terminal would throw away what comes just behind it.
	for key in q ^C ^C ^C ^C ^C ^C ^C ^C; do
		"$screen" "80$key" "$strictbind" check --watch=1 "$pid" >"$work/out" 2>"$work/err"
		status=$?
		[ "$status" != 77 ] || { skip "no terminals"; return; }
		[ "$status" = 0 ] || fail "$key: exits with $status: $(cat "$work/err")"
		expect_line "$(printf '\033')\[?1049h"
		expect_line "$(printf '\033')\[?1049l"
	done
	: >"$work/out"
	"$screen" 80 "$strictbind" check --watch=1 "$pid" >"$work/out" 2>"$work/err" &
	watcher=$!
	while kill -0 "$watcher" 2>/dev/null && ! grep -q 'Process ' "$work/out"; do :; done
	stop_scenes
	wait "$watcher"
	status=$?
	[ "$status" = 3 ] || fail "exits with $status when the process ends"
	expect_line "$(printf '\033')\[?1049l"
	expect_line 'has ended\|there is no process\|it is ending'
}
