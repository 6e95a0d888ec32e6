"""How a job was understood: its columns, its first rows as they would be sent, and the settings to keep."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import orjson

from ..errors import InputRefused
from ..intake.columns import FOREIGN_NUMBERS, IDENTITIES, candidates, configured, configured_ways, plain
from ..intake.dates import forms_of, needs_a_form
from ..intake.due import text_of
from ..journal import Fate, Journal
from ..model import PRESENT, Reason, Result
from ..report.words import RESULTS
from ..settings import Input, Settings
from ..template import DAYS, columns_of
from ..text import folded
from .block import Places, block_lines, is_unclear, missing

ROWS = 5  # shown
WRONG = 1000  # rows looked at to tell how days are written
READ = ("format", "sheet", "delimiter", "encoding", "header")  # how the file is read
UNCLEAR = "perhaps: another column may be it as well"
MEANINGS = {
    **IDENTITIES,
    "status": "status",
    "message": "message",
    "from": "first day",
    "until": "last day",
}


def explain(journal: Journal, settings: Settings, refused: InputRefused | None) -> dict[str, Any]:
    """Tell how a job was understood, as far as it could be before it was *refused*."""
    found = {**journal.run().input, **(refused.found if refused else {})}
    names: list[str] = found.get("columns") or []
    places = understood(names, settings.input)
    return {
        **{key: found.get(key) for key in READ},
        "columns": [*_columns(names, places, settings.input)],
        "missing": missing(places) if names else [],
        "rows": [*_rows([*islice(journal.fates(), ROWS)], settings)],
        "configuration": "\n".join(block_lines(settings.input, found, places, _forms(journal, places))),
    }


def understood(names: Sequence[str], config: Input) -> Places:
    """Give the columns that have or may have a meaning; beside a configured identity, others name nobody."""
    ways = configured_ways(config) or [*IDENTITIES]
    places = {key: candidates(names, key, config) for key in (*ways, "status", "message", *DAYS)}
    return {key: found for key, found in places.items() if found}


def _columns(names: Sequence[str], places: Places, config: Input) -> Iterator[dict[str, str | None]]:
    meanings = {place: key for key, found in places.items() for place in found}
    in_template = {plain(name) for name in columns_of(config.message_template)}
    for place, name in enumerate(names):
        key = meanings.get(place)
        if key:
            why = f"as input.{key} says" if configured(config, key) else "usual name"
            why = UNCLEAR if is_unclear(key, places) else why
            yield {"name": name, "meaning": MEANINGS[key], "why": why}
        elif plain(name) in in_template:
            yield {"name": name, "meaning": "part of the message", "why": "as input.message_template says"}
        else:
            foreign = plain(name) in FOREIGN_NUMBERS
            why = "kept, not used: who is meant by it is not certain" if foreign else "kept, not used"
            yield {"name": name, "meaning": None, "why": why}


def _forms(journal: Journal, places: Places) -> list[str] | None:
    """Give the forms in which the days may be written that are not understood; None: there are none."""
    wrong = (fate for fate in journal.fates(Result.INVALID) if fate.reason != Reason.RAGGED_ROW)
    cells = [orjson.loads(fate.cells) for fate in islice(wrong, WRONG)]
    stand = [place for key in DAYS for place in places.get(key, [])]
    found = [text_of(row[place]) for row in cells for place in stand if place < len(row)]
    texts = [text for text in found if text and needs_a_form(text)]
    return forms_of(texts) if texts else None


def _rows(fates: Sequence[Fate], settings: Settings) -> Iterator[dict[str, Any]]:
    wanted = Counter(_person(fate) for fate in fates if fate.result != Result.INVALID)
    for fate in fates:
        yield {**_row(fate, settings), "today": _today(fate, alone=wanted[_person(fate)] == 1)}


def _person(fate: Fate) -> int | str | None:
    return fate.associate_id or folded(fate.identity or "")


def _row(fate: Fate, settings: Settings) -> dict[str, Any]:
    message = {"message": fate.message} if settings.report.include_messages else {}
    return {
        "row": fate.row,
        "line": fate.line,
        "associate_id": fate.associate_id,
        "identity": fate.identity,
        "status": fate.status,
        "message_length": len(fate.message),
        **message,
        "from": fate.starts,
        "until": fate.ends,
        "result": fate.result,
    }


def _today(fate: Fate, *, alone: bool) -> str:
    """Say what becomes of a row now; a return only where it is *alone*: others decide when a leave ends."""
    if fate.result != Result.NOT_SENT:
        return fate.detail or RESULTS[Result(fate.result)]
    returns = alone and fate.ends and fate.status != PRESENT
    return f"sent, and {PRESENT} again after {fate.ends}" if returns else "sent"
