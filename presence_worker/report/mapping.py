"""The table to paste that says what the statuses nobody understood mean."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..model import PRESENT
from ..settings import ANY_OTHER, IGNORE, WITHDRAWN
from ..text import counted, toml_quoted


def mapping_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of the table [input.statuses]: what it has already, and what nobody understood.

    What no known word is close to stands there as a comment with what it may mean: nobody is left out, or
    set, because a table was pasted unread.
    """
    yield "[input.statuses]"
    for word, meaning in summary["mapped"].items():
        yield f"{toml_quoted(word)} = {toml_quoted(meaning)}"
    meanings = choices(summary["allowed"]) + ([WITHDRAWN] if summary.get("dated") else [])
    for entry in summary["unmapped"]:
        yield _line(entry, meanings)
    if ANY_OTHER not in summary["mapped"] and any(not entry["closest"] for entry in summary["unmapped"]):
        yield f"# {toml_quoted(ANY_OTHER)} = {toml_quoted(meanings[0])}  # all other values, also new ones"


def choices(allowed: Sequence[str]) -> list[str]:
    """Give what a word may mean, the likeliest first: most codes are of absences."""
    return [*sorted(allowed, key=PRESENT.__eq__), IGNORE]


def _line(entry: dict[str, Any], meanings: list[str]) -> str:
    word, rows = toml_quoted(entry["value"]), counted(entry["rows"], "row")
    if entry["closest"]:
        return f"{word} = {toml_quoted(entry['closest'])}  # {rows}"
    likely = entry.get("likely", meanings[0])
    first, *others = map(toml_quoted, sorted(meanings, key=lambda meaning: meaning != likely))
    return f"# {word} = {first}  # {rows}; {', '.join(f'or {other}' for other in others)}"
