"""The first and the last day of a row, as its cells name them."""

from collections.abc import Sequence
from datetime import MAXYEAR, date, time, timedelta
from typing import NamedTuple

from ..model import Period
from ..settings import Input
from ..template import DAYS
from .columns import Columns
from .date_guesses import NO_DAY
from .dates import MIDNIGHT, Fault, Found, Moment, date_reader, no_date, shown

NO_END = (
    "which is not a day such as 2026-12-31; if it means that there is no end, add it to input.empty; if it "
    "is a day, say with input.date_format how it is written"
)
NO_ZONE = (
    "a moment with an offset from UTC, and the time zone decides its day; set the zone of your offices, such "
    'as input.timezone = "Europe/Oslo"'
)
AT_MIDNIGHT = (
    'which is midnight, when that day begins; set input.until_means = "last_day" if the absence includes '
    'that day, or "first_day_back" if the person is back on it'
)
WITH_A_TIME = (
    "which has a time of day, and the first day back has none; give days without a time, or set "
    'input.until_means = "last_day"'
)
END_OF_DAY = time(23, 59)
Texts = tuple[str, str]  # of the first and of the last day; an empty one names none


class Objection(NamedTuple):
    """Why the days of a whole file are not certain."""

    kind: str  # the same for all rows with this fault
    words: str  # of a row
    is_proof: bool = True  # one row is enough; else two with different words are


class Reading(NamedTuple):
    """What two texts come to."""

    period: Period | None = None
    faults: tuple[str, ...] = ()
    objections: tuple[Objection, ...] = ()
    is_partial: bool = False  # it begins or ends within a day


class PeriodReader:
    """Reads the texts of rows, with what columns and configuration say of them."""

    def __init__(self, columns: Columns, config: Input) -> None:
        self._config = config
        self._read = date_reader(config)
        self._is_back = columns.ends_means == "first_day_back"
        one_column = columns.starts == columns.ends  # its midnight is a day's own
        self._midnight_is_clear = config.until_means is not None or self._is_back or one_column

    def read(self, texts: Texts, *, quoted: bool) -> Reading:
        """Read the first and the last day; *quoted*: whether sentences may show the texts."""
        first, last = self._found(texts[0]), self._found(texts[1])
        starts, ends = self._first_day(texts[0], first), self._last_day(last)
        objections = () if _is_clear(first) and _is_clear(last) else self._objections(texts, (first, last))
        is_partial = _is_partial(first, last)
        if isinstance(starts, str) or isinstance(ends, str):
            faults = (
                f"found {shown(text)} as {name}, {day}" if quoted else f"{name} is not a day"
                for name, text, day in zip(DAYS, texts, (starts, ends), strict=True)
                if isinstance(day, str)
            )
            return Reading(None, tuple(faults), objections, is_partial)
        if starts and ends and starts > ends:
            return Reading(None, (self._too_early(starts, ends),), objections, is_partial)
        return Reading(Period(starts, ends) if starts or ends else None, (), objections, is_partial)

    def _found(self, text: str) -> Found | None:
        return self._read(text) if text and text not in self._config.empty else None

    def _first_day(self, text: str, found: Found | None) -> date | str | None:
        if not isinstance(found, Moment):
            return found.words if found else None
        return no_date(text, self._config.empty) if found.day.year == MAXYEAR else found.day

    def _last_day(self, found: Found | None) -> date | str | None:
        """Give the last day away; None: there is none, as the year 9999 says as well."""
        if not isinstance(found, Moment):
            return found and (NO_END if found.words == NO_DAY else found.words)
        if found.day.year == MAXYEAR:
            return None
        if self._is_back and found.at not in (None, MIDNIGHT):
            return WITH_A_TIME
        if found.at == MIDNIGHT and not self._midnight_is_clear:
            return AT_MIDNIGHT
        return found.day - timedelta(self._is_back)

    def _too_early(self, starts: date, ends: date) -> str:
        if self._is_back:
            return f"until ({ends + timedelta(1)}), the first day back, is not after from ({starts})"
        return f"from ({starts}) is after until ({ends})"

    def _objections(self, texts: Texts, found: Sequence[Found | None]) -> tuple[Objection, ...]:
        return tuple(filter(None, map(self._objection, DAYS, texts, found)))

    def _objection(self, name: str, text: str, found: Found | None) -> Objection | None:
        """Say why other days of the file are not certain either."""
        if isinstance(found, Fault):
            kind, is_proof = found.doubt, found.is_proof
        else:
            needs_zone = found and found.is_instant and not self._config.timezone
            kind, is_proof = NO_ZONE if needs_zone else None, True
        return Objection(kind, f"found {shown(text)} as {name}, {kind}", is_proof) if kind else None


def _is_clear(found: Found | None) -> bool:
    return found is None or (isinstance(found, Moment) and not found.is_instant)


def _is_partial(starts: Found | None, ends: Found | None) -> bool:
    """Whether an absence begins or ends within a day."""
    begins = isinstance(starts, Moment) and starts.at is not None and starts.at > MIDNIGHT
    ceases = isinstance(ends, Moment) and ends.at is not None and MIDNIGHT < ends.at < END_OF_DAY
    return begins or ceases
