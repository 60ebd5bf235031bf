# SPDX-License-Identifier: LGPL-2.1-or-later
"""Python with ctypes: on_ctypes.py LOOK. Prints a line for each call: what was asked, what it returned, where
the pages are. No package but ctypes, so that few files of Python's are enough."""
import ctypes
import errno
import os
import sys

PAGE = os.sysconf("SC_PAGESIZE")
PAGES = 8
SYS_MBIND = {"x86_64": 237, "aarch64": 235}[os.uname().machine]
SYS_GETPID = {"x86_64": 39, "aarch64": 172}[os.uname().machine]
MPOL_DEFAULT, MPOL_BIND = 0, 2
STRICT_MOVE = 1 | 2
PROT_READ_WRITE, MAP_SHARED, MAP_PRIVATE_ANONYMOUS = 3, 1, 2 | 32
MREMAP_TO = 1 | 2
AF_PACKET, SOCK_RAW, SOL_PACKET, PACKET_RX_RING = 17, 3, 263, 5

libc = ctypes.CDLL(None, use_errno=True)
libnuma = ctypes.CDLL("libnuma.so.1", use_errno=True)
LONG, POINTER = ctypes.c_long, ctypes.c_void_p
for name in ("mmap", "mremap"):
    getattr(libc, name).restype = POINTER
for function in (libc.syscall, libnuma.mbind, libnuma.set_mempolicy):
    function.restype = LONG


def mask(node):
    return ctypes.byref(ctypes.c_ulong(1 << node))


def mapping(fd=-1, flags=MAP_PRIVATE_ANONYMOUS, pages=PAGES):
    at = libc.mmap(None, LONG(pages * PAGE), PROT_READ_WRITE, flags, fd, LONG(0))
    ctypes.memset(at, 1, pages * PAGE)
    return at


def ring(pages):
    """Pages that a packet socket shares with the kernel."""
    fd = libc.socket(AF_PACKET, SOCK_RAW, 0)
    request = (ctypes.c_uint * 4)(PAGE, pages, PAGE, pages)
    if libc.setsockopt(fd, SOL_PACKET, PACKET_RX_RING, request, 16):
        sys.exit(77)
    return mapping(fd, MAP_SHARED, pages)


def scene(kernels=1):
    """Pages on node 0, the first ones shared with the kernel."""
    libnuma.set_mempolicy(MPOL_BIND, mask(0), LONG(65))
    at = mapping()
    if kernels:
        libc.mremap(POINTER(ring(kernels)), LONG(kernels * PAGE), LONG(kernels * PAGE), MREMAP_TO,
                    POINTER(at))
    libnuma.set_mempolicy(MPOL_DEFAULT, None, LONG(0))
    return at


def show(asked, result, at):
    """Have LOOK, a process without the library, tell where the pages are."""
    error = errno.errorcode[ctypes.get_errno()] if result < 0 else result
    print("%s: %s " % (asked, error), end="", flush=True)
    child = os.fork()
    if child == 0:
        os.execve(sys.argv[1], [sys.argv[1], str(os.getppid()), "%x" % at, str(PAGES)], {})
    os.waitpid(child, 0)


def main():
    at = scene()
    show("libnuma.mbind, a kernel's page first",
         libnuma.mbind(POINTER(at), LONG(PAGES * PAGE), MPOL_BIND, mask(1), LONG(65), STRICT_MOVE), at)
    at = scene()
    show("syscall(SYS_mbind), a kernel's page first",
         libc.syscall(LONG(SYS_MBIND), POINTER(at), LONG(PAGES * PAGE), LONG(MPOL_BIND), mask(2),
                      LONG(65), LONG(STRICT_MOVE)), at)
    at = scene(0)
    show("syscall(SYS_mbind), all movable",
         libc.syscall(LONG(SYS_MBIND), POINTER(at), LONG(PAGES * PAGE), LONG(MPOL_BIND), mask(2),
                      LONG(65), LONG(STRICT_MOVE)), at)
    print("syscall(SYS_getpid): %s" % (libc.syscall(LONG(SYS_GETPID)) == os.getpid()))


main()
