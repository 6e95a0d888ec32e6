"""Records become rows: every fault of a record is found, and nothing is guessed."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import NamedTuple

from ..errors import Cause, InputRefused
from ..failed_csv import ALSO, width_detail
from ..model import PRESENT, Reason, Result, Row
from ..run_states import FilteredValue, UnknownStatus
from ..settings import IGNORE, WITHDRAWN, Settings
from ..shutdown import Shutdown
from .columns import column_called, find_columns
from .day_reader import UNDATED, DayReader
from .file_checks import ApprovalCheck, ColumnNotes, EmploymentCheck, FileCheck, OpenEnds
from .filled_messages import find_missing_columns
from .filters import Filter
from .identity import Faults, Person, person_reader
from .json.nested import steps
from .messages import DoubtfulComments, message_reader
from .statuses import StatusColumn
from .table import FORMULA, NO_EXPORT, Cell, Cells, Record, Table, as_json
from .unused_columns import UnusedColumns

TORN = "put a comment that has line breaks in quotes"
NOT_IN_THE_FILE = {  # why a row counts as if it were not there
    Reason.FILTERED_OUT: "skipped by input.only",
    Reason.HIDDEN_ROW: "hidden in the workbook",
    Reason.IGNORED_BY_MAPPING: "its status is mapped to ignore",
}
WITHOUT_VALUE = (
    "has a formula without a value; open the workbook in Excel and save it (in failed.csv: write the value)"
)
NO_COVERAGE = Reason.NO_COVERAGE  # a leave that is taken back needs none
_make_row = partial(tuple.__new__, Row)  # half of what a call of the class takes
TAKEN_BACK = (
    Result.SKIPPED,
    Reason.WITHDRAWN,
    "a cancelled leave: it takes back what an earlier file asked for on these days",
)


class RowFacts(NamedTuple):
    """How the rows of a file were read."""

    unused: tuple[str, ...]  # columns
    without_end: int  # rows that set a person away and have no last day, in a file with a column of days
    filtered: tuple[FilteredValue, ...]  # what input.only leaves out, most rows first
    filtered_others: int  # rows whose value is not listed
    half_days: int  # rows
    unmapped: tuple[UnknownStatus, ...]  # statuses that are not understood, most rows first
    unmapped_others: int  # rows whose word is not listed
    dated: bool  # it says of rows on which days they are due


class RowReader:
    """Makes rows of a table's records, one after the other, and shows them to the checks of the file."""

    def __init__(self, table: Table, settings: Settings, name: str, day: date) -> None:
        config = settings.input
        self._table, self._config, self._name = table, config, name
        self._protected = frozenset(settings.safety.protected_ids)
        self._is_calculated = table.is_calculated or table.came_back
        self._filters = bool(config.only)
        self._leaves_out = self._filters or config.hidden_rows == "skip"
        self._statuses = StatusColumn(config)
        self._allowed = self._statuses.allowed
        self._filter = Filter(config)
        self._days = DayReader(config, day)
        self._open_ends = OpenEnds()
        questions = ApprovalCheck(self._statuses.words), UnusedColumns(config), EmploymentCheck(day)
        self._checks: tuple[FileCheck, ...] = (  # in this order they refuse a file, and have their notes
            self._filter,
            ColumnNotes(config),
            self._days,
            *([] if table.came_back else questions),  # what was accepted once is not asked again
            self._open_ends,
            DoubtfulComments(),
        )
        self._use_columns(name)
        self.messages_left_out = 0  # beside StatusNormal
        if not table.is_nested:
            self._refuse_lacking()

    def _use_columns(self, where: str) -> None:
        """Find out what the columns of the table are, again where a record brought more of them."""
        config = self._config
        columns = find_columns(self._table.columns, config, where)
        self._columns = columns
        self._width = len(columns.names)
        self._has_days = columns.has_days
        self._statuses.use_column(columns.status)
        self._person = person_reader(columns.named_by, self._protected, frozenset(config.empty))
        self._message = message_reader(columns, config)
        for check in self._checks:
            check.use_columns(columns)
        self._open = [check for check in self._checks if check.is_open]

    @property
    def named_by(self) -> str:
        """How the job names people: a key of IDENTITIES."""
        return self._columns.named_by

    def facts(self) -> RowFacts:
        """Return what the journal keeps of how the rows were read; whole once all were read."""
        names = self._columns.names
        used = {names[place] for place in self._columns.used}
        if self._table.is_nested:
            used |= {above for name in used for above in steps(tuple(name.split(".")))}
        return RowFacts(
            unused=tuple(name for name in names if name not in used),
            without_end=self._open_ends.rows,
            filtered=tuple(self._filter.values_left_out()),
            filtered_others=self._filter.beyond(),
            half_days=self._days.half_days,
            unmapped=tuple(self._statuses.unmapped.most_frequent()),
            unmapped_others=self._statuses.unmapped.beyond(),
            dated=self._has_days,
        )

    def notes(self) -> list[str]:
        """Return what a reader should know of how the rows were read, although no row is wrong."""
        return [note for check in self._checks for note in check.notes()]

    def rows(self, shutdown: Shutdown | None = None) -> Iterator[Row]:
        """Yield the rows; raise InputRefused for what refuses all of them, even behind the last one.

        Between two rows, raise the reason of a *shutdown*.
        """
        check = shutdown.check if shutdown else None
        ordinal = 0
        for ordinal, record in enumerate(self._table.records, 1):
            if check:
                check()
            yield self.read(ordinal, record)
        self._refuse_lacking()
        refused = (check.refusal(self._name) for check in self._checks if not self._table.came_back)
        for refusal in filter(None, refused):
            raise refusal
        if not ordinal:
            raise InputRefused(f"{self._name}: no rows. {NO_EXPORT}", cause=Cause.EMPTY)

    def read(self, ordinal: int, record: Record) -> Row:
        """Judge one record; *ordinal* counts records from 1."""
        _, cells, _, torn, _ = record  # at once: by name, each would cost
        faults: Faults = []
        if len(cells) != self._width or torn:
            cells = self._fit(record, faults)
        status = self._statuses.read(cells)
        if (status == IGNORE or self._leaves_out) and (reason := self._reason_to_skip(record, cells, status)):
            return self._skip(ordinal, record, cells, reason, quoted=not faults)
        if self._is_calculated and FORMULA in cells and (missing := self._without_values(cells)):
            person = self._person(cells[self._columns.person], [], quoted=True)
            return _refuse_row(ordinal, record, person, status, faults + missing)
        is_whole = not faults
        row = self._judge(ordinal, record, cells, status, faults)
        if not is_whole or status == WITHDRAWN:
            return row
        for check in self._open:
            if check.add(row, cells):
                self._open = [other for other in self._open if other is not check]  # it has seen enough
        return row

    def _reason_to_skip(self, record: Record, cells: Cells, status: str | None) -> Reason | None:
        """Return why a row counts as if it were not in the file; None where it counts."""
        if not self._filter.takes(cells):
            return Reason.FILTERED_OUT
        if record.hidden:
            return Reason.HIDDEN_ROW
        return Reason.IGNORED_BY_MAPPING if status == IGNORE else None

    def _without_values(self, cells: Cells) -> Faults:
        """Return a fault for each column that is used and has a formula without a value.

        What else is wrong may follow from it.
        """
        names = self._columns.names
        places = (place for place in sorted(self._columns.used) if cells[place] == FORMULA)
        return [
            (Reason.FORMULA_WITHOUT_VALUE, f"{column_called(names[place])} {WITHOUT_VALUE}")
            for place in places
        ]

    def _judge(self, ordinal: int, record: Record, cells: Cells, status: str | None, faults: Faults) -> Row:
        """Return a row that counts; what is wrong with its cells is added to *faults*."""
        quoted, withdraws = not faults, status == WITHDRAWN
        if self._filters:
            faults += self._filter.faults(cells)
        number, name = person = self._person(cells[self._columns.person], faults, quoted=quoted)
        if status not in self._allowed:
            faults.append(self._statuses.fault(cells, status))
        period, due_faults, outcome, _ = (
            self._days.judge(cells, record.line, quoted=quoted) if self._has_days else UNDATED
        )
        if due_faults:
            faults += [fault for fault in due_faults if not withdraws or fault[0] is not NO_COVERAGE]
        message = "" if withdraws else self._message(cells, status, period, faults)
        if faults:
            return _refuse_row(ordinal, record, person, status, faults)
        if withdraws:
            status, outcome = None, TAKEN_BACK  # it asks for nothing
        elif status == PRESENT:
            self.messages_left_out += bool(message)
            message = ""  # it is the comment of who is not present
        line, came, _, _, origin = record
        asked = (ordinal, line, number, status, message, as_json(came))
        return _make_row((*asked, *outcome, name, period, origin))

    def _skip(self, ordinal: int, record: Record, cells: Cells, reason: Reason, *, quoted: bool) -> Row:
        """Return a row that counts as if it were not in the file: nothing else in it can be wrong."""
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
            origin=record.origin,
        )

    def _refuse_lacking(self) -> None:
        """Raise InputRefused where a column that a setting names was never there."""
        words = find_missing_columns(self._columns, self._config)
        if words:
            raise InputRefused(f"{self._name}: {words}")

    def _fit(self, record: Record, faults: Faults) -> list[Cell]:
        """Return as many cells as there are columns; JSON may bring new columns, others may not."""
        cells = record.cells
        if not self._table.is_nested:
            number = "" if len(cells) == self._width else width_detail(len(cells), self._width)
            words = "; ".join(filter(None, (number, record.torn and f"{record.torn}; {TORN}")))
            faults.append((Reason.RAGGED_ROW, words))
            return [*cells, *[""] * self._width][: self._width]
        self._use_columns(f"{self._name}, line {record.line}")
        return cells


def _refuse_row(ordinal: int, record: Record, person: Person, status: str | None, faults: Faults) -> Row:
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
        origin=record.origin,
    )
