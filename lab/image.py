# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a file is that is to be booted: a kernel image for this lab, or why not.

Taken are bzImage (a distribution's vmlinuz is one) and uncompressed kernels (vmlinux), also in a
compressed file. All else is refused by name.
"""
import collections
import re

import vmlinux
from errors import LabError

# kernel is what QEMU starts; release and config are None where the image does not tell.
Image = collections.namedtuple("Image", "kernel release config")

ELF_MACHINES = {3: "32-bit x86", 20: "32-bit POWER", 21: "POWER", 22: "s390", 40: "32-bit Arm",
                183: "64-bit Arm", 243: "RISC-V", 258: "LoongArch"}
PE_MACHINES = {0x14c: "32-bit x86", 0xaa64: "64-bit Arm", 0x5064: "RISC-V", 0x6264: "LoongArch"}
ELF_X86_64, ELF_EXECUTABLE, PE_X86_64 = 62, 2, 0x8664

RELEASE = re.compile(rb"Linux version (\d\S*) \(")
BOOT_FLAG, BOOT_MAGIC, BOOT_VERSION, BOOT_XLOADFLAGS = 0x1fe, 0x202, 0x20e, 0x236
CONFIG_START, CONFIG_END = b"IKCFG_ST", b"IKCFG_ED"


def number(content, at, size):
    return int.from_bytes(content[at:at + size], "little")


def elf_machine(machine):
    """The machine that an ELF file is for, in words."""
    return "x86-64" if machine == ELF_X86_64 else ELF_MACHINES.get(machine, "another machine (ELF %d)" % machine)


def wrong_machine(machine):
    return LabError("a kernel for %s: the lab's machine is x86-64" % machine)


def is_bzimage(content):
    return content[BOOT_FLAG:BOOT_FLAG + 2] == b"\x55\xaa" and \
        content[BOOT_MAGIC:BOOT_MAGIC + 4] == b"HdrS"


def other_boot_image(content):
    """What a file is that begins as a program for EFI does, without an x86 boot header, or is none."""
    if content[0x38:0x3c] == b"ARM\x64":
        return wrong_machine("64-bit Arm")
    if content[0x38:0x3c] == b"RSC\x05":
        return wrong_machine("RISC-V")
    header = number(content, 0x3c, 4)
    if content[:2] != b"MZ" or content[header:header + 4] != b"PE\0\0":
        return LabError("not a Linux kernel image")
    machine = number(content, header + 4, 2)
    if machine != PE_X86_64:
        return wrong_machine(PE_MACHINES.get(machine, "another machine (PE %#x)" % machine))
    if b".linux\0\0" in content[header:header + 4096]:
        return LabError("a unified kernel image: take the kernel out of it with\n"
                        "objcopy -O binary --only-section=.linux FILE KERNEL")
    return LabError("an EFI program, but not a Linux kernel image")


def not_bootable_elf(content):
    """Why an ELF file cannot be started, or None."""
    machine = number(content, 18, 2)
    if machine == ELF_X86_64 and content[4] != 2:
        return wrong_machine("32-bit programs (x32)")
    if machine != ELF_X86_64:
        return wrong_machine(elf_machine(machine))
    if number(content, 16, 2) != ELF_EXECUTABLE or not RELEASE.search(content):
        return LabError("not a kernel, but a program, library or module")
    if not vmlinux.can_start_directly(content):
        return LabError("an uncompressed kernel without a PVH entry (CONFIG_PVH), which QEMU cannot start:\n"
                        "give the bzImage or vmlinuz of the same build")
    return None


def release_in_header(content):
    """The release that a bzImage tells in clear."""
    at = number(content, BOOT_VERSION, 2)
    words = content[at + 0x200:at + 0x300].split(b"\0")[0].split() if at else []
    return words[0].decode(errors="replace") if words else None


def release_in_kernel(kernel):
    found = RELEASE.search(kernel)
    return found.group(1).decode(errors="replace") if found else None


def config_in_kernel(kernel):
    """The configuration that CONFIG_IKCONFIG puts into a kernel."""
    start, end = kernel.find(CONFIG_START), kernel.find(CONFIG_END)
    if start < 0 or end < start:
        return None
    return vmlinux.unpack(kernel[start + len(CONFIG_START):end]).decode(errors="replace") or None


def has_xens_entry(release):
    """Before 5.0 the PVH entry works under Xen and nowhere else."""
    major = re.match(r"\d+", release or "")
    return major is not None and int(major.group()) < 5


def read_bzimage(content):
    if not number(content, BOOT_XLOADFLAGS, 2) & 1:
        raise wrong_machine("32-bit x86, or older than Linux 3.8")
    unpacked = vmlinux.unpack(vmlinux.payload(content))
    release = release_in_header(content) or release_in_kernel(unpacked)
    # Else it unpacks itself in the guest.
    directly = vmlinux.can_start_directly(unpacked) and not has_xens_entry(release)
    return Image(unpacked if directly else content, release, config_in_kernel(unpacked))


def read(content):
    """The image in the content of a file. Raises LabError for what cannot be booted."""
    if is_bzimage(content):
        return read_bzimage(content)
    if content.startswith(b"\x7fELF"):
        problem = not_bootable_elf(content)
        if problem:
            raise problem
        return Image(content, release_in_kernel(content), config_in_kernel(content))
    inner = vmlinux.unpack(content)
    if inner:
        return read(inner)
    if content.startswith(vmlinux.ZSTD):
        raise LabError("compressed with zstd: install zstd, or unpack it")
    raise other_boot_image(content)
