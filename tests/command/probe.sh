# shellcheck shell=sh disable=SC2015,SC2016,SC2034,SC2154,SC2317
# SPDX-License-Identifier: LGPL-2.1-or-later
# strictbind probe.

test_probe() {
	expect 0 probe
	expect_line '^Linux .* memory node'
	! grep -q 'refused' "$work/out" || fail "something is said to be refused"
	expect_line '^stops-at-unmovable '
	expect_line '^mbind  *yes'
	expect 0 probe --all
	expect_line 'checked with msync first'
	expect 0 probe --json
	is_json
	expect_line '"name": "eio-hides-hole"'
}

test_probe_plan() {
	expect 0 probe --plan
	expect_line '^MPOL_BIND with MPOL_MF_STRICT | MPOL_MF_MOVE'
	expect_line '^  1\. '
	expect_line 'counted, page by page'
	! grep -q '^QUIRK' "$work/out" || fail "the quirks are shown, too"
	case $(uname -r) in
	5.10.* | 6.1.*) expect_line 'moved in chunks, so that others' ;;
	6.1[2-9].* | 7.*)
		expect_line 'One mbind sets the policy and moves'
		! grep -q 'in chunks' "$work/out" || fail "this kernel lets others go on"
		;;
	esac
	expect 0 probe --plan --json
	is_json
	expect_line '"plan"'
	STRICTBIND_QUIRKS=strict-ignores-misplaced,misses-unmovable expect 0 probe --plan
	expect_line 'The nodes of the pages tell'
}

# The nodes that this process may use are those that the kernel tells, and so is the cpuset.
test_probe_place() {
	[ -r /proc/self/status ] || {
		skip "what the kernel tells of a process is in /proc"
		return
	}
	own=$(sed -n 's/^Mems_allowed_list:[[:space:]]*//p' /proc/self/status)
	read -r cpuset </proc/self/cpuset || cpuset='not told'
	expect 0 probe
	[ "$(sed -n 2p "$work/out")" = "Nodes that this process may use: $own; cpuset: $cpuset" ] ||
		fail "the second line is: $(sed -n 2p "$work/out"), not $own and $cpuset"
	expect 0 probe --json
	is_json
	expect_line "\"cpuset\": \"$cpuset\""
	run_filtered EPERM:get_mempolicy 0 probe || return
	[ "$(sed -n 2p "$work/out")" = "Nodes that this process may use: $own; cpuset: $cpuset" ] ||
		fail "under a filter the second line is: $(sed -n 2p "$work/out")"
}

# tried STATUS ARGUMENT PATTERN [CAUSE]: that is what comes of it, in words and for programs.
tried() {
	expect "$1" probe --try "$2"
	flatten
	expect_line "mbind with $2 $3" flat
	! grep -q '^QUIRK' "$work/out" || fail "the quirks are shown, too"
	[ -z "${4:-}" ] || expect_line "($4)\$"
	expect "$1" probe --json --try "$2"
	is_json
	expect_line "\"asked\": \"$2\""
	[ -z "${4:-}" ] || expect_line "\"cause\": \"$4\""
}

test_probe_try() {
	node=$(set -- /sys/devices/system/node/node[0-9]*/ && node=${1%/} && echo "${node##*node}")
	[ "$node" -ge 0 ] 2>/dev/null || node=0
	tried 0 "bind:$node,strict,move" 'succeeds here\.'
	tried 0 local 'succeeds here\.'
	tried 0 "prefer=static:$node,move" 'succeeds here\.'
	tried 0 "interleave:$node" 'succeeds here\.'
	tried 1 "default:$node" 'fails here: Invalid argument (mask-unwanted) MPOL_DEFAULT takes no nodes' mask-unwanted
	tried 1 bind: 'fails here: .*needs at least one node' mask-empty
	tried 1 "interleave=balancing:$node" 'fails here: .*MPOL_F_NUMA_BALANCING' "mode-flag[a-z-]*"
	[ ! -r /sys/devices/system/node/online ] ||
		tried 1 bind:900,strict 'fails here: .*Node 900 does not exist' node-missing
	case $(uname -r) in
	5.10.* | 6.1.*) tried 1 "weighted-interleave:$node" 'fails here: .*came with Linux 6\.9' mode-missing ;;
	6.1[2-9].* | 7.*) tried 0 "weighted-interleave:$node" 'succeeds here' ;;
	esac
	[ "$(id -u)" = 0 ] ||
		tried 1 "bind:$node,move-all" 'fails here: .*takes CAP_SYS_NICE' privilege
	for argument in '' nonsense:1 bind:x bind:3-1 bind:1024 bind:0,fast bind=odd:0 bind:0x 'bind:0,' bindx:0; do
		refused 2 probe --try "$argument"
	done
}

