# SPDX-License-Identifier: LGPL-2.1-or-later
"""What one guest is to be, and the file system and kernel command line that make it so."""
import os
import shlex

import elf
import image
import userland
from errors import LabError
from initramfs import Initramfs

HERE = os.path.dirname(os.path.abspath(__file__))
NODES = 4
USER = 1000

PASSWD = "root:x:0:0:root:/tmp:/bin/sh\nuser:x:%d:%d:user:/tmp:/bin/sh\n" % (USER, USER)
GROUP = "root:x:0:\nuser:x:%d:\n" % USER

# loglevel=5 shows warnings, which the lab looks for. The self-tests of the kernel's ciphers and
# of its jitter random numbers take a fifth of the time to boot; what is switched off on the
# second line saves a little more. QEMU translates a program again wherever it is loaded, so programs are loaded
# at the same addresses each time: scripts take half as long. Kernels before 6.5 have secret memory switched off.
COMMAND_LINE = ("panic=-1 loglevel=5 printk.devkmsg=on cryptomgr.notests "
                "initcall_blacklist=jent_mod_init mitigations=off init_on_alloc=0 audit=0 "
                "norandmaps numa_balancing=disable secretmem.enable=1 transparent_hugepage=")


def nodes(options):
    """Memory of each node, in MiB, by its number."""
    return options.nodes or dict.fromkeys(range(NODES), options.mem_per_node)


def ram_disk_kib(options):
    """The size of the RAM disks, one for swap and one for files: brd has one for all."""
    return max(options.swap or 0, options.disk or 0) * 1024


def command_line(options, source):
    """The kernel's command line. Parameters of brd are for a brd that is built in."""
    machine = source.machine
    words = ["console=" + machine.console.name, machine.words, COMMAND_LINE + options.thp]
    if options.image:
        # Of a kernel that nobody has tried, what it says before it has a console may matter.
        words.append("earlyprintk=serial,%s,115200" % machine.console.name)
    if ram_disk_kib(options) and not source.brd:
        words.append("brd.rd_nr=2 brd.max_part=0 brd.rd_size=%d" % ram_disk_kib(options))
    return " ".join(word for word in words + options.append if word)


def check_machine(path, machine):
    """A program of another architecture would be taken for a script by the guest's shell."""
    with open(path, "rb") as file:
        head = file.read(64)
    if elf.is_linked(head) and elf.machine(head) != machine.elf:
        advice = ": build it with cross/%s.ini and what lab sysroot %s prints" % (machine.name, machine.name)
        raise LabError("%s is a program for %s, the guest is %s%s" % (
            path, image.elf_machine(elf.machine(head)), machine.title, advice if machine.sysroot else ""))


def program_path(files, program, machine):
    """Where the guest finds the program. A path is the host's, a plain name the guest's."""
    if "/" not in program:
        if "/bin/" + program not in files.entries:
            raise LabError("busybox has no %s: give the path of a program of this machine"
                           % program)
        return program
    path = os.path.abspath(program)
    if os.path.isfile(path):
        here = files.userland.same(path)
        check_machine(here, machine)
        files.add(here, path)
    elif path not in files.entries:
        raise LabError("no program %s, neither here nor in the guest" % program)
    return path


def drop_privileges(files):
    """The words before a command that make it an ordinary user's. busybox has none that do."""
    here, setpriv = files.userland.setpriv()
    files.add(here, setpriv)
    return [setpriv, "--reuid=%d" % USER, "--regid=%d" % USER, "--clear-groups"]


def environment(options):
    for assignment in options.env:
        if "=" not in assignment:
            raise LabError("--env %s: not of the form NAME=VALUE" % assignment)
    terminal = ["TERM=" + os.environ.get("TERM", "linux")] if options.interactive else []
    # What programs tell a guest by, where they may change everything: its kernel.
    guest = "LAB_GUEST=" + ("image" if options.image else options.name)
    return ["env", "-i", "PATH=/bin:/sbin:/usr/bin:/usr/sbin", "HOME=/tmp", guest] + terminal + options.env


def lab_conf(options, command, machine):
    """The shell script that tells init.sh what to do."""
    settings = {"CONSOLE": machine.console.name, "OUTPUT": machine.output,
                "NODES": len(nodes(options)), "HUGEPAGES": options.hugepages or "",
                "SWAP": options.swap or "", "DISK": options.disk or "",
                "FUSE": "yes" if options.fuse else "",
                "RAM_DISK_KIB": ram_disk_kib(options),
                "CPUSET_MEMS": options.cpuset_mems or "",
                "NO_PROC": "yes" if options.no_proc else "",
                "INTERACTIVE": "yes" if options.interactive else ""}
    lines = ["%s=%s" % (name, shlex.quote(str(value))) for name, value in settings.items()]
    return "\n".join(lines) + "\nset -- " + " ".join(shlex.quote(word) for word in command) + "\n"


def additions(options):
    """(path here, path in the guest) of each --add."""
    for pair in options.add:
        host, _, inside = pair.partition(":")
        if inside and not inside.startswith("/"):
            raise LabError("--add %s: the guest's path must begin with /" % pair)
        yield host, inside or os.path.abspath(host)


def build(options, source, report=lambda text: None):
    """The initramfs of a guest."""
    machine = source.machine
    files = Initramfs(userland.of(machine, report), machine.console)
    for host, inside in additions(options):
        files.add(files.userland.same(host), inside)
    command = environment(options)
    if options.user:
        command += drop_privileges(files)
    command += [program_path(files, options.command[0], machine)] + options.command[1:]
    if ram_disk_kib(options) and source.brd:
        files.add(source.brd, "/lib/brd.ko")
    for module in source.disk if options.disk else ():
        files.add(module, "/lib/disk/" + os.path.basename(module))
    if options.fuse and source.fuse:
        files.add(source.fuse, "/lib/fuse.ko")
    with open(os.path.join(HERE, "init.sh")) as file:
        files.put_text("/init", file.read(), mode=0o755)
    files.put_text("/lab.conf", lab_conf(options, command, machine))
    files.put_text("/etc/passwd", PASSWD)
    files.put_text("/etc/group", GROUP)
    return files.archive()
