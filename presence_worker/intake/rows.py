"""Records become rows: every fault of a record is found, and nothing is guessed."""

import json
from datetime import date
from typing import Any

import orjson

from ..errors import InputRefused
from ..model import PRESENT, Reason, Result, Row
from ..roundtrip import ALSO, ragged
from ..settings import IGNORE, Settings
from .columns import understand
from .due import UNDATED, DayReader, Due
from .messages import lacking, message_reader
from .people import Faults, Person, person_reader
from .statuses import status_reader
from .table import Record, Table
from .unmapped import Unmapped

GROWING = ("json", "jsonl")  # formats whose later records may bring new columns


class RowReader:
    """Makes rows of a table's records, one after the other, and counts what it had to leave out."""

    def __init__(self, table: Table, settings: Settings, name: str, day: date) -> None:
        self._table = table
        self._config = settings.input
        self._name = name
        self._days = DayReader(settings.input, day)
        self._status = status_reader(settings.input)
        self._understand(name)
        self._person = person_reader(self._columns.named_by, frozenset(settings.safety.protected_ids))
        self.messages_left_out = 0  # beside StatusNormal
        self.unmapped = Unmapped(settings.input)  # statuses that are not understood
        if table.format not in GROWING:
            self.end()

    def _understand(self, where: str) -> None:
        self._columns = understand(self._table.columns, self._config, where)
        self._width = len(self._table.columns)
        self._is_dated = self.has_days
        self._days.understand(self._columns, self._table.columns)
        self._message = message_reader(self._columns, self._config)

    @property
    def named_by(self) -> str:
        """How the job names people: a key of IDENTITIES."""
        return self._columns.named_by

    @property
    def has_days(self) -> bool:
        """Whether the job says of rows on which days they are due."""
        return self._columns.starts is not None or self._columns.ends is not None

    def facts(self) -> dict[str, Any]:
        """Give what the journal keeps of how the rows were read; whole once all were read.

        `unused`: names of the columns that are not used.
        """
        used = self._columns.used
        unused = [name for place, name in enumerate(self._table.columns) if place not in used]
        return {"unused": unused, **self._days.facts()}

    def notes(self) -> list[str]:
        """Give what a reader should know of how the rows were read, although no row is wrong."""
        return self._days.notes()

    def read(self, ordinal: int, record: Record) -> Row:
        """Judge one record; *ordinal* counts records from 1."""
        cells = record.cells
        faults: Faults = []
        if len(cells) != self._width:
            cells = self._fitted(record, faults)
        person, status, due, message = self._judged(cells, record.line, faults)
        if faults or status == IGNORE:
            return self._not_sent(ordinal, record, person, status, faults)
        associate_id, identity = person
        if status == PRESENT:
            self.messages_left_out += bool(message)
            message = ""  # it is the comment of who is not present
        return Row(  # by position: names would double what it costs
            ordinal,
            record.line,
            associate_id,
            status,
            message,
            stored(record.cells),
            Result.SKIPPED if due.reason else None,
            due.reason,
            due.detail,
            identity,
            due.period,
        )

    def _judged(
        self, cells: list[Any], line: int | None, faults: Faults
    ) -> tuple[Person, str | None, Due, str]:
        """Give whom a row is about, its status, days and message; add what is wrong to *faults*."""
        columns, quoted = self._columns, not faults
        person = self._person(cells[columns.person], faults, quoted=quoted)
        place = columns.status
        status = self._config.default_status if place is None else self._presence(cells[place], faults)
        due = UNDATED
        if self._is_dated and status != IGNORE:
            due = self._days.judge(cells, line, quoted=quoted)
            faults += [(Reason.BAD_DATE, words) for words in due.faults]
            if due.reason is Reason.NO_COVERAGE:
                faults.append((due.reason, due.detail or ""))
        return person, status, due, self._message(cells, status, due.period, faults)

    def end(self) -> None:
        """Raise InputRefused where a column that is needed was never there, or the days are not certain."""
        words = lacking(self._columns, self._table.columns, self._config)
        if not (words or self._table.came_back):
            words = self._days.refusal()
        if words:
            raise InputRefused(f"{self._name}: {words}")

    def _fitted(self, record: Record, faults: Faults) -> list[Any]:
        """Give as many cells as there are columns; JSON may bring new columns, others may not."""
        cells = record.cells
        if self._table.format not in GROWING:
            faults.append((Reason.RAGGED_ROW, ragged(len(cells), self._width)))
            return [*cells, *[""] * self._width][: self._width]
        self._understand(f"{self._name}, line {record.line}")
        return cells

    def _presence(self, found: Any, faults: Faults) -> str | None:
        word = found.strip() if type(found) is str else _as_word(found)
        status = self._status(word) if isinstance(word, str) else None
        if status is None:
            if isinstance(word, str) and word:
                self.unmapped.add(word)
            expected = f"expected {' or '.join(self._config.allowed_statuses)}, or a value of input.statuses"
            words = "no status" if word in ("", None) else "a status that is not understood"
            faults.append((Reason.UNKNOWN_STATUS, f"{words}; {expected}"))
        elif status not in self._config.allowed_statuses and status != IGNORE:
            allowed = ", ".join(self._config.allowed_statuses)
            faults.append((Reason.STATUS_NOT_ALLOWED, f"{status} is not allowed here; allowed: {allowed}"))
        return status

    def _not_sent(
        self, ordinal: int, record: Record, person: Person, status: str | None, faults: Faults
    ) -> Row:
        return Row(
            row=ordinal,
            line=record.line,
            associate_id=person[0],
            identity=person[1],
            status=None if status == IGNORE else status,
            message="",
            cells=stored(record.cells),
            result=Result.INVALID if faults else Result.SKIPPED,
            reason=faults[0][0] if faults else Reason.IGNORED_BY_MAPPING,
            detail=ALSO.join(words for _, words in faults) or "its status is mapped to ignore",
        )


def _as_word(found: Any) -> Any:
    """Give a number, true and false as JSON and failed.csv write them: input.statuses may name them."""
    return json.dumps(found) if isinstance(found, int | float) else found


def stored(cells: list[Any]) -> str:
    """Give a record's cells as a JSON list, as the journal keeps them."""
    try:
        return orjson.dumps(cells).decode()
    except TypeError:  # lone surrogates and numbers beyond 64 bits, which JSON may have
        return orjson.dumps([None if cell is None else _as_text(cell) for cell in cells]).decode()


def _as_text(cell: Any) -> str:
    text = cell if isinstance(cell, str) else json.dumps(cell)
    return text.encode("utf-8", "backslashreplace").decode()
