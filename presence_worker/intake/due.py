"""Whether a row is due: on the days that its cells name, both included."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from ..model import Period, Reason
from ..settings import Input
from .columns import Columns
from .half_days import HalfDay, half_day_finder
from .periods import Objection, PeriodReader
from .table import text_of

REMEMBERED = 10_000  # different pairs of texts; days repeat, and a file of nothing but nonsense stays small
TELL = (
    'a day to come; say with input.coverage what the file tells: "changes" (only news) or "everyone" '
    "(all there is: who is missing from a later file no longer goes on leave)"
)


class Oddity(NamedTuple):
    """What is remarkable about the days of a row."""

    objections: tuple[Objection, ...]
    is_partial: bool  # they begin or end within a day


class Due(NamedTuple):
    """What the days of a row come to."""

    period: Period | None = None
    faults: tuple[str, ...] = ()  # of its dates
    reason: Reason | None = None  # why it is not to be sent now; None: it is
    detail: str | None = None
    oddity: Oddity | None = None


UNDATED = Due()


class DayReader:
    """Judges the days of rows, one after the other, and remembers what was odd about them."""

    def __init__(self, config: Input, day: date) -> None:
        self._config = config
        self._day = day
        self._objections: dict[str, str] = {}  # by kind, with the line of the first row that has it
        self._half_days = 0

    def understand(self, columns: Columns, names: Sequence[str]) -> None:
        """Take in which columns have the days, of those with such *names*; what was seen before stays."""
        self._starts, self._ends = columns.starts, columns.ends
        self._periods = PeriodReader(columns, self._config)
        self._half_day: HalfDay | None = half_day_finder(names, columns)
        self._known: dict[tuple[str, str], Due] = {}

    def judge(self, cells: Sequence[Any], line: int | None, *, quoted: bool) -> Due:
        """Judge a row that counts.

        *quoted*: whether sentences may show what its cells hold. Those of a ragged row may be a piece of a
        message, and prove nothing of other rows.
        """
        starts, ends = self._starts, self._ends
        texts = "" if starts is None else text_of(cells[starts]), "" if ends is None else text_of(cells[ends])
        due = self._known.get(texts)
        if due is None or not (quoted or due.period):
            due = self._judged(texts, quoted=quoted)
        if quoted and (due.oddity or self._half_day):
            self._remember(due, cells, line)
        return due

    def refusal(self) -> str | None:
        """Say why the days of this file are not certain; None: they are, as far as rows were judged."""
        return "; ".join(self._objections.values()) or None

    def facts(self) -> dict[str, Any]:
        """Give what the journal keeps of the days."""
        return {"half_days": self._half_days}

    def notes(self) -> list[str]:
        """Give what a reader should know of the days although no row is wrong."""
        words = f"rows with half days or hours: {self._half_days}; they count as whole days"
        return [words] if self._half_days else []

    def _judged(self, texts: tuple[str, str], *, quoted: bool) -> Due:
        period, faults, objections, is_partial = self._periods.read(texts, quoted=quoted)
        due = self._with_reason(Due(period, faults))
        if objections or is_partial:
            due = due._replace(oddity=Oddity(objections, is_partial))
        if quoted and len(self._known) < REMEMBERED:
            self._known[texts] = due
        return due

    def _with_reason(self, due: Due) -> Due:
        """Say of a row whose days are known whether it is to be sent on this day."""
        if not due.period:
            return due
        starts, ends = due.period
        span = " ".join([f"from {starts}"] * bool(starts) + [f"until {ends}"] * bool(ends))
        if starts and self._day < starts:
            if self._config.coverage:
                return due._replace(reason=Reason.NOT_YET_DUE, detail=f"due {span}")
            return due._replace(reason=Reason.NO_COVERAGE, detail=f"due {span}, {TELL}")
        if ends and ends < self._day:
            return due._replace(reason=Reason.NO_LONGER_DUE, detail=f"was due {span}")
        return due

    def _remember(self, due: Due, cells: Sequence[Any], line: int | None) -> None:
        oddity = due.oddity
        for kind, words in oddity.objections if oddity else ():
            self._objections.setdefault(kind, f"line {line}: {words}" if line else words)
        finder = self._half_day
        is_partial = (oddity and oddity.is_partial) or (finder and finder(cells))
        self._half_days += bool(is_partial and due.period)
