"""`presence-worker notify`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import click

from .. import clock
from ..errors import ExitCode, OptionFault, UsageFault
from ..json_form import json_object
from ..manual_pages import ManualPage
from ..next_step import NextStep, command_line
from ..notify.channels import open_channels
from ..notify.compose import build_test, fit, news_of_run
from ..notify.dispatch import Round, Waiting, deliver, find_waiting, try_channels
from ..notify.lateness import LateJob, report_late_jobs
from ..notify.message import Message
from ..notify.notification_store import NotificationStore
from ..notify.notifier import Notifier, name_target
from ..notify.when_due import decide
from ..run_context import RunContext
from ..runs.lookup import earlier_run, find_run, is_of_target
from ..wording import amount, as_sentence
from .invocation import run_async
from .options import Options, options_of
from .output import NEXT, print_json, print_lines, remark, remark_at_length, wrap
from .targets import Contexts, contexts_of

ONE_ONLY = "options --test, --dry-run and --late: each does something of its own; keep one"
NO_CHANNEL = "notify: no channel is set. Add [[notify.mail]], [[notify.webhook]] or [[notify.command]]"
NO_PINGS = "Pings are not sent: a ping would look like a run."


@click.command("notify")
@click.option(
    "--test", is_flag=False, flag_value="", metavar="[NAME]", help="Send a test message by each channel."
)
@click.option("--dry-run", "run", metavar="RUN", help="Print the message about RUN; send nothing.")
@click.option("--late", is_flag=True, help="Also send a message if a job is late (report.expected_every).")
@options_of("notify")
def command(options: Options, *, test: str | None, run: str | None, late: bool) -> int:
    """Send the messages that could not be sent before.

    Messages about runs are sent when a run ends (see the settings [notify]). A message that was not
    delivered waits, and goes out with this command or at the end of the next run. With --late, a timer
    notices that a night did not happen. Exit code 6: a message was not delivered, or a job is late.

    \b
    Examples:
      presence-worker notify --test
      presence-worker notify --late
    """
    if sum((test is not None, run is not None, late)) > 1:
        raise OptionFault(ONE_ONLY)
    contexts = contexts_of(options)
    if run is not None:
        return _print_message(run, contexts, options)
    if test is not None:
        return _show_test(_test(test, contexts.each), options)
    return _show(_send(contexts.each, late=late), options)


# -- what waits, and what is late ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of the messages that waited, as programs read it."""

    state: str
    exit_code: int
    message: str
    next: NextStep | None
    delivered: Sequence["SentMessage"]
    undelivered: Sequence["SentMessage"]
    dropped: Sequence["SentMessage"]
    late: Sequence["Late"]


class SentMessage(NamedTuple):
    """A message on its way by one channel."""

    target: str
    channel: str
    id: str
    why: str | None = None


class Late(NamedTuple):
    """A target whose job is late."""

    target: str
    since: str | None
    message: str


@contextmanager
def _notifiers(contexts: Sequence[RunContext]) -> Iterator[list[Notifier]]:
    with ExitStack() as opened:
        store = opened.enter_context(closing(NotificationStore.open(contexts[0].archive.state_dir)))
        yield [opened.enter_context(closing(Notifier(context, store))) for context in contexts]


def _send(contexts: Sequence[RunContext], *, late: bool) -> Sent:
    with _notifiers(contexts) as notifiers:
        jobs = report_late_jobs(notifiers) if late else []
        for notifier in notifiers:
            notifier.catch_up()
        seconds = max(context.settings.notify.timeout for context in contexts)
        found = run_async(partial(deliver, notifiers, seconds))
        return _sum_up(found, find_waiting(notifiers, found), jobs, contexts[0])


def _sum_up(found: Round, waiting: Sequence[Waiting], jobs: Sequence[LateJob], context: RunContext) -> Sent:
    is_open = bool(waiting or jobs)
    late = [Late(job.target, job.missing.since, _words(job, context)) for job in jobs]
    sentences = [f"{amount(len(found.delivered), 'message')} delivered."] if found.delivered else []
    sentences += [f"{amount(len(waiting), 'message')} not delivered yet."] if waiting else []
    sentences += [f"{amount(len(found.dropped), 'message')} dropped."] if found.dropped else []
    sentences += [each.message for each in late]
    return Sent(
        state="stopped" if is_open else "finished",
        exit_code=int(ExitCode.STOPPED if is_open else ExitCode.DONE),
        message=" ".join(sentences or ["No message waits."]),
        next=context.command("notify") if waiting else context.command("runs") if jobs else None,
        delivered=[SentMessage(each.target, each.channel, each.id) for each in found.delivered],
        undelivered=[SentMessage(m.target, m.channel, m.id, why) for m, why in waiting],
        dropped=[SentMessage(each.target, each.channel, each.id) for each in found.dropped],
        late=late,
    )


def _words(job: LateJob, context: RunContext) -> str:
    return as_sentence(job.missing.words(context.settings.input.timezone))


def _show(sent: Sent, options: Options) -> int:
    if options.as_json:
        print_json(sent)
    elif sent.exit_code or not options.quiet:
        _say(sent.message, sent.undelivered, options)
    if sent.next:
        remark(f"{NEXT} {command_line(sent.next)}")
    return sent.exit_code


def _say(words: str, undelivered: Sequence[SentMessage], options: Options) -> None:
    """Print what came of messages; with --quiet, trouble goes to standard error."""
    for line in [words, *(f"{each.channel}: {each.why or 'not tried'} ({each.id})" for each in undelivered)]:
        if options.quiet:
            remark_at_length(line)
        else:
            print_lines(wrap(line, indent=2))


# -- a test message ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What came of a test message, as programs read it."""

    state: str
    exit_code: int
    message: str
    next: NextStep | None
    delivered: Sequence[SentMessage]
    undelivered: Sequence[SentMessage]


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
    failed = run_async(partial(try_channels, channels, message, context.settings.notify.timeout))
    return [SentMessage(target, each.name, message.id, failed.get(each.name)) for each in channels]


def _no_such_channel(name: str, contexts: Sequence[RunContext]) -> str:
    notified = [context.settings.notify for context in contexts]
    names = dict.fromkeys(each.name for notify in notified for each in open_channels(notify))
    if not names:
        return NO_CHANNEL
    return f"option --test: no channel is called {name}. Channels: {', '.join(names)}"


def _show_test(tested: Tested, options: Options) -> int:
    if options.as_json:
        print_json(tested)
    elif tested.exit_code or not options.quiet:
        _say(tested.message, tested.undelivered, options)
    if tested.next:
        remark(f"{NEXT} {command_line(tested.next)}")
    return tested.exit_code


# -- the message about a run ---------------------------------------------------------------------------------


def _print_message(name: str, contexts: Contexts, options: Options) -> int:
    folder = find_run(name, contexts.common)
    with earlier_run(folder, contexts.common) as journal:
        record = journal.run()
        context = next((each for each in contexts.each if is_of_target(record, each)), contexts.common)
        news = news_of_run(journal, name_target(context))
    decision = decide(news.happened, None, on="all", repeat=0, now=0)
    message = fit(news.message, decision, details=context.settings.notify.details)
    if options.as_json:
        print_json(message)
    else:
        print_lines(_lines(message))
    return 0


def _lines(message: Message) -> Iterator[str]:
    """Yield a message as people read it, member by member."""
    for name, value in json_object(message).items():
        words = value
        if isinstance(value, Mapping):
            words = ", ".join(f"{key} {number}" for key, number in value.items() if number)
        if words not in (None, "", 0):
            yield f"{name}: {words}"
