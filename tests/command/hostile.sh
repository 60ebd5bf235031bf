# shellcheck shell=sh disable=SC2015,SC2016,SC2034,SC2154,SC2317
# SPDX-License-Identifier: LGPL-2.1-or-later
# Processes that do harm to whoever looks at them, and files that are not what they seem.

# in_time WORDS...: runs them, for a minute at most.
in_time() {
	timeout 60 "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
}

# answers STATUS ARGUMENTS...: strictbind exits so, and soon.
answers() {
	wanted=$1
	shift
	in_time "$strictbind" "$@"
	exited "$wanted" "$@"
}

# judges ARGUMENTS...: strictbind says that all is well, or that it is not, and soon.
judges() {
	in_time "$strictbind" "$@"
	[ "$status" -le 1 ] || fail "strictbind $* exits with $status: $(cat "$work/err")"
}

# looked_at FILE NAME ARGUMENTS...: strictbind in mounts of its own, where FILE lies over that file of the process.
looked_at() {
	in_time unshare -m sh -c 'mount --bind "$1" "/proc/$2/$3" && shift 3 && exec "$@"' sh "$1" "$pid" "$2" \
		"$strictbind" "$3" "$4"
	# By a signal, or when the time is up, it ends with more.
	[ "$status" -le 6 ] || fail "$1 over $2: $3 exits with $status: $(cat "$work/err")"
	[ "$(wc -l <"$work/err")" -le 1 ] || fail "$1 over $2: $3 has many lines of error: $(cat "$work/err")"
}

# What lies over files of /proc never answers, never ends, or is nonsense.
test_mounted_over() {
	has_proc && start_scene pinned || return
	set_up mkfifo "$work/pipe" || return
	printf '1000-2000 lies\n' >"$work/lies"
	command -v unshare >/dev/null && unshare -m true 2>/dev/null || { skip "no mounts of its own"; return; }
	for what in "$work/pipe" /dev/urandom /dev/zero /dev/tty "$work/lies"; do
		[ -e "$what" ] || continue
		for name in numa_maps maps smaps pagemap stat status cgroup; do
			looked_at "$what" $name check "$pid"
			case $name in
			numa_maps | maps)
				exited 5 "check, $what over $name"
				expect_line "/$name is not the kernel's: something is mounted over it" err
				;;
			esac
			looked_at "$what" $name check --all
			[ "$status" -le 1 ] || fail "$what over $name: --all exits with $status: $(cat "$work/err")"
			looked_at "$what" $name repair "$pid"
		done
	done
}

# A process whose mappings are others each time that one looks.
test_restless() {
	has_proc && start_scene restless || return
	for words in 'check' 'check --json' 'check --map' 'check --every-page --own' 'check --spread --openmetrics' 'check --all' \
		'repair' 'repair --spread' 'migrate'; do
		[ "$words" = migrate ] && nodes="$a $b" || nodes=
		case $words in *--all) who= ;; *) who=$pid ;; esac
		for _ in 1 2; do
			# shellcheck disable=SC2086  # lists of words
			judges $words $who $nodes
			[ -s "$work/out" ] || fail "$words prints nothing"
			case $words in *--json) is_json ;; esac
		done
	done
	kill -0 "$pid" || fail "the process has ended"
}

# start_silent WORDS...: $pid is that process, whose daemon does not answer any more. See silent.c.
start_silent() {
	set_up mkdir "$work/silent" || return
	: >"$work/scene"
	"$silent" "$work/silent" "$@" >"$work/scene" &
	pids="$pids $!"
	until_ready $! 'file system in user space' || return
	read -r _ pid daemon <"$work/scene"
	pids="$pids $daemon"
}

stop_silent() {
	stop_scenes
	umount -l "$work/silent"
}

# The lab's kernels that wait for such a file while they move pages, and while they tell of mappings.
waits_moving() {
	[ "$LAB_GUEST" = 7.x ]
}

waits_telling() {
	[ "$LAB_GUEST" = 5.10 ]
}

waiting=' keeps the kernel waiting, as with a file whose daemon or server does not answer'

# waits_or_answers ARGUMENTS...: strictbind answers, or says in time that it waited; then $waited counts it.
waits_or_answers() {
	in_time "$strictbind" "$@"
	[ "$status" -gt 1 ] || return
	exited 6 "$@"
	expect_line "process $pid$waiting" err
	waited=$((waited + 1))
}

# A process with a file whose daemon does not answer any more, of which it waits for pages.
test_silent_file() {
	has_proc && start_silent || return
	answers 0 check "$pid"
	expect_line ' pages is misplaced'
	answers 0 check --misplaced --spread --json "$pid"
	judges check --all
	answers 0 repair "$pid"
	answers 0 migrate "$pid" 0 0
	if [ -n "$LAB_GUEST" ]; then
		waited=0
		for node in 0 1 2 3; do
			waits_or_answers migrate --patience 2 "$pid" all $node
		done
		waits_moving && wanted=1 || wanted=0
		[ "$waited" = "$wanted" ] || fail "migrate has waited $waited times, not $wanted"
	fi
	stop_silent
}

# One that keeps its own address space locked, for which whoever looks at it, or moves its pages, waits.
test_silent_lock() {
	has_proc && start_silent lock || return
	waited=0
	for words in 'check' 'check --json' 'check --openmetrics' 'check --watch' 'repair'; do
		# Without end where the kernel tells.
		[ "$words" != 'check --watch' ] || waits_telling || continue
		# shellcheck disable=SC2086  # a list of words
		waits_or_answers $words --patience 2 "$pid"
	done
	! waits_telling || [ "$waited" = 5 ] || fail "$waited of 5 have waited"
	in_time "$strictbind" migrate --patience 2 "$pid" all 0
	exited 6 migrate
	expect_line "process $pid$waiting" err
	# A reader does not wait for a process that nobody can end.
	timeout 60 "$strictbind" migrate --patience 2 "$pid" all 0 2>&1 | cat >"$work/out"
	expect_line "$waiting"
	judges check --all --patience 2
	! waits_telling || expect_line '^1 more kept the kernel waiting for too long'
	judges check --all --json --patience 2
	! waits_telling || expect_line '"no_answer": 1'
	stop_silent
}
