# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line of the lab."""
import argparse

import kernels
import machines
from errors import LabError

# Less than the 300 s that meson gives most tests: the lab ends first, and shows the console.
TIMEOUT = 280
# QEMU has no more than 128 nodes.
MOST_NODE = 127

# Options of a guest that take no value, of those that a kernel may not be able to give.
FLAGS = ("fuse",)

NAMES = "kernel, one of: " + " ".join(kernels.KERNELS) + "; or --image FILE"


def positive(text):
    value = int(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("must be more than 0")
    return value


def add_image_options(parser, **image):
    parser.add_argument("--image", metavar="FILE",
                        help="a kernel of your own: a vmlinuz, bzImage or vmlinux", **image)
    parser.add_argument("--modules", metavar="PATH", help="where brd.ko for that kernel is, which "
                        "swap and disks take: the file, or a directory it is below; "
                        "default: where the kernel's package puts it")
    parser.add_argument("--append", action="append", default=[], metavar="WORDS",
                        help="add to the kernel's command line; repeatable")


def nodes(text):
    """NODE:MIB,... as a dictionary, in the order given."""
    found = {}
    for word in text.split(","):
        number, _, memory = word.partition(":")
        if not number.isdecimal() or not memory.isdecimal() or int(number) in found or int(number) > MOST_NODE:
            raise argparse.ArgumentTypeError("%r is not NODE:MIB, or names a node again, or one above %d" % (word, MOST_NODE))
        found[int(number)] = int(memory)
    if not any(found.values()):
        raise argparse.ArgumentTypeError("no node has memory")
    return found


def add_guest_options(parser):
    parser.add_argument("name", metavar="NAME", nargs="?", help=NAMES)
    add_image_options(parser)
    parser.add_argument("--add", action="append", default=[], metavar="HOSTPATH[:GUESTPATH]",
                        help="put a file or directory into the guest, with libraries; repeatable")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE",
                        help="set an environment variable; repeatable")
    parser.add_argument("--user", action="store_true", help="run as an ordinary user, uid 1000")
    parser.add_argument("--mem-per-node", type=positive, metavar="MIB",
                        help="default: %d, and more where pages are larger" % kernels.MEMORY)
    parser.add_argument("--nodes", type=nodes, metavar="NODE:MIB[,NODE:MIB...]",
                        help="these memory nodes instead of four: with gaps in their numbers, which x86-64 closes, "
                        "or 0 MIB; the first two have processors")
    parser.add_argument("--hugepages", type=positive, metavar="N",
                        help="reserve N huge pages, of the size that is the kernel's default, on each node")
    parser.add_argument("--swap", type=positive, metavar="MIB", help="give the guest swap")
    parser.add_argument("--disk", type=positive, metavar="MIB",
                        help="give the guest a file system on a RAM disk, at /disk")
    parser.add_argument("--fuse", action="store_true", help="give the guest FUSE, file systems of user space")
    parser.add_argument("--cpuset-mems", metavar="LIST", help="restrict to these memory nodes")
    parser.add_argument("--parallel", action="store_true",
                        help="the processors run at the same time, each by a thread of the emulator, not in turns: "
                        "for races, and waits of other threads; slower where other guests run")
    parser.add_argument("--no-proc", action="store_true", help="run with /proc unmounted")
    parser.add_argument("--thp", choices=("always", "madvise", "never"), default="never",
                        help="transparent huge pages (default: never)")


