"""Everything that can stop a run, and the exit code it ends in."""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from .manual_pages import ManualPage
from .next_step import NextStep


class ExitCode(IntEnum):
    """What a scheduler sees; the numbers are public."""

    DONE = 0
    CRASHED = 1
    USAGE = 2
    INCOMPLETE = 3
    REFUSED = 4
    HELD = 5
    STOPPED = 6
    LOCKED = 7
    INTERRUPTED = 130
    TERMINATED = 143


class ExitMeaning(NamedTuple):
    """One line of the table of exit codes, as help and README print it."""

    meaning: str
    sent: str  # whether anything was sent: yes, no, maybe


EXIT_CODES: dict[ExitCode, ExitMeaning] = {
    ExitCode.DONE: ExitMeaning(meaning="every row is done", sent="maybe"),
    ExitCode.CRASHED: ExitMeaning(
        meaning="the program crashed (a bug); no record is lost, `resume` continues", sent="maybe"
    ),
    ExitCode.USAGE: ExitMeaning(meaning="usage or configuration error", sent="no"),
    ExitCode.INCOMPLETE: ExitMeaning(meaning="finished, but some rows are not done", sent="yes"),
    ExitCode.REFUSED: ExitMeaning(
        meaning="the file is refused: not readable, damaged, empty, or too many invalid rows", sent="no"
    ),
    ExitCode.HELD: ExitMeaning(meaning="held by a safety limit; `apply RUN` sends it", sent="no"),
    ExitCode.STOPPED: ExitMeaning(
        meaning="stopped early: SuperOffice did not answer or rejected the credentials, too many failures, "
        "deadline, disk full; `resume` continues",
        sent="maybe",
    ),
    ExitCode.LOCKED: ExitMeaning(meaning="another run is at work on this target", sent="no"),
    ExitCode.INTERRUPTED: ExitMeaning(
        meaning="interrupted (SIGINT); requests in progress were finished, `resume` continues", sent="maybe"
    ),
    ExitCode.TERMINATED: ExitMeaning(
        meaning="terminated (SIGTERM); requests in progress were finished, `resume` continues", sent="maybe"
    ),
}


def place_of(error: BaseException) -> str:
    """Return the place of a bug; its values may be secret."""
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames[-4:][::-1])


class Cause(StrEnum):
    """Why a run ended early, as a code; None where no code says it."""

    MISSING = "missing"  # the file is not there
    UNREADABLE = "unreadable"  # the file cannot be opened
    EMPTY = "empty"
    TOO_OLD = "too_old"
    TOO_MANY_INVALID = "too_many_invalid"
    OUTAGE = "outage"  # SuperOffice gave no useful answer
    REJECTED_ALIKE = "rejected_alike"  # SuperOffice rejected all rows in the same way
    TOO_MANY_FAILURES = "too_many_failures"
    DEADLINE = "deadline"


class PresenceWorkerError(Exception):
    """What stops a run for a known reason: a sentence that says where, what, and what to do.

    *next* is what to do then; without it, the same command again. *page* of the manual helps; without it,
    the page of this kind of error.
    """

    exit_code = ExitCode.CRASHED
    cause: Cause | None = None

    def __init__(
        self,
        message: str,
        *,
        next: NextStep | None = None,  # noqa: A002 - the summary's word
        page: ManualPage | None = None,
    ) -> None:
        super().__init__(message)
        self.next = next
        self.page = page


class UsageFault(PresenceWorkerError):
    """The command or the configuration cannot be meant as it stands; nothing was sent."""

    exit_code = ExitCode.USAGE


class OptionFault(UsageFault):
    """An option of the command has a value it cannot have: the same command again cannot work."""


class SignInFault(UsageFault):
    """The credentials that were rejected are unchanged."""


class RunFault(UsageFault):
    """The run that a command names does not exist, or the command cannot work on it."""


class RunMoved(RunFault):
    """The run is no longer what it was when a person decided what to do with it."""


