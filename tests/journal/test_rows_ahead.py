"""Rows that may be sent next: pages are taken ahead, beside the sending, and each row is given out once."""

from collections.abc import Iterable

import anyio
import anyio.lowlevel
import pytest

from presence_worker.errors import Stopped
from presence_worker.journal import Pages, RowsAhead, Settled
from presence_worker.model import Change

from .given import AWAY

pytestmark = pytest.mark.anyio


class Scripted:
    """A place with so many rows; it can be slow, and break behind a row."""

    def __init__(self, rows: int, page: int, *, breaks_behind: int | None = None) -> None:
        self.pages = Pages(page, page // 2)
        self._rows = rows
        self._breaks_behind = breaks_behind
        self.taken: list[list[int]] = []
        self.may_answer = anyio.Event()
        self.may_answer.set()

    async def take(self, after: int, most: int) -> list[Change]:
        """Return the rows that come next."""
        await self.may_answer.wait()
        if after == self._breaks_behind:
            raise Stopped("the disk is gone")
        page = [Change(n, n, AWAY) for n in range(after + 1, min(after + most, self._rows) + 1)]
        self.taken.append([change.row for change in page])
        return page

    async def record(self, outcomes: Iterable[Settled]) -> None:
        """Take nothing in."""

    async def give_back(self, after: int) -> None:
        """Take nothing back."""

    def set_aside(self, rows: int) -> None:
        """Let nothing else happen."""


async def got(rows: RowsAhead, found: list[int]) -> None:
    """Take row after row, and let others have their turn."""
    async for change in rows:
        found.append(change.row)
        await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("workers", [1, 3, 20])
@pytest.mark.parametrize("page", [1, 2, 4, 100])
@pytest.mark.parametrize("number", [0, 1, 2, 9])
async def test_each_row_is_given_out_once(number: int, page: int, workers: int) -> None:
    """In row order, whoever asks, and all of them hear the end."""
    rows, found = RowsAhead(Scripted(number, page)), list[int]()

    async with anyio.create_task_group() as group:
        for _ in range(workers):
            group.start_soon(got, rows, found)
        group.start_soon(rows.run)

    assert found == list(range(1, number + 1))
    assert rows.begun == number


async def test_the_next_page_is_taken_while_half_a_page_is_left() -> None:
    """No more is taken than somebody will need soon: it would be in doubt if we died."""
    outbox = Scripted(20, 4)
    rows = RowsAhead(outbox)

    async with anyio.create_task_group() as group:
        group.start_soon(rows.run)
        taken = []
        for _ in range(5):
            await anext(rows)
            await anyio.wait_all_tasks_blocked()
            taken.append(len(outbox.taken))
        group.cancel_scope.cancel()

    assert taken == [1, 2, 2, 2, 2]
    assert rows.begun == 5


async def test_rows_are_given_out_while_a_page_is_slow() -> None:
    """A slow disk holds nobody up as long as rows are there."""
    outbox = Scripted(8, 4)
    rows = RowsAhead(outbox)

    async with anyio.create_task_group() as group:
        group.start_soon(rows.run)
        first = await anext(rows)
        outbox.may_answer = anyio.Event()
        with anyio.fail_after(5):
            ready = [first.row, *[(await anext(rows)).row for _ in range(3)]]
        outbox.may_answer.set()
        rest = [change.row async for change in rows]

    assert (ready, rest) == ([1, 2, 3, 4], [5, 6, 7, 8])


async def test_a_page_that_cannot_be_taken_is_told_last() -> None:
    """What was taken before may be sent; then everybody hears why there is no more."""
    rows = RowsAhead(Scripted(9, 4, breaks_behind=4))

    async with anyio.create_task_group() as group:
        group.start_soon(rows.run)
        found = [(await anext(rows)).row for _ in range(4)]
        for _ in range(2):
            with pytest.raises(Stopped, match="the disk is gone"):
                await anext(rows)

    assert found == [1, 2, 3, 4]


async def test_who_waits_hears_of_the_end_when_it_is_cancelled() -> None:
    """Nobody waits for a page that nobody takes any more."""
    outbox = Scripted(9, 4)
    rows, found = RowsAhead(outbox), list[int]()
    outbox.may_answer = anyio.Event()

    async with anyio.create_task_group() as group:
        group.start_soon(got, rows, found)
        async with anyio.create_task_group() as beside:
            beside.start_soon(rows.run)
            await anyio.wait_all_tasks_blocked()
            beside.cancel_scope.cancel()
            outbox.may_answer.set()

    assert found in ([], [1, 2, 3, 4])  # the page on its way may still be given out: it was taken
