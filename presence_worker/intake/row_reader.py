"""Records become rows: every fault of a record is found, and nothing is guessed."""

from datetime import date
from typing import Any

from ..errors import InputRefused
from ..failed_csv import ALSO, ragged_detail
from ..model import PRESENT, Reason, Result, Row
from ..settings import IGNORE, WITHDRAWN, Settings
from .column_notes import notes_on
from .column_questions import approvals_as_statuses
from .columns import column_called, understand
from .day_reader import NO_DAYS, UNDATED, DayReader, Due
from .filters import NONE_COUNTS, Filter
from .identity import Faults, Person, person_reader
from .json.nesting import steps
from .messages import LOST, NOTHING, Comments, lacking, message_reader
from .spans import Spans
from .statuses import Unmapped, fault_of, status_reader
from .table import FORMULA, Record, Table, as_json, text_of
from .unused_columns import UnusedColumns

TORN = "put a comment that has line breaks in quotes"
WORDS_KEPT = 1000  # different statuses; a file of nothing but strange words stays small in memory
NOT_IN_THE_FILE = {  # why a row counts as if it were not there
    Reason.FILTERED_OUT: "left out by input.only",
    Reason.HIDDEN_ROW: "hidden in the workbook",
    Reason.IGNORED_BY_MAPPING: "its status is mapped to ignore",
}
WITHOUT_VALUE = (
    "has a formula without a value; open the workbook in Excel and save it (in failed.csv: write the value)"
)
TAKEN_BACK = "a cancelled leave: what an earlier file asked for on these days is taken back"


