# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start a guest in QEMU, pass on what its program prints, and say how it ended."""
import contextlib
import ctypes
import os
import re
import selectors
import signal
import subprocess
import sys
import time

import guest
import patience
import userland
from errors import Ended

CPUS = 2
PR_SET_PDEATHSIG = 1

PANIC = re.compile(rb"Kernel panic[^\r\n]*")
# The emulator's own fault: with one thread for each processor it now and then runs a stale translation of code
# that the kernel has just patched (a static key), and traps there. Seen at the first perf event of a guest, in
# about one boot of twenty on 6.12 and 7.x, and in four of four on a busy machine. Nothing that a program does
# traps the kernel so.
STALE = re.compile(rb"int3: 0000 \[#")
RAN_STALE = "the emulator ran stale code"
TRIES = 4
SAID = re.compile(rb"strictbind-lab: (up|status|refused:|lacks:)([^\r\n]*)\r?\n")

def die_with_parent():
    """No guest outlives the lab, however the lab ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def file_in_memory(name, content):
    descriptor = os.memfd_create(name, 0)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    return descriptor


def qemu_program(machine):
    return userland.host_program(*machine.emulator)


def nodes_in_words(nodes):
    """The first nodes have the processors. QEMU wants all numbers: what is between is a node with nothing at all."""
    words = []
    with_cpu = dict(zip(nodes, range(CPUS)))
    for node in range(max(nodes) + 1):
        entry = "node,nodeid=%d" % node
        if nodes.get(node):
            words += ["-object", "memory-backend-ram,id=m%d,size=%dM" % (node, nodes[node])]
            entry += ",memdev=m%d" % node
        if node in with_cpu:
            entry += ",cpus=%d" % with_cpu[node]
        words += ["-numa", entry]
    return words


def qemu_command(options, source, initrd):
    machine, nodes = source.machine, guest.nodes(options)
    # In turns every processor is emulated by one thread, which spares all that threads pay to agree on memory.
    threading = "multi" if options.parallel else "single"
    command = [qemu_program(machine),
               "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
               # Or the host's KSM, which tests start, would have the guest's memory to look through.
               "-machine", machine.board + ",mem-merge=off", "-accel", "tcg,thread=" + threading, "-cpu", machine.cpu,
               # A socket for each node: the kernel warns of a socket that spans nodes.
               "-smp", "%d,sockets=%d,cores=1,threads=1" % (CPUS, CPUS),
               "-m", str(sum(nodes.values())), *nodes_in_words(nodes)]
    return command + ["-kernel", source.image, "-initrd", "/proc/self/fd/%d" % initrd,
                      "-append", guest.command_line(options, source)]


@contextlib.contextmanager
def running(command, descriptors):
    """QEMU, killed at the end; its own complaints go to a pipe, as they may matter."""
    qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, pass_fds=descriptors,
                            preexec_fn=die_with_parent)
    try:
        yield qemu
    finally:
        qemu.kill()
        qemu.wait()
        qemu.stderr.close()


def pass_on(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


class Guest:
    """One boot. The console is kept, the output passed on as it comes."""

    def __init__(self, options, source, initrd, output=pass_on):
        self.output = output
        self.console = bytearray()
        # Where in it the guest said that it is up; None until then.
        self.up = None
        self.status = None
        self.refused = None
        self.lacks = None
        # Why it was ended, as Patience says it, or by a signal; None when it ended by itself.
        self.cut_off = None
        self.account = ""
        self.read_to = 0
        self.boot(options, source, initrd)

    def boot(self, options, source, initrd):
        console, console_in = os.pipe()
        output, output_in = os.pipe()
        descriptors = (initrd, console_in, output_in)
        command = qemu_command(options, source, initrd)
        for name, descriptor, port in zip(("console", "output"), (console_in, output_in), source.machine.ports):
            command += ["-chardev", "file,id=%s,path=/proc/self/fd/%d" % (name, descriptor), *port]
        try:
            with running(command, descriptors) as qemu:
                os.close(console_in)
                os.close(output_in)
                sinks = {console: self.hear, output: self.output,
                         qemu.stderr.fileno(): self.console.extend}
                limits = patience.Patience(qemu.pid, options.timeout, options.deadline)
                try:
                    self.watch(sinks, limits)
                except Ended:
                    self.cut_off = "signal"
                self.account = limits.account()
            # What was still under way: QEMU is gone, so there is an end to it.
            for descriptor, sink in ((console, self.hear), (output, self.output)):
                for data in iter(lambda: os.read(descriptor, 65536), b""):
                    sink(data)
        finally:
            os.close(console)
            os.close(output)

    def watch(self, sinks, limits):
        """Until the guest told its status, QEMU ended, or time is up."""
        with selectors.DefaultSelector() as selector:
            for descriptor, sink in sinks.items():
                selector.register(descriptor, selectors.EVENT_READ, sink)
            while selector.get_map() and not self.told():
                for key, _ in selector.select(patience.TICK):
                    data = os.read(key.fd, 65536)
                    if data:
                        key.data(data)
                    else:
                        selector.unregister(key.fd)
                limits.up = self.up is not None
                if time.monotonic() - limits.last >= patience.TICK:
                    self.cut_off = limits.tick()
                    if self.cut_off:
                        return

    def told(self):
        """Whether the guest has said how it went."""
        return any(word is not None for word in (self.status, self.refused, self.lacks))

    def hear(self, data):
        """Console text: note what init says in it."""
        self.console += data
        for match in SAID.finditer(self.console, self.read_to):
            self.read_to = match.end()
            word, rest = match.group(1), match.group(2).decode(errors="replace").strip()
            if word == b"up":
                self.up = match.start()
            elif word == b"status":
                self.status = int(rest)
            elif word == b"lacks:":
                # The first word is the option's name.
                self.lacks = rest.partition(" ")[::2]
            else:
                self.refused = rest


def spoiled(booted):
    """Why this boot says nothing of the program: the machine's fault, or a panic before user space, or the
    emulator's fault."""
    if booted.cut_off == "stopped":
        return "the emulator was stopped"
    if booted.cut_off == "unbooted":
        return "user space was not reached"
    panic = PANIC.search(booted.console)
    if booted.up is None and panic:
        return "panic before user space: " + panic.group().decode(errors="replace")
    if STALE.search(booted.console):
        return RAN_STALE
    return None


def start(options, source, initrd, output=pass_on):
    """Boot. A spoiled boot, and only that, is done again, unless it ends in the same words as before. All
    boots together have until the deadline: whoever runs the lab has a limit, too."""
    options.deadline = time.monotonic() + options.timeout * patience.multiplier()
    descriptor = file_in_memory("initramfs", initrd)
    before = None
    try:
        for _ in range(TRIES):
            booted = Guest(options, source, descriptor, output)
            why = spoiled(booted)
            if why is None or why == before:
                break
            before = why if booted.up is None or booted.cut_off else None
            # One thread for all processors runs no stale code.
            if why == RAN_STALE:
                options.parallel = False
            print("lab: %s: starting again" % why, file=sys.stderr, flush=True)
    finally:
        os.close(descriptor)
    return booted


def interact(options, source, initrd):
    """The console on the terminal, until the guest ends or Ctrl-A X."""
    descriptor = file_in_memory("initramfs", initrd)
    command = qemu_command(options, source, descriptor) + ["-serial", "mon:stdio"]
    return subprocess.call(command, pass_fds=(descriptor,), preexec_fn=die_with_parent)
