# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long a guest is waited for: by the time in which its emulator could run.

A program that hangs and a machine that stalls look alike from outside: nothing comes. They are told
apart by what the emulator got. While it sleeps, or computes, the time counts; while it wants a processor
and others have it, while it is stopped, and while the lab itself does not run, it does not.
"""
import collections
import os
import time

TICK = 1.0
# An emulator that is stopped for so many seconds is given up.
STOPPED = 15
# User space is reached in a few seconds; now and then an emulator gets nowhere in the first of them, and computes.
BOOT = 45
# So much of its time an emulator has to have had for the guest to be blamed.
FAIR = 0.5

# Nanoseconds of all its threads, running and waiting for a processor; whether it is stopped.
Reading = collections.namedtuple("Reading", "ran waited stopped")


def multiplier():
    """By how much a busy machine may take longer; scripts/test sets it together with meson's."""
    try:
        return max(1.0, float(os.environ.get("LAB_TIMEOUT_MULTIPLIER", "1")))
    except ValueError:
        return 1.0


def read(pid):
    """A Reading of a process, or None where the kernel does not tell."""
    ran = waited = 0
    try:
        with open("/proc/%d/stat" % pid) as file:
            state = file.read().rpartition(")")[2].split()[0]
        for thread in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/schedstat" % (pid, thread)) as file:
                numbers = file.read().split()
            ran += int(numbers[0])
            waited += int(numbers[1])
    except (OSError, IndexError, ValueError):
        return None
    return Reading(ran, waited, state in "Tt")


def could_run(before, after, elapsed):
    """How much of the elapsed seconds the emulator could run."""
    # The lab asks each second: when it is late, it did not run either.
    elapsed = min(elapsed, 2 * TICK)
    if before is None or after is None:
        return elapsed
    if after.stopped:
        return 0.0
    ran = max(0, after.ran - before.ran) / 1e9
    waited = max(0, after.waited - before.waited) / 1e9
    # A guest that has nothing to do wants nothing.
    if ran + waited < elapsed / 10:
        return elapsed
    return elapsed * ran / (ran + waited)


class Patience:
    """Of one boot. limit: seconds that the emulator could run; deadline: when it is over in any case."""

    def __init__(self, pid, limit, deadline):
        self.pid = pid
        self.limit = limit
        self.deadline = deadline
        self.started = self.last = time.monotonic()
        self.reading = read(pid)
        self.first = self.reading
        self.counted = 0.0
        self.stopped = 0.0
        self.why = None
        # Whether user space is reached.
        self.up = False

    def tick(self):
        """To be called about once a second. Says why it is over, or None: hung, unbooted, stopped, starved."""
        now = time.monotonic()
        elapsed, self.last = now - self.last, now
        reading = read(self.pid)
        self.counted += could_run(self.reading, reading, elapsed)
        self.stopped = self.stopped + min(elapsed, 2 * TICK) if reading and reading.stopped else 0.0
        self.reading = reading
        self.why = self.judge(now)
        return self.why

    def judge(self, now):
        if self.stopped >= STOPPED:
            return "stopped"
        if self.counted >= self.limit:
            return "hung"
        if self.counted >= BOOT and not self.up:
            return "unbooted"
        if now < self.deadline:
            return None
        return "hung" if self.counted >= FAIR * (now - self.started) else "starved"

    def account(self):
        """What the emulator got, in words."""
        text = "%.0f s, in which the emulator could run for %.0f s" % (self.last - self.started, self.counted)
        if self.first and self.reading:
            text += " and used %.0f s of a processor" % ((self.reading.ran - self.first.ran) / 1e9)
        return text
