"""Days in words, in the language of whoever reads them.

It needs Babel, which takes 20 ms to load: `template` loads it where it is used.
"""

from collections.abc import Callable
from datetime import date

from babel import Locale, UnknownLocaleError
from babel.dates import parse_pattern


def locale(name: str) -> Locale:
    """Find a language such as nb, sv or en-GB; raise ValueError where there is none."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise ValueError("no such language; expected one such as nb, sv or de") from None


def day_writer(pattern: str, language: str) -> Callable[[date], str]:
    """Make the function that writes a day by a *pattern* of Unicode's, such as "d MMMM"."""
    write, found = parse_pattern(pattern).apply, locale(language)
    return lambda day: write(day, found)
