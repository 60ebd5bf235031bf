# shellcheck shell=sh disable=SC2015,SC2016,SC2034,SC2154,SC2317
# SPDX-License-Identifier: LGPL-2.1-or-later
# strictbind run.

test_run_missing() {
	expect 127 run --library /bin/sh -- /no/such/command
	expect 126 run --library /bin/sh -- /
	expect 125 run --library /no/such/library -- /bin/sh
	printf '#! /bin/sh\nexit 9\n' >"$work/here" && chmod +x "$work/here"
	for path in /no/such: :/no/such /no/such::/none; do
		(cd "$work" && PATH=$path "$strictbind" run --library /bin/sh -- here 2>/dev/null)
		[ $? = 9 ] || fail "PATH=$path does not have the working directory"
	done
	refused 2 run
	refused 2 run --threads many -- /bin/sh
}

# Any readable file will do for a library that is not asked anything: the loader only warns.
test_run_environment() {
	STRICTBIND_PRELOAD=off expect 0 run --library "$strictbind" --threads 3 --stall-us 70 \
		--trace "$work/trace" -- /bin/sh -c \
		'echo "$STRICTBIND_THREADS $STRICTBIND_STALL_US ${STRICTBIND_PRELOAD-unset} $STRICTBIND_TRACE $LD_PRELOAD"'
	expect_line "^3 70 unset $work/trace $strictbind$"
	expect 3 run --library "$strictbind" --off -- /bin/sh -c \
		'[ "$STRICTBIND_PRELOAD" = off ] && exit 3'
	(cd "$work" && "$strictbind" run --library "$strictbind" --trace here -- /bin/sh -c \
		'echo "$STRICTBIND_TRACE"') >"$work/out" 2>/dev/null
	expect_line "^/.*/here$"
}

# A pipe that nobody reads is not waited for.
test_run_trace_pipe() {
	set_up mkfifo "$work/pipe" || return
	"$strictbind" run --library "$strictbind" --trace "$work/pipe" -- /bin/sh -c : 2>"$work/err" &
	pids=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		kill -0 "$pids" 2>/dev/null || break
		sleep 1
	done
	! kill -0 "$pids" 2>/dev/null || { fail "it waits for a reader"; return; }
	wait "$pids"
	[ $? = 125 ] || fail "not 125"
	pids=
	expect_line "^strictbind: --trace: $work/pipe: a pipe that nobody reads$" err
}

test_run_out_of_reach() {
	[ "$(id -u)" = 0 ] || { skip "takes root"; return; }
	set_up cp "$filtered" "$work/setuid" && set_up chown 1000 "$work/setuid" && set_up chmod 4755 "$work/setuid" || return
	expect 77 run --library "$strictbind" -- "$work/setuid"
	expect_line 'is out of reach: it gains privileges' err
	expect 77 run --quiet --library "$strictbind" -- "$work/setuid"
	! grep -q 'out of reach' "$work/err" || fail "--quiet is not"
}

# The library that is built beside the command, or installed.
test_run_preload() {
	if "$strictbind" run /bin/sh -c : 2>&1 | grep -q 'no libstrictbind-preload.so'; then
		skip "no libstrictbind-preload.so"
		return
	fi
	start_program "$strictbind" run --trace "$work/trace" -- "$scene" pinned 2>"$work/err" || {
		fail "scene: $(cat "$work/err")"
		return
	}
	expect_line ' mbind(.*MPOL_BIND' trace
	[ ! -s "$work/err" ] || fail "says: $(cat "$work/err")"
}

test_run_static() {
	expect 77 run --library "$strictbind" -- "$static"
	expect_line 'is out of reach: it is linked statically' err
	printf '#! %s\n' "$static" >"$work/script"
	chmod +x "$work/script"
	expect 77 run --library "$strictbind" -- "$work/script"
	expect_line 'script is out of reach: it is linked statically' err
	expect 77 run --library "$strictbind" -- "$filtered"
	! grep -q 'out of reach' "$work/err" || fail "$filtered is said to be out of reach"
}
