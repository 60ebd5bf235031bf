# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page that lab test prints: something to send."""
import collections
import re
import textwrap

WIDTH = 100
# Lines that all failures together may take, so that a page stays a page.
LINES_OF_FAILURES = 30
SKIP = 77

Result = collections.namedtuple("Result", "name status seconds log")

KINDS = {0: "ok", SKIP: "skipped"}
CONSOLE = re.compile(r"---- console of the guest ----\n(.*?)---- end of the console ----\n", re.DOTALL)
CASE_SKIPPED = re.compile(r"^skipped: [^:]*: (.*)$", re.MULTILINE)


def kind(result):
    return KINDS.get(result.status, "FAIL")


def cut(text, width=WIDTH):
    return text if len(text) <= width else text[:width - 3] + "..."


def labelled(label, text):
    """A label, and text of any length beside it."""
    return textwrap.wrap(text, WIDTH, initial_indent="%-13s" % label, subsequent_indent=" " * 13)


def quirk_lines(probe):
    if probe is None:
        return labelled("quirks", "not told: strictbind probe did not run")
    cells = ["%-26s%s, %s" % (quirk["name"], "yes" if quirk["present"] else "no", quirk["known"])
             for quirk in probe["quirks"]]
    half = (len(cells) + 1) // 2
    pairs = zip(cells[:half], cells[half:] + [""] * (half * 2 - len(cells)))
    refused = [interface["name"] for interface in probe["interfaces"] if not interface["present"]]
    return ["What strictbind probe says, as root:"] + \
        [("  %-48s%s" % pair).rstrip() for pair in pairs] + \
        labelled("  absent", ", ".join(refused) or "no interface")


def head(facts, tool, machine, date):
    """Everything before the tests."""
    told = facts.told
    lines = ["libstrictbind %s on Linux %s, %s" % (tool, told.get("release"), date), ""]
    lines += labelled("kernel", told.get("banner", "?"))
    lines += labelled("command line", told.get("command_line", "?"))
    lines += labelled("machine", "%s, pages of %s, memory nodes %s; %s" % (
        told.get("machine"), told.get("page") or "unknown size", told.get("nodes"), machine))
    if facts.absent:
        lines += labelled("has not", ", ".join(facts.absent))
    for option, why in facts.without.items():
        lines += labelled("without", "--%s: %s" % (option, why))
    if facts.complaints:
        lines += labelled("complaints", "%d lines at boot, the first: %s" % (
            len(facts.complaints), facts.complaints[0]))
    return lines + [""] + quirk_lines(facts.probe) + [""]


def last_lines(text):
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def why_skipped(log):
    """Why cases, or all of a test, were skipped: each reason once."""
    reasons = list(dict.fromkeys(CASE_SKIPPED.findall(log)))
    return "; ".join(reasons) or (last_lines(CONSOLE.sub("", log)) or ["no reason given"])[-1]


def test_line(result):
    line = "%-8s%6.0f s  %s" % (kind(result), result.seconds, result.name)
    skipped = len(CASE_SKIPPED.findall(result.log))
    if result.status == SKIP:
        line = "%-42s%s" % (line, why_skipped(result.log))
    elif skipped:
        line = "%-42s%d cases skipped: %s" % (line, skipped, why_skipped(result.log))
    return cut(line)


def ending(status):
    return "exit status %d" % status if status >= 0 else "killed by signal %d" % -status


def failure(result, limit):
    """The last lines of a test that failed, and of the console if the guest is to blame."""
    lines = last_lines(CONSOLE.sub("", result.log))[-limit:]
    console = CONSOLE.search(result.log)
    if console and lines and lines[-1].startswith("lab: "):
        lines = last_lines(console.group(1))[-(limit // 2):] + lines[-(limit - limit // 2):]
    return ["", "%s: %s, and the end of what it says:" % (result.name, ending(result.status))] + \
        [cut("  " + line) for line in lines or ["nothing"]]


def failures(results):
    failed = [result for result in results if kind(result) == "FAIL"]
    lines = []
    for result in failed:
        lines += failure(result, max(LINES_OF_FAILURES // len(failed), 3))
        if len(lines) > LINES_OF_FAILURES + 10:
            return lines + ["", "Others failed as well; see what they say in the files."]
    return lines


def totals(results, seconds):
    kinds = collections.Counter(kind(result) for result in results)
    return "%d passed, %d failed, %d skipped in %.0f min" % (
        kinds["ok"], kinds["FAIL"], kinds["skipped"], seconds / 60)
