"""Jobs that are late: what a timer finds when a night did not happen."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ..clock import now
from ..next_step import NextStep
from ..report.missing import Missing
from ..report.run_list import Listed
from ..run_context import RunContext
from ..runs.each_target import BrokenTarget, judge_targets, what_is_missing
from ..runs.listing import list_runs
from ..runs.lookup import is_of_target
from ..wording import plain_duration
from .compose import News, build_message
from .notifier import name_target
from .when_due import Occurrence

LATE = "late"  # the state of a message that is about no run


class LateJob(NamedTuple):
    """A target whose job is late."""

    target: str
    missing: Missing


def find_late_jobs(
    each: Sequence[RunContext], broken: Sequence[BrokenTarget], common: RunContext
) -> list[LateJob]:
    """Return the targets whose jobs are late, also of those whose files are broken."""
    return [LateJob(name, missing) for name, missing in _find_missing(each, broken, common) if missing]


def _find_missing(
    each: Sequence[RunContext], broken: Sequence[BrokenTarget], common: RunContext
) -> Iterator[tuple[str, Missing | None]]:
    runs = list_runs(common)
    for context in each:
        if context.settings.report.expected_every:
            missing = what_is_missing(runs, context)
            yield name_target(context), None if missing and _is_too_early(missing, runs, context) else missing
    states = judge_targets([], broken, common, runs) if broken else []
    names = {target.name for target in broken}
    yield from ((state.target, state.missing) for state in states if state.target in names)


def _is_too_early(missing: Missing, runs: Sequence[Listed], context: RunContext) -> bool:
    """Return whether no job can have finished yet: the first run was not long ago."""
    mine = [run for run in runs if run.summary and is_of_target(run.summary, context)]
    began = min((datetime.fromisoformat(run.created_at) for run in mine if run.created_at), default=None)
    every = timedelta(seconds=missing.expected_every)
    return missing.since is None and began is not None and now() - began < every


def news_of_late_job(job: LateJob, next_step: NextStep) -> News:
    """Return that no job has finished for too long."""
    missing = job.missing
    expected = f"One is expected every {plain_duration(missing.expected_every)}."
    opening = "A job is late." if missing.since else "A job is late: none has finished yet."
    message = build_message(
        f"{job.target}.{LATE}.{missing.since or 'never'}",
        job.target,
        state=LATE,
        code=None,
        headline=f"{opening} {expected}",
        next_step=next_step,
    )
    return News(happened=Occurrence(state=LATE, exit_code=None, began=missing.since), message=message)
