"""The table to paste that says what the statuses nobody understood mean."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..model import PRESENT
from ..run_states import UnknownStatus
from ..sanitize import quote_toml
from ..settings import ANY_OTHER, IGNORE, WITHDRAWN
from ..wording import amount
from .summary import JobReading


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusTable:
    """What the words of a job mean, as far as that is known."""

    mapped: Mapping[str, str]  # by word, as configured
    unmapped: Sequence[UnknownStatus]
    allowed: Sequence[str]  # statuses
    is_dated: bool = False  # then a word may take a leave back
    likely: Mapping[str, str] = field(default_factory=dict)  # by word; else it is an absence

    @classmethod
    def of(cls, reading: JobReading) -> "StatusTable":
        """Return the table of a run."""
        return cls(mapped=reading.mapped, unmapped=reading.unmapped, allowed=reading.allowed)


def status_table_lines(table: StatusTable) -> Iterator[str]:
    """Yield the lines of the table [input.statuses]: what it has already, and what nobody understood.

    What no known word is close to stands there as a comment with what it may mean: nobody is left out, or
    set, because a table was pasted unread.
    """
    yield "[input.statuses]"
    for word, meaning in table.mapped.items():
        yield f"{quote_toml(word)} = {quote_toml(meaning)}"
    meanings = choices(table.allowed) + ([WITHDRAWN] if table.is_dated else [])
    for entry in table.unmapped:
        yield _line(entry, table.likely.get(entry.value, meanings[0]), meanings)
    if ANY_OTHER not in table.mapped and any(not entry.closest for entry in table.unmapped):
        yield f"# {quote_toml(ANY_OTHER)} = {quote_toml(meanings[0])}  # all other values, also new ones"


def choices(allowed: Sequence[str]) -> list[str]:
    """Return what a word may mean, the likeliest first: most codes are of absences."""
    return [*sorted(allowed, key=PRESENT.__eq__), IGNORE]


def _line(entry: UnknownStatus, likely: str, meanings: Sequence[str]) -> str:
    word, rows = quote_toml(entry.value), amount(entry.rows, "row")
    if entry.closest:
        return f"{word} = {quote_toml(entry.closest)}  # {rows}"
    first, *others = map(quote_toml, sorted(meanings, key=lambda meaning: meaning != likely))
    return f"# {word} = {first}  # {rows}; {', '.join(f'or {other}' for other in others)}"
