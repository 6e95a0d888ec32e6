"""The first and the last day of a row, as its cells name them."""

from collections.abc import Iterable, Sequence
from datetime import MAXYEAR, date, time, timedelta
from typing import NamedTuple

from ..errors import InputRefused, Suggestion, Way
from ..model import Period, Reason, Result
from ..settings import Input
from .columns import Columns
from .date_guesses import NO_DAY
from .dates import MIDNIGHT, Found, Moment, NoDay, date_reader, no_date, show_text
from .day_texts import HalfDay, half_day_finder
from .file_checks import FileCheck
from .table import Cells, text_of

NO_END = Suggestion(
    "is not a date such as 2026-12-31; if it stands for an open end, add it to input.empty. If it is a "
    "date, set input.date_format"
)
NO_ZONE = Suggestion(
    "has a time zone offset, so the day depends on the time zone; set your time zone, such as "
    'input.timezone = "Europe/Oslo"',
    ({"timezone": "Europe/Oslo"},),
)
UNTIL_MEANS: tuple[Way, ...] = ({"until_means": "last_day"}, {"until_means": "first_day_back"})
AT_MIDNIGHT = Suggestion(
    'is midnight, the start of that day; set input.until_means = "last_day" if the absence includes that '
    'day, or "first_day_back" if it does not',
    UNTIL_MEANS,
)
WITH_A_TIME = Suggestion(
    "has a time of day, but a first day back has none; write days without a time, or set "
    'input.until_means = "last_day"',
    UNTIL_MEANS,
)
REMEMBERED = 10_000  # different pairs of texts; days repeat, and a file of nothing but nonsense stays small
NO_COVERAGE_SET = (
    "is in the future, but input.coverage is not set; "
    'set it to "changes" (the file lists only changes) or "everyone" (the file is complete). '
    'With "everyone", planned absences of people who are missing from the next file are cancelled'
)
NAMES = ("first day", "last day")  # of DAYS, in words
END_OF_DAY = time(23, 59)
Texts = tuple[str, str]  # of the first and of the last day; an empty one names none


class Objection(NamedTuple):
    """Why the days of a whole file are not certain."""

    kind: str  # the same for all rows with this fault
    words: str  # of a row
    is_proof: bool = True  # one row is enough; else two with different words are
    settings: tuple[Way, ...] = ()  # that make them certain


class PeriodReading(NamedTuple):
    """What two texts come to."""

    period: Period | None = None
    faults: tuple[str, ...] = ()
    objections: tuple[Objection, ...] = ()
    is_partial: bool = False  # it begins or ends within a day
    settings: tuple[Way, ...] = ()  # that the faults name


class PeriodReader:
    """Reads the texts of rows, with what columns and configuration say of them."""

    def __init__(self, columns: Columns, config: Input) -> None:
        self._config = config
        self._read = date_reader(config)
        self._is_back = columns.ends_means == "first_day_back"
        one_column = columns.starts == columns.ends  # its midnight is a day's own
        self._midnight_is_clear = config.until_means is not None or self._is_back or one_column

    def read(self, texts: Texts, *, quoted: bool) -> PeriodReading:
        """Read the first and the last day; *quoted*: whether sentences may show the texts."""
        first, last = self._read_text(texts[0]), self._read_text(texts[1])
        starts, ends = self._first_day(texts[0], first), self._last_day(last)
        objections = () if _is_clear(first) and _is_clear(last) else self._objections(texts, (first, last))
        is_partial = _is_partial(first, last)
        if isinstance(starts, Suggestion) or isinstance(ends, Suggestion):
            wrong = [
                (name, text, day)
                for name, text, day in zip(NAMES, texts, (starts, ends), strict=True)
                if isinstance(day, Suggestion)
            ]
            faults = (
                f"the {name}{show_text(text)} {day.words}" if quoted else f"the {name} is not a date"
                for name, text, day in wrong
            )
            settings = tuple(way for *_, day in wrong for way in day.settings)
            return PeriodReading(None, tuple(faults), objections, is_partial, settings)
        if starts and ends and starts > ends:
            return PeriodReading(None, (self._too_early(starts, ends),), objections, is_partial)
        return PeriodReading(Period(starts, ends) if starts or ends else None, (), objections, is_partial)

    def _read_text(self, text: str) -> Found | None:
        return self._read(text) if text and text not in self._config.empty else None

    def _first_day(self, text: str, found: Found | None) -> date | Suggestion | None:
        if not isinstance(found, Moment):
            return found.why if found else None
        return no_date(text, self._config.empty) if found.day.year == MAXYEAR else found.day

    def _last_day(self, found: Found | None) -> date | Suggestion | None:
        """Return the last day away; None: there is none, as the year 9999 says as well."""
        if not isinstance(found, Moment):
            return found and (NO_END if found.why.words == NO_DAY else found.why)
        if found.day.year == MAXYEAR:
            return None
        if self._is_back and found.at not in (None, MIDNIGHT):
            return WITH_A_TIME
        if found.at == MIDNIGHT and not self._midnight_is_clear:
            return AT_MIDNIGHT
        return found.day - timedelta(self._is_back)

    def _too_early(self, starts: date, ends: date) -> str:
        if self._is_back:
            back = ends + timedelta(1)
            return f"the first day back ({back}) is not after the first day ({starts}); correct one of them"
        return f"the last day ({ends}) is before the first day ({starts}); correct one of them"

    def _objections(self, texts: Texts, found: Sequence[Found | None]) -> tuple[Objection, ...]:
        return tuple(filter(None, map(self._objection, NAMES, texts, found)))

    def _objection(self, name: str, text: str, found: Found | None) -> Objection | None:
        """Return why other days of the file are not certain either."""
        if isinstance(found, NoDay):
            doubt, is_proof = found.doubt, found.is_proof
        else:
            needs_zone = found and found.is_instant and not self._config.timezone
            doubt, is_proof = NO_ZONE if needs_zone else None, True
        if doubt is None:
            return None
        kind, settings = doubt
        return Objection(kind, f"the {name}{show_text(text)} {kind}", is_proof, settings)


