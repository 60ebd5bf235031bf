# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kernels of the lab: which there are, and how they come into the cache.

Cache of one kernel, a directory that appears whole or not at all:
    image       what QEMU starts: the unpacked kernel, or the package's vmlinuz
    brd.ko      the module that gives swap, if the package has it
    disk-*.ko   what a file system takes besides, to be loaded in their order
    fuse.ko     the module for file systems of user space, if the package has it
    info.json   where it came from
"""
import collections
import os
import re

import cache
import compiled
import debs
import machines
import modules
from errors import LabError

# memory is what a node has by default, in MiB; configuration the file with that of a kernel whose package is
# its source.
MEMORY = 256
Kernel = collections.namedtuple("Kernel", "archive suite package default machine memory configuration",
                                defaults=(machines.X86_64, MEMORY, None))


def arm64(archive, suite, package, memory=MEMORY, configuration=None):
    return Kernel(archive, suite, package, False, machines.ARM64, memory, configuration)


# To add a kernel, add a line. From 6.19 on Debian ships image and modules in two packages.
KERNELS = {
    "5.10": Kernel("security", "bullseye-security", r"linux-image-5\.10\.0-\d+-cloud-amd64", True),
    "6.1": Kernel("security", "bookworm-security", r"linux-image-6\.1\.0-\d+-cloud-amd64", True),
    "6.12": Kernel("security", "bookworm-security", r"linux-image-6\.12\.\d+.*-cloud-amd64", True),
    "6.18": Kernel("main", "trixie-backports", r"linux-image-6\.18\.\d+.*-cloud-amd64", False),
    "7.x": Kernel("main", "trixie-backports", r"linux-binary-\d+\.\d+.*-cloud-amd64", True),
    "arm64/6.1": arm64("security", "bookworm-security", r"linux-image-6\.1\.0-\d+-cloud-arm64"),
    "arm64/6.12": arm64("security", "bookworm-security", r"linux-image-6\.12\.\d+.*-cloud-arm64"),
    "arm64/7.x": arm64("main", "trixie-backports", r"linux-binary-\d+\.\d+.*-cloud-arm64"),
    # There a huge page is 32 MiB, and what tests take is counted in pages.
    "arm64/6.12-16k": arm64("security", "bookworm-security", r"linux-image-6\.12\.\d+.*-arm64-16k", 1024),
    "arm64/7.x-16k": arm64("main", "trixie-backports", r"linux-binary-\d+\.\d+.*-arm64-16k", 1024),
    # Debian has no package of these. 6.1 keeps others waiting while it moves.
    "arm64/6.1-64k": arm64("security", "bookworm-security", r"linux-source-6\.1", 1024, "arm64-64k.config"),
    "arm64/6.12-64k": arm64("security", "bookworm-security", r"linux-source-6\.12", 1024, "arm64-64k.config"),
    "ppc64le/6.12-64k": Kernel("main", "bookworm-backports", r"linux-image-6\.12\.\d+.*-powerpc64le-64k", False,
                               machines.PPC64LE, 1024),
}

# Swap is a RAM disk: brd.ko alone is enough for it on all of these kernels, as far back as 5.10.
# zram is there too, but wants zsmalloc (built in from 7.3 on) and, up to 6.1, lzo and lzo-rle;
# virtio_blk wants virtio_pci and its helpers up to 6.1. The modules are plain .ko up to 6.1,
# .ko.xz later.
IMAGE = r"^\./(boot/vmlinu[xz]-|usr/lib/modules/[^/]*/vmlinuz$)"
MODULE = r"/kernel/drivers/block/brd\.ko(\.xz)?$"

# What else files on a RAM disk take where ext4, which is ext2 too, is no part of the kernel.
FILE_SYSTEM = r"/kernel/(fs/ext4/ext4|fs/jbd2/jbd2|fs/mbcache|lib/(crc/)?crc16|lib/libcrc32c|crypto/crc32c_generic)\.ko(\.xz)?$"
FUSE = r"/kernel/fs/fuse/fuse\.ko(\.xz)?$"
MODULES = "|".join((MODULE, FILE_SYSTEM, FUSE))
# These are asked for by name while they run, which depends= does not say.
ASKED_FOR = {"libcrc32c": ["crc32c_generic"], "jbd2": ["crc32c_generic"], "ext4": ["crc32c_generic"]}


def known(name):
    if name not in KERNELS:
        raise LabError("no kernel %s; there are: %s" % (name, " ".join(KERNELS)))
    return KERNELS[name]


def modules_package(package, version):
    if package.startswith("linux-binary-"):
        return package.replace("linux-binary-", "linux-modules-", 1), version
    return package, version


def first_match(files, pattern):
    return next((content for path, content in files.items() if re.search(pattern, path)), None)


def modules_in_order(files):
    """(name, content) of the modules that ext4 takes and itself, each after those that it depends on."""
    found = {os.path.basename(path).partition(".ko")[0]: modules.unpacked(content)
             for path, content in files.items() if re.search(FILE_SYSTEM, path)}
    order = []

    def take(name):
        if name in found and name not in order:
            for other in modules.depends(found[name]) + ASKED_FOR.get(name, []):
                take(other)
            order.append(name)

    take("ext4")
    return [(name, found[name]) for name in order]


def download(kernel, work, out):
    """Fill the directory out, with apt at work in the directory work."""
    suite = debs.Suite(work, kernel.archive, kernel.suite, kernel.machine.debian)
    package, version = suite.newest(kernel.package)
    if kernel.configuration:
        content = compiled.image(suite, package, version, kernel.machine, kernel.configuration, work)
        with open(os.path.join(out, "image"), "wb") as file:
            file.write(content)
        return {"package": package, "version": version, "unpacked": False}
    files = suite.files(package, version, IMAGE + "|" + MODULES)
    with_modules = modules_package(package, version)
    if with_modules[0] != package:
        files.update(suite.files(*with_modules, MODULES))
    image = first_match(files, IMAGE)
    if image is None:
        raise LabError("no kernel image in %s %s" % (package, version))
    unpacked = kernel.machine.unpack(image)
    content = {"image": unpacked or image}
    for name, pattern in (("brd.ko", MODULE), ("fuse.ko", FUSE)):
        module = first_match(files, pattern)
        if module is not None:
            content[name] = modules.unpacked(module)
    for number, (name, data) in enumerate(modules_in_order(files)):
        content["disk-%d-%s.ko" % (number, name)] = data
    for name, data in content.items():
        with open(os.path.join(out, name), "wb") as file:
            file.write(data)
    return {"package": package, "version": version, "unpacked": unpacked is not None, "modules": MODULES}


def cached(name):
    """The directory of a cached kernel and what info.json says, or None."""
    return cache.cached(name)


def fetch(name, again=False, report=lambda text: None):
    """A kernel from the cache, put there first if need be. Asks no network if it is there."""
    kernel = known(name)
    return cache.fetch(name, lambda work, out: download(kernel, work, out), again,
                       lambda: report(("building kernel %s, which takes a quarter of an hour" if kernel.configuration
                                       else "fetching kernel %s") % name),
                       usable=lambda info: bool(kernel.configuration) or info.get("modules") == MODULES)
