# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kernel proper out of a bzImage.

An emulated CPU needs more than a second to unpack a kernel, at each boot. Unpacked once, here,
it can be started directly through its PVH entry.
"""
import bz2
import lzma
import shutil
import struct
import subprocess
import zlib

from errors import LabError

SETUP_SECTS = 0x1f1
PAYLOAD_OFFSET = 0x248
LZ4_LEGACY = b"\x02\x21\x4c\x18"
ZSTD = b"\x28\xb5\x2f\xfd"
XEN_ELFNOTE_PHYS32_ENTRY = 18


def payload(image):
    """The compressed part, by the header fields of the x86 boot protocol."""
    start = (image[SETUP_SECTS] + 1) * 512
    offset, length = struct.unpack_from("<II", image, PAYLOAD_OFFSET)
    if start + offset + length > len(image):
        raise LabError("cut short: %d bytes are missing" % (start + offset + length - len(image)))
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
    # In a bzImage four bytes follow that are not zstd's.
    for end in (len(data) - 4, len(data)):
        done = subprocess.run(["zstd", "-dcq"], input=data[:end], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        if done.returncode == 0:
            return done.stdout
    raise ValueError("zstd fails")


def whole(decompressor, data):
    """All that the decompressor makes of the data; these take no notice of an end that comes too early."""
    out = decompressor.decompress(data)
    if not decompressor.eof:
        raise ValueError("it ends too early")
    return out


FORMATS = ((LZ4_LEGACY, unlz4),
           (ZSTD, unzstd),
           (b"\xfd7zXZ\0", lambda data: whole(lzma.LZMADecompressor(), data)),
           (b"\x5d\0\0", lambda data: whole(lzma.LZMADecompressor(), data)),
           (b"\x1f\x8b", lambda data: whole(zlib.decompressobj(31), data)),
           (b"BZh", lambda data: whole(bz2.BZ2Decompressor(), data)))


def unpack(data):
    """Whatever is compressed with one of the kernel's methods; empty where it is not, or lzo."""
    for magic, method in FORMATS:
        if data.startswith(magic):
            try:
                return bytes(method(data))
            except (ValueError, IndexError, OSError, struct.error, zlib.error,
                    lzma.LZMAError) as error:
                raise LabError("damaged: it cannot be unpacked: %s" % error) from None
    return b""


def can_start_directly(kernel):
    """Whether an ELF kernel tells where it is entered in 32-bit mode (PVH)."""
    note = struct.pack("<III", 4, 4, XEN_ELFNOTE_PHYS32_ENTRY) + b"Xen\0"
    wide_note = struct.pack("<III", 4, 8, XEN_ELFNOTE_PHYS32_ENTRY) + b"Xen\0"
    return kernel.startswith(b"\x7fELF") and (note in kernel or wide_note in kernel)


def extract_arm64(image):
    """The Image of 64-bit Arm, if the package has it compressed, else None: QEMU takes it as it is."""
    unpacked = unpack(image)
    if (unpacked or image)[0x38:0x3c] != b"ARM\x64":
        raise LabError("not an Image of 64-bit Arm")
    return unpacked or None


def extract_ppc64(image):
    """QEMU takes the ELF file that the package has."""
    if not image.startswith(b"\x7fELF"):
        raise LabError("not an ELF kernel")


def extract(image):
    """The ELF kernel in a bzImage, or None where it can't be had or started directly."""
    kernel = unpack(payload(image))
    return kernel if can_start_directly(kernel) else None
