# shellcheck shell=sh disable=SC2015,SC2016,SC2034,SC2154,SC2317
# SPDX-License-Identifier: LGPL-2.1-or-later
# Processes that do harm to whoever looks at them, and files that are not what they seem.

# answers STATUS ARGUMENTS...: strictbind exits so, and soon.
answers() {
	wanted=$1
	shift
	timeout 60 "$strictbind" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	[ "$status" = "$wanted" ] || fail "strictbind $* exits with $status, not $wanted: $(cat "$work/err")"
}

# looked_at FILE NAME ARGUMENTS...: strictbind in mounts of its own, where FILE lies over that file of the process.
looked_at() {
	unshare -m sh -c 'mount --bind "$1" "/proc/$2/$3" && shift 3 && exec "$@"' sh "$1" "$pid" "$2" \
		timeout 60 "$strictbind" "$3" "$4" >"$work/out" 2>"$work/err" </dev/null
	status=$?
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
		for name in numa_maps maps; do
			looked_at "$what" $name check "$pid"
			[ "$status" = 5 ] || fail "$what over $name: exits with $status: $(cat "$work/err")"
			expect_line "/$name is not the kernel's: something is mounted over it" err
		done
		for name in numa_maps maps smaps pagemap stat status cgroup; do
			looked_at "$what" $name check "$pid"
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
	timeout 60 "$strictbind" check --all >"$work/out" 2>"$work/err" || [ $? = 1 ] || fail "--all does not end"
	answers 0 repair "$pid"
	answers 0 migrate "$pid" 0 0
	stop_scenes
	umount -l "$work/silent"
}
