# shellcheck shell=sh disable=SC2015,SC2016,SC2034,SC2154,SC2317
# SPDX-License-Identifier: LGPL-2.1-or-later
# What users meet, as docs/situations.md tells it: what check says of it, and what repair does about it.

# found PAGES REASON: check finds these pages of the scene misplaced, and says why.
found() {
	expect 1 check "$pid"
	row >"$work/row"
	expect_line " $1  $2  " row
}

# stays PAGES REASON [MOVED]: repair leaves these pages where they are, and says why.
stays() {
	expect 1 repair "$pid"
	expect_line "^Process .*: ${3:-0} pages* moved .*, $1 stayed: $2\.$"
}

# repaired PAGES: repair moves them, and nothing is misplaced any more.
repaired() {
	expect 0 repair "$pid"
	expect_line "^Process .*: $1 pages* moved .*, 0 stayed\.$"
	expect 0 check "$pid"
	expect_line 'none of [1-9][0-9]* pages is misplaced'
}

test_situation_full() {
	in_guest && has_proc || return
	# A few pages find room now and then, and at times all of them: then it is filled again.
	for try in 1 2 3 4 5; do
		start_scene full || { skip "takes two memory nodes, and no swap"; return; }
		found $((8 * 1024 * 1024 / $(page_bytes))) 'no room where they belong'
		"$strictbind" repair --quiet "$pid" >"$work/out"
		status=$?
		grep -q 'stayed: no room where they belong' "$work/out" && break
		stop_scenes
	done
	[ "$status" = 1 ] || fail "exits with $status, not 1"
	expect_line '^Process .*: [0-9]* pages* moved .*, [0-9]* stayed: no room where they belong\.$'
	release_scene && repaired '[0-9]*'
}

# What the page cache has taken is given up for them.
test_situation_clean() {
	in_guest && has_proc || return
	[ "$(page_bytes)" = 4096 ] || { skip "pages are too large for the disk"; return; }
	start_scene clean || { skip "no disk, or swap"; return; }
	found [0-9]* 'not moved, or pinned'
	repaired [0-9]*
}

# The pool of a node is empty. The kernel makes a huge page for the move, if there is memory in one piece.
test_situation_pool() {
	in_guest && has_proc || return
	start_scene hugetlb || { skip "no huge pages"; return; }
	two_nodes || return
	pool=/sys/devices/system/node/node$b/hugepages/hugepages-$(($(hugetlb_bytes) / 1024))kB/nr_hugepages
	before=$(cat "$pool")
	echo 0 >"$pool"
	found "$(hugetlb_pages)" 'no room where they belong'
	repaired "$(hugetlb_pages)"
	stop_scenes
	echo "$before" >"$pool"
}

test_situation_registered() {
	in_guest && has_proc || return
	start_scene registered || { skip "no io_uring"; return; }
	two_nodes || return
	found 16 'not moved, or pinned'
	stays 4 'held: pinned, or in use' 12
	release_scene && repaired 4
}

test_situation_cached() {
	in_guest && has_proc || return
	start_scene cached || { skip "no disk"; return; }
	two_nodes || return
	found 16 'file cache'
	repaired 16
}

test_situation_cpuset() {
	in_guest && has_proc && start_scene plain && two_nodes && make_cpuset "$b" || return
	echo "$pid" >"$cpuset/cgroup.procs" || { skip "cannot enter the cpuset"; return; }
	# Newer kernels move what they can, in the background, and three pages are pinned. Others move nothing.
	stayed=3
	case $(uname -r) in
	5.10.*) stayed=16 ;;
	esac
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		"$strictbind" check "$pid" >"$work/out"
		row >"$work/row"
		grep -q " $stayed  outside the cpuset" "$work/row" && break
		sleep 1
	done
	found "$stayed" 'outside the cpuset'
	expect_line '  default  ' row
	expect 1 check --json "$pid"
	expect_line '"judged_by": "cpuset"'
	expect_line "\"allowed_nodes\": \"$b\""
	# By other nodes, which it may not use.
	[ "$stayed" != 3 ] || {
		expect 1 check --nodes "$a" "$pid"
		row >"$work/row"
		expect_line ' 13  not allowed by the cpuset' row
	}
	stays 3 'held: pinned, or in use' '[0-9]*'
	release_scene && repaired 3
}

# What is where any of them wants it is in its place, and stays there.
test_situation_threads() {
	in_guest && test_check_threads && two_nodes || return
	repaired '[1-9][0-9]*'
	row >"$work/row"
	expect_line ' by thread .* 16  *0  ' row
}

# It moves pages afterwards, wherever repair has put them: this is only said.
test_situation_balancing() {
	in_guest && has_proc && start_scene plain || return
	[ -w /proc/sys/kernel/numa_balancing ] || { skip "no NUMA balancing"; return; }
	expect 0 check "$pid"
	! grep -q balancing "$work/out" || fail "it is not on"
	echo 1 >/proc/sys/kernel/numa_balancing
	expect 0 check "$pid"
	expect_line '^NUMA balancing is on'
	expect 0 check --json "$pid"
	expect_line '"balanced": true'
	expect 0 repair "$pid"
	echo 0 >/proc/sys/kernel/numa_balancing
}

# So many mappings that there can hardly be more; and each second has a misplaced page.
test_situation_slabs() {
	has_proc || return
	# Some distributions allow a great many.
	! is_root_of_guest || echo 8000 >/proc/sys/vm/max_map_count
	start_scene slabs || { skip "too many mappings are allowed"; return; }
	"$strictbind" check --json "$pid" >"$work/out"
	expect_line '"map_count": [1-9][0-9]*'
	most=$(cat /proc/sys/vm/max_map_count)
	expect_line "\"max_map_count\": $most"
	"$strictbind" check "$pid" >"$work/out"
	expect_line "^It has [0-9]* mappings, and vm.max_map_count is $most"
	two_nodes || return
	misplaced=$(grep -c " bind:$b .* 1  not moved, or pinned" "$work/out")
	[ "$misplaced" -ge $((most / 2 - 500)) ] || fail "not all are seen"
	repaired "$misplaced"
}

# It is on one node, and is split so that each half can be where its policy wants it.
test_situation_cut() {
	in_guest && has_proc || return
	start_scene cut || { skip "no huge page"; return; }
	two_nodes || return
	half=$(($(huge_pages) / 2))
	found $half 'not moved, or pinned'
	repaired $half
}

# On one of the nodes that are named it is spread when that is asked for; on others by being moved.
test_situation_interleaved() {
	in_guest && has_proc && start_scene uneven && two_nodes || return
	expect 1 check --spread "$pid"
	row | head -n 1 >"$work/row"
	expect_line ' interleave:.* 32  not spread as asked' row
	expect 0 repair "$pid"
	expect_line ': 0 pages moved .*, 0 stayed\.$'
	expect 1 check --spread "$pid"
	expect 0 repair --spread "$pid"
	expect_line ': 32 pages moved .*, 0 stayed\.$'
	expect 0 check --spread "$pid"
	stop_scenes
	start_scene astray || return
	found 64 'not moved, or pinned'
	repaired 64
	expect 0 check --spread "$pid"
}

test_situation_secret() {
	has_proc || return
	start_scene secret || { skip "no secret memory"; return; }
	two_nodes || return
	found 1 'secret memory'
	expect_line " bind:$b " row
	stays 1 'secret memory'
}
