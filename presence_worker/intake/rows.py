"""Records become rows: every fault of a record is found, and nothing is guessed."""

import json
import unicodedata
from datetime import date
from typing import Any

import orjson

from ..model import MAX_MESSAGE_LENGTH, PRESENT, Reason, Result, Row
from ..roundtrip import no_text, ragged
from ..settings import IGNORE, Settings
from .columns import understand
from .people import Faults, Person, person_reader
from .statuses import status_reader
from .table import Record, Table
from .unmapped import Unmapped

KEPT = "\n\r\t"  # control characters a message may have


class RowReader:
    """Makes rows of a table's records, one after the other, and counts what it had to leave out."""

    def __init__(self, table: Table, settings: Settings, name: str, day: date) -> None:
        self._table = table
        self._config = settings.input
        self._name = name
        self._day = day
        self._status = status_reader(settings.input)
        self._columns = understand(table.columns, settings.input, name)
        self._person = person_reader(self._columns.named_by, frozenset(settings.safety.protected_ids))
        self._width = len(table.columns)
        self.messages_left_out = 0  # beside StatusNormal
        self.unmapped = Unmapped(settings.input)  # statuses that are not understood

    @property
    def named_by(self) -> str:
        """How the job names people: a key of IDENTITIES."""
        return self._columns.named_by

    @property
    def has_days(self) -> bool:
        """Whether the job says of rows on which days they are due."""
        return self._columns.starts is not None or self._columns.ends is not None

    def read(self, ordinal: int, record: Record) -> Row:
        """Judge one record; *ordinal* counts records from 1."""
        cells, faults = record.cells, list[tuple[Reason, str]]()
        if len(cells) != self._width:
            cells = self._fitted(record, faults)
        columns = self._columns
        person = self._person(cells[columns.person], faults, quoted=not faults)
        status = self._presence(cells[columns.status], faults)
        message = "" if columns.message is None else self._message(cells[columns.message], faults)
        if faults or status == IGNORE:
            return self._not_sent(ordinal, record, person, status, faults)
        return Row(
            row=ordinal,
            line=record.line,
            associate_id=person.associate_id,
            identity=person.identity,
            status=status,
            message=self._sent_message(status, message),
            cells=stored(record.cells),
        )

    def _fitted(self, record: Record, faults: Faults) -> list[Any]:
        """Give as many cells as there are columns; JSON may bring new columns, CSV may not."""
        cells = record.cells
        if self._table.format == "csv":
            faults.append((Reason.RAGGED_ROW, ragged(len(cells), self._width)))
            return [*cells, *[""] * self._width][: self._width]
        where = f"{self._name}, line {record.line}"
        self._columns = understand(self._table.columns, self._config, where)
        self._width = len(self._table.columns)
        return cells

    def _presence(self, found: Any, faults: Faults) -> str | None:
        word = str(found).strip() if type(found) in (str, int) else found  # input.statuses may name numbers
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

    def _message(self, found: Any, faults: Faults) -> str:
        if not isinstance(found, str):
            if found is not None:
                faults.append((Reason.BAD_MESSAGE, no_text("the message")))
            return ""
        message = found.strip()
        if len(message) > MAX_MESSAGE_LENGTH:
            words = f"the message has {len(message)} characters; the service keeps {MAX_MESSAGE_LENGTH}"
            faults.append((Reason.MESSAGE_TOO_LONG, words))
        if not found.isprintable():
            faults += _controls(found)  # also those that would be trimmed
        return message

    def _sent_message(self, status: str | None, message: str) -> str:
        if status == PRESENT:
            self.messages_left_out += bool(message)
            return ""  # it is the comment of who is not present
        return message or self._config.default_message

    def _not_sent(
        self, ordinal: int, record: Record, person: Person, status: str | None, faults: Faults
    ) -> Row:
        return Row(
            row=ordinal,
            line=record.line,
            associate_id=person.associate_id,
            identity=person.identity,
            status=None if status == IGNORE else status,
            message="",
            cells=stored(record.cells),
            result=Result.INVALID if faults else Result.SKIPPED,
            reason=faults[0][0] if faults else Reason.IGNORED_BY_MAPPING,
            detail="; ".join(words for _, words in faults) or "its status is mapped to ignore",
        )


def _controls(message: str) -> Faults:
    """Tell the first control character: it cannot be seen."""
    for place, character in enumerate(message, 1):
        if _is_control(character):
            words = f"is a control character (U+{ord(character):04X}); remove it"
            return [(Reason.CONTROL_CHARACTERS, f"character {place} of the message {words}")]
    return []


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") and character not in KEPT


def stored(cells: list[Any]) -> str:
    """Give a record's cells as a JSON list, as the journal keeps them."""
    try:
        return orjson.dumps(cells).decode()
    except TypeError:  # lone surrogates and numbers beyond 64 bits, which JSON may have
        return orjson.dumps([None if cell is None else _as_text(cell) for cell in cells]).decode()


def _as_text(cell: Any) -> str:
    text = cell if isinstance(cell, str) else json.dumps(cell)
    return text.encode("utf-8", "backslashreplace").decode()
