# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guest's file system: a cpio archive (newc) with just what one run needs.

It is left uncompressed: the emulated CPU copies a megabyte in 10 ms and needs longer to unpack
it. For the same reason stripping the programs gains nothing worth losing their symbols.
"""
import os
import stat

import elf
from errors import LabError
from userland import BUSYBOX


class Initramfs:
    def __init__(self, userland, console):
        """userland is where programs come from, console the port that messages go to."""
        self.userland = userland
        self.entries = {}
        self.with_libraries = set()
        for directory in ("/", "/bin", "/dev", "/proc", "/sys", "/etc"):
            self.put(directory, stat.S_IFDIR | 0o755, b"")
        # The guest's root is a tmpfs. Another one here would hide what was added below it.
        self.put("/tmp", stat.S_IFDIR | 0o1777, b"")
        # The kernel opens console for init, before anything is mounted. The others tell what is wrong when
        # nothing can be.
        for name, device in (("console", (5, 1)), ("kmsg", (1, 11)), (console.name, (console.major, console.minor))):
            self.put("/dev/" + name, stat.S_IFCHR | 0o600, b"", device=device)
        self.put(BUSYBOX, stat.S_IFREG | 0o755, userland.busybox())
        for applet in userland.applets():
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
        if elf.is_linked(content) and host not in self.with_libraries:
            self.with_libraries.add(host)
            self.add_libraries(host, content)

    def add_libraries(self, host, content):
        needed = self.userland.libraries(host, content)
        for path, inside in needed:
            if path not in self.with_libraries:
                # All are named that there are, also those that libraries need.
                self.with_libraries.add(path)
                self.add_file(path, inside)
        loader_cache = self.userland.loader_cache
        if needed and loader_cache and loader_cache not in self.entries and os.path.exists(loader_cache):
            self.add_file(loader_cache, loader_cache)

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
