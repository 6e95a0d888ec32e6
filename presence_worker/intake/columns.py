"""Which column holds what: names from the configuration, else the usual ones."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from ..errors import InputRefused, JobFacts, Suggestion, Way
from ..message_template import DAYS, columns_in
from ..model import NOT_PRESENT
from ..sanitize import clean, quote_toml
from ..settings import ANY_OTHER, Input
from ..wording import series
from .column_words import BACK, FOREIGN, LISTS, OF_MAILS, TYPES
from .spelling import plain, plain_names
from .statuses import status_reader

IDENTITIES = {  # a job names people by exactly one of these; setting: what people call it
    "associate_id": "associateId",
    "login": "login",
    "email": "e-mail address",
}
EXPECTED = (
    "If a column has another name, set input.associate_id, input.login or input.email, and input.status"
)
FIELDS = {"from": "from_"}  # setting: the field that has it, where that is another word
MOST_NAMED = 5  # columns in a sentence
_ADDRESS = re.compile(r"[^@\s]+@(?!odata\.)[^@\s]+\.[^@\s]+")  # OData has such names
Positions = dict[str, list[int]]  # of the columns that may be what a setting names
EndsMeans = Literal["last_day", "first_day_back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where in a record the values stand: 0-based positions."""

    names: Sequence[str] = field(default=(), compare=False)  # of all columns
    named_by: str  # how people are named: a key of IDENTITIES
    person: int
    status: int | None  # None: input.default_status holds for all rows
    message: int | None
    starts: int | None = None  # the first day on which a row is due
    ends: int | None = None  # the last one, or the first day back
    ends_means: EndsMeans = "last_day"
    days_by_name: bool = False  # no setting names the columns of days: only their names say what they are
    only: dict[str, int] = field(default_factory=dict)  # what input.only names: its column
    gaps: dict[str, int] = field(default_factory=dict)  # what input.message_template names: its column

    @property
    def has_days(self) -> bool:
        """Return whether rows say on which days they are due."""
        return self.starts is not None or self.ends is not None

    @property
    def texts(self) -> dict[str, int]:
        """The positions of what JSON must have as text, by what it is called."""
        name = {} if self.named_by == "associate_id" else {f"the {IDENTITIES[self.named_by]}": self.person}
        message = {} if self.message is None else {"the comment": self.message}
        return {**name, **message, **{column_called(gap): place for gap, place in self.gaps.items()}}

    @property
    def used(self) -> set[int]:
        """The positions of all columns that have a meaning."""
        known = (self.person, self.status, self.message, self.starts, self.ends)
        return {place for place in (*known, *self.only.values(), *self.gaps.values()) if place is not None}


def column_called(name: str) -> str:
    """Return the words for a column."""
    return f"the column {clean(name, 60)!r}"


ALIASES = {key: plain_names(listed) for key, listed in LISTS.items()}
FOREIGN_NUMBERS = plain_names(FOREIGN)
MAIL_COLUMNS = plain_names(OF_MAILS)
FIRST_DAY_BACK = plain_names(BACK)
TYPES_OF_LEAVE = plain_names(TYPES)


def column_setting(config: Input, key: str) -> str | None:
    """Return the name that the configuration has for the column of *key*."""
    name: str | None = getattr(config, FIELDS.get(key, key))
    return name


def candidates(names: Sequence[str], key: str, config: Input) -> list[int]:
    """Return the positions of the columns that may be *key*; the configured name wins over all others.

    Of days, an empty name says that the file has none.
    """
    name = column_setting(config, key)
    if name:
        return _places_called(names, name)
    bare = [plain(found) for found in names]
    if key in DAYS and (name == "" or not MAIL_COLUMNS.isdisjoint(bare)):
        return []
    found = _among(ALIASES[key], bare)
    if key == "until":
        return found or _among(FIRST_DAY_BACK, bare)
    return [i for i in found if key != "status" or not _only_filters(bare[i], config)]


def _among(usual: frozenset[str], bare: Sequence[str]) -> list[int]:
    return [i for i, name in enumerate(bare) if name in usual]


def _only_filters(bare: str, config: Input) -> bool:
    """Return whether a column that may be the status says only which rows count: all have the default status.

    A field in it may say that, too: "status.status" of JSON.
    """
    paths = [plain(step) for name in config.only for step in (name, name.partition(".")[0])]
    return config.default_status is not None and bare in paths


