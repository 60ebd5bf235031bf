# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's libraries and programs of another architecture, unpacked into the cache: what programs for a guest
are built with, and what they need there.

    cross.ini   for meson setup, after the project's own cross file: how to build with what is here
"""
import os

import cache
import debs
import machines
from errors import LabError

# Old enough for whatever compiler there is, and its libc is taken in place of that compiler's own.
SUITE = ("main", "bookworm")

# What tests are linked with, what a guest runs, and what that takes.
PACKAGES = ("libc6", "libc6-dev", "linux-libc-dev", "libgcc-s1", "libnuma1", "libnuma-dev", "check", "libsubunit0",
            "libsubunit-dev", "busybox-static", "util-linux", "libcap-ng0")

# Compilers look into the directories of their own libc before those of a sysroot, unless they are named.
CROSS_FILE = """\
# SPDX-License-Identifier: LGPL-2.1-or-later
# Written by lab sysroot: meson setup --cross-file PROJECT/cross/{name}.ini --cross-file THIS_FILE build-{name}
[binaries]
pkgconfig = 'pkg-config'
exe_wrapper = ['{user_mode}', '-L', '{root}']

[properties]
sys_root = '{root}'
pkg_config_libdir = '{root}/usr/lib/{triplet}/pkgconfig:{root}/usr/share/pkgconfig'

[built-in options]
c_args = ['--sysroot={root}', '-isystem', '{root}/usr/include/{triplet}', '-isystem', '{root}/usr/include']
c_link_args = ['--sysroot={root}', '-B{root}/usr/lib/{triplet}', '-L{root}/usr/lib/{triplet}', '-L{root}/lib/{triplet}']
"""


def known(name):
    machine = machines.MACHINES.get(name)
    if not machine or not machine.sysroot:
        raise LabError("no sysroot %s; there are: %s" % (
            name, " ".join(machine.name for machine in machines.MACHINES.values() if machine.sysroot)))
    return machine


def name_in_cache(machine):
    return "sysroot-" + machine.name


def relink(root):
    """Links to /lib/... are to stay in the sysroot."""
    for where, directories, files in os.walk(root):
        for name in directories + files:
            path = os.path.join(where, name)
            if os.path.islink(path) and os.readlink(path).startswith("/"):
                target = os.path.relpath(root + os.readlink(path), where)
                os.unlink(path)
                os.symlink(target, path)


def unpack(machine, work, root):
    suite = debs.Suite(work, *SUITE, machine.debian)
    versions = {}
    for package in PACKAGES:
        name, version = suite.newest(package.replace(".", r"\."))
        suite.unpack(name, version, root)
        versions[name] = version
    relink(root)
    with open(os.path.join(root, "cross.ini"), "w") as file:
        file.write(CROSS_FILE.format(name=machine.name, root=cache.place(name_in_cache(machine)),
                                     triplet=machine.triplet, user_mode=machine.user_mode))
    return {"packages": versions}


def fetch(machine, again=False, report=lambda text: None):
    """Its directory, filled first if need be."""
    directory, _ = cache.fetch(name_in_cache(machine), lambda work, root: unpack(machine, work, root), again,
                               lambda: report("fetching the sysroot of %s" % machine.name))
    return directory
