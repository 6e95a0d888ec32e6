"""The recorder: outcomes reach the disk in groups, soon, and each exactly once."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import anyio
import pytest

from presence_worker.errors import Stopped
from presence_worker.journal import Journal, Outbox, OutboxInThreads, Settled, now
from presence_worker.model import Outcome, Result
from presence_worker.run.sending import LONGEST, MOST, Recorder
from tests.conftest import VIRTUAL_TIME

from .given import REJECTED, UPDATED, each_change, obstruct, results_on_disk, same, staged

pytestmark = pytest.mark.anyio
ROWS = 3 * MOST


class Watched:
    """An outbox that notes which rows were written together, and when; a write can be held up."""

    def __init__(self, outbox: Outbox) -> None:
        self.take, self.give_back = outbox.take, outbox.give_back
        self.pages, self.set_aside = outbox.pages, outbox.set_aside
        self._write = outbox.record
        self.groups: list[list[int]] = []
        self.times: list[float] = []  # seconds since the start
        self.may_write = asyncio.Event()
        self.may_write.set()
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()

    async def record(self, outcomes: Iterable[Settled]) -> None:
        """Note what is to be written, wait where it is held up, and write it."""
        group = list(outcomes)
        self.groups.append([row for row, _, _ in group])
        self.times.append(round(self._loop.time(), 6))
        self._news.set()
        await self.may_write.wait()
        await self._write(group)

    async def group(self, number: int) -> None:
        """Wait until so many groups came; meanwhile no time passes but what others wait for."""
        while len(self.groups) < number:
            self._news.clear()
            await self._news.wait()


@pytest.fixture
def anyio_backend() -> str | tuple[str, Mapping[str, Any]]:
    return VIRTUAL_TIME


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    with closing(staged(path, ROWS)) as journal:
        journal.sessions.begin("run", rate=10)
        list(each_change(journal))
        yield journal


@pytest.fixture
async def outbox(journal: Journal) -> Watched:
    return Watched(OutboxInThreads(journal.outbox))


@pytest.fixture
async def recorder(outbox: Watched, journal: Journal) -> Recorder:
    return Recorder(outbox, journal.logged)


@asynccontextmanager
async def running(recorder: Recorder) -> AsyncIterator[list[Stopped]]:
    """Let the recorder work beside the block; give what it stops the run for."""
    reasons: list[Stopped] = []
    async with anyio.create_task_group() as beside:
        beside.start_soon(recorder.run, reasons.append)
        await anyio.wait_all_tasks_blocked()
        yield reasons
        beside.cancel_scope.cancel()


def add(recorder: Recorder, rows: Iterable[int], outcome: Outcome = UPDATED) -> list[int]:
    """Settle rows; give them."""
    added = list(rows)
    for row in added:
        recorder.add(row, outcome)
    return added


def settled(path: Path) -> list[int]:
    """Give the rows whose outcomes are on disk."""
    return [row for row, result in results_on_disk(path).items() if result == Result.UPDATED]


async def test_a_full_group_goes_at_once(outbox: Watched, recorder: Recorder) -> None:
    """As many outcomes as make a group do not wait."""
    async with running(recorder):
        group = add(recorder, range(1, MOST + 1))
        await outbox.group(1)

    assert (outbox.groups, outbox.times) == ([group], [0])


async def test_a_few_wait_for_others_a_moment(outbox: Watched, recorder: Recorder) -> None:
    """Fewer outcomes go when the first of them has waited long enough, with those that came since."""
    async with running(recorder):
        add(recorder, [1])
        await anyio.sleep(LONGEST / 2)
        add(recorder, [2, 3])
        await outbox.group(1)

    assert (outbox.groups, outbox.times) == ([[1, 2, 3]], [LONGEST])


async def test_the_wait_ends_when_a_group_is_full(outbox: Watched, recorder: Recorder) -> None:
    """Who completes a group ends the waiting of all in it."""
    async with running(recorder):
        first = add(recorder, range(1, MOST))
        await anyio.sleep(LONGEST / 2)
        last = add(recorder, [MOST])
        await outbox.group(1)

    assert (outbox.groups, outbox.times) == ([first + last], [LONGEST / 2])


async def test_group_follows_group(outbox: Watched, recorder: Recorder, path: Path) -> None:
    """What comes while a group is being written waits for the next one; each outcome is written once."""
    outbox.may_write.clear()
    async with running(recorder):
        first = add(recorder, range(1, MOST + 1))
        await outbox.group(1)
        second = add(recorder, range(MOST + 1, MOST + 11))
        outbox.may_write.set()
        await outbox.group(2)

    assert outbox.groups == [first, second]
    await recorder.flush()
    assert settled(path) == first + second


async def test_after_a_rest_the_wait_begins_anew(outbox: Watched, recorder: Recorder) -> None:
    """An outcome that comes later waits as long as the first one did."""
    async with running(recorder):
        add(recorder, [1])
        await outbox.group(1)
        await anyio.wait_all_tasks_blocked()  # which may take a while
        came = anyio.current_time()
        add(recorder, [2])
        await outbox.group(2)

    assert outbox.groups == [[1], [2]]
    assert outbox.times == [LONGEST, pytest.approx(came + LONGEST)]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # real time: what should come does not
async def test_a_flush_does_not_put_the_recorder_to_sleep(outbox: Watched, recorder: Recorder) -> None:
    """Who flushes in between, though nothing waits, does not keep later outcomes from being written."""
    async with running(recorder):
        await recorder.flush()
        add(recorder, [1])
        with anyio.move_on_after(10 * LONGEST):
            await outbox.group(1)

    assert outbox.groups == [[1]]


async def test_flushed_is_on_disk(journal: Journal, recorder: Recorder, path: Path) -> None:
    """When `flush` returns, all that was added is in the file, as it was judged and when it was judged."""
    before = now()
    add(recorder, [1])
    recorder.add(2, REJECTED)
    after = now()

    await recorder.flush()

    assert results_on_disk(path) == {**same(Result.UNKNOWN, ROWS), 1: "updated", 2: "rejected"}
    assert all(before <= str(fate.finished_at) <= after for fate in list(journal.results.all())[:2])


async def test_a_flush_waits_for_the_group_on_its_way(
    outbox: Watched, recorder: Recorder, path: Path
) -> None:
    """Who flushes while a group is being written returns when that one is on disk, too."""
    outbox.may_write.clear()
    async with running(recorder):
        add(recorder, range(1, MOST + 1))
        await outbox.group(1)
        asyncio.get_running_loop().call_later(0.02, outbox.may_write.set)
        await recorder.flush()

        assert settled(path) == list(range(1, MOST + 1))
    assert len(outbox.groups) == 1


async def test_nothing_is_written_for_nothing(outbox: Watched, recorder: Recorder) -> None:
    """Without outcomes there is no write, however long it takes."""
    async with running(recorder):
        await anyio.sleep(3600)
        await recorder.flush()

    assert outbox.groups == []


async def test_what_waits_when_the_run_ends_is_kept(outbox: Watched, recorder: Recorder, path: Path) -> None:
    """A recorder that is cancelled loses nothing: the last flush writes the rest."""
    async with running(recorder):
        add(recorder, [1, 2])
        await anyio.sleep(LONGEST / 2)

    await recorder.flush()

    assert outbox.groups == [[1, 2]]
    assert settled(path) == [1, 2]


async def test_a_group_on_its_way_is_finished(outbox: Watched, recorder: Recorder, path: Path) -> None:
    """A recorder that is cancelled amid a write ends when that is on disk, and the write is not repeated."""
    outbox.may_write.clear()
    async with running(recorder):
        add(recorder, range(1, MOST + 1))
        await outbox.group(1)
        asyncio.get_running_loop().call_later(0.02, outbox.may_write.set)

    found = settled(path)
    await recorder.flush()

    assert found == list(range(1, MOST + 1))
    assert len(outbox.groups) == 1


@pytest.mark.parametrize("steps", range(12))
async def test_whenever_it_is_cancelled_nothing_is_lost(
    outbox: Watched, recorder: Recorder, path: Path, steps: int
) -> None:
    """Each outcome is written once, at whatever step of its writing the recorder is told to end."""
    async with running(recorder):
        group = add(recorder, range(1, MOST + 1))
        for _ in range(steps):
            await asyncio.sleep(0)

    await recorder.flush()

    assert outbox.groups == [group]
    assert settled(path) == group


async def test_a_write_that_fails_stops_the_run(outbox: Watched, recorder: Recorder, path: Path) -> None:
    """The run hears why, once, and the group is not tried again: its rows stay in doubt."""
    obstruct(path, "INSERT ON outcome", "NEW.row = 2")
    async with running(recorder) as reasons:
        add(recorder, [1, 2, 3])
        await outbox.group(1)
        await recorder.flush()
        await anyio.wait_all_tasks_blocked()

    await recorder.flush()

    assert [str(reason) for reason in reasons] == [
        f"the journal {path} cannot be written: database or disk is full"
    ]
    assert outbox.groups == [[1, 2, 3]]
    assert results_on_disk(path) == same(Result.UNKNOWN, ROWS)


async def test_what_was_in_flight_is_written_all_the_same(
    outbox: Watched, recorder: Recorder, path: Path
) -> None:
    """After a write that failed, answers that still come in are kept if there is room for them."""
    obstruct(path, "INSERT ON outcome", "NEW.row = 2")
    async with running(recorder):
        add(recorder, [1, 2, 3])
        await outbox.group(1)
        add(recorder, [4])

    await recorder.flush()

    assert outbox.groups == [[1, 2, 3], [4]]
    assert settled(path) == [4]


async def test_a_flush_that_fails_says_so_once(outbox: Watched, recorder: Recorder, path: Path) -> None:
    """Who flushes hears of the failure; flushing again does not repeat the write."""
    obstruct(path, "INSERT ON outcome")
    add(recorder, [1])

    with pytest.raises(Stopped, match="database or disk is full"):
        await recorder.flush()
    await recorder.flush()

    assert outbox.groups == [[1]]
    assert results_on_disk(path) == same(Result.UNKNOWN, ROWS)
