"""Work in a thread that neither its caller nor the end of the program waits for."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")


async def work_in_daemon(work: Callable[[], T]) -> T:
    """Return what *work* returns, or raise what it raises; a caller that is cancelled leaves it alone.

    An executor's threads would keep the program from ending, for as long as a name server is silent.
    """
    outcome: Future[T] = Future()
    outcome.set_running_or_notify_cancel()  # from now on, a cancellation of the caller does not reach it

    def fail(_: type | None, error: BaseException | None, __: TracebackType | None) -> bool:
        if error:
            outcome.set_exception(error)
        return True

    def run() -> None:
        with ExitStack() as stack:
            stack.push(fail)
            outcome.set_result(work())

    threading.Thread(target=run, daemon=True, name="notify").start()
    return await asyncio.wrap_future(outcome)
