#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long a guest is waited for, without a guest. Usage: patience_test.py BUILD"""
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import checks  # noqa: E402  (only now, so that nothing is written next to the sources)
import patience  # noqa: E402
import suite  # noqa: E402
from checks import expect  # noqa: E402

# What is left for the lab to show the console before meson ends it.
MARGIN = 20


def reading(ran, waited, stopped=False):
    return patience.Reading(int(ran * 1e9), int(waited * 1e9), stopped)


def test_what_counts():
    before = reading(10, 5)
    for after, counted in ((reading(11, 5), 1.0),          # it computes
                           (reading(10, 5), 1.0),          # it sleeps
                           (reading(10.01, 5.01), 1.0),    # it sleeps, and wakes now and then
                           (reading(10, 6), 0.0),          # others have the processor
                           (reading(10.5, 5.5), 0.5),      # they have it half of the time
                           (reading(12, 5), 1.0),          # two threads compute
                           (reading(10, 5, True), 0.0)):   # it is stopped
        expect((after, patience.could_run(before, after, 1.0)), (after, counted))


def test_a_lab_that_did_not_run():
    expect(patience.could_run(reading(0, 0), reading(0, 0), 100.0), 2 * patience.TICK)


def test_kernels_that_do_not_tell():
    expect(patience.could_run(None, None, 1.0), 1.0)


def judged(counted, stopped, waited, limit=10.0, deadline=40.0):
    """What is said of an emulator that could run, and was stopped, for so long."""
    limits = patience.Patience(os.getpid(), limit, 0)
    limits.counted, limits.stopped = counted, stopped
    limits.deadline = limits.started + deadline
    return limits.judge(limits.started + waited)


def test_judgement():
    expect(judged(5, 0, 5), None)
    expect(judged(10, 0, 10), "hung")
    expect(judged(5, 0, 30), None)
    expect(judged(5, 0, 40), "starved")
    expect(judged(9, patience.STOPPED, 30), "stopped")
    # A limit of its own that is no longer than the wall's: what had its fair part hangs.
    expect(judged(9, 0, 10, deadline=10.0), "hung")
    expect(judged(4, 0, 10, deadline=10.0), "starved")


def test_a_process():
    """One that computes has run, and one that is stopped is seen to be."""
    child = subprocess.Popen(["sh", "-c", "while :; do :; done"])
    try:
        before = patience.read(child.pid)
        deadline = time.monotonic() + 60
        while patience.read(child.pid).ran - before.ran < 1e8 and time.monotonic() < deadline:
            time.sleep(0.1)
        expect(patience.read(child.pid).ran - before.ran >= 1e8, True)
        child.send_signal(19)
        while not patience.read(child.pid).stopped and time.monotonic() < deadline:
            time.sleep(0.1)
        expect(patience.read(child.pid).stopped, True)
    finally:
        child.kill()
        child.wait()
    expect(patience.read(child.pid), None)


def test_multiplier():
    for text, number in (("4", 4.0), ("1.5", 1.5), ("0.1", 1.0), ("x", 1.0)):
        os.environ["LAB_TIMEOUT_MULTIPLIER"] = text
        expect(patience.multiplier(), number)
    del os.environ["LAB_TIMEOUT_MULTIPLIER"]
    expect(patience.multiplier(), 1.0)


def test_the_lab_ends_before_meson():
    tests = suite.lab_tests(sys.argv[1])
    expect(len(tests) > 10, True)
    expect(suite.too_long(sys.argv[1], MARGIN), [])


def main():
    _, failed = checks.run(checks.tests_in(globals()))
    return 1 if failed else 0


sys.exit(main())
