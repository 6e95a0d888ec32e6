"""A header and what stands below it: the columns of a job, and its records as they were asked for.

The lines above a header are never guessed. A file whose header does not name what we need is refused, with
the settings that would read it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ..errors import InputRefused, JobFacts
from ..failed_csv import RESULT_COLUMNS, restore_refused, surplus_cells, unescape_formula
from ..sanitize import clean, quote_toml
from ..settings import Input
from ..wording import series
from .columns import IDENTITIES, candidates, find_columns, names_what_we_need
from .origins import origin_of
from .rows_below import USUAL, Header, rows_only
from .spelling import plain
from .table import Record

Part = tuple[list[str], Iterator[Record]]  # columns, and the records below them
WIDER = 1000  # cells more than the first header has; no other header is so wide
HEADERS = "repeated headers"
LINES = "separator lines"
FOOTERS = "footers of a query tool"
_UNDERLINE = re.compile(r"-+(?:[-+| ]*-)?")
_FOOTER = re.compile(  # "(2 rows affected)", "3 rows selected.", "(2 rader berörda)", "no rows selected"
    r"""\(? \s* (?: \d[\d\s.,]* | no | keine | inga | ingen | geen ) \s+
    (?: rows? | records? | zeilen? | datens[aä]tze? | rad(?:er)? | poster? | r[aæ]kke(?:r)? | rij(?:en)? )
    (?: \s [^\W\d_]+ ){0,3} (?: \s \( \d+ [.,] \d+ \s sec \) )? \s* \)? \.?
    | completion \s time: \s \d{4}-[\d:.T+-]+""",
    re.IGNORECASE | re.VERBOSE,
)
NEAR = 20  # lines among which the header is
MOST_NAMED = 10  # columns in a sentence
_INSIDE = re.compile(r"[^\[\]]*\[\s*(\w+)\s*\][^\[\]]*")
KEYS = (*IDENTITIES, "status")


def columns_of_job(
    header: Record, records: Iterator[Record], config: Input, where: str, *, notes: list[str]
) -> Part:
    """Return the columns that have a name; those behind the last of them are none.

    When all records are read, *notes* say what was skipped, as it is not a row.
    """
    names, tail = _split_tail([name.strip() for name in header.cells])
    first = Header(
        names=names, line=header.line, columns=find_columns(names, config, where), where=_file(header, where)
    )
    return names, rows_only(
        _without_tail(records, tail) if tail else records, first, _StrayLines(first, config), notes
    )


def _file(header: Record, where: str) -> str:
    return where.removesuffix(f", line {header.line}")


def _split_tail(names: list[str]) -> tuple[list[str], int]:
    """Return the names up to the last one that is any, and how many cells stand behind it."""
    width = max(place for place, name in enumerate(names, 1) if name.strip())
    return names[:width], len(names) - width


def _without_tail(records: Iterator[Record], tail: int) -> Iterator[Record]:
    """Remove what stands below a *tail* of nameless columns, where it is empty; else the row is ragged."""
    for record in records:
        cells, width = record.cells, len(record.cells) - tail
        while len(cells) > max(width, 0) and not cells[-1].strip():
            cells.pop()
        yield record


def columns_of_failed_csv(
    header: Record, records: Iterator[Record], config: Input, where: str, *, notes: list[str]
) -> Part:
    """Remove what our failed.csv added: its columns, the escapes in the others, and what filled them up."""
    names, tail = _split_tail(header.cells)
    place = {name.strip(): i for i, name in enumerate(names) if name.strip() in RESULT_COLUMNS}
    own = [i for i, name in enumerate(names) if name.strip() not in place]
    columns = [unescape_formula(names[i]) for i in own]
    known = find_columns(columns, config, where)
    first = Header(names=columns, line=header.line, columns=known, where=_file(header, where), came_back=True)

    def as_asked() -> Iterator[Record]:
        for line, cells, hidden, *_ in records:
            said = cells[place["_detail"]] if place.get("_detail", len(cells)) < len(cells) else ""
            beyond = cells[len(names) :]
            if tail and not any(map(str.strip, beyond)):  # a spreadsheet fills all rows up
                beyond = [""] * surplus_cells(said)
            asked = [cells[i] for i in own if i < len(cells)] + beyond
            restored = restore_refused(list(map(unescape_formula, asked)), known.texts, said)
            yield Record(line, restored, hidden, origin=origin_of(cells, place))

    return columns, rows_only(as_asked(), first, _StrayLines(first, config), notes)


class _StrayLines:
    """Owns what was left out: how many of each kind, and the line of the first."""

    def __init__(self, header: Header, config: Input) -> None:
        self._header = header
        self._config = config
        self._last = header.line  # of a header
        self._found: dict[str, list[int | None]] = {}

    def take(self, record: Record) -> bool:
        """Count a record that is not a row; see `Strays`."""
        kind = self._kind(record)
        if kind == HEADERS:
            self._last = record.line
        if kind:
            self._found.setdefault(kind, []).append(record.line)
        return kind is not None

    def notes(self) -> Iterator[str]:
        """Yield what was left out, in words."""
        for kind, lines in self._found.items():
            yield f"{kind} skipped: {len(lines)} (the first is line {lines[0]})"

    def _kind(self, record: Record) -> str | None:
        if len(record.cells) > len(self._header.names) + WIDER:
            return None
        names = _strip_end([cell.strip() if isinstance(cell, str) else repr(cell) for cell in record.cells])
        if len(names) == 1 and _FOOTER.fullmatch(names[0]):
            return FOOTERS
        if record.line == (self._last or 0) + 1 and self._underlines(names):
            return LINES
        return HEADERS if self._is_the_header(names, record.line) else None

    def _underlines(self, names: Sequence[str]) -> bool:
        """Return whether these are lines as wide as the columns: "-----,----", or "----+----" of psql."""
        if not all(map(_UNDERLINE.fullmatch, names)):
            return False
        width = len(self._header.names)
        return len(names) == width or (len(names) == 1 and names[0].count("+") == width - 1)

    def _is_the_header(self, names: Sequence[str], line: int | None) -> bool:
        """Return whether this is the header once more; raise InputRefused where it has other columns."""
        header, bare = self._header, [*map(plain, names)]
        if bare == header.bare:
            return True
        if sorted(bare) == sorted(header.bare):
            words = "the columns of line {first} in another order ({names})"
        elif self._names_other_columns(names, bare):
            words = "other columns than line {first}"
        else:
            return False
        shown = ", ".join(clean(name, 60) for name in names[:MOST_NAMED])
        words = words.format(first=header.line, names=shown)
        raise InputRefused(
            f"{header.where}, line {line}: a second header, with {words}. Run the joined files separately"
        )

    def _names_other_columns(self, names: Sequence[str], bare: Sequence[str]) -> bool:
        """Return whether these are names of columns, and not the cells of a row, which names no person."""
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


def _strip_end(names: list[str]) -> list[str]:
    while names and not names[-1]:
        names.pop()
    return names


class Below(NamedTuple):
    """What stands on a line below the first, where it may be the header."""

    line: int
    names: list[str]
    delimiter: str | None = None  # with which they are cut; None: a workbook needs none


def refuse_preamble(header: Record, below: Iterable[Below], config: Input, where: str) -> None:
    """Raise InputRefused where not the *header* but a line *below* names the columns we need."""
    found = next((line for line in below if _is_header(line.names, config)), None)
    if not found:
        return
    chosen = _settings_in_brackets(found.names, config)
    remedy = f"Set input.skip_lines = {found.line - 1}" + (f" and {_as_settings(chosen)}" if chosen else "")
    title = [clean(cell, 60) for cell in header.cells if cell.strip()]
    shown = repr(title[0]) if len(title) == 1 else "this line"
    names = ", ".join(clean(name, 60) for name in found.names[:MOST_NAMED] if name)
    cut = {"delimiter": found.delimiter} if found.delimiter else {}
    raise InputRefused(
        f"{where}: {shown} is not the header, but line {found.line} is one ({names}). {remedy}",
        {"skip_lines": found.line - 1, **cut, **chosen},
        facts=_facts(found),
    )


def _is_header(names: Sequence[str], config: Input) -> bool:
    return names_what_we_need(names, config) or bool(_settings_in_brackets(names, config))


def _facts(found: Below) -> JobFacts:
    """Return what there is to know of a job that is read as we advise."""
    names = found.names.copy()
    while not names[-1]:
        names.pop()
    return JobFacts(
        columns=names,
        header=found.line,
        skip_lines=found.line - 1,
        delimiter=found.delimiter or None,
    )


def refuse_brackets(names: Sequence[str], config: Input, where: str) -> None:
    """Raise InputRefused for a header that only brackets make clear, with the settings that would."""
    if chosen := _settings_in_brackets(names, config):
        raise InputRefused(
            f"{where}: only the words in brackets name the columns we need. If they are right, set "
            f"{_as_settings(chosen)}",
            chosen,
            facts=JobFacts(columns=names),
        )


def _settings_in_brackets(names: Sequence[str], config: Input) -> dict[str, str]:
    """Return the settings with which *names* have what we need, {} where brackets do not make that clear.

    They are for people to confirm: "Manager [mail]" names another person.
    """
    inside = [found[1] if (found := _INSIDE.fullmatch(name)) else name for name in names]
    if names_what_we_need(names, config) or not names_what_we_need(inside, config):
        return {}
    places = {key: candidates(inside, key, config) for key in KEYS}
    return {
        key: names[found[0]] for key, found in places.items() if found and inside[found[0]] != names[found[0]]
    }


def _as_settings(chosen: dict[str, str]) -> str:
    """Write settings as a sentence has them."""
    return series([f"input.{key} = {quote_toml(name)}" for key, name in chosen.items()], "and")