def _places_called(names: Sequence[str], name: str) -> list[int]:
    exact = [i for i, found in enumerate(names) if found == name]
    return exact or [i for i, found in enumerate(names) if plain(found) == plain(name)]


def names_what_we_need(names: Sequence[str], config: Input) -> bool:
    """Return whether *names* are those of columns: one for people and, if needed, one for statuses."""
    people = any(candidates(names, way, config) for way in IDENTITIES)
    status = config.default_status if config.status is None else None
    return people and bool(status or candidates(names, "status", config))


def find_columns(names: Sequence[str], config: Input, where: str) -> Columns:
    """Find the columns of a job, or raise InputRefused with those found and those expected."""
    identities = identity_settings(config) or list(IDENTITIES)  # a configured one is the only one
    positions = {key: candidates(names, key, config) for key in (*identities, "status", "message", *DAYS)}
    gaps = {name: _places_called(names, name) for name in columns_in(config.message_template)}
    only = {name: _places_called(names, name) for name in config.only}
    used = [way for way in identities if positions[way]]
    unclear = map(Suggestion, _find_unclear_names(names, gaps, only))
    if fault := _first_fault(names, positions, used, config) or next(unclear, None):
        facts = JobFacts(columns=None if _is_a_row(names) else [*names])
        ways = _ways(names, positions, config) if used else ()
        raise InputRefused(f"{where}: {fault.words}", *ways, settings=fault.settings, facts=facts)
    return Columns(
        names=names,
        named_by=used[0],
        person=positions[used[0]][0],
        status=_first(positions["status"]),
        message=_first(positions["message"]),
        starts=_first(positions["from"]),
        ends=_first(positions["until"]),
        ends_means=_ends_mean(names, positions["until"], config),
        days_by_name=_are_by_name(DAYS, positions, config),
        only={name: places[0] for name, places in only.items() if places},
        gaps={name: places[0] for name, places in gaps.items() if places},
    )


def _ways(names: Sequence[str], positions: Positions, config: Input) -> Iterator[Way]:
    """Yield the settings that give a status to a leave list without one."""
    if positions["status"] or config.status or not any(positions[day] for day in DAYS):
        return
    if types := column_of_types(names):
        yield {"status": types, "statuses": {ANY_OTHER: NOT_PRESENT}}
    yield {"default_status": NOT_PRESENT}


def column_of_types(names: Sequence[str]) -> str | None:
    """Return the name of the column that says of which type a leave is, None where none is called so."""
    return next((name for name in names if plain(name) in TYPES_OF_LEAVE), None)


def _are_by_name(keys: Iterable[str], positions: Positions, config: Input) -> bool:
    there = [key for key in keys if positions[key]]
    return bool(there) and not any(column_setting(config, key) for key in there)


def _ends_mean(names: Sequence[str], ends: Sequence[int], config: Input) -> EndsMeans:
    by_name = any(plain(names[place]) in FIRST_DAY_BACK for place in ends)
    return config.until_means or ("first_day_back" if by_name else "last_day")


def _first_fault(
    names: Sequence[str], positions: Positions, used: Sequence[str], config: Input
) -> Suggestion | None:
    """Return what is wrong with the columns; what else may be wrong may only follow from it."""
    others = chain(
        _find_repeated(names),
        _find_unclear(names, positions),
        _find_several_ways(names, positions, used, config),
    )
    return next(chain(_find_missing(names, positions, used, config), map(Suggestion, others)), None)


def _first(places: Sequence[int]) -> int | None:
    return places[0] if places else None


def identity_settings(config: Input) -> list[str]:
    """Return the ways to name people for which the configuration has a column."""
    return [key for key in IDENTITIES if column_setting(config, key)]


def _find_missing(
    names: Sequence[str], positions: Positions, used: Sequence[str], config: Input
) -> Iterator[Suggestion]:
    people = [_words_for_name(way, config) for way in identity_settings(config)] or [
        _words_for_usual(*IDENTITIES)
    ]
    wanted = [] if used else people
    if not positions["status"] and (config.status or config.default_status is None):
        wanted.append(_words_for_name("status", config) if config.status else _words_for_usual("status"))
    foreign = [name for name in names if plain(name) in FOREIGN_NUMBERS]
    if foreign and not used and not identity_settings(config):
        words = ". There is also no column ".join([_not_ours(foreign), *wanted[1:]])
        yield Suggestion(words, ({"associate_id": foreign[0]},))
    elif wanted:
        is_leave = any(_ways(names, positions, config))
        advice = _of_leave(names) if is_leave else Suggestion(EXPECTED)
        words = f"no column {' and none '.join(wanted)}. {columns_found(names)}. {advice.words}"
        yield Suggestion(words, advice.settings)


