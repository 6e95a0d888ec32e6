"""Messages about the jobs of the service: a thread of their own writes and sends them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, closing, suppress
from threading import Event as Flag
from threading import Thread

import anyio
import structlog

from ..clock import now
from ..errors import ExitCode
from ..events import Event, RunEnded, RunStarted
from ..next_step import NextStep
from ..notify.compose import news_without_run
from ..notify.dispatch import Finish, begin, deliver, open_store
from ..notify.late_jobs import LateJob, find_late_jobs, news_of_late_job
from ..notify.notifier import Notifier, name_target
from ..run_context import SANDBOX, RunContext
from ..threads import work_in_thread
from .served_targets import LoadedTargets

LATE = (None, frozenset[str]())  # the trouble of a late job
ROUND = 300.0  # seconds until messages that were not delivered are sent again
Failure = tuple[str, NextStep]  # state, and what to do, of a job that came to nothing
log = structlog.get_logger()


class MessageThread:
    """Owns a thread with an event loop, in which what waits for a disk holds up nothing else."""

    def __init__(self) -> None:
        self._is_ready = Flag()
        self._thread = Thread(target=self._work, name="messages", daemon=True)
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Event

    def open(self) -> None:
        """Begin to work. It blocks."""
        self._thread.start()
        self._is_ready.wait()

    def close(self) -> None:
        """Cancel what is under way. It blocks."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _work(self) -> None:
        asyncio.run(self._until_closed())

    async def _until_closed(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._is_ready.set()
        await self._over.wait()

    def start(self, work: Coroutine[None, None, None]) -> "Future[None]":
        """Start *work* there; what is started first begins first. Trouble is a line in the log."""
        return asyncio.run_coroutine_threadsafe(_without_harm(work), self._loop)


async def _without_harm(work: Awaitable[None]) -> None:
    with suppress(Exception):
        await work
        return
    log.warning("notify.failed", about="all")


class JobMessages:
    """Owns the messages about one job at work."""

    def __init__(self, thread: MessageThread, context: RunContext) -> None:
        self._thread = thread
        self._context = context
        self._hear: Callable[[Event], None] = _ignore
        self._finish: Finish | None = None
        thread.start(self._begin())

    async def _begin(self) -> None:
        self._hear, self._finish = begin(self._context)

    def hear(self, event: Event) -> None:
        """Pass on that a run begins or ends."""
        if isinstance(event, RunStarted | RunEnded):
            self._thread.start(self._pass_on(event))

    async def _pass_on(self, event: Event) -> None:
        self._hear(event)

    async def end(self, code: int | None, failure: Failure | None) -> None:
        """Send the messages about how the job has ended; return within notify.timeout.

        Without an exit code the job goes on after the next start: no dead man's switch hears of an end.
        """
        await asyncio.wrap_future(self._thread.start(self._end(code, failure)))

    async def _end(self, code: int | None, failure: Failure | None) -> None:
        if self._finish:
            await self._finish(code, failure)


def _ignore(_: Event) -> None:
    pass


class Messenger:
    """Owns the messages of all targets."""

    def __init__(self) -> None:
        self._thread = MessageThread()
        self._began = now()
        self._late: dict[str, tuple[str | None, float]] = {}  # since when it is, and when that was sent

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Let messages be sent inside."""
        await work_in_thread(self._thread.open)
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await work_in_thread(self._thread.close)

    def follow(self, context: RunContext) -> JobMessages | None:
        """Return what follows a job at work; None where the target has no messages."""
        return JobMessages(self._thread, context) if _is_used(context) else None

    def report(self, context: RunContext, code: int, state: str, headline: str | None = None) -> None:
        """Send messages about an ending without a run; the *headline* says more than that."""
        if _is_used(context):
            self._thread.start(self._report(context, code, state, headline))

    async def _report(self, context: RunContext, code: int, state: str, headline: str | None) -> None:
        with closing(open_store(context)) as store:
            notifier = Notifier(context, store)
            next_step = None if code == ExitCode.STOPPED else context.command("doctor")
            notifier.report(news_without_run(notifier.target, code, state, next_step, now(), headline))
            await deliver([notifier], notifier.notify.timeout)

    def send_waiting(self, loaded: LoadedTargets) -> "Future[None]":
        """Send what was not delivered, and report runs that died and jobs that are late."""
        return self._thread.start(self._send_waiting(loaded))

    async def _send_waiting(self, loaded: LoadedTargets) -> None:
        contexts = [loaded.context_of_messages(name) for name in loaded.names if loaded.works_for(name)]
        used = [context for context in contexts if _is_used(context)]
        if not used:
            return
        with closing(open_store(loaded.common)) as store:
            notifiers = [Notifier(context, store) for context in used]
            if len(contexts) > 1 and not loaded.common.fleet:  # else another machine may have them
                known = {name_target(context) for context in contexts}
                gone = [name for name in store.targets() if name not in known]
                notifiers += [Notifier(loaded.common, store, name) for name in gone]
            self._report_late_jobs(notifiers, loaded)
            for notifier in notifiers:
                notifier.catch_up()
            await deliver(notifiers, max(notifier.notify.timeout for notifier in notifiers))

    def _report_late_jobs(self, notifiers: Sequence[Notifier], loaded: LoadedTargets) -> None:
        by_name = {notifier.target: notifier for notifier in notifiers}
        if not any(notifier.context.settings.report.expected_every for notifier in notifiers):
            return
        for job in find_late_jobs([*loaded.each.values()], [], loaded.common):
            notifier = by_name.get(job.target)
            if notifier and self._is_news(job, notifier.notify.repeat) and not _is_sent(job, notifier):
                self._late[job.target] = (job.missing.since, now().timestamp())
                notifier.report(news_of_late_job(job, notifier.context.command("runs")))

    def _is_news(self, job: LateJob, repeat: float) -> bool:
        """Return whether no message has said it yet; at the very first start no job is late."""
        is_first = job.missing.since is None and job.missing.at_work is None
        if is_first and (now() - self._began).total_seconds() < job.missing.expected_every:
            return False
        since, sent = self._late.get(job.target, (None, 0.0))
        return since != job.missing.since or now().timestamp() - sent >= repeat


def _is_sent(job: LateJob, notifier: Notifier) -> bool:
    """Return whether another machine has sent that a job is late, by all channels that say it."""
    if not notifier.context.fleet:
        return False
    names = [channel.name for channel in notifier.channels if channel.on != "never"]
    sent = [notifier.store.last_trouble(notifier.target, name) for name in names]
    clock = now().timestamp()
    return all(
        last is not None
        and last.trouble == LATE
        and last.late_since == job.missing.since
        and clock - last.sent_at < notifier.notify.repeat
        for last in sent
    )


def _is_used(context: RunContext) -> bool:
    return context.target != SANDBOX and context.settings.notify.is_used
