# SPDX-License-Identifier: LGPL-2.1-or-later
"""The one module that the lab can use, brd, for a kernel that the user brings."""
import os
import re

import vmlinux
from errors import LabError

BRD = re.compile(r"brd\.ko(\.xz|\.gz|\.zst)?$")
VERMAGIC = re.compile(rb"\0vermagic=(\S+)")
DEPENDS = re.compile(rb"\0depends=([^\0]*)")


def unpacked(packed):
    """The content of a module's file, which may be compressed."""
    return packed if packed.startswith(b"\x7fELF") else vmlinux.unpack(packed)


def depends(module):
    """Names of the modules that have to be there before this one."""
    found = DEPENDS.search(module)
    return [name.decode() for name in found.group(1).split(b",") if name] if found else []


def below(directory):
    """Paths of brd below a directory."""
    return [os.path.join(where, name) for where, _, names in os.walk(directory)
            for name in sorted(names) if BRD.match(name)]


def usual_places(path, release):
    """Where brd of an image may be: beside it, where its package has it, or as installed here."""
    directory = os.path.dirname(os.path.abspath(path))
    yield os.path.join(directory, "brd.ko")
    if not release:
        return
    trees = [directory] if os.path.basename(directory) == release else []
    for root in (os.path.dirname(directory), "/"):
        trees += [os.path.join(root, modules, release) for modules in ("lib/modules", "usr/lib/modules")]
    for tree in trees:
        yield from below(os.path.join(tree, "kernel/drivers/block"))


def read(path):
    """A module, unpacked, and the release of the kernel it is for, the only one that loads it."""
    with open(path, "rb") as file:
        module = unpacked(file.read())
    made_for = VERMAGIC.search(module)
    if not made_for:
        raise LabError("%s is no kernel module" % path)
    return module, made_for.group(1).decode(errors="replace")


def named_by_user(path, release):
    paths = below(path) if os.path.isdir(path) else [path]
    if not paths:
        raise LabError("--modules: no brd.ko below %s" % path)
    found = [read(module) for module in paths]
    for module, made_for in found:
        if not release or made_for == release:
            return module
    raise LabError("%s is for kernel %s, the image is %s" % (paths[0], found[0][1], release))


def brd(named, image_path, release):
    """The content of brd.ko, or None: it may be built in. named is what --modules says, or None."""
    if named:
        return named_by_user(named, release)
    for path in usual_places(image_path, release):
        if os.path.isfile(path):
            module, made_for = read(path)
            if made_for == release:
                return module
    return None
