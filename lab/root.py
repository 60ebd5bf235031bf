# SPDX-License-Identifier: LGPL-2.1-or-later
"""A clean root with a compiler, of the Debian release that this machine runs: what packages that are built here are
installed into. Made by debootstrap and kept as an archive.

    root.tar.zst
"""
import os

import cache
import debs
from errors import Unavailable

# What a program is built with that uses a library, and what the command is linked to. No more than that.
PACKAGES = ["cmake", "gcc", "libc6-dev", "libnuma1", "make", "pkgconf"]

# Devices are the machine's, and cannot be made everywhere.
NOT_KEPT = ["./dev/*", "./var/cache/apt/archives/*.deb"]


def release():
    """The code name of the machine's Debian release."""
    with open("/etc/os-release") as file:
        words = dict(line.rstrip().split("=", 1) for line in file if "=" in line)
    if words.get("ID") != "debian" or "VERSION_CODENAME" not in words:
        raise Unavailable("clean roots are of the release of Debian that the machine runs, and this is %s"
                          % words.get("PRETTY_NAME", "something else"))
    return words["VERSION_CODENAME"]


def make(suite, work, out):
    if os.geteuid() != 0:
        raise Unavailable("only root can make a clean root")
    target = os.path.join(work, "root")
    os.makedirs(target)
    debs.run(["debootstrap", "--variant=minbase", "--keyring=" + debs.keyring(),
              "--include=" + ",".join(PACKAGES), suite, target, debs.mirror("main")])
    debs.run(["tar", "-C", target, *("--exclude=" + name for name in NOT_KEPT), "--zstd",
              "-cf", os.path.join(out, "root.tar.zst"), "."])
    return {"packages": PACKAGES}


def fetch(report=lambda text: None):
    """The archive, made first if need be, and anew when it lacks a package."""
    suite = release()
    name = "root-" + suite
    directory, _ = cache.fetch(name, lambda work, out: make(suite, work, out),
                               begin=lambda: report("making a clean root of %s" % suite),
                               usable=lambda info: info["packages"] == PACKAGES)
    return os.path.join(directory, "root.tar.zst")
