"""How a job differs from the last one of the same target: half a file must not wipe a department."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from ..journal import RunRecord
from ..text import clean, counted
from ..values import plain_duration

FEWER, MORE = 0.5, 2.0  # times the rows of the last job: beyond them, the export is probably another one

STALE = 20 * 3600  # seconds; a nightly export has been renewed by then


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A job beside the last finished one of its target."""

    run_id: str  # of the last one
    rows_before: int
    rows: int
    same_file: bool
    columns_added: list[str]
    columns_gone: list[str]
    stale_after: float | None = None  # seconds since the file was sent, where a new one was due by now
    stale_run: str | None = None  # the run that sent it then

    def differences(self) -> list[str]:
        """Say what is so different that the file may be the wrong one; nothing where it is not."""
        found = []
        if not self.rows_before * FEWER <= self.rows <= self.rows_before * MORE:
            rows = counted(self.rows, "row")
            found.append(f"{rows}, where the last job had {self.rows_before} (run {self.run_id})")
        for words, names in (("new columns", self.columns_added), ("columns gone", self.columns_gone)):
            if names:
                found.append(f"{words}: {', '.join(names)}")
        return found

    def notes(self) -> list[str]:
        """Say what the reader should know of it."""
        if words := self.warning():
            return [words]
        if self.same_file:
            return [f"this is the very file of the last job (run {self.run_id})"]
        return [f"differs from the last job: {words}" for words in self.differences()]

    def warning(self) -> str | None:
        """Say that the export has probably failed; None where the file is another one, or was due again."""
        if self.stale_after is None:
            return None
        run = self.stale_run or self.run_id
        job = "the last job" if run == self.run_id else "an earlier job"
        began = f"which began {plain_duration(self.stale_after)} ago"
        return (
            f"this is the very file of {job} (run {run}), {began}: did the export fail? "
            "Set input.max_age to refuse an old file"
        )

    def as_record(self) -> dict[str, Any]:
        """Give what journal and summary keep."""
        return asdict(self)


def compare(
    job: dict[str, Any], last: RunRecord | None, max_age: float | None, credible: RunRecord | None
) -> Comparison | None:
    """Compare a job, as the journal describes it, with the run before; None where that says nothing.

    With a *max_age* the age of the file was judged already. Only the *credible* run, which does not come
    from the future, says how long ago the file was sent.
    A failed.csv that came back is a part of another job: it is compared with nothing, and nothing with it.
    """
    if last is None or job["came_back"]:
        return None
    before, now = last.input["columns"] or [], job["columns"]
    same_file = job["sha256"] == last.input["sha256"]
    age = _age_of_the_file(job, credible) if same_file and max_age is None else None
    return Comparison(
        run_id=last.run_id,
        rows_before=last.input["rows"] - last.input.get("scheduled", 0),
        rows=job["rows"],
        same_file=same_file,
        columns_added=[clean(name, 60) for name in now if name not in before],
        columns_gone=[clean(name, 60) for name in before if name not in now],
        stale_after=age if age and age > STALE else None,
        stale_run=credible.run_id if credible and age and age > STALE else None,
    )


def _age_of_the_file(job: dict[str, Any], credible: RunRecord | None) -> float | None:
    """Give the seconds since a run that sent this very file began; None where it is not known."""
    if credible is None or job["sha256"] != credible.input["sha256"]:
        return None
    return (datetime.now(UTC) - datetime.fromisoformat(credible.created_at)).total_seconds()
