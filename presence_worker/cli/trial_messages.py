"""A test message by each channel: `presence-worker notify --test`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from .. import clock
from ..errors import ExitCode, UsageFault
from ..manual_pages import ManualPage
from ..next_step import NextStep, command_line
from ..notify.channels import open_channels
from ..notify.compose import build_test
from ..notify.dispatch import try_channels
from ..notify.notifier import name_target
from ..run_context import RunContext
from ..wording import amount
from .async_work import stop_on_signal, work
from .options import Options
from .output import NEXT, print_json, print_lines, remark, remark_at_length, wrap

NO_CHANNEL = "notify: no channel is set. Add [[notify.mail]], [[notify.webhook]] or [[notify.command]]"
BEFORE_ALL = " before all messages were tried"
NO_PINGS = "Pings are not sent: a ping would look like a run."


class SentMessage(NamedTuple):
    """A message on its way by one channel."""

    target: str
    channel: str
    id: str
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What came of a test message, as programs read it."""

    state: str
    exit_code: int
    message: str
    next: NextStep | None
    delivered: Sequence[SentMessage]
    undelivered: Sequence[SentMessage]


def send_trial(name: str, contexts: Sequence[RunContext], options: Options) -> int:
    """Send a test message by the channels called *name*, or by all; print what came of it."""
    tested = _test(name, contexts)
    if options.as_json:
        print_json(tested)
    elif tested.exit_code or not options.quiet:
        print_sent(tested.message, tested.undelivered, options)
    if tested.next:
        remark(f"{NEXT} {command_line(tested.next)}")
    return tested.exit_code


def _test(name: str, contexts: Sequence[RunContext]) -> Tested:
    """Send a message by the channels called *name*, or by all; targets that share channels share one."""
    ways = [way for context in _unlike(contexts) for way in _try_all(name, context)]
    if not ways:
        raise UsageFault(_no_such_channel(name, contexts), page=ManualPage.MONITORING)
    delivered = [way for way in ways if way.why is None]
    undelivered = [way for way in ways if way.why is not None]
    words = [f"{amount(len(delivered), 'test message')} sent."] if delivered else []
    words += [f"{amount(len(undelivered), 'test message')} not delivered."] if undelivered else []
    words += [NO_PINGS] if any(context.settings.notify.ping for context in contexts) else []
    return Tested(
        state="stopped" if undelivered else "finished",
        exit_code=int(ExitCode.STOPPED if undelivered else ExitCode.DONE),
        message=" ".join(words),
        next=contexts[0].command("notify", "--test") if undelivered else None,
        delivered=delivered,
        undelivered=undelivered,
    )


def _unlike(contexts: Sequence[RunContext]) -> list[RunContext]:
    """Return the first of all that have the same settings for messages."""
    found: list[RunContext] = []
    for context in contexts:
        if all(context.settings.notify != other.settings.notify for other in found):
            found.append(context)
    return found


def _try_all(name: str, context: RunContext) -> list[SentMessage]:
    channels = [each for each in open_channels(context.settings.notify) if name in ("", each.name)]
    target = name_target(context)
    message = build_test(target, clock.now())
    send = partial(try_channels, channels, message, context.settings.notify.timeout)
    failed = work(partial(stop_on_signal, lambda _: send(), BEFORE_ALL), context)
    return [SentMessage(target, each.name, message.id, failed.get(each.name)) for each in channels]


def _no_such_channel(name: str, contexts: Sequence[RunContext]) -> str:
    notified = [context.settings.notify for context in contexts]
    names = dict.fromkeys(each.name for notify in notified for each in open_channels(notify))
    if not names:
        return NO_CHANNEL
    return f"option --test: no channel is called {name}. Channels: {', '.join(names)}"


def print_sent(words: str, undelivered: Sequence[SentMessage], options: Options) -> None:
    """Print what came of messages; with --quiet, trouble goes to standard error."""
    for line in [words, *(f"{each.channel}: {each.why or 'not tried'} ({each.id})" for each in undelivered)]:
        if options.quiet:
            remark_at_length(line)
        else:
            print_lines(wrap(line, indent=2))
