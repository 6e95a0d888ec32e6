"""How a run ended: its state, its exit code, and the command to run next."""

from pathlib import Path

from ..errors import ExitCode, Held, InputRefused, Planned, PresenceWorkerError
from ..intake.csv.dialect import DELIMITERS
from ..intake.source import STDIN
from ..journal import NOT_DONE, Ending, Journal
from ..model import State
from ..next_step import NextStep
from ..report import Advice, advise
from ..report.headline import message_of
from ..run_context import RunContext
from ..settings import Input
from .correcting import IF_CORRECTED, begin_anew, note_suspect, to_correct
from .staging import place_of, storable

FEED_AGAIN = "; feed the corrected job on standard input again"


def judge_ending(
    journal: Journal, folder: Path, job: str | None, error: PresenceWorkerError | None, context: RunContext
) -> Ending:
    """Return how the run in *folder* ended; *error* ended it early, and a later session has no *job*."""
    state = _state(journal, error)
    note_suspect(journal, error, context.settings)
    way_on = advise(journal, state)
    command = _command(way_on[0], journal, folder, job, context) if way_on else None
    if error is None or state is State.FINISHED:
        return Ending(state, _code(journal), message_of(journal, state, None), command)
    words = None if state is State.PLANNED else _words(error, job)
    if way_on:
        said = words and words.rstrip(".")
        words = "; ".join(filter(None, (said, *to_correct(way_on[0], journal.run(), context))))
    return Ending(state, error.exit_code, message_of(journal, state, words), command)


def _code(journal: Journal) -> ExitCode:
    """Judge by the rows alone: whatever is advised, a row that is not done is no success."""
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
    return storable(f"{error}{FEED_AGAIN if job == STDIN else ''}")


def _command(step: Advice, journal: Journal, folder: Path, job: str | None, context: RunContext) -> NextStep:
    """Return the command that carries out a step."""
    match step:
        case Advice.CHECK:
            return context.command("check", place_of(job or STDIN), *context.input_options)
        case Advice.APPLY:
            return context.command("apply", folder.name)
        case Advice.BEGIN_ANEW:
            return begin_anew(journal.run(), context)
        case Advice.SIGN_IN:
            return context.command("resume", folder.name, IF_CORRECTED)
        case Advice.RESUME | Advice.PLAN_ON | Advice.LET_IN:
            return context.command("resume", folder.name)
        case Advice.SCHEDULE:
            return context.command("schedule")
        case Advice.MEND | Advice.ADMINISTER | Advice.LOOK_AGAIN:
            reading = _options_for_failed_csv(journal.run().input.delimiter, context.settings.input)
            command = "plan" if step is Advice.LOOK_AGAIN else "run"
            return context.command(command, str(folder / "failed.csv"), *reading)


def _options_for_failed_csv(delimiter: str | None, config: Input) -> tuple[str, ...]:
    """Return the options with which failed.csv is read as what it is, where the settings say otherwise.

    It would be recognised by its columns; whoever mends it may take ours out.
    """
    form = () if config.format in ("auto", "csv") else ("--format", "csv")
    cut = delimiter or ","
    if config.delimiter is None and cut in DELIMITERS:
        return form
    return (*form, "--delimiter", "tab" if cut == "\t" else cut)
