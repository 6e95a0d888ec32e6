"""Workers who share one source of changes."""

from collections.abc import Awaitable, Callable, Iterable

import anyio
from anyio.abc import TaskGroup

from ..errors import PresenceWorkerError
from ..model import Change, Outcome, internal_error
from .policy import Pipeline
from .retry import RetryState
from .systemic_failures import Halt

MOST_WAITING = 1000  # rows that wait for their next try; then workers wait too, so that memory stays flat
Source = Callable[[], Awaitable[Change | None]]  # the next change, None at the end; any worker may ask
Settle = Callable[[Change, Outcome], None]


def source_of(changes: Iterable[Change]) -> Source:
    """Return a source of *changes* that are there already."""
    left = iter(changes)

    async def next_change() -> Change | None:
        return next(left, None)

    return next_change


class WorkerPool:
    """Owns the source; each change goes to exactly one worker, and is settled exactly once."""

    def __init__(self, source: Source, pipeline: Pipeline, settle: Settle, halt: Halt) -> None:
        self._source = source
        self._pipeline = pipeline
        self._settle = settle
        self._halt = halt
        self._room = anyio.Semaphore(MOST_WAITING)

    async def work(self, group: TaskGroup) -> None:
        """Take one change after the other until none is left, or until the halt."""
        with self._halt.scope():
            try:
                while (change := await self._source()) is not None:
                    await self._begin(change, group)
            except PresenceWorkerError as error:
                self._halt(error)

    async def _begin(self, change: Change, group: TaskGroup) -> None:
        """Try a change; what its first try does not settle goes on beside the others."""
        outcome = await self._first_try(change)
        if outcome.trouble is None and not change.in_doubt:
            self._settle(change, outcome)
        else:
            group.start_soon(self._retry, RetryState(change, outcome))
            await self._room.acquire()

    async def _first_try(self, change: Change) -> Outcome:
        try:
            return await (self._pipeline.in_doubt if change.in_doubt else self._pipeline.first)(change)
        except Exception as error:  # noqa: BLE001 - a bug on one row must not take the others along
            return internal_error(error, sent=True)

    async def _retry(self, state: RetryState) -> None:
        outcome = None
        try:
            with self._halt.scope():
                outcome = await self._pipeline.retry_until_settled(state)
        except Exception as error:  # noqa: BLE001 - any error ends the pool
            outcome = internal_error(error, sent=True).after(state.outcome)
        finally:  # also when the run is halted while the row waits
            self._room.release()
            self._settle(state.change, outcome or state.outcome_at_halt())


async def deliver(source: Source, pipeline: Pipeline, settle: Settle, halt: Halt, *, workers: int) -> None:
    """Deliver all changes of *source*; return when each is settled, or when the run was halted.

    A change that was not settled when the halt came was never sent in this session.
    """
    pool = WorkerPool(source, pipeline, settle, halt)
    async with anyio.create_task_group() as group:
        for _ in range(workers):
            group.start_soon(pool.work, group)
