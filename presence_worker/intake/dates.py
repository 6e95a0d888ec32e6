"""The day a text names, or a sentence that says why it is not certain.

Understood are days as ISO 8601 writes them, 2026-12-31 or 20261231, and what `input.date_format` says. A time
that says how far it is from Greenwich is first brought to `input.timezone`: 2026-12-30T23:00Z is the last day
of the year in Oslo.

/Date(1795737600000)/ are milliseconds since 1970, as OData 2 and .NET write them. Without an offset and at
midnight they are a day, and no time zone moves it. SAP's notes 2933028 and 3020341 say so: Edm.DateTime of
SuccessFactors has no zone, and a date is the midnight of its day. At another time they are a moment of UTC,
as .NET writes local times. An offset is in minutes. Some programs then count from local midnight
(Microsoft's OData), others from that of UTC (Olingo, WCF). It counts where both name the same day.
"""

import re
from collections.abc import Callable, Sequence
from datetime import MAXYEAR, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ..date_formats import ENGLISH, EPOCH, Parse, forms_in, order_of, parser, swap_day_and_month
from ..errors import Suggestion
from ..sanitize import clean, quote_toml
from ..settings import Input
from .date_guesses import (
    NO_DAY,
    NO_SUCH_DAY,
    NO_WEEKDAY,
    are_compatible,
    explain_text,
    is_week,
    months_of,
    other_order,
    readings_of,
)
from .day_texts import BASIC, ISO, JSON_DATE, may_be_shown, means_no_date
from .table import FORMULA_ERROR, is_error

MIDNIGHT = time()
REMEMBERED = 1000  # texts; days repeat
ISO_FORM = "%Y-%m-%d"
LAST_NONE = EPOCH.date()  # programs write this day, or an earlier one, in place of a date
TWO_READINGS = "has a time zone offset that can mean two different days; write it as 2026-12-31"
_YEAR_FIRST = re.compile(r"%[Yy].*%d.*%[mbB]", re.DOTALL)


class Moment(NamedTuple):
    """What a text names."""

    day: date
    at: time | None = None  # where it has one; in our zone, if it says how far from Greenwich it is
    is_instant: bool = False  # elsewhere it is another day: it needs input.timezone


class NoDay(NamedTuple):
    """Why it is not certain which day a text names."""

    why: Suggestion
    doubt: Suggestion | None = None  # why other days of the file may be wrong as well
    is_proof: bool = False  # one such text is enough for that doubt


Found = Moment | NoDay
Reader = Callable[[str], Found]


def date_reader(config: Input) -> Reader:
    """Build the function that reads a text which is not empty."""
    zone = ZoneInfo(config.timezone) if config.timezone else None
    forms = forms_in(config.date_format)
    iso_misleads = any(map(_YEAR_FIRST.search, forms))  # 2026-03-04 would be the third of April
    parsers = [*_parsers(forms, config.locale), *[_iso] * (not iso_misleads), *[_basic] * (not forms)]
    declared = [*forms, *[ISO_FORM] * (not iso_misleads)]

    def read(text: str) -> Found:
        is_written = False
        for day in filter(None, (parse(text) for parse in parsers)):
            is_written = True
            moment = _moment_of(day, zone)
            if moment.day > LAST_NONE:
                return moment
        found = None if is_written else _json_date(text, zone)
        if isinstance(found, Moment) and found.day > LAST_NONE:
            return found
        if is_written or isinstance(found, Moment) or means_no_date(text):
            return NoDay(no_date(text, config.empty))
        return found or _fault(text, declared, config)

    return lru_cache(REMEMBERED)(read)


def show_text(text: str) -> str:
    """Return a text as a sentence quotes it, behind a space; "" where it does not look like a date."""
    return f" {clean(text, 40)!r}" if may_be_shown(text) else ""


def no_date(text: str, empty: Sequence[str]) -> Suggestion:
    """Return the words for a text that programs write in place of a date, and what to do."""
    words = [*empty, text]
    shown_words = ", ".join(map(quote_toml, words))
    return Suggestion(
        f"means no date in many programs; leave the cell empty, or set input.empty = [{shown_words}]",
        ({"empty": words},),
    )


