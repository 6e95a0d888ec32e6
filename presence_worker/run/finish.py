"""The end of a run: what became of it is written down, and then its reports."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..errors import JournalGone, PresenceWorkerError, Stopped
from ..events import RunEnded
from ..journal import Ending, Journal, give_back_reserve
from ..model import State
from ..report import SUMMARY, Summary, summarise, write_reports
from ..run_context import RunContext
from .cautions import NOT_KNOWN, unanswered
from .correcting import same_job
from .ending import ending_of
from .prepare import StagedRun
from .recorder import log_rows


def finish(run: StagedRun, error: PresenceWorkerError | None, context: RunContext) -> Summary:
    """Write down how the run ended, and its reports; where the disk refuses, say so all the same."""
    journal, folder = run.journal, run.folder
    give_back_reserve(folder)
    try:
        journal.check_place()  # before anything else opens what is at that path
        _caution(journal, context)
        ending = ending_of(journal, folder, run.job, error, context)
        summary = _write(journal, folder, ending, context)
    except JournalGone as trouble:
        raise _gone(trouble, journal, folder, context) from trouble
    except Stopped as trouble:  # the journal cannot even be read: nothing is claimed of any row
        raise Stopped(str(trouble), next=context.command("resume", folder.name)) from trouble
    log_rows(journal)
    return summary


def ended(run: StagedRun, summary: Summary) -> RunEnded:
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
        words, notes = unanswered(journal, context), journal.run().notes
        if words and words not in notes:
            others = [note for note in notes if not note.startswith(NOT_KNOWN)]  # of the session before
            with journal.transaction():
                journal.save_notes([*others, words])


def _gone(trouble: Stopped, journal: Journal, folder: Path, context: RunContext) -> Stopped:
    """Say that nothing is known of any row for certain; the same job can be sent again."""
    run = journal.run()
    again = context.command("undo", run.undoes) if run.undoes else same_job(run, context)
    feed = ", and feed it on standard input again" if run.input.stdin else ""
    words = (
        f"{trouble}. It stopped, and what it sent is not recorded. If {folder} was only moved or "
        f"unmounted, put it back and resume the run; else start it again{feed}"
    )
    return Stopped(words, next=again)


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
        return replace(summarise(journal, {}), **stopped._asdict())


def _note_instead(journal: Journal, folder: Path, ending: Ending) -> None:
    """Let `runs` show the same ending as the process, and no summary another one, as far as can be."""
    with suppress(Stopped), journal.transaction():
        journal.save_ending(ending)
    with suppress(OSError):
        (folder / SUMMARY).unlink(missing_ok=True)
