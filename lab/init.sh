#!/bin/busybox sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=dash
# First program of the guest. What this run wants is in /lab.conf.
#
# Kernel messages and what is told to the lab (say) go to one port, CONSOLE, what the program prints
# to another, OUTPUT.

PATH=/bin:/sbin:/usr/bin:/usr/sbin
# shellcheck source=/dev/null  # written by guest.py
. /lab.conf
OUTPUT=/dev/$OUTPUT

# Through the kernel's log, so that a line is never mixed with a message of the kernel.
say() {
	echo "<0>strictbind-lab: $*" > /dev/kmsg
}

stop() {
	reboot -f
}

refuse() {
	say "refused: $*"
	stop
}

# What was asked for is not to be had with this kernel: lacks WHAT WHY
lacks() {
	say "lacks: $*"
	stop
}

mount_all() {
	mount -t devtmpfs dev /dev || refuse "no devtmpfs (CONFIG_DEVTMPFS)"
	mount -t proc proc /proc || refuse "no /proc (CONFIG_PROC_FS)"
	hear_console
	say up
	mount -t sysfs sys /sys
	mkdir /dev/shm
	ln -s /proc/self/fd /dev/fd
	mount -t tmpfs -o mode=1777 shm /dev/shm
}

# What the kernel's log says goes nowhere without a console there: say it on the port itself.
hear_console() {
	grep -q "$CONSOLE" /proc/consoles && return
	echo "strictbind-lab: refused: no console on a serial port (CONFIG_SERIAL_8250_CONSOLE)" > "/dev/$CONSOLE"
	stop
}

# A kernel without NUMA has none of these directories, one that does not know of the machine's nodes has one.
# Four nodes are what the lab is for. A kernel may well be built for fewer than some machine has besides.
count_nodes() {
	set -- /sys/devices/system/node/node[0-9]*
	[ -e "$1" ] || refuse "the kernel knows no memory nodes (CONFIG_NUMA)"
	[ $# != "$NODES" ] || return 0
	[ "$NODES" -gt 4 ] || refuse "the kernel sees $# of $NODES memory nodes (CONFIG_ACPI_NUMA, CONFIG_NODES_SHIFT)"
	lacks nodes "room for $# of $NODES memory nodes (CONFIG_NODES_SHIFT)"
}

# /sys/devices/system/node/nodeN/hugepages wants to be asked node by node: the kernel-wide
# file spreads pages as it likes.
reserve_hugepages() {
	size=$(sed -n 's/^Hugepagesize: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
	for node in /sys/devices/system/node/node[0-9]*; do
		file=$node/hugepages/hugepages-${size}kB/nr_hugepages
		[ -e "$file" ] || lacks hugepages "no huge pages (CONFIG_HUGETLBFS)"
		echo "$HUGEPAGES" > "$file"
		read -r got < "$file"
		# Where pages are large, a huge page may be half of a node.
		[ "$got" != 0 ] || lacks hugepages "no room on ${node##*/} for a huge page of $size kB"
		[ "$got" = "$HUGEPAGES" ] || refuse "${node##*/} has only $got huge pages, not $HUGEPAGES"
	done
	mkdir /dev/hugepages
	mount -t hugetlbfs -o mode=1777 hugetlbfs /dev/hugepages
}

# RAM disks, one for swap and one for files. brd is a module that the lab was given, or built into the kernel.
make_ram_disks() {
	[ ! -e /lib/brd.ko ] || insmod /lib/brd.ko rd_nr=2 rd_size="$RAM_DISK_KIB" max_part=0 ||
		refuse "brd.ko could not be loaded"
	what=disk
	[ -z "$SWAP" ] || what=swap
	[ -b /dev/ram1 ] || lacks $what \
		"no RAM disk: brd is not built in; give the kernel's brd.ko with --modules"
}

make_swap() {
	[ -e /proc/swaps ] || lacks swap "no swap (CONFIG_SWAP)"
	{ mkswap /dev/ram0 && swapon /dev/ram0; } > /dev/null || refuse "no swap"
}

make_disk() {
	for module in /lib/disk/*.ko; do
		[ ! -e "$module" ] || insmod "$module" || refuse "${module##*/} could not be loaded"
	done
	grep -qw ext2 /proc/filesystems || lacks disk "no ext2 (CONFIG_EXT4_USE_FOR_EXT2), or it is a module"
	mkdir /disk
	{ mke2fs -F /dev/ram1 "$((DISK * 1024))" && mount -t ext2 /dev/ram1 /disk &&
		chmod 1777 /disk; } > /dev/null || refuse "no disk"
}

load_fuse() {
	[ ! -e /lib/fuse.ko ] || insmod /lib/fuse.ko || refuse "fuse.ko could not be loaded"
	grep -qw fuse /proc/filesystems || lacks fuse "no FUSE (CONFIG_FUSE_FS), or it is a module"
	[ -e /dev/fuse ] || mknod -m 666 /dev/fuse c 10 229
}

# Version 2 is tried first, as on today's systems.
make_cpuset() {
	cgroup=/sys/fs/cgroup
	if mount -t cgroup2 cgroup $cgroup && grep -qw cpuset $cgroup/cgroup.controllers; then
		echo +cpuset > $cgroup/cgroup.subtree_control
		mkdir $cgroup/lab
	else
		umount $cgroup
		mount -t cgroup -o cpuset cgroup $cgroup || lacks cpuset "no cpusets (CONFIG_CPUSETS)"
		mkdir $cgroup/lab
		cat $cgroup/cpuset.cpus > $cgroup/lab/cpuset.cpus
	fi
	echo "$CPUSET_MEMS" > $cgroup/lab/cpuset.mems || refuse "no cpuset of nodes $CPUSET_MEMS"
}

prepare() {
	ip link set lo up
	# Debian's default of 3 keeps users from perf altogether, mainline's 2 does not.
	echo 2 > /proc/sys/kernel/perf_event_paranoid
	ulimit -c 0
	[ -z "$HUGEPAGES" ] || reserve_hugepages
	[ -z "$SWAP$DISK" ] || make_ram_disks
	[ -z "$SWAP" ] || make_swap
	[ -z "$DISK" ] || make_disk
	[ -z "$FUSE" ] || load_fuse
	[ -z "$CPUSET_MEMS" ] || make_cpuset
	cd /tmp || refuse "no /tmp"
}

# The last things before the program; the shell that comes here becomes the program.
enter() {
	[ -z "$CPUSET_MEMS" ] || echo 0 > /sys/fs/cgroup/lab/cgroup.procs || refuse "cpuset not entered"
	[ -z "$NO_PROC" ] || umount -l /proc || refuse "/proc stays mounted"
	exec "$@"
}

run() {
	[ -c "$OUTPUT" ] || refuse "no second serial port (CONFIG_SERIAL_8250_RUNTIME_UARTS)"
	stty -F "$OUTPUT" raw -echo
	(enter "$@") < /dev/null > "$OUTPUT" 2>&1
	status=$?
	# Waits until the port has taken all output, also that of children left behind.
	stty -F "$OUTPUT" raw
	say "status $status"
	stop
}

mount_all
count_nodes
prepare
if [ -n "$INTERACTIVE" ]; then
	(enter setsid cttyhack "$@")
	stop
fi
run "$@"
