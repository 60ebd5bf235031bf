# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line of the lab."""
import argparse
import os
import signal
import sys
import time

import boot
import guest
import kernels
import source
import verdict
from errors import LabError, Lacking, Unavailable

SKIP = 77


def report(text):
    print("lab: " + text, file=sys.stderr, flush=True)


def positive(text):
    value = int(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("must be more than 0")
    return value


def add_guest_options(parser):
    parser.add_argument("name", metavar="NAME", nargs="?",
                        help="kernel, one of: " + " ".join(kernels.KERNELS))
    parser.add_argument("--image", metavar="FILE",
                        help="in place of NAME: a kernel of your own, a vmlinuz, bzImage or vmlinux")
    parser.add_argument("--modules", metavar="PATH", help="where brd.ko for that kernel is, if it is not "
                        "built in and --swap is wanted: the file, or a directory it is below; "
                        "default: where the kernel's package puts it")
    parser.add_argument("--append", action="append", default=[], metavar="WORDS",
                        help="add to the kernel's command line; repeatable")
    parser.add_argument("--add", action="append", default=[], metavar="HOSTPATH[:GUESTPATH]",
                        help="put a file or directory into the guest, with libraries; repeatable")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE",
                        help="set an environment variable; repeatable")
    parser.add_argument("--user", action="store_true", help="run as an ordinary user, uid 1000")
    parser.add_argument("--mem-per-node", type=positive, default=256, metavar="MIB")
    parser.add_argument("--hugepages", type=positive, metavar="N",
                        help="reserve N huge pages of 2 MiB on each node")
    parser.add_argument("--swap", type=positive, metavar="MIB", help="give the guest swap")
    parser.add_argument("--disk", type=positive, metavar="MIB",
                        help="give the guest a file system on a RAM disk, at /disk")
    parser.add_argument("--cpuset-mems", metavar="LIST", help="restrict to these memory nodes")
    parser.add_argument("--no-proc", action="store_true", help="run with /proc unmounted")
    parser.add_argument("--thp", choices=("always", "madvise", "never"), default="never",
                        help="transparent huge pages (default: never)")


def parser():
    top = argparse.ArgumentParser(prog="lab", description="Run programs on real kernels with "
                                  "four memory nodes, in QEMU.")
    commands = top.add_subparsers(dest="sub", required=True, metavar="COMMAND")
    commands.add_parser("kernels", help="list the kernels")
    fetch = commands.add_parser("fetch", help="fetch kernels into the cache")
    fetch.add_argument("names", nargs="*", metavar="NAME", help="default: all of the default set")
    fetch.add_argument("--again", action="store_true", help="look for a newer one")
    run = commands.add_parser("run", help="run a program in a guest",
                              usage="lab run NAME|--image FILE [OPTIONS] -- PROGRAM [ARGS...]")
    add_guest_options(run)
    run.add_argument("--timeout", type=positive, default=300, metavar="SECONDS")
    run.add_argument("-v", "--verbose", action="store_true",
                     help="print console and timings to stderr")
    shell = commands.add_parser("shell", help="open a shell in a guest",
                                usage="lab shell NAME|--image FILE [OPTIONS]")
    add_guest_options(shell)
    return top


def check_kernel(options):
    """One kernel is named, in one way."""
    if options.name and options.image:
        raise LabError("lab %s: both a kernel's name, %s, and --image" % (options.sub, options.name))
    if options.modules and not options.image:
        raise LabError("--modules is for --image: the lab's own kernels have theirs")
    if options.name:
        kernels.known(options.name)
    elif not options.image:
        raise LabError("lab %s: no kernel given: a NAME (see lab kernels), or --image FILE" % options.sub)


def parse(arguments):
    """Options of the lab, and the words after --, which are the program's."""
    command = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, command = arguments[:at], arguments[at + 1:]
    options = parser().parse_args(arguments)
    if options.sub == "run" and not command:
        raise LabError("lab run NAME [OPTIONS] -- PROGRAM [ARGS...]: no program given")
    if options.sub != "run" and command:
        raise LabError("lab %s takes no program" % options.sub)
    if options.sub in ("run", "shell"):
        check_kernel(options)
    options.command = command
    options.interactive = options.sub == "shell"
    return options


def list_kernels():
    for name, kernel in kernels.KERNELS.items():
        found = kernels.cached(name)
        state = "not cached"
        if found:
            state = "cached  %s %s" % (found[1]["package"], found[1]["version"])
        print("%-5s  %-8s %s" % (name, "default" if kernel.default else "extra", state))
    return 0


def fetch(options):
    names = options.names or [name for name, kernel in kernels.KERNELS.items() if kernel.default]
    for name in names:
        kernels.known(name)
    for name in names:
        _, info = kernels.fetch(name, options.again, report)
        print("%-5s  %s %s" % (name, info["package"], info["version"]))
    return 0


def print_console(console):
    text = console.decode(errors="replace").replace("\r", "")
    print("---- console of the guest ----\n%s\n---- end of the console ----" % text.strip(),
          file=sys.stderr, flush=True)


def run(options):
    with source.opened(options, report) as kernel:
        started = time.monotonic()
        initrd = guest.build(options, kernel)
        built = time.monotonic()
        booted = boot.start(options, kernel, initrd)
    wrong = verdict.verdict(booted, options)
    # A program killed by a signal (128 and more) may have left its reason there.
    if wrong or options.verbose or (booted.status or 0) > 128:
        print_console(booted.console)
    if options.verbose:
        report("initramfs %d KiB in %.2f s, guest %.2f s" % (
            len(initrd) // 1024, built - started, time.monotonic() - built))
    if booted.lacks:
        raise (Lacking if options.image else Unavailable)(
            "%s: this kernel has %s" % (kernel.label, booted.lacks[1]))
    if wrong:
        report("%s: %s" % (kernel.label, wrong))
        return 1
    return booted.status


def shell(options):
    with source.opened(options, report) as kernel:
        options.command = ["sh"]
        initrd = guest.build(options, kernel)
        report("%s; exit or Ctrl-A X ends it" % kernel.title)
        for _, inside in guest.additions(options):
            report("in the guest: " + inside)
        boot.interact(options, kernel, initrd)
    return 0


def dispatch(options):
    if options.sub == "kernels":
        return list_kernels()
    if options.sub == "fetch":
        return fetch(options)
    return shell(options) if options.sub == "shell" else run(options)


def unavailable(options, error):
    """What was asked for can't be had here: a test is skipped. In CI only if a user's own kernel lacks it."""
    report(str(error))
    may_skip = os.environ.get("CI") != "true" or isinstance(error, Lacking)
    return SKIP if options.sub == "run" and may_skip else 1


def main(arguments):
    # So that QEMU and half-made downloads are cleaned up.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        options = parse(arguments)
        try:
            return dispatch(options)
        except Unavailable as error:
            return unavailable(options, error)
    except BrokenPipeError:
        # Whoever read the output has gone. Python would try once more to write it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (LabError, OSError) as error:
        report(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
