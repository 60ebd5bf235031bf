# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where the programs of a guest, and the libraries that they need, come from: this machine, or a sysroot."""
import os
import re
import shutil
import subprocess

import elf
import sysroot
from errors import LabError, Unavailable

BUSYBOX = "/bin/busybox"
LOADER_CACHE = "/etc/ld.so.cache"


def host_program(name, package):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/bin:/usr/sbin:/bin:/sbin")
    if not path:
        raise Unavailable("no %s here: install the package %s" % (name, package))
    return path


class Here:
    """Programs of this machine, for a guest of its architecture."""

    # It tells the guest's loader, which is this machine's, where libraries are.
    loader_cache = LOADER_CACHE

    def busybox(self):
        """Its content. It has to be the static one."""
        if not os.path.exists(BUSYBOX):
            raise Unavailable("no %s here: install the package busybox-static" % BUSYBOX)
        with open(BUSYBOX, "rb") as file:
            content = file.read()
        if elf.interpreter(content):
            raise Unavailable("%s is not static: install the package busybox-static" % BUSYBOX)
        return content

    def applets(self):
        output = subprocess.run([BUSYBOX, "--list"], stdout=subprocess.PIPE, check=True).stdout
        return set(output.decode().split()) - {"busybox"}

    def same(self, path):
        """What a guest is given for a program of this machine."""
        return path

    def setpriv(self):
        """(path here, path in the guest)"""
        path = host_program("setpriv", "util-linux")
        return path, path

    def libraries(self, path, content):
        """(path here, path in the guest) of all libraries an ELF file needs, and of its loader. They go where the
        guest's loader, which is this machine's, looks for them."""
        done = subprocess.run(["ldd", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        output = done.stdout.decode()
        missing = re.search(r"^\s*(\S+) => not found", output, re.MULTILINE)
        if missing:
            raise LabError("%s needs %s, which is not found" % (path, missing.group(1)))
        needed = re.findall(r"(?:=>|^)\s*(/\S+) \(0x", output, re.MULTILINE)
        loader = elf.interpreter(content)
        return [(library, library) for library in needed + ([loader] if loader else [])]


class There:
    """Programs of another architecture: they are in its sysroot, or built with it."""

    loader_cache = None

    def __init__(self, machine, report):
        self.machine = machine
        self.root = sysroot.fetch(machine, report=report)

    def inside(self, path):
        """Where the guest has a library: what is in the sysroot at the place that it has there, those of the
        cross compiler where a loader looks. Else as it is here."""
        if path.startswith(self.compilers() + "/"):
            return "/usr/lib/%s/%s" % (self.machine.triplet, os.path.basename(path))
        return path[len(self.root):] if path.startswith(self.root + "/") else path

    def compilers(self):
        """Where the cross compiler has libraries of its own, such as OpenMP's."""
        return "/usr/%s/lib" % self.machine.triplet

    def busybox(self):
        with open(self.root + BUSYBOX, "rb") as file:
            return file.read()

    def applets(self):
        """Their names stand in the program one after the other, in their order: it cannot be asked here."""
        table = re.search(rb"\0\[\0\[\[\0((?:[a-z0-9][a-z0-9._+-]*\0)+)", self.busybox())
        names = table.group(1).decode().split("\0")[:-1] if table else []
        end = next((at for at in range(1, len(names)) if names[at] <= names[at - 1]), len(names))
        return {"[", "[["} | set(names[:end]) - {"busybox"}

    def same(self, path):
        """The sysroot's of that name, for one that is not for the guest's architecture."""
        other = self.root + os.path.abspath(path)
        return other if os.path.isfile(path) and self.is_foreign(path) and os.path.isfile(other) else path

    def setpriv(self):
        return self.root + "/usr/bin/setpriv", "/usr/bin/setpriv"

    def find(self, library, user, content):
        """Path here of a library that a file needs, as the loader of the guest looks for it."""
        origin = os.path.dirname(user)
        named = [path.replace("$ORIGIN", origin).replace("${ORIGIN}", origin) for path in elf.dynamic(content)[1]]
        usual = ["%s%s%s" % (self.root, where, below) for below in ("/" + self.machine.triplet, "")
                 for where in ("/lib", "/usr/lib")]
        for directory in named + usual + [self.compilers()]:
            path = os.path.join(directory, library)
            if os.path.isfile(path) and self.is_ours(path):
                return os.path.normpath(path)
        raise LabError("%s needs %s, which is neither beside it nor in the sysroot %s" % (user, library, self.root))

    def machine_of(self, path):
        """Of a program or a library; None of anything else."""
        with open(path, "rb") as file:
            head = file.read(64)
        return elf.machine(head) if elf.is_linked(head) else None

    def is_ours(self, path):
        return self.machine_of(path) == self.machine.elf

    def is_foreign(self, path):
        return self.machine_of(path) not in (None, self.machine.elf)

    def libraries(self, path, content):
        """As above, of the sysroot and of what was built with it."""
        if elf.machine(content) != self.machine.elf:
            return []
        found = {}
        waiting = [(path, content)]
        while waiting:
            user, content = waiting.pop()
            for name in elf.dynamic(content)[0]:
                library = self.find(name, user, content)
                if library not in found:
                    found[library] = self.inside(library)
                    with open(library, "rb") as file:
                        waiting.append((library, file.read()))
        with open(path, "rb") as file:
            loader = elf.interpreter(file.read())
        return list(found.items()) + ([(self.root + loader, loader)] if loader else [])


def of(machine, report=lambda text: None):
    return There(machine, report) if machine.sysroot else Here()
