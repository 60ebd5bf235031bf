#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Proves that the lab keeps its promises. Usage: selftest.py [KERNEL | --image FILE] [TEST...]

TEST is the name of a test_ function below; default: all. With a KERNEL, its image in the cache is booted as a FILE too, and other files are given for one, if it is for x86-64.
"""
import contextlib
import gzip
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LAB = os.path.join(HERE, "lab")
WORDS = sys.argv[1:] or ["6.12"]
KERNEL_WORDS = 2 if WORDS[0] == "--image" else 1
KERNEL, ONLY = WORDS[:KERNEL_WORDS], WORDS[KERNEL_WORDS:]

sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import cache  # noqa: E402  (only now: they lie beside this)
import checks  # noqa: E402
import image  # noqa: E402
import kernels  # noqa: E402
import machines  # noqa: E402
import patience  # noqa: E402
import sysroot  # noqa: E402
from checks import expect, expect_in  # noqa: E402

MACHINE = machines.X86_64 if KERNEL[0] == "--image" else kernels.known(KERNEL[0]).machine
MEMORY = kernels.MEMORY if KERNEL[0] == "--image" else kernels.known(KERNEL[0]).memory
# The tests of images that users bring, which are of x86-64.
OF_IMAGES = []
# Those that do hardly anything but wait: all of them are run at once, before the others.
IDLE = []


def of_images(test):
    OF_IMAGES.append(test.__name__)
    return test


def idle(test):
    IDLE.append(test.__name__)
    return test


def image_file():
    """The file that is booted."""
    if KERNEL[0] == "--image":
        return KERNEL[1]
    return os.path.join(cache.place(KERNEL[0]), "image")


def lab(*options, command=None, shell=None, kernel=None):
    """(exit status, output, messages) of lab run."""
    words = command or ["sh", "-c", shell]
    done = subprocess.run([LAB, "run", *(kernel or KERNEL), *options, "--", *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def output(*options, shell):
    """Output of a shell command in the guest, which has to succeed."""
    status, out, messages = lab(*options, shell=shell)
    if status != 0:
        raise AssertionError("status %d\n%s%s" % (status, out.decode(errors="replace"), messages))
    return out.decode()


def test_success_is_silent():
    expect(lab(command=["true"]), (0, b"", ""))


def test_exit_status():
    for status in (3, 77):
        expect(lab(shell="exit %d" % status)[0], status)


def test_killed_program_is_a_failure():
    status, _, messages = lab(shell="kill -9 $$")
    expect(status, 137)
    expect_in("console of the guest", messages)


def test_output_bytes():
    """stdout and stderr in order, every byte value, more than any buffer holds."""
    status, out, _ = lab(shell="i=0; while [ $i -lt 256 ]; do"
                         " printf \"\\\\$(printf %o $i)\"; i=$((i+1)); done; echo err >&2;"
                         " dd if=/dev/zero bs=1k count=300 2>/dev/null; echo end")
    expect(status, 0)
    expect(out, bytes(range(256)) + b"err\n" + bytes(300 * 1024) + b"end\n")


def test_host_program_with_libraries():
    if MACHINE.sysroot:
        program = sysroot.fetch(MACHINE) + "/usr/bin/setpriv"
        expect_in("util-linux", lab(command=[program, "--version"])[1].decode())
        return
    expect_in("coreutils", lab(command=["/usr/bin/env", "--version"])[1].decode())


def test_program_of_another_machine():
    """It is told before anything is booted."""
    other = 62 if MACHINE.sysroot else 183
    with tempfile.NamedTemporaryFile() as file:
        file.write(elf(other))
        file.flush()
        status, out, messages = lab(command=[file.name])
    expect((status, out), (1, b""))
    expect_in("is a program for %s, the guest is %s" % (image.elf_machine(other), MACHINE.title), messages)


def test_added_files():
    with tempfile.TemporaryDirectory() as directory:
        os.mkdir(directory + "/sub")
        with open(directory + "/sub/file", "w") as file:
            file.write("content")
        expect(output("--add", directory, shell="cat %s/sub/file" % directory), "content")
        expect(output("--add", directory + ":/x", shell="cat /x/sub/file"), "content")


def test_missing_program():
    expect(lab(command=["/does/not/exist"])[0], 1)
    expect(lab(command=["no-applet"])[0], 1)


def test_panic():
    status, _, messages = lab(shell="echo c > /proc/sysrq-trigger")
    expect(status, 1)
    expect_in("console of the guest", messages)
    expect_in("Kernel panic", messages)


def test_warning_spoils_success():
    status, _, messages = lab(shell="echo '<4>WARNING: CPU: 0 PID: 1 at mm/x.c:1' > /dev/kmsg")
    expect(status, 1)
    expect_in("the kernel complains", messages)


@idle
def test_hang():
    started = time.monotonic()
    status, out, messages = lab("--timeout", "20", shell="echo alive; sleep 1000")
    expect((status, out), (1, b"alive\n"))
    expect_in("console of the guest", messages)
    expect_in("no end after 20 s", messages)
    # Not after the default, which is 280 s.
    expect(time.monotonic() - started < 120, True)


def started_lab(script, *options, **variables):
    """lab run as a process that goes on, when the program has said "alive"."""
    process = subprocess.Popen([LAB, "run", *KERNEL, *options, "--", "sh", "-c", script],
                               env=dict(os.environ, **variables), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    expect(process.stdout.readline(), b"alive\n")
    return process


def emulator_of(process):
    """The process of the emulator that the lab has started."""
    with open("/proc/%d/task/%d/children" % (process.pid, process.pid)) as file:
        children = file.read().split()
    expect(len(children), 1)
    return int(children[0])


def stop(emulator):
    """Until the lab has given it up. Whoever else stops emulators lets them go on, too: they are stopped again."""
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.kill(emulator, signal.SIGSTOP)
            time.sleep(0.2)


def ended(process):
    """(exit status, further output, messages)"""
    out, messages = process.communicate()
    return process.returncode, out, messages.decode(errors="replace")


@idle
def test_stopped_emulator():
    """The machine's fault, not the program's: it is started again, once."""
    process = started_lab("echo alive; sleep 5; echo done")
    stop(emulator_of(process))
    status, out, messages = ended(process)
    expect((status, out), (0, b"alive\ndone\n"))
    expect(messages.count("the emulator was stopped: starting again"), 1)


@idle
def test_emulator_stopped_for_good():
    """No failure, in CI neither: it says nothing of the program."""
    process = started_lab("echo alive; sleep 1000", CI="true")
    stop(emulator_of(process))
    expect(process.stdout.readline(), b"alive\n")
    stop(emulator_of(process))
    status, _, messages = ended(process)
    expect_in("stopped by somebody, twice", messages)
    expect(status, 77)
    expect_in("console of the guest", messages)


@idle
def test_short_stop_is_waited_for():
    """It goes on where it was, and the time does not count."""
    process = started_lab("echo alive; sleep 4; echo done", "--timeout", "12", LAB_TIMEOUT_MULTIPLIER="3")
    emulator = emulator_of(process)
    os.kill(emulator, signal.SIGSTOP)
    time.sleep(10)
    os.kill(emulator, signal.SIGCONT)
    expect(ended(process), (0, b"done\n", ""))


def test_hang_of_a_guest_that_computes():
    status, _, messages = lab("--timeout", "20", shell="while :; do :; done")
    expect(status, 1)
    expect_in("no end after 20 s", messages)
    expect_in("of a processor", messages)


@idle
def test_console_when_the_lab_is_told_to_end():
    """As meson does when the time is up that it gives a test."""
    process = started_lab("echo alive; echo last word > /dev/kmsg; sleep 1000")
    time.sleep(2)
    process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    status, _, messages = ended(process)
    expect(status, 1)
    expect_in("last word", messages)
    expect_in("no end when the lab was told to end", messages)
    expect(time.monotonic() - started < 10, True)


def test_environment():
    words = output("--env", "A=b c", shell="env; pwd; ulimit -c; touch /dev/shm/x /tmp/y;"
                   " stat -f -c %T /tmp").split("\n")
    for word in ("A=b c", "HOME=/tmp", "PATH=/bin:/sbin:/usr/bin:/usr/sbin", "/tmp", "0", "tmpfs"):
        expect_in(word, words)
    expect([word for word in words if word.startswith("TERM=")], [])
    expect(len([word for word in words if word.startswith("LAB_GUEST=")]), 1)


def test_user_has_nothing():
    lines = output("--user", shell="cat /proc/self/status; touch /tmp/x;"
                   " ! touch /x 2>/dev/null").split("\n")
    for line in ("Uid:\t1000\t1000\t1000\t1000", "Gid:\t1000\t1000\t1000\t1000",
                 "CapInh:\t" + "0" * 16, "CapPrm:\t" + "0" * 16, "CapEff:\t" + "0" * 16):
        expect_in(line, lines)
    expect([line.split() for line in lines if line.startswith("Groups:")], [["Groups:"]])


def test_root_has_all():
    expect_in("CapEff:\t0000", output(shell="cat /proc/self/status"))
    expect(output(shell="id -u"), "0\n")


def test_nodes():
    lines = output(shell="cd /sys/devices/system/node; cat online; for n in 0 1 2 3; do"
                   " cat node$n/cpulist; sed -n 's/.*MemTotal: *//p' node$n/meminfo;"
                   " done").split("\n")
    expect(lines[0], "0-3")
    expect(lines[1:9:2], ["0", "1", "", ""])
    for memory in lines[2:9:2]:
        # Where pages are large the kernel takes some for itself.
        expect(MEMORY * 1024 * 3 // 4 < int(memory.split()[0]) <= MEMORY * 1024, True)


def test_memory_per_node():
    size = MEMORY + 64 if MACHINE is machines.X86_64 else MEMORY * 2
    text = output("--mem-per-node", str(size),
                  shell="grep MemTotal /sys/devices/system/node/node3/meminfo")
    expect(size * 900 < int(text.split()[3]) <= size * 1024, True)


def test_defaults():
    text = output(shell="cat /proc/sys/kernel/perf_event_paranoid /proc/sys/kernel/numa_balancing"
                  " /sys/kernel/mm/transparent_hugepage/enabled; cat /sys/class/net/lo/flags;"
                  " wc -l < /proc/swaps")
    expect(text, "2\n0\nalways madvise [never]\n0x9\n1\n")


def test_thp():
    text = output("--thp", "madvise", shell="cat /sys/kernel/mm/transparent_hugepage/enabled")
    expect(text, "always [madvise] never\n")


def test_hugepages():
    size = 32 << 20 if KERNEL[0].endswith("-16k") else 2 << 20
    text = output("--hugepages", "3", "--user", shell="cat /sys/devices/system/node/node*/"
                  "hugepages/hugepages-%dkB/free_hugepages; touch /dev/hugepages/x;"
                  " stat -f -c %%s /dev/hugepages/x" % (size // 1024))
    expect(text, "3\n3\n3\n3\n%d\n" % size)


def test_too_many_hugepages():
    status, _, messages = lab("--hugepages", str(MEMORY * 4), shell="true")
    expect(status, 1)
    expect_in("huge pages, not %d" % (MEMORY * 4), messages)


def test_swap():
    """It is there, and pages do go to it."""
    used = output("--swap", "64", shell="mkdir /tmp/g; mount -t cgroup2 none /tmp/g; cd /tmp/g;"
                  " echo +memory > cgroup.subtree_control; mkdir t; echo 2M > t/memory.high;"
                  " echo $$ > t/cgroup.procs; dd if=/dev/zero of=/tmp/f bs=1M count=8 2>/dev/null;"
                  " cat /proc/swaps").split("\n")[1].split()
    expect(used[0], "/dev/ram0")
    expect(65000 < int(used[2]) <= 65536 and int(used[3]) > 1000, True)


def test_fuse():
    if KERNEL[0] == "--image":
        print("skipped: test_fuse: FUSE may be a module of that kernel")
        return
    text = output("--fuse", shell="grep -w fuse /proc/filesystems; [ -c /dev/fuse ] && echo there")
    expect(text, "nodev\tfuse\nthere\n")


def test_cpuset():
    text = output("--cpuset-mems", "1-2", "--user",
                  shell="grep Mems_allowed_list /proc/self/status")
    expect(text, "Mems_allowed_list:\t1-2\n")


def test_bad_cpuset():
    expect(lab("--cpuset-mems", "nonsense", shell="true")[0], 1)


def test_no_proc():
    expect(output("--no-proc", "--user", "--cpuset-mems", "0", shell="ls /proc; id -u"), "1000\n")


def refused(content, *options, name="image"):
    """What the lab says of a file with this content that is given for a kernel."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, name)
        with open(path, "wb") as file:
            file.write(content)
        status, out, messages = lab(*options, kernel=["--image", path], command=["true"])
    expect((status, out), (1, b""))
    expect_in(path + ": ", messages)
    return messages


