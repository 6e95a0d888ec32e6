"""What a job leaves open, and the settings that may answer it.

A job that is refused for one reason may be refused for another after it. It is read again and again with
the likeliest answers, until no question is left.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from ..errors import InputRefused, JobFacts, Way
from ..intake.columns import FIRST_DAY_BACK, FOREIGN_NUMBERS, IDENTITIES, candidates, identity_settings
from ..intake.date_guesses import Choice, needs_a_form, ways_of
from ..intake.spelling import plain
from ..intake.status_words import is_not_granted
from ..message_template import DAYS
from ..model import NOT_PRESENT, PRESENT
from ..report.fault_sentences import choices
from ..run_states import UnknownStatus
from ..settings import IGNORE, WITHDRAWN, Input, Settings

LIKELY: Way = {"date_format": "%d.%m.%Y"}  # in most of SuperOffice's markets
MAIL_WORDS = ("epost", "mail")  # in the name of a column with e-mail addresses
MOST_WORDS = 5  # that may mean no day
REPLACED = ("coverage", "date_format", "empty", "skip_lines")  # that may have a value already
READ_ONCE = "standard input can be read only once; check a file for the complete section"
TRIES = 8  # times that a job is read again
TABLES = ("only", "statuses")  # settings to which an answer adds,
LISTS = ("empty", "unused")  # lists grow, too
Places = Mapping[str, list[int]]  # setting: the columns that have, or may have, its meaning


class Question(NamedTuple):
    """What is not certain: the ways to answer it, the likeliest first."""

    ways: Sequence[Way]
    is_open: bool = True  # the reader has to choose; else there is one answer
    values: Mapping[str, Sequence[tuple[str, int]]] = {}  # by column: what is in it, and in how many rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a job was read with some settings, or why it was not."""

    config: Input
    facts: JobFacts
    unmapped: Sequence[UnknownStatus] = ()  # statuses that are not understood
    refused: InputRefused | None = None
    texts: Sequence[str] = ()  # in the place of days, and not understood
    settings: Sequence[Way] = ()  # that would make wrong rows right
    lacks_statuses: bool = False  # there are rows with an empty cell in its place

    @property
    def names(self) -> Sequence[str]:
        """The names of its columns."""
        return self.facts.columns or []

    @property
    def places(self) -> Places:
        """The columns that have, or may have, a meaning."""
        return find_places(self.names, self.config)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A job as it is read with the likeliest answers to all that is asked."""

    reading: Reading
    questions: Sequence[Question]  # all that were asked
    unmapped: Sequence[UnknownStatus]  # statuses that were not understood at first


Attempt = Callable[[Settings], Reading]


def answer_all(reading: Reading, settings: Settings, attempt: Attempt | None) -> Answered:
    """Ask, answer and *attempt* to read the job again, until nothing new is asked.

    A job that can be read only once (None) is asked once.
    """
    asked: list[Question] = []
    unmapped = [*reading.unmapped]
    for _ in range(TRIES):
        new = [*questions(reading)]
        answered = with_answers(settings, (question.ways[0] for question in new))
        if answered.input == settings.input:
            break
        asked += new
        settings = answered
        if attempt is None:
            reading = replace(reading, config=settings.input, refused=InputRefused(READ_ONCE))
            break
        reading = attempt(settings)
        known = {entry.value for entry in unmapped}
        unmapped += [entry for entry in reading.unmapped if entry.value not in known]
    return Answered(reading=reading, questions=asked, unmapped=unmapped)


def with_answers(settings: Settings, ways: Iterable[Way]) -> Settings:
    """Return the settings with some more of [input]; tables and lists grow by them."""
    for way in ways:
        said = settings.input.model_dump(by_alias=True, exclude_defaults=True)
        for key, value in way.items():
            if key in TABLES:
                said[key] = {**said.get(key, {}), **value}
            elif key in LISTS:
                said[key] = [*dict.fromkeys([*said.get(key, []), *value])]
            else:
                said[key] = value
        with suppress(ValueError):  # a sentence may quote what no setting can be
            settings = settings.model_copy(update={"input": Input.model_validate(said)})
    return settings


def questions(reading: Reading) -> Iterator[Question]:
    """Yield what is asked of a job: by its refusal, else by its columns; and by its rows."""
    config, refused = reading.config, reading.refused
    if refused and refused.ways:
        ways = [way for way in refused.ways if way]
        yield Question(ways, len(refused.ways) > 1, refused.facts.values)
    elif reading.names:
        yield from _of_columns(reading)
    yield from _of_statuses(reading)
    yield from _of_days(reading)
    if "from" in reading.places and not config.coverage:
        yield Question([{"coverage": "changes"}, {"coverage": "everyone"}])
    yield from _of_settings(reading)


def _of_days(reading: Reading) -> Iterator[Question]:
    """Yield in which ways days may be written that are not understood, and which words mean no day."""
    words = [text for text in reading.texts if not any(map(str.isdigit, text))]
    written = [text for text in reading.texts if text not in words and needs_a_form(text)]
    if words:
        yield Question([{"empty": [*dict.fromkeys([*reading.config.empty, *words[:MOST_WORDS]])]}])
    if written and not reading.config.date_format:
        yield Question([_way(each) for each in ways_of(written, reading.config.locale)] or [LIKELY])


def _way(choice: Choice) -> Way:
    forms = choice.forms[0] if len(choice.forms) == 1 else [*choice.forms]
    return {"date_format": forms, **({"locale": choice.locale} if choice.locale else {})}


def _of_settings(reading: Reading) -> Iterator[Question]:
    """Yield what the refusal, or what is wrong with rows, says to set.

    What is set already is asked again only of a job that is refused with it.
    """
    refused = reading.refused
    named = [*reading.settings, *(refused.settings if refused and not refused.ways else ())]
    may_change = REPLACED if refused else ()
    known = reading.config.model_dump(by_alias=True, exclude_defaults=True)
    for key, ways in _group_by_setting(named).items():
        is_asked = key == "date_format" and reading.texts and "date_format" not in known
        if (key not in known or key in may_change) and not is_asked:
            yield Question(ways)


def _group_by_setting(named: Iterable[Way]) -> dict[str, list[Way]]:
    """Return the ways to set each setting, each once; of words that mean nothing, all together."""
    found: dict[str, list[Way]] = {}
    for way in named:
        for key in way:
            ways = found.setdefault(key, [])
            if key == "empty":
                found[key] = [{key: [*dict.fromkeys(chain(*(each[key] for each in (*ways, way))))]}]
            elif way not in ways:
                ways.append(way)
    return found


def _of_columns(reading: Reading) -> Iterator[Question]:
    config, names, places = reading.config, reading.names, reading.places
    rivals = [way for way in IDENTITIES if way in places]
    if len(rivals) > 1 or any(len(places[way]) > 1 for way in rivals):
        yield Question([{way: names[place]} for way in rivals for place in places[way]])
    for key in ("status", "message", *DAYS):
        if len(places.get(key, ())) > 1:
            yield Question([{key: names[place]} for place in places[key]])
    if not rivals and (ways := [*_ways_to_name_people(names)]):
        yield Question(ways)
    if "status" not in places and config.default_status is None:
        yield Question([{"default_status": status} for status in (NOT_PRESENT, PRESENT)])


def _ways_to_name_people(names: Sequence[str]) -> Iterator[Way]:
    """Yield which columns may name people, though none has a usual name for it: addresses first."""
    for name in names:
        if any(word in plain(name) for word in MAIL_WORDS):
            yield {"email": name}
    for name in names:
        if plain(name) in FOREIGN_NUMBERS:
            yield from ({way: name} for way in ("associate_id", "login"))


def _of_statuses(reading: Reading) -> Iterator[Question]:
    """Yield what statuses mean that are not understood; the table to paste says which are certain."""
    if reading.unmapped:
        likely = likely_meanings(reading.unmapped, reading)
        meanings = {entry.value: entry.closest or likely[entry.value] for entry in reading.unmapped}
        yield Question([{"statuses": meanings}], is_open=False)
    if reading.lacks_statuses:
        yield Question([{"statuses": {"": meaning}} for meaning in (PRESENT, IGNORE, NOT_PRESENT)])


def likely_meanings(unmapped: Iterable[UnknownStatus], reading: Reading) -> dict[str, str]:
    """Return what statuses that are not understood probably mean, by their words."""
    dated = any(key in reading.places for key in DAYS)
    first, *_ = choices(reading.config.allowed_statuses)
    undone = WITHDRAWN if dated else IGNORE
    return {each.value: undone if is_not_granted(each.value) else first for each in unmapped}


def find_places(names: Sequence[str], config: Input) -> Places:
    """Return the columns that have or may have a meaning; a configured identity is the only one."""
    ways = identity_settings(config) or [*IDENTITIES]
    places = {key: candidates(names, key, config) for key in (*ways, "status", "message", *DAYS)}
    return {key: found for key, found in places.items() if found}


def is_unclear(key: str, places: Places) -> bool:
    """Return whether several columns could be *key*, or people are named in several ways."""
    rivals = [way for way in IDENTITIES if way in places] if key in IDENTITIES else [key]
    return len(places[key]) > 1 or len(rivals) > 1


def find_missing(places: Places, config: Input) -> list[str]:
    """Return what a job must have, and has not."""
    who = [] if any(way in places for way in IDENTITIES) else ["who"]
    return who if "status" in places or config.default_status else [*who, "status"]


def is_first_day_back(names: Sequence[str], places: Places) -> bool:
    """Return whether the name of the column of last days says that it has the first day back."""
    return any(plain(names[place]) in FIRST_DAY_BACK for place in places.get("until", ()))
