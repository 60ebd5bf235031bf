# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the lab keeps: directories that appear whole or not at all, each with an info.json that says where it
came from."""
import contextlib
import fcntl
import glob
import json
import os
import shutil
import tempfile

from errors import LabError


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


def place(name):
    """Where something is kept, if it is: the slash of arm64/6.12 makes no directory."""
    return os.path.join(cache_directory(), name.replace("/", "-"))


def cached(name):
    """The directory of what has this name and what info.json says, or None."""
    try:
        with open(os.path.join(place(name), "info.json")) as file:
            return place(name), json.load(file)
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def locked(name):
    """One fetch of a thing at a time; the lock goes with the process."""
    os.makedirs(cache_directory(), exist_ok=True)
    with open(place(name) + ".lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def replace(name, fill):
    """Fill a new directory and put it in the place of the one there is."""
    for leftover in glob.glob(glob.escape(place(name)) + ".tmp-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    temporary = tempfile.mkdtemp(prefix=os.path.basename(place(name)) + ".tmp-", dir=cache_directory())
    try:
        new = os.path.join(temporary, "new")
        os.mkdir(new)
        info = fill(os.path.join(temporary, "apt"), new)
        with open(os.path.join(new, "info.json"), "w") as file:
            json.dump(info, file)
        if cached(name):
            os.rename(place(name), os.path.join(temporary, "old"))
        os.rename(new, place(name))
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def fetch(name, fill, again=False, begin=lambda: None, usable=lambda info: True):
    """What has this name, put there first if need be. Asks no network if it is there. fill(work, out) fills the
    directory out, with apt at work in the directory work, and says what is to be in info.json; usable(info) whether
    what an earlier lab has put there will do."""
    def there():
        found = cached(name)
        return found if found and usable(found[1]) else None

    if not there() or again:
        with locked(name):
            if not there() or again:
                begin()
                replace(name, fill)
    return cached(name)
