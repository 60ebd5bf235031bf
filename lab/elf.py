# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an ELF program or library says of itself: 64 bits, little endian, as all machines of the lab are."""

PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NEEDED, DT_STRTAB, DT_RPATH, DT_RUNPATH = 1, 5, 15, 29


def number(content, at, size):
    return int.from_bytes(content[at:at + size], "little")


def is_linked(content):
    """Whether this is an ELF program or library, not an object file still to be linked."""
    return content.startswith(b"\x7fELF\x02\x01") and content[16] in (2, 3)


def machine(content):
    return number(content, 18, 2)


def segments(content, kind):
    """(offset, address, size) of each segment of a kind."""
    table, size, count = number(content, 32, 8), number(content, 54, 2), number(content, 56, 2)
    for at in range(table, table + size * count, size):
        if number(content, at, 4) == kind:
            yield number(content, at + 8, 8), number(content, at + 16, 8), number(content, at + 32, 8)


def interpreter(content):
    """The loader an ELF program names, or None."""
    if not is_linked(content):
        return None
    for offset, _, size in segments(content, PT_INTERP):
        return content[offset:offset + size].rstrip(b"\0").decode()
    return None


def text(content, at):
    return content[at:content.index(b"\0", at)].decode()


def dynamic(content):
    """(libraries that an ELF file needs, directories that it names to look for them)"""
    entries = [(number(content, at, 8), number(content, at + 8, 8))
               for offset, _, size in segments(content, PT_DYNAMIC) for at in range(offset, offset + size, 16)]
    strings = [value - address + offset for tag, value in entries if tag == DT_STRTAB
               for offset, address, size in segments(content, PT_LOAD) if address <= value < address + size]
    if not strings:
        return [], []
    needed = [text(content, strings[0] + value) for tag, value in entries if tag == DT_NEEDED]
    paths = [text(content, strings[0] + value) for tag, value in entries if tag in (DT_RPATH, DT_RUNPATH)]
    return needed, [path for joined in paths for path in joined.split(":") if path]
