# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the lab's own tests are made of."""


def expect(got, wanted):
    if got != wanted:
        raise AssertionError("got %r, expected %r" % (got, wanted))


def expect_in(part, whole):
    if part not in whole:
        raise AssertionError("no %r in %r" % (part, whole))


def tests_in(names):
    """(name, function) of the tests among the names of a program, in their order."""
    return [(name, test) for name, test in names.items() if name.startswith("test_")]


def run(tests):
    """How many passed, and how many failed."""
    passed = failed = 0
    for name, test in tests:
        try:
            test()
            passed += 1
            print("ok     %s" % name, flush=True)
        except AssertionError as error:
            failed += 1
            print("FAILED %s: %s" % (name, error), flush=True)
    return passed, failed
