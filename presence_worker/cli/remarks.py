"""The events of a run in words, for a person at a terminal."""

from datetime import UTC, datetime

from ..events import (
    Announced,
    Event,
    Noted,
    Paused,
    Queued,
    Resumed,
    RowRead,
    RowSettled,
    RunStarted,
    Stopping,
    Topic,
)
from ..wording import amount, plain_duration
from .output import remark_at_length, warn

AT_ONCE = (Topic.READING, Topic.MAINTENANCE)  # topics that say why the run takes longer; the report has all
AT_MOST = "At most "
shown: set[str] = set()  # what is on the screen already: no note appears there twice


def print_warning(event: Event) -> None:
    """Print a warning, also where nothing else is printed."""
    if isinstance(event, Noted) and event.is_warning:
        warn(event.words)
        shown.add(event.words)


def print_remark(event: Event) -> None:
    """Print what a person who waits should know of *event*, if anything."""
    if isinstance(event, RunStarted):
        shown.clear()
    words = words_on(event)
    if words and not {words, AT_MOST + words} & shown:
        remark_at_length(f"Note: {words}")
        shown.add(words)
    print_warning(event)


def words_on(event: Event) -> str:
    """Return the words of a remark on *event*; none for most."""
    match event:
        case RowSettled() | RowRead():  # by far the most
            return ""
        case Noted() if not event.is_warning and event.topic in AT_ONCE:
            return event.words
        case Announced():
            return _words_on_requests(event)
        case Queued():
            return _words_on_turn(event)
        case Paused():
            return _words_on_pause(event)
        case Resumed():
            words = "The pause is over" if event.was_asked_for else "SuperOffice answers again"
            return f"{words}; the run goes on"
        case Stopping():
            return event.words
    return ""


def _words_on_requests(event: Announced) -> str:
    duration = plain_duration(event.seconds)
    words = f"{amount(event.requests, 'request')}, {duration} at {event.rate:g} requests/s"
    return words if event.is_final else AT_MOST + words


def _words_on_turn(event: Queued) -> str:
    patience = plain_duration((event.until - datetime.now(UTC)).total_seconds())
    words = f"Another run is at work on {event.target}. This run waits for it"
    return f"{words}, {patience} at most (until {_at(event.until)})"


def _words_on_pause(event: Paused) -> str:
    since, until = _at(event.since), _at(event.until)
    if event.is_asked_for:
        return f"SuperOffice asks for a pause. The run has waited since {since}. It goes on at {until}"
    return (
        f"SuperOffice does not answer ({event.cause.rstrip('.')}). The run has waited since {since} and asks "
        f"again. Without an answer by {until} it stops; `resume` continues it"
    )


def _at(moment: datetime) -> str:
    local = moment.astimezone()
    is_today = local.date() == datetime.now().astimezone().date()
    return f"{local:%H:%M:%S}" if is_today else f"{local:%Y-%m-%d %H:%M:%S}"
