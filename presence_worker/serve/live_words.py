"""How far a run at work is, in words."""

from collections.abc import Iterator
from datetime import datetime

from ..clock import local_time
from ..events import Activity
from ..wording import amount, figure, plain_duration, two_digits
from .live_run import LiveRun

STEPS = {Activity.READING: "Reads the current statuses", Activity.SENDING: "Sends the changes"}
NO_STEP = "Prepares the next step."
AFTER_LAST = "Writes the report."
STOPS = "It stops: requests in progress are finished."
LEAST = 0.05  # requests per second: less is a pause


def progress_words(run: LiveRun, zone: str | None) -> str:
    """Return what it does, how far it is, how fast, and what it waits for; times are of a *zone*."""
    return " ".join(_sentences(run, zone))


def _sentences(run: LiveRun, zone: str | None) -> Iterator[str]:
    if run.is_stopping:
        yield STOPS
    step = STEPS.get(Activity(run.activity)) if run.activity else None
    if step:
        yield f"{step}: {figure(run.done)} of {amount(run.total, 'row')}."
    else:
        yield AFTER_LAST if run.results else NO_STEP
    if step and run.requests_per_second > LEAST:
        yield _speed(run)
    if run.waiting_until:
        until = local_time(datetime.fromisoformat(run.waiting_until), zone)
        yield f"Nothing is sent until {until:%H:%M:%S}: {run.waiting_for or 'SuperOffice does not answer'}."
    if run.results:
        yield f"{', '.join(f'{figure(rows)} {result}' for result, rows in run.results.items())}.".capitalize()


def _speed(run: LiveRun) -> str:
    speed, left = run.requests_per_second, max(run.total - run.done, 0)
    rest = f", about {plain_duration(round(left / speed))} left" if left else ""
    return f"{two_digits(speed)} requests/s{rest}."
