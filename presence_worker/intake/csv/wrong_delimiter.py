"""A header that names what we need only if it is cut in another way: refused, with the way to say so."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ...errors import InputRefused
from ...settings import Input
from ...text import clean
from ..columns import EXPECTED, names_what_we_need
from .dialect import DELIMITERS, Dialect, names_in

FIXED = (
    "no column for people: the columns have a fixed width, or only spaces between them; export the list as "
    'CSV: in SQL*Plus with SET MARKUP CSV ON, in sqlcmd with -s ";" -W, in psql with --csv'
)
_UNDERLINED = re.compile(r"\s*-{2,}(?:\s+-{2,})+\s*")
_MARKS = re.compile(r"[^\w\s\"'.()\[\]-]+|\x1f|\x1e|\x01")  # what may stand between two names
NAMES = {"\t": "tab"}  # of delimiters, as settings have them


def refuse_another_cut(lines: Sequence[str], dialect: Dialect, config: Input, where: str) -> None:
    """Raise InputRefused where the first of *lines*, a header, names what we need if it is cut otherwise."""
    line = lines[0].rstrip("\r\n")
    if config.delimiter is None and _is_of_fixed_width(lines, config):
        raise InputRefused(f"{where}: {FIXED}")
    marks = dict.fromkeys([*DELIMITERS, *_MARKS.findall(line)])
    fitting = (mark for mark in marks if mark != dialect.delimiter and _fits(line, mark, config))
    mark = next(fitting, None)
    if mark is None:
        return
    if len(mark) > 1:
        words = f"the columns are separated by {_shown(mark)}, which is more than one character"
        raise InputRefused(f'{where}: {words}; export the list with one, such as ";"')
    refused = InputRefused(
        f"{where}: {_words(line, mark, dialect, config)}", {"delimiter": NAMES.get(mark, mark)}
    )
    refused.found = {"columns": names_in([line], mark), "delimiter": mark}
    raise refused


def _is_of_fixed_width(lines: Sequence[str], config: Input) -> bool:
    underlined = len(lines) > 1 and _UNDERLINED.fullmatch(lines[1].rstrip("\r\n"))
    return bool(underlined) or names_what_we_need(re.split(" +", lines[0].strip()), config)


def _fits(line: str, mark: str, config: Input) -> bool:
    names = names_in([line], mark) if len(mark) == 1 else [*map(str.strip, line.split(mark))]
    return names_what_we_need([name.strip('"') for name in names], config)


def _words(line: str, mark: str, dialect: Dialect, config: Input) -> str:
    ours = _shown(dialect.delimiter)
    found = ", ".join(clean(name, 60) for name in names_in([line], dialect.delimiter)[:10])
    separated = f"the columns are separated by {_shown(mark)}"
    if config.delimiter:
        remedy = f"leave that out, or set it to {_shown(mark)}"
        return f"{separated}, not by {ours} as input.delimiter or --delimiter says (found: {found}); {remedy}"
    if dialect.above:
        remedy = f"correct that line, or set input.delimiter = {_shown(mark)}"
        return f"{separated}, not by {ours} as the first line says (found: {found}); {remedy}"
    remedy = f"set input.delimiter = {_shown(mark)} (or run it with --delimiter)"
    return f"no column for people: {separated}; {remedy}"


def _shown(mark: str) -> str:
    if mark in NAMES:
        return f'"{NAMES[mark]}"'
    return f'"{mark}"' if mark.isprintable() else " ".join(f"U+{ord(character):04X}" for character in mark)


@contextmanager
def separated_by(delimiter: str) -> Iterator[None]:
    """Let a refusal of columns say how they were cut."""
    try:
        yield
    except InputRefused as refused:
        words, mark, expected = str(refused).rpartition(f"; {EXPECTED}")
        if mark and "looks like a row" not in words:
            refused.args = (f"{words} (separated by {_shown(delimiter)}){mark}{expected}", *refused.args[1:])
        raise
