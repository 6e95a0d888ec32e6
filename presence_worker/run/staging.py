"""From a job to a staged run: everything is read and judged before anything is sent."""

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from ..errors import Held, InputRefused, PresenceWorkerError
from ..intake.conflicts import agree, settle
from ..intake.job import Job, open_job
from ..intake.source import STDIN
from ..journal import JobInput, Journal, RunRecord, StoredSettings, now
from ..model import Result
from ..run_states import Intent, State, Step
from ..schedule.due_rows import add_due
from ..schedule.entries import Schedule
from ..settings import SECRETS, WITHDRAWN, Safety, Settings
from ..shutdown import Shutdown
from ..wording import amount, is_or_are
from .guards import compare, comparison_notes, differences, too_different, too_many_changes, too_many_invalid

NOT_OF_A_RUN = (
    "notify",
    "metrics",
    "job",
    "serve",
    "fleet",
)  # sections that change no run; addresses of people are in them


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What there was before a run."""

    last: RunRecord | None = None  # the job to compare this one with
    credible: RunRecord | None = None  # the newest one that does not come from the future
    to_come: Schedule = field(default_factory=dict)


def stage(
    journal: Journal, run: RunRecord, job: str, settings: Settings, before: Before, shutdown: Shutdown
) -> PresenceWorkerError | None:
    """Read the whole job into a new journal, all of it or nothing; give why it must not be sent, or None.

    What is due today of earlier jobs is added. Raise InputRefused for a job that cannot be read, and the
    reason of a *shutdown* between two rows; the journal is empty then.
    """
    with journal.transaction():
        day = run.input.day or date.min
        called = run.input.name if run.input.jobs else None  # the queue keeps it under another name
        with open_job(job, settings, day, shutdown, called) as opened:
            journal.stage(run, opened.rows)
        if not opened.identity:
            settle_clashes(journal, settings)
        refused = _judge(journal, opened, settings, before)
        if not opened.identity and not refused and add_due(journal, before.to_come, settings):
            settle_clashes(journal, settings)
        if opened.identity:  # who is meant by a name is looked up whatever read_before says
            journal.save_step(Step.READ)
        return refused or _check_unless_read(journal, settings)


def stage_due(
    journal: Journal, run: RunRecord, settings: Settings, to_come: Schedule
) -> PresenceWorkerError | None:
    """Stage a run without a file, of what is due today; give why it must not be sent, or None."""
    with journal.transaction():
        journal.stage(run._replace(input=replace(run.input, name="")), ())
        add_due(journal, to_come, settings)
        return _check_unless_read(journal, settings)


def _check_unless_read(journal: Journal, settings: Settings) -> Held | None:
    """Check the safety limits now, unless the current statuses are read first: these say how much changes."""
    is_known = journal.run().step == Step.SEND
    return check_safety_limits(journal, None, settings.safety) if is_known else None


def new_run(
    run_id: str, job: str, target: str, settings: Settings, *, day: date, intent: Intent = Intent.RUN
) -> RunRecord:
    """Return the record of a run that knows nothing of its job yet; *day* decides which rows are due."""
    return RunRecord(
        run_id=run_id,
        created_at=now(),
        target=target,
        state=State.RUNNING,
        exit_code=None,
        message=None,
        next=None,
        input=JobInput(name=storable(place_of(job)), day=day),
        settings=without_secrets(settings),
        notes=[],
        intent=intent,
        step=Step.SEND if settings.delivery.read_before == "off" and intent is Intent.RUN else Step.READ,
    )


def settle_clashes(journal: Journal, settings: Settings) -> None:
    """Settle the rows that ask for an associate another row asks for as well."""
    for asked in journal.by_person.clashes():
        journal.rows.mark_settled(settle(asked, settings.input.on_conflict))
    for asked in journal.by_person.rivals():
        if not agree(asked):  # else the one that ends last counts
            journal.rows.mark_settled(settle(asked, settings.input.on_conflict))


def _judge(journal: Journal, opened: Job, settings: Settings, before: Before) -> InputRefused | None:
    """Describe the job; give the reason to refuse it for its rows, or None."""
    counts = journal.results.counts()
    rows = sum(counts.values())
    found = replace(job_input(opened, journal.run().input), rows=rows)
    compared = compare(found, before.last, settings.input.max_age, before.credible)
    said = [
        *notes(opened),
        *_of_no_effect(journal, settings),
        *(comparison_notes(compared) if compared else ()),
    ]
    journal.save_input(found)
    journal.save_notes(said)
    if compared:
        journal.save_comparison(compared)
    return too_many_invalid(counts[Result.INVALID], rows, settings.safety)


def _of_no_effect(journal: Journal, settings: Settings) -> list[str]:
    """Return a note on withdrawn rows that take nothing back."""
    if WITHDRAWN not in settings.input.statuses.values():
        return []  # all rows would be gone through for nothing
    number = journal.dated.count_withdrawn_without_days()
    rows = "row has" if number == 1 else "rows have"
    return [f"{number} withdrawn {rows} no days and cancelled nothing"] if number else []


def check_safety_limits(journal: Journal, users: int | None, safety: Safety) -> Held | None:
    """Return why the changes a run is left with must not be sent as they are, or None.

    *users* is the number of the service's users, None where they were not read.
    """
    compared = journal.run().compared
    found = differences(compared) if compared else []
    return too_many_changes(journal.rows.changes_by_status(), users, safety) or too_different(found, safety)


def job_input(opened: Job, known: JobInput) -> JobInput:
    """Return what the journal keeps of a job, but the number of its rows; whole once all were read."""
    found = opened.reader.facts()
    return replace(
        known,
        name=opened.name if opened.stdin else known.name,
        stdin=opened.stdin,
        sha256=opened.sha256,
        format=opened.format,
        encoding=opened.encoding,
        delimiter=opened.delimiter,
        sheet=opened.sheet,
        rows_path=opened.rows_path,
        header=opened.header,
        columns=tuple(opened.columns),
        came_back=opened.came_back,
        identity=opened.identity,
        unmapped=found.unmapped,
        unmapped_others=found.unmapped_others,
        dated=found.dated,
        unused=found.unused,
        without_end=found.without_end,
        filtered=found.filtered,
        filtered_others=found.filtered_others,
        half_days=found.half_days,
    )


def notes(opened: Job) -> list[str]:
    """Return what a reader should know although no row is wrong."""
    found = [*opened.notes, *opened.reader.notes()]
    if opened.messages_left_out:
        found.append(
            f"{amount(opened.messages_left_out, 'comment')} of users who are present "
            f"{is_or_are(opened.messages_left_out)} not sent"
        )
    return found


def without_secrets(settings: Settings) -> StoredSettings:
    """Return the settings as the journal keeps them; a proxy's address may have a password in it."""
    left_out = {"auth": set(SECRETS), "target": {"proxy"}}
    kept = settings.model_dump(mode="json", exclude={**left_out, **dict.fromkeys(NOT_OF_A_RUN, True)})
    return StoredSettings(kept)


def place_of(job: str) -> str:
    """Return a job as a later command names it, wherever that is called."""
    return job if job == STDIN else str(Path(job).absolute())


def storable(text: str) -> str:
    """Return a text as the journal can keep it: the name of a file may not be UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()
