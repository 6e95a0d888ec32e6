"""What holds for any job, whatever is in it."""

import csv
import io
import json
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from presence_worker.errors import InputRefused
from presence_worker.failed_csv import RESULT_COLUMNS, escape_formula
from presence_worker.intake.columns import ALIASES, IDENTITIES, find_columns
from presence_worker.intake.json import json_text
from presence_worker.intake.status_words import is_approval
from presence_worker.model import Reason
from presence_worker.settings import Input
from tests.examples import examples
from tests.matrix.witness import strangers

from .reading import cells, read

NAMES = ["associateId", "status", "message", "born"]  # the last one is never asked about
ROW = '{"associateId": 5, "status": "Away"}'
DIALECTS: list[dict[str, Any]] = [
    {},
    {"quoting": csv.QUOTE_ALL, "lineterminator": "\n"},  # with another end, it leaves a bare \r unquoted
    {"quoting": csv.QUOTE_NONNUMERIC, "lineterminator": "\r"},
]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-32"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
TEXTS = TEXTS.filter(lambda text: not is_approval(text))  # a file with no other status is refused
TABLES = st.lists(st.tuples(TEXTS.filter(str.strip), TEXTS, TEXTS, TEXTS).map(list), min_size=1, max_size=4)
WINDOWS = bytes(range(1, 256)).decode("cp1252", "ignore")
WINDOWS_TEXTS = st.text(st.sampled_from(WINDOWS) | st.sampled_from("åäöæøßéÃ©"), max_size=20)
WINDOWS_TABLES = st.lists(
    st.tuples(WINDOWS_TEXTS.filter(str.strip), WINDOWS_TEXTS, WINDOWS_TEXTS, WINDOWS_TEXTS).map(list),
    min_size=1,
    max_size=4,
)
MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")  # the start of a character of UTF-8 beyond ASCII
INNER = TEXTS.map("x{}".format)  # no name of ours: of a field that may be needed, its path is asked for
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(INNER, inner, max_size=2),
    max_leaves=3,
)
OBJECTS = st.lists(
    st.fixed_dictionaries(
        {"associateId": VALUES, "status": VALUES}, optional={"message": VALUES, "born": VALUES}
    ),
    min_size=1,
    max_size=4,
)
Shape = Callable[[list[dict[str, Any]], int | None], str]
SHAPES: dict[str, Shape] = {
    "array": lambda rows, indent: json.dumps(rows, indent=indent),
    "lines": lambda rows, indent: "\n".join(json.dumps(row, indent=indent) for row in rows),
    "wrapped": lambda rows, indent: json.dumps({"status": "ok", "data": rows, "n": 1}, indent=indent),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jobs") / "changes"


def written(rows: list[list[str]], **dialect: Any) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, **dialect).writerows(rows)
    return text.getvalue()


@settings(max_examples=examples(80))
@given(
    table=TABLES,
    delimiter=st.sampled_from(",;\t|"),
    dialect=st.sampled_from(DIALECTS),
    encoding=st.sampled_from(ENCODINGS),
    trailing=st.booleans(),
)
def test_any_csv_comes_back(
    table: list[list[str]],
    delimiter: str,
    dialect: dict[str, Any],
    encoding: str,
    trailing: bool,  # noqa: FBT001 - Hypothesis gives it by name
    path: Path,
) -> None:
    """Whatever the csv module wrote comes back cell by cell, with or without a delimiter behind each row."""
    rows_written = [[*row, *([""] if trailing else [])] for row in (NAMES, *table)]
    text = written(rows_written, delimiter=delimiter, **dialect)
    path.write_bytes(text.encode(encoding))
    is_unclear = dialect.get("lineterminator") == "\r" and encoding == "utf-8"  # see test_miscut.py

    job, rows = read(path, encoding="utf-8" if is_unclear else None)

    assert (job.delimiter, job.columns, cells(rows)) == (delimiter, NAMES, table)


@settings(max_examples=examples(80))
@given(table=WINDOWS_TABLES, delimiter=st.sampled_from(",;\t|"), dialect=st.sampled_from(DIALECTS))
def test_any_windows_csv_comes_back(
    table: list[list[str]], delimiter: str, dialect: dict[str, Any], path: Path
) -> None:
    """A file in cp1252 comes back, or is refused where it may be UTF-8 that is damaged.

    Where all its bytes are valid UTF-8, nobody can tell: that is what it is, then.
    """
    content = written([NAMES, *table], delimiter=delimiter, **dialect).encode("cp1252")
    path.write_bytes(content)

    found = None
    with suppress(InputRefused):
        found = read(path)

    if found is None:
        assert MULTIBYTE.search(content) or dialect.get("lineterminator") == "\r"
    else:
        job, rows = found
        again = written([NAMES, *cells(rows)], delimiter=delimiter, **dialect)
        assert again.encode(job.encoding or "") == content


@settings(max_examples=examples(60))
@given(table=TABLES)
def test_any_failed_csv_comes_back(table: list[list[str]], path: Path) -> None:
    """What a run wrote into failed.csv is read as it was asked for."""
    fate = ["x"] * len(RESULT_COLUMNS)
    rows = [[*NAMES, *RESULT_COLUMNS], *([*row, *fate] for row in table)]
    text = written([[escape_formula(cell) for cell in row] for row in rows])
    path.write_bytes(text.encode("utf-8-sig"))

    job, found = read(path)

    assert (job.columns, cells(found)) == (NAMES, table)


