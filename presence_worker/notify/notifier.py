"""The news of one target: its runs are noted when they begin, and their endings become messages that wait."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import structlog

from .. import clock
from ..errors import DatabaseAway, ExitCode, Locked, PresenceWorkerError
from ..events import Event, RunEnded, RunStarted
from ..journal import Journal, RunRecord
from ..next_step import NextStep
from ..queue.job_queue import OPEN
from ..run_context import RunContext
from ..run_states import State
from ..runs.lookup import GLANCE, earlier_run
from .channels import Channel, NotDelivered, PingChannel, open_channels, open_pings
from .compose import News, fit, news_of_run, news_without_run
from .message import write_message
from .message_store import FAULTS, MessageStore
from .notification_store import NotificationStore
from .when_due import decide

NOT_KNOWN = "unknown"  # a target that the configuration does not name
PLAN = "plan"
CUT_SHORT = (ExitCode.CRASHED, ExitCode.TERMINATED)  # the endings after which a service resumes a run
NO_ANSWER = "no answer within notify.timeout"
Failure = tuple[int, str, NextStep]  # exit code, state, and what to do, of a command that came to nothing
A_BUG = "a bug in presence-worker; please report it"
log = structlog.get_logger()


class Notifier:
    """Owns what is reported of one target; trouble with it is a line in the log, and nothing more."""

    def __init__(self, context: RunContext, store: MessageStore, gone: str | None = None) -> None:
        self.context = context
        self.notify = context.settings.notify
        self.is_gone = gone is not None  # the target is not configured any more; others' channels serve it
        self.target = gone or name_target(context)
        self.channels: list[Channel] = open_channels(self.notify)
        self.pings: list[PingChannel] = open_pings(self.notify)
        self.store = store
        self._stores: list[MessageStore] = [store]
        self._queue_of_service = context.queue
        self.started: dict[str, int | None] = {}  # runs of this process; how many endings are reported
        self.noted: set[str] = set()  # those that are registered: no other way may report them
        self.reported: set[str] = set()  # runs whose endings were queued
        self.pinged: str | None = None  # the run that the dead man's switches know of
        self._pinging: set[asyncio.Future[None]] = set()
        self.unstarted: set[str] = set()  # dead man's switches that have not heard of the begin, by name

    def close(self) -> None:
        """Let go of all files."""
        for store in self._stores:
            store.close()

    def hear(self, event: Event) -> None:
        """Note a run that begins, before anything is sent; its ending cannot get lost then."""
        if isinstance(event, RunStarted):
            self.started[event.run_id] = event.endings
            self._try_to_note(event.run_id)
            if event.command != PLAN:
                self.pinged = event.run_id
                self._start_pings(event.run_id)
        elif isinstance(event, RunEnded) and event.run_id not in self.started:
            self.started[event.run_id] = None  # only its report was missing
            self._try_to_note(event.run_id)

    def _try_to_note(self, name: str) -> None:
        try:
            self._note(name)
        except FAULTS as error:
            _log_trouble(error)

    def _note(self, name: str) -> None:
        self.store.register(name, self.target, self.started[name])
        self.noted.add(name)

    def _start_pings(self, run_id: str) -> None:
        for ping in self.pings:
            self.unstarted.add(ping.name)
            task = asyncio.ensure_future(self._start(ping, run_id))
            self._pinging.add(task)
            task.add_done_callback(self._pinging.discard)

    async def _start(self, ping: PingChannel, run_id: str) -> None:
        """Ping that a run begins; one that ends before the answer cancels this, and `deliver` does it."""
        words = await _find_words(ping.start(run_id))
        self.unstarted.discard(ping.name)
        if words:
            log.warning("notify.failed", channel=ping.name, id=None, detail=words)

    def begin(self) -> None:
        """Queue messages about runs that died; where they cannot be written, a later command does it."""
        try:
            self.catch_up()
        except FAULTS as error:
            _log_trouble(error)

    def end(self, failure: Failure | None) -> None:
        """Queue messages about how a command has ended.

        Where they cannot be written, a later command reports the runs that are noted, and this one the rest.
        """
        try:
            self._queue_ending(failure)
        except FAULTS as error:
            _log_trouble(error)
            self.store = NotificationStore(None)
            self._stores.append(self.store)
            self._queue_ending(None if self.noted else failure)

    def _queue_ending(self, failure: Failure | None) -> None:
        for name in [each for each in self.started if each not in self.noted]:
            self._note(name)
        self.catch_up()
        if failure and not self.reported.intersection(self.started):
            self.report(news_without_run(self.target, *failure, clock.now()))

    def catch_up(self) -> None:
        """Queue messages about all endings that have none yet, also those of runs that died.

        A run that a service goes on with stays noted.
        """
        if self.context.target and self.context.target_name is None and not self.is_gone:
            self.store.adopt(NOT_KNOWN, self.target)  # what ended before the address was set
        for name, reported in self.store.runs_of(self.target):
            folder = self.context.archive.runs / name
            patience = GLANCE if name in self.started else 0.0
            try:
                self.context.archive.fetch(name)
                with earlier_run(folder, self.context, patience=patience) as journal:
                    self._report_ending(journal, reported)
            except (Locked, DatabaseAway):  # it is at work, or may be
                continue
            except PresenceWorkerError as error:
                self._pass_over(folder, error)

    def _report_ending(self, journal: Journal, reported: int | None) -> None:
        run = journal.run()
        if self._goes_on(run):
            return
        is_new = reported is None or run.endings > reported
        public_url = self.context.settings.serve.public_url
        news = news_of_run(journal, self.target, public_url) if is_new else None
        with self.store.transaction(self.target):
            if self.store.forget(run.run_id, self.target) and news:
                self._queue(news)
        if news:
            self.reported.add(run.run_id)

    def _goes_on(self, run: RunRecord) -> bool:
        """Return whether a service resumes a run by itself; a later ending is worth a message then."""
        if run.state != State.STOPPED or run.exit_code not in CUT_SHORT:
            return False
        with suppress(PresenceWorkerError):  # else it is better to say it
            jobs = [self._queue_of_service.find(job.id) for job in run.input.jobs]
            return any(job is not None and job.state in OPEN for job in jobs)
        return False

    def _pass_over(self, folder: Path, error: PresenceWorkerError) -> None:
        if self.context.archive.has(folder.name):
            log.warning("run.unreadable", earlier=folder.name, detail=str(error))
        else:  # it was deleted, or never staged
            self.store.give_up(folder.name, self.target)

    def report(self, news: News) -> None:
        """Queue messages about *news*, as the policy says."""
        with self.store.transaction(self.target):
            self._queue(news)

    def _queue(self, news: News) -> None:
        now = clock.now().timestamp()
        if self.is_gone and not self.channels:
            log.warning("notify.dropped", id=news.message.id, detail="no such target, and no channel")
        for channel in self.channels:
            last = self.store.last_trouble(self.target, channel.name)
            decision = decide(news.happened, last, on=channel.on, repeat=self.notify.repeat, now=now)
            if decision.memory != last:
                self.store.remember(self.target, channel.name, decision.memory)
            if decision.is_due:
                message = fit(news.message, decision, details=channel.details)
                if news.happened.is_late and decision.times_late > 1:
                    message = replace(message, id=f"{message.id}.{decision.times_late}")
                self.store.enqueue(self.target, channel.name, message.id, write_message(message), now)


def _log_trouble(error: Exception) -> None:
    log.warning("notify.failed", about="outbox", detail=str(error))


def name_target(context: RunContext) -> str:
    """Return what messages call a target: by its name in the configuration, else by its address."""
    return context.target_name or context.target or NOT_KNOWN


async def try_once(sending: Awaitable[None], channel: str, message_id: str | None = None) -> str:
    """Wait for what a *channel* sends; return why that failed, or "". A cancelled one took too long."""
    words = NO_ANSWER
    try:
        words = await _find_words(sending)
    finally:
        if words:
            log.warning("notify.failed", channel=channel, id=message_id, detail=words)
    return words


async def _find_words(sending: Awaitable[None]) -> str:
    words = A_BUG
    with suppress(Exception):  # it must not harm the run, or another channel
        try:
            await sending
            words = ""
        except NotDelivered as error:
            words = str(error)
    return words
