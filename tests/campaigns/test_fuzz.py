"""Files of the matrix to which something has happened: read or refused, and never a row that is not in them.

CAMPAIGN=long reads 100 000 of them, or as many as CAMPAIGN_INPUTS says; else it is 12 000.
"""

import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

import pytest

from presence_worker.errors import InputRefused, Stopped
from presence_worker.intake.job import Job, open_job
from presence_worker.model import Row
from presence_worker.settings import Settings
from tests.intake.reading import DAY
from tests.matrix.index import FILES, cases
from tests.matrix.witness import number_of, strangers

from .mutations import mutated
from .size import LONG

pytestmark = pytest.mark.campaign
INPUTS = int(os.environ.get("CAMPAIGN_INPUTS") or (100_000 if LONG else 12_000))
SEED = int(os.environ.get("CAMPAIGN_SEED") or random.randrange(2**32))
PATIENCE = 5.0  # seconds that one file may take
GROWTH = 256 << 10  # KiB that reading may take, whatever the file says of itself
WEIGHTS = {"csv": 3, "json": 8, "jsonl": 20, "xlsx": 6}  # of files that are read: JSON soon is no more
SMALL = 1 << 15  # bytes; longer files would only be slower


class TooSlow(Exception):
    """One file took longer than any of its size should."""


@dataclass(slots=True, kw_only=True)
class Finds:
    """Owns what became of all inputs."""

    fates: Counter[str] = field(default_factory=Counter)  # read or refused, by format
    rows: int = 0
    sent: int = 0  # of them, those that could be sent
    slowest: float = 0.0  # seconds
    wrong: list[str] = field(default_factory=list)

    def lines(self, seconds: float) -> list[str]:
        """Give the figures, line by line."""
        fates = ", ".join(f"{fate} {number}" for fate, number in self.fates.most_common())
        size = f"{self.fates.total()} inputs in {seconds:.0f} s, the slowest {self.slowest:.2f} s"
        return [
            f"fuzzing (seed {SEED}): {size}",
            f"  {fates}; {self.rows} rows, {self.sent} of them to be sent",
            *(f"  {each}" for each in self.wrong[:10]),
        ]


@contextmanager
def patience() -> Iterator[None]:
    """Raise TooSlow when it takes too long."""

    def raise_it(_: int, __: FrameType | None) -> NoReturn:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, raise_it)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def attempt(path: Path, config: Settings, finds: Finds) -> list[str]:
    """Read one file as `run` does; give what is wrong with that."""
    try:
        with patience(), open_job(str(path), config, DAY) as job:
            rows = list(job.rows)
        finds.fates[job.format] += 1
        finds.rows += len(rows)
        finds.sent += sum(row.result is None for row in rows)
        return judged(job, rows, path.read_bytes(), config)
    except (InputRefused, Stopped) as refused:
        finds.fates[type(refused).__name__] += 1
        said = str(refused)
        return [] if said.isprintable() and str(path) in said else [f"says {said!r}"]
    except KeyboardInterrupt:
        raise
    except BaseException as bug:  # noqa: BLE001 - whatever else it is, a panic of a library's too, is a find
        return [f"raises {type(bug).__name__}: {bug}"]


def judged(job: Job, rows: Sequence[Row], content: bytes, config: Settings) -> list[str]:
    """Give what came out of a file though it is not in it, and whether rows were lost."""
    told = config.input
    composed = bool(told.message_template or told.default_message)
    number = None if told.comment or told.skip_lines else number_of(job, content)
    lost = [] if number in (None, len(rows)) else [f"{number} rows became {len(rows)}"]
    return [*lost, *strangers(job, rows, content, composed=composed)]


def configured() -> Sequence[tuple[bytes, Settings]]:
    """Give the small files of the matrix with their configurations, each as often as it has weight."""
    found = []
    for case in cases():
        path = FILES / case.file
        if path.is_file() and path.stat().st_size <= SMALL:
            weight = WEIGHTS.get(case.read_as.split(" ")[0], 1)
            found += [(path.read_bytes(), case.settings)] * weight
    return found


def fuzz(folder: Path, finds: Finds) -> None:
    """Let something happen to a file, read it, and keep it if that went wrong; INPUTS times."""
    known = configured()
    contents = [content for content, _ in known]
    path = folder / "input"
    for number in range(INPUTS):
        luck = random.Random(f"{SEED} {number}")
        content, config = luck.choice(known)
        path.write_bytes(mutated(contents, content, luck))
        start = time.monotonic()
        wrong = attempt(path, config, finds)
        finds.slowest = max(finds.slowest, time.monotonic() - start)
        if wrong:
            kept = path.with_name(f"find-{number}")
            kept.write_bytes(path.read_bytes())
            finds.wrong.append(f"{kept}: {wrong[0]}")


def test_what_happens_to_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing but a refusal is raised, nothing hangs or swells, and no row comes out that was not in it."""
    finds, start = Finds(), time.monotonic()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    fuzz(tmp_path, finds)

    growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    with capsys.disabled():
        lines = [*finds.lines(time.monotonic() - start), f"  memory grew by {growth >> 10} MiB"]
        sys.stdout.write("\n".join(["", *lines, ""]))
    assert not finds.wrong, "\n".join(finds.wrong[:20])
    assert growth < GROWTH
    assert finds.sent > INPUTS / 10
