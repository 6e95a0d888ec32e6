"""The nouns of a run: where it is, what it does next, what it is for, and what it found in its file."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}")


class State(StrEnum):
    """Where a run is in its life."""

    CHECKED = "checked"  # by `check`; never stored
    PLANNED = "planned"  # current statuses were read, nothing sent
    HELD = "held"  # a safety limit tripped, nothing sent
    REFUSED = "refused"  # input unusable, nothing sent
    RUNNING = "running"
    STOPPED = "stopped"  # ended early, can be resumed
    FINISHED = "finished"


class Step(StrEnum):
    """What a run has to do next."""

    READ = "read"  # the current statuses, and then to ask whether it may be sent
    COMPARE = "compare"  # them again with those it was planned on; that it may be sent is decided
    SEND = "send"


class Intent(StrEnum):
    """What a run is for."""

    RUN = "run"
    PLAN = "plan"  # it ends before anything is sent
    UNDO = "undo"  # it puts back what another run has changed


class Kind(StrEnum):
    """Why a run has a row that no file brought."""

    START = "start"  # the first day of a row has come, or it counts again after a later leave
    RETURN = "return"  # the last one is over, and who was away is present again


class UnknownStatus(NamedTuple):
    """An unknown status value."""

    value: str
    rows: int
    closest: str | None  # the status it may be meant for, misspelled


class FilteredValue(NamedTuple):
    """A value for which input.only left rows out."""

    column: str
    value: str
    rows: int


class JobWay(StrEnum):
    """How a job came in."""

    HTTP = "http"
    INBOX = "inbox"  # from a folder
    SCHEDULE = "schedule"
    COMMAND = "command"  # `queue add`


class JobCommand(StrEnum):
    """What a job asks for."""

    RUN = "run"
    PLAN = "plan"
    APPLY = "apply"
    RESUME = "resume"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class JobOfRun:
    """A job of the queue that made a run, or went on with it."""

    id: str
    command: JobCommand
    way: JobWay
    by: str | None  # the token's name; None: no token