def add_test(commands):
    test = commands.add_parser(
        "test", help="run all tests on one kernel, such as one of your own, and print a page to send",
        usage="lab test NAME|--image FILE [OPTIONS] [TEST...]",
        description="Runs each test that the project has for the lab's kernels on one of them, or on the kernel in "
        "FILE, and prints a page about it: what kernel, what it does differently, how each test ended. "
        "The status is 1 if one failed.")
    test.add_argument("words", nargs="*", metavar="NAME", help=NAMES +
                      "; then the only tests to run, by the names of the page")
    add_image_options(test)
    test.add_argument("--build", metavar="DIR", help="where all is built (default: build; for another architecture "
                      "than x86-64 build-MACHINE, as in build-arm64)")
    test.add_argument("-j", "--jobs", type=int, choices=(1, 2), default=1,
                      help="so many guests at a time (default: 1)")
    test.add_argument("-t", "--timeout-multiplier", type=positive, default=1, metavar="N",
                      help="give each test N times its time")
    # What the guest is that is asked before the tests.
    test.set_defaults(name=None, add=[], env=[], user=False, mem_per_node=None, cpuset_mems=None, nodes=None,
                      no_proc=False, parallel=False, thp="madvise", timeout=TIMEOUT)


def parser():
    top = argparse.ArgumentParser(prog="lab", description="Run programs on real kernels with "
                                  "four memory nodes, in QEMU.")
    commands = top.add_subparsers(dest="sub", required=True, metavar="COMMAND")
    commands.add_parser("kernels", help="list the kernels")
    fetch = commands.add_parser("fetch", help="fetch kernels into the cache")
    fetch.add_argument("names", nargs="*", metavar="NAME", help="default: all of the default set")
    fetch.add_argument("--again", action="store_true", help="look for a newer one")
    sysroot = commands.add_parser("sysroot", help="fetch libraries of another architecture, and say where they are")
    sysroot.add_argument("machine", metavar="MACHINE",
                         help="one of: " + " ".join(name for name, machine in machines.MACHINES.items() if machine.sysroot))
    commands.add_parser("root", help="make a clean root of the machine's own Debian, and say where its archive is")
    run = commands.add_parser("run", help="run a program in a guest",
                              usage="lab run NAME|--image FILE [OPTIONS] -- PROGRAM [ARGS...]")
    add_guest_options(run)
    run.add_argument("--timeout", type=positive, default=TIMEOUT, metavar="SECONDS",
                     help="that the guest may run; on a busy machine, with LAB_TIMEOUT_MULTIPLIER=N, it is "
                     "waited for N times as long (default: %(default)d)")
    run.add_argument("-v", "--verbose", action="store_true",
                     help="print console and timings to stderr")
    shell = commands.add_parser("shell", help="open a shell in a guest",
                                usage="lab shell NAME|--image FILE [OPTIONS]")
    add_guest_options(shell)
    add_test(commands)
    return top


def check_kernel(options):
    """One kernel is named, in one way."""
    if options.name and options.image:
        raise LabError("lab %s: both a kernel's name, %s, and --image" % (options.sub, options.name))
    if options.modules and not options.image:
        raise LabError("--modules is for --image: the lab's own kernels have theirs")
    if options.name:
        options.mem_per_node = options.mem_per_node or kernels.known(options.name).memory
    elif not options.image:
        raise LabError("lab %s: no kernel given: a NAME (see lab kernels), or --image FILE" % options.sub)
    options.mem_per_node = options.mem_per_node or kernels.MEMORY


def parse(words):
    """Options of the lab, and the words after --, which are the program's."""
    command = []
    if "--" in words:
        at = words.index("--")
        words, command = words[:at], words[at + 1:]
    top = parser()
    options, more = top.parse_known_args(words)
    # Names of tests may come after options.
    if more and (options.sub != "test" or any(word.startswith("-") for word in more)):
        top.error("unrecognized arguments: " + " ".join(more))
    if options.sub == "run" and not command:
        raise LabError("lab run NAME [OPTIONS] -- PROGRAM [ARGS...]: no program given")
    if options.sub != "run" and command:
        raise LabError("lab %s takes no program" % options.sub)
    if options.sub == "test":
        named = options.words + more
        options.name = None if options.image or not named else named[0]
        options.tests = named[1 if options.name else 0:]
    if options.sub in ("run", "shell", "test"):
        check_kernel(options)
    options.command = command
    options.interactive = options.sub == "shell"
    return options
