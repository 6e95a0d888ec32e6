"""What the tests of the journal begin with: rows, outcomes, and journals in which a job is staged."""

import gc
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from presence_worker.errors import ExitCode
from presence_worker.journal import Comparison, Ending, JobInput, Journal, RunRecord, StoredSettings
from presence_worker.json_form import from_json
from presence_worker.model import NOT_PRESENT, Change, Outcome, Presence, Reason, Result, Row
from presence_worker.next_step import read_step
from presence_worker.run_states import State

RUN_ID = "20261123T020000Z-7f3a"
INPUT: dict[str, Any] = {
    "name": "/in/changes.csv",
    "sha256": "5e" * 32,
    "rows": 5,
    "format": "csv",
    "encoding": "utf-8",
    "delimiter": ",",
    "columns": ["associateId", "status", "message"],
}
RUN = RunRecord(
    run_id=RUN_ID,
    created_at="2026-11-23T02:00:00.000Z",
    target="https://crm.example.com/",
    state="running",
    exit_code=None,
    message=None,
    next=None,
    input=from_json(JobInput, INPUT),
    settings=StoredSettings({"report": {"include_messages": False}}),
    notes=[],
)
AWAY = Presence(status=NOT_PRESENT, message="Back on 4 January")
PAGE = 500  # rows
MOMENT = "2026-11-23T02:00:01.000Z"
UPDATED = Outcome(result=Result.UPDATED, http_status=200, duration_ms=12.5)
REJECTED = Outcome(result=Result.REJECTED, reason=Reason.REFUSED, detail="no such user", http_status=404)
FAILED = Outcome(result=Result.FAILED, reason=Reason.THROTTLED, http_status=429)
UNKNOWN = Outcome(result=Result.UNKNOWN, reason=Reason.TIMEOUT, detail="no answer in time")


def row(number: int, **fields: Any) -> Row:
    """Give a row that is to be sent, or what *fields* make of it; its associate has the same number."""
    cells = [str(number), "Away", AWAY.message]
    made = {
        "row": number,
        "line": number + 1,
        "associate_id": number,
        "status": AWAY.status,
        "message": AWAY.message,
        "cells": orjson.dumps(cells).decode(),
    }
    return Row(**{**made, **fields})


def invalid(number: int, **fields: Any) -> Row:
    """Give a row that is wrong in the file."""
    wrong = {"status": None, "result": Result.INVALID, "reason": Reason.UNKNOWN_STATUS, "detail": "no status"}
    return row(number, **{**wrong, **fields})


def staged(path: Path | str, rows: int | Iterable[Row] = 5, **run: Any) -> Journal:
    """Make a journal with these rows, or so many; "" makes one without a file.

    Of *run*, what has keys may be said as the journal's JSON has it.
    """
    journal = Journal.create(path) if isinstance(path, Path) else Journal(path)
    with journal.transaction():
        journal.stage(
            RUN._replace(**typed(run)), map(row, range(1, rows + 1)) if isinstance(rows, int) else rows
        )
    return journal


def typed(run: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields of a run's record, those that are JSON with their types."""
    readers: dict[str, Callable[[Any], Any]] = {
        "input": partial(from_json, JobInput),
        "settings": StoredSettings,
        "compared": partial(from_json, Comparison),
        "next": read_step,
    }
    return {
        name: readers[name](value) if name in readers and isinstance(value, dict | str) else value
        for name, value in run.items()
    }


def end_as(journal: Journal, **changes: Any) -> None:
    """Write that the run ended so; what is not said is as it was before."""
    run = journal.run()
    code = None if run.exit_code is None else ExitCode(run.exit_code)
    ending = Ending(State(run.state), code, run.message, run.next)
    with journal.transaction():
        journal.save_ending(ending._replace(**typed(changes)))


def each_change(journal: Journal, page: int = PAGE) -> Iterator[Change]:
    """Yield all rows that are to be sent, in order, each page as it is taken."""
    last = 0
    while taken := journal.outbox.take(last, page):
        last = taken[-1].row
        yield from taken


def record(journal: Journal, outcomes: Mapping[int, Outcome]) -> None:
    """Write outcomes, by row."""
    journal.outbox.record((number, outcome, MOMENT) for number, outcome in outcomes.items())


def deliver(journal: Journal, outcomes: Mapping[int, Outcome]) -> None:
    """Let a session hand out all rows, record these outcomes, and end in order."""
    journal.sessions.begin("run", rate=10)
    list(each_change(journal))
    record(journal, outcomes)
    journal.sessions.end(seconds=1, gets=0)


def results(journal: Journal) -> dict[int, str]:
    """Give the result of each row."""
    return {fate.row: str(fate.result) for fate in journal.results.all()}


def results_on_disk(path: Path) -> dict[int, str]:
    """Give the same as somebody sees it who opens the file now: another process, or we after a crash."""
    with closing(Journal.open(path)) as journal:
        return results(journal)


def same(result: Result, rows: int) -> dict[int, str]:
    """Give the results of a job all rows of which fared alike."""
    return dict.fromkeys(range(1, rows + 1), str(result))


def connections(journal: Journal) -> list[sqlite3.Connection]:
    """Give the connections that a journal holds, by whatever name."""
    database = journal._db  # noqa: SLF001 - whatever it is called there
    held = gc.get_referents(database, vars(database))
    return [thing for thing in held if isinstance(thing, sqlite3.Connection)]


def tamper(path: Path, script: str) -> None:
    """Run SQL on a journal behind its back."""
    with closing(sqlite3.connect(path)) as other:
        other.executescript(script)


def obstruct(path: Path, event: str, when: str = "1") -> None:
    """Let a kind of write fail from now on, such as "INSERT ON outcome"; *when* may ask for more."""
    tamper(
        path,
        f"CREATE TRIGGER obstacle BEFORE {event} WHEN {when} "
        "BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END",
    )
