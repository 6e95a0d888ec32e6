"""Jobs that are late: report.expected_every has passed, and none has finished."""

from collections.abc import Sequence
from typing import NamedTuple

from ..errors import UsageFault
from ..manual_pages import ManualPage
from ..report.missing import Missing
from ..run_context import RunContext
from ..runs.each_target import what_is_missing
from ..runs.listing import list_runs
from .compose import news_of_late_job
from .notifier import Notifier

NOT_SET = 'report.expected_every: not set. Set it, such as "24h": it says when a job is late'


class LateJob(NamedTuple):
    """A target whose job is late."""

    target: str
    missing: Missing


def report_late_jobs(notifiers: Sequence[Notifier]) -> list[LateJob]:
    """Queue messages about jobs that are late; return them. Raise UsageFault where no setting says when."""
    if not any(each.context.settings.report.expected_every for each in notifiers):
        raise UsageFault(NOT_SET, page=ManualPage.MONITORING)
    late = [(each, missing) for each in notifiers if (missing := _find_missing(each.context)) is not None]
    for notifier, missing in late:
        notifier.report(news_of_late_job(notifier.target, missing, notifier.context.command("runs")))
    return [LateJob(notifier.target, missing) for notifier, missing in late]


def _find_missing(context: RunContext) -> Missing | None:
    if context.settings.report.expected_every is None:
        return None
    return what_is_missing(list_runs(context), context)
