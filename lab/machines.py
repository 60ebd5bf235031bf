# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machines that the lab emulates, one for each architecture. What differs between them is here.

name        in names of kernels, before the slash, and of the cross file
title       in messages
debian      Debian's name of the architecture
triplet     where its libraries lie
elf         the machine that its ELF files name
emulator    QEMU's program, and the package that it is in
board       QEMU's -machine
cpu         QEMU's -cpu
console     the port with the kernel's messages: its name in the guest, and the numbers of its device
output      the port with what the program prints
ports       QEMU's options for the two, in this order
words       for the kernel's command line
unpack      takes the kernel out of the package's image, if QEMU wants it otherwise
sysroot     whether programs and libraries of this machine do not do, and Debian's are taken
user_mode   QEMU's program that runs a program of that architecture here
"""
import collections

import vmlinux

Port = collections.namedtuple("Port", "name major minor")

Machine = collections.namedtuple("Machine", "name title debian triplet elf emulator board cpu console output ports "
                                 "words unpack sysroot user_mode")

SERIAL = (("-serial", "chardev:console"), ("-serial", "chardev:output"))

# Without tsc=reliable the guest tells time by the HPET, where each look at the clock is an emulated access to
# a device. And QEMU runs rep movsb and rep stosb byte by byte, which the kernel prefers for clearing and copying
# pages where the processor says that they are fast: huge pages took five times as long.
X86_64 = Machine("x86-64", "x86-64", "amd64", "x86_64-linux-gnu", 62, ("qemu-system-x86_64", "qemu-system-x86"),
                 "pc", "max,-erms,-fsrm", Port("ttyS0", 4, 64), "ttyS1", SERIAL, "tsc=reliable no_timer_check",
                 vmlinux.extract, False, None)

# QEMU computes the true authentication codes of pointers at each call and return, which takes most of the time,
# unless told to make its own. The board has one port that the kernel can use; the other is on the PCI bus. There is
# secret memory only where the kernel maps its memory page by page, as it does by default in Debian's kernels.
ARM64 = Machine("arm64", "64-bit Arm", "arm64", "aarch64-linux-gnu", 183, ("qemu-system-aarch64", "qemu-system-arm"),
                "virt,gic-version=3", "max,pauth-impdef=on", Port("ttyAMA0", 204, 64), "ttyS0",
                (SERIAL[0], ("-device", "pci-serial,chardev=output")), "rodata=full", vmlinux.extract_arm64, True, "qemu-aarch64")

# QEMU does not start the machine where its emulation cannot give what it would promise against Spectre.
PPC64LE = Machine("ppc64le", "POWER, little endian", "ppc64el", "powerpc64le-linux-gnu", 21,
                  ("qemu-system-ppc64", "qemu-system-ppc"), "pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken",
                  "power9", Port("hvc0", 229, 0), "hvc1", SERIAL, "", vmlinux.extract_ppc64, True, "qemu-ppc64le")

MACHINES = {machine.name: machine for machine in (X86_64, ARM64, PPC64LE)}
