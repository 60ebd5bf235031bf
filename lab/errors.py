# SPDX-License-Identifier: LGPL-2.1-or-later
"""The ways in which the lab itself can fail."""


class LabError(Exception):
    """Something is wrong: the run counts as a failure."""


class Unavailable(LabError):
    """This machine cannot run the lab: a skip for developers, a failure in CI."""


class Stalled(Unavailable):
    """The machine did not let the guest run: that says nothing of the program. A skip, in CI too."""


class Ended(SystemExit):
    """A signal asks the lab to end: what it knows by then it says."""


class Lacking(Unavailable):
    """A kernel that the user brought lacks what was asked for: a skip, in CI too."""
