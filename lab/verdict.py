# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is wrong with a boot, in words for someone who brought the kernel."""
import re

# The lab's own kernels are known to boot without a complaint. One that a user brings may complain
# of an emulated processor, and that is nothing a program did.
FAULTS = re.compile(rb"BUG:|WARNING:|Oops|general protection|Kernel panic|soft lockup"
                    rb"|Unable to handle kernel|kernel BUG at")

# What a kernel says on its way to an end, and what that means here.
ENDS = ((rb"Unable to mount root fs|Cannot open root device", "no initramfs (CONFIG_BLK_DEV_INITRD)"),
        (rb"No working init found|Requested init \S+ failed|Failed to execute /init",
         "/init, a shell script, does not run (CONFIG_BINFMT_ELF, CONFIG_BINFMT_SCRIPT)"),
        (rb"reboot: Restarting system", "no console on a serial port (CONFIG_SERIAL_8250_CONSOLE)"))


# What Patience says, in words.
CUT_OFF = {"hung": "no end after %(limit)d s",
           "unbooted": "no user space",
           "signal": "no end when the lab was told to end",
           "stopped": "the emulator was stopped by somebody, twice",
           "starved": "the machine is too busy"}


def is_machines_fault(booted):
    """Whether the guest was ended for what the machine did: that says nothing of the program."""
    return booted.cut_off in ("stopped", "starved")


def fault_lines(text):
    return [line.decode(errors="replace").strip() for line in text.splitlines()
            if FAULTS.search(line)]


def faults(booted, options):
    """Lines in which the kernel complains of itself, and of which the program may be the cause."""
    start = booted.up if options.image and booted.up is not None else 0
    return fault_lines(booted.console[start:])


def faults_at_boot(booted):
    """Those from before the program."""
    return fault_lines(booted.console[:booted.up or 0])


def why_not_up(console):
    if not console.strip():
        return ("not a word from the kernel: it does not start on this machine, or has no console\n"
                "on a serial port (CONFIG_SERIAL_8250_CONSOLE)")
    for pattern, meaning in ENDS:
        if re.search(pattern, console):
            return "user space is never reached: " + meaning
    last = console.splitlines()[-1].decode(errors="replace").strip()
    return "user space is never reached; the last line is: " + last


def verdict(booted, options):
    """What is wrong with a boot, or None."""
    complaints = faults(booted, options)
    if booted.lacks is not None:
        return None
    if booted.refused is not None:
        return booted.refused
    if booted.cut_off:
        text = "%s: stopped after %s" % (CUT_OFF[booted.cut_off] % {"limit": options.timeout}, booted.account)
        return text if booted.up is not None else text + ": " + why_not_up(booted.console)
    if booted.status is None and booted.up is None:
        return why_not_up(booted.console)
    if booted.status is None:
        return "the guest ended without a status" + (": " + complaints[0] if complaints else "")
    if complaints:
        return "the kernel complains: " + complaints[0]
    return None


def console_text(console):
    return "---- console of the guest ----\n%s\n---- end of the console ----" % \
        console.decode(errors="replace").replace("\r", "").strip()
