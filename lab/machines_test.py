#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the lab knows of machines and of programs for them, without a guest. Usage: machines_test.py"""
import os
import re
import struct
import sys
import tempfile

sys.dont_write_bytecode = True

import arguments  # noqa: E402  (only now, so that nothing is written next to the sources)
import cache  # noqa: E402
import checks  # noqa: E402
import elf  # noqa: E402
import guest  # noqa: E402
import image  # noqa: E402
import kernels  # noqa: E402
import machines  # noqa: E402
import modules  # noqa: E402
import source  # noqa: E402
import suite  # noqa: E402
import sysroot  # noqa: E402
import userland  # noqa: E402
from checks import expect, expect_in  # noqa: E402
from errors import LabError, Unavailable  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def refusal(call, *words):
    """What a call that has to fail says."""
    try:
        call(*words)
    except LabError as error:
        return str(error)
    raise AssertionError("%r is taken" % (words,))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def test_kernels_have_their_machines():
    for name, kernel in kernels.KERNELS.items():
        machine = name.rpartition("/")[0] or machines.X86_64.name
        expect((name, kernel.machine), (name, machines.MACHINES[machine]))
        # Debian's name of a flavour ends so; a slip in the table would fetch another machine's.
        if kernel.configuration:
            continue
        flavour = {"x86-64": "-cloud-amd64", "arm64": "-arm64", "ppc64le": "-powerpc64le"}[machine]
        expect_in(flavour, kernel.package)
        large = re.search(r"-\d+k$", name)
        expect((name, kernel.package.endswith(large.group() if large else flavour)), (name, True))


def test_kernels_that_are_built():
    built = {name: kernel for name, kernel in kernels.KERNELS.items() if kernel.configuration}
    expect(len(built) > 0, True)
    for name, kernel in built.items():
        machine, _, pages = name.partition("-")
        expect(kernel.configuration, "%s-%s.config" % (machine.partition("/")[0], pages))
        expect(re.sub(r"\\", "", kernel.package), "linux-source-" + machine.partition("/")[2])
        expect_in(("CONFIG_%s_%s_PAGES=y" % (kernel.machine.name, pages)).upper().replace("=Y", "=y"),
                  read(os.path.join(ROOT, "lab", kernel.configuration)).decode().split("\n"))


def test_no_two_have_one_place():
    names = list(kernels.KERNELS) + [sysroot.name_in_cache(machine) for machine in machines.MACHINES.values()]
    expect(len({cache.place(name) for name in names}), len(names))
    expect({os.path.dirname(cache.place(name)) for name in names}, {cache.cache_directory()})


def test_machines():
    for name, machine in machines.MACHINES.items():
        expect(name, machine.name)
        expect(len(machine.ports), 2)
        expect(image.elf_machine(machine.elf).split()[-1], machine.title.split(",")[0].split()[-1])
        if machine.sysroot:
            cross = read(os.path.join(ROOT, "cross", name + ".ini")).decode()
            expect_in(machine.triplet + "-gcc'", cross)
            expect_in("'%s'" % machine.user_mode, cross)


def test_default_memory():
    for name, memory in (("6.12", 256), ("arm64/6.12", 256), ("arm64/6.12-16k", 1024), ("ppc64le/6.12-64k", 1024)):
        expect(arguments.parse(["shell", name]).mem_per_node, memory)
        expect(arguments.parse(["shell", name, "--mem-per-node", "300"]).mem_per_node, 300)
    expect(arguments.parse(["shell", "5.10", "--nodes", "0:256,2:0,5:64"]).nodes, {0: 256, 2: 0, 5: 64})
    expect(arguments.parse(["shell", "--image", "x"]).mem_per_node, 256)


def test_kernel_of_lab_test():
    options = arguments.parse(["test", "arm64/6.12-16k", "stress", "preload"])
    expect((options.name, options.tests, options.mem_per_node), ("arm64/6.12-16k", ["stress", "preload"], 1024))
    options = arguments.parse(["test", "6.12", "-t", "2", "stress", "-j", "2", "preload"])
    expect((options.name, options.tests, options.timeout_multiplier), ("6.12", ["stress", "preload"], 2))
    options = arguments.parse(["test", "--image", "x", "stress"])
    expect((options.name, options.tests, options.mem_per_node), (None, ["stress"], 256))
    expect_in("no kernel given", refusal(arguments.parse, ["test"]))
    expect_in("no kernel stress", refusal(arguments.parse, ["test", "stress"]))


def test_commands_of_lab_test():
    command = ["lab", "run", "5.10", "--swap", "8", "--timeout", "5", "--", "each", "--swap", "5.10"]
    for other, named in (("arm64/6.12", ["arm64/6.12"]), ("/x/vmlinuz", ["--image", "/x/vmlinuz"])):
        expect(suite.on_kernel(command, "5.10", other, ["--timeout", "9"], {"swap"}),
               ["lab", "run"] + named + ["--timeout", "9", "--", "each", "--swap", "5.10"])
        expect(suite.on_kernel(["script", "5.10", "x"], "5.10", other, ["-y"], set()), ["script", other, "x", "-y"])
    # One takes a value, and one does not.
    expect(suite.without(["--fuse", "--thp", "never", "--disk", "8", "--", "--fuse"], {"fuse", "disk"}),
           ["--thp", "never", "--", "--fuse"])


