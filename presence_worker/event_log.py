"""The events of a run as lines of the log."""

from datetime import datetime

import structlog

from .events import (
    Announced,
    Event,
    Noted,
    Paused,
    Progress,
    Resumed,
    RowRead,
    RowSettled,
    RunEnded,
    Stopping,
    Topic,
)

NOTES = {
    Topic.JOB: "run.note",
    Topic.COMPARISON: "run.note",
    Topic.READING: "read.without",
    Topic.MAINTENANCE: "run.maintenance_ahead",
}
log = structlog.get_logger()


def log_event(event: Event) -> None:
    """Write *event* to the log, where it is one that the log has; each line names its run."""
    match event:
        case RowSettled() | RowRead():  # by far the most; rows that are not done have lines of their own
            return
        case Announced():
            _log_requests(event)
        case Noted():
            log.warning(NOTES[event.topic], run_id=event.run_id, words=event.words)
        case Paused():
            _log_pause(event)
        case Resumed():
            log.info("run.waiting_over", run_id=event.run_id, waited_s=round(event.waited, 1))
        case Progress():
            _log_progress(event)
        case Stopping():
            log.warning("run.halting", run_id=event.run_id, words=event.words)
        case RunEnded():
            log.info("run.ended", run_id=event.run_id, state=event.state, exit_code=event.exit_code)


def _log_requests(event: Announced) -> None:
    log.info(
        "run.announced",
        run_id=event.run_id,
        requests=event.requests,
        seconds=event.seconds,
        rate=event.rate,
        final=event.is_final,
    )


def _log_pause(event: Paused) -> None:
    since, until = _stamp(event.since), _stamp(event.until)
    log.warning("run.waiting", run_id=event.run_id, since=since, until=until, cause=event.cause)


def _log_progress(event: Progress) -> None:
    log.info(
        "run.progress",
        run_id=event.run_id,
        done=event.done,
        total=event.total,
        rate=round(event.rate, 2),
        waiting_since=event.waiting_since and _stamp(event.waiting_since),
    )


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
