# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which kernel a guest boots: one of the lab's by name, or an image that the user has."""
import collections
import contextlib
import glob
import os
import tempfile

import image
import kconfig
import kernels
import machines
import modules
from errors import LabError

# image is the path QEMU is given, brd that of the module for swap or None, disk those for files besides, fuse that
# for file systems of user space or None.
Source = collections.namedtuple("Source", "label title image brd machine disk fuse",
                                defaults=(machines.X86_64, (), None))


def of_the_lab(name, report):
    directory, info = kernels.fetch(name, report=report)

    def module(file):
        path = os.path.join(directory, file)
        return path if os.path.exists(path) else None

    return Source(name, "%s %s" % (info["package"], info["version"]), os.path.join(directory, "image"),
                  module("brd.ko"), kernels.known(name).machine,
                  sorted(glob.glob(os.path.join(glob.escape(directory), "disk-*.ko"))), module("fuse.ko"))


def content_of(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except PermissionError:
        raise LabError("only root may read it: copy it, or be root") from None
    except OSError as error:
        raise LabError(error.strerror) from None


def read_image(path, content):
    """The image, if the lab's init can do with it."""
    found = image.read(content)
    config = found.config or kconfig.beside(path, found.release)
    lacking = kconfig.lacking(config) if config else []
    if lacking:
        raise LabError("this kernel cannot run in the lab:\n  " + "\n  ".join(lacking))
    return found


def kept(directory, name, content):
    path = os.path.join(directory, name)
    with open(path, "wb") as file:
        file.write(content)
    return path


def of_the_user(path, modules_path, directory):
    """An image, unpacked into the directory where that is needed."""
    try:
        content = content_of(path)
        found = read_image(path, content)
    except LabError as error:
        raise LabError("%s: %s" % (path, error)) from None
    brd = modules.brd(modules_path, path, found.release)
    # An uncompressed kernel may be a gigabyte, with its debug information.
    kernel = path if found.kernel is content else kept(directory, "image", found.kernel)
    return Source(os.path.basename(path), "%s, Linux %s" % (path, found.release or "of unknown release"),
                  kernel, kept(directory, "brd.ko", brd) if brd else None)


@contextlib.contextmanager
def opened(options, report):
    """The source that the options name, for as long as it is needed."""
    if not options.image:
        yield of_the_lab(options.name, report)
        return
    with tempfile.TemporaryDirectory(prefix="strictbind-lab-") as directory:
        yield of_the_user(options.image, options.modules, directory)
