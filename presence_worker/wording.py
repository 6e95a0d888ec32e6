"""How our sentences put numbers, lists and durations."""

from collections.abc import Sequence

SECOND = 1000  # milliseconds
EXACT = 10  # a number from here on has no fraction
TENTHS = 10  # seconds; of less, tenths matter
UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": SECOND}  # in milliseconds


def figure(number: int) -> str:
    """Return a number as people read it, its thousands apart: 10 415.

    A comma or a point is a decimal sign to half of our readers. The space is a plain one: each terminal, mail
    and encoding has it. Data and logs have plain numbers.
    """
    return f"{number:,}".replace(",", " ")


def amount(number: int, thing: str) -> str:
    """Return a number of things in words: 1 row, 2 rows, 10 415 rows."""
    return f"{figure(number)} {thing}" if number == 1 else f"{figure(number)} {thing}s"


def is_or_are(number: int) -> str:
    """Return the verb for so many things."""
    return "is" if number == 1 else "are"


def share(number: int, whole: int, thing: str) -> str:
    """Return how a sentence begins, with its verb: "1 of 4 rows is", "The row is"."""
    if number == whole == 1:
        return f"The {thing} is"
    return f"{figure(number)} of {figure(whole)} {thing}s {is_or_are(number)}"


def as_sentence(words: str) -> str:
    """Return words that begin and end as a sentence; they may end already, or begin with a name."""
    first, *_ = words.split(" ", 1)
    if first.isalpha() and first.islower():  # else it is a name
        words = f"{first.capitalize()}{words[len(first) :]}"
    return words if words.endswith((".", "?", "!")) else f"{words}."


def series(words: Sequence[str], joint: str) -> str:
    """Return words as a sentence lists them: a, b *joint* c."""
    *others, last = words
    return f"{', '.join(others)} {joint} {last}" if others else last


def plain_duration(seconds: float) -> str:
    """Return a duration as people say it: "0.4 s", "42 s", "3 min", "3 min 20 s", "2 h 5 min"."""
    if seconds < TENTHS:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    parts = (hours, "h", minutes, "min") if hours else (minutes, "min", rest, "s")
    return "{} {} {} {}".format(*parts).removesuffix(f" 0 {parts[-1]}")


def duration_of_setting(seconds: float) -> str:
    """Return a duration as a setting has it: "90d", "24h", "20s", "500ms"."""
    number = round(seconds * SECOND)
    if not number:
        return "0s"
    unit = next((unit for unit, size in UNITS.items() if number % size == 0), "ms")
    return f"{number // UNITS.get(unit, 1)}{unit}"


def milliseconds(number: float) -> str:
    """Return how long something short took."""
    return f"{number / SECOND:.1f} s" if number >= SECOND else f"{two_digits(number)} ms"


def two_digits(number: float) -> str:
    """Return the two digits that matter, or all before the point."""
    return f"{number:.0f}" if number >= EXACT else f"{number:.2g}"