# Lists with commas, which flags have as well.
test_probe_try_nodes() {
	[ -d /sys/devices/system/node/node3 ] || {
		skip "needs nodes 0 to 3"
		return
	}
	tried 0 bind:1-3,strict,move 'succeeds here\.'
	tried 0 bind:1,3,strict,move 'succeeds here\.'
}

test_probe_try_filtered() {
	for error in EPERM ENOSYS; do
		run_filtered "$error:mbind" 1 probe --try bind:0 || return
		flatten
		expect_line "A seccomp filter on this process answers mbind with $error" flat
		expect_line 'llow.* mbind' flat
	done
}

# What a kernel is known to do, measured with plain system calls: the names of its quirks in
# $quirks, and of the interfaces it has in $interfaces. Others are absent.
set_truth() {
	quirks='eio-hides-hole count-unit-varies places-outside-nodes stops-without-room'
	interfaces='mbind migrate_pages move_pages MPOL_LOCAL pagemap numa_maps'
	case $(uname -r) in
	5.10.*) quirks="$quirks stops-at-unmovable half-done-before-hole unisolated-not-counted
		locked-while-moving leaves-movable" ;;
	6.1.*)
		quirks="$quirks half-done-before-hole unisolated-not-counted query-misses-prot-none
			query-misses-secretmem locked-while-moving leaves-movable"
		interfaces="$interfaces MPOL_PREFERRED_MANY"
		;;
	6.1[2-9].* | 7.*) interfaces="$interfaces MPOL_PREFERRED_MANY MPOL_WEIGHTED_INTERLEAVE PAGEMAP_SCAN
		PROCMAP_QUERY" ;;
	*)
		skip "what this kernel does is not known to the test"
		return 1
		;;
	esac
	[ -r /proc/self/stat ] || interfaces=$(echo "$interfaces" | sed 's/pagemap\|PAGEMAP_SCAN\|PROCMAP_QUERY\|numa_maps//g')
}

# holds WORD LIST...: sets $held to yes or no. Without a process, as there are many words.
holds() {
	held=no
	sought=$1
	shift
	# shellcheck disable=SC2048  # words
	for word in $*; do
		[ "$word" != "$sought" ] || held=yes
	done
}

# Every claim about a quirk is true, or it is said to be assumed, and then to the safe side.
check_quirks() {
	sed -n '/^QUIRK/,/^$/p' "$work/out" | grep '^[a-z]' >"$work/quirks"
	[ "$(wc -l <"$work/quirks")" -ge 10 ] || fail "these are not all quirks: $(cat "$work/quirks")"
	while read -r name here known _; do
		holds "$name" "$quirks"
		case "$here $known" in
		"$held, probed" | "$held, by" | "yes, assumed") ;;
		*) fail "$name: '$here $known' on a kernel where it is '$held'" ;;
		esac
	done <"$work/quirks"
}

# check_interfaces REFUSED...: all are told rightly, where these system calls are refused.
check_interfaces() {
	sed -n '/^INTERFACE/,/^$/p' "$work/out" | sed 1d | grep . >"$work/interfaces"
	[ "$(wc -l <"$work/interfaces")" = 10 ] || fail "these are not 10: $(cat "$work/interfaces")"
	while read -r name here _; do
		holds "$name" "$interfaces"
		due=$held
		holds mbind "$@"
		case "$name $held" in
		# Modes of a call that is refused.
		MPOL_*yes) due=no ;;
		esac
		holds "$name" "$@"
		[ "$held" = no ] || due=no
		[ "$here" = "$due" ] || fail "$name: '$here' where '$due' is due"
	done <"$work/interfaces"
}

