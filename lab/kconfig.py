# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the lab needs to be built into a kernel, where its configuration can be had."""
import os

# Modules do not do: there is nothing to load them with before these are there.
NEEDED = {
    "NUMA": "memory nodes",
    "ACPI_NUMA": "memory nodes",
    "BLK_DEV_INITRD": "an initramfs",
    "BINFMT_ELF": "programs",
    "BINFMT_SCRIPT": "an /init that is a shell script",
    "PRINTK": "messages",
    "SERIAL_8250": "serial ports",
    "SERIAL_8250_CONSOLE": "messages on a serial port",
    "DEVTMPFS": "/dev",
    "PROC_FS": "/proc",
    "SYSFS": "/sys",
    "TMPFS": "/tmp",
}


def beside(path, release):
    """The configuration that a distribution puts beside an image, or None."""
    directory = os.path.dirname(os.path.abspath(path))
    for name in ("config-%s" % release, "config"):
        candidate = os.path.join(directory, name)
        if release and os.path.isfile(candidate):
            with open(candidate, errors="replace") as file:
                return file.read()
    return None


def lacking(config):
    """A line for each option that is needed and not built in; none if this is no configuration."""
    lines = config.splitlines()
    if "CONFIG_64BIT=y" not in lines:
        return []
    modules = {line[7:-2] for line in lines if line.startswith("CONFIG_") and line.endswith("=m")}
    return ["CONFIG_%s is %s: no %s" % (name, "a module" if name in modules else "off", what)
            for name, what in NEEDED.items() if "CONFIG_%s=y" % name not in lines]
