"""How days are written, as operators declare it: in the letters of strptime, or as a count since some day."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import combinations, product
from typing import Annotated, Any

from pydantic import BeforeValidator

EXCEL, UNIX, UNIX_MS = "excel", "unix", "unix-ms"  # days since 1899-12-30, seconds and ms since 1970
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
ENGLISH = {name[:size].casefold(): number for number, name in enumerate(MONTHS, 1) for size in (3, 4, 9)}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Parse = Callable[[str], date | None]  # a datetime where there is a time as well; None: not written so

_EXCEL_DAY_0 = date(1899, 12, 30)  # with it, all days since March 1900 are right
_FOR_EVER = "2958465"  # 9999-12-31, as Excel counts
_SERIAL = re.compile(r"(\d{1,5})(?:[.,](\d{1,12}))?", re.ASCII)  # until 2173
_SECONDS = re.compile(r"(\d{9,10})(?:[.,]\d+)?", re.ASCII)  # since 1973
_MILLISECONDS = re.compile(r"(\d{12,13})(?:[.,]\d+)?", re.ASCII)
_NEVER = re.compile(r"0+(?:[.,]0+)?|-\d+(?:[.,]\d+)?", re.ASCII)  # how programs count to no date
_LETTER = re.compile(r"%(.?)", re.DOTALL)
_LETTERS = tuple("dmbBYyGVuHIMSfpz%")  # of strptime, as far as a day and a time behind it need them
_BY_MONTH = {"day": "d", "month": "mbB", "year": "Yy"}  # what a form has once: one of the letters
_BY_WEEK = {"weekday": "u", "week": "V", "year of weeks": "G"}  # or these, as ISO 8601 counts weeks
_OF_TIME = frozenset("HIMSfpz")
_ADJOINING = re.compile(r"%[dmYyHIMSfGVu]%[dmYyHIMSfGVu]")
_MONTH = re.compile(r"%[bB]\.?")
_WORD = re.compile(r"[^\W\d_]+\.?")
_EDGE = "\0"  # around the number that stands for a month's name: nothing else can look like it
_SWAPPED = str.maketrans("dm", "md")
_SAMPLES = [
    datetime(year, month, day, hour, tzinfo=UTC)
    for year, month, day, hour in product((2010, 2011, 2012, 2026), *[(1, 10, 11, 12)] * 2, (0, 10))
]


def date_format(value: Any) -> Any:
    """Check a form of dates, or a list of them; raise ValueError saying what cannot be understood."""
    forms = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(form, str) for form in forms) or value == []:
        raise ValueError('expected a text such as "%d.%m.%Y", or a list of such texts')
    for form in forms:
        if form not in COUNTS:
            _check(form)
    for one, other in combinations(dict.fromkeys(forms), 2):
        if fault := _rivalry(one, other):
            raise ValueError(f'"{one}" and "{other}" {fault}; keep one of them')
    return value


DateFormat = Annotated[str | list[str] | None, BeforeValidator(date_format)]


def forms_in(value: str | list[str] | None) -> tuple[str, ...]:
    """Return the forms that the setting has, the first one first."""
    return tuple(value) if isinstance(value, list) else () if value is None else (value,)


@cache
def order_of(form: str) -> str:
    """Return the order of day, month and year where all are numbers, such as "dmy"; else ""."""
    order = "".join(letter for letter in _LETTER.findall(form) if letter in "dmYy").lower()
    return order if "d" in order and "m" in order else ""


def swap_day_and_month(order: str) -> str:
    """Return the order that has day and month the other way round."""
    return order.translate(_SWAPPED)


def parser(form: str, months: Mapping[str, int] = ENGLISH) -> Parse:
    """Build the function that reads what is written in a *form*; *months* are plain names and their numbers.

    %b and %B both read full names and short ones, with a dot or without.
    """
    if form in COUNTS:
        return COUNTS[form]
    is_moment = not _OF_TIME.isdisjoint(_LETTER.findall(form))
    is_tight = _ADJOINING.search(form)
    numeric = _MONTH.sub(f"{_EDGE}%m{_EDGE}", form)
    is_named = numeric != form

    def parse(text: str) -> date | None:
        written = _with_number(text, months) if is_named else text
        try:
            moment = datetime.strptime(written, numeric)  # noqa: DTZ007 - it has the zone that %z says, or none
        except ValueError:
            return None
        if is_tight and moment.strftime(numeric) != written:
            return None  # 1122026 can be cut in two ways
        return moment if is_moment else moment.date()

    return parse


def plain_month(word: str) -> str:
    """Return the name of a month as it is compared: without case and dot."""
    return word.casefold().rstrip(".")


def months_in(text: str) -> list[str]:
    """Return the words of a text as names of months are compared."""
    return [plain_month(word) for word in _WORD.findall(_compose(text))]


def _with_number(text: str, months: Mapping[str, int]) -> str:
    """Put the number in place of the first name of a month; give "" where there is none."""
    text = _compose(text)
    found = next((word for word in _WORD.finditer(text) if plain_month(word[0]) in months), None)
    if not found:
        return ""
    number = months[plain_month(found[0])]
    return f"{text[: found.start()]}{_EDGE}{number:02}{_EDGE}{text[found.end() :]}"


def _compose(text: str) -> str:
    """Return a text whose letters have their accents: ä may be written as two characters."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _check(form: str) -> None:
    letters = _LETTER.findall(form)
    known = ", ".join(f"%{letter}" for letter in _LETTERS)
    for letter in letters:
        if letter not in _LETTERS or (letters.count(letter) > 1 and letter != "%"):
            raise ValueError(f"%{letter} is unknown, or there twice; use each of these once: {known}")
    others, parts = (_BY_MONTH, _BY_WEEK) if {*"GVu"} & {*letters} else (_BY_WEEK, _BY_MONTH)
    stray = [letter for letter in letters if any(letter in ways for ways in others.values())]
    for what, ways in parts.items():
        if stray or sum(letter in ways for letter in letters) != 1:
            example = "%d.%m.%Y" if parts is _BY_MONTH else "%G-W%V-%u"
            raise ValueError(f'write the {what} once, as in "{example}"; possible are {known}')


