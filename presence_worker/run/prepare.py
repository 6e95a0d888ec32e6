"""A run is made ready in a thread: the event loop goes on, and a run that must end need not wait."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, asynccontextmanager, suppress
from contextvars import copy_context
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from math import inf
from pathlib import Path
from threading import Thread
from typing import NamedTuple, TypeVar

import anyio
from structlog.contextvars import bound_contextvars

from ..clock import today
from ..errors import Locked, PresenceWorkerError, Terminated
from ..events import Event, Queued
from ..journal import Journal, Lease, LocalLease
from ..run_context import RunContext
from ..settings.value_types import seconds_left
from ..shutdown import Shutdown
from ..threads import wait_for_end, work_in_thread
from ..wording import plain_duration

POLL = 1.0  # seconds between two tries to get the target
GRACE = 0.5  # seconds for work that must stop; what still waits for input is left behind then
T = TypeVar("T")


class StagedRun(NamedTuple):
    """A run that is staged, and that this process holds."""

    folder: Path
    journal: Journal
    command: str  # that it is carried out by
    lease: Lease = LocalLease()  # under which it works
    job: str | None = None  # as it was named; None for all but a new job
    refused: PresenceWorkerError | None = None  # why it must not be sent
    overtaken: frozenset[int] = frozenset()  # associates that a later run has set: not sent
    is_over: bool = False  # nothing is left to send of it


class Hold(ExitStack):
    """Owns what a run keeps to itself until its end."""

    new_folder: Path | None = None  # with nothing in it that could be resumed, until the run is staged

    def __init__(self) -> None:
        super().__init__()
        self._target = self.enter_context(ExitStack())

    def enter_target(self, holding: AbstractContextManager[Lease]) -> Lease:
        """Hold the target as well, until the end or until `abandon`."""
        return self._target.enter_context(holding)

    def abandon(self, shutdown: Shutdown) -> None:
        """Let go of the target before all else: a thread that is left behind sends nothing."""
        self._target.close()
        if shutdown.is_requested and self.new_folder:  # that thread cannot do it
            shutil.rmtree(self.new_folder, ignore_errors=True)


Prepare = Callable[[Hold, RunContext], StagedRun]


@asynccontextmanager
async def prepared(prepare: Prepare, context: RunContext) -> AsyncIterator[StagedRun]:
    """Prepare a run in a thread, and let go in another of what it holds.

    *prepare* enters on its stack what the run holds until its end. Its events are heard in the loop's thread.
    """
    loop, hold = asyncio.get_running_loop(), Hold()

    def emit_from_thread(event: Event) -> None:
        loop.call_soon_threadsafe(context.emit, event)

    def work() -> tuple[StagedRun, ExitStack]:
        with hold:
            run = prepare(hold, replace(context, subscriber=emit_from_thread))
            return run, hold.pop_all()

    try:
        run, held = await in_thread(work, context.shutdown, discard=lambda made: made[1].close())
    except BaseException:
        await _abandon(hold, context.shutdown)
        raise
    try:
        with bound_contextvars(run_id=run.folder.name):
            yield run
    finally:
        with anyio.CancelScope(shield=True):
            await work_in_thread(held.close)


async def _abandon(hold: Hold, shutdown: Shutdown) -> None:
    """Let go in a thread: a database that is to hear of it may not answer."""
    with anyio.CancelScope(shield=True):
        await work_in_thread(hold.abandon, shutdown)


@asynccontextmanager
async def prepared_in_turn(
    prepare: Prepare, context: RunContext, wait: float
) -> AsyncIterator[tuple[StagedRun, RunContext]]:
    """Prepare a run in the same way, as soon as no other run holds the target; yield it with its own context.

    Raise Locked where that takes longer than *wait* seconds, or until delivery.deadline.
    """
    turn = Turn(context, wait)
    async with AsyncExitStack() as stack:
        while True:
            try:
                run = await stack.enter_async_context(prepared(prepare, turn.context()))
                break
            except Locked as error:
                await turn.wait(error)
        yield run, turn.context()


class Turn:
    """Owns how long a run has waited for its target."""

    def __init__(self, context: RunContext, wait: float) -> None:
        self._context = context
        self._called = anyio.current_time()
        deadline = context.settings.delivery.deadline
        left = inf if deadline is None else seconds_left(deadline, datetime.now().astimezone())
        self._wait = min(wait, left)
        self._waited = 0.0

    def context(self) -> RunContext:
        """Return what the run works in if it begins now; after a wait it may be another day."""
        if not self._waited:
            return self._context
        day = today(self._context.settings.input.timezone)
        return replace(self._context, waited=self._waited, day=day)

    async def wait(self, error: Locked) -> None:
        """Wait a moment for the run that holds the target; raise *error* where it has taken too long."""
        if self._wait <= self._waited:
            words = f"waited {plain_duration(self._waited)}, but " if self._waited else ""
            raise Locked(f"{words}{error}") from None
        if not self._waited:
            until = datetime.now(UTC) + timedelta(seconds=self._wait)
            self._context.emit(Queued(run_id="", target=self._context.target, until=until))
        with anyio.CancelScope() as scope, self._context.shutdown.watched(scope.cancel):
            await anyio.sleep(min(POLL, self._wait - self._waited))
        self._context.shutdown.check()
        self._waited = anyio.current_time() - self._called


async def in_thread(work: Callable[[], T], shutdown: Shutdown, discard: Callable[[T], None]) -> T:
    """Return what *work* returns; it calls `shutdown.check` where it can stop.

    Where it does not stop in time, such as on a silent standard input, raise the reason at once. The thread
    then goes on alone. It does not keep the process alive, and discards what it still makes. To cancel the
    task is to request the end.
    """
    loop, made, copied = asyncio.get_running_loop(), Future[T](), copy_context()
    Thread(target=lambda: copied.run(_hand_over, work, made, discard), daemon=True).start()
    waiting = asyncio.wrap_future(made)

    def leave_soon() -> None:
        loop.call_later(GRACE, waiting.cancel)

    with shutdown.watched(leave_soon):
        try:
            await asyncio.wait((waiting,))
        except asyncio.CancelledError:
            shutdown.request(Terminated, "its host")
            await _discard_at_end(waiting, discard)
            raise
    if waiting.cancelled():
        made.add_done_callback(partial(_discard_late, discard))
        raise shutdown.reason()
    return waiting.result()


async def _discard_at_end(waiting: "asyncio.Future[T]", discard: Callable[[T], None]) -> None:
    with suppress(asyncio.CancelledError):
        await wait_for_end(waiting)
    if not waiting.cancelled() and not waiting.exception():
        with anyio.CancelScope(shield=True):
            await work_in_thread(discard, waiting.result())


def _discard_late(discard: Callable[[T], None], made: "Future[T]") -> None:
    """Discard what came at the very moment in which it was given up."""
    if not made.cancelled() and not made.exception():
        discard(made.result())


def _hand_over(work: Callable[[], T], made: "Future[T]", discard: Callable[[T], None]) -> None:
    try:
        value = work()
    except BaseException as error:  # noqa: BLE001 - raised where it is waited for, if it still is
        if made.set_running_or_notify_cancel():
            made.set_exception(error)
    else:
        if made.set_running_or_notify_cancel():
            made.set_result(value)
        else:
            discard(value)
