"""How a job was understood: its columns, its first rows as they would be sent, and the settings to keep."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from ..errors import InputRefused
from ..intake.columns import DAYS, FOREIGN_NUMBERS, IDENTITIES, candidates, configured, configured_ways, plain
from ..journal import Fate, Journal
from ..model import PRESENT, Result
from ..report.words import RESULTS
from ..settings import Input, Settings
from ..template import columns_of
from .block import READ, Places, block_lines, is_unclear, missing

ROWS = 5  # shown
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
        **{key: found.get(key) for key in (*READ, "header")},
        "columns": [*_columns(names, places, settings.input)],
        "missing": missing(places) if names else [],
        "rows": [_row(fate, settings) for fate in islice(journal.fates(), ROWS)],
        "configuration": "\n".join(block_lines(settings.input, found, places)),
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
            why = "kept, not used: a number of HR's names nobody here" if foreign else "kept, not used"
            yield {"name": name, "meaning": None, "why": why}


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
        "today": _today(fate),
    }


def _today(fate: Fate) -> str:
    """Say what becomes of a row now."""
    if fate.result != Result.NOT_SENT:
        return fate.detail or RESULTS[Result(fate.result)]
    returns = fate.ends and fate.status != PRESENT
    return f"sent, and {PRESENT} again after {fate.ends}" if returns else "sent"
