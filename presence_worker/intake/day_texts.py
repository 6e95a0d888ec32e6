"""What texts look like that name a day, a time of day, several days or a half day."""

import re
from collections.abc import Callable
from functools import lru_cache

from .column_words import DURATIONS, HOURS, PERCENTAGES, TIMES
from .columns import Columns
from .spelling import number_in, plain, plain_names
from .table import Cells, text_of

# One day, as programs write it.
ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d|"  # a day of XML Schema, such as Workday's: no zone moves it
    r"[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)(?: ?(Z|[+-]\d\d(?::?\d\d)?))?)?",
    re.ASCII,
)
BASIC = re.compile(r"\d{8}", re.ASCII)
JSON_DATE = re.compile(r"\\?/Date\((-?\d{1,15})([+-]\d{4})?\)\\?/", re.ASCII)
WEEK = re.compile(r"\d{4}-?W\d\d(-?\d)?", re.ASCII | re.IGNORECASE)  # with a day, or without
_CLOCK = r"(?P<time> \d\d?:\d\d(?::\d\d)?(?P<half> ?[AP]M)?)?"
NUMBERS = re.compile(rf"(\d{{1,4}})([./-])\d{{1,2}}\2(\d{{1,4}}){_CLOCK}", re.ASCII | re.IGNORECASE)
WORDED = re.compile(rf"(?=.*\d)[\d ,./-]{{0,20}}[^\W\d_]{{3,12}}[\d ,./-]{{0,20}}?{_CLOCK}", re.IGNORECASE)
TIME_BEHIND = re.compile(r" (?:[01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?\Z", re.ASCII)  # a day
_ZEROS = re.compile(r"0[0 .:/T-]*Z?", re.ASCII)  # 0000-00-00, and 00:00 of a cell that refers to an empty one
_DIGITS = re.compile(r"(?=.*[./-].+[./-])[\d ./:T-]+", re.ASCII)
_OLD_YEAR = re.compile(r"(?<!\d)(0\d{3}|1[0-8]\d\d|19[0-6]\d)(?!\d)", re.ASCII)
_SHOWN = re.compile(r"[./: -]+|(?=.*\d)[\d./:, AMPTWZ+-]{1,40}|\\?/Date\([\d+-]+\)\\?/", re.ASCII)
_ANY_NUMBERS = (
    r"\d{4}([-./])\d{1,2}\1\d{1,2}|\d{1,2}([-./])\d{1,2}\2(?:\d{4}|\d\d)|[0-3]?\d [0-3]?\d (?:19|20)\d\d"
)
_ANY_WORDED = r"\d{1,2}[. -]{1,2}[^\W\d]{3,9}[., -]{1,2}(?:\d{4}|\d\d)|[^\W\d]{3,9}\.? \d{1,2},? \d{4}"
_ANY_TIME = r"(?:[T ,]+\d{1,2}(?:[:.]?\d\d| ?[^\d\s]).*)?"
_ANY_DAY = re.compile(rf"(?:{_ANY_NUMBERS}|{_ANY_WORDED}){_ANY_TIME}|/Date\(-?\d+(?:[+-]\d{{4}})?\)/")

# Several days at once: "27.11.2026 - 02.12.2026", "24/12, 25/12", "24 to 31 Dec".
LONGEST = 200  # characters; a longer text is a comment
_MONTH = r"(?:jan|feb|mar|mär|mrt|maa|apr|ma[ijy]|mei|jun|jul|aug|sep|o[ck]t|nov|de[csz])[^\W\d_]{0,7}\.?"
_DAY_NUMBER = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:\d{4}|\d\d)"
_TIME = r"(?:T?[ ]?\d\d:\d\d(?::\d\d)?Z?)?"
_DAY_IN_NUMBERS = rf"""(?<!\d)(?:
    \d{{4}}[-./]\d\d[-./]\d\d | (?:19|20)\d{{6}}
    | {_DAY_NUMBER}[-./]{_DAY_NUMBER}[-./]{_YEAR} | {_DAY_NUMBER}[./]{_DAY_NUMBER}
){_TIME}(?!\d)"""
_DAY_IN_WORDS = rf"""(?<![^\W_])(?:
    {_DAY_NUMBER}(?:\.|th|st|nd|rd)?[ ]?{_MONTH}(?:,?[ ]{_YEAR})? | {_MONTH}[ ]{_DAY_NUMBER}(?:,?[ ]\d{{4}})?
){_TIME}(?![^\W_])"""
_ONE_DAY = re.compile(rf"(?P<numeric>{_DAY_IN_NUMBERS})|{_DAY_IN_WORDS}", re.IGNORECASE | re.VERBOSE)
_BETWEEN = re.compile(
    r"[-–—/;,&+|\n]|\b(?:to|through|until|till|bis|til|tot|t/m|und|and|og|och|en)\b", re.IGNORECASE
)
_FROM = re.compile(r"(?:from|vom|von|fra|från|van)\b", re.IGNORECASE)
IN_NUMBERS, IN_WORDS = "\ue000", "\ue001"  # in place of a day
_PIECE = re.compile(rf"[{IN_NUMBERS}{IN_WORDS}]?\.?|{_DAY_NUMBER}\.?")

