"""How a run ended: its state, its exit code, and the command to run next."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ..errors import ExitCode, Held, InputRefused, Planned, PresenceWorkerError
from ..intake.dialect import DELIMITERS
from ..intake.source import STDIN
from ..journal import Journal
from ..model import Reason, Result, State
from ..report.words import verdict
from ..settings import Input
from .invocation import Invocation
from .staging import place_of, storable

Counts = Mapping[Result, int]
MOVED = (Reason.MOVED_SINCE_PLAN, Reason.MOVED_SINCE_RUN)
MEND = "Mend failed.csv and run it.", "run"
LOOK_AGAIN = "Somebody changed what was read: plan failed.csv before you overwrite it.", "plan"
NOT_IN_THE_FILE = "What follows from earlier files and is not done ({}) is in the report and in `schedule`."
FEED_AGAIN = "; feed the mended job on standard input again"


class Ending(NamedTuple):
    """What the run's record says at its end."""

    state: State
    exit_code: ExitCode
    message: str
    next: str | None


def ending_of(
    journal: Journal, folder: Path, job: str | None, error: PresenceWorkerError | None, invocation: Invocation
) -> Ending:
    """Tell how the run in *folder* ended; *error* ended it early, and a later session has no *job*."""
    counts = journal.counts()
    run_id = folder.name
    if isinstance(error, InputRefused):
        command = invocation.command("check", place_of(job or STDIN), *invocation.input_options)
        return Ending(State.REFUSED, error.exit_code, refusal(error, job), storable(command))
    if isinstance(error, Planned):
        way_on = invocation.command("apply", run_id) if unsettled(counts) else None
        return Ending(State.PLANNED, error.exit_code, str(error), way_on)
    if isinstance(error, Held):
        return Ending(State.HELD, error.exit_code, str(error), invocation.command("apply", run_id))
    if error is not None and unsettled(counts):
        message = f"{_sentence(str(error))} {verdict(counts, journal.done())}"
        return Ending(State.STOPPED, error.exit_code, message, invocation.command("resume", run_id))
    return _finished(journal, counts, folder, invocation)


def _sentence(words: str) -> str:
    """End words that may end already, such as those of the service."""
    return words if words.endswith((".", "?", "!")) else f"{words}."


def refusal(error: InputRefused, job: str | None) -> str:
    """Say why a job was refused; what came through a pipe is gone."""
    return storable(f"{error}{FEED_AGAIN if job == STDIN else ''}")


def unsettled(counts: Counts) -> int:
    """Count the rows `resume` would send."""
    return counts[Result.NOT_SENT] + counts[Result.FAILED] + counts[Result.UNKNOWN]


def _finished(journal: Journal, counts: Counts, folder: Path, invocation: Invocation) -> Ending:
    message = verdict(counts, journal.done())
    if unsettled(counts):
        command = invocation.command("resume", folder.name)
        return Ending(State.FINISHED, ExitCode.INCOMPLETE, message, command)
    if journal.to_mend():
        reading = _as_it_is(journal.run().input.get("delimiter"), invocation.settings.input)
        moved = any(reason in MOVED for _, reason, *_ in journal.reasons())
        words, way_on = LOOK_AGAIN if moved else MEND
        command = invocation.command(way_on, str(folder / "failed.csv"), *reading)
        others = counts[Result.INVALID] + counts[Result.REJECTED] - journal.to_mend()
        more = f" {NOT_IN_THE_FILE.format(others)}" if others else ""
        return Ending(State.FINISHED, ExitCode.INCOMPLETE, f"{message} {words}{more}", command)
    if others := counts[Result.INVALID] + counts[Result.REJECTED]:
        words = NOT_IN_THE_FILE.format(others)
        command = invocation.command("schedule")
        return Ending(State.FINISHED, ExitCode.INCOMPLETE, f"{message} {words}", command)
    return Ending(State.FINISHED, ExitCode.DONE, message, None)


def _as_it_is(delimiter: str | None, config: Input) -> tuple[str, ...]:
    """Give the options with which failed.csv is read as what it is, where the settings say otherwise.

    It would be recognised by its columns; whoever mends it may take ours out.
    """
    form = () if config.format in ("auto", "csv") else ("--format", "csv")
    cut = delimiter or ","
    if config.delimiter is None and cut in DELIMITERS:
        return form
    return (*form, "--delimiter", "tab" if cut == "\t" else cut)