def elf(machine, kind=2):
    """The first bytes of an ELF file."""
    return struct.pack("<4sBBBx8xHHI", b"\x7fELF", 2, 1, 1, kind, machine, 1) + bytes(40)


@of_images
def test_image():
    status, out, messages = lab(kernel=["--image", image_file()], shell="uname -r")
    expect((status, messages), (0, ""))
    expect_in(out.strip() + b" (", open(image_file(), "rb").read())


@of_images
def test_image_in_compressed_file():
    with tempfile.NamedTemporaryFile(suffix=".gz") as file:
        with gzip.open(file.name, "wb", 1) as packed, open(image_file(), "rb") as plain:
            packed.write(plain.read())
        expect(lab(kernel=["--image", file.name], command=["true"]), (0, b"", ""))


def bzimage(payload, flags=1):
    """A header by the x86 boot protocol, and no code: enough where the kernel is started directly."""
    header = bytearray(1024)
    header[0x1f1] = 1
    header[0x1fe:0x206] = b"\x55\xaa\0\0HdrS"
    header[0x206:0x208] = struct.pack("<H", 0x20f)
    header[0x236] = flags
    header[0x248:0x250] = struct.pack("<II", 0, len(payload))
    return bytes(header) + payload


@of_images
def test_bzimage():
    with open(image_file(), "rb") as plain, tempfile.NamedTemporaryFile() as file:
        file.write(bzimage(gzip.compress(plain.read(), 1) + bytes(4)))
        file.flush()
        expect(lab(kernel=["--image", file.name], command=["true"]), (0, b"", ""))


