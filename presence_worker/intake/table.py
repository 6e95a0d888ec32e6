"""What every reader of a file format gets, and what it yields, with the contract that all of them keep.

What a new format needs is a function of the type `Reader`, and its line in the table `formats.READERS`.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple, TextIO

import orjson

from ..model import Origin
from ..settings import Input

Cell = Any  # a text (CSV), or a value of JSON
Cells = Sequence[Cell]  # in the order of the table's columns


class Source(NamedTuple):
    """A job's bytes, surveyed from end to end and ready to be read again from the start."""

    name: str  # as people know it
    file: IO[bytes]  # unpacked, but not decoded
    text: TextIO  # decoded, with its line ends as they are; nothing of a workbook
    encoding: str | None  # None: a workbook
    sha256: str  # of the file as it came
    packing: str | None  # what it was packed with
    changed: float | None  # last, in seconds since 1970; None: it came through a pipe


class Record(NamedTuple):
    """One record of the job as it came."""

    line: int | None  # physical line it starts on, 1-based
    cells: list[Cell]
    hidden: bool = False  # in a workbook, and input.hidden_rows = "skip"
    torn: str = ""  # why the next record may be a part of this one, or this one of that before it
    origin: Origin | None = None  # in an earlier run; None: it did not come back


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a reader yields."""

    format: str
    columns: list[str]  # those of a nested table grow while its records are read
    records: Iterator[Record]
    delimiter: str | None = None
    is_nested: bool = False  # its columns are dotted paths of fields, and not all rows have all
    is_calculated: bool = False  # its cells may be formulas
    sheet: str | None = None  # of a workbook
    rows_path: str | None = None  # of JSON: where the rows were found without input.rows
    header: int | None = None  # line of the columns' names, where they have one
    came_back: bool = False  # it is a failed.csv or unprocessed.csv of ours
    notes: list[str] = field(default_factory=list)  # what to report, once all records were read


# A reader has found the columns when it returns; the records are read when they are asked for. It keeps this,
# which tests/intake/test_readers_alike.py proves of each:
# - The columns are the names of the file, in its order.
# - Each row that is not blank comes once, in the order of the file, with the line on which it begins.
# - Its cells stand as the columns do: texts as a person reads them, or values of JSON. A row with too many
#   cells, or too few, comes as it is.
# - However long a file is, few of its rows are in memory.
# - Whatever cannot be read raises InputRefused, and nothing else; it begins with the file, and the place if
#   there is one, and knows the format.
# - A failed.csv, which a spreadsheet may have saved again, has the columns and cells of the job it came from.
# - What was left out, or read as not everybody would, is in the notes once all records were read.
Reader = Callable[[Source, Input], Table]


# -- what stands in a cell -----------------------------------------------------------------------------------

FORMULA = "#FORMULA!"  # our word for a formula whose value was not kept; failed.csv has it as well
FORMULA_ERROR = "is a formula error such as #N/A; correct the formula and export again"
NO_EXPORT = "Check the export: an empty file is usually a failed export"
OTHER = "#VALUE!"  # stands for an error that we do not know
_LISTED = """
    #N/A, #REF!, #DIV/0!, #VALUE!, #NAME?, #NUM!, #NULL!, #GETTING_DATA, #SPILL!, #CALC!, #FIELD!, #BLOCKED!,
    #CONNECT!, #UNKNOWN!, #BUSY!, #EXTERNAL!, #PYTHON!, #ERROR!, #FORMULA!,
    #NV, #BEZUG!, #WERT!, #ZAHL!, #ÜBERLAUF!, #KALK!, #FELD!,
    #SAKNAS!, #REFERENS!, #VÄRDEFEL!, #NAMN?, #OGILTIGT!, #DIVISION/0!, #SKÄRNING!,
    #I/T, #VERDI!, #NAVN?, #TALL!, #VÆRDI!, #REFERENCE!, #NUL!, #OVERLØB!,
    #N/B, #VERW!, #WAARDE!, #NAAM?, #GETAL!, #LEEG!, #DEEL/0!, #OVERLOOP!
"""  # in English, and what German, Swedish, Norwegian and Danish, and Dutch programs show
ERRORS = frozenset(error.strip() for error in _LISTED.split(","))
_SHORTEST = 3  # number signs: a column too narrow for what it holds


def text_of(found: Cell) -> str:
    """Return a cell as failed.csv has it: what JSON has in place of a text is read there as it is here."""
    if found is None:
        return ""
    return found.strip() if isinstance(found, str) else json.dumps(found)


def as_json(cells: list[Cell]) -> str:
    """Return a record's cells as a JSON list, as the journal keeps them."""
    try:
        return orjson.dumps(cells).decode()
    except TypeError:  # lone surrogates and numbers beyond 64 bits, which JSON may have
        return orjson.dumps([None if cell is None else _as_text(cell) for cell in cells]).decode()


def _as_text(cell: Cell) -> str:
    text = cell if isinstance(cell, str) else json.dumps(cell)
    return text.encode("utf-8", "backslashreplace").decode()


def is_error(text: str) -> bool:
    """Return whether a trimmed text stands for a value that a spreadsheet could not work out.

    The number signs of a column that is too narrow are one, too.
    """
    if text[:1] != "#":
        return False
    return text.upper() in ERRORS or (len(text) >= _SHORTEST and text.count("#") == len(text))
