"""Which sheets of a workbook are meant."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, takewhile

from ...errors import InputRefused
from ...failed_csv import RESULT_COLUMNS
from ...settings import Input
from ...text import clean, toml_quoted
from ..columns import EXPECTED, names_what_we_need
from ..table import Record
from .workbook import Workbook

MOST_NAMED = 20  # sheets in a sentence
ANY = "*?"  # what makes a pattern of a title; no title has them


def sheets_meant(book: Workbook, config: Input, name: str) -> list[str]:
    """Give the titles of the sheets to read, in the order of the workbook; raise InputRefused for none.

    A hidden one must be named; of the visible ones, a pattern may mean several.
    """
    if config.sheet is not None:
        return _called(book, config.sheet, name)
    if not book.visible:
        raise InputRefused(
            f"{name}: no visible sheet; name one with input.sheet (found: {sheets_listed(book.titles)})"
        )
    if len(book.visible) == 1:
        return book.visible
    fitting = [title for title in book.visible if _fits(book, title, config)]
    if len(fitting) != 1:
        raise _unclear(book, fitting, name)
    return fitting


def _called(book: Workbook, wanted: str, name: str) -> list[str]:
    alike = [title for title in book.titles if title.casefold() == wanted.casefold()]
    if wanted in alike:
        return [wanted]
    if len(alike) == 1:
        return alike
    is_pattern = any(character in wanted for character in ANY)
    matching = [title for title in book.visible if matches(title, wanted)]
    if is_pattern and matching:
        return matching
    if len(book.visible) == 1 and _is_of_ours(book, book.visible[0]):
        return book.visible  # the setting is meant for the job it came from
    called = f"{'visible sheet like' if is_pattern else 'sheet'} {clean(wanted, 60)!r}"
    found = sheets_listed(book.titles)
    raise InputRefused(f"{name}: no {called}, as input.sheet says; found: {found}")


def matches(title: str, pattern: str) -> bool:
    """Whether a title is as the pattern has it: * for any characters, ? for one; case does not matter."""
    wild = {"*": ".*", "?": "."}
    parts = [wild.get(character) or re.escape(character) for character in pattern.casefold()]
    return re.fullmatch("".join(parts), title.casefold(), re.DOTALL) is not None


def is_ours(header: Record) -> bool:
    """Whether a sheet is a failed.csv or unprocessed.csv that was saved as a workbook."""
    return RESULT_COLUMNS[0] in names_of(header)


def names_of(header: Record) -> list[str]:
    """Give the names of columns that a row has."""
    return [name.strip() for name in header.cells]


def asked_for(records: Iterator[Record], config: Input) -> Iterator[Record]:
    """Leave out the rows above the header, and those that are comments; of a failed.csv, none."""
    first = next(records, None)
    if first is None:
        return iter(())
    records = chain([first], records)
    return records if is_ours(first) else _without_comments(records, config)


def _without_comments(records: Iterator[Record], config: Input) -> Iterator[Record]:
    for record in records:
        is_comment = config.comment and next(filter(None, record.cells)).startswith(config.comment)
        if (record.line or 0) > config.skip_lines and not is_comment:
            yield record


def sheets_listed(titles: Sequence[str]) -> str:
    """Name sheets for a sentence."""
    shown = ", ".join(repr(clean(title, 60)) for title in titles[:MOST_NAMED]) or "none"
    return f"{shown} and others" if len(titles) > MOST_NAMED else shown


def _is_of_ours(book: Workbook, title: str) -> bool:
    first = next(book.sheet(title).rows, None)
    return first is not None and is_ours(first)


def _fits(book: Workbook, title: str, config: Input) -> bool:
    """Whether the header of a sheet has what we need."""
    header = next(asked_for(book.sheet(title).rows, config), None)
    return header is not None and names_what_we_need(names_of(header), config)


def _unclear(book: Workbook, fitting: Sequence[str], name: str) -> InputRefused:
    if not fitting:
        return InputRefused(
            f"{name}: none of the sheets {sheets_listed(book.visible)} has the columns we need in its first "
            f"row; {EXPECTED}; input.sheet chooses one, and tells what it lacks"
        )
    one = f"choose one with input.sheet, such as input.sheet = {toml_quoted(fitting[0])}"
    pattern = pattern_of(fitting, book.visible)
    every = f", or read them all with input.sheet = {toml_quoted(pattern)}" if pattern else ""
    ways = [*([pattern] if pattern else []), *fitting[:MOST_NAMED]]
    return InputRefused(
        f"{name}: the sheets {sheets_listed(fitting)} have the columns we need; {one}{every}",
        *({"sheet": way} for way in ways),
    )


def pattern_of(titles: Sequence[str], visible: Sequence[str]) -> str | None:
    """Give the pattern that means all of these *titles*, and no other visible sheet."""
    start = _in_common(titles)
    end = _in_common([title[len(start) :][::-1] for title in titles])[::-1]
    means = partial(_means, titles=titles, visible=visible)
    return next(filter(means, [f"{start}*{end}", "*"]), None)


def _means(pattern: str, titles: Sequence[str], visible: Sequence[str]) -> bool:
    return [title for title in visible if matches(title, pattern)] == [*titles]


def _in_common(titles: Sequence[str]) -> str:
    """Give how all begin, without a word that is cut: it may go on alike by chance, as June and July do."""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*titles, strict=False))
    return re.sub(r"\w+$", "", "".join(letters[0] for letters in alike))