@of_images
def test_spoiled_bzimages():
    packed = gzip.compress(b"kernel" * 1000)
    expect_in("cut short", refused(bzimage(packed)[:-1]))
    expect_in("damaged", refused(bzimage(packed[:20] + bytes(len(packed) - 20))))
    expect_in("32-bit x86", refused(bzimage(packed, flags=0)))


@of_images
def test_configuration_beside_image():
    """What is missing is said before anything is booted, and only what is missing."""
    with open(image_file(), "rb") as file:
        release = image.read(file.read()).release
    with tempfile.TemporaryDirectory() as directory:
        moved = os.path.join(directory, "image")
        os.symlink(image_file(), moved)
        with open(os.path.join(directory, "config-" + release), "w") as file:
            file.write("CONFIG_64BIT=y\nCONFIG_NUMA=y\nCONFIG_DEVTMPFS=m\n")
        status, _, messages = lab(kernel=["--image", moved], command=["true"])
    expect(status, 1)
    expect_in("CONFIG_SERIAL_8250_CONSOLE is off", messages)
    expect_in("CONFIG_DEVTMPFS is a module", messages)
    expect("CONFIG_NUMA" in messages, False)


@of_images
def test_files_that_are_no_kernels():
    expect_in("not a Linux kernel image", refused(b""))
    expect_in("not a Linux kernel image", refused(b"#!/bin/sh\n" * 100))
    with open("/usr/bin/env", "rb") as file:
        expect_in("not a kernel, but a program", refused(file.read()))
    unified = b"MZ" + bytes(58) + struct.pack("<I4sH", 0x40, b"PE\0\0", 0x8664) + bytes(200)
    expect_in("not a Linux kernel", refused(unified))
    expect_in("unified kernel image", refused(unified + b".linux\0\0"))


