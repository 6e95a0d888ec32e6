"""Whether the run is missing that is expected every night."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ..model import State
from ..report.listed import Listed, Missing
from .earlier import last_finished
from .invocation import Invocation

GRACE = 0.05  # of the time between two runs: 72 minutes of a day, for one that begins late or is at work


def what_is_missing(runs: list[Listed], invocation: Invocation) -> Missing | None:
    """Say that no job has finished for longer than report.expected_every; None where all is well.

    It is that of the configured target; where none is configured, that of the newest of *runs*.
    """
    every = invocation.settings.report.expected_every
    if every is None:
        return None
    target = invocation.target or next((run.target for run in runs if run.target), "")
    last = last_finished(replace(invocation, target=target))
    now = datetime.now(UTC)
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