class RowReader:
    """Makes rows of a table's records, one after the other, and counts what it had to leave out."""

    def __init__(self, table: Table, settings: Settings, name: str, day: date) -> None:
        config = settings.input
        self._table = table
        self._config = config
        self._name = name
        self._days = DayReader(config, day)
        self._status = status_reader(config)
        self._is_calculated = table.is_calculated or table.came_back
        self._statuses: dict[str, str | None] = {}  # by word; they repeat
        self._known = frozenset({*config.allowed_statuses, WITHDRAWN})
        self._filter = Filter(config) if config.only else None
        self._leaves_out = bool(config.only) or config.hidden_rows == "skip"
        self._unused = UnusedColumns(config)
        self._spans = Spans(day)
        self._comments = Comments()
        self._understand(name)
        protected = frozenset(settings.safety.protected_ids)
        self._person = person_reader(self._columns.named_by, protected, frozenset(config.empty))
        self.messages_left_out = 0  # beside StatusNormal
        self.unmapped = Unmapped(config)  # statuses that are not understood
        if not table.is_nested:
            self._refuse_lacking()

    def _understand(self, where: str) -> None:
        columns = understand(self._table.columns, self._config, where)
        self._columns = columns
        self._width = len(self._table.columns)
        self._is_dated = self.has_days
        self._needs_days = columns.status is None and None not in (columns.starts, columns.ends)
        self._days.understand(columns, self._table.columns)
        self._message = message_reader(columns, self._config)
        if self._filter:
            self._filter.use_columns(columns.only)
        if not self._table.came_back:  # what was accepted once is not asked again
            self._spans.use_columns(self._table.columns, columns)
            self._unused.use_columns(self._table.columns, columns)

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

        `unused`: names of the columns that are not used. `without_end`: rows that set a person away, now or
        later, and have no last day, in a file with a column of days; without one, no row has an end.
        `filtered`: rows that input.only leaves out, by column and value; `filtered_others`: those not listed.
        """
        names = self._table.columns
        used = {names[place] for place in self._columns.used}
        if self._table.is_nested:
            used |= {above for name in used for above in steps(tuple(name.split(".")))}
        return {
            "unused": [name for name in names if name not in used],
            "without_end": self._spans.without_end,
            "filtered": self._filter.listed() if self._filter else [],
            "filtered_others": self._filter.beyond() if self._filter else 0,
            **self._days.facts(),
        }

    def notes(self) -> list[str]:
        """Give what a reader should know of how the rows were read, although no row is wrong."""
        none_counts = [NONE_COUNTS] if self._filter and self._filter.excludes_all() else []
        of_columns = notes_on(self._table.columns, self._columns, self._config)
        return [*none_counts, *of_columns, *self._days.notes(), *self._comments.notes()]

    def read(self, ordinal: int, record: Record) -> Row:
        """Judge one record; *ordinal* counts records from 1."""
        line, cells, _, torn = record  # at once: by name, each would cost
        faults: Faults = []
        if len(cells) != self._width or torn:
            cells = self._fitted(record, faults)
        status = self._presence(cells)
        if status == IGNORE or self._leaves_out:
            reason = self._left_out(record, cells, status)
            if reason:
                return self._skipped(ordinal, record, cells, reason, quoted=not faults)
        person, due, message = self._judged(record, cells, status, faults)
        if faults:
            return _invalid(ordinal, record, person, status, faults)
        if status == PRESENT:
            self.messages_left_out += bool(message)
            message = ""  # it is the comment of who is not present
        elif message in NOTHING or LOST in message:  # asked here, as it is of few
            self._comments.add(message)
        if due is not UNDATED:
            if status == WITHDRAWN:
                status = None  # it asks for nothing
            elif status == PRESENT or not (due.period and due.period[1]) or self._spans.names:
                self._spans.add(status, due, line)
        return Row(  # by position: names would double what it costs
            ordinal,
            line,
            person[0],
            status,
            message,
            as_json(record.cells),
            Result.SKIPPED if due.reason else None,
            due.reason,
            due.detail,
            person[1],
            due.period,
        )

    def _presence(self, cells: list[Any]) -> str | None:
        """Give the status of a row, IGNORE or WITHDRAWN; None where it is not understood."""
        place = self._columns.status
        if place is None:
            return self._config.default_status
        found = cells[place]
        word = found.strip() if type(found) is str else text_of(found)
        try:
            return self._statuses[word]
        except KeyError:
            status = self._status(word)
        if len(self._statuses) < WORDS_KEPT:
            self._statuses[word] = status
        return status

    def _left_out(self, record: Record, cells: list[Any], status: str | None) -> Reason | None:
        """Give why a row counts as if it were not in the file; None where it counts."""
        if self._filter and not self._filter.takes(cells):
            return Reason.FILTERED_OUT
        if record.hidden:
            return Reason.HIDDEN_ROW
        return Reason.IGNORED_BY_MAPPING if status == IGNORE else None

    def _judged(
        self, record: Record, cells: list[Any], status: str | None, faults: Faults
    ) -> tuple[Person, Due, str]:
        """Give whom a row is about, its days and message; add what is wrong to *faults*."""
        columns, quoted = self._columns, not faults
        if self._is_calculated and FORMULA in cells and (missing := self._without_values(cells)):
            faults += missing  # what else is wrong may follow from it
            return self._person(cells[columns.person], [], quoted=True), UNDATED, ""
        if self._filter:
            faults += self._filter.faults(cells)
        person = self._person(cells[columns.person], faults, quoted=quoted)
        if status not in self._known:
            faults.append(self._fault(cells, status))
        due = UNDATED
        if self._is_dated:
            due = self._days.judge(cells, record.line, quoted=quoted)
            if due.faults:
                faults += [(Reason.BAD_DATE, words) for words in due.faults]
            if due.reason and due.reason is Reason.NO_COVERAGE and status != WITHDRAWN:
                faults.append((due.reason, due.detail or ""))
            if self._needs_days and not any(due.period or due.faults):
                faults.append((Reason.BAD_DATE, NO_DAYS))  # in a list of all people: at work
        if status == WITHDRAWN:
            return person, due._replace(reason=Reason.WITHDRAWN, detail=TAKEN_BACK), ""
        if quoted and self._unused.open:
            self._unused.look(cells, record.line)
        return person, due, self._message(cells, status, due.period, faults)

    def _without_values(self, cells: list[Any]) -> Faults:
        """Give a fault for each column that is used and has a formula without a value."""
        names = self._table.columns
        places = (place for place in sorted(self._columns.used) if cells[place] == FORMULA)
        return [
            (Reason.FORMULA_WITHOUT_VALUE, f"{column_called(names[place])} {WITHOUT_VALUE}")
            for place in places
        ]

    def _fault(self, cells: list[Any], status: str | None) -> tuple[Reason, str]:
        place = self._columns.status
        found = "" if place is None else cells[place]
        word = text_of(found)
        if status is None and word and word not in self._config.empty and not isinstance(found, list | dict):
            self.unmapped.add(word)
        return fault_of(word, status, self._config)

    def _skipped(
        self, ordinal: int, record: Record, cells: list[Any], reason: Reason, *, quoted: bool
    ) -> Row:
        """Give a row that counts as if it were not in the file: nothing else in it can be wrong."""
        person = self._person(cells[self._columns.person], [], quoted=quoted)
        return Row(
            row=ordinal,
            line=record.line,
            associate_id=person[0],
            identity=person[1],
            status=None,
            message="",
            cells=as_json(record.cells),
            result=Result.SKIPPED,
            reason=reason,
            detail=NOT_IN_THE_FILE[reason],
        )

    def end(self) -> None:
        """Raise InputRefused for what can be known only when all rows were read, and refuses all of them."""
        self._refuse_lacking()
        if self._table.came_back:
            return
        if words := self._days.refusal():
            raise InputRefused(f"{self._name}: {words}")
        if (
            self._config.coverage == "everyone"
            and self._filter
            and (none := self._filter.refusal(self._name))
        ):
            raise none
        names, columns = self._table.columns, self._columns
        faults = (
            approvals_as_statuses(names, columns, self._statuses, self._name),
            self._unused.refusal(self._name),
            self._spans.refusal(self._name),
        )
        for refused in filter(None, faults):
            raise refused

    def _refuse_lacking(self) -> None:
        """Raise InputRefused where a column that a setting names was never there."""
        words = lacking(self._columns, self._table.columns, self._config)
        if words:
            raise InputRefused(f"{self._name}: {words}")
        if not self._table.came_back and (words := self._days.refusal()):
            raise InputRefused(f"{self._name}{words}")

    def _fitted(self, record: Record, faults: Faults) -> list[Any]:
        """Give as many cells as there are columns; JSON may bring new columns, others may not."""
        cells = record.cells
        if not self._table.is_nested:
            number = "" if len(cells) == self._width else ragged_detail(len(cells), self._width)
            words = "; ".join(filter(None, (number, record.torn and f"{record.torn}; {TORN}")))
            faults.append((Reason.RAGGED_ROW, words))
            return [*cells, *[""] * self._width][: self._width]
        self._understand(f"{self._name}, line {record.line}")
        return cells


def _invalid(ordinal: int, record: Record, person: Person, status: str | None, faults: Faults) -> Row:
    return Row(
        row=ordinal,
        line=record.line,
        associate_id=person[0],
        identity=person[1],
        status=None if status == WITHDRAWN else status,
        message="",
        cells=as_json(record.cells),
        result=Result.INVALID,
        reason=faults[0][0],
        detail=ALSO.join(words for _, words in faults),
    )
