"""Messages that wait are delivered: all channels side by side, each message once."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from time import monotonic
from typing import NamedTuple, TypeVar

import anyio
import structlog

from .. import clock
from ..errors import DatabaseAway, StateFault
from ..events import Emit, Event
from ..next_step import NextStep
from ..run_context import RunContext
from .channels import Channel, PingChannel
from .message import Message, read_message
from .message_store import FAULTS, MessageStore, QueuedMessage
from .notification_store import NotificationStore
from .notifier import NO_ANSWER, Notifier, try_once
from .shared_store import SharedStore

T = TypeVar("T")
MARGIN = 30.0  # seconds beside notify.timeout, in which no other machine sends what we are sending
PAUSE = 0.02  # seconds, until the outbox is asked again
NOT_FREE = "another program holds the outbox"
Work = Callable[[], Awaitable[None]]
Finish = Callable[[int | None, tuple[str, NextStep] | None], Awaitable[None]]
TOO_OLD = "too old"
log = structlog.get_logger()


def begin(context: RunContext) -> tuple[Emit, Finish]:
    """Queue messages of earlier runs that have none; return what hears of the run, and what sends at its end.

    The latter takes the exit code (None: the run goes on later), and state and next step of a command that
    came to nothing. It returns within notify.timeout.
    """
    spent = Stopwatch()
    with spent.running():
        notifier = Notifier(context, _open_store(context))
        notifier.begin()

    def hear(event: Event) -> None:
        with spent.running():
            notifier.hear(event)

    async def finish(code: int | None, failure: tuple[str, NextStep] | None) -> None:
        with closing(notifier):
            with spent.running():
                notifier.end((code, *failure) if failure and code is not None else None)
            is_ending = failure is not None or notifier.pinged is not None
            seconds = max(0.0, notifier.notify.timeout - spent.seconds)
            await deliver([notifier], seconds, code if is_ending else None)

    return hear, finish


class Stopwatch:
    """Owns how long a run was held up: all of it together must not be longer than notify.timeout."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Add the time that is spent inside."""
        begun = monotonic()
        try:
            yield
        finally:
            self.seconds += monotonic() - begun


def _open_store(context: RunContext) -> MessageStore:
    """Open what is kept; where it cannot be written, messages are tried once."""
    try:
        return open_store(context)
    except StateFault as error:
        log.warning("notify.failed", about="outbox", detail=str(error))
        return NotificationStore(None)


def open_store(context: RunContext) -> MessageStore:
    """Open what all machines, or this one alone, keep; raise StateFault where it cannot be written."""
    if context.fleet:
        return SharedStore(context.fleet.notices)
    return NotificationStore.open(context.archive.state_dir, patience_of(context))


def patience_of(context: RunContext) -> float:
    """Return how many seconds a command waits for the outbox, each time that it uses it."""
    return context.settings.notify.timeout / 10


class Waiting(NamedTuple):
    """A message that was not delivered, and why; None: it was not tried."""

    message: QueuedMessage
    why: str | None


class Round(NamedTuple):
    """What came of messages that waited."""

    delivered: list[QueuedMessage]
    dropped: list[QueuedMessage]
    failed: dict[int, str]  # number of a message: why


async def deliver(notifiers: Sequence[Notifier], seconds: float, ending: int | None = None) -> Round:
    """Try each message that waits for these targets once; return within so many *seconds*.

    Where a run has ended with the exit code *ending*, ping as well.
    """
    found = Round(delivered=[], dropped=[], failed={})
    work = [each for notifier in notifiers for each in _work_of(notifier, found, ending)]
    await _side_by_side(work, seconds)
    return found


def _work_of(notifier: Notifier, found: Round, ending: int | None) -> Iterator[Work]:
    for channel, messages in _find_messages(notifier, found):
        yield partial(_send_each, channel, messages, notifier, found)
    for ping in notifier.pings if ending is not None else ():
        yield partial(_end_ping, ping, notifier, ending or 0)


async def _end_ping(ping: PingChannel, notifier: Notifier, code: int) -> None:
    if notifier.pinged and ping.name in notifier.unstarted:
        await try_once(ping.start(notifier.pinged), ping.name)
    await try_once(ping.end(notifier.pinged, code), ping.name)


