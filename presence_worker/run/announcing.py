"""How many requests a run takes, and how long they take at the configured rate."""

import structlog

from ..journal import Journal
from ..run_context import Progress
from ..settings import Delivery
from ..text import counted
from ..values import plain_duration

log = structlog.get_logger()


def announce(
    journal: Journal, delivery: Delivery, progress: Progress, *, more: int, gets: int, final: bool
) -> None:
    """Say that *more* requests follow the *gets* of this session and all that earlier ones made.

    It is the exact number when it is *final*, else the most there can be.
    """
    requests = more + gets + journal.work().gets + journal.puts()[0]
    seconds = round(requests / delivery.rate, 1)
    log.info("run.announced", requests=requests, seconds=seconds, rate=delivery.rate, final=final)
    words = f"{counted(requests, 'request')}, {plain_duration(seconds)} at {delivery.rate:g} requests/s"
    progress.remark(words if final else f"At most {words}")
