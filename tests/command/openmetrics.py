#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether a file is OpenMetrics text, read by Prometheus' own client. Usage: openmetrics.py FILE

It is the distribution's Python that has it, where scripts/setup has run. Without it the status is 77."""
import sys

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError as missing:
    print(missing)
    sys.exit(77)


def check(text):
    """Raises ValueError with what is wrong."""
    samples = 0
    for family in text_string_to_metric_families(text):
        if family.type != "gauge" or not family.documentation:
            raise ValueError("%s is %s, or has no HELP" % (family.name, family.type))
        samples += len(family.samples)
    # The client leaves out what comes twice.
    lines = sum(not line.startswith("#") for line in text.split("\n")[:-1])
    if samples != lines or not samples:
        raise ValueError("%d samples in %d lines" % (samples, lines))


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
