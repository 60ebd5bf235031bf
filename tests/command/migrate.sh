# shellcheck shell=sh disable=SC2015,SC2016,SC2034,SC2154,SC2317
# SPDX-License-Identifier: LGPL-2.1-or-later
# strictbind migrate.

test_migrate() {
	has_proc && start_scene misplaced && two_nodes || return
	"$strictbind" migrate "$pid" "$b" "$a" >"$work/out" 2>"$work/err"
	[ $? -le 1 ] || fail "migrate: $(cat "$work/err")"
	expect 1 check --json "$pid"
	tr -d ' \n' <"$work/out" >"$work/flat"
	expect_line "\"start\":\"0x$start\".[^}]*\"pages\":{\"$a\":16}" flat
}

test_migrate_pinned() {
	has_proc && start_scene pinned && two_nodes || return
	expect 1 migrate "$pid" "$a" "$b"
	row >"$work/row"
	expect_line ' 3  held: pinned, or in use  -' row
	expect_line '^Process .*pages could not be moved, the first at '
	expect 1 migrate --json "$pid" "$a" "$b"
	is_json
	expect_line '"unmoved": [1-9]'
	expect_line '"first_unmoved": "0x'
	expect_line '"first_status": "known"'
}

# As numactl takes them.
test_migrate_node_strings() {
	has_proc && start_scene pinned || return
	for nodes in "$a" "$a-$a" "$a,$a" all +0; do
		"$strictbind" migrate --quiet "$pid" "$nodes" "$nodes" >"$work/out" 2>"$work/err"
		[ $? -le 1 ] || fail "$nodes: $(cat "$work/err")"
	done
	two_nodes || return
	"$strictbind" migrate --quiet "$pid" "!$b" "$b" >"$work/out" 2>"$work/err"
	[ $? -le 1 ] || fail "!$b: $(cat "$work/err")"
}

# by_term FROM TO: sets status, of a move that is ended once the first page has gone.
by_term() {
	"$strictbind" migrate --stall-us 100 "$pid" "$1" "$2" >"$work/out" 2>"$work/err" &
	mover=$!
	while kill -0 "$mover" 2>/dev/null && ! grep -q "^$start .* N$2=" "/proc/$pid/numa_maps"; do :; done
	kill -TERM "$mover" 2>/dev/null
	wait "$mover"
	status=$?
}

by_ctrl_c() {
	"$screen" 80^C "$strictbind" migrate --stall-us 100 "$pid" "$1" "$2" >"$work/out" 2>"$work/err"
	status=$?
}

# cancels STATUS HOW: one of some moves to and fro is cancelled; others may be done before. Wherever it
# stops, no page is lost, and what it says fits.
cancels() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		for way in "$a $b" "$b $a"; do
			# shellcheck disable=SC2086  # two nodes
			$2 $way
			case $status in
			77) skip "no terminals"; return 1 ;;
			0 | 1) continue ;;
			"$1") expect_line 'Process .*: cancelled. What has moved stays there; [1-9][0-9]*' ;;
			*) fail "$2: exits with $status: $(cat "$work/err")" ;;
			esac
			# What is left and what has gone: all of it.
			"$strictbind" check --json "$pid" >"$work/out" 2>"$work/err"
			is_json
			present=$(sed -n 's/^.*"present": \([0-9]*\).*$/\1/p' "$work/out" | head -n 1)
			large=$(((96 << 20) / $(page_bytes)))
			[ "$((present - large))" -ge 0 ] && [ "$((present - large))" -lt 1424 ] || fail "$present pages, of which the scene has $large"
			return 0
		done
	done
	fail "$2: none of 20 moves was cancelled"
}

test_migrate_cancelled() {
	has_proc && start_scene large && two_nodes || return
	cancels 143 by_term
	# The policy still is to be on the first node.
	"$strictbind" migrate --quiet "$pid" "$a" "$b" >"$work/out" 2>"$work/err"
	expect 1 check "$pid"
}

test_migrate_ctrl_c() {
	has_proc && start_scene large && two_nodes || return
	cancels 130 by_ctrl_c
}

# Filters on other calls are in its way only where it cannot do without them.
test_migrate_half_filtered() {
	has_proc && start_scene pinned && two_nodes || return
	for error in EPERM ENOSYS; do
		for call in mbind move_pages get_mempolicy; do
			run_filtered "$error:$call" 1 migrate "$pid" "$a" "$b" || return
			row >"$work/row"
			expect_line ' 3  ' row
			run_filtered "$error:$call" 0 migrate "$pid" "$b" "$a" || return
		done
	done
}

test_migrate_filtered() {
	has_proc && start_scene pinned || return
	"$filtered" EPERM "$strictbind" migrate "$pid" "$a" "$a" >"$work/out" 2>"$work/err"
	status=$?
	[ "$status" = 77 ] && { skip "no seccomp"; return; }
	[ "$status" = 5 ] || fail "exits with $status"
	expect_line 'migrate_pages is refused here' err
	[ ! -s "$work/out" ] || fail "prints something"
}

test_progress_bar() {
	has_proc && start_scene large && two_nodes || return
	"$screen" 80 "$strictbind" migrate --stall-us 100 "$pid" "$a" "$b" >"$work/out"
	[ $? != 77 ] || { skip "no terminals"; return; }
	expect_line '\[##*\.*\] *[0-9]*%  [0-9.]*[KM] of 9[67]M  [0-9.]*[KM]/s'
	"$screen" 40 "$strictbind" migrate --stall-us 100 "$pid" "$b" "$a" >"$work/out"
	expect_line "^$(printf '\r') *[0-9]*%$(printf '\033')"
	TERM=dumb "$screen" 80 "$strictbind" migrate --stall-us 100 "$pid" "$a" "$b" >"$work/out"
	! grep -q '%' "$work/out" || fail "a bar on a dumb terminal"
	"$screen" 80 "$strictbind" migrate --stall-us 100 --quiet "$pid" "$b" "$a" >"$work/out"
	! grep -q '%' "$work/out" || fail "--quiet is not"
}