def _is_clear(found: Found | None) -> bool:
    return found is None or (isinstance(found, Moment) and not found.is_instant)


def _is_partial(starts: Found | None, ends: Found | None) -> bool:
    """Return whether an absence begins or ends within a day."""
    begins = isinstance(starts, Moment) and starts.at is not None and starts.at > MIDNIGHT
    ceases = isinstance(ends, Moment) and ends.at is not None and MIDNIGHT < ends.at < END_OF_DAY
    return begins or ceases


class Oddity(NamedTuple):
    """What is remarkable about the days of a row."""

    objections: tuple[Objection, ...]
    is_partial: bool  # they begin or end within a day


Outcome = tuple[Result | None, Reason | None, str | None]  # of a row, as the journal has it, and in words
TO_BE_SENT: Outcome = (None, None, None)


class RowDays(NamedTuple):
    """What the days of a row come to."""

    period: Period | None = None
    faults: tuple[tuple[Reason, str], ...] = ()
    outcome: Outcome = TO_BE_SENT
    oddity: Oddity | None = None


UNDATED = RowDays()
NO_DAYS = "no first day and no last day, but each row must be a leave (input.default_status); fill in a day"


class DayReader(FileCheck):
    """Judges the days of rows, one after the other, and remembers what was odd about them."""

    def __init__(self, config: Input, day: date) -> None:
        self._config = config
        self.is_open = False  # it is asked, and need not look on
        self._day = day
        self._suspected: dict[str, tuple[str, str]] = {}  # by kind: the words of the first row, and its place
        self._objections: dict[str, Suggestion] = {}  # by kind, too: what is certain
        self.half_days = 0  # rows

    def use_columns(self, columns: Columns) -> None:
        """Read the days in these columns from now on; what was seen before stays."""
        self._starts, self._ends = columns.starts, columns.ends
        self._are_needed = columns.status is None and None not in (columns.starts, columns.ends)
        self._periods = PeriodReader(columns, self._config)
        self._half_day: HalfDay | None = half_day_finder(columns)
        self._known: dict[tuple[str, str], RowDays] = {}

    def judge(self, cells: Cells, line: int | None, *, quoted: bool) -> RowDays:
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
            due = self._read_again(texts, quoted=quoted)
        if quoted and (due.oddity or self._half_day):
            self._remember(due, cells, line)
        return due

    def refusal(self, where: str) -> InputRefused | None:
        """Return where and why the days of this file are not certain; None: they are."""
        words = ". Also".join(each.words for each in self._objections.values()).replace("; set ", ". Set ")
        settings = [way for each in self._objections.values() for way in each.settings]
        return InputRefused(f"{where}{words}", settings=settings) if words else None

    def notes(self) -> Iterable[str]:
        """Return how many rows have more exact times than days."""
        words = f"rows with half days or hours: {self.half_days}. They count as whole days"
        return [words] if self.half_days else []

    def _read_again(self, texts: tuple[str, str], *, quoted: bool) -> RowDays:
        period, words, objections, is_partial, _ = self._periods.read(texts, quoted=quoted)
        if self._are_needed and not period and not words:
            words = (NO_DAYS,)  # in a list of all people: at work
        outcome = self._outcome(period) if period else TO_BE_SENT
        faults = [(Reason.BAD_DATE, fault) for fault in words]
        if outcome[1] is Reason.NO_COVERAGE:
            faults.append((Reason.NO_COVERAGE, outcome[2] or ""))
        oddity = Oddity(objections, is_partial) if objections or is_partial else None
        due = RowDays(period, tuple(faults), outcome, oddity)
        if quoted and len(self._known) < REMEMBERED:
            self._known[texts] = due
        return due

    def _outcome(self, period: Period) -> Outcome:
        """Return the outcome of a row on this day."""
        starts, ends = period
        if starts and self._day < starts:
            if self._config.coverage:
                return Result.SKIPPED, Reason.NOT_YET_DUE, f"waits until {starts}"
            return Result.INVALID, Reason.NO_COVERAGE, f"the first day ({starts}) {NO_COVERAGE_SET}"
        if ends and ends < self._day:
            return Result.SKIPPED, Reason.NO_LONGER_DUE, f"ended on {ends}"
        return TO_BE_SENT

    def _remember(self, due: RowDays, cells: Cells, line: int | None) -> None:
        oddity = due.oddity
        for kind, words, is_proof, settings in oddity.objections if oddity else ():
            first, place = self._suspected.setdefault(kind, (words, f", line {line}" if line else ""))
            if is_proof or words != first:
                self._objections[kind] = Suggestion(f"{place}: {first}", settings)
        finder = self._half_day
        is_partial = (oddity and oddity.is_partial) or (finder and finder(cells))
        self.half_days += bool(is_partial and due.period)
