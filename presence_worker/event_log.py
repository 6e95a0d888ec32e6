"""The events of a run as lines of the log."""

from datetime import datetime

import structlog
from structlog.contextvars import bound_contextvars

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
    if isinstance(event, RowSettled | RowRead):  # by far the most; rows not done have lines of their own
        return
    with bound_contextvars(run_id=event.run_id):
        _log(event)


def _log(event: Event) -> None:
    match event:
        case Announced(requests=requests, seconds=seconds, rate=rate, is_final=final):
            log.info("run.announced", requests=requests, seconds=seconds, rate=rate, final=final)
        case Noted(topic=topic, words=words):
            log.warning(NOTES[topic], words=words)
        case Paused(since=since, until=until, cause=cause):
            log.warning("run.waiting", since=_stamp(since), until=_stamp(until), cause=cause)
        case Resumed(waited=waited):
            log.info("run.waiting_over", waited_s=round(waited, 1))
        case Progress():
            _log_progress(event)
        case Stopping(words=words):
            log.warning("run.halting", words=words)
        case RunEnded(state=state, exit_code=exit_code):
            log.info("run.ended", state=state, exit_code=exit_code)


def _log_progress(event: Progress) -> None:
    log.info(
        "run.progress",
        done=event.done,
        total=event.total,
        rate=round(event.rate, 2),
        waiting_since=event.waiting_since and _stamp(event.waiting_since),
    )


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
