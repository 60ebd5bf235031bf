# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the lab's own tests are made of."""
import concurrent.futures


def expect(got, wanted):
    if got != wanted:
        raise AssertionError("got %r, expected %r" % (got, wanted))


def expect_in(part, whole):
    if part not in whole:
        raise AssertionError("no %r in %r" % (part, whole))


def tests_in(names):
    """(name, function) of the tests among the names of a program, in their order."""
    return [(name, test) for name, test in names.items() if name.startswith("test_")]


def failure(test):
    """What is wrong, or None."""
    try:
        test()
    except AssertionError as error:
        return error
    return None


def run(tests, at_once=1):
    """How many passed, and how many failed. Told in their order, also when several run at once."""
    tests = list(tests)
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for (name, _), error in zip(tests, pool.map(failure, (test for _, test in tests))):
            failures += error is not None
            print("FAILED %s: %s" % (name, error) if error else "ok     %s" % name, flush=True)
    return len(tests) - failures, failures
