"""A process to be killed: it does what it is told, says when it is there, and waits for its end."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from presence_worker.journal import Journal, run_lock, target_lock
from presence_worker.model import Row

from .given import UPDATED, each_change, record, row, staged

ROWS = 60_000


def say(word: object) -> None:
    """Say how far we are, at once."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def wait(word: str) -> None:
    """Say how far we are, and wait for ever."""
    say(word)
    sys.stdin.read()


def stage(path: Path) -> None:
    """Stand still amid staging a job that is larger than what is kept in memory."""

    def rows() -> Iterator[Row]:
        yield from map(row, range(1, ROWS))
        wait("amid")

    staged(path, rows())


def deliver(path: Path) -> None:
    """Stand still with three rows handed out and one of them answered."""
    with closing(Journal.open(path)) as journal:
        journal.sessions.begin("run", rate=10)
        changes = each_change(journal, page=1)
        for _ in range(3):
            next(changes)
        record(journal, {1: UPDATED})
        wait("amid")


def record_all(path: Path) -> None:
    """Settle row after row, and say so of each when it is on disk."""
    with closing(Journal.open(path)) as journal:
        journal.sessions.begin("run", rate=10)
        for change in each_change(journal, page=1):
            record(journal, {change.row: UPDATED})
            say(change.row)


def hold_run(folder: Path) -> None:
    """Work on a run."""
    with run_lock(folder):
        wait("held")


def hold_target(state_dir: Path) -> None:
    """Work on a target."""
    with target_lock("https://crm.example.com/", state_dir):
        wait("held")


PARTS: dict[str, Callable[[Path], None]] = {
    part.__name__: part for part in (stage, deliver, record_all, hold_run, hold_target)
}

if __name__ == "__main__":
    PARTS[sys.argv[1]](Path(sys.argv[2]))
