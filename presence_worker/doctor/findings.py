"""What a check found, and how bad it is."""

from enum import StrEnum
from functools import partial
from typing import NamedTuple


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # a run would begin, but somebody should know
    FAULT = "fault"  # a run would not work
    SKIPPED = "skipped"  # not looked at


class Said(NamedTuple):
    """What a check says of what it has looked at."""

    verdict: Verdict
    words: str
    remedy: str | None = None  # how to mend it


class Finding(NamedTuple):
    """The same, with the name of the check."""

    name: str
    verdict: Verdict
    words: str
    remedy: str | None


class BlockedError(Exception):
    """A check cannot be made, nor can those that need it; the error names the one that is at the bottom."""


ok = partial(Said, Verdict.OK)
warning = partial(Said, Verdict.WARNING)
fault = partial(Said, Verdict.FAULT)
skipped = partial(Said, Verdict.SKIPPED)
