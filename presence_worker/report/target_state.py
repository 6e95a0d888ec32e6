"""How a target is: its last job, what waits for a person, and what is missing."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import NamedTuple

from ..clock import is_from_the_future
from ..errors import ExitCode
from ..next_step import NextStep
from ..run_states import State
from ..wording import amount, is_or_are, plain_duration
from .missing import Missing, MissingData, find_missing
from .run_list import UNREADABLE, Listed

ENDED = (State.HELD, State.REFUSED, State.STOPPED, State.FINISHED)
PIPE = "standard input"
NUMBER = re.compile(r"\d{2,}(?=[^/\\]*$)")  # in the name of a file, not in that of its folder
BROKEN = "the configuration file of this target cannot be used"
NO_RUN = "nothing has been sent yet"
STOPPED = "the last run stopped early"
WAITING = {  # state: what is in it
    State.HELD: "run",
    State.STOPPED: "run",
    State.REFUSED: "file",
    UNREADABLE: "run",
}


class ExpectedOfTarget(NamedTuple):
    """What is known of a target besides its runs."""

    target: str  # its name in the configuration, else its address
    every: float | None = None  # seconds between two jobs; None: no check
    source: str | None = None  # pattern of its files
    is_configured: bool = True
    broken: str | None = None  # why its configuration file cannot be used
    check: NextStep | None = None  # the command that finds what is wrong with it


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """How a target is."""

    expected: ExpectedOfTarget
    runs: Sequence[Listed]  # all of them, newest first
    waiting: Sequence[Listed]  # those that wait for a person, newest first
    missing: Missing | None
    last_run: Listed | None  # the one that ended last; plans do not count
    last_success: Listed | None  # the one that was the last to end with exit code 0; plans do not count

    @property
    def target(self) -> str:
        """Its name, else its address; "" for the runs of which no target is known."""
        return self.expected.target

    @property
    def job(self) -> Listed | None:
        """The last job; where there are only plans, undos and corrections, the newest of them."""
        jobs = (run for run in self.runs if run.is_job and not run.is_plan)
        return next(jobs, self.runs[0] if self.runs else None)

    @property
    def state(self) -> str | None:
        """The state of the last job; None where there is none."""
        if self.expected.broken:
            return State.REFUSED
        return self.job.state if self.job else None

    @property
    def word(self) -> str:
        """Its state for people: also that a night is missing after a good one."""
        if self.expected.broken:
            return "broken"
        if self.job is None:
            return "no run"
        is_late = self.missing and self.job.state == State.FINISHED
        return "missing" if is_late else self.job.state_and_ending

    @property
    def exit_code(self) -> int | None:
        """The exit code of the last job."""
        if self.expected.broken:
            return ExitCode.USAGE
        return self.job.exit_code if self.job else None

    @property
    def when(self) -> str | None:
        """When the last job began, UTC, ISO 8601."""
        return self.job.started_at if self.job else None

    @property
    def open(self) -> int:
        """How many rows of the runs that wait are not done."""
        return sum(run.open_here for run in self.waiting)

    @property
    def stopped(self) -> Listed | None:
        """The last run, where it stopped early."""
        last = next((run for run in self.runs if _has_ended(run)), None)
        return last if last and last.state == State.STOPPED else None

    @property
    def has_no_run(self) -> bool:
        """Return whether nothing was ever sent: no run exists, or only plans."""
        return all(run.is_plan for run in self.runs)

    @property
    def monitor_code(self) -> ExitCode:
        """0: well. 3: something waits for a person. 6: missing, stopped early, or no run at all."""
        if self.missing or self.stopped or self.has_no_run:
            return ExitCode.STOPPED
        return ExitCode.INCOMPLETE if self.waiting or self.expected.broken else ExitCode.DONE

    @property
    def next(self) -> NextStep | None:
        """The command to run next; None where all is well."""
        runs = [*([self.stopped] if self.stopped else []), *self.waiting]
        step = None if self.expected.broken else next((run.next for run in runs if run.next), None)
        return step or (self.expected.check if self.monitor_code else None)

    def count(self, state: str) -> int:
        """Return how many runs of a state wait."""
        return sum(run.state == state for run in self.waiting)

    def causes(self) -> Iterator[str]:
        """Yield why it needs a person, the worst first; nothing where all is well. No names, no times."""
        if self.expected.broken:
            yield BROKEN
        if self.has_no_run:
            yield NO_RUN
        elif self.missing:
            yield f"no job has finished in the last {plain_duration(self.missing.expected_every)}"
        if self.stopped:
            yield STOPPED
        for state, thing in WAITING.items():
            number = self.count(state) - (self.stopped is not None and state == State.STOPPED)
            if number > 0:
                yield f"{amount(number, thing)} {is_or_are(number)} {state}"
        if rows := sum(run.open_here for run in self.waiting if run.state == State.FINISHED):
            yield f"{amount(rows, 'row')} {is_or_are(rows)} not done"

    def as_data(self, zone: str | None) -> "TargetData":
        """Return it as programs read it."""
        return TargetData(
            target=self.target,
            state=self.state,
            exit_code=self.exit_code,
            when=self.when,
            open=self.open,
            next=self.next,
            missing=self.missing.as_data(zone) if self.missing else None,
            message=self.expected.broken or "; ".join(self.causes()) or None,
        )


class TargetData(NamedTuple):
    """The same as programs read it."""

    target: str
    state: str | None  # of the last job
    exit_code: int | None
    when: str | None  # it began, UTC, ISO 8601
    open: int  # rows that are not done
    next: NextStep | None
    missing: MissingData | None
    message: str | None  # why it needs a person


def judge_target(expected: ExpectedOfTarget, runs: Sequence[Listed], now: datetime) -> TargetState:
    """Return how a target is, of whose *runs*, newest first, none is left out."""
    ended = [run for run in runs if _has_ended(run) and not is_from_the_future(_end(run), now)]
    return TargetState(
        expected=expected,
        runs=runs,
        waiting=[*_list_waiting(runs, expected.source)],
        missing=find_missing(expected.target, expected.every, runs, now),
        last_run=_find_last(ended),
        last_success=_find_last([run for run in ended if run.exit_code == ExitCode.DONE]),
    )


def urgent_first(states: Iterable[TargetState]) -> list[TargetState]:
    """Return states in the order for people, the worst first; what is not configured comes last."""
    return sorted(
        states, key=lambda each: (not each.target, not each.expected.is_configured, -each.monitor_code)
    )


def _list_waiting(runs: Sequence[Listed], pattern: str | None) -> Iterator[Listed]:
    """Yield the runs that wait for a person, however old they are.

    A run waits no more when a later job from the same source has finished. It may not be one of changes: the
    next file does not have their rows. Of a file that was not there the source is not certain: any will do.
    """
    later: set[str] = set()  # sources of later jobs that have finished
    is_followed = False  # by a job that has finished, from whatever source
    for run in runs:
        source = "" if run.lists_changes else find_source(run.input_name, pattern)
        is_replaced = source in later or (run.had_no_file and is_followed)
        if run.needs_action and not is_replaced:
            yield run
        if run.is_job and run.state == State.FINISHED:
            is_followed = True
            later |= {source} - {""}


def find_source(name: str, pattern: str | None) -> str:
    """Return what is the same for the files of all nights: the *pattern*, or the name without its dates.

    A number of one digit stays: it is part of what the file is about.
    """
    if pattern and (name == pattern or PurePath(name).match(pattern)):
        return pattern
    return PIPE if name == "-" else NUMBER.sub("#", name)  # of standard input that could not be read


def _has_ended(run: Listed) -> bool:
    """Return whether a run has ended that was to send something."""
    return run.state in ENDED and not run.is_plan


def _find_last(ended: Iterable[Listed]) -> Listed | None:
    """Return the run that ended last, of those that have ended, newest first.

    It is the newest one, whatever the clock says, unless an earlier one was continued and ended later.
    """
    last = None
    for run in ended:
        if last is None or (run.is_continued and _end(run) > _end(last)):
            last = run
    return last


def _end(run: Listed) -> str:
    return run.ended_at or run.created_at
