"""What stands between the rows of a job and is not a row: other headers, and what query tools write."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputRefused
from ..settings import Input
from ..text import clean
from .columns import ALIASES, FOREIGN_NUMBERS, Columns
from .csv.dialect import names_what_we_need
from .spelling import plain
from .table import Record

KNOWN_WORDS = 10_000  # that are remembered; a file with more is read all the same, but slower
MOST_NAMED = 10  # columns in a sentence
WIDER = 1000  # cells more than the first header has; no other header is so wide
USUAL = FOREIGN_NUMBERS.union(*ALIASES.values())
NO_COMMENT = ("#", "\x1a", "sep=")  # lines that are not the rest of one; \x1a ends files of DOS
HEADERS = "headers of joined files"
LINES = "lines under a header"
FOOTERS = "footers of a query tool"
_UNDERLINE = re.compile(r"-+(?:[-+| ]*-)?")
_FOOTER = re.compile(  # "(2 rows affected)", "3 rows selected.", "(2 rader berörda)", "no rows selected"
    r"""\(? \s* (?: \d[\d\s.,]* | no | keine | inga | ingen | geen ) \s+
    (?: rows? | records? | zeilen? | datens[aä]tze? | rad(?:er)? | poster? | r[aæ]kke(?:r)? | rij(?:en)? )
    (?: \s [^\W\d_]+ ){0,3} (?: \s \( \d+ [.,] \d+ \s sec \) )? \s* \)? \.?
    | completion \s time: \s \d{4}-[\d:.T+-]+""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first header, as the others are compared with it."""

    names: Sequence[str]
    line: int | None
    columns: Columns
    where: str  # the file, or its sheet
    came_back: bool = False  # of a failed.csv, whose cells need not be texts
    bare: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bare", [*map(plain, self.names)])

    def has(self, word: Any) -> bool:
        """Whether a word may be the name of a column."""
        bare = plain(str(word))
        return bare in USUAL or bare in self.bare

    def goes_on_in(self, record: Record) -> bool:
        """Whether a record may be the rest of a comment that had a line break, and no quotes around it."""
        columns, last = self.columns, len(self.names) - 1
        if last not in {columns.message, *columns.gaps.values()} or len(record.cells) > last:
            return False
        if "".join(map(str, record.cells[:1])).lower().startswith(NO_COMMENT):
            return False
        return len(record.cells) == 1 or not self.names_a_person(record.cells)

    def names_a_person(self, cells: Sequence[Any]) -> bool:
        """Whether one stands where a header has the name of that column; of logins, anything may be one."""
        found = str(cells[self.columns.person]).strip() if self.columns.person < len(cells) else ""
        if self.columns.named_by == "associate_id":
            return found.isdigit()
        return "@" in found if self.columns.named_by == "email" else False

    @property
    def pivot(self) -> int:
        """The position at which words repeat from row to row, so that a new one is worth a look."""
        columns = self.columns
        places = (columns.status, columns.starts, columns.ends, columns.person)
        return next(place for place in places if place is not None)


def rows_only(records: Iterator[Record], header: Header, config: Input, notes: list[str]) -> Iterator[Record]:
    """Yield the records that are rows, refuse a header with other columns; *notes* say what was left out.

    Only a row with a word that no row before it has had is looked at: more would cost too much.
    """
    pivot, width = header.pivot, len(header.names)
    seen, between = _Forgetful() if header.came_back else set[str](), _Between(header, config)
    held: Record | None = None
    for record in records:
        cells = record[1]  # by position: a name would cost more than all else here
        if len(cells) != width or cells[pivot] not in seen:
            if between.takes(record):
                if held is not None:
                    yield held
                held = None  # it is whole: below this, no comment goes on
                continue
            if len(cells) == width and len(seen) < KNOWN_WORDS and not header.has(cells[pivot]):
                seen.add(cells[pivot])
            elif held and any(held.cells[-1:]) and header.goes_on_in(record):
                held, record = _torn(held, record)  # noqa: PLW2901 - of the two, only the cells stay
        if held is not None:
            yield held
        held = record
    if held is not None:
        yield held
    notes.extend(between.notes())


class _Forgetful(set[str]):
    """Knows no word: of a job that came back each row is looked at, and cells may be lists."""

    def __contains__(self, _: object) -> bool:
        return False

    def add(self, _: object) -> None:
        """Do without it."""


def _torn(row: Record, rest: Record) -> tuple[Record, Record]:
    """Say of both that they may be one: a comment with a line break needs quotes."""
    return row._replace(
        torn=row.torn or f"a part of it may be in the next row (line {rest.line})"
    ), rest._replace(torn=f"perhaps a part of the row before it (line {row.line})")


class _Between:
    """Owns what was left out: how many of each kind, and the line of the first."""

    def __init__(self, header: Header, config: Input) -> None:
        self._header = header
        self._config = config
        self._last = header.line  # of a header
        self._found: dict[str, list[int | None]] = {}

    def takes(self, record: Record) -> bool:
        """Whether this is not a row; raise InputRefused for a header with other columns."""
        kind = self._kind(record)
        if kind == HEADERS:
            self._last = record.line
        if kind:
            self._found.setdefault(kind, []).append(record.line)
        return kind is not None

    def notes(self) -> Iterator[str]:
        """Yield what to say of it."""
        for kind, lines in self._found.items():
            yield f"{kind} left out: {len(lines)} (the first is line {lines[0]})"

    def _kind(self, record: Record) -> str | None:
        if len(record.cells) > len(self._header.names) + WIDER:
            return None
        names = _filled([cell.strip() if isinstance(cell, str) else repr(cell) for cell in record.cells])
        if self._header.names_a_person(names):
            return None
        if len(names) == 1 and _FOOTER.fullmatch(names[0]):
            return FOOTERS
        if record.line == (self._last or 0) + 1 and self._underlines(names):
            return LINES
        return HEADERS if self._is_the_header(names, record.line) else None

    def _underlines(self, names: Sequence[str]) -> bool:
        """Whether these are lines as wide as the columns: "-----------,------", or "----+----" of psql."""
        if not all(map(_UNDERLINE.fullmatch, names)):
            return False
        width = len(self._header.names)
        return len(names) == width or (len(names) == 1 and names[0].count("+") == width - 1)

    def _is_the_header(self, names: Sequence[str], line: int | None) -> bool:
        """Whether this is the header once more; raise InputRefused where it has other columns."""
        header, bare = self._header, [*map(plain, names)]
        if bare == header.bare:
            return True
        if sorted(bare) == sorted(header.bare):
            words = "the same columns as line {first}, in another order ({names})"
        elif self._names_other_columns(names, bare):
            words = "other columns than line {first}"
        else:
            return False
        shown = ", ".join(clean(name, 60) for name in names[:MOST_NAMED])
        words = words.format(first=header.line, names=shown)
        raise InputRefused(
            f"{header.where}, line {line}: a second header, with {words}; run each joined file by itself"
        )

    def _names_other_columns(self, names: Sequence[str], bare: Sequence[str]) -> bool:
        """Whether these are names of columns, and not the cells of a row, which names no person."""
        columns, ours, usual = self._header.columns, self._header.bare, USUAL.union(self._header.bare)
        person = bare[columns.person] if columns.person < len(bare) else ""
        alike = {
            place for place, (name, one) in enumerate(zip(bare, ours, strict=False)) if name == one != ""
        }
        if columns.named_by == "login":  # anything may be one
            return len(alike) > 1 or (person in usual and self._has_what_we_need(names))
        if not person:
            return False
        others = [*bare[: columns.person], *bare[columns.person + 1 :]]
        is_known = person in usual and not usual.isdisjoint(others)
        decisive = {columns.status, columns.starts, columns.ends}
        return is_known or not alike.isdisjoint(decisive) or self._has_what_we_need(names)

    def _has_what_we_need(self, names: Sequence[str]) -> bool:
        return any(names_what_we_need(names, config) for config in (self._config, Input()))


def _filled(names: list[str]) -> list[str]:
    while names and not names[-1]:
        names.pop()
    return names