@of_images
def test_kernels_of_other_machines():
    expect_in("64-bit Arm", refused(b"MZ" + bytes(54) + b"ARM\x64" + bytes(500)))
    expect_in("64-bit Arm", refused(gzip.compress(b"MZ" + bytes(54) + b"ARM\x64" + bytes(500))))
    expect_in("POWER", refused(elf(21)))


@of_images
def test_kernel_without_entry():
    """An uncompressed kernel that tells QEMU no way in."""
    messages = refused(elf(62) + b"Linux version 5.10.0 (x)")
    expect_in("CONFIG_PVH", messages)


@of_images
def test_no_such_file():
    status, _, messages = lab(kernel=["--image", "/does/not/exist"], command=["true"])
    expect(status, 1)
    expect_in("No such file", messages)


@of_images
def test_name_and_image():
    expect(lab("--image", image_file(), kernel=["6.12"], command=["true"])[0], 1)
    expect(lab("--thp", "never", kernel=["--thp", "never"], command=["true"])[0], 1)


def test_kernel_without_nodes():
    status, _, messages = lab("--append", "numa=off", command=["true"])
    expect(status, 1)
    expect_in("1 of 4 memory nodes", messages)


def test_kernel_without_initramfs():
    status, _, messages = lab("--append", "rdinit=/none", command=["true"])
    expect(status, 1)
    expect_in("CONFIG_BLK_DEV_INITRD", messages)
    expect(messages.count("starting again"), 1)


