# SPDX-License-Identifier: LGPL-2.1-or-later
"""The commands of the lab."""
import os
import signal
import sys
import time

import arguments
import boot
import guest
import kernels
import report
import root
import source
import sysroot
import verdict
from errors import Ended, LabError, Lacking, Stalled, Unavailable

SKIP = 77


def say(text):
    print("lab: " + text, file=sys.stderr, flush=True)


def list_kernels():
    for name, kernel in kernels.KERNELS.items():
        found = kernels.cached(name)
        state = "not cached"
        if found:
            state = "cached  %s %s" % (found[1]["package"], found[1]["version"])
        print("%-16s  %-8s %s" % (name, "default" if kernel.default else "extra", state))
    return 0


def fetch(options):
    names = options.names or [name for name, kernel in kernels.KERNELS.items() if kernel.default]
    for name in names:
        kernels.known(name)
    for name in names:
        _, info = kernels.fetch(name, options.again, say)
        print("%-16s  %s %s" % (name, info["package"], info["version"]))
    machines_of_them = dict.fromkeys(kernels.known(name).machine for name in names)
    for machine in machines_of_them:
        if machine.sysroot:
            sysroot.fetch(machine, options.again, say)
    return 0


def show_sysroot(options):
    print(sysroot.fetch(sysroot.known(options.machine), report=say))
    return 0


def show_root():
    print(root.fetch(report=say))
    return 0


def run(options):
    with source.opened(options, say) as kernel:
        started = time.monotonic()
        initrd = guest.build(options, kernel, say)
        built = time.monotonic()
        booted = boot.start(options, kernel, initrd)
    wrong = verdict.verdict(booted, options)
    # A program killed by a signal (128 and more) may have left its reason there.
    if wrong or options.verbose or (booted.status or 0) > 128:
        print(verdict.console_text(booted.console), file=sys.stderr, flush=True)
    if options.verbose:
        say("initramfs %d KiB in %.2f s, guest %.2f s" % (
            len(initrd) // 1024, built - started, time.monotonic() - built))
    if booted.lacks:
        raise (Lacking if options.image else Unavailable)(
            "%s: this kernel has %s" % (kernel.label, booted.lacks[1]))
    if wrong and verdict.is_machines_fault(booted):
        raise Stalled("%s: %s" % (kernel.label, wrong))
    if wrong:
        say("%s: %s" % (kernel.label, wrong))
        return 1
    return booted.status


def shell(options):
    with source.opened(options, say) as kernel:
        options.command = ["sh"]
        initrd = guest.build(options, kernel, say)
        say("%s; exit or Ctrl-A X ends it" % kernel.title)
        for _, inside in guest.additions(options):
            say("in the guest: " + inside)
        boot.interact(options, kernel, initrd)
    return 0


def dispatch(options):
    if options.sub == "kernels":
        return list_kernels()
    if options.sub == "fetch":
        return fetch(options)
    if options.sub == "sysroot":
        return show_sysroot(options)
    if options.sub == "root":
        return show_root()
    if options.sub == "test":
        return report.test(options, say)
    return shell(options) if options.sub == "shell" else run(options)


def unavailable(options, error):
    """What was asked for can't be had here: a test is skipped. In CI only if a user's own kernel lacks it, or
    if the machine did not run."""
    say(str(error))
    may_skip = os.environ.get("CI") != "true" or isinstance(error, (Lacking, Stalled))
    return SKIP if options.sub in ("run", "root") and may_skip else 1


def end(number, frame):
    # Only once: what follows is the end.
    signal.signal(number, signal.SIG_IGN)
    raise Ended(128 + number)


def main(words):
    # So that QEMU and half-made downloads are cleaned up, and the console of a guest is shown: meson ends a
    # test that takes too long so, and half a second later for good.
    signal.signal(signal.SIGTERM, end)
    try:
        options = arguments.parse(words)
        try:
            return dispatch(options)
        except Unavailable as error:
            return unavailable(options, error)
    except BrokenPipeError:
        # Whoever read the output has gone. Python would try once more to write it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (LabError, OSError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
