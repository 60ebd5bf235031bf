# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kernels that Debian ships as source only: built once, here, from a small configuration."""
import os

from debs import run
from errors import LabError, Unavailable

HERE = os.path.dirname(os.path.abspath(__file__))
# What the last lines of a failed build say is enough.
LAST = 3000


def make(source, machine, *words):
    try:
        run(["make", "-C", source, "-s", "-j%d" % len(os.sched_getaffinity(0)), "ARCH=" + machine.name,
             "CROSS_COMPILE=%s-" % machine.triplet, *words])
    except Unavailable as error:
        raise Unavailable("the kernel does not build; that takes make, flex, bison, bc, xz-utils and %s-gcc:\n%s"
                          % (machine.triplet, str(error)[-LAST:])) from None


def configure(source, machine, name):
    """A configuration with what the file names, and nothing but what that takes."""
    path = os.path.join(HERE, name)
    make(source, machine, "KCONFIG_ALLCONFIG=" + path, "allnoconfig")
    with open(os.path.join(source, ".config")) as file:
        made = set(file.read().splitlines())
    with open(path) as file:
        lacking = [line for line in file.read().splitlines() if line.startswith("CONFIG_") and line not in made]
    if lacking:
        raise LabError("this kernel's configuration does not take %s" % " ".join(lacking))


def image(suite, package, version, machine, configuration, work):
    """The content of a kernel image. Takes a quarter of an hour, and 2 GB below the directory work meanwhile."""
    unpacked = os.path.join(work, "unpacked")
    suite.unpack(package, version, unpacked)
    archive = os.path.join(unpacked, "usr/src", package + ".tar.xz")
    run(["tar", "-C", unpacked, "-xf", archive])
    source = os.path.join(unpacked, package)
    configure(source, machine, configuration)
    make(source, machine, "Image")
    with open(os.path.join(source, "arch", machine.name, "boot/Image"), "rb") as file:
        return file.read()
