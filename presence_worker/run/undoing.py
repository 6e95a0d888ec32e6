"""A run that puts back what another one has changed."""

from collections.abc import Iterator

import orjson

from ..errors import UsageFault
from ..journal import Finding, Journal, RunRecord, Wish
from ..model import PRESENT, STATUSES, Intent, Reason, Result, Row
from ..settings import Settings
from .history import pending
from .invocation import Invocation
from .staging import new_run

COLUMNS = ["associateId", "status", "message"]
Fault = tuple[Result, Reason, str]


def stage_undo(journal: Journal, run_id: str, earlier: Journal, invocation: Invocation) -> RunRecord:
    """Stage the run that undoes *earlier*; raise UsageFault where nothing can be put back.

    What *earlier* had set must still be there: it is kept where other runs keep what they read.
    """
    undone = earlier.run()
    with journal.transaction():
        run = _new(run_id, undone, invocation)
        journal.stage(run, _rows(earlier, invocation.settings))
        journal.found(
            Finding(row, wish.wanted.status, wish.wanted.message)
            for row, wish in enumerate(earlier.changed(), 1)
        )
        rows = sum(journal.counts().values())
        if not rows:
            raise UsageFault(
                f"run {undone.run_id} has set nobody's presence: there is nothing to undo",
                next=invocation.command("report", undone.run_id),
            )
        if all(reason == Reason.BEFORE_UNKNOWN for _, reason, *_ in journal.reasons()):
            raise UsageFault(
                f"run {undone.run_id} was sent without reading first (delivery.read_before): what was before "
                "is not known, and nothing can be put back",
                next=invocation.command("report", undone.run_id),
            )
        was_to_come = bool(pending(invocation, run_id))  # of whom this run names, it no longer is
        journal.describe(input={**run.input, "rows": rows, "pending": was_to_come})
    return run


def _new(run_id: str, undone: RunRecord, invocation: Invocation) -> RunRecord:
    run = new_run(run_id, "", invocation.target, invocation.settings, day=invocation.day, intent=Intent.UNDO)
    return run._replace(
        undoes=undone.run_id,
        input={**run.input, "name": f"undo of {undone.run_id}", "columns": COLUMNS},
        next=invocation.command("resume", run_id),
    )


def _rows(earlier: Journal, settings: Settings) -> Iterator[Row]:
    """Yield a row for each that was written: it asks for what was before."""
    for row, wish in enumerate(earlier.changed(), 1):
        fault = _fault(wish, settings)
        status, message = (wish.before.status, wish.before.message) if wish.before else (None, "")
        yield Row(
            row=row,
            line=None,
            associate_id=wish.associate_id,
            status=status,
            message="" if status == PRESENT else message,
            cells=orjson.dumps([wish.associate_id, status, message]).decode(),
            result=fault and fault[0],
            reason=fault and fault[1],
            detail=fault and fault[2],
        )


def _fault(wish: Wish, settings: Settings) -> Fault | None:
    """Give why a change cannot be undone, or None."""
    if wish.before is None or not (wish.knows_comment or wish.before.status == PRESENT):
        return Result.REJECTED, Reason.BEFORE_UNKNOWN, "what it was before the run was not read"
    if wish.associate_id in settings.safety.protected_ids:
        return Result.INVALID, Reason.PROTECTED, f"associate {wish.associate_id} is in safety.protected_ids"
    if wish.before.status not in settings.input.allowed_statuses:
        was = wish.before.status if wish.before.status in STATUSES else "a status that is not documented"
        words = f"it was {was}, which is not in input.allowed_statuses"
        return Result.INVALID, Reason.STATUS_NOT_ALLOWED, words
    return None
