# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guest's file system: a cpio archive (newc) with just what one run needs.

It is left uncompressed: the emulated CPU copies a megabyte in 10 ms and needs longer to unpack
it. For the same reason stripping the programs gains nothing worth losing their symbols.
"""
import os
import re
import stat
import subprocess

from errors import LabError, Unavailable

BUSYBOX = "/bin/busybox"
LOADER_CACHE = "/etc/ld.so.cache"


def static_busybox():
    """Content of the host's busybox, which has to be the static one."""
    if not os.path.exists(BUSYBOX):
        raise Unavailable("no %s here: install the package busybox-static" % BUSYBOX)
    with open(BUSYBOX, "rb") as file:
        content = file.read()
    if interpreter(content):
        raise Unavailable("%s is not static: install the package busybox-static" % BUSYBOX)
    return content


def applets():
    output = subprocess.run([BUSYBOX, "--list"], stdout=subprocess.PIPE, check=True).stdout
    return set(output.decode().split()) - {"busybox"}


def is_linked(content):
    """Whether this is an ELF program or library, not an object file still to be linked."""
    return content.startswith(b"\x7fELF\x02") and content[16] in (2, 3)


def interpreter(content):
    """The loader an ELF program names (PT_INTERP), or None."""
    if not is_linked(content):
        return None
    table = int.from_bytes(content[32:40], "little")
    size, count = (int.from_bytes(content[at:at + 2], "little") for at in (54, 56))
    for header in (content[table + i * size:] for i in range(count)):
        if int.from_bytes(header[:4], "little") == 3:
            start, length = (int.from_bytes(header[at:at + 8], "little") for at in (8, 32))
            return content[start:start + length].rstrip(b"\0").decode()
    return None


def libraries(path):
    """Paths of the shared libraries an ELF file needs, as the host's loader finds them."""
    done = subprocess.run(["ldd", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    output = done.stdout.decode()
    missing = re.search(r"^\s*(\S+) => not found", output, re.MULTILINE)
    if missing:
        raise LabError("%s needs %s, which is not found" % (path, missing.group(1)))
    return re.findall(r"(?:=>|^)\s*(/\S+) \(0x", output, re.MULTILINE)


class Initramfs:
    def __init__(self):
        self.entries = {}
        self.with_libraries = set()
        for directory in ("/", "/bin", "/dev", "/proc", "/sys", "/etc"):
            self.put(directory, stat.S_IFDIR | 0o755, b"")
        # The guest's root is a tmpfs. Another one here would hide what was added below it.
        self.put("/tmp", stat.S_IFDIR | 0o1777, b"")
        # The kernel opens console for init, before anything is mounted. The others tell what is wrong when
        # nothing can be.
        for name, device in (("console", (5, 1)), ("kmsg", (1, 11)), ("ttyS0", (4, 64))):
            self.put("/dev/" + name, stat.S_IFCHR | 0o600, b"", device=device)
        self.put(BUSYBOX, stat.S_IFREG | 0o755, static_busybox())
        for applet in applets():
            self.put("/bin/" + applet, stat.S_IFLNK | 0o777, b"busybox")

    def put(self, path, mode, content, device=(0, 0)):
        path = os.path.normpath(path)
        parent = os.path.dirname(path)
        if parent not in self.entries and path != "/":
            self.put(parent, stat.S_IFDIR | 0o755, b"")
        self.entries[path] = (mode, content, device)

    def put_text(self, path, text, mode=0o644):
        self.put(path, stat.S_IFREG | mode, text.encode())

    def add(self, host, guest=None):
        """A file or a directory of the host, with the libraries that programs in it need."""
        host = os.path.abspath(host)
        guest = guest or host
        if os.path.isdir(host):
            self.add_directory(host, guest)
        elif os.path.isfile(host):
            self.add_file(host, guest)
        else:
            raise LabError("%s is neither a file nor a directory" % host)

    def add_directory(self, host, guest):
        if guest not in self.entries:
            self.put(guest, stat.S_IFDIR | 0o755, b"")
        for name in sorted(os.listdir(host)):
            path, inside = os.path.join(host, name), os.path.join(guest, name)
            if os.path.islink(path):
                self.put(inside, stat.S_IFLNK | 0o777, os.readlink(path).encode())
            elif os.path.isdir(path) or os.path.isfile(path):
                self.add(path, inside)

    def add_file(self, host, guest):
        with open(host, "rb") as file:
            content = file.read()
        # Readable by --user whatever the umask here was.
        mode = 0o755 if os.access(host, os.X_OK) else 0o644
        self.put(guest, stat.S_IFREG | mode, content)
        if is_linked(content) and host not in self.with_libraries:
            self.with_libraries.add(host)
            self.add_libraries(host, content)

    def add_libraries(self, host, content):
        """They go where the guest's loader, which is the host's, looks for them."""
        needed = libraries(host)
        if interpreter(content):
            needed.append(interpreter(content))
        for path in needed:
            if path not in self.with_libraries:
                # ldd names all there are, also those that libraries need.
                self.with_libraries.add(path)
                self.add_file(path, path)
        if needed and LOADER_CACHE not in self.entries and os.path.exists(LOADER_CACHE):
            self.add_file(LOADER_CACHE, LOADER_CACHE)

    def archive(self):
        parts = []
        for number, (path, (mode, content, device)) in enumerate(sorted(self.entries.items()), 1):
            add_member(parts, number, path[1:] or ".", mode, content, device)
        add_member(parts, 0, "TRAILER!!!", 0, b"", (0, 0))
        return b"".join(parts)


def add_member(parts, number, name, mode, content, device):
    """One member in the newc format: 13 numbers in hexadecimal, name, content, padded to 4."""
    name = name.encode() + b"\0"
    numbers = (number, mode, 0, 0, 1, 0, len(content), 0, 0, device[0], device[1], len(name), 0)
    header = b"070701" + b"".join(b"%08X" % value for value in numbers) + name
    parts += [header, bytes(-len(header) % 4), content, bytes(-len(content) % 4)]
