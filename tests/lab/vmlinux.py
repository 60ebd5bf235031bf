# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kernel proper out of a bzImage.

An emulated CPU needs more than a second to unpack a kernel, at each boot. Unpacked once, here,
it can be started directly through its PVH entry.
"""
import lzma
import shutil
import struct
import subprocess
import zlib

SETUP_SECTS = 0x1f1
PAYLOAD_OFFSET = 0x248
LZ4_LEGACY = b"\x02\x21\x4c\x18"
XEN_ELFNOTE_PHYS32_ENTRY = 18


def payload(image):
    """The compressed part, by the header fields of the x86 boot protocol."""
    start = (image[SETUP_SECTS] + 1) * 512
    offset, length = struct.unpack_from("<II", image, PAYLOAD_OFFSET)
    return image[start + offset:start + offset + length]


def lz4_length(block, at, length):
    """A length that does not fit in its 4 bits goes on in the bytes that follow."""
    if length == 15:
        while block[at] == 255:
            length += 255
            at += 1
        length += block[at]
        at += 1
    return length, at


def unlz4_block(block):
    out = bytearray()
    at = 0
    while True:
        token = block[at]
        literals, at = lz4_length(block, at + 1, token >> 4)
        out += block[at:at + literals]
        at += literals
        if at >= len(block):
            return out
        start = len(out) - (block[at] | block[at + 1] << 8)
        length, at = lz4_length(block, at + 2, token & 15)
        length += 4
        # A match may overlap what it produces: then it repeats.
        seed = out[start:start + length]
        out += (seed * (length // len(seed) + 1))[:length]


def unlz4(data):
    """The legacy frame format, the one the kernel's build uses."""
    out = []
    at = 4
    # The build appends the unpacked size, 4 bytes that are no block.
    while at + 4 < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        out.append(unlz4_block(data[at + 4:at + 4 + size]))
        at += 4 + size
    return b"".join(out)


def unzstd(data):
    """Python learned zstd only in 3.14: use the program, if it is there."""
    if not shutil.which("zstd"):
        return b""
    done = subprocess.run(["zstd", "-dcq"], input=data[:-4], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    return done.stdout


def unpack(data):
    if data.startswith(LZ4_LEGACY):
        return unlz4(data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        return unzstd(data)
    if data.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(data)
    if data.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(31).decompress(data)
    return b""


def extract(image):
    """The ELF kernel in a bzImage, or None where it can't be had or started directly."""
    kernel = unpack(payload(image))
    note = struct.pack("<III", 4, 4, XEN_ELFNOTE_PHYS32_ENTRY) + b"Xen\0"
    wide_note = struct.pack("<III", 4, 8, XEN_ELFNOTE_PHYS32_ENTRY) + b"Xen\0"
    if kernel.startswith(b"\x7fELF") and (note in kernel or wide_note in kernel):
        return kernel
    return None
