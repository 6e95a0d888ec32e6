"""The heartbeat of jobs: a run that is expected every night, and is missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ..model import State
from ..report.run_list import Listed, Missing
from ..run_context import RunContext
from .lookup import is_from_the_future, last_credible

GRACE = 0.05  # of the time between two runs: 72 minutes of a day, for one that begins late or is at work
FROM_THE_FUTURE = (
    "Run {run} began at {began}, which is later than now: the clock of this machine is wrong, or was wrong "
    "then. The order of the runs does not depend on it"
)
SEVERAL_FROM_THE_FUTURE = (
    "{runs} runs began later than now, of which {run} is the newest, at {began}: the clock of this machine "
    "is wrong, or was wrong then. The order of the runs does not depend on it"
)


def what_is_missing(runs: list[Listed], context: RunContext) -> Missing | None:
    """Return which job has not finished for longer than report.expected_every; None where all is well.

    It is that of the configured target; where none is configured, that of the newest of *runs*. A run from
    the future proves nothing: its clock was wrong, or ours is.
    """
    every = context.settings.report.expected_every
    if every is None:
        return None
    target = context.target or next((run.target for run in runs if run.target), "")
    now = datetime.now(UTC)
    last = last_credible(replace(context, target=target))
    oldest = now - timedelta(seconds=every * (1 + GRACE))
    if last and datetime.fromisoformat(last.created_at) >= oldest:
        return None
    return Missing(
        target=target,
        expected_every=every,
        last_finished=last and last.run_id,
        since=last and last.created_at,
        at_work=next((run.id for run in runs if run.target == target and run.state == State.RUNNING), None),
    )


def from_the_future(runs: list[Listed]) -> list[str]:
    """Return a note where runs, newest first, began later than now by this machine's clock."""
    now = datetime.now(UTC)
    times = ((run.id, run.started_at) for run in runs)
    found = [(run, began) for run, began in times if began and is_from_the_future(began, now)]
    words = SEVERAL_FROM_THE_FUTURE if len(found) > 1 else FROM_THE_FUTURE
    return [words.format(runs=len(found), run=run, began=began) for run, began in found[:1]]
