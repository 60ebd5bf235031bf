# shellcheck shell=sh disable=SC2015,SC2016,SC2034,SC2154,SC2317
# SPDX-License-Identifier: LGPL-2.1-or-later
# What is the same for all subcommands: bad arguments, processes that are not there, terminals, a full disk.

# Processes that end just now: all of it, or a line.
test_ending() {
	has_proc || return
	for words in check 'check --map' 'check --json' 'check --openmetrics'; do
		# shellcheck disable=SC2086  # words
		"$ending" 20 "$strictbind" $words >"$work/out" || fail "$words: $(cat "$work/out")"
	done
	"$ending" 10 "$strictbind" migrate -- 0 0 >"$work/out" || fail "migrate: $(cat "$work/out")"
}

test_bad_input() {
	refused 2
	refused 2 nonsense
	refused 2 probe extra
	refused 2 probe --nonsense
	refused 2 check
	refused 2 check 1 2
	refused 2 check nonsense
	refused 2 check -1
	refused 2 check 0
	refused 2 check 99999999999999999999
	refused 2 check --map --json 1
	refused 2 check --openmetrics --json 1
	refused 2 check --watch --json 1
	refused 2 check --watch=0 1
	refused 2 check --watch x 1
	refused 2 check --map --all
	refused 2 check --all 1
	refused 2 check --nodes
	refused 2 check --cgroup /no/such/cgroup
	refused 2 check --nonsense 1
	refused 2 check 2147483648
	refused 2 check 1x
	refused 2 check ' 1'
	refused 2 migrate -1 0 0
	refused 2 migrate 0 0 0
	refused 2 migrate 2147483648 0 0
	refused 2 migrate $$ 0 1024
	refused 2 migrate $$ 0 0-1024
	refused 2 migrate $$ 0 +1023
	refused 2 migrate $$ 0 '!all'
	refused 2 migrate $$ '!+0-1023' 0
	refused 2 migrate $$ 0 '0 '
	refused 2 migrate --stall-us 0 $$ 0 0
	refused 2 bench --nonsense
	refused 2 bench 1
	refused 2 run --nonsense /bin/sh
	refused 2 run --stall-us -1 /bin/sh
	refused 2 migrate 1 0
	refused 2 migrate $$ nonsense 0
	refused 2 migrate $$ 0 nonsense
	refused 2 migrate $$ 0 ''
	refused 2 migrate $$ 0 1023
	refused 2 migrate $$ 0 0-
	refused 2 migrate $$ 0 0,,0
	refused 2 migrate $$ 0 99999999999
	refused 2 migrate $$ 0 '!'
	refused 2 migrate $$ 0 netdev:nonsense
	refused 2 migrate --threads nonsense $$ 0 0
	refused 2 bench --pairs 0
	refused 2 bench --only nonsense
}

test_no_such_process() {
	has_proc || return
	sleep 0 &
	gone=$!
	wait "$gone"
	refused 3 check "$gone"
	refused 3 migrate "$gone" 0 0
	[ ! -d /proc/2 ] || ! grep -q kthreadd /proc/2/stat || [ "$(id -u)" != 0 ] || refused 3 check 2
}

# A process that has ended and that nobody has waited for.
test_ended_process() {
	has_proc || return
	(
		/bin/sh -c 'echo $$' &
		exec sleep 2
	) >"$work/zombie" &
	parent=$!
	while [ ! -s "$work/zombie" ]; do :; done
	read -r zombie <"$work/zombie"
	while [ -d "/proc/$zombie" ] && ! grep -q ') Z' "/proc/$zombie/stat"; do :; done
	refused 3 check "$zombie"
	kill "$parent"
	wait "$parent" 2>/dev/null
}

test_no_permission() {
	has_proc || return
	if [ "$(id -u)" = 0 ]; then
		skip "root may look at everything"
		return
	fi
	why='no permission'
	[ -d /proc/1 ] || why='is hidden'
	refused 4 check 1
	expect_line "$why" err
	refused 4 check --json 1
	refused 4 migrate 1 0 0
	expect_line "$why" err
}

