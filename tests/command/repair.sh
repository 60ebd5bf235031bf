# shellcheck shell=sh disable=SC2015,SC2016,SC2034,SC2154,SC2317
# SPDX-License-Identifier: LGPL-2.1-or-later
# strictbind repair.

test_repair() {
	has_proc && start_scene misplaced && two_nodes || return
	expect 1 repair --dry-run "$pid"
	row >"$work/row"
	expect_line ' 6  not moved  -' row
	expect_line '^Process .*: 6 pages are misplaced: not moved\.$'
	expect 0 repair "$pid"
	expect_line '^NODE  BEFORE  AFTER$'
	expect_line '^Process .*: 6 pages moved to where the policies want them, 0 stayed\.$'
	expect 0 check "$pid"
	expect 0 repair "$pid"
	expect_line '^Process .*: 0 pages moved'
	expect 0 repair --dry-run --json "$pid"
	is_json
	expect_line '"misplaced": 0'
}

# Pages that are held are on one node, and their policy is made to want another.
test_repair_stays() {
	has_proc && start_scene shared && two_nodes || return
	expect 1 repair --json --dry-run "$pid"
	is_json
	tr -d ' \n' <"$work/out" >"$work/flat"
	# Root may move them: that they are shared is no reason.
	reason=shared
	[ "$(id -u)" != 0 ] || reason=notmoved
	expect_line "\"left\":\[{\"start\":\"0x$start\".*\"pages\":8,\"reasons\":{\"$reason\":8}" flat
	if [ "$(id -u)" = 0 ]; then
		expect 0 repair "$pid"
		expect_line ': 8 pages moved to where the policies want them, 0 stayed\.$'
	else
		expect 1 repair "$pid"
		expect_line ': 0 pages moved to where the policies want them, 8 stayed: shared\.$'
	fi
}

# Pages on a node of the policy that has more than its share.
test_repair_spread() {
	has_proc && start_scene uneven && two_nodes || return
	expect 1 repair --spread --dry-run "$pid"
	row | head -n 1 >"$work/row"
	expect_line ' 32  not spread as asked  -' row
	expect_line '^Process .*: 32 pages are misplaced: not spread as asked\.$'
	expect 0 repair --dry-run "$pid"
	expect 0 repair --spread --json "$pid"
	is_json
	expect_line '"misplaced": 32'
	expect_line '"uneven": 0'
	expect 0 check --spread "$pid"
	expect 0 repair --spread "$pid"
	expect_line '^Process .*: 0 pages moved'
}

# What the kernel has put where it is cannot be put elsewhere.
test_repair_kernel_memory() {
	has_proc && start_scene kernel && two_nodes || return
	expect 1 repair "$pid"
	row >"$work/row"
	expect_line ' 1  kernel memory  ' row
	expect_line ': 15 pages moved to where the policies want them, 1 stayed: kernel memory\.$'
}

test_repair_nothing() {
	has_proc && start_scene pinned || return
	expect 0 repair "$pid"
	expect_line '^Process .*: 0 pages moved to where the policies want them, 0 stayed\.$'
	refused 3 repair 4194303
	refused 2 repair
	refused 2 repair --threads 0 "$pid"
}

test_repair_filtered() {
	has_proc && start_scene pinned || return
	"$filtered" EPERM "$strictbind" repair "$pid" >"$work/out" 2>"$work/err"
	status=$?
	[ "$status" = 77 ] && { skip "no seccomp"; return; }
	[ "$status" = 5 ] || fail "exits with $status"
	expect_line 'move_pages is refused here' err
	[ ! -s "$work/out" ] || fail "prints something"
}

# agrees SCENE: what check says of it, mostly by numa_maps, and what the library does, page by page, are the same. But
# check tells the cause, and the library why a page would stay: of shared ones root hears that only from check.
agrees() {
	start_scene "$1" || return 0
	two_nodes || return
	agreed=$((agreed + 1))
	"$strictbind" check --every-page "$pid" >"$work/out"
	said=$(sed -n 's/^Process.* misplaced: //p' "$work/out" | sed 's/, or pinned//')
	[ "$(id -u)" != 0 ] || said=$(echo "$said" | sed 's/shared/not moved/')
	[ -n "$said" ] || fail "check finds nothing in $1"
	expect 1 repair --dry-run "$pid"
	expect_line "misplaced: $said\$"
	stop_scenes
}

test_repair_agrees_with_check() {
	has_proc || return
	agreed=0
	for name in misplaced shared mixed kernel secret huge hugetlb cached astray; do
		agrees "$name"
	done
	[ "$agreed" = 0 ] || [ "$agreed" -ge 6 ] || fail "only $agreed scenes"
}
