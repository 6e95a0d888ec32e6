"""Days in words, in the language of the people who read and write them.

It needs Babel, which takes 20 ms to load: `template` loads it where it is used.
"""

from collections.abc import Callable
from datetime import date
from itertools import product

from babel import Locale, UnknownLocaleError
from babel.dates import parse_pattern

from .date_formats import ENGLISH, plain_month

SHORTEST = 3  # letters that may stand for a month
ODD = {"de": {"mrz": 3, "maerz": 3}}  # Windows writes the first, and programs without umlauts the other


def find_locale(name: str) -> Locale:
    """Return a language such as nb, sv or en-GB; raise ValueError where there is none."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise ValueError("unknown language; write one such as nb, sv or de") from None


def day_writer(pattern: str, language: str) -> Callable[[date], str]:
    """Return the function that writes a day by a *pattern* of Unicode's, such as "d MMMM"."""
    write, found = parse_pattern(pattern).apply, find_locale(language)
    return lambda day: write(day, found)


def month_names(language: str) -> dict[str, int]:
    """Return the names of months and their numbers, without case and dot; English ones besides.

    A name may be cut as long as it can be one month alone: Swedish programs write jun and mar.
    """
    months = find_locale(language).months
    written = [
        (plain_month(name), number)
        for usage, width in product(("format", "stand-alone"), ("wide", "abbreviated"))
        for number, name in months[usage][width].items()
    ]
    cut = [(name[:size], number) for name, number in written for size in range(SHORTEST, len(name))]
    known = dict.fromkeys(cut)  # such as jui of French, which is two
    certain = {name: number for name, number in known if sum(name == other for other, _ in known) == 1}
    clear = {name: number for name, number in ENGLISH.items() if certain.get(name, number) == number}
    mixed = {name: number for name, number in certain.items() if ENGLISH.get(name, number) == number}
    return clear | mixed | ODD.get(language[:2].casefold(), {}) | dict(written)
