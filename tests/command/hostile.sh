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
	mkfifo "$work/pipe" && printf '1000-2000 lies\n' >"$work/lies" || return
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

# A process with a file whose daemon does not answer any more, of which it waits for a page.
test_silent_file() {
	has_proc || return
	mkdir "$work/silent"
	: >"$work/scene"
	"$silent" "$work/silent" >"$work/scene" &
	pids="$pids $!"
	while ! grep -q ready "$work/scene"; do
		kill -0 $! 2>/dev/null && continue
		wait $!
		[ $? = 77 ] && skip "no FUSE" || fail "silent ends"
		return
	done
	read -r _ pid <"$work/scene"
	answers 0 check "$pid"
	expect_line ' pages is misplaced'
	answers 0 check --misplaced --spread --json "$pid"
	in_time "$strictbind" check --all
	[ "$status" -le 1 ] || fail "--all exits with $status: $(cat "$work/err")"
	answers 0 repair "$pid"
	answers 0 migrate "$pid" 0 0
	stop_scenes
	umount -l "$work/silent"
}
