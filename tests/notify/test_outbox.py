"""The outbox in trouble: nobody is held up for long, nothing is sent twice, and `notify` says so."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from presence_worker.notify.notifier import Failure, Notifier
from tests.raw_server import answer
from tests.run.given import Worker, away, write_csv

from .conftest import Receiver
from .receivers import GOOD

ONCE_HELD_UP = 5.0  # seconds, for which a run waited at its begin alone


@contextmanager
def held(worker: Worker, how: str = "EXCLUSIVE") -> Iterator[None]:
    """Hold the outbox as another program does."""
    database = sqlite3.connect(worker.state / "outbox" / "messages.sqlite", isolation_level=None)
    with closing(database):
        database.execute(f"BEGIN {how}")
        yield


@pytest.fixture
def bad_job(tmp_path: Path) -> Path:
    """A job with a row that is rejected."""
    return write_csv(tmp_path / "bad.csv", away([5000]))


@pytest.fixture
def waiting(worker: Worker, receiver: Receiver, bad_job: Path) -> None:
    """A message waits, which was tried once."""
    receiver.act = answer(500)
    worker("run", bad_job)
    receiver.act = GOOD


@pytest.mark.usefixtures("waiting")
def test_notify_says_that_the_outbox_cannot_be_read(worker: Worker, receiver: Receiver) -> None:
    """Nobody knows whether a message waits: exit code 6, what and where, and nothing is sent."""
    with held(worker):
        ended = worker("notify")
        quiet = worker.call("notify", "-q", *worker.options_of("notify"))
    folder = worker.state / "outbox"
    before = len(receiver.messages)
    sent = worker("notify")

    assert (ended.code, quiet.code, sent.code) == (6, 6, 0)
    assert ended.summary["message"].startswith(f"{folder}: the outbox cannot be read or written: ")
    assert "database is locked. Messages may wait in it." in quiet.err
    assert (before, len(receiver.messages)) == (1, 2)


def test_an_outbox_that_is_a_file_is_named(worker: Worker, receiver: Receiver) -> None:
    """Whatever is wrong with it, such as no right to write there."""
    worker.state.mkdir(exist_ok=True)
    (worker.state / "outbox").write_text("")
    ended = worker("notify")

    assert ended.code == 6
    assert "outbox cannot be read or written: File exists." in ended.summary["message"]
    assert receiver.messages == []


@pytest.mark.usefixtures("waiting")
def test_a_locked_outbox_does_not_hold_a_run_up(worker: Worker, receiver: Receiver, bad_job: Path) -> None:
    """It waits within notify.timeout; its message is tried once, from memory."""
    with held(worker):
        begun = time.monotonic()
        ended = worker("run", bad_job, "--set", "notify.timeout=1s")
        lasted = time.monotonic() - begun
    worker("notify")

    run = str(ended.summary["run_id"])
    assert ended.code == 3
    assert lasted < ONCE_HELD_UP
    assert [each["run_id"] for each in receiver.messages].count(run) == 1


@pytest.mark.usefixtures("waiting")
def test_an_ending_that_is_noted_is_sent_once(
    worker: Worker, receiver: Receiver, bad_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its run is registered in the outbox: where that is locked at the end, a later command reports it."""
    end = Notifier.end

    def end_held(self: Notifier, failure: Failure | None) -> None:
        with held(worker, "IMMEDIATE"):
            end(self, failure)

    worker("notify")
    with monkeypatch.context() as patch:
        patch.setattr(Notifier, "end", end_held)
        ended = worker("run", bad_job, "--set", "notify.repeat=0")
    worker("notify", "--set", "notify.repeat=0")
    worker("notify")

    assert ended.code == 3
    assert "notify.failed" in [each["event"] for each in ended.events]
    assert [each["run_id"] for each in receiver.messages].count(ended.summary["run_id"]) == 1
