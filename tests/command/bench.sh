# shellcheck shell=sh disable=SC2015,SC2016,SC2034,SC2154,SC2317
# SPDX-License-Identifier: LGPL-2.1-or-later
# strictbind bench.

# That it runs, that its table and its JSON are whole, and that all it says it measures is there.
test_bench() {
	names='call-set-4k move-base threads-2 stall-16m locate-base'
	[ -r /proc/self/stat ] || names='call-set-4k move-base threads-2 stall-16m'
	expect 0 bench --only "$(echo "$names" | tr ' ' ,)" --pairs 1 --size 4
	expect_line '^Linux .* memory nodes*: .* processors*\.'
	for name in $names; do
		expect_line "^$name  *[0-9]*\.[0-9]*  *[0-9.]*-[0-9.]*  *[0-9.]* [num]s  *[0-9.]* [num]s  *[1-9][0-9]*  .*, against "
	done
	expect 0 bench --only call-set-4k --pairs 1 --json
	is_json
	expect_line '"median": [0-9]'
	refused 2 bench --only nonsense
	for call in mbind migrate_pages move_pages; do
		run_filtered "EPERM:$call" 5 bench || return
		expect_line "$call is refused here" err
	done
}
