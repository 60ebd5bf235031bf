# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the tests of packages share. They set source, the top of the tree. In CI nothing may be missing.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

skip() {
	echo "skipped: $*"
	[ "${CI:-}" != true ] || exit 1
	exit 77
}

needs() {
	for program in "$@"; do
		command -v "$program" >/dev/null || skip "no $program here"
	done
}

# quietly COMMAND...: what it prints is shown if it fails.
quietly() {
	"$@" >"$work/log" 2>&1 || {
		tail -n 60 "$work/log"
		fail "$*"
	}
}

# A copy of the tree without git, as a release's archive is unpacked: sets export.
export_source() {
	quietly "$source/scripts/package" source "$work/export"
	tar -x -C "$work/export" -f "$work"/export/strictbind-*.tar.xz
	export=$(echo "$work"/export/strictbind-*/)
}

# another_time COMMAND...: days later, elsewhere on earth, for another user's files.
another_time() {
	(
		umask 077
		export TZ=Pacific/Kiritimati LC_ALL=C.UTF-8
		quietly faketime -f +40d "$@"
	)
}

# same_files ONE OTHER NAME...
same_files() {
	one=$1
	other=$2
	shift 2
	for pattern; do
		for file in "$one"/$pattern; do
			cmp "$file" "$other/${file##*/}" || fail "${file##*/} is not the same the second time"
		done
	done
}

# In $work/root, with the kernel and the devices of this machine.
open_root() {
	[ "$(id -u)" -eq 0 ] || skip "only root can install packages into a clean root"
	unshare --mount true || skip "mounts of its own are refused to it here"
	archive=$("$source/lab/lab" root) || exit
	mkdir "$work/root"
	tar -x -C "$work/root" -f "$archive"
	mkdir -p "$work/root/srv/strictbind"
	cp -R "$source/tests" "$source/packaging" "$work/root/srv/strictbind"
}

# in_root COMMAND...
in_root() {
	# shellcheck disable=SC2016  # of the inner shell
	unshare --mount sh -euc '
		root=$1
		shift
		mount --bind /proc "$root/proc"
		mount --bind /dev "$root/dev"
		exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C \
			"PKG_CONFIG_PATH=${PKG_CONFIG_PATH:-}" "$@"
	' sh "$work/root" "$@"
}

# All that is in the root, but for what tells that something was there once: logs, and the contents of lists.
files_of_root() {
	(cd "$work/root" && find . \( -path ./proc -o -path ./dev -o -path ./srv -o -path ./tmp -o -path ./var/log \) -prune \
		-o -path './var/*' -printf '%y %m %U %p %l\n' -o -type d -printf '%y %m %U %p\n' -o -printf '%y %m %U %p %l %s\n') |
		LC_ALL=C sort
}

# The tests that the packages bring for Debian's autopkgtest.
use_what_is_installed() {
	for name in build-program command; do
		# shellcheck disable=SC2016  # of the inner shell
		in_root sh -euc 'cd /srv/strictbind && AUTOPKGTEST_TMP=$(mktemp -d) && export AUTOPKGTEST_TMP &&
			"packaging/debian/tests/$1"' sh "$name" >"$work/$name.log" 2>&1 || {
			cat "$work/$name.log"
			fail "with what is installed: $name"
		}
	done
	grep -q stops-at-unmovable "$work/command.log" || fail "strictbind probe tells no quirks"
}