def _of_leave(names: Sequence[str]) -> Suggestion:
    """Return the settings by which each row of a leave list is a leave."""
    all_away = f'If every row is a leave, set input.default_status = "{NOT_PRESENT}"'
    types = column_of_types(names)
    if not types:
        return Suggestion(all_away, ({"default_status": NOT_PRESENT},))
    means = f'input.statuses = {{ "{ANY_OTHER}" = "{NOT_PRESENT}" }}'
    words = f"{all_away}, or input.status = {quote_toml(types)} and {means}"
    return Suggestion(words, ({"default_status": NOT_PRESENT}, {"status": types}))


def _not_ours(foreign: Sequence[str]) -> str:
    """Return why a number of HR's does not name a person: it may be the associateId of another user."""
    shown = series([repr(clean(name, 60)) for name in foreign[:MOST_NAMED]], "or")
    return (
        f"no column names people safely. A number in {shown} may be the associateId of another user. "
        "Add a column of logins or e-mail addresses to the export. Only if the column has the associate IDs "
        f"of SuperOffice, set input.associate_id = {quote_toml(foreign[0])} (input.login, if it has logins)"
    )


def _words_for_name(key: str, config: Input) -> str:
    return f"called {clean(str(column_setting(config, key)), 60)!r}, as input.{key} says"


def _words_for_usual(*keys: str) -> str:
    return f"for {'people (associateId, login or e-mail address)' if len(keys) > 1 else 'the status'}"


def _settings(keys: Iterable[str]) -> str:
    return series([f"input.{key}" for key in keys], "or")


def _find_repeated(names: Sequence[str]) -> Iterator[str]:
    for twice in sorted(name for name, times in Counter(names).items() if times > 1):
        named = f"the column {clean(twice, 60)!r}" if twice else "a column without a name"
        yield f"{named} is there more than once. Keep one. {columns_found(names)}"


def _find_unclear(names: Sequence[str], positions: Positions) -> Iterator[str]:
    for key, places in positions.items():
        if len(places) > 1:
            both = " and ".join(clean(names[i], 60) for i in places)
            yield f"{both} could both be {key}. Choose one: input.{key} = {quote_toml(names[places[0]])}"


def _find_unclear_names(names: Sequence[str], gaps: Positions, only: Positions) -> Iterator[str]:
    """Yield what is wrong with the columns that settings name in passing."""
    named = {f"{{{gap}}} of input.message_template": places for gap, places in gaps.items()}
    named |= {f"{clean(name, 60)!r} of input.only": places for name, places in only.items()}
    for name, places in named.items():
        if len(places) > 1:
            both = " and ".join(clean(names[i], 60) for i in places)
            yield f"{both} could both be {name}. Write the name exactly as in the file"


def _find_several_ways(
    names: Sequence[str], positions: Positions, used: Sequence[str], config: Input
) -> Iterator[str]:
    """Refuse a job that names people in several ways, unless the configuration chose one."""
    if len(used) > 1:
        shown = series([clean(names[positions[way][0]], 60) for way in used], "and")
        number = "both" if len(used) == 2 else "all"  # noqa: PLR2004 - so many are both
        how = "Keep only" if identity_settings(config) else "Choose one: set"
        yield f"{shown} {number} name people. {how} {_settings(used)}"


def _is_a_row(names: Sequence[str]) -> bool:
    """Return whether ids, addresses or statuses stand where the names of columns should."""
    if any(name.isdigit() or _ADDRESS.fullmatch(name) for name in names):
        return True
    usual = FOREIGN_NUMBERS.union(*ALIASES.values())  # beside one of them, "Ferie" is a column's name
    means = status_reader(Input())
    return usual.isdisjoint(map(plain, names)) and any(map(means, names))


def columns_found(names: Sequence[str]) -> str:
    """Return which columns there are, in words; where they look like a row, only that."""
    if _is_a_row(names):  # its cells may be reasons of absence: never shown
        return "The first line looks like a row. Add a header: a line with the names of the columns"
    return f"Found: {', '.join(clean(name, 60) or '(no name)' for name in names[:40])}"
