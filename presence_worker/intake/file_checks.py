"""What only all rows of a file together show: each check sees them, and has notes or a refusal at the end."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from ..errors import InputRefused
from ..model import PRESENT, Reason, Result, Row
from ..sanitize import clean, quote_toml
from ..settings import Input
from ..wording import amount, series
from .column_questions import approvals_as_statuses
from .columns import FIRST_DAY_BACK, Columns, column_called
from .spelling import plain
from .table import Cells

LONGEST = timedelta(days=400)  # since the first day of a leave; who was hired is there for longer


class FileCheck:
    """A question to a file as a whole; each check overrides only what it needs."""

    is_open = True  # whether it has to see rows

    def use_columns(self, columns: Columns) -> None:
        """Use these columns from now on; records of JSON may bring more of them."""

    def add(self, _row: Row, _cells: Cells) -> bool:
        """See a row that counts and takes no leave back; return whether it was the last one.

        A cell may be wrong, but none is missing.
        """
        return True

    def notes(self) -> Iterable[str]:
        """Return what a reader should know although no row is wrong."""
        return ()

    def refusal(self, _where: str) -> InputRefused | None:
        """Return why all rows must be refused, naming the file; None: they need not be."""
        return None


class ColumnNotes(FileCheck):
    """What a reader may not expect of how the columns were understood."""

    def __init__(self, config: Input) -> None:
        self._has_default = config.default_status is not None

    def use_columns(self, columns: Columns) -> None:
        """Use these columns from now on."""
        self._columns = columns

    def notes(self) -> Iterable[str]:
        """Yield a sentence on each column that is, or is not, used beside another one."""
        columns, names = self._columns, self._columns.names
        if self._has_default and columns.status is not None:
            called = column_called(names[columns.status])
            yield f"input.default_status was not used: {called} has the status of each row"
        unused = (name for place, name in enumerate(names) if place not in columns.used)
        back = next((name for name in unused if plain(name) in FIRST_DAY_BACK), None)
        if back is not None and columns.ends is not None:
            last = column_called(names[columns.ends])
            yield f"{column_called(back)} (a first day back) was not used: {last} has the last day"


class ApprovalCheck(FileCheck):
    """A check whether the status column only says how far approvals came."""

    def __init__(self, words: Mapping[str, str | None]) -> None:
        self._words = words  # of that column, with what they mean

    def use_columns(self, columns: Columns) -> None:
        """Use these columns from now on."""
        self._columns = columns

    def refusal(self, where: str) -> InputRefused | None:
        """Return the question what makes a leave of such a row."""
        return approvals_as_statuses(self._columns, self._words, where)


class OpenEnds(FileCheck):
    """How many rows set a person away, now or later, and have no last day, in a file with days."""

    def __init__(self) -> None:
        self.rows = 0

    def use_columns(self, columns: Columns) -> None:
        """See rows where there are days."""
        self.is_open = columns.has_days

    def add(self, row: Row, _cells: Cells) -> bool:
        """Count a row."""
        if not (row.period and row.period.ends):
            is_due = row.result is None or row.reason is Reason.NOT_YET_DUE
            self.rows += is_due and row.status != PRESENT
        return False


class EmploymentCheck(FileCheck):
    """A check whether days, of which only the columns' names say what they are, are those of contracts."""

    def __init__(self, day: date) -> None:
        self._oldest = day - LONGEST
        self._names: dict[str, str] = {}  # of the columns of days; by setting
        self._present = self._long_ago = 0  # rows with such days
        self._first: int | None = None  # line of the first of them

    def use_columns(self, columns: Columns) -> None:
        """Use the columns of days that a job has."""
        places = {"from": columns.starts, "until": columns.ends}
        by_name = {key: columns.names[place] for key, place in places.items() if place is not None}
        self._names = by_name if columns.days_by_name else {}
        self.is_open = columns.days_by_name

    def add(self, row: Row, _cells: Cells) -> bool:
        """Count a row without fault that has days no leave has."""
        period = row.period
        if period and row.result is not Result.INVALID:
            is_present = row.status == PRESENT
            if is_present or (period.starts and period.starts < self._oldest):
                self._present += is_present
                self._long_ago += not is_present
                self._first = self._first or row.line
        return False

    def refusal(self, where: str) -> InputRefused | None:
        """Return the question what the days are, where some row shows that they may be of employment."""
        if not (self._present or self._long_ago):
            return None
        line = "" if self._first is None else f" (line {self._first})"
        shown = series([repr(clean(name, 60)) for name in self._names.values()], "and")
        seen = [f"{amount(self._present, 'row')} of people who are present"] * bool(self._present)
        seen += [f"{amount(self._long_ago, 'row')} from more than {LONGEST.days} days ago"] * bool(
            self._long_ago
        )
        settings = [f"input.{key} = {quote_toml(name)}" for key, name in self._names.items()]
        none = [f'input.{key} = ""' for key in self._names]
        words = (
            f"{where}: {shown} may be days of employment, not of absence. The file has {' and '.join(seen)}"
            f"{line}. If they are days of absence, set {' and '.join(settings)}. "
            f"If not, set {' and '.join(none)}"
        )
        ways = [dict(self._names), dict.fromkeys(self._names, "")]
        return InputRefused(words, *(reversed(ways) if self._present else ways))
