"""The earlier runs of a target, as far as something is still to come of them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

from ..errors import UsageFault
from ..journal import JOURNAL, Journal, RunRecord
from ..model import Intent, State, Step
from .invocation import Invocation
from .schedule import Past, Schedule, follow

NEVER_SENT = (State.PLANNED, State.HELD, State.REFUSED)


def pending(invocation: Invocation, before: str | None = None) -> Schedule:
    """Give what is to come after all runs of the target, or only after those *before* a run.

    Raise UsageFault where something is to come, and a run cannot be read that may have changed it.
    """
    schedule: Schedule = {}
    faults: list[UsageFault] = []
    for past in reversed(list(_pasts(invocation, before, faults))):
        schedule = follow(schedule, past)
    if schedule and faults:
        raise faults[0]
    return schedule


def past_of(journal: Journal) -> Past:
    """Give what a run has asked for, as the journal knows it at the moment."""
    run = journal.run()
    return Past(
        run_id=run.run_id,
        day=date.fromisoformat(run.input["day"]),
        covers_everyone=covers_everyone(run),
        named=dict(journal.named()),
        dated=list(journal.dated()),
        scheduled=list(journal.scheduled()),
    )


def covers_everyone(run: RunRecord) -> bool:
    """Whether a run's file says of everyone what is to come; one without days says nothing of it."""
    everyone = run.settings.get("input", {}).get("coverage") == "everyone"
    return bool(everyone and run.input.get("dated") and not run.input.get("came_back"))


def _pasts(invocation: Invocation, before: str | None, faults: list[UsageFault]) -> Iterator[Past]:
    """Yield what the target's runs have sent, newest first, down to one before which nothing was to come.

    Runs that cannot be read are passed over, and said in *faults*.
    """
    for folder in invocation.archive.folders():
        if before and folder.name >= before:
            continue
        try:
            journal = Journal.open(folder / JOURNAL)
        except UsageFault as fault:
            faults.append(_unreadable(folder, fault, invocation))
            continue
        with closing(journal):
            run = journal.run()
            if run.target != invocation.target:
                continue
            if _has_sent(run):
                yield past_of(journal)
            if _began_with_nothing(run):
                return


def _unreadable(folder: Path, fault: UsageFault, invocation: Invocation) -> UsageFault:
    return UsageFault(
        f"run {folder.name} may have changed what is to come, but {fault}; "
        f"if you know that it did not, move {folder} away and run this again",
        next=invocation.command("runs"),
    )


def _has_sent(run: RunRecord) -> bool:
    """Whether a run was to be sent: a plan, or what a limit held, asks for nothing until it is applied."""
    if "day" not in run.input:
        return False  # written before rows had days
    return run.state not in NEVER_SENT and not (run.intent == Intent.PLAN and run.step != Step.SEND)


def _began_with_nothing(run: RunRecord) -> bool:
    """Whether nothing of an older run, nor of this one, can be to come."""
    return "day" not in run.input or run.input.get("pending") is False
