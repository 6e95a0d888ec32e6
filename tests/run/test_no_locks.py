"""File systems that have no locks, such as network shares: said before anything is sent."""

import errno
import sqlite3
from pathlib import Path

import pytest

from presence_worker.journal.filesystem import is_about_locks, way_on
from tests.campaigns.failing_calls import Fault, built, surroundings

from .given import FAST, away, called, raw_up, write_csv

WORDS = "locks do not work on this file system: use a local disk"


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What makes locking fail; compiled once."""
    return built(tmp_path_factory.mktemp("layer"))


@pytest.mark.proves("the file system has no locks (a network share)")
@pytest.mark.parametrize(
    ("place", "kind", "error"),
    [
        ("home", "flock", errno.ENOLCK),
        ("state", "flock", errno.EOPNOTSUPP),
        ("state", "flock", errno.ENOSYS),
        ("state", "fcntl", errno.EOPNOTSUPP),  # SQLite's way
    ],
)
def test_a_file_system_without_locks(layer: Path, tmp_path: Path, place: str, kind: str, error: int) -> None:
    """Neither "another run is at work" nor "database is locked": exit 2, the cause, and nothing sent."""
    state, home = tmp_path / "state", tmp_path / "home"
    for directory in (state, home):
        directory.mkdir()
    fault = Fault(kind=kind, number=1, error=error, lasting=True)
    env = surroundings(layer, fault, under=tmp_path / place, told=tmp_path / "told")
    job = write_csv(tmp_path / "job.csv", away([1]))
    with raw_up() as server:
        words: list[str | Path] = [
            "run",
            job,
            "--base-url",
            server.url,
            *FAST,
            "--state-dir",
            state,
            "--json",
        ]
        how = called(*words, env=env | {"HOME": str(home)})

    assert (how.code, server.requests) == (2, [])
    assert how.summary["message"].startswith(WORDS)
    assert ("--state-dir" if place == "state" else "XDG_STATE_HOME") in how.summary["message"]
    assert list(state.glob("runs/*")) == []


@pytest.mark.parametrize(
    ("code", "about_locks"),
    [
        (sqlite3.SQLITE_BUSY, True),  # database is locked
        (sqlite3.SQLITE_BUSY_RECOVERY, True),
        (sqlite3.SQLITE_PROTOCOL, True),  # locking protocol
        (sqlite3.SQLITE_IOERR_RDLOCK, True),  # disk I/O error
        (sqlite3.SQLITE_IOERR_WRITE, False),
        (sqlite3.SQLITE_FULL, False),
        (sqlite3.SQLITE_CORRUPT, False),
    ],
)
def test_what_sqlite_says_of_locks(code: int, *, about_locks: bool) -> None:
    """A share without locks has many names in SQLite; a full or broken disk is not one of them."""
    error = sqlite3.OperationalError()
    error.sqlite_errorcode = code

    assert is_about_locks(error) is about_locks
    assert (WORDS in way_on(error)) is about_locks
