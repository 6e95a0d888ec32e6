"""The table to paste that says what the statuses nobody understood mean."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..model import PRESENT
from ..sanitize import quote_toml
from ..settings import ANY_OTHER, IGNORE, WITHDRAWN
from ..wording import amount


def mapping_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of the table [input.statuses]: what it has already, and what nobody understood.

    What no known word is close to stands there as a comment with what it may mean: nobody is left out, or
    set, because a table was pasted unread.
    """
    yield "[input.statuses]"
    for word, meaning in summary["mapped"].items():
        yield f"{quote_toml(word)} = {quote_toml(meaning)}"
    meanings = choices(summary["allowed"]) + ([WITHDRAWN] if summary.get("dated") else [])
    for entry in summary["unmapped"]:
        yield _line(entry, meanings)
    if ANY_OTHER not in summary["mapped"] and any(not entry["closest"] for entry in summary["unmapped"]):
        yield f"# {quote_toml(ANY_OTHER)} = {quote_toml(meanings[0])}  # all other values, also new ones"


def choices(allowed: Sequence[str]) -> list[str]:
    """Give what a word may mean, the likeliest first: most codes are of absences."""
    return [*sorted(allowed, key=PRESENT.__eq__), IGNORE]


def _line(entry: dict[str, Any], meanings: list[str]) -> str:
    word, rows = quote_toml(entry["value"]), amount(entry["rows"], "row")
    if entry["closest"]:
        return f"{word} = {quote_toml(entry['closest'])}  # {rows}"
    likely = entry.get("likely", meanings[0])
    first, *others = map(quote_toml, sorted(meanings, key=lambda meaning: meaning != likely))
    return f"# {word} = {first}  # {rows}; {', '.join(f'or {other}' for other in others)}"
