"""Workers over one shared iterator of changes."""

from collections.abc import Callable, Iterator

import anyio
from anyio.abc import TaskGroup

from ..errors import PresenceWorkerError
from ..model import Change, Outcome, internal_error
from .halt import Halt
from .policy import Tries
from .retry import Case

MOST_WAITING = 1000  # rows that wait for their next try; then workers wait too, so that memory stays flat
Settle = Callable[[Change, Outcome], None]


class Line:
    """Owns the shared iterator; each change goes to exactly one worker, and is settled exactly once."""

    def __init__(self, changes: Iterator[Change], tries: Tries, settle: Settle, halt: Halt) -> None:
        self._changes = changes
        self._tries = tries
        self._settle = settle
        self._halt = halt
        self._room = anyio.Semaphore(MOST_WAITING)

    async def work(self, group: TaskGroup) -> None:
        """Take one change after the other until none is left, or until the halt."""
        with self._halt.scope():
            try:
                for change in self._changes:
                    await self._begin(change, group)
            except PresenceWorkerError as error:
                self._halt(error)

    async def _begin(self, change: Change, group: TaskGroup) -> None:
        """Try a change; what its first try does not settle goes on beside the others."""
        outcome = await self._first_try(change)
        if outcome.trouble is None and not change.in_doubt:
            self._settle(change, outcome)
        else:
            group.start_soon(self._see_through, Case(change, outcome))
            await self._room.acquire()

    async def _first_try(self, change: Change) -> Outcome:
        try:
            return await (self._tries.in_doubt if change.in_doubt else self._tries.first)(change)
        except Exception as error:  # noqa: BLE001 - a bug on one row must not take the others along
            return internal_error(error, sent=True)

    async def _see_through(self, case: Case) -> None:
        outcome = None
        try:
            with self._halt.scope():
                outcome = await self._tries.see_through(case)
        except Exception as error:  # noqa: BLE001 - likewise
            outcome = internal_error(error, sent=True).after(case.outcome)
        finally:  # also when the run is halted while the row waits
            self._room.release()
            self._settle(case.change, outcome or case.ended_early())


async def deliver(
    changes: Iterator[Change], tries: Tries, settle: Settle, halt: Halt, *, workers: int
) -> None:
    """Deliver all *changes*; return when each is settled, or when the run was halted.

    A change that was not settled when the halt came was never sent in this session.
    """
    line = Line(changes, tries, settle, halt)
    async with anyio.create_task_group() as group:
        for _ in range(workers):
            group.start_soon(line.work, group)