def test_programs_of_this_machine_are_taken_from_a_sysroot():
    there = userland.There.__new__(userland.There)
    with tempfile.TemporaryDirectory() as there.root:
        os.mkdir(there.root + "/bin")
        open(there.root + "/bin/ls", "w").close()
        for there.machine, path, taken in ((machines.ARM64, "/bin/ls", there.root + "/bin/ls"),
                                           (machines.ARM64, "/bin/cat", "/bin/cat"),
                                           (machines.ARM64, there.root + "/bin/ls", there.root + "/bin/ls"),
                                           (machines.X86_64, "/bin/ls", "/bin/ls")):
            expect(there.same(path), taken)


def test_names_that_there_are_not():
    expect_in("arm64/6.12-16k", refusal(arguments.parse, ["run", "arm64/5.10", "--", "true"]))
    expect_in("no kernel arm64", refusal(kernels.known, "arm64"))
    for name in ("x86-64", "riscv64", "amd64"):
        expect(refusal(sysroot.known, name), "no sysroot %s; there are: arm64 ppc64le" % name)


def command_line(machine):
    options = arguments.parse(["run", "6.12", "--", "true"])
    return guest.command_line(options, source.Source("", "", "", None, machine)).split()


def test_command_lines():
    for machine in machines.MACHINES.values():
        expect([word for word in command_line(machine) if word.startswith("console=")],
               ["console=" + machine.console.name])
    expect_in("tsc=reliable", command_line(machines.X86_64))
    expect("tsc=reliable" in command_line(machines.ARM64), False)


def test_libraries_as_the_loader_finds_them():
    """Programs of this machine, read as those of another are."""
    there = userland.There.__new__(userland.There)
    there.machine, there.root = machines.X86_64, ""
    for program in ("/bin/ls", sys.executable):
        expect(image.elf_machine(elf.machine(read(program))), "x86-64")
        expect({os.path.realpath(path) for path, _ in there.libraries(program, read(program))},
               {os.path.realpath(path) for path, _ in userland.Here().libraries(program, read(program))})


def test_library_that_is_missing():
    there = userland.There.__new__(userland.There)
    there.machine = machines.ARM64
    # A library is for a machine, too: this one's do not do.
    arm = bytearray(read("/bin/ls"))
    arm[18] = machines.ARM64.elf
    there.root = ""
    expect_in("which is neither", refusal(there.libraries, "/bin/ls", bytes(arm)))


def test_applets_as_busybox_names_them():
    there = userland.There.__new__(userland.There)
    there.root = ""
    try:
        userland.Here().busybox()
    except Unavailable as error:
        print("skipped: test_applets_as_busybox_names_them: %s" % error)
        return
    expect(there.applets(), userland.Here().applets())


def test_links_stay_in_the_sysroot():
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(root + "/usr/lib/x")
        os.mkdir(root + "/lib")
        open(root + "/lib/libm.so.6", "w").close()
        os.symlink("/lib/libm.so.6", root + "/usr/lib/x/libm.so")
        os.symlink("../../lib/libm.so.6", root + "/usr/lib/libm.so.6")
        os.symlink("/lib", root + "/usr/lib64")
        sysroot.relink(root)
        expect(os.readlink(root + "/usr/lib/x/libm.so"), "../../../lib/libm.so.6")
        expect(os.readlink(root + "/usr/lib/libm.so.6"), "../../lib/libm.so.6")
        expect(os.path.realpath(root + "/usr/lib64/libm.so.6"), os.path.realpath(root + "/lib/libm.so.6"))


def test_modules_come_after_what_they_take():
    def module(name, depends):
        return {"./lib/modules/x/kernel/%s.ko" % name: b"\x7fELF\0depends=" + depends.encode() + b"\0"}

    files = {}
    for name, depends in (("fs/ext4/ext4", "jbd2,mbcache"), ("fs/jbd2/jbd2", ""), ("fs/mbcache", ""),
                          ("drivers/block/brd", ""), ("crypto/crc32c_generic", ""), ("lib/libcrc32c", "")):
        files.update(module(name, depends))
    expect([name for name, _ in kernels.modules_in_order(files)], ["crc32c_generic", "jbd2", "mbcache", "ext4"])
    expect(kernels.modules_in_order({}), [])
    expect(modules.depends(b"\x7fELF\0depends=\0"), [])


def test_images_of_other_kinds_are_refused():
    expect_in("64-bit Arm", refusal(machines.ARM64.unpack, b"MZ" + bytes(100)))
    expect_in("ELF", refusal(machines.PPC64LE.unpack, b"MZ" + bytes(100)))
    expect(machines.ARM64.unpack(b"MZ" + bytes(54) + b"ARM\x64"), None)
    expect(machines.PPC64LE.unpack(struct.pack("<4s", b"\x7fELF")), None)


def main():
    _, failed = checks.run(checks.tests_in(globals()))
    return 1 if failed else 0


sys.exit(main())
