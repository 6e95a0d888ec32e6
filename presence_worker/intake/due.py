"""Whether a row is due: on the days that its cells name, both included."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from ..model import Period, Reason
from ..settings import Input
from .columns import Columns
from .day_reader import Objection, PeriodReader
from .half_days import HalfDay, half_day_finder
from .table import text_of

REMEMBERED = 10_000  # different pairs of texts; days repeat, and a file of nothing but nonsense stays small
TELL = (
    'a future day, and input.coverage is not set; set it to "changes" (the file has only changes) or '
    '"everyone" (the file is complete: planned absences of people who are not in a later one are cancelled)'
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
NO_DAYS = "neither a first nor a last day, and input.default_status makes each row a leave"


class DayReader:
    """Judges the days of rows, one after the other, and remembers what was odd about them."""

    def __init__(self, config: Input, day: date) -> None:
        self._config = config
        self._day = day
        self._suspected: dict[str, tuple[str, str]] = {}  # by kind: the words of the first row, and its place
        self._objections: dict[str, str] = {}  # likewise, of what is certain
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
        first, last = "" if starts is None else cells[starts], "" if ends is None else cells[ends]
        texts = (  # asked here, as nearly all are: a call would cost as much as all else
            first.strip() if type(first) is str else text_of(first),
            last.strip() if type(last) is str else text_of(last),
        )
        due = self._known.get(texts)
        if due is None or not (quoted or due.period):
            due = self._judged(texts, quoted=quoted)
        if quoted and (due.oddity or self._half_day):
            self._remember(due, cells, line)
        return due

    def refusal(self) -> str | None:
        """Say where and why the days of this file are not certain; None: they are, as far as is known."""
        return "; also".join(self._objections.values()) or None

    def facts(self) -> dict[str, Any]:
        """Give what the journal keeps of the days."""
        return {"half_days": self._half_days}

    def notes(self) -> list[str]:
        """Give what a reader should know of the days although no row is wrong."""
        words = f"rows with half days or hours: {self._half_days}; they count as whole days"
        return [words] if self._half_days else []

    def _judged(self, texts: tuple[str, str], *, quoted: bool) -> Due:
        period, faults, objections, is_partial = self._periods.read(texts, quoted=quoted)
        reason, detail = self._reason(period) if period else (None, None)
        oddity = Oddity(objections, is_partial) if objections or is_partial else None
        due = Due(period, faults, reason, detail, oddity)
        if quoted and len(self._known) < REMEMBERED:
            self._known[texts] = due
        return due

    def _reason(self, period: Period) -> tuple[Reason | None, str | None]:
        """Say why a row is not to be sent on this day, in a code and in words; None: it is."""
        starts, ends = period
        span = " ".join([f"from {starts}"] * bool(starts) + [f"until {ends}"] * bool(ends))
        if starts and self._day < starts:
            if self._config.coverage:
                return Reason.NOT_YET_DUE, f"due {span}"
            return Reason.NO_COVERAGE, f"due {span}, {TELL}"
        if ends and ends < self._day:
            return Reason.NO_LONGER_DUE, f"was due {span}"
        return None, None

    def _remember(self, due: Due, cells: Sequence[Any], line: int | None) -> None:
        oddity = due.oddity
        for kind, words, is_proof in oddity.objections if oddity else ():
            first, place = self._suspected.setdefault(kind, (words, f", line {line}" if line else ""))
            if is_proof or words != first:
                self._objections[kind] = f"{place}: {first}"
        finder = self._half_day
        is_partial = (oddity and oddity.is_partial) or (finder and finder(cells))
        self._half_days += bool(is_partial and due.period)