def test_boot_that_gets_nowhere():
    """It is given up before the program's time is over; a program that is reached is waited for."""
    limits = patience.Patience(os.getpid(), 280, time.monotonic() + 280)
    limits.counted = patience.BOOT
    expect(limits.judge(time.monotonic()), "unbooted")
    limits.up = True
    expect(limits.judge(time.monotonic()), None)


@of_images
def test_kernel_without_console():
    status, _, messages = lab("--append", "8250.nr_uarts=0", "--timeout", "60", command=["true"],
                              kernel=["--image", image_file()])
    expect(status, 1)
    expect_in("CONFIG_SERIAL_8250_CONSOLE", messages)


@of_images
def test_what_an_image_lacks_is_skipped():
    status, _, messages = lab("--append", "initcall_blacklist=hugetlb_init", "--hugepages", "1",
                              kernel=["--image", image_file()], command=["true"])
    expect(status, 77)
    expect_in("CONFIG_HUGETLBFS", messages)


@of_images
def test_more_nodes_than_an_image_knows():
    """A test with many nodes is skipped there."""
    nodes = ",".join("%d:64" % node for node in range(5))
    status, _, messages = lab("--append", "numa=off", "--nodes", nodes, kernel=["--image", image_file()], command=["true"])
    expect(status, 77)
    expect_in("room for 1 of 5 memory nodes", messages)


@of_images
def test_swap_of_an_image():
    """brd is beside the image, or named; elsewhere it cannot be found."""
    module = os.path.join(os.path.dirname(image_file()), "brd.ko")
    if not os.path.exists(module):
        print("skipped: test_swap_of_an_image: no brd.ko beside the image")
        return
    with tempfile.TemporaryDirectory() as directory:
        moved = os.path.join(directory, "image")
        os.symlink(image_file(), moved)
        status, _, messages = lab("--swap", "8", kernel=["--image", moved], command=["true"])
        expect(status, 77)
        expect_in("--modules", messages)
        for modules in (module, os.path.dirname(module)):
            status, out, _ = lab("--swap", "8", "--modules", modules, kernel=["--image", moved],
                                 shell="cat /proc/swaps")
            expect(status, 0)
            expect_in(b"/dev/ram0", out)