def _parsers(forms: Sequence[str], locale: str) -> list[Parse]:
    named = any("%b" in form.lower() for form in forms)
    months = months_of(locale) if named else ENGLISH  # others take a while to load
    return [parser(form, months) for form in forms]


def _moment_of(found: date, zone: tzinfo | None) -> Moment:
    if not isinstance(found, datetime):
        return Moment(found)
    if found.tzinfo and EPOCH.year < found.year < MAXYEAR:  # beyond, it is not a date, or means "for ever"
        here = found.astimezone(zone)
        return Moment(here.date(), here.time(), is_instant=True)
    return Moment(found.date(), found.time())


def _iso(text: str) -> date | None:
    match = ISO.fullmatch(text)
    if not match:
        return None
    day, at, offset = match.groups()
    try:
        return datetime.fromisoformat(f"{day}T{at}{offset or ''}") if at else date.fromisoformat(day)
    except ValueError:
        return None


def _basic(text: str) -> date | None:
    return _iso(f"{text[:4]}-{text[4:6]}-{text[6:]}") if BASIC.fullmatch(text) else None


def _json_date(text: str, zone: tzinfo | None) -> Found | None:
    match = JSON_DATE.fullmatch(text)
    if not match:
        return None
    try:
        moment = EPOCH + timedelta(milliseconds=int(match[1]))
    except OverflowError:
        return NoDay(Suggestion(NO_SUCH_DAY))
    found = _moment_of(moment, zone)
    if match[2]:
        local = _moment_of(moment - timedelta(minutes=int(match[2])), zone)
        if local.day != found.day:
            return NoDay(Suggestion(TWO_READINGS))
        return found._replace(at=MIDNIGHT) if local.at == MIDNIGHT else found
    return Moment(moment.date()) if moment.time() == MIDNIGHT else found


def _fault(text: str, declared: Sequence[str], config: Input) -> NoDay:
    """Return why a text is not a day; *declared* are the forms in which days are read."""
    forms = forms_in(config.date_format)
    if is_error(text):
        return NoDay(Suggestion(FORMULA_ERROR))
    if not any(map(str.isdigit, text)):
        return NoDay(Suggestion(NO_DAY))
    other = other_order(text, declared, config.locale)
    doubt = _in_other_order(other, forms) if other else None
    if other and swap_day_and_month(order_of(other)) in map(order_of, forms):
        return NoDay(doubt or Suggestion(""), doubt, is_proof=True)
    if ISO_FORM in declared and ISO.fullmatch(text):
        return NoDay(
            Suggestion(NO_SUCH_DAY), doubt
        )  # a typing error is more likely than a file of year, day, month
    return NoDay(_not_as(text, forms, config.locale) if forms else explain_text(text, config.locale), doubt)


def _in_other_order(other: str, forms: Sequence[str]) -> Suggestion:
    usual = f"input.date_format says ({', '.join(forms)})" if forms else "ISO 8601 says"
    return Suggestion(
        f"has day and month in another order than {usual}; "
        f'set input.date_format = "{other}", or correct a typing error. Other dates may be wrong as well',
        ({"date_format": other},),
    )


def _not_as(text: str, forms: Sequence[str], locale: str) -> Suggestion:
    if is_week(text):
        return Suggestion(NO_WEEKDAY)
    words = f"is not written as input.date_format says ({', '.join(forms)})"
    for way in readings_of(text, locale):
        if way.locale and way.form in forms:
            words = (
                f"{words}; the month is in another language, so set input.locale = {quote_toml(way.locale)}"
            )
            return Suggestion(words, ({"locale": way.locale},))
        if not way.locale and are_compatible((*forms, way.form)):
            both = (*forms, way.form)
            words += f"; if the file has dates in several forms, set input.date_format = {_toml_list(both)}"
            return Suggestion(words, ({"date_format": [*both]},))
    return Suggestion(words)


@cache
def _toml_list(forms: tuple[str, ...]) -> str:
    return f"[{', '.join(map(quote_toml, forms))}]"
