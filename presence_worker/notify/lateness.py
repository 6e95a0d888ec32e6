"""Jobs that are late: report.expected_every has passed, and none has finished."""

from collections.abc import Sequence
from typing import NamedTuple

from ..errors import UsageFault
from ..manual_pages import ManualPage
from ..next_step import NextStep
from ..report.missing import Missing
from ..report.run_list import Listed
from ..run_context import RunContext
from ..runs.each_target import what_is_missing
from ..runs.listing import list_runs
from ..wording import plain_duration
from .compose import News, build_message
from .notifier import Notifier
from .when_due import Occurrence

NOT_SET = 'report.expected_every: not set. Set it, such as "24h": it says when a job is late'
LATE = "late"  # the state of a message that is about no run


class LateJob(NamedTuple):
    """A target whose job is late."""

    target: str
    missing: Missing


def report_late_jobs(notifiers: Sequence[Notifier]) -> list[LateJob]:
    """Queue messages about jobs that are late; return them. Raise UsageFault where no setting says when."""
    if not any(each.context.settings.report.expected_every for each in notifiers):
        raise UsageFault(NOT_SET, page=ManualPage.MONITORING)
    runs = list_runs(notifiers[0].context)
    found = [(each, _find_missing(each.context, runs)) for each in notifiers]
    late = [(notifier, missing) for notifier, missing in found if missing]
    for notifier, missing in late:
        notifier.report(news_of_late_job(notifier.target, missing, notifier.context.command("runs")))
    return [LateJob(notifier.target, missing) for notifier, missing in late]


def _find_missing(context: RunContext, runs: Sequence[Listed]) -> Missing | None:
    return what_is_missing(runs, context) if context.settings.report.expected_every else None


def news_of_late_job(target: str, missing: Missing, next_step: NextStep) -> News:
    """Return that no job has finished for too long."""
    expected = f"One is expected every {plain_duration(missing.expected_every)}."
    opening = "A job is late." if missing.since else "A job is late: none has finished yet."
    message = build_message(
        f"{target}.{LATE}.{missing.since or 'never'}",
        target,
        state=LATE,
        code=None,
        headline=f"{opening} {expected}",
        next_step=next_step,
    )
    return News(happened=Occurrence(state=LATE, exit_code=None, began=missing.since), message=message)
