"""The end of a run: its state, its exit code, the command to run next, and its reports."""

from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from ..errors import (
    DatabaseAway,
    ExitCode,
    Held,
    InputRefused,
    JournalGone,
    LeaseLost,
    Planned,
    PresenceWorkerError,
    Stopped,
)
from ..events import RunEnded
from ..help_pages import page_of_run
from ..intake.csv.dialect import DELIMITERS
from ..intake.source import STDIN
from ..journal import NOT_DONE, Ending, Journal, KnownRun, RunRecord, give_back_reserve, moment_ago
from ..next_step import NextStep
from ..report import SUMMARY, Advice, Summary, advise, summarise, write_reports
from ..report.headline import message_of
from ..run_context import RunContext
from ..run_states import State
from ..runs.listing import keep
from ..runs.lookup import earlier_than
from ..settings import Input
from ..wording import amount, as_sentence
from .correcting import IF_CORRECTED, begin_again, label_of_run, note_suspect, same_job, to_add, to_correct
from .prepare import StagedRun
from .row_trouble import log_rows
from .staging import place_of, storable

MOST_NAMED = 10  # associates
NOT_KNOWN = "A request of an earlier run has no known result for"
MAY_COME = (
    f"{NOT_KNOWN} {{users}}. SuperOffice may still carry it out and overwrite what this run has set. Check "
    "{whom} in SuperOffice: {names}"
)
log = structlog.get_logger()
FEED_AGAIN = "Feed the corrected job on standard input again."


def finish(run: StagedRun, error: PresenceWorkerError | None, context: RunContext) -> Summary:
    """Write down how the run ended, and its reports; where the disk refuses, also say so."""
    journal, folder = run.journal, run.folder
    give_back_reserve(folder)
    try:
        journal.check_place()  # before anything else opens what is at that path
        _caution(journal, context)
        ending = judge_ending(journal, folder, run.job, error, context)
        summary = _write(journal, folder, ending, context)
        run.lease.save(journal, keep(summary))
    except LeaseLost:  # the run goes on elsewhere, with what the database has
        raise
    except DatabaseAway as trouble:
        raise DatabaseAway(str(trouble), next=context.command("resume", folder.name)) from trouble
    except JournalGone as trouble:
        raise _journal_gone(trouble, journal, folder, context) from trouble
    except Stopped as trouble:  # the journal cannot even be read: nothing is claimed of any row
        raise Stopped(str(trouble), next=context.command("resume", folder.name)) from trouble
    log_rows(journal)
    return summary


def end_event(run: StagedRun, summary: Summary) -> RunEnded:
    """Return the event of a run that ended as *summary* says."""
    record = run.journal.run()
    return RunEnded(
        run_id=record.run_id,
        target=record.target,
        state=State(summary.state),
        exit_code=summary.exit_code or 0,
        message=summary.message or "",
        next=summary.next,
    )


def _caution(journal: Journal, context: RunContext) -> None:
    """Note in the run what earlier ones leave in doubt of it; its end does not depend on that."""
    with suppress(Stopped):
        words, notes = note_on_unanswered(journal, context), journal.run().notes
        if words and words not in notes:
            others = [note for note in notes if not note.startswith(NOT_KNOWN)]  # of the session before
            with journal.transaction():
                journal.save_notes([*others, words])


def _journal_gone(trouble: Stopped, journal: Journal, folder: Path, context: RunContext) -> Stopped:
    """Return that no result is certain; the same job can be sent again."""
    run = journal.run()
    again = context.command("undo", run.undoes) if run.undoes else same_job(run, context)
    feed = ", and feed it on standard input again" if run.input.stdin else ""
    words = (
        f"{trouble}. It stopped, and what it sent is not recorded. If {folder} was only moved or "
        f"unmounted, put it back and resume the run; else start it again{feed}"
    )
    more = to_add(again, run, context)
    return Stopped(f"{words}. {more}" if more else words, next=again)


def _write(journal: Journal, folder: Path, ending: Ending, context: RunContext) -> Summary:
    try:
        with journal.transaction():
            journal.save_ending(ending)
        return write_reports(folder, journal)
    except JournalGone:
        raise
    except Stopped as trouble:
        noted = journal.run().state == ending.state and not journal.results.to_send()
        command = "report" if noted else "resume"
        words = f"{trouble}. {ending.message}"
        stopped = Ending(State.STOPPED, trouble.exit_code, words, context.command(command, folder.name))
        _note_instead(journal, folder, stopped)
        page = page_of_run(stopped.exit_code, None, ())
        return replace(summarise(journal), **stopped._asdict(), help=page)


def _note_instead(journal: Journal, folder: Path, ending: Ending) -> None:
    """Let `runs` show the same ending as the process, and no summary another one, as far as can be."""
    with suppress(Stopped), journal.transaction():
        journal.save_ending(ending)
    with suppress(OSError):
        (folder / SUMMARY).unlink(missing_ok=True)


def note_on_unanswered(journal: Journal, context: RunContext) -> str | None:
    """Return a note on the users whom this run has set, and an earlier one left `unknown`; None for none.

    A request without a certain outcome may still be carried out. Runs older than safety.max_resume_age do
    not count: no request is on its way that long.
    """
    left = _find_unknown(journal.run(), context)
    users = sorted({user for user in journal.results.associates_written() if user in left}) if left else []
    if not users:
        return None
    names = ", ".join(map(str, users[:MOST_NAMED])) + (", …" if len(users) > MOST_NAMED else "")
    whom = "this user" if len(users) == 1 else "these users"
    return MAY_COME.format(users=amount(len(users), "user"), whom=whom, names=names)


