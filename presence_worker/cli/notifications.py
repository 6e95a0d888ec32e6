"""`presence-worker notify`."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import click

from ..errors import ExitCode, OptionFault, StateFault, Stopped, UsageFault
from ..manual_pages import ManualPage
from ..next_step import NextStep, command_line
from ..notify.channels.shown_parts import parts_of, plain_text
from ..notify.compose import fit, news_of_run
from ..notify.dispatch import Round, Waiting, deliver, find_waiting, open_store
from ..notify.late_jobs import LateJob, find_late_jobs, news_of_late_job
from ..notify.notification_store import FOLDER
from ..notify.notifier import Notifier, name_target
from ..notify.when_due import decide
from ..run_context import RunContext
from ..runs.each_target import BrokenTarget
from ..runs.lookup import earlier_run, find_run
from ..wording import amount, as_sentence
from .async_work import stop_on_signal, work
from .options import Options, options_of
from .output import NEXT, print_json, print_lines, remark
from .targets import Contexts, context_of_run, contexts_of, end_with
from .trial_messages import BEFORE_ALL, SentMessage, print_sent, send_trial

NOT_SET = 'report.expected_every: not set. Set it, such as "24h": it says when a job is late'
REMEDY = (
    "Messages may wait in it. Make sure that the disk has space, that this user may write there, "
    "and that no other program holds the file. Then run the command again"
)
ONE_ONLY = "options --test, --dry-run and --late: each does something of its own; keep one"


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
    if run is not None:
        return _print_message(run, options)
    contexts = contexts_of(options)
    if test is not None:
        code = send_trial(test, contexts.each or [contexts.common], options)
    else:
        code = _show(_send(contexts, late=late), options)
    return end_with(code, contexts)


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


class Late(NamedTuple):
    """A target whose job is late."""

    target: str
    since: str | None
    message: str


@contextmanager
def _notifiers(contexts: Contexts) -> Iterator[list[Notifier]]:
    """Yield what sends for each target; where there are several, also for what is of none of them."""
    broken = [_context_of_broken(target, contexts.common) for target in contexts.broken]
    each = {name_target(context): context for context in (*contexts.each, *broken, contexts.common)}
    common = contexts.common
    with ExitStack() as opened:
        store = open_store(common)
        opened.enter_context(closing(store))
        notifiers = [Notifier(context, store) for context in each.values()]
        is_about_all = not contexts.is_several or common.target_name is None
        if is_about_all and not common.fleet:  # else another machine may have them
            gone = [name for name in store.targets() if name not in each]
            notifiers += [Notifier(common, store, name) for name in gone]
        yield notifiers


def _context_of_broken(target: BrokenTarget, common: RunContext) -> RunContext:
    """Return the surroundings of a target by what can be used of its file; else the common channels serve."""
    settings = target.settings
    if not settings.notify.is_used:
        settings = settings.model_copy(update={"notify": common.settings.notify})
    return replace(common, settings=settings, target="", target_name=target.name)


def _send(contexts: Contexts, *, late: bool) -> Sent:
    """Send what waits; raise Stopped where it is not known whether anything does."""
    try:
        return _send_all(contexts, late=late)
    except (sqlite3.Error, StateFault) as error:
        folder = contexts.common.archive.state_dir / FOLDER
        words = f"{folder}: the outbox cannot be read or written: {error}. {REMEDY}"
        raise Stopped(words, next=contexts.common.command("notify")) from None


def _send_all(contexts: Contexts, *, late: bool) -> Sent:
    with _notifiers(contexts) as notifiers:
        jobs = _report_late_jobs(notifiers, contexts) if late else []
        for notifier in notifiers:
            notifier.catch_up()
        seconds = max(notifier.notify.timeout for notifier in notifiers)
        send = partial(deliver, notifiers, seconds)
        found = work(partial(stop_on_signal, lambda _: send(), BEFORE_ALL), contexts.common)
        return _sum_up(found, find_waiting(notifiers, found), jobs, contexts.common)


def _report_late_jobs(notifiers: Sequence[Notifier], contexts: Contexts) -> list[LateJob]:
    """Queue messages about jobs that are late; return them. Raise UsageFault where no setting says when."""
    notified = {each.target: each for each in notifiers}
    settings = [each.context.settings for each in notifiers]
    if not any(each.report.expected_every for each in settings):
        raise UsageFault(NOT_SET, page=ManualPage.MONITORING)
    late = find_late_jobs(contexts.each, contexts.broken, contexts.common)
    for job in late:
        notifier = notified[job.target]
        notifier.report(news_of_late_job(job, notifier.context.command("runs")))
    return late


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
        print_sent(sent.message, sent.undelivered, options)
    if sent.next:
        remark(f"{NEXT} {command_line(sent.next)}")
    return sent.exit_code


# -- the message about a run ---------------------------------------------------------------------------------


def _print_message(name: str, options: Options) -> int:
    context = context_of_run(options, name, offline=True)
    with earlier_run(find_run(name, context), context) as journal:
        news = news_of_run(journal, name_target(context), context.settings.serve.public_url)
    decision = decide(news.happened, None, on="all", repeat=0, now=0)
    message = fit(news.message, decision, details=context.settings.notify.details)
    if options.as_json:
        print_json(message)
    else:
        parts = parts_of(message)
        print_lines([parts.title, "", *plain_text(parts).splitlines()])
    return 0