class AlreadyBegun(PresenceWorkerError):
    """The job of the queue has a run already; nothing was done."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"this job was begun as run {run_id}")
        self.run_id = run_id


class StateFault(UsageFault):
    """The state directory, or a file in it, cannot be used."""


class SandboxFault(UsageFault):
    """The sandbox cannot begin: a file or the port that an option names cannot be used."""


ValueRows = Sequence[tuple[str, int]]  # values of a column, and their rows; most rows first
Way = Mapping[str, Any]  # settings of [input] by their names, such as {"from": "Date", "until": "Date"}


class Suggestion(NamedTuple):
    """Words that say what to set, and the settings that they name."""

    words: str
    settings: tuple[Way, ...] = ()  # each has one setting of [input]; several of the same are choices


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """What was found out about a job; None: not known, or not known yet."""

    format: str | None = None
    sheet: str | None = None  # of a workbook
    rows_path: str | None = None  # of JSON, where the rows were found without input.rows
    delimiter: str | None = None
    encoding: str | None = None
    header: int | None = None  # line of the columns' names
    columns: Sequence[str] | None = None
    skip_lines: int | None = None  # above the header, where only they are in the way
    values: Mapping[str, ValueRows] = field(default_factory=dict)  # of columns to filter by

    def beside(self, wider: "JobFacts") -> "JobFacts":
        """Return these facts, with *wider* ones in place of those that are not known."""
        known = {name: found for name, found in asdict(self).items() if found not in (None, {})}
        return replace(wider, **known)


class InputRefused(PresenceWorkerError):
    """The job cannot be read without doubt; nothing was sent.

    `check --explain` prints the settings that would make a refused job work. The refusal has them.

        raise InputRefused(words, {"hidden_rows": "skip"}, {"hidden_rows": "read"})

    Each *way* is a set of settings of [input] that answers the question, the likeliest first. One way is
    printed as a setting; of several, the reader chooses: they are printed as comments. An empty way `{}`
    behind the others says that perhaps none of them is right, so that even a single one stays a comment. A
    table (`only`, `statuses`) and the list `unused` add to what is configured; any other setting replaces it.
    One refusal asks one question. The job is then read again with the first way, for the next question.
    """

    exit_code = ExitCode.REFUSED

    def __init__(
        self,
        message: str,
        *ways: Way,
        settings: Sequence[Way] = (),
        facts: JobFacts | None = None,
        cause: Cause | None = None,
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.ways = ways
        self.settings = tuple(settings)  # those that the message names, where it asks no such question
        self.facts = facts or JobFacts()  # found out about the job before


@contextmanager
def refusals_with(facts: JobFacts) -> Iterator[None]:
    """Let a refusal take along *facts* of the job that it has not itself."""
    try:
        yield
    except InputRefused as refused:
        refused.facts = refused.facts.beside(facts)
        raise


class Held(PresenceWorkerError):
    """A safety limit tripped; nothing was sent, and `apply` sends the run as it was stored."""

    exit_code = ExitCode.HELD


class Planned(PresenceWorkerError):
    """The plan is made: nothing was sent, and `apply` sends it as it was stored."""

    exit_code = ExitCode.DONE


class Suspect(StrEnum):
    """What has to be corrected first: with the same settings the next command ends in the same way."""

    TARGET = "target"  # the address leads elsewhere, and so the run belongs to the wrong target
    LOGIN = "login"  # the address of the login host, on which the target's name depends without base_url
    SIGN_IN = "sign_in"  # the same password once more may lock the account
    PROXY = "proxy"  # the address of a proxy


MAY_LOCK = (Suspect.SIGN_IN, Suspect.PROXY)


class Stopped(PresenceWorkerError):
    """The run cannot go on now; `resume` continues it, unless the *suspect* has to be corrected first."""

    exit_code = ExitCode.STOPPED

    def __init__(
        self,
        message: str,
        *,
        next: NextStep | None = None,  # noqa: A002 - the summary's word
        suspect: Suspect | None = None,
        cause: Cause | None = None,
    ) -> None:
        super().__init__(message, next=next)
        self.suspect = suspect
        self.cause = cause


class JournalGone(Stopped):
    """The journal is no longer where it was: what is read from it may not be on disk."""


class DatabaseAway(Stopped):
    """The database that several machines share cannot be reached now."""


class LeaseLost(Stopped):
    """Another machine works on the target by now: nothing of this run may be sent or written here."""


class Locked(PresenceWorkerError):
    """Another run works on the same target."""

    exit_code = ExitCode.LOCKED


class Interrupted(PresenceWorkerError):
    """SIGINT came; requests in progress were finished."""

    exit_code = ExitCode.INTERRUPTED


class Terminated(PresenceWorkerError):
    """SIGTERM came; requests in progress were finished."""

    exit_code = ExitCode.TERMINATED
