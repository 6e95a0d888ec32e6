"""The events of a run as lines of the log."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from .events import Announced, Event, Noted, Paused, Progress, Resumed, RunEnded, Stopping, Topic

NOTES = {
    Topic.JOB: "run.note",
    Topic.COMPARISON: "run.note",
    Topic.READING: "read.without",
    Topic.MAINTENANCE: "run.maintenance_ahead",
}
log = structlog.get_logger()


def log_event(event: Event) -> None:
    """Write *event* to the log, where it is one that the log has; each line names its run."""
    write = LINES.get(type(event))
    if write:
        write(event)


def _log_announced(event: Announced) -> None:
    log.info(
        "run.announced",
        run_id=event.run_id,
        requests=event.requests,
        seconds=event.seconds,
        rate=event.rate,
        final=event.is_final,
    )


def _log_noted(event: Noted) -> None:
    log.warning(NOTES[event.topic], run_id=event.run_id, words=event.words)


def _log_paused(event: Paused) -> None:
    since, until = _stamp(event.since), _stamp(event.until)
    log.warning("run.waiting", run_id=event.run_id, since=since, until=until, cause=event.cause)


def _log_resumed(event: Resumed) -> None:
    log.info("run.waiting_over", run_id=event.run_id, waited_s=round(event.waited, 1))


def _log_progress(event: Progress) -> None:
    log.info(
        "run.progress",
        run_id=event.run_id,
        done=event.done,
        total=event.total,
        rate=round(event.rate, 2),
        waiting_since=event.waiting_since and _stamp(event.waiting_since),
    )


def _log_stopping(event: Stopping) -> None:
    log.warning("run.halting", run_id=event.run_id, words=event.words)


def _log_ended(event: RunEnded) -> None:
    log.info("run.ended", run_id=event.run_id, state=event.state, exit_code=event.exit_code)


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


LINES: dict[type[Event], Callable[[Any], None]] = {
    Announced: _log_announced,
    Noted: _log_noted,
    Paused: _log_paused,
    Progress: _log_progress,
    Resumed: _log_resumed,
    RunEnded: _log_ended,
    Stopping: _log_stopping,
}
