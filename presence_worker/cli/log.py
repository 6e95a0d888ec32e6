"""The log: facts as JSON lines under a scheduler, as short lines at a terminal."""

import json
import sys
from contextlib import suppress
from datetime import datetime

import orjson
import structlog
from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict, WrappedLogger

from ..errors import place_of
from ..events import (
    Announced,
    Event,
    Noted,
    Paused,
    Progress,
    Queued,
    Resumed,
    RowRead,
    RowSettled,
    RunEnded,
    Stopping,
    Topic,
)
from ..sanitize import clean, escape_for, escape_json, is_utf8

USUAL = {True: "error", False: "info"}  # at a terminal the summary shows what went wrong
DECISIONS = "decision."  # how the events begin that only -vv shows
DECISIONS_FROM = 2  # -v as often as this
NOTES = {
    Topic.JOB: "run.note",
    Topic.COMPARISON: "run.note",
    Topic.READING: "read.without",
    Topic.MAINTENANCE: "run.maintenance_ahead",
}
log = structlog.get_logger()


def set_up(verbosity: int, *, terminal: bool, has_summary: bool = True) -> None:
    """Send the log to standard error: -1 errors only, 0 usual, 1 with requests, 2 with decisions.

    A command without a summary shows the usual events at a terminal, too. Each line has what is bound to the
    context at that time, such as `run_id`.
    """
    level = "debug" if verbosity > 0 else USUAL[(terminal and has_summary) or verbosity < 0]
    render: structlog.typing.Processor = _short_line if terminal else structlog.processors.JSONRenderer(_json)
    structlog.configure(
        processors=[
            *([] if verbosity >= DECISIONS_FROM else [_without_decisions]),
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _with_place,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _StandardError(),
        cache_logger_on_first_use=False,
    )


class _StandardError:
    """A logger that never fails: a log that cannot be written must not end the run."""

    def msg(self, line: str) -> None:
        if sys.stderr is None:  # closed before we began; print would take standard output instead
            return
        with suppress(OSError, ValueError):  # closed or full: it is not read any more
            sys.stderr.write(f"{escape_for(line, sys.stderr)}\n")  # at once: threads must not mix their lines
            sys.stderr.flush()

    debug = info = warning = error = critical = msg


def _json(event: EventDict, **_: object) -> str:
    try:
        if is_utf8(sys.stderr):
            return escape_json(orjson.dumps(event, default=str).decode())
    except orjson.JSONEncodeError:  # lone surrogates, which names of files may have, and huge numbers
        pass
    return escape_json(json.dumps(event, default=str))


def _with_place(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Add where a bug is to an event that is logged while it is handled; its values may be secret."""
    bug = sys.exception() if event.pop("exc_info", None) else None
    return {**event, "place": place_of(bug)} if bug else event


def _without_decisions(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if event["event"].startswith(DECISIONS):
        raise structlog.DropEvent
    return event


def _short_line(_: WrappedLogger, level: str, event: EventDict) -> str:
    """Return "warning row.rejected row=4 …", with nothing in it that steers a terminal."""
    del event["level"], event["timestamp"]
    name = event.pop("event")
    return clean(f"{level} {name} " + " ".join(f"{k}={v}" for k, v in event.items() if v is not None), 500)


def log_event(event: Event) -> None:
    """Write *event* to the log, where it is one that the log has; each line names its run."""
    if isinstance(event, RowSettled | RowRead):  # by far the most; rows not done have lines of their own
        return
    with bound_contextvars(run_id=event.run_id or None):
        _log(event)


def _log(event: Event) -> None:
    match event:
        case Announced(requests=requests, seconds=seconds, rate=rate, is_final=final):
            log.info("run.announced", requests=requests, seconds=seconds, rate=rate, final=final)
        case Noted(topic=topic, words=words):
            log.warning(NOTES[topic], words=words)
        case Queued(target=target, until=until):
            log.warning("run.queued", target=target, until=_stamp(until))
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
