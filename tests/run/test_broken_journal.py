"""A journal that can no longer be written in the middle of a run: what was sent is never said not to be."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from presence_worker.errors import ExitCode, Stopped
from presence_worker.journal import JOURNAL, Archive, now
from presence_worker.model import Change, Outcome, Presence, Reason, Result
from presence_worker.next_step import NextStep
from presence_worker.run.commands import apply_run
from presence_worker.run_context import RunContext
from presence_worker.run_states import State
from presence_worker.settings.configuration import load_settings
from presence_worker.superoffice import Client
from presence_worker.superoffice.online_hints import OnlineHint
from tests.told import as_told

from ..journal.given import UPDATED, obstruct, staged, tamper

pytestmark = pytest.mark.anyio
ROWS = 10


NOT_READ = Outcome(result=Result.REJECTED, reason=Reason.REFUSED)


class Service:
    """A service that does what it is asked, and notes it."""

    gets = 0
    hint = OnlineHint(is_online=False)

    def __init__(self) -> None:
        self.sent: list[int] = []  # rows
        self.latency = 0.0  # seconds until a row is answered
        self.meanwhile: Callable[[], object] = lambda: None  # what else happens while a row is on its way

    def guard(self, may_send: Callable[[], bool]) -> None:
        """Send whatever comes."""

    async def put(self, change: Change) -> Outcome:
        """Apply a change."""
        self.sent.append(change.row)
        self.meanwhile()
        await anyio.sleep(self.latency)
        return UPDATED

    async def get(self, _: Change) -> Outcome:
        """Know of nobody."""
        return NOT_READ

    async def read_back(self, _: int) -> Presence | None:
        """Know of nobody."""
        return None

    def take_doubted(self) -> set[int]:
        """Doubt no answer."""
        return set()

    async def take_last_doubted(self) -> set[int]:
        """Likewise."""
        return set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Client]:
        """Open the service as a run does."""
        yield cast("Client", self)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a held run of ten rows."""
    archive = Archive(tmp_path)
    archive.prepare()
    folder = archive.new_folder()
    staged(folder / JOURNAL, ROWS, run_id=folder.name, created_at=now(), target="t", state=State.HELD).close()
    return folder


@pytest.fixture
def context(tmp_path: Path, service: Service) -> RunContext:
    return RunContext(
        day=date(2026, 12, 1),
        settings=load_settings(None, {"delivery": {"rate": "1000000"}}),
        archive=Archive(tmp_path),
        target="t",
        options=(),
        input_options=(),
        open_service=service.open,
    )


async def apply_while(folder: Path, context: RunContext, event: str, when: str) -> dict[str, Any]:
    """Send a held run while a kind of write fails; give its summary."""
    obstruct(folder / JOURNAL, event, when)
    summary = await apply_run(folder.name, context, any_age=False)
    tamper(folder / JOURNAL, "DROP TRIGGER obstacle")
    return as_told(summary)


async def test_a_row_that_cannot_be_noted_is_not_sent(
    folder: Path, context: RunContext, service: Service
) -> None:
    """Where the journal cannot hold that rows may have been sent, none of them is, and the run is stopped."""
    summary = await apply_while(folder, context, "UPDATE OF handed_out ON session", "1")

    assert (service.sent, summary["exit_code"]) == ([], ExitCode.STOPPED)
    assert summary["counts"]["not_sent"] == ROWS


async def test_what_was_sent_and_cannot_be_noted_is_in_doubt(
    folder: Path, context: RunContext, service: Service
) -> None:
    """Outcomes that could not be written leave their rows unknown: they reached the service."""
    summary = await apply_while(folder, context, "INSERT ON outcome", "NEW.row = 3")

    assert (summary["state"], summary["exit_code"]) == ("stopped", ExitCode.STOPPED)
    assert summary["counts"]["updated"] + summary["counts"]["unknown"] >= len(service.sent) > 0


async def test_a_row_that_was_never_begun_is_not_in_doubt(
    folder: Path, context: RunContext, service: Service
) -> None:
    """Of the rows that were handed out, only those that a sender took up may have been sent."""
    service.latency = 0.1
    settings = load_settings(None, {"delivery": {"rate": "1000000", "concurrency": "1"}})

    summary = await apply_while(folder, replace(context, settings=settings), "INSERT ON outcome", "1")

    counts, sent = summary["counts"], len(service.sent)
    assert 0 < sent < ROWS
    assert sent <= counts["unknown"] <= sent + 1  # the only sender may have taken up one more
    assert counts["not_sent"] == ROWS - counts["unknown"]


async def test_a_journal_that_cannot_be_read_in_the_end(
    folder: Path, context: RunContext, service: Service
) -> None:
    """Nothing is claimed of any row, and the way on is `resume`, not to send the whole job again."""
    service.meanwhile = lambda: tamper(folder / JOURNAL, "DROP VIEW IF EXISTS fate")

    with pytest.raises(Stopped, match="cannot be read") as caught:
        await apply_run(folder.name, context, any_age=False)

    assert service.sent
    assert caught.value.next == NextStep(("resume", folder.name))