def _find_unknown(run: RunRecord, context: RunContext) -> set[int]:
    """Return the associates whose newest request of an earlier run has no certain outcome."""
    unknown: set[int] = set()
    runs = earlier_than(run.run_id, context.archive.index.runs(run.target))
    if not any(each.to_send for each in runs):
        return unknown
    for earlier in _recent(run, runs, context):
        if not (unknown or earlier.to_send):
            continue
        try:
            with closing(earlier.open_journal()) as journal:
                unknown -= {user for user in journal.results.associates_written() if user in unknown}
                unknown |= set(journal.results.associates_without_answer())
        except PresenceWorkerError as error:  # the note is help, no guarantee
            log.warning("run.unreadable", earlier=earlier.name, detail=str(error))
    return unknown


def _recent(run: RunRecord, runs: Sequence[KnownRun], context: RunContext) -> Iterator[KnownRun]:
    """Yield those of the *runs* before *run* that are the target's and may be young, oldest first.

    How old a run is whose clock was behind that of a run before it is not known.
    """
    oldest = moment_ago(context.settings.safety.max_resume_age)
    latest = datetime.min.replace(tzinfo=UTC)
    for earlier in reversed(runs):
        record = None if earlier.fault else earlier.record
        if record is None or record.target != run.target:
            continue
        began = datetime.fromisoformat(record.created_at)
        if began >= oldest or began < latest:
            yield earlier
        latest = max(latest, began)


def judge_ending(
    journal: Journal, folder: Path, job: str | None, error: PresenceWorkerError | None, context: RunContext
) -> Ending:
    """Return how the run in *folder* ended; *error* ended it early, and a later session has no *job*."""
    state = _state(journal, error)
    note_suspect(journal, error, context.settings)
    way_on = advise(journal, state)
    command = _command(way_on[0], journal, folder, job, context) if way_on else None
    run = journal.run()
    more = to_add(command, run, context)
    if error is None or state is State.FINISHED:
        return Ending(state, _code(journal), message_of(journal, state, more), command)
    words = None if state is State.PLANNED else _words(error, job)
    corrections = to_correct(way_on[0], run, context) if way_on else ()
    said = " ".join(as_sentence(each) for each in (words, *corrections, more) if each)
    return Ending(state, error.exit_code, message_of(journal, state, said), command)


def _code(journal: Journal) -> ExitCode:
    """Judge by the rows alone: whatever the advice, a row that is not done is not a success."""
    counts = journal.results.counts()
    return ExitCode.INCOMPLETE if any(counts[result] for result in NOT_DONE) else ExitCode.DONE


def _state(journal: Journal, error: PresenceWorkerError | None) -> State:
    if isinstance(error, InputRefused):
        return State.REFUSED
    if isinstance(error, Planned):
        return State.PLANNED
    if isinstance(error, Held):
        return State.HELD
    return State.STOPPED if error is not None and journal.results.to_send() else State.FINISHED


def _words(error: PresenceWorkerError, job: str | None) -> str:
    return refusal(error, job) if isinstance(error, InputRefused) else str(error)


def refusal(error: InputRefused, job: str | None) -> str:
    """Return why a job was refused; what came through a pipe is gone."""
    return storable(f"{as_sentence(str(error))} {FEED_AGAIN}" if job == STDIN else str(error))


def _command(step: Advice, journal: Journal, folder: Path, job: str | None, context: RunContext) -> NextStep:
    """Return the command that carries out a step."""
    match step:
        case Advice.CHECK if job is not None and job == context.settings.job.source:  # it is not there yet
            return context.command("run", *context.input_options)
        case Advice.CHECK:
            return context.command("check", place_of(job or STDIN), *context.input_options)
        case Advice.APPLY:
            return context.command("apply", folder.name)
        case Advice.BEGIN_AGAIN:
            return begin_again(journal.run(), context)
        case Advice.SIGN_IN:
            return context.command("resume", folder.name, IF_CORRECTED)
        case Advice.RESUME | Advice.PLAN_ON | Advice.LET_IN:
            return context.command("resume", folder.name)
        case Advice.SCHEDULE:
            return context.command("schedule")
        case Advice.CORRECT | Advice.ADMINISTER | Advice.CHECK_USERS:
            reading = _options_for_failed_csv(journal.run().input.delimiter, context.settings.input)
            command = "plan" if step is Advice.CHECK_USERS else "run"
            label = label_of_run(journal.run())
            return context.command(command, str(folder / "failed.csv"), *label, *reading)


def _options_for_failed_csv(delimiter: str | None, config: Input) -> tuple[str, ...]:
    """Return the options with which failed.csv is read as what it is, where the settings say otherwise.

    It would be recognised by its columns, but the person who corrects it may remove ours.
    """
    form = () if config.format in ("auto", "csv") else ("--format", "csv")
    cut = delimiter or ","
    if config.delimiter is None and cut in DELIMITERS:
        return form
    return (*form, "--delimiter", "tab" if cut == "\t" else cut)
