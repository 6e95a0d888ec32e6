"""A run is made ready in a thread: the event loop goes on meanwhile, and whoever has to end need not wait."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, suppress
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread
from typing import NamedTuple, TypeVar

import anyio
from structlog.contextvars import bound_contextvars

from ..errors import PresenceWorkerError, Terminated
from ..events import Event
from ..journal import Journal
from ..run_context import RunContext
from ..shutdown import Shutdown
from ..threads import wait_for_end, work_in_thread

GRACE = 0.5  # seconds for work that was told to stop; what still waits for input is left behind then
T = TypeVar("T")


class StagedRun(NamedTuple):
    """A run that is staged, and that this process holds."""

    folder: Path
    journal: Journal
    command: str  # that it is carried out by
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

    def enter_target(self, lock: AbstractContextManager[None]) -> None:
        """Hold the target as well, until the end or until `leave_target`."""
        self._target.enter_context(lock)

    def leave_target(self) -> None:
        """Let go of the target before all else: a thread that is left behind sends nothing."""
        self._target.close()


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
        hold.leave_target()
        if context.shutdown.is_requested and hold.new_folder:  # a thread that is left behind cannot do it
            shutil.rmtree(hold.new_folder, ignore_errors=True)
        raise
    try:
        with bound_contextvars(run_id=run.folder.name):
            yield run
    finally:
        with anyio.CancelScope(shield=True):
            await work_in_thread(held.close)


async def in_thread(work: Callable[[], T], shutdown: Shutdown, discard: Callable[[T], None]) -> T:
    """Return what *work* returns; it calls `shutdown.check` where it can stop.

    Where it does not stop in time, such as on standard input that nobody writes to, raise the reason at once:
    the thread goes on alone, does not keep the process alive, and discards what it still makes. To cancel the
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
            with suppress(asyncio.CancelledError):
                await wait_for_end(waiting)
            if not waiting.cancelled() and not waiting.exception():
                with anyio.CancelScope(shield=True):
                    await work_in_thread(discard, waiting.result())
            raise
    if waiting.cancelled():
        made.add_done_callback(partial(_discard_late, discard))
        raise shutdown.reason()
    return waiting.result()


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
