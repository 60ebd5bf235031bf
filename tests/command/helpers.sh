# shellcheck shell=sh disable=SC2015,SC2016,SC2034,SC2154,SC2317
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the cases of all subcommands use.

fail() {
	echo "    $*"
	failed=yes
}

# The nodes as the kernel tells them, for the head of probe.
known_nodes='[0-9]* memory nodes*: .*'
[ ! -r /sys/devices/system/node/has_memory ] || {
	read -r nodes </sys/devices/system/node/has_memory
	known_nodes="[0-9]* memory nodes*: $nodes"
}

# Bytes of a page. A guest has no getconf, but its kernel says it of every mapping.
page_bytes() {
	getconf PAGESIZE 2>/dev/null || echo $(($(sed -n 's/^KernelPageSize: *\([0-9]*\) kB$/\1/p' /proc/self/smaps | head -n 1) * 1024))
}

# Pages of a transparent huge page, and of one of hugetlb.
huge_pages() {
	echo $(($(cat /sys/kernel/mm/transparent_hugepage/hpage_pmd_size) / $(page_bytes)))
}

hugetlb_bytes() {
	echo $(($(sed -n 's/^Hugepagesize: *\([0-9]*\) kB$/\1/p' /proc/meminfo) * 1024))
}

hugetlb_pages() {
	echo $(($(hugetlb_bytes) / $(page_bytes)))
}

skip() {
	echo "    skipped: $*"
	skipped=yes
}

# expect STATUS ARGUMENTS...: strictbind exits so. Its output is in $work/out and $work/err.
expect() {
	wanted=$1
	shift
	"$strictbind" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	exited "$wanted" "$@"
}

# exited STATUS ARGUMENTS...: strictbind has, with these.
exited() {
	wanted=$1
	shift
	[ "$status" = "$wanted" ] || fail "strictbind $* exits with $status, not $wanted: $(cat "$work/err")"
}

# expect_line PATTERN [FILE]: a line of the output, or of a file, matches.
expect_line() {
	grep -q -e "$1" "$work/${2:-out}" || {
		fail "no line like '$1' in:"
		sed 's/^/        /' "$work/${2:-out}"
	}
}

# refused STATUS ARGUMENTS...: one line on stderr, nothing on stdout.
refused() {
	expect "$@"
	[ ! -s "$work/out" ] || fail "strictbind $* prints: $(head -n 3 "$work/out")"
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail "strictbind $* has not one line of error: $(cat "$work/err")"
	expect_line '^strictbind: ' err
}

# set_up WORDS...: runs what a case takes, which is a failure where it fails.
set_up() {
	"$@" || { fail "cannot be set up: $*"; return 1; }
}

# is_json: what was printed is. Where there is no Python it begins and ends as such.
is_json() {
	if command -v python3 >/dev/null; then
		python3 -m json.tool "$work/out" >/dev/null 2>"$work/json" || fail "no JSON: $(cat "$work/json")"
	else
		[ "$(head -c 1 "$work/out")" = '{' ] && [ "$(tail -n 1 "$work/out")" = '}' ] || fail "no JSON"
	fi
}

# until_ready PID WHAT: until that process says in the file scene that it is; skipped where there is no WHAT.
until_ready() {
	while ! grep -q ready "$work/scene"; do
		kill -0 "$1" 2>/dev/null && continue
		wait "$1"
		[ $? = 77 ] && skip "no $2 here" || fail "$2 ends"
		return 1
	done
}

# start_program PROGRAM KIND: a process of scene.c under that name. Sets pid, start, a and b.
start_program() {
	# What the scene before said would be taken for this one's.
	: >"$work/scene"
	"$@" >"$work/scene" &
	pid=$!
	pids="$pids $pid"
	until_ready "$pid" "scene $2" || return
	read -r _ pid start a b <"$work/scene"
}

start_scene() {
	start_program "$scene" "$1"
}

# release_scene: nothing keeps the pages of the scene from being moved any more.
release_scene() {
	kill -USR1 "$pid"
	while ! grep -q released "$work/scene"; do
		kill -0 "$pid" 2>/dev/null || { fail "the scene ends"; return 1; }
	done
}

stop_scenes() {
	# shellcheck disable=SC2086  # a list of words
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
	for pid in $pids; do
		wait "$pid" 2>/dev/null
	done
	pids=
}

# row: the line of the output for the mapping at $start.
row() {
	grep -e "^ *$start " "$work/out"
}

two_nodes() {
	[ "$a" != "$b" ] || { skip "takes two memory nodes"; return 1; }
}

# The output without line ends, for text that is wrapped.
flatten() {
	tr '\n' ' ' <"$work/out" | tr -s ' ' >"$work/flat"
}

has_proc() {
	[ -r /proc/self/stat ] || { skip "no /proc"; return 1; }
}

# Where everything may be changed. The lab names the guest's kernel.
is_root_of_guest() {
	[ "$(id -u)" = 0 ] && [ -n "$LAB_GUEST" ]
}

in_guest() {
	is_root_of_guest || { skip "takes a guest of the lab, and root"; return 1; }
}

# make_cpuset NODES: sets $cpuset to a group of these nodes.
make_cpuset() {
	cgroups=/sys/fs/cgroup
	[ -e "$cgroups/cgroup.controllers" ] || mount -t cgroup2 cgroup "$cgroups" 2>/dev/null
	if grep -qw cpuset "$cgroups/cgroup.controllers" 2>/dev/null; then
		echo +cpuset >"$cgroups/cgroup.subtree_control"
		cpuset=$cgroups/strictbind
		mkdir -p "$cpuset"
	else
		skip "no cpusets"
		return 1
	fi
	echo "$1" >"$cpuset/cpuset.mems" || { skip "no cpuset of node $1"; return 1; }
}

# run_filtered FILTER STATUS ARGUMENTS...: as expect does; false where there are no filters.
run_filtered() {
	filter=$1
	wanted=$2
	shift 2
	"$filtered" "$filter" "$strictbind" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	[ "$status" != 77 ] || { skip "no seccomp"; return 1; }
	[ "$status" = "$wanted" ] || fail "$filter: strictbind $* exits with $status, not $wanted: $(cat "$work/err")"
}

# On a terminal that is too narrow. too_wide COLUMNS ARGUMENTS...
fits() {
	columns=$1
	shift
	"$screen" "$columns" "$strictbind" "$@" >"$work/out" 2>"$work/err"
	[ $? != 77 ] || { skip "no terminals"; return 1; }
	# Without what has been wiped off again.
	sed "s/.*$(printf '\033')\[K//" "$work/out" | tr -d '\r' >"$work/screen"
	awk -v most="$columns" '{ gsub(/\033\[[0-9;]*m/, "") } length > most { exit 1 }' "$work/screen" ||
		fail "strictbind $*: wider than $columns"
}
