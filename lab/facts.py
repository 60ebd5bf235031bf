# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a kernel is and can do, asked in a guest: what the head of a report says."""
import collections
import json

import boot
import guest
import verdict
from errors import LabError

# told is {word: value} of the script below, absent what the kernel has not, without {option: why} what
# the lab cannot give it, probe what strictbind probe says or None, complaints the kernel's at boot.
Facts = collections.namedtuple("Facts", "told absent without probe complaints")

SCRIPT = r"""
echo "banner $(cat /proc/version)"
echo "release $(uname -r)"
echo "machine $(uname -m)"
echo "command_line $(cat /proc/cmdline)"
echo "page $(sed -n 's/^KernelPageSize: *//p' /proc/self/smaps | head -n 1)"
echo "nodes $(cat /sys/devices/system/node/online)"
[ -e /sys/kernel/mm/ksm ] || echo "absent KSM"
[ -e /sys/kernel/mm/transparent_hugepage ] || echo "absent THP"
[ -e /proc/net/packet ] || echo "absent AF_PACKET"
[ -e /proc/sys/kernel/perf_event_paranoid ] || echo "absent perf events"
[ -e /proc/self/pagemap ] || echo "absent pagemap"
[ -e /proc/self/numa_maps ] || echo "absent numa_maps"
[ -z "$1" ] || { echo probe; "$1" probe --json; }
"""

# What tests ask of a guest and a kernel may not be able to give, in the sizes that do for asking.
ASKED = {"hugepages": 1, "swap": 8, "disk": 8, "fuse": True}


def ask(options, source):
    """(boot, output, {option: why not}): boot until the kernel gives all that is still asked of it."""
    without = {}
    while True:
        output = bytearray()
        for name, value in ASKED.items():
            setattr(options, name, None if name in without else value)
        booted = boot.start(options, source, guest.build(options, source), output.extend)
        if booted.lacks is None:
            return booted, output.decode(errors="replace"), without
        without[booted.lacks[0]] = booted.lacks[1]


def read_probe(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def gather(options, source, strictbind):
    """The facts. strictbind is the path of the command in the guest, or None."""
    options.command = ["sh", "-c", SCRIPT, "sh", strictbind or ""]
    booted, output, without = ask(options, source)
    wrong = verdict.verdict(booted, options)
    if wrong:
        raise LabError("%s: %s\n%s" % (source.label, wrong, verdict.console_text(booted.console)))
    lines, _, probe = output.partition("probe\n")
    told = {}
    absent = []
    for line in lines.splitlines():
        word, _, value = line.partition(" ")
        if word == "absent":
            absent.append(value)
        else:
            told[word] = value
    return Facts(told, absent, without, read_probe(probe), verdict.faults_at_boot(booted))