@settings(max_examples=examples(60))
@given(table=TABLES)
def test_lines_are_where_rows_start(table: list[list[str]], path: Path) -> None:
    """The line of a row is the one on which its first cell stands, whatever line breaks are in the cells."""
    path.write_bytes(written([NAMES, *table], quoting=csv.QUOTE_ALL).encode())

    _, rows = read(path)

    before = [written([NAMES, *table[:i]], quoting=csv.QUOTE_ALL) for i in range(len(table))]
    assert [row.line for row in rows] == [_lines(text) + 1 for text in before]


def _lines(text: str) -> int:
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=examples(40))
@given(objects=OBJECTS, indent=st.sampled_from([None, 1]), size=st.sampled_from([1, 30, 1 << 16]))
def test_any_json_comes_back(
    shape: str, objects: list[dict[str, Any]], indent: int | None, size: int, path: Path
) -> None:
    """Whatever json.dumps wrote, in each shape, comes back value by value."""
    path.write_text(SHAPES[shape](objects, indent), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "CHUNK", size)
        job, rows = read(path)

    found = [dict(zip(job.columns, values, strict=False)) for values in cells(rows)]
    assert [_whole(row) for row in found] == [_whole(row) for row in objects]


def _whole(row: dict[str, Any]) -> list[Any]:
    return [row.get(name) for name in NAMES]


@settings(max_examples=examples(40))
@given(statuses=st.dictionaries(st.integers(-9, 10**10).map(str), VALUES, min_size=1, max_size=4))
def test_any_map_comes_back(statuses: dict[str, Any], path: Path) -> None:
    """An object from associateId to status comes back as a row for each key."""
    plain = {key: value for key, value in statuses.items() if not isinstance(value, dict)} or {"1": "Away"}
    path.write_text(json.dumps(plain), "utf-8")

    job, rows = read(path)

    assert (job.columns, cells(rows)) == (["associateId", "status"], [[k, v] for k, v in plain.items()])


@settings(max_examples=examples(150))
@given(
    content=st.binary(max_size=60),
    start=st.sampled_from([b"", b"associateId,status\n5,", b"[{", b'{"value":[']),
)
@example(content=b"\xff\xfe\x00", start=b"")
@example(content=b'"' + b"x" * 200_000, start=b"")
@example(content=b"x" * 200_000, start=b"associateId,status\n")
@example(content=b"[" * 100_000, start=b"")
def test_any_bytes_are_read_or_refused(content: bytes, start: bytes, path: Path) -> None:
    """Whatever a file holds, the answer is rows that are in it, or one sentence that names the file."""
    path.write_bytes(start + content)

    with suppress(InputRefused):
        job, rows = read(path)
        assert rows
        assert strangers(job, rows, start + content, composed=False) == []


@settings(max_examples=examples(150))
@given(content=st.text(st.sampled_from('{}[]",:;\\|\n\r\t 15eE+-.\0naftrulsxä'), max_size=40))
def test_any_punctuation_is_read_or_refused(content: str, path: Path) -> None:
    """The same, of text that is nearly CSV or JSON."""
    path.write_text(content, "utf-8", newline="")

    said = ""
    try:
        job, rows = read(path)
        assert strangers(job, rows, path.read_bytes(), composed=False) == []
    except InputRefused as refused:
        said = str(refused)

    assert said.startswith(str(path)) if said else rows
    assert said.isprintable()


@settings(max_examples=examples(60))
@given(objects=OBJECTS, size=st.integers(1, 90))
def test_pieces_do_not_change_a_job(objects: list[dict[str, Any]], size: int, path: Path) -> None:
    """Rows and their lines are the same, in whatever pieces the file is read."""
    path.write_text(json.dumps(objects, indent=1), "utf-8")
    whole = read(path)[1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "CHUNK", size)
        pieces = read(path)[1]

    assert pieces == whole


PEOPLE = [name for way in IDENTITIES for name in ALIASES[way]]
HEADERS = st.lists(st.sampled_from(PEOPLE) | st.sampled_from("xyz"), unique=True, max_size=3).map(
    lambda names: [*names, "status"]
)
CONFIGURED = st.fixed_dictionaries({}, optional=dict.fromkeys(IDENTITIES, st.sampled_from("xyz")))


@settings(max_examples=examples(150))
@given(names=HEADERS, config=CONFIGURED)
def test_any_header_is_understood_in_one_way(names: list[str], config: dict[str, str]) -> None:
    """A job is read where a single column can name people, in a configured way if there is any; no other."""
    usual = {way: [name for name in names if name in ALIASES[way]] for way in IDENTITIES}
    ways = {way: [name for name in names if name == column] for way, column in config.items()} or usual
    possible = [(way, name) for way, found in ways.items() for name in found]

    understood = []
    with suppress(InputRefused):
        columns = find_columns(names, Input.model_validate(config), "x.csv")
        understood = [(columns.named_by, names[columns.person])]

    assert understood == (possible if len(possible) == 1 else [])


@settings(max_examples=examples(150))
@given(name=TEXTS | st.emails() | TEXTS.map("{}@x".format), named_by=st.sampled_from(["login", "email"]))
def test_any_name_is_kept_or_refused(name: str, named_by: str, path: Path) -> None:
    """A name that is looked up is the one in the file, and whatever is shown of another is harmless."""
    path.write_text(json.dumps([{named_by: name, "status": "Away"}]), "utf-8")

    _, (row,) = read(path)

    assert row.associate_id is None
    assert (row.identity or "").isprintable()
    if row.result is None:
        assert row.identity == name.strip()
    else:
        assert row.reason is Reason.NO_IDENTITY
