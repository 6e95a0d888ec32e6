"""What happens in a run, as events that subscribers hear in order.

| event | when | what it has |
|---|---|---|
| `Queued` | another run holds the target, and this one waits for it; it has no id yet | until when |
| `RunStarted` | the run has its id and its lock | command, how often it has ended before |
| `DeliveryStarted` | its rows are staged, requests go out from now on | what continues it after a crash |
| `Noted` | something should be known beside the results | words, topic, whether it is a warning |
| `Announced` | the number of requests is known | requests, seconds, rate, whether it is final |
| `StepStarted` | current statuses are read, or rows are sent | which step, of how many rows |
| `RowRead` | a row's current status was read | row, whether it is known now, whether it took a request |
| `RowSettled` | a row of the step has its result | row, result, whether it took a request |
| `InFlight` | the number of requests under way has changed, or the run waits; once a second | number |
| `StepEnded` | the step is over | which step |
| `Paused` | nothing is sent: the service asked for that, or does not answer | since, until, cause |
| `Resumed` | that wait is over | seconds it took |
| `Progress` | every 30 s | rows done, rows in all, requests per second, since when it waits |
| `Stopping` | the run must stop, and finishes the requests in progress | words |
| `DeliveryEnded` | nothing is sent any more, reports are written now | |
| `RunEnded` | the reports are written | state, exit code, message, next step |

Every event has the run's id and its target. A subscriber is a function of one event; it is called in the
event loop's thread and returns at once. One that raises is a line in the log, and does the run no harm. A run
that raises, such as one stopped before it was staged, has no `RunEnded`. No event has a comment, a cell or a
secret.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

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


class Queued(NamedTuple):
    """Another run holds the target, and this one waits for it."""

    run_id: str  # empty: it gets its id when its turn comes
    target: str
    until: datetime


class RunStarted(NamedTuple):
    """A run began, or goes on."""

    run_id: str
    target: str
    command: str
    endings: int = 0  # how often it has ended before


class DeliveryStarted(NamedTuple):
    """The rows are staged, and requests go out from now on."""

    run_id: str
    target: str
    way_on: NextStep  # what continues the run if the program dies


class Noted(NamedTuple):
    """Something that should be known beside the results."""

    run_id: str
    target: str
    words: str
    topic: Topic
    is_warning: bool = False


class Announced(NamedTuple):
    """How many requests the run takes in all."""

    run_id: str
    target: str
    requests: int
    seconds: float  # at the configured rate
    rate: float  # requests per second
    is_final: bool  # else it is the most there can be


class StepStarted(NamedTuple):
    """Rows are read or sent from now on."""

    run_id: str
    target: str
    activity: Activity
    total: int  # rows


class RowRead(NamedTuple):
    """What a row's associate holds now was asked for."""

    run_id: str
    target: str
    row: int
    is_known: bool
    was_asked: bool = True  # by a request for this row; else the list of all users has said it


class RowSettled(NamedTuple):
    """A row has its result; a later event of the same row replaces it."""

    run_id: str
    target: str
    row: int
    result: Result
    was_sent: bool = True  # else no request was needed


class InFlight(NamedTuple):
    """So many requests are under way."""

    run_id: str
    target: str
    number: int


class StepEnded(NamedTuple):
    """All rows of the step are settled, or the step was stopped."""

    run_id: str
    target: str
    activity: Activity


class Paused(NamedTuple):
    """Nothing is sent for a while; a later event without a `Resumed` between them says until when instead."""

    run_id: str
    target: str
    since: datetime
    until: datetime
    cause: str
    is_asked_for: bool  # by the service; else it does not answer


class Resumed(NamedTuple):
    """Rows are sent again."""

    run_id: str
    target: str
    waited: float  # seconds
    was_asked_for: bool


class Progress(NamedTuple):
    """How far the run is."""

    run_id: str
    target: str
    done: int  # rows of the step
    total: int
    rate: float  # requests per second, since the last such event
    waiting_since: datetime | None


class Stopping(NamedTuple):
    """The run must stop; requests in progress are finished."""

    run_id: str
    target: str
    words: str


class DeliveryEnded(NamedTuple):
    """Nothing more is sent; the results of the rows are written down."""

    run_id: str
    target: str


class RunEnded(NamedTuple):
    """The run is over and its reports are written."""

    run_id: str
    target: str
    state: State
    exit_code: int
    message: str
    next: NextStep | None


Event: TypeAlias = (
    Queued
    | RunStarted
    | DeliveryStarted
    | Noted
    | Announced
    | StepStarted
    | RowRead
    | RowSettled
    | InFlight
    | StepEnded
    | Paused
    | Resumed
    | Progress
    | Stopping
    | DeliveryEnded
    | RunEnded
)
Emit = Callable[[Event], None]


def emit_to(*subscribers: Emit) -> Emit:
    """Return a function that passes each event on to all *subscribers*, in order."""

    def emit(event: Event) -> None:
        for subscriber in subscribers:
            subscriber(event)

    return emit


unheard: Emit = emit_to()  # where no subscriber watches
