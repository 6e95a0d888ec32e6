"""I/O failures, the way SQLite tests itself: the n-th call of each kind fails, for every n of a small run.

CAMPAIGN=long lets each call fail with each error, once and from then on; else it is one error, once.
"""

import itertools
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from .bad_disk import Verdict, befall
from .failing_calls import ERRORS, Fault, built
from .size import LONG

pytestmark = pytest.mark.campaign
AT_ONCE = 2  # runs side by side
FORMS = [
    Fault(kind=kind, number=1, error=error, lasting=lasting)
    for kind, errors in ERRORS.items()
    for error in errors[: None if LONG else 1]
    for lasting in ((False, True) if LONG else (False,))
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer that makes calls fail."""
    return built(tmp_path_factory.mktemp("library"))


def every(form: Fault, library: Path, folder: Path) -> Iterator[Verdict]:
    """Yield what came of the first call's failing, of the second's, and so on while a run has that many."""

    def verdict(number: int) -> Verdict:
        return befall(replace(form, number=number), library, folder / str(number))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for first in itertools.count(1, AT_ONCE):
            verdicts = list(pool.map(verdict, range(first, first + AT_ONCE)))
            yield from verdicts
            if any(found.place is None for found in verdicts):
                return


def figures(form: Fault, failed: Sequence[Verdict]) -> str:
    """Say how often a call failed, how the runs ended, and on which files failures did no harm."""
    codes = Counter(verdict.code for verdict in failed)
    harmless = Counter(verdict.place for verdict in failed if verdict.code not in (2, 6))
    return f"{form}: n = {len(failed)}, exit codes {dict(codes)}, no harm on {dict(harmless)}"


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_call_fails(
    form: Fault, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever call fails: exit code and report are true, and what is named next finishes the run."""
    verdicts = list(every(form, library, tmp_path))

    failed = [verdict for verdict in verdicts if verdict.place]
    with capsys.disabled():
        sys.stdout.write(f"\n{figures(form, failed)}\n")
    assert not [verdict for verdict in verdicts if verdict.wrong], "\n".join(map(str, verdicts))
    assert failed
