"""Work in threads: nothing that it uses is taken away while it is at work."""

import asyncio
import threading

import anyio
import pytest

from presence_worker.threads import work_in_thread

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("times", [1, 2])
async def test_a_cancelled_task_ends_after_its_work(times: int) -> None:
    """However often it is cancelled, whatever it does at its end finds the work done."""
    begun, may_end, done = threading.Event(), threading.Event(), []

    def work() -> None:
        begun.set()
        may_end.wait()
        done.append("work")

    async def host() -> None:
        try:
            await work_in_thread(work)
        finally:
            done.append("end")

    task = asyncio.create_task(host())
    while not begun.is_set():  # noqa: ASYNC110 - a thread's beginning
        await asyncio.sleep(0)
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
    may_end.set()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["work", "end"]


async def test_a_cancelled_scope_lets_nothing_begin() -> None:
    """Work that has not begun when its scope is cancelled is not done."""
    done: list[int] = []

    with anyio.CancelScope() as scope:
        scope.cancel()
        await work_in_thread(done.append, 1)

    assert done == []


async def test_gives_what_the_work_returns_or_raises() -> None:
    """The thread changes nothing of it."""
    assert await work_in_thread(int, "12", base=8) == 10

    with pytest.raises(ZeroDivisionError):
        await work_in_thread(divmod, 1, 0)
