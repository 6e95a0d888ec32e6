"""The outbox of one machine: the journal of a run keeps what may have been sent."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings

from presence_worker.journal import JOURNAL, Journal
from tests.examples import examples

from .given import invalid, row, staged
from .outbox_suite import ROWS, BlockingOutbox, Figures, OutboxSuite, Place, Sender


class InJournal:
    """The place for one machine: the run's own journal."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp())
        rows = [invalid(number) if number in {3, 7} else row(number) for number in range(1, ROWS + 1)]
        self._journal = staged(self._folder / JOURNAL, rows)

    def session(self) -> BlockingOutbox:
        """Begin a session of the run."""
        self._journal.sessions.begin("resume", rate=10)
        return self._journal.outbox

    def seen_later(self) -> dict[int, Figures]:
        """Open the file once more."""
        with closing(Journal.open(self._folder / JOURNAL)) as later:
            return {f.row: (f.result, f.attempts, f.wire_puts, f.duration_ms) for f in later.results.all()}

    def close(self) -> None:
        """Delete the file."""
        self._journal.close()
        shutil.rmtree(self._folder)


class TestInJournal(OutboxSuite):
    """The contract, kept by a journal."""

    @pytest.fixture
    def place(self) -> Iterator[Place]:
        """A run in a folder of its own."""
        with closing(InJournal()) as made:
            yield made


class SenderInJournal(Sender):
    """Sends what is in a journal."""

    place_of = InJournal


TestSender = SenderInJournal.TestCase
TestSender.settings = settings(
    max_examples=examples(50), stateful_step_count=20, deadline=None, derandomize=True
)
