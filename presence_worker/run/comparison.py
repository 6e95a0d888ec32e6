"""How a job differs from the last one of the same target: half a file must not wipe a department."""

from datetime import UTC, datetime

from ..journal import Comparison, JobInput, RunRecord
from ..sanitize import clean
from ..wording import amount, plain_duration

FEWER, MORE = 0.5, 2.0  # times the rows of the last job: beyond them, the export is probably another one

STALE = 20 * 3600  # seconds; a nightly export has been renewed by then


def differences(compared: Comparison) -> list[str]:
    """Return what is so different that the file may be the wrong one; nothing where it is not."""
    found = []
    if not compared.rows_before * FEWER <= compared.rows <= compared.rows_before * MORE:
        rows = amount(compared.rows, "row")
        found.append(f"{rows}, where the last job had {compared.rows_before} (run {compared.run_id})")
    for words, names in (("new columns", compared.columns_added), ("columns gone", compared.columns_gone)):
        if names:
            found.append(f"{words}: {', '.join(names)}")
    return found


def comparison_notes(compared: Comparison) -> list[str]:
    """Return what the reader should know of it."""
    if words := same_file_warning(compared):
        return [words]
    if compared.same_file:
        return [f"this is the very file of the last job (run {compared.run_id})"]
    return [f"differs from the last job: {words}" for words in differences(compared)]


def same_file_warning(compared: Comparison) -> str | None:
    """Return that the export has probably failed; None where the file is another one, or was due again."""
    if compared.stale_after is None:
        return None
    run = compared.stale_run or compared.run_id
    job = "the last job" if run == compared.run_id else "an earlier job"
    began = f"which began {plain_duration(compared.stale_after)} ago"
    return (
        f"this is the very file of {job} (run {run}), {began}: did the export fail? "
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
    """Give the seconds since a run that sent this very file began; None where it is not known."""
    if credible is None or job.sha256 != credible.input.sha256:
        return None
    return (datetime.now(UTC) - datetime.fromisoformat(credible.created_at)).total_seconds()
