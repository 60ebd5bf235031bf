#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether a file is OpenMetrics text, as far as strictbind writes it. Usage: openmetrics.py FILE

By the specification: families one after the other, each with TYPE, UNIT and HELP before its samples, names
that end with the unit, labels in quotes with escapes, numbers, no sample twice, and # EOF at the end.
"""
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(\{{{LABEL}(?:,{LABEL})*\}})? ([0-9]+(?:\.[0-9]+)?)")
ABOUT = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.+)")


def check(text):
    """Raises ValueError with what is wrong."""
    lines = text.split("\n")
    if lines[-2:] != ["# EOF", ""]:
        raise ValueError("it does not end with # EOF and a line end")
    family, about, seen, families = None, {}, set(), set()
    for line in lines[:-2]:
        match = ABOUT.fullmatch(line)
        if match:
            kind, name, value = match.groups()
            if name != family:
                if name in families:
                    raise ValueError(f"{name} comes twice")
                families.add(name)
                family, about = name, {}
            if kind in about or "samples" in about:
                raise ValueError(f"{kind} of {name} is out of place")
            about[kind] = value
            if kind == "UNIT" and not name.endswith("_" + value):
                raise ValueError(f"{name} does not end with its unit")
            if kind == "TYPE" and value != "gauge":
                raise ValueError(f"{name} is a {value}")
            continue
        match = SAMPLE.fullmatch(line)
        if not match:
            raise ValueError(f"not a sample: {line}")
        if match[1] != family or "TYPE" not in about or "HELP" not in about:
            raise ValueError(f"a sample outside its family: {line}")
        about["samples"] = True
        key = match[1] + (match[2] or "")
        if key in seen:
            raise ValueError(f"twice: {line}")
        seen.add(key)
    if not seen:
        raise ValueError("no samples")


def main():
    """Reads the file as UTF-8, which it has to be."""
    try:
        with open(sys.argv[1], encoding="utf-8", newline="\n") as file:
            check(file.read())
    except ValueError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