test_no_proc() {
	[ ! -r /proc/self/stat ] || { skip "there is a /proc"; return; }
	refused 5 check $$
	expect_line 'no /proc' err
	refused 5 check --map $$
	refused 5 check --all
	sleep 0 &
	gone=$!
	wait "$gone"
	refused 3 migrate "$gone" 0 0
	expect_line "there is no process $gone$" err
	expect 0 probe
	expect_line '^numa_maps  *no'
	expect 0 probe --json
	"$strictbind" migrate $$ 0 0 >"$work/out" 2>"$work/err" || fail "migrate: $(cat "$work/err")"
	expect_line '^Process '
}

test_full_disk() {
	[ -w /dev/full ] || { skip "no /dev/full"; return; }
	for words in probe 'probe --json' --help --version 'help check' 'check --help'; do
		# shellcheck disable=SC2086  # words
		"$strictbind" $words >/dev/full 2>"$work/err"
		[ $? = 6 ] || fail "$words: a full disk goes unnoticed"
		expect_line 'cannot write' err
		# shellcheck disable=SC2086
		"$strictbind" $words >&- 2>"$work/err"
		[ $? = 6 ] || fail "$words: that it cannot write goes unnoticed"
	done
}

# Also where another process passes on what is printed.
test_closed_pipe() {
	has_proc && start_scene pinned || return
	for words in probe "check $pid" "check --json $pid" "repair $pid"; do
		: >"$work/err"
		# shellcheck disable=SC2086  # words
		(
			trap '' PIPE
			sleep 1
			"$strictbind" $words 2>"$work/err"
			echo $? >"$work/status"
		) | :
		[ "$(cat "$work/status")" = 6 ] || fail "$words: exits with $(cat "$work/status")"
		expect_line '^strictbind: cannot write: Broken pipe$' err
	done
}

# In a guest of the lab there are none before this.
test_terminals() {
	[ "$(id -u)" = 0 ] && [ ! -e /dev/pts/ptmx ] || return
	mkdir -p /dev/pts && mount -t devpts devpts /dev/pts || fail "no terminals"
}

test_terminal() {
	fits 80 probe || return
	expect_line '^misses-tail-hole .* 4.0 6f4576e3687b  *5.5 f18da660f56c$' screen
	fits 60 probe
	expect_line '^misses-tail-hole  *no, [a-z]*  *[a-z]* *4.0  *5.5$' screen
	fits 80 bench --only call-set-4k,locate-base --pairs 1 --size 4
	has_proc && start_scene spread || return
	fits 80 check "$pid"
	expect_line '^ *[0-9a-f]* .*  \.\.\..*scene$' screen
	fits 80 check --map "$pid"
	expect_line "$(printf '\033')" screen
	fits 60 check --map "$pid"
	NO_COLOR=1 fits 80 check --map "$pid"
	! grep -q "$(printf '\033')" "$work/screen" || fail "colours under NO_COLOR"
	TERM=dumb fits 80 check --map "$pid"
	! grep -q "$(printf '\033')" "$work/screen" || fail "colours on a dumb terminal"
	# Wide policies leave little room for names, of which the ends stay.
	start_scene uneven && fits 74 check "$pid"
	expect_line '  \.\.\.[^ ]*scene$' screen
	# However narrow; and where there is no terminal.
	"$screen" 1 "$strictbind" check --map "$pid" >"$work/out" || fail "one column"
	for columns in 1 -4 99999999999 x ''; do
		COLUMNS=$columns expect 0 check --map "$pid"
	done
}

test_help() {
	expect 0 --help
	expect_line '^usage: strictbind COMMAND'
	expect 0 --version
	expect_line '^strictbind [0-9.]*$'
	for name in probe run check migrate bench; do
		expect 0 "$name" --help
		expect_line "^usage: strictbind $name"
		expect_line '^Exits '
		awk 'length > 90 { exit 1 }' "$work/out" || fail "$name --help is too wide"
	done
}