test_probe_truth() {
	set_truth || return
	expect 0 probe
	check_quirks
	check_interfaces
	# Root has all it takes to ask the kernels of the lab.
	if is_root_of_guest && [ "$LAB_GUEST" != image ]; then
		grep -v '^count-unit-varies \|^leaves-movable \|^locked-while-moving \|^strict-ignores-hugetlb \|^places-outside-nodes \|^stops-without-room ' \
			"$work/quirks" >"$work/asked"
		! grep -v ', probed ' "$work/asked" >"$work/rest" || fail "not asked: $(cat "$work/rest")"
	fi
}

test_probe_who() {
	expect 0 probe
	if [ "$(id -u)" = 0 ]; then
		expect_line '; as root$'
	else
		expect_line '; as an ordinary user$'
	fi
}

# The calls that a filter may refuse, "" for the first three at once, and how.
calls='mbind migrate_pages move_pages get_mempolicy'

# Each call that is refused is named, with the answer, why, and what would allow it; and no other.
expect_refused() {
	flatten
	refused=$(grep -c ' is refused: ' "$work/out")
	[ "$refused" = "$(echo "$2" | wc -w)" ] || fail "$1: $refused calls are said to be refused"
	for call in $2; do
		expect_line "^$call  *no  *$3"
		expect_line "^$call is refused: $3$"
		expect_line "A seccomp filter on this process answers $call with $3" flat
		expect_line "Allow $call in \|allows $call\|allow $call\|system-call-filter=$call" flat
	done
	[ "$3" = 'Operation not permitted' ] || [ -z "$2" ] || expect_line 'though the kernel has the call' flat
}

# probe_filtered ERROR MESSAGE
probe_filtered() {
	set_truth || return
	for call in '' $calls; do
		list=${call:-mbind migrate_pages move_pages}
		[ "$call" != get_mempolicy ] || list=
		run_filtered "$1${call:+:$call}" "$([ -n "$list" ] && echo 1 || echo 0)" probe || return
		expect_line "^Linux .*, $known_nodes;"
		check_quirks
		check_interfaces "$list"
		expect_refused "$1 $call" "$list" "$2"
		# What mbind has to be asked for cannot be known by asking.
		holds mbind "$list"
		[ "$held" = no ] || ! grep '^[a-z-]*-[a-z]* .*, probed ' "$work/quirks" | grep -v '^query-' >"$work/rest" ||
			fail "$1 $call: $(cat "$work/rest")"
	done
	# One that does not let itself be asked for is one all the same.
	run_filtered "$1:mbind+prctl" 1 probe || return
	expect_refused "$1 mbind, prctl" mbind "$2"
	run_filtered "$1" 1 probe --json || return
	is_json
	expect_line '"why": "A seccomp filter'
	expect_line '"remedy": '
	expect_line "\"error\": \"$2\""
}

test_probe_eperm() { probe_filtered EPERM 'Operation not permitted'; }
test_probe_enosys() { probe_filtered ENOSYS 'Function not implemented'; }

# A container is known by files that are not the kernel's.
test_probe_container() {
	command -v unshare >/dev/null && unshare -m true 2>/dev/null || { skip "no mounts of its own"; return; }
	[ -d /run ] || { skip "no /run"; return; }
	unshare -m sh -c 'mount -t tmpfs none /run && mkdir /run/systemd && echo docker >/run/systemd/container && exec "$@"' sh \
		env -u KUBERNETES_SERVICE_HOST "$filtered" EPERM:migrate_pages "$strictbind" probe >"$work/out" 2>"$work/err" </dev/null
	status=$?
	[ "$status" != 77 ] || { skip "no seccomp"; return; }
	flatten
	expect_line 'answers migrate_pages with Operation not permitted, probably set up by docker\.' flat
}
