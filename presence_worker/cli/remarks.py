"""The events of a run in words, for somebody at a terminal."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..events import Announced, Event, Noted, Paused, Resumed, Stopping, Topic
from ..wording import amount, plain_duration
from .output import remark, warn


def print_warning(event: Event) -> None:
    """Print a warning, also where nothing else is printed."""
    if isinstance(event, Noted) and event.is_warning:
        warn(event.words)


def print_remark(event: Event) -> None:
    """Print what somebody who waits should know of *event*, if anything."""
    if words := words_on(event):
        remark(f"Note: {words}")
    print_warning(event)


def words_on(event: Event) -> str:
    """Return the words of a remark on *event*; none for most."""
    words = WORDS.get(type(event))
    return words(event) if words else ""


def _noted(event: Noted) -> str:
    return "" if event.is_warning or event.topic is Topic.JOB else event.words  # the report has those


def _announced(event: Announced) -> str:
    duration = plain_duration(event.seconds)
    words = f"{amount(event.requests, 'request')}, {duration} at {event.rate:g} requests/s"
    return words if event.is_final else f"At most {words}"


def _paused(event: Paused) -> str:
    since, until = _at(event.since), _at(event.until)
    if event.is_asked_for:
        return f"SuperOffice asks for a pause. The run has waited since {since} and goes on at {until}"
    return (
        f"SuperOffice does not answer ({event.cause}). The run has waited since {since} and asks "
        f"again; without an answer by {until} it stops, and can be resumed"
    )


def _resumed(event: Resumed) -> str:
    words = "The pause is over" if event.was_asked_for else "SuperOffice answers again"
    return f"{words}; the run goes on"


def _stopping(event: Stopping) -> str:
    return event.words


def _at(moment: datetime) -> str:
    local = moment.astimezone()
    is_today = local.date() == datetime.now().astimezone().date()
    return f"{local:%H:%M:%S}" if is_today else f"{local:%Y-%m-%d %H:%M:%S}"


WORDS: dict[type[Event], Callable[[Any], str]] = {
    Announced: _announced,
    Noted: _noted,
    Paused: _paused,
    Resumed: _resumed,
    Stopping: _stopping,
}
