"""Whether what came out of a file is in it, told without our readers."""

import csv
import gzip
import html
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import zstandard

from presence_worker.intake.job import Job
from presence_worker.model import Row

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}(:\d{2})?)?")  # a workbook has only its number
_TEXTS = re.compile(r"<(t|v)(?: [^>]*)?>([^<]*)</\1>")
_SEP = re.compile(r'\A"?sep=([^"\r\n])"?\1*[\r\n]+', re.IGNORECASE)  # Excel's line above the header
_CHANGED = re.compile(r"[\s\0]+")
_NO_ROWS = re.compile(r" skipped: (\d+) \(the first")  # in a note: such as the header of a joined file
OURS = ("", "TRUE", "FALSE", "#FORMULA!", "#VALUE!")  # as we write what a workbook has in another form
_ENDS = re.compile(r"\r\n|\r|\n")
JSON = ("json", "jsonl")


def strangers(job: Job, rows: Iterable[Row], content: bytes, *, composed: bool) -> list[str]:
    """Give what rows that are to be sent hold although it is nowhere in the *content* of the job's file.

    Comments that are *composed* of columns, or the same for all, are not looked for.
    """
    asked = [row for row in rows if row.result is None]
    held = _Workbook(content) if job.format == "xlsx" else _Text(job, content)
    return [f"row {row.row}: {each!r}" for row in asked for each in _strangers_in(row, held, composed)]


def number_of(job: Job, content: bytes) -> int | None:
    """Give how many rows a CSV, an array or lines of JSON in *content* must have; None: nobody knows."""
    if job.format == "xlsx":
        return None
    text = unpacked(content).decode(job.encoding or "").removeprefix("\ufeff")
    if job.format == "csv":
        if len({*_ENDS.findall(text)}) > 1:
            return None  # one kind ends rows, the other may be inside a comment
        below = io.StringIO(_SEP.sub("", text), newline="")
        records = csv.reader(below, delimiter=job.delimiter or ",")
        filled = [cells for cells in records if any(map(str.strip, cells))]
        no_rows = sum(int(found[1]) for note in job.notes if (found := _NO_ROWS.search(note)))
        return len(filled) - 1 - no_rows
    values = list(_texts_in(text, json.JSONDecoder()))
    if job.format == "jsonl":
        return len(values)
    return len(values[0]) if isinstance(values[0], list) else None


def _strangers_in(row: Row, held: "_Workbook | _Text", composed: bool) -> Iterator[Any]:  # noqa: FBT001
    cells = json.loads(row.cells)
    yield from (cell for cell in cells if cell not in held)
    asked = [row.associate_id, row.identity, *([] if composed else [row.message])]
    yield from (value for value in asked if value and _seen(str(value)) not in _said(cells))


def _said(cells: list[Any]) -> set[str]:
    return {_seen(str(cell)) for cell in cells}


def _seen(text: str) -> str:
    """Give what can be seen of a text, its accents written one way."""
    seen = "".join(character for character in text if unicodedata.category(character) != "Cf")
    return unicodedata.normalize("NFC", seen).strip()


class _Text:
    """Owns the text of a file, and, where it is JSON, all values in it."""

    def __init__(self, job: Job, content: bytes) -> None:
        self._text = unpacked(content).decode(job.encoding or "utf-8")
        self._values = _values_in(self._text) if job.format in JSON else None

    def __contains__(self, cell: Any) -> bool:
        if self._values is not None:
            return bool({_canonical(cell), str(cell)} & self._values) or cell is None
        return cell in self._text or cell.replace('"', '""') in self._text


class _Workbook:
    """Owns the texts and numbers of a workbook's sheets."""

    def __init__(self, content: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(unpacked(content))) as archive:
            parts = [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
        texts = {html.unescape(text) for part in parts for _, text in _TEXTS.findall(part)}
        self._all = _CHANGED.sub("", "".join(html.unescape(part) for part in parts))
        self._numbers = set(_numbers_in(texts))

    def __contains__(self, cell: Any) -> bool:
        shown = cell in OURS or _DAY.fullmatch(cell)
        return bool(shown) or cell in self._numbers or _CHANGED.sub("", cell) in self._all


def _numbers_in(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        try:
            number = float(text)
        except ValueError:
            continue
        yield from (repr(number), f"{number:.0f}", f"{number:g}", f"{number:.15g}")


def _values_in(text: str) -> set[str]:
    """Give all values of all JSON texts that follow one another, and the keys of objects."""
    values = set[str]()
    decoder = json.JSONDecoder(object_pairs_hook=lambda pairs: _noted(pairs, values))
    for value in _texts_in(text, decoder):
        values |= set(_within(value))
    return values


def _texts_in(text: str, decoder: json.JSONDecoder) -> Iterator[Any]:
    place, text = 0, text.strip()
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        yield value
        while text[place : place + 1].isspace() or text[place : place + 1] == "\ufeff":
            place += 1


def _noted(pairs: list[tuple[str, Any]], values: set[str]) -> dict[str, Any]:
    """Note all that is in an object, also what comes twice."""
    for key, value in pairs:
        values |= {*_within(key), *_within(value)}
    return dict(pairs)


def _within(value: Any) -> Iterator[str]:
    yield _canonical(value)
    if isinstance(value, str):
        yield value.encode("utf-8", "backslashreplace").decode()  # as half characters are kept
    if isinstance(value, list | dict):
        yield json.dumps(value)  # as a row is kept that has half a character, or a huge number, anywhere
    for each in value if isinstance(value, list) else ():
        yield from _within(each)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def unpacked(content: bytes) -> bytes:
    """Give what is inside a packed file, or the content itself."""
    if content.startswith(b"\x1f\x8b"):
        return gzip.decompress(content)
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        return zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True).read()
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _unzipped(content)
    return content


def _unzipped(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [
            name for name in archive.namelist() if not name.startswith("__MACOSX/") and not name.endswith("/")
        ]
        return content if "[Content_Types].xml" in names else archive.read(names[0])