def page(tests, *options):
    """(status, page, messages) of lab test where meson names these tests: {name: words after the kernel}."""
    known = [{"name": name, "suite": ["x:lab"], "cmd": [LAB, "run", name.split()[0]] + words, "env": {},
              "workdir": None, "timeout": 300} for name, words in tests.items()]
    # A meson that names them.
    with tempfile.TemporaryDirectory() as directory:
        meson = os.path.join(directory, "meson")
        with open(meson, "w") as file:
            file.write("#!/bin/sh\n[ $2 = --tests ] && cat %s/tests ||"
                       " echo '{\"version\": \"0\"}'\n" % directory)
        os.chmod(meson, 0o755)
        with open(os.path.join(directory, "tests"), "w") as file:
            json.dump(known, file)
        done = subprocess.run([LAB, "test", "--image", image_file(), "--build", directory, *options],
                              env=dict(os.environ, PATH=directory + ":" + os.environ["PATH"]),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        messages = done.stderr.decode(errors="replace")
        logs = re.search(r"is in (/\S+)", messages)
        if logs:
            with open(os.path.join(logs.group(1), "report.txt"), "rb") as file:
                expect(file.read(), done.stdout)
    return done.returncode, done.stdout.decode(), messages


def in_shell(script):
    return ["--", "sh", "-c", script]


@of_images
def test_page_of_a_kernel():
    """A test of one name is run once; skipped cases, and tests, are told with their reasons."""
    status, text, messages = page({
        "5.10 good": in_shell("echo fine"), "6.1 good": in_shell("echo fine"),
        "5.10 part": in_shell("echo skipped: case_x: no KSM"),
        "5.10 none": in_shell("echo this kernel has no such thing; exit 77"),
        "5.10 huge": ["--hugepages", "1"] + in_shell("exit $(($(wc -l < /proc/mounts) < 3))")}, "-j", "2")
    if status != 0:
        raise AssertionError("status %d\n%s%s" % (status, text, messages))
    for line in ("ok +[0-9]+ s  good", "ok +[0-9]+ s  part +1 cases skipped: no KSM", "ok +[0-9]+ s  huge",
                 "skipped +[0-9]+ s  none +this kernel has no such thing",
                 "machine +x86_64, pages of 4 kB, memory nodes 0-3; .*", "kernel +Linux version .*",
                 "3 passed, 0 failed, 1 skipped in [0-9]+ min"):
        expect((line, len(re.findall("(?m)^%s$" % line, text))), (line, 1))


@of_images
def test_page_of_failures():
    """What failed, how, and the guest's console where it hangs; with other tests left out."""
    status, text, _ = page({
        "5.10 bad": in_shell("i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); done; exit 3"),
        "5.10 hang": ["--timeout", "20"] + in_shell("echo last word > /dev/kmsg; sleep 1000"),
        "5.10 left out": in_shell("exit 1")}, "bad", "hang")
    expect(status, 1)
    for part in ("bad: exit status 3", "  line 199", "hang: exit status 1", "last word",
                 "no end after 20 s", "0 passed, 2 failed, 0 skipped"):
        expect_in(part, text)
    expect("left out" in text, False)
    expect(text.count("  line ") < 30, True)


@of_images
def test_page_without_what_a_kernel_lacks():
    status, text, _ = page({"5.10 huge": ["--hugepages", "1"] + in_shell("! grep -q hugetlbfs /proc/mounts")},
                           "--append", "initcall_blacklist=hugetlb_init")
    expect(status, 0)
    expect_in("CONFIG_HUGETLBFS", text)
    expect_in("1 passed", text)


@of_images
def test_no_page_of_a_kernel_that_does_not_boot():
    status, text, messages = page({"5.10 good": in_shell("true")}, "--append", "numa=off")
    expect((status, text), (1, ""))
    expect_in("1 of 4 memory nodes", messages)


def main():
    if KERNEL[0] != "--image":
        subprocess.run([LAB, "fetch", KERNEL[0]], stdout=sys.stderr, check=True)
    tests = [(name, test) for name, test in checks.tests_in(globals())
             if (not ONLY or name in ONLY) and (name not in OF_IMAGES or MACHINE is machines.X86_64)]
    passed, failed = map(sum, zip(
        checks.run((test for test in tests if test[0] in IDLE), len(IDLE)),
        checks.run(test for test in tests if test[0] not in IDLE)))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


sys.exit(main())