def _rivalry(one: str, other: str) -> str | None:
    """Return why two forms cannot stand in one list."""
    order = order_of(one)
    if order and swap_day_and_month(order) == order_of(other):
        return "have day and month in different orders, so that 03/04 could be two days"
    rival = any(_differ(one, other, moment) or _differ(other, one, moment) for moment in _SAMPLES)
    return "can read one text as two different days" if rival else None


def _differ(writer: str, reader: str, moment: datetime) -> bool:
    found = parser(reader)(_write(writer, moment))
    return found is not None and (found.date() if isinstance(found, datetime) else found) != moment.date()


def _write(form: str, moment: datetime) -> str:
    counts = {UNIX: 1, UNIX_MS: 1000}
    if form == EXCEL:
        return str((moment.date() - _EXCEL_DAY_0).days)
    return str(int(moment.timestamp()) * counts[form]) if form in counts else moment.strftime(form)


def _excel(text: str) -> date | None:
    whole, _, fraction = text.replace(",", ".").partition(".")
    if whole == _FOR_EVER and not fraction.strip("0"):
        return date.max
    if not _SERIAL.fullmatch(text):
        return None
    day = _EXCEL_DAY_0 + timedelta(int(whole))
    seconds = min(round(float(f"0.{fraction or 0}") * 86400), 86399)  # never of the next day
    return datetime(day.year, day.month, day.day) + timedelta(seconds=seconds) if seconds else day  # noqa: DTZ001


def _since_1970(text: str, written: re.Pattern[str], unit: timedelta) -> date | None:
    if _NEVER.fullmatch(text):
        return EPOCH
    match = written.fullmatch(text)
    return EPOCH + int(match[1]) * unit if match else None


COUNTS: Mapping[str, Parse] = {
    EXCEL: _excel,
    UNIX: lambda text: _since_1970(text, _SECONDS, timedelta(seconds=1)),
    UNIX_MS: lambda text: _since_1970(text, _MILLISECONDS, timedelta(milliseconds=1)),
}
