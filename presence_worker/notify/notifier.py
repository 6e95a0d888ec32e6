"""The news of one target: its runs are noted when they begin, and their endings become messages that wait."""

import asyncio
import sqlite3
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import structlog

from .. import clock
from ..errors import Locked, PresenceWorkerError
from ..events import Event, RunEnded, RunStarted
from ..journal import JOURNAL, Journal
from ..next_step import NextStep
from ..run_context import RunContext
from ..runs.lookup import GLANCE, earlier_run
from .channels import Channel, NotDelivered, PingChannel, open_channels, open_pings
from .compose import News, fit, news_of_run, news_without_run
from .message import write_message
from .notification_store import NotificationStore
from .when_due import decide

NOT_KNOWN = "unknown"  # a target that the configuration does not name
PLAN = "plan"
NO_ANSWER = "no answer within notify.timeout"
A_BUG = "a bug in presence-worker; please report it"
log = structlog.get_logger()


class Notifier:
    """Owns what is reported of one target; trouble with it is a line in the log, and nothing more."""

    def __init__(self, context: RunContext, store: NotificationStore) -> None:
        self.context = context
        self.notify = context.settings.notify
        self.target = name_target(context)
        self.channels: list[Channel] = open_channels(self.notify)
        self.pings: list[PingChannel] = open_pings(self.notify)
        self.store = store
        self._stores = [store]
        self.started: list[str] = []  # runs of this process
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
            self.started.append(event.run_id)
            self._note(event.run_id, event.endings)
            if event.command != PLAN:
                self.pinged = event.run_id
                self._start_pings(event.run_id)
        elif isinstance(event, RunEnded) and event.run_id not in self.started:
            self.started.append(event.run_id)  # only its report was missing
            self._note(event.run_id, None)

    def _note(self, name: str, endings: int | None) -> None:
        try:
            self.store.register(name, self.target, endings)
        except sqlite3.Error as error:
            self._do_without_store(error)
            self.store.register(name, self.target, endings)

    def _do_without_store(self, error: sqlite3.Error) -> None:
        log.warning("notify.failed", about="outbox", detail=str(error))
        self.store = NotificationStore(None)
        self._stores.append(self.store)

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

    def catch_up(self) -> None:
        """Queue messages about all endings that have none yet, also those of runs that died."""
        try:
            self._catch_up()
        except sqlite3.Error as error:
            self._do_without_store(error)
            for name in self.started:
                self.store.register(name, self.target, None)
            self._catch_up()

    def _catch_up(self) -> None:
        if self.context.target and self.context.target_name is None:
            self.store.adopt(NOT_KNOWN, self.target)  # what ended before the address was set
        for name, reported in self.store.runs_of(self.target):
            folder = self.context.archive.runs / name
            patience = GLANCE if name in self.started else 0.0
            try:
                with earlier_run(folder, self.context, patience=patience) as journal:
                    self._report_ending(journal, reported)
            except Locked:  # it is at work
                continue
            except PresenceWorkerError as error:
                self._pass_over(folder, error)

    def _report_ending(self, journal: Journal, reported: int | None) -> None:
        run = journal.run()
        is_new = reported is None or run.endings > reported
        news = news_of_run(journal, self.target) if is_new else None
        with self.store.transaction():
            if self.store.forget(run.run_id, self.target) and news:
                self._queue(news)
        if news:
            self.reported.add(run.run_id)

    def _pass_over(self, folder: Path, error: PresenceWorkerError) -> None:
        if (folder / JOURNAL).is_file():
            log.warning("run.unreadable", earlier=folder.name, detail=str(error))
        else:  # it was deleted, or never staged
            self.store.forget(folder.name, self.target)

    def report_failure(self, code: int, state: str, next_step: NextStep) -> None:
        """Queue a message about a command that came to nothing, unless a run of it has one."""
        if not self.reported.intersection(self.started):
            self.report(news_without_run(self.target, code, state, next_step, clock.now()))

    def report(self, news: News) -> None:
        """Queue messages about *news*, as the policy says."""
        try:
            with self.store.transaction():
                self._queue(news)
        except sqlite3.Error as error:
            self._do_without_store(error)
            self._queue(news)

    def _queue(self, news: News) -> None:
        now = clock.now().timestamp()
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
