"""The day a text names: certain, or a sentence that says why it is not.

Understood are days as ISO 8601 writes them, 2026-12-31 or 20261231, and what `input.date_format` says. A time
behind the day is left out; one that says how far it is from Greenwich is first brought to `input.timezone`:
2026-12-30T23:00Z is the last day of the year in Oslo.
"""

import re
from collections.abc import Callable, Iterable
from datetime import MAXYEAR, date, datetime
from zoneinfo import ZoneInfo

from ..settings import Input
from ..text import clean

EARLIEST = 1900  # year; before it, programs put what is no date: 0001-01-01, 1899-12-30
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
Reader = Callable[[str], date | str]  # a text in, a day or words about the text out
NO_SUCH_DAY = "but there is no such day"
NO_DAY = (
    "where a day such as 2026-12-31 should be; if it is one, say with input.date_format how it is written"
)
BARE_NUMBER = (
    "a bare number; give the cells a date format (Excel counts days), or say with input.date_format what its "
    "digits are"
)
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)(?: ?(Z|[+-]\d\d(?::?\d\d)?))?)?", re.ASCII
)
_BASIC = re.compile(r"\d{8}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)
_NUMERIC = re.compile(r"(\d{1,4})([./-])\d{1,2}\2(\d{1,4})( \d\d?:\d\d(?::\d\d)?(?: [AP]M)?)?", re.ASCII)
_WORDED = re.compile(r"(?=.*\d)[\d ,./-]{0,20}[A-Za-z]{3,9}[\d ,./-]{0,20}", re.ASCII)
_FORMS_WITH_WORDS = tuple(
    form.replace("%b", month).replace("%Y", year)
    for form in ("%d %b %Y", "%d-%b-%Y", "%d. %b %Y", "%d.%b.%Y", "%d/%b/%Y", "%b %d, %Y", "%b %d %Y")
    for month in ("%b", "%B")  # in English, as programs write them
    for year in ("%Y", "%y")
)
_YEARS = {2: "%y", 4: "%Y"}  # digits: letter
_TIMES = ("", " %H:%M", " %H:%M:%S")  # by the number of colons
_YEAR_FIRST = re.compile(r"%[Yy].*%d.*%[mbB]", re.DOTALL)
_ADJOINING = re.compile(r"%[dmYyHIMSf]%[dmYyHIMSf]")
_SHOWN = re.compile(r"[\d./:, AMPTZ+-]{1,40}", re.ASCII)  # what is surely no reason of absence


def date_reader(config: Input) -> Reader:
    """Make the function that reads a text which is not empty."""
    zone = ZoneInfo(config.timezone) if config.timezone else None
    form = config.date_format
    if form is None:
        return lambda text: _iso(text, zone) or _basic(text) or _explained(text)
    iso_misleads = _YEAR_FIRST.search(form)  # 2026-03-04 would be the third of April
    return lambda text: (
        _declared(text, form, zone) or (None if iso_misleads else _iso(text, zone)) or _not_as(form)
    )


def shown(text: str) -> str:
    """Give a text for a sentence: as it is where it looks like a date, without its words where not."""
    return repr(clean(text, 40)) if _SHOWN.fullmatch(text) else "a text"


def _iso(text: str, zone: ZoneInfo | None) -> date | str | None:
    match = _ISO.fullmatch(text)
    if not match:
        return None
    day, time, offset = match.groups()
    try:
        return _day(datetime.fromisoformat(f"{day}T{time or '00:00'}{offset or ''}"), zone)
    except ValueError:
        return NO_SUCH_DAY


def _basic(text: str) -> date | None:
    if not _BASIC.fullmatch(text):
        return None
    day = _iso(f"{text[:4]}-{text[4:6]}-{text[6:]}", None)
    return day if isinstance(day, date) else None  # as of 20122026, which only others can read


def _declared(text: str, form: str, zone: ZoneInfo | None) -> date | str | None:
    try:
        moment = datetime.strptime(text, form)  # noqa: DTZ007 - without %z it is a day, whatever the zone
    except ValueError:
        return None
    if _ADJOINING.search(form) and moment.strftime(form) != text:
        return None  # 1122026 can be cut in two ways
    return _day(moment, zone)


def _day(moment: datetime, zone: ZoneInfo | None) -> date | str:
    if moment.year < EARLIEST:
        return f"but the year {moment.year} can hardly be meant"
    if moment.tzinfo and moment.year < MAXYEAR:  # beyond, no zone can follow; it means "for ever" anyway
        moment = moment.astimezone(zone)
    return moment.date()


def _not_as(form: str) -> str:
    return f"which is no day that is written as input.date_format says ({form})"


def needs_a_form(text: str) -> bool:
    """Whether only input.date_format could make a text a day: it is not written as ISO 8601 has it."""
    return not (_ISO.fullmatch(text) or _basic(text))


def forms_of(texts: Iterable[str]) -> list[str]:
    """Give the forms for input.date_format in which all of *texts* that may be days name one."""
    readings = [found for text in dict.fromkeys(texts) if (found := _readings(text))]
    return [form for form in readings[0] if all(form in found for found in readings)] if readings else []


def _explained(text: str) -> str:
    """Say why a text that is not ISO is not understood, and how it could be."""
    if _NUMBER.fullmatch(text):
        return BARE_NUMBER
    readings = _readings(text)
    if not readings:
        return NO_SUCH_DAY if _forms(text) else NO_DAY
    days = list(dict.fromkeys(readings.values()))
    such = " or ".join(f'"{form}"' for form in readings)
    if "%y" in such:
        return (
            f"with a year of two digits; write four, or say with input.date_format, such as {such}, how it is"
        )
    if len(days) > 1:
        return (
            f"which may be {_named(days[0])} or {_named(days[1])}; say which with input.date_format: {such}"
        )
    return f"which is not written as 2026-12-31 is; say with input.date_format, such as {such}, how it is"


def _readings(text: str) -> dict[str, date]:
    """Give the days that a text may name, by the form of each."""
    forms = _FORMS_WITH_WORDS if _WORDED.fullmatch(text) else _forms(text)
    return {form: day for form in forms if isinstance(day := _declared(text, form, None), date)}


def _forms(text: str) -> list[str]:
    """Give the forms in which a date of three numbers may be written."""
    match = _NUMERIC.fullmatch(text)
    if not match:
        return []
    first, mark, last, time = match.groups()
    if len(first) == len("2026"):
        orders = [("%Y", "%m", "%d"), ("%Y", "%d", "%m")]
    else:
        year = _YEARS.get(len(last), "")  # without one, only the first number can be it
        orders = [("%d", "%m", year), ("%m", "%d", year)]
        orders += [("%y", "%m", "%d")] if len(first) == len("26") >= len(last) else []
    clock = _TIMES[(time or "").count(":")]
    if time and time.endswith("M"):
        clock = f"{clock.replace('%H', '%I')} %p"
    return [mark.join(order) + clock for order in orders if all(order)]


def _named(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"