def _find_messages(notifier: Notifier, found: Round) -> list[tuple[Channel, list[QueuedMessage]]]:
    """Return the messages of each channel; pings go out also where these cannot be read."""
    try:
        return [*_by_channel(notifier, found)]
    except FAULTS as error:
        log.warning("notify.failed", about="outbox", detail=str(error))
        return []


async def _side_by_side(work: Sequence[Work], seconds: float) -> None:
    with anyio.move_on_after(seconds):
        async with anyio.create_task_group() as tasks:
            for each in work:
                tasks.start_soon(_do, each)


async def _do(work: Work) -> None:
    try:
        await work()
    except DatabaseAway as error:  # another round sends what is left
        log.warning("notify.failed", about="outbox", detail=str(error))


def find_waiting(notifiers: Sequence[Notifier], found: Round) -> list[Waiting]:
    """Return the messages that still wait for these targets."""
    return [
        Waiting(message, found.failed.get(message.number))
        for notifier in notifiers
        for message in notifier.store.messages()
        if message.target == notifier.target
    ]


def _by_channel(notifier: Notifier, found: Round) -> Iterator[tuple[Channel, list[QueuedMessage]]]:
    """Yield the messages of each channel, oldest first; drop what no channel takes any more."""
    now, channels = clock.now().timestamp(), {each.name: each for each in notifier.channels}
    messages = [each for each in notifier.store.messages() if each.target == notifier.target]
    if notifier.is_gone:  # another configuration may have the channel
        dropped = [each for each in messages if now - each.queued > notifier.notify.keep_trying]
    else:
        dropped = [each for each in messages if each.channel not in channels]
    for each in dropped:
        _drop(each, notifier.store, found, TOO_OLD if each.channel in channels else "no such channel")
    for name, channel in channels.items():
        mine = [each for each in messages if each.channel == name and each not in dropped]
        if mine:
            yield channel, mine


def _drop(message: QueuedMessage, store: MessageStore, found: Round, why: str) -> None:
    store.remove([message])
    found.dropped.append(message)
    log.warning("notify.dropped", channel=message.channel, id=message.id, detail=why)


async def try_channels(channels: Sequence[Channel], message: Message, seconds: float) -> dict[str, str]:
    """Send a message by each channel, and queue nothing; return why, by the names of those that fail."""
    found = {channel.name: NO_ANSWER for channel in channels}

    async def try_one(channel: Channel) -> None:
        found[channel.name] = await try_once(channel.send(message), channel.name, message.id)

    await _side_by_side([partial(try_one, channel) for channel in channels], seconds)
    return {name: words for name, words in found.items() if words}


async def _send_each(
    channel: Channel, messages: Sequence[QueuedMessage], notifier: Notifier, found: Round
) -> None:
    """Send messages by a channel; one that fails after notify.keep_trying was tried for the last time."""
    store = notifier.store
    for message in messages:
        with store.hold(message, notifier.notify.timeout + MARGIN) as is_ours:
            if is_ours and await _when_free(store, partial(store.is_waiting, message)):
                await _send(channel, message, store, found)
                if message.number in found.failed and _is_over(message, notifier.notify.keep_trying):
                    await _when_free(store, partial(_drop, message, store, found, TOO_OLD))


def _is_over(message: QueuedMessage, keep_trying: float) -> bool:
    return message.first_tried is not None and clock.now().timestamp() - message.first_tried > keep_trying


async def _send(channel: Channel, queued: QueuedMessage, store: MessageStore, found: Round) -> None:
    found.failed[queued.number] = NOT_FREE
    await _when_free(store, partial(store.note_try, queued, clock.now().timestamp()))
    found.failed[queued.number] = NO_ANSWER
    words = await try_once(channel.send(read_message(queued.message)), channel.name, queued.id)
    if words:
        found.failed[queued.number] = words
    else:
        await _when_free(store, partial(store.remove, [queued]))
        del found.failed[queued.number]
        found.delivered.append(queued)


async def _when_free(store: MessageStore, work: Callable[[], T]) -> T:
    """Use the outbox as soon as no other process holds it; other channels go on."""
    while True:
        try:
            with store.without_patience():
                return work()
        except sqlite3.OperationalError:
            await anyio.sleep(PAUSE)
