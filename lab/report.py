# SPDX-License-Identifier: LGPL-2.1-or-later
"""lab test: the whole suite on one kernel, and a page about it."""
import datetime
import os
import re
import shlex
import subprocess
import tempfile
import time

import boot
import facts
import kernels
import machines
import page
import source
import suite
from errors import LabError

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Page:
    """What is printed goes to a file as well."""

    def __init__(self, path):
        self.file = open(path, "w")

    def add(self, lines):
        for line in lines:
            print(line, flush=True)
            print(line, file=self.file, flush=True)


def tool_version(build):
    version = suite.introspect(build, "--projectinfo")["version"]
    try:
        done = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return "%s (%s)" % (version, done.stdout.decode().strip())
    except (OSError, subprocess.CalledProcessError):
        return version


def emulator(machine):
    """The first line of qemu --version, which names it."""
    done = subprocess.run([boot.qemu_program(machine), "--version"], stdout=subprocess.PIPE, check=True)
    return "%s, %d processors" % (done.stdout.decode().splitlines()[0], boot.CPUS)


def log_path(directory, name):
    return os.path.join(directory, re.sub(r"[^\w.-]+", "_", name) + ".log")


class Running:
    """A test as a process, with all it says in a file."""

    def __init__(self, test, directory):
        self.name = test.name
        self.log = log_path(directory, test.name)
        self.started = time.monotonic()
        with open(self.log, "w") as log:
            print("$", shlex.join(test.command), file=log, flush=True)
            self.process = subprocess.Popen(test.command, env=dict(os.environ, **test.environment),
                                            cwd=test.directory, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT,
                                            preexec_fn=boot.die_with_parent)

    def result(self):
        """What came of it, when it has ended."""
        seconds = time.monotonic() - self.started
        with open(self.log, errors="replace") as log:
            log.readline()
            return page.Result(self.name, self.process.returncode, seconds, log.read())


def results(tests, jobs, directory):
    """Result of each test in their order, so many of them running at a time."""
    waiting = list(tests)
    running, ended = [], {}
    for test in tests:
        while test.name not in ended:
            while waiting and len(running) < jobs:
                running.append(Running(waiting.pop(0), directory))
            time.sleep(0.1)
            for other in [other for other in running if other.process.poll() is not None]:
                running.remove(other)
                ended[other.name] = other.result()
        yield ended[test.name]


def machine_of(options):
    return kernels.known(options.name).machine if options.name else machines.X86_64


def prepare(options):
    """Options of a guest for asking the kernel what it is."""
    machine = machine_of(options)
    usual = "build-" + machine.name if machine.sysroot else "build"
    options.build = os.path.abspath(options.build or os.path.join(ROOT, usual))
    # A test that lacks a program is skipped in a report, wherever it is made.
    os.environ.pop("CI", None)
    strictbind = os.path.join(options.build, "tools/strictbind/strictbind")
    if not os.path.exists(strictbind):
        return None
    options.add = [strictbind]
    options.env = ["LD_LIBRARY_PATH=" + os.path.join(options.build, "lib")]
    return strictbind


def check_names(options):
    there = [name for name, _, _ in suite.union(options.build, machine_of(options))]
    unknown = [name for name in options.tests if name not in there]
    if unknown:
        raise LabError("no test %s; there are: %s" % (", ".join(unknown), ", ".join(there)))


def as_named(options, kernel, directory):
    """What each test is to name: the kernel's name, or the image with brd beside it."""
    if options.name:
        return options.name
    image = os.path.join(directory, kernel.label)
    os.symlink(os.path.abspath(kernel.image), image)
    if kernel.brd:
        os.symlink(os.path.abspath(kernel.brd), os.path.join(directory, "brd.ko"))
    return image


def test(options, say):
    """The status for lab test."""
    started = time.monotonic()
    strictbind = prepare(options)
    check_names(options)
    with source.opened(options, say) as kernel, tempfile.TemporaryDirectory() as directory:
        found = facts.gather(options, kernel, strictbind)
        more = [word for words in options.append for word in ("--append", words)]
        tests = [test for test in suite.tests(options.build, kernel.machine, as_named(options, kernel, directory), more,
                                              set(found.without), options.timeout_multiplier)
                 if not options.tests or test.name in options.tests]
        # An architecture's slash is no directory.
        logs = os.path.join(options.build, "lab-test", (options.name or found.told["release"]).replace("/", "-"))
        os.makedirs(logs, exist_ok=True)
        sheet = Page(os.path.join(logs, "report.txt"))
        sheet.add(page.head(found, tool_version(options.build), emulator(kernel.machine),
                            datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")))
        done = []
        for result in results(tests, options.jobs, logs):
            done.append(result)
            sheet.add([page.test_line(result)])
    sheet.add(page.failures(done) + ["", page.totals(done, time.monotonic() - started)])
    say("this page, and all that the tests say, is in " + logs)
    return 1 if any(page.kind(result) == "FAIL" for result in done) else 0