# Half days, and parts of a day; names of their columns are among column_words.
HalfDay = Callable[[Cells], bool]  # whether the cells of a row have a half day
Says = Callable[[str], bool]  # whether the text of a cell says that it is one
MORNING = plain_names("""
    am, a.m., morning, first half, forenoon, vormittag, vormittags, morgens, förmiddag, fm, formiddag,
    ochtend, voormiddag
""")
AFTERNOON = plain_names("""
    pm, p.m., afternoon, second half, nachmittag, nachmittags, eftermiddag, em, ettermiddag, middag, namiddag
""")
HALF = plain_names("""
    half, half day, half a day, ½, 1/2, 50%, true, yes, y, x, 1, halb, halbtags, halber Tag, halbtägig, ja, j,
    wahr, halv, halv dag, halvdag, sant, sann, halve dag, waar
""")
PART = 6  # hours; a day of work has more
WHOLE = 100  # percent
ALL = "1"  # the same in a workbook
REMEMBERED = 1000  # texts of a column
_HALF_NAME = re.compile(r"(?<!be)half|halb|halv|am/?pm|daypart|partofday|dayportion|dagde?el")
_OF_START = re.compile(r"start|from|begin|first|von|fr[åa]|första|første|van|eerste")
_OF_END = re.compile(r"end|until|last|^to(?!tal)|bis|slut|til|sista|siste|sidste|tot|eind|laatste")
_TIME_OF_DAY = re.compile(r"\d\d?[:.]\d\d(?:[:.]\d\d)?(?: ?[AP]M)?", re.ASCII | re.IGNORECASE)
_ENDS_OF_DAYS = re.compile(
    r"0?0:00(:00)?|24:00(:00)?|23:59(:59)?|12:00(:00)? ?AM|11:59(:59)? ?PM", re.IGNORECASE
)
OF_DURATIONS = plain_names(DURATIONS)
OF_HOURS = plain_names(HOURS)
OF_PERCENTAGES = plain_names(PERCENTAGES)
OF_TIMES = plain_names(TIMES)


def may_be_day(text: str) -> bool:
    """Return whether a text looks like a day, in whatever order and language."""
    return bool(_ANY_DAY.fullmatch(text))


def means_no_date(text: str) -> bool:
    """Return whether a text is one that programs write in place of a date."""
    return bool(_ZEROS.fullmatch(text) or (_DIGITS.fullmatch(text) and _OLD_YEAR.search(text)))


def may_be_shown(text: str) -> bool:
    """Return whether a text has no words that may be a reason of absence."""
    return bool(_SHOWN.fullmatch(text))


def are_days(text: str) -> bool:
    """Return whether a text names at least two days, and nothing else."""
    if len(text) > LONGEST or not any(map(str.isdigit, text)):
        return False
    marked = _ONE_DAY.sub(
        lambda found: IN_NUMBERS if found["numeric"] else IN_WORDS, _FROM.sub("", text, count=1)
    )
    pieces = [piece.strip() for piece in _BETWEEN.split(marked)]
    days = [piece for piece in pieces if piece.strip(".")]
    are_known = all(map(_PIECE.fullmatch, pieces)) and len(days) > 1
    return are_known and (
        IN_WORDS in marked or days[-1].startswith(IN_NUMBERS)
    )  # of 1-2-26-31, none is certain knows


def half_day_finder(columns: Columns) -> HalfDay | None:
    """Build the function that looks for half days in a row; None where no column can have one."""
    kinds = {
        place: _says_of(plain(name)) for place, name in enumerate(columns.names) if place not in columns.used
    }
    marks = [(place, lru_cache(REMEMBERED)(says)) for place, says in kinds.items() if says]
    if not marks:
        return None
    return lambda cells: any(says(text_of(cells[place])) for place, says in marks)


def _says_of(name: str) -> Says | None:
    """Return the function that finds half days in the texts of a column; None where none can stand there."""
    if name in OF_DURATIONS:
        return lambda text: (number_in(text) or 0) % 1 > 0
    if name in OF_HOURS:
        return lambda text: 0 < (number_in(text) or 0) < PART
    if name in OF_PERCENTAGES:
        return lambda text: 0 < (number_in(text.rstrip(" %")) or 0) < WHOLE and text != ALL
    if name in OF_TIMES:
        return lambda text: bool(_TIME_OF_DAY.fullmatch(text) and not _ENDS_OF_DAYS.fullmatch(text))
    if not _HALF_NAME.search(name):
        return None
    starts, ends = bool(_OF_START.search(name)), bool(_OF_END.search(name))
    words = HALF | (frozenset() if starts and not ends else MORNING)
    words |= frozenset() if ends and not starts else AFTERNOON
    return lambda text: plain(text) in words or 0 < (number_in(text) or 0) < 1
