"""The record: every request as it was seen, the newest ones only."""

import time

import pytest

from presence_worker.model import NOT_PRESENT, Presence
from presence_worker.sandbox import People, Sandbox, Setup, serve

from .caller import Caller, calling, presence_path

pytestmark = pytest.mark.anyio


async def test_an_entry_tells_what_was_asked_and_answered(caller: Caller, sandbox: Sandbox) -> None:
    """A PUT is written down with its way, its wish and its fate."""
    before = time.monotonic()
    await caller.put(7, message="away")

    (entry,) = sandbox.record

    assert (entry.method, entry.path, entry.query) == ("PUT", presence_path(7), "")
    assert (entry.associate_id, entry.status, entry.applied) == (7, 200, True)
    assert entry.asked == Presence(status=NOT_PRESENT, message="away")
    assert before <= entry.at <= time.monotonic()
    assert "away" not in repr(entry)


async def test_what_was_refused_is_written_down_too(caller: Caller, sandbox: Sandbox) -> None:
    """Nothing is left out: neither reads, nor what was not found, nor what was not understood."""
    await caller.get("/api/v1/User?$top=1")
    await caller.get("/nowhere")
    await caller.call("PUT", presence_path(7), b"{")

    seen = [(entry.associate_id, entry.status, entry.applied, entry.asked) for entry in sandbox.record]

    assert seen == [(None, 200, False, None), (None, 404, False, None), (7, 400, False, None)]
    assert sandbox.record[0].query == "$top=1"


async def test_only_the_newest_requests_are_remembered() -> None:
    """However many requests come, the record stays as long as it was meant to be."""
    async with serve(People(), Setup(remember=2)) as sandbox, calling(sandbox) as caller:
        for each in (1, 2, 3):
            await caller.put(each)

    assert [entry.associate_id for entry in sandbox.record] == [2, 3]
