# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kernels of the lab: which there are, and the cache that keeps them.

Cache of one kernel, a directory that appears whole or not at all:
    image       what QEMU starts: the unpacked kernel, or the package's vmlinuz
    brd.ko      the module that gives swap, if the package has it
    info.json   where it came from
"""
import collections
import contextlib
import fcntl
import glob
import json
import lzma
import os
import re
import shutil
import tempfile

import debs
import vmlinux
from errors import LabError

Kernel = collections.namedtuple("Kernel", "archive suite package default")

# To add a kernel, add a line. From 6.19 on Debian ships image and modules in two packages.
KERNELS = {
    "5.10": Kernel("security", "bullseye-security", r"linux-image-5\.10\.0-\d+-cloud-amd64", True),
    "6.1": Kernel("security", "bookworm-security", r"linux-image-6\.1\.0-\d+-cloud-amd64", True),
    "6.12": Kernel("security", "bookworm-security", r"linux-image-6\.12\.\d+.*-cloud-amd64", True),
    "6.18": Kernel("main", "trixie-backports", r"linux-image-6\.18\.\d+.*-cloud-amd64", False),
    "7.x": Kernel("main", "trixie-backports", r"linux-binary-\d+\.\d+.*-cloud-amd64", True),
}

# Swap is a RAM disk: brd.ko alone is enough for it on all of these kernels, as far back as 5.10.
# zram is there too, but wants zsmalloc (built in from 7.3 on) and, up to 6.1, lzo and lzo-rle;
# virtio_blk wants virtio_pci and its helpers up to 6.1. The modules are plain .ko up to 6.1,
# .ko.xz later.
IMAGE = r"^\./(boot/vmlinuz-|usr/lib/modules/[^/]*/vmlinuz$)"
MODULE = r"/kernel/drivers/block/brd\.ko(\.xz)?$"


def cache_directory():
    explicit = os.environ.get("LAB_CACHE")
    if explicit:
        return os.path.abspath(explicit)
    if os.environ.get("XDG_CACHE_HOME"):
        return os.path.join(os.environ["XDG_CACHE_HOME"], "strictbind-lab")
    if os.environ.get("HOME"):
        return os.path.join(os.environ["HOME"], ".cache", "strictbind-lab")
    fallback = "/var/tmp/strictbind-lab-%d" % os.getuid()
    # Anyone can make that one first.
    if os.path.lexists(fallback) and os.lstat(fallback).st_uid != os.getuid():
        raise LabError("%s belongs to another user" % fallback)
    return fallback


def known(name):
    if name not in KERNELS:
        raise LabError("no kernel %s; there are: %s" % (name, " ".join(KERNELS)))
    return KERNELS[name]


def cached(name):
    """The directory of a cached kernel and what info.json says, or None."""
    directory = os.path.join(cache_directory(), name)
    try:
        with open(os.path.join(directory, "info.json")) as file:
            return directory, json.load(file)
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def locked(name):
    """One fetch of a kernel at a time; the lock goes with the process."""
    cache = cache_directory()
    os.makedirs(cache, exist_ok=True)
    with open(os.path.join(cache, name + ".lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield cache


def modules_package(package, version):
    if package.startswith("linux-binary-"):
        return package.replace("linux-binary-", "linux-modules-", 1), version
    return package, version


def first_match(files, pattern):
    return next((content for path, content in files.items() if re.search(pattern, path)), None)


def unxz(data):
    return lzma.decompress(data) if data.startswith(b"\xfd7zXZ\0") else data


def download(kernel, work, out):
    """Fill the directory out, with apt at work in the directory work."""
    suite = debs.Suite(work, kernel.archive, kernel.suite)
    package, version = suite.newest(kernel.package)
    files = suite.files(package, version, IMAGE + "|" + MODULE)
    modules = modules_package(package, version)
    if modules[0] != package:
        files.update(suite.files(*modules, MODULE))
    image = first_match(files, IMAGE)
    if image is None:
        raise LabError("no kernel image in %s %s" % (package, version))
    unpacked = vmlinux.extract(image)
    info = {"package": package, "version": version, "unpacked": unpacked is not None}
    content = {"image": unpacked or image, "info.json": json.dumps(info).encode()}
    module = first_match(files, MODULE)
    if module is not None:
        content["brd.ko"] = unxz(module)
    for name, data in content.items():
        with open(os.path.join(out, name), "wb") as file:
            file.write(data)


def fetch(name, again=False, report=lambda text: None):
    """A kernel from the cache, put there first if need be. Asks no network if it is there."""
    kernel = known(name)
    if cached(name) and not again:
        return cached(name)
    with locked(name) as cache:
        if cached(name) and not again:
            return cached(name)
        report("fetching kernel %s" % name)
        for leftover in glob.glob(os.path.join(cache, name + ".tmp-*")):
            shutil.rmtree(leftover, ignore_errors=True)
        temporary = tempfile.mkdtemp(prefix=name + ".tmp-", dir=cache)
        try:
            new = os.path.join(temporary, "new")
            os.mkdir(new)
            download(kernel, os.path.join(temporary, "apt"), new)
            if cached(name):
                os.rename(os.path.join(cache, name), os.path.join(temporary, "old"))
            os.rename(new, os.path.join(cache, name))
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return cached(name)
