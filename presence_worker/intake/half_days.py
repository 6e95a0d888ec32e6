"""Columns that say that a person is away for a part of a day; here such a day counts as a whole one.

Names and values are in the six languages of SuperOffice's markets.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from .columns import Columns
from .spelling import plain, plain_names
from .table import text_of

HalfDay = Callable[[Sequence[Any]], bool]  # whether the cells of a row have a half day
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
DURATIONS = plain_names("""
    days, day count, number of days, total days, duration, duration days, duration in days, days taken, leave
    days, absence days, working days, workdays, amount, quantity, length, Tage, Dauer, Dauer in Tagen, Anzahl,
    Anzahl Tage, Arbeitstage, Urlaubstage, Abwesenheitstage, Fehltage, dagar, antal dagar, antal, varaktighet,
    arbetsdagar, dager, antall dager, antall, varighet, arbeidsdager, dage, antal dage, arbejdsdage,
    feriedage, dagen, aantal dagen, aantal, duur, werkdagen, verlofdagen
""")
HOURS = plain_names("""
    hours, number of hours, duration hours, duration in hours, Stunden, Dauer in Stunden, Anzahl Stunden,
    timmar, antal timmar, timer, antall timer, antal timer, uren, aantal uren
""")
TIMES = plain_names("""
    start time, end time, time from, time to, from time, to time, time start, time end, begin time, Startzeit,
    Endzeit, Beginnzeit, Uhrzeit von, Uhrzeit bis, von Uhrzeit, bis Uhrzeit, Zeit von, Zeit bis, starttid,
    sluttid, tid från, tid till, klockslag från, klockslag till, tid fra, tid til, fra tid, til tid, fra kl,
    til kl, starttidspunkt, sluttidspunkt, starttijd, eindtijd, begintijd, tijd van, tijd tot
""")
PERCENTAGES = plain_names("""
    percent, percentage, percentage of absence, absence percentage, leave percentage, sick leave percentage,
    %, Prozent, Prozentsatz, Abwesenheitsgrad, procent, procentsats, omfattning, frånvarograd,
    sjukskrivningsgrad, prosent, prosentsats, fraværsprosent, fraværsgrad, sykmeldingsgrad,
    sykmeldingsprosent, fraværsprocent, sygeprocent, ziektepercentage, arbeidsongeschiktheidspercentage
""")
PART = 6  # hours; a day of work has more
WHOLE = 100  # percent
ALL = "1"  # the same in a workbook
REMEMBERED = 1000  # texts of a column
_HALF_NAME = re.compile(r"(?<!be)half|halb|halv|am/?pm|daypart|partofday|dayportion|dagde?el")
_OF_START = re.compile(r"start|from|begin|first|von|fr[åa]|första|første|van|eerste")
_OF_END = re.compile(r"end|until|last|^to(?!tal)|bis|slut|til|sista|siste|sidste|tot|eind|laatste")
_NUMBER = re.compile(r"[+-]?(\d*[.,]?\d+)", re.ASCII)
_TIME = re.compile(r"\d\d?[:.]\d\d(?:[:.]\d\d)?(?: ?[AP]M)?", re.ASCII | re.IGNORECASE)
_ENDS_OF_DAYS = re.compile(
    r"0?0:00(:00)?|24:00(:00)?|23:59(:59)?|12:00(:00)? ?AM|11:59(:59)? ?PM", re.IGNORECASE
)


def half_day_finder(columns: Columns) -> HalfDay | None:
    """Make the function that looks for half days in the cells of a row; None where no column can have one."""
    kinds = {
        place: _says_of(plain(name)) for place, name in enumerate(columns.names) if place not in columns.used
    }
    marks = [(place, lru_cache(REMEMBERED)(says)) for place, says in kinds.items() if says]
    if not marks:
        return None
    return lambda cells: any(says(text_of(cells[place])) for place, says in marks)


def _says_of(name: str) -> Says | None:
    """Give the function that tells half days by the texts of a column; None where none can stand there."""
    if name in DURATIONS:
        return lambda text: (_number(text) or 0) % 1 > 0
    if name in HOURS:
        return lambda text: 0 < (_number(text) or 0) < PART
    if name in PERCENTAGES:
        return lambda text: 0 < (_number(text.rstrip(" %")) or 0) < WHOLE and text != ALL
    if name in TIMES:
        return lambda text: bool(_TIME.fullmatch(text) and not _ENDS_OF_DAYS.fullmatch(text))
    if not _HALF_NAME.search(name):
        return None
    starts, ends = bool(_OF_START.search(name)), bool(_OF_END.search(name))
    words = HALF | (frozenset() if starts and not ends else MORNING)
    words |= frozenset() if ends and not starts else AFTERNOON
    return lambda text: plain(text) in words or 0 < (_number(text) or 0) < 1


def _number(text: str) -> float | None:
    match = _NUMBER.fullmatch(text)
    return float(match[1].replace(",", ".")) if match else None
