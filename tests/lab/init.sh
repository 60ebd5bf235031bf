#!/bin/busybox sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# First program of the guest. What this run wants is in /lab.conf.
#
# Kernel messages and what is told to the lab (say) go to the first serial port, what the
# program prints to the second.

PATH=/bin:/sbin:/usr/bin:/usr/sbin
OUTPUT=/dev/ttyS1

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

mount_all() {
	mount -t devtmpfs dev /dev
	say up
	mount -t proc proc /proc
	mount -t sysfs sys /sys
	mkdir /dev/shm
	ln -s /proc/self/fd /dev/fd
	mount -t tmpfs -o mode=1777 shm /dev/shm
}

# /sys/devices/system/node/nodeN/hugepages wants to be asked node by node: the kernel-wide
# file spreads pages as it likes.
reserve_hugepages() {
	for node in /sys/devices/system/node/node[0-9]*; do
		file=$node/hugepages/hugepages-2048kB/nr_hugepages
		echo "$HUGEPAGES" > "$file"
		read -r got < "$file"
		[ "$got" = "$HUGEPAGES" ] || refuse "${node##*/} has only $got huge pages, not $HUGEPAGES"
	done
	mkdir /dev/hugepages
	mount -t hugetlbfs -o mode=1777 hugetlbfs /dev/hugepages
}

# RAM disks, one for swap and one for files.
make_ram_disks() {
	size=$SWAP
	[ "${DISK:-0}" -le "${SWAP:-0}" ] || size=$DISK
	insmod /lib/brd.ko rd_nr=2 rd_size=$((size * 1024)) max_part=0 || refuse "no RAM disks"
}

make_swap() {
	{ mkswap /dev/ram0 && swapon /dev/ram0; } > /dev/null || refuse "no swap"
}

make_disk() {
	mkdir /disk
	{ mke2fs -F /dev/ram1 "$((DISK * 1024))" && mount -t ext2 /dev/ram1 /disk &&
		chmod 1777 /disk; } > /dev/null || refuse "no disk"
}

# Version 2 is tried first, as on today's systems.
make_cpuset() {
	cgroup=/sys/fs/cgroup
	if mount -t cgroup2 cgroup $cgroup && grep -qw cpuset $cgroup/cgroup.controllers; then
		echo +cpuset > $cgroup/cgroup.subtree_control
		mkdir $cgroup/lab
	else
		umount $cgroup
		mount -t cgroup -o cpuset cgroup $cgroup || refuse "no cpusets"
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
	stty -F $OUTPUT raw -echo
	(enter "$@") < /dev/null > $OUTPUT 2>&1
	status=$?
	# Waits until the port has taken all output, also that of children left behind.
	stty -F $OUTPUT raw
	say "status $status"
	stop
}

mount_all
. /lab.conf
prepare
if [ -n "$INTERACTIVE" ]; then
	(enter setsid cttyhack "$@")
	stop
fi
run "$@"
