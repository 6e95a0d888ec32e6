"""How a text that may be a day is written, and which input.date_format and input.locale would make it one."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

from ..date_formats import (
    ENGLISH,
    EXCEL,
    MONTHS,
    UNIX,
    UNIX_MS,
    Parse,
    date_format,
    months_in,
    order_of,
    parser,
    swap_day_and_month,
)
from ..errors import Suggestion
from ..errors import Way as Setting
from ..loading import load
from ..sanitize import quote_toml
from ..wording import series
from .day_texts import BASIC, ISO, JSON_DATE, NUMBERS, TIME_BEHIND, WEEK, WORDED
from .spelling import is_number

LOCALES = ("en", "de", "sv", "nb", "da", "nl")  # the languages of SuperOffice's markets
ORDERS = ("mdy", "dmy")  # a file has one of them
REMEMBERED = 1000  # texts
PLAUSIBLE = range(1990, 2070)  # years of a number that does not look like a day
NO_DAY = "is not a date such as 2026-12-31; if it is one, set input.date_format"
NO_SUCH_DAY = "does not exist; correct it"
BARE = "give the cells a date format, or set input.date_format"
NO_WEEKDAY = "is a week; write a day"
COUNTED = {
    EXCEL: "if it is a day number of Excel",
    UNIX: "if it counts seconds since 1970",
    UNIX_MS: "if it counts milliseconds since 1970",
}
_FORMS_WITH_WORDS = [
    form.replace("%Y", year)
    for form in (
        *("%d %B %Y", "%d-%B-%Y", "%d. %B %Y", "%d.%B.%Y", "%d/%B/%Y", "%d%B%Y"),
        *("%B %d, %Y", "%B %d %Y"),
    )
    for year in ("%Y", "%y")
]
_DIGITS = {8: ("%d%m%Y", "%m%d%Y"), 6: ("%d%m%y", "%m%d%y", "%y%m%d")}
_YEARS = {2: "%y", 4: "%Y"}  # digits: letter
_CLOCKS = ("", "%H:%M", "%H:%M:%S")  # by the number of colons


class Way(NamedTuple):
    """Settings with which a text is a day."""

    form: str  # of input.date_format
    locale: str | None = None  # what input.locale has to be; None: what it is will do


class Choice(NamedTuple):
    """Settings with which each of several texts is a day."""

    forms: tuple[str, ...]  # of input.date_format
    locale: str | None  # what input.locale has to be; None: what it is will do


def needs_a_form(text: str) -> bool:
    """Return whether only input.date_format could make a text a day: it is not written as ISO 8601 has it."""
    return not (ISO.fullmatch(text) or BASIC.fullmatch(text) or JSON_DATE.fullmatch(text))


def months_of(locale: str) -> Mapping[str, int]:
    """Return the names of months in a language, and English ones."""
    return ENGLISH if locale == "en" else _months_of(locale)


@cache
def _months_of(locale: str) -> Mapping[str, int]:
    month_names: Callable[[str], Mapping[str, int]] = load(".languages:month_names")
    return month_names(locale)


def ways_of(texts: Iterable[str], locale: str = "en") -> list[Choice]:
    """Return each choice of settings with which all of *texts* that may be days are days.

    A choice has one form where one fits them all, else several.
    """
    readings = [found for text in dict.fromkeys(texts) if (found := readings_of(text, locale))]
    ways = list(dict.fromkeys(way for found in readings for way in found))
    alone = [way for way in ways if all(way in found for found in readings)]
    if alone or not readings:
        return [Choice((way.form,), way.locale) for way in alone]
    choices = (
        _choose_together([way for way in ways if order_of(way.form) != not_so], readings) for not_so in ORDERS
    )
    return list(dict.fromkeys(choice for choice in choices if choice))


def _choose_together(ways: Sequence[Way], readings: Sequence[Mapping[Way, date]]) -> Choice | None:
    """Choose few of the *ways*, so that each text can be read in one of them; None: they are not enough."""
    left, chosen = list(readings), list[Way]()
    while left:
        best = max(ways, key=lambda way: sum(way in found for found in left), default=None)
        if best is None or not any(best in found for found in left):
            return None
        chosen.append(best)
        left = [found for found in left if best not in found]
    forms, locales = tuple(dict.fromkeys(way.form for way in chosen)), {way.locale for way in chosen} - {None}
    return Choice(forms, next(iter(locales), None)) if len(locales) <= 1 and are_compatible(forms) else None


@cache
def are_compatible(forms: tuple[str, ...]) -> bool:
    """Return whether input.date_format may have all of *forms*."""
    try:
        date_format([*forms])
    except ValueError:
        return False
    return True


def readings_of(text: str, locale: str = "en") -> Mapping[Way, date]:
    """Return the days that a text may name, each by the settings with which it does."""
    return _readings(TIME_BEHIND.sub(_another_time, text), locale)


def _another_time(found: re.Match[str]) -> str:
    """Return one time for all: it does not change the day, and days repeat where moments do not."""
    return " 10:10:10" if found[1] else " 10:10"


@lru_cache(REMEMBERED)
def _readings(text: str, locale: str) -> Mapping[Way, date]:
    found = {}
    for way in _ways_for(text, locale):
        day = _parser(way.form, way.locale or locale)(text)
        if day and (day.year in PLAUSIBLE or not is_number(text)):
            found[way] = day.date() if isinstance(day, datetime) else day
    return found


@cache
def _parser(form: str, locale: str) -> Parse:
    return parser(form, months_of(locale))


def _ways_for(text: str, locale: str) -> Iterator[Way]:
    if is_number(text):
        return map(Way, (*COUNTED, *_DIGITS.get(len(text), ())))
    if WEEK.fullmatch(text):
        return map(Way, ("%G-W%V-%u", "%GW%V%u"))
    if match := NUMBERS.fullmatch(text):
        return map(Way, _numeric_forms(match))
    return _ways_in_words(text, locale)


def _ways_in_words(text: str, locale: str) -> Iterator[Way]:
    match = WORDED.fullmatch(text)
    words = set(months_in(text)) if match else set[str]()
    if not match or not words:
        return
    languages = (language for language in (locale, *LOCALES) if not words.isdisjoint(months_of(language)))
    language = next(languages, None)
    if language:
        needed = None if language == locale else language
        yield from (Way(form + _clock(match), needed) for form in _FORMS_WITH_WORDS)


def _numeric_forms(match: re.Match[str]) -> list[str]:
    """Return the forms in which a date of three numbers may be written."""
    first, mark, last = match[1], match[2], match[3]
    if len(first) == len("2026"):
        orders = [("%Y", "%m", "%d"), ("%Y", "%d", "%m")]
    else:
        year = _YEARS.get(len(last), "")  # without one, only the first number can be it
        orders = [("%d", "%m", year), ("%m", "%d", year)]
        orders += [("%y", "%m", "%d")] if len(first) == len("26") >= len(last) else []
    return [mark.join(order) + _clock(match) for order in orders if all(order)]


def _clock(match: re.Match[str]) -> str:
    time, half = match["time"] or "", match["half"] or ""
    clock = _CLOCKS[time.count(":")]
    clock = f"{clock.replace('%H', '%I')}{' ' * half.startswith(' ')}%p" if half else clock
    return f" {clock}" if clock else ""


def other_order(text: str, forms: Sequence[str], locale: str) -> str | None:
    """Return the form of a text that has day and month the other way round than *forms*; None: it has not.

    Separators do not matter: 11/27/2026 proves of 11.12.2026, too, that it may be the twelfth of November.
    """
    declared = {order_of(form) for form in forms} - {""}
    if is_number(text) and not any(form in _DIGITS.get(len(text), ()) for form in forms):
        return None  # what has no separators elsewhere may be any number
    found = [way.form for way in readings_of(text, locale)]
    orders = {order_of(form) for form in found}
    others = [form for form in found if swap_day_and_month(order_of(form)) in declared]
    return others[0] if others and orders.isdisjoint(declared) else None


def explain_text(text: str, locale: str) -> Suggestion:
    """Return why a text is not understood that is not ISO 8601, and which settings would make it a day."""
    readings = readings_of(text, locale)
    if is_number(text):
        return _of_a_number(list(readings))
    if not readings:
        words = NO_WEEKDAY if is_week(text) else NO_SUCH_DAY if any(_ways_for(text, locale)) else NO_DAY
        return Suggestion(words)
    days = list(dict.fromkeys(readings.values()))
    such, settings = words_to_set(readings)
    if any("%y" in way.form for way in readings):
        return Suggestion(f"has a year of two digits; write four digits, or set {such}", settings)
    if len(days) > 1:
        words = f"is ambiguous: {_day_in_words(days[0])} or {_day_in_words(days[1])}; set {such}"
        return Suggestion(words, settings)
    return Suggestion(f"is not in the form 2026-12-31; set {such}", settings)


def is_week(text: str) -> bool:
    """Return whether a text is a week without a day."""
    match = WEEK.fullmatch(text)
    return bool(match and not match[1])


def words_to_set(ways: Iterable[Way]) -> Suggestion:
    """Return what to set, to paste."""
    all_forms, locales = zip(*ways, strict=True)
    forms = list(dict.fromkeys(all_forms))
    locale = f" and input.locale = {quote_toml(locales[0])}" if locales[0] else ""
    settings: list[Setting] = [{"date_format": form} for form in forms]
    settings += [{"locale": locales[0]}] if locale else []
    words = f"input.date_format = {series([quote_toml(form) for form in forms], 'or')}{locale}"
    return Suggestion(words, tuple(settings))


def _of_a_number(ways: Sequence[Way]) -> Suggestion:
    said = [(COUNTED[way.form], words_to_set([way])) for way in ways if way.form in COUNTED]
    digits = [way for way in ways if way.form not in COUNTED]
    said += [("if its digits are a date", words_to_set(digits))] if digits else []
    words = ", or ".join(f"{when}, set {such.words}" for when, such in said)
    settings = chain.from_iterable(such.settings for _, such in said)
    return Suggestion(f"is only a number; {words or BARE}", tuple(settings))


def _day_in_words(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"
