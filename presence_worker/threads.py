"""Work in a thread, which ends before its caller goes on."""

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
from anyio.lowlevel import checkpoint_if_cancelled

P = ParamSpec("P")
T = TypeVar("T")


async def work_in_thread(work: Callable[P, T], *values: P.args, **named: P.kwargs) -> T:
    """Return what *work* returns; a task that is cancelled during it, in any way, ends after the work.

    A scope of anyio can be shielded, but `Task.cancel` ends every wait at once. What the work still
    uses, such as the journal, would then be closed under it.
    """
    await checkpoint_if_cancelled()
    call = partial(copy_context().run, work, *values, **named)
    working = asyncio.get_running_loop().run_in_executor(None, call)
    await wait_for_end(working)
    return working.result()


async def wait_for_end(working: "asyncio.Future[T]") -> None:
    """Return when *working* has ended; if the task was cancelled during it, raise that then."""
    cancelled = None
    with anyio.CancelScope(shield=True):
        while not working.done():
            try:
                await asyncio.wait((working,))
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled:
        if not working.cancelled():
            working.exception()  # which no caller waits for any more
        raise cancelled
