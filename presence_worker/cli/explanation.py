"""A job as `check --explain` shows it: how it is read, its columns, its first rows, and what to paste."""

from collections.abc import Iterator, Sequence

from ..report.summary import ExplainedColumn, ExplainedRow, Explanation, RowPlace
from ..sanitize import clean
from ..wording import amount
from .output import wrap

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}  # in words
NAME = 30  # characters of a column's name
MISSING = {"who": "a column that names people", "status": "a column with the statuses"}


def explanation_lines(explained: Explanation) -> Iterator[str]:
    """Yield the lines: how the file is read, its columns, its first rows, and what to paste."""
    yield ""
    yield from wrap(f"How it is read: {_how_read(explained) or 'not known'}", indent=4)
    yield from _columns(explained.columns)
    for what in explained.missing:
        yield f"  missing: {MISSING[what]}"
    if explained.rows:
        yield ""
        yield "First rows, and their result today"
    unit = unit_of(explained.rows)
    for row in explained.rows:
        number = row.line if unit == "line" else row.row
        yield from wrap(f"  {unit} {number}: {_row(row)}", indent=4)
    yield ""
    yield from _configuration(explained.configuration, explained.still_refused)


def _configuration(section: str, still_refused: str | None) -> Iterator[str]:
    """Yield what to paste; of a file that no setting helps, only that."""
    if still_refused and "=" not in section:
        yield "No setting makes this file readable. Change the file, or its export."
        return
    yield "Paste this into your configuration file (presence-worker.toml). If the file has a"
    yield "section [input] or [input.statuses], replace it."
    if "\n# " in section:
        yield "Lines with # need your decision. Remove the # from the lines that are right."
    if still_refused:
        yield from wrap(f"With these settings the file is still refused: {still_refused}", indent=2)
    yield ""
    yield from section.splitlines()


def _how_read(explained: Explanation) -> str:
    delimiter = DELIMITERS.get(explained.delimiter or "", explained.delimiter)
    said = {
        "{}": explained.format,
        "encoding {}": explained.encoding,
        "sheet {}": explained.sheet,
        "rows in {}": explained.rows_path,
        "delimiter {}": delimiter,
        "header on line {}": explained.header,
    }
    return ", ".join(words.format(clean(str(value), 60)) for words, value in said.items() if value)


def _columns(columns: Sequence[ExplainedColumn]) -> Iterator[str]:
    if columns:
        yield ""
        yield "Columns"
    names = [clean(column.name, NAME) or "(no name)" for column in columns]
    width = max(map(len, names), default=0)
    for name, column in zip(names, columns, strict=True):
        meaning = f"{column.meaning} ({column.why})" if column.meaning else column.why
        yield f"  {name:<{width}}  {meaning}"


def _row(row: ExplainedRow) -> str:
    days = [f"{word} {day}" for word, day in (("from", row.starts), ("until", row.ends)) if day]
    parts = [str(row.identity or row.associate_id or "no person"), row.status or "no status"]
    return f"{', '.join([*parts, *_message(row), *days])}: {row.today}"


def _message(row: ExplainedRow) -> list[str]:
    if row.message is not None:
        return [f"comment {clean(row.message, 60)!r}"] if row.message else []
    return [f"comment of {amount(row.message_length, 'character')}"] if row.message_length else []


def unit_of(rows: Sequence[ExplainedRow | RowPlace]) -> str:
    """Return what names a row: "line", or "row" without lines, or with several rows on one."""
    lines = {row.line for row in rows if row.line is not None and row.line >= row.row}
    return "line" if len(lines) == len(rows) and lines != {1} else "row"
