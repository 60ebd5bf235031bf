# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tests that the build has for the lab's kernels, made to run on any one of them, or on an image of the user's."""
import collections
import json
import os
import re
import subprocess

import arguments
import kernels
import machines
from errors import LabError, Unavailable

# timeout is the lab's, in seconds: it shows the console of a guest that hangs.
Test = collections.namedtuple("Test", "name command environment directory timeout")

def introspect(build, what):
    try:
        done = subprocess.run(["meson", "introspect", what, build], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=True)
        return json.loads(done.stdout)
    except FileNotFoundError:
        raise Unavailable("meson is not installed") from None
    except (subprocess.CalledProcessError, ValueError):
        raise LabError("%s is no build directory: meson setup build && ninja -C build" % build) from None


def split_name(name):
    """The kernel in the name of a test, or None, and the name without it."""
    words = name.split()
    named = [word for word in words if word in kernels.KERNELS]
    if len(named) != 1:
        return None, name
    words.remove(named[0])
    return named[0], " ".join(words)


def lab_tests(build):
    """{name without kernel: {kernel: what meson knows of the test}}"""
    found = collections.defaultdict(dict)
    for test in introspect(build, "--tests"):
        kernel, name = split_name(test["name"])
        if kernel and any(suite.endswith("lab") for suite in test["suite"]):
            found[name][kernel] = test
    return found


def differences(command, kernel):
    """A command without what may differ from kernel to kernel: its name, seeds, and how it is emulated."""
    return [re.sub(r"\d+", "0", word) for word in command if word not in (kernel, "--parallel")]


def is_of_the_lab(command, kernel):
    """Whether a test is lab run itself, not a script around it, which adds programs of this machine."""
    return command[command.index(kernel) - 1] == "run"


def takes_host(test):
    """Whether a test puts programs of this machine into the guest that Debian's sysroot does not have."""
    return any(suite.endswith("host") for suite in test["suite"])


def union(build, machine):
    """(name, kernel, test): each test once, twice where two kernels give it other things to do."""
    for name, by_kernel in lab_tests(build).items():
        seen = []
        for kernel, test in by_kernel.items():
            # A test on another architecture's kernel is a script that builds some of these for it.
            if kernels.KERNELS[kernel].machine is not machines.X86_64:
                continue
            # Some kernels share what others do as a whole.
            if "--part" in test["cmd"]:
                continue
            if machine.sysroot and (takes_host(test) or not is_of_the_lab(test["cmd"], kernel)):
                continue
            what = differences(test["cmd"], kernel)
            if what not in seen:
                yield name + (", as on " + kernel if seen else ""), kernel, test
                seen.append(what)


def own_timeout(command):
    """The --timeout that a test gives the lab, or the lab's own."""
    options = command[:command.index("--")] if "--" in command else command
    if "--timeout" in options:
        return int(options[options.index("--timeout") + 1])
    return arguments.TIMEOUT


def too_long(build, margin):
    """Tests in which the lab's limit is not so many seconds below meson's: no console would be seen."""
    return [test["name"] for by_kernel in lab_tests(build).values() for test in by_kernel.values()
            if own_timeout(test["cmd"]) + margin > test["timeout"]]


def without(command, lacking):
    """A command without options of the lab that this kernel cannot give."""
    end = command.index("--") if "--" in command else len(command)
    kept = []
    words = enumerate(command)
    for at, word in words:
        if at < end and word.startswith("--") and word[2:] in lacking:
            # Its value goes with it.
            if word[2:] not in arguments.FLAGS:
                next(words)
        else:
            kept.append(word)
    return kept


def on_kernel(command, kernel, other, options, lacking):
    """The command of a test with another kernel, a name or the path of an image, and more options of lab run."""
    at = command.index(kernel)
    before, after = command[:at], command[at + 1:]
    if is_of_the_lab(command, kernel):
        named = [other] if other in kernels.KERNELS else ["--image", other]
        return before + named + options + without(after, lacking | {"timeout"})
    # A script around the lab: a path is a kernel to it, and what follows its own arguments is the lab's.
    return before + [other] + after + options


def check_built(command, directory, build):
    """What is built is named in the build directory, most of it relative to that."""
    for word in command:
        path = os.path.join(directory, word)
        if word not in kernels.KERNELS and re.fullmatch(r"[^ =:]*/[^ =:]*", word) and path.startswith(os.path.join(build, "")) \
                and not os.path.exists(path):
            raise LabError("%s is not built: ninja -C %s" % (path, build))


def tests(build, machine, on, options, lacking, slower):
    """All of them. slower multiplies their timeouts, as --timeout-multiplier of meson test does."""
    for name, kernel, test in union(build, machine):
        timeout = own_timeout(test["cmd"]) * slower
        command = on_kernel(test["cmd"], kernel, on, options + ["--timeout", str(timeout)], lacking)
        directory = test["workdir"] or build
        check_built(command, directory, build)
        yield Test(name, command, test["env"], directory, timeout)
