"""What happens in a run, as events that subscribers hear in order.

| event | when | what it has |
|---|---|---|
| `RunStarted` | the run has its id and its lock | command |
| `DeliveryStarted` | its rows are staged, requests go out from now on | what continues it after a crash |
| `Noted` | something should be known beside the results | words, topic, whether it is a warning |
| `Announced` | the number of requests is known | requests, seconds, rate, whether it is final |
| `StepStarted` | present values are read, or rows are sent | which step, of how many rows |
| `RowRead` | a row's present value was looked at | row, whether it is known now |
| `RowSettled` | a row that was to be sent has its result | row, result |
| `InFlight` | as many requests are under way, looked at once a second | number |
| `StepEnded` | the step is over | which step |
| `Paused` | nothing is sent: the service asked for that, or does not answer | since, until, cause |
| `Resumed` | that wait is over | seconds it took |
| `Progress` | every 30 s | rows done, rows in all, requests per second, since when it waits |
| `Stopping` | the run was told to stop, and finishes what is in flight | words |
| `DeliveryEnded` | nothing is sent any more, reports are written now | |
| `RunEnded` | the reports are written | state, exit code, message, next step |

Every event has the run's id and its target. A subscriber is a function of one event; it is called in the
event loop's thread and returns at once. One that raises is a line in the log, and does the run no harm. A run
that raises, such as one stopped before it was staged, has no `RunEnded`. No event has a comment, a cell or a
secret.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .model import Result
from .next_step import NextStep
from .run_states import State


class Activity(StrEnum):
    """What a run does with its rows."""

    READING = "reading"
    SENDING = "sending"


class Topic(StrEnum):
    """What a note is about."""

    JOB = "job"  # how it was read
    COMPARISON = "comparison"  # of the job with the one before it
    READING = "reading"  # what the run must do without
    MAINTENANCE = "maintenance"  # of the service, while the run is at work


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in a run."""

    run_id: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A run began, or goes on."""

    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStarted(Event):
    """The rows are staged, and requests go out from now on."""

    way_on: NextStep  # what continues the run if the program dies


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Event):
    """Something that should be known beside the results."""

    words: str
    topic: Topic
    is_warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced(Event):
    """How many requests the run takes in all."""

    requests: int
    seconds: float  # at the configured rate
    rate: float  # requests per second
    is_final: bool  # else it is the most there can be


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted(Event):
    """Rows are read or sent from now on."""

    activity: Activity
    total: int  # rows


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRead(Event):
    """What a row's associate holds now was asked for."""

    row: int
    is_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSettled(Event):
    """A row has its result; a later event of the same row replaces it."""

    row: int
    result: Result


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight(Event):
    """So many requests are under way."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnded(Event):
    """All rows of the step are settled, or the step was stopped."""

    activity: Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Event):
    """Nothing is sent for a while; a later event without a `Resumed` between them says until when instead."""

    since: datetime
    until: datetime
    cause: str
    is_asked_for: bool  # by the service; else it does not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(Event):
    """Rows are sent again."""

    waited: float  # seconds
    was_asked_for: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Event):
    """How far the run is."""

    done: int  # rows of the step
    total: int
    rate: float  # requests per second, since the last such event
    waiting_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping(Event):
    """The run was told to stop; requests in flight are finished."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryEnded(Event):
    """Nothing is sent any more, and what became of the rows is written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded(Event):
    """The run is over and its reports are written."""

    state: State
    exit_code: int
    message: str
    next: NextStep | None


Emit = Callable[[Event], None]


def emit_to(*subscribers: Emit) -> Emit:
    """Return a function that passes each event on to all *subscribers*, in order."""

    def emit(event: Event) -> None:
        for subscriber in subscribers:
            subscriber(event)

    return emit


unheard: Emit = emit_to()  # where nobody watches
