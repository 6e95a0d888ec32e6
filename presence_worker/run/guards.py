"""What forbids to send a staged job as it is: pure decisions on its numbers, and on the job before it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ..errors import Cause, Held, InputRefused
from ..journal import Comparison, JobInput, RunRecord
from ..sanitize import clean
from ..settings import MAX_CHANGES, Safety
from ..settings.value_types import Limit
from ..wording import amount, figure, is_or_are, plain_duration, share

FEWER, MORE = 0.5, 2.0  # times the rows of the last job: beyond them, the export is probably another one
STALE = 20 * 3600  # seconds; a nightly export is new again after this time


def too_many_invalid(invalid: int, rows: int, safety: Safety) -> InputRefused | None:
    """Return the reason to refuse a job whose rows are wrong too often, or None."""
    if not safety.max_invalid.is_tripped(invalid, whole=rows, floor=safety.percent_floor):
        return None
    return InputRefused(
        f"{share(invalid, rows, 'row')} invalid, more than safety.max_invalid ({safety.max_invalid}) allows. "
        "Nothing was sent. Correct the file, or its export.",
        cause=Cause.TOO_MANY_INVALID,
    )


def too_many_changes(changes: Mapping[str, int], users: int | None, safety: Safety) -> Held | None:
    """Return the reason to hold a job that would change too much, or None.

    *changes* counts them by status; *users* is the number of the service's users, None where they were not
    read. Where the operator limits single statuses, the others together keep the default limit.
    """
    limits = safety.max_changes
    if isinstance(limits, Limit):
        return _hold(sum(changes.values()), "", limits, users, safety)
    others = sum(number for status, number in changes.items() if status not in limits)
    judged = (_hold(changes.get(s, 0), f" to {s}", limit, users, safety) for s, limit in limits.items())
    rest = _hold(others, " to other statuses", MAX_CHANGES, users, safety)
    return next(filter(None, judged), rest)


def _hold(number: int, to: str, limit: Limit, users: int | None, safety: Safety) -> Held | None:
    if not limit.is_tripped(number, whole=users, floor=safety.percent_floor):
        return None
    return Held(
        f"{amount(number, 'change')}{to} {is_or_are(number)} more than safety.max_changes ({limit}) allows"
    )


def too_different(differences: Sequence[str], safety: Safety) -> Held | None:
    """Return the reason to hold a job that is very different from the last one, where that is wanted."""
    if not (differences and safety.strict):
        return None
    return Held(f"the job differs from the last one: {'; '.join(differences)}")


def differences(compared: Comparison) -> list[str]:
    """Return what is so different that the file may be the wrong one; nothing where it is not."""
    found = []
    if not compared.rows_before * FEWER <= compared.rows <= compared.rows_before * MORE:
        rows = amount(compared.rows, "row")
        found.append(f"{rows}, the last job had {figure(compared.rows_before)} (run {compared.run_id})")
    for words, names in (("new columns", compared.columns_added), ("columns gone", compared.columns_gone)):
        if names:
            found.append(f"{words}: {', '.join(names)}")
    return found


def comparison_notes(compared: Comparison) -> list[str]:
    """Return what the reader should know of it."""
    if words := same_file_warning(compared):
        return [words]
    if compared.same_file:
        return [f"this is the same file as in the last job (run {compared.run_id})"]
    return [f"differs from the last job: {words}" for words in differences(compared)]


def same_file_warning(compared: Comparison) -> str | None:
    """Return that the export has probably failed; None where the file is another one, or was due again."""
    if compared.stale_after is None:
        return None
    run = compared.stale_run or compared.run_id
    job = "the last job" if run == compared.run_id else "an earlier job"
    began = f"which began {plain_duration(compared.stale_after)} ago"
    return (
        f"this is the same file as in {job} (run {run}), {began}. Did the export fail? "
        "Set input.max_age to refuse an old file"
    )


def compare(
    job: JobInput, last: RunRecord | None, max_age: float | None, credible: RunRecord | None
) -> Comparison | None:
    """Compare a job, as the journal describes it, with the run before; None where that says nothing.

    With a *max_age* the age of the file was judged already. Only the *credible* run, which does not come
    from the future, says how long ago the file was sent.
    A failed.csv that came back is a part of another job: it is compared with nothing, and nothing with it.
    """
    if last is None or job.came_back:
        return None
    before, now = last.input.columns or (), job.columns or ()
    same_file = job.sha256 == last.input.sha256
    age = _age_of_the_file(job, credible) if same_file and max_age is None else None
    return Comparison(
        run_id=last.run_id,
        rows_before=last.input.rows - (last.input.scheduled or 0),
        rows=job.rows,
        same_file=same_file,
        columns_added=tuple(clean(name, 60) for name in now if name not in before),
        columns_gone=tuple(clean(name, 60) for name in before if name not in now),
        stale_after=age if age and age > STALE else None,
        stale_run=credible.run_id if credible and age and age > STALE else None,
    )


def _age_of_the_file(job: JobInput, credible: RunRecord | None) -> float | None:
    """Return the seconds since a run that sent this file began; None where it is not known."""
    if credible is None or job.sha256 != credible.input.sha256:
        return None
    return (datetime.now(UTC) - datetime.fromisoformat(credible.created_at)).total_seconds()
