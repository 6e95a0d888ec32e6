"""The section [input] that says how a job was understood, to be pasted: nothing is left to guess."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import Way
from ..intake.source import FALLBACK
from ..message_template import DAYS
from ..report.fault_sentences import StatusTable, status_table_lines
from ..sanitize import quote_toml
from ..settings import ANY_OTHER, Input
from ..wording import series
from .questions import Answered, Question, find_missing, is_first_day_back, is_unclear, likely_meanings

TAB = "tab"
MOST_VALUES = 10  # of a column, in a comment
UNSAID = {  # what stands for a setting that the job does not show
    "who": '# login = "..."  # the column that names people; or email = "..."; or associate_id = "..."',
    "status": '# status = "..."  # the column with the status',
    "encoding": f'# encoding = "{FALLBACK}"  # a guess; set it if letters such as å and ü are right',
}
WORDS = {"": "rows without a status", ANY_OTHER: "all other values, also new ones"}
HINTS = {  # setting: what its line means, and in {} the other ways
    "associate_id": "if these are really the associate IDs of SuperOffice{}",
    "date_format": "if the file writes dates like this{}",
    "default_status": 'the status of all rows{}; or status = "...", the column with the status',
    "email": "if this column names the people of these rows{}",
    "encoding": "how the file stores letters such as å and ü{}",
    "empty": "cells with these words are empty; an empty last day means no end{}",
    "from": "if these are days of absence{}",
    "only": "only these rows count{}",
    "sheet": 'one sheet{}; or a pattern for several, such as "2026-*"',
    "status": "the column with the status{}",
    "timezone": "set your own time zone{}",
    "unused": "if this column decides nothing{}",
}
MEANS = {  # a value: what it means
    "": "if these are not days of absence",
    "changes": "the file has only changes",
    "everyone": "the file has all absences",
    "first_day_back": "back at work on that day",
    "last_day": "still away on that day",
    "read": "hidden rows count",
    "skip": "hidden rows do not count",
}


def config_lines(config: Input, answered: Answered) -> Iterator[str]:
    """Yield the lines: what is configured or was found, and as comments what the reader has to decide."""
    reading = answered.reading
    said, choices = _settings_as_read(answered), _choices(answered)
    yield "[input]"
    for key in sorted(said, key=_place):
        line = f"{key} = {_value(said[key])}"
        yield f"# {line}{choices[key]}" if key in choices else line
    if reading.facts.encoding == FALLBACK and not reading.config.encoding:  # a guess: it may be another one
        yield UNSAID["encoding"]
    if reading.names:
        yield from (UNSAID[key] for key in find_missing(reading.places, reading.config))
    yield from _statuses(config, answered)


def _statuses(config: Input, answered: Answered) -> Iterator[str]:
    """Yield the table of statuses, which comes last: what stands below it belongs to it."""
    asked = [question.ways for question in answered.questions if question.is_open]
    chosen = [_line_of_mapping(word, ways) for ways in asked for word in ways[0].get("statuses", ())]
    if config.statuses or answered.unmapped or chosen:
        table = StatusTable(
            mapped=config.statuses,
            unmapped=answered.unmapped,
            allowed=config.allowed_statuses,
            is_dated=any(key in answered.reading.places for key in DAYS),
            likely=likely_meanings(answered.unmapped, answered.reading),
        )
        yield ""
        yield from dict.fromkeys([*status_table_lines(table), *chosen])  # each once, or it is not TOML


def _line_of_mapping(word: str, ways: Sequence[Way]) -> str:
    """Return the line of a word that a question is about."""
    meanings = [way["statuses"][word] for way in ways if word in way.get("statuses", ())]
    first, *others = map(quote_toml, meanings)
    words = [", ".join(f"or {other}" for other in others), WORDS.get(word, "")]
    return f"# {quote_toml(word)} = {first}  # {'; '.join(filter(None, words))}".removesuffix("  # ")


def _settings_as_read(answered: Answered) -> Way:
    """Return the settings with which the job was read, open ones included; each column of `only` alone."""
    config, facts = answered.reading.config, answered.reading.facts
    names, places = answered.reading.names, answered.reading.places
    pinned = {  # what was found that keeps a job read as it was
        "format": facts.format,
        "sheet": config.sheet or facts.sheet,  # it may be a pattern
        "rows": facts.rows_path,
        "delimiter": TAB if facts.delimiter == "\t" else facts.delimiter,
        "skip_lines": facts.skip_lines,
    }
    said = config.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"statuses"})
    said |= {key: value for key, value in pinned.items() if value}
    said |= {key: names[there[0]] for key, there in places.items() if not is_unclear(key, places)}
    if config.until_means is None and is_first_day_back(names, places):
        said["until_means"] = "first_day_back"
    return _by_line(said)


def _choices(answered: Answered) -> dict[str, str]:
    """Return the comment behind each line that the reader has to decide."""
    said: dict[str, str] = {}
    for question in answered.questions:
        if question.is_open:
            for lead in [*_by_line(question.ways[0])][:1]:  # none: it is about statuses alone
                said |= dict.fromkeys(_by_line(question.ways[0]), "")
                said[lead] = _comment(lead, question)
    return said


def _comment(lead: str, question: Question) -> str:
    """Return what a line means, the other ways, and what values there are."""
    first, *others = question.ways
    ways = "".join(f"; or {_as_words(way, first)}" for way in others)
    meaning = _words_for(first.get(lead))
    hint = f"{meaning}{{}}" if meaning else HINTS.get(lead.partition(".")[0], "{}")
    values = question.values.get(next(iter(first.get("only", ())), ""), ())
    shown = ", ".join(f"{quote_toml(value)} {rows}" for value, rows in values[:MOST_VALUES])
    words = [hint.format(ways).removeprefix("; "), f"rows found: {shown}" if shown else ""]
    return f"  # {'; '.join(filter(None, words))}" if any(words) else ""


def _words_for(value: Any) -> str:
    return MEANS.get(value, "") if isinstance(value, str) else ""


def _as_words(way: Way, first: Way) -> str:
    """Return another way than the *first*: its value alone where the setting is the same."""
    lines = _by_line(way)
    if lines.keys() == _by_line(first).keys() and len(lines) == 1:
        (value,) = lines.values()
        return ": ".join(filter(None, (_value(value), _words_for(value))))
    only = "only " if lines.items() <= _by_line(first).items() else ""
    return only + series([f"{name} = {_value(value)}" for name, value in lines.items()], "and")


def _by_line(way: Way) -> Way:
    """Return settings by what stands before "=": each column of `only` has a line of its own."""
    only = {f"only.{quote_toml(column)}": values for column, values in way.get("only", {}).items()}
    return {key: value for key, value in way.items() if key not in ("only", "statuses")} | only


def _place(line: str) -> tuple[int, str]:
    return Input.names().index(line.partition(".")[0]), line


def _value(value: Any) -> str:
    if isinstance(value, str):
        return quote_toml(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value)
