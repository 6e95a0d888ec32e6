"""Files whose names say something else than their content: read by the content, and said."""

import gzip
from pathlib import Path

import pytest

from .reading import HEADER, read
from .workbooks import workbook

CSV = f"{HEADER}5,Away,x\n".encode()
LINES = b'{"associateId": 5, "status": "Away"}\n'
PACKED = gzip.compress(CSV, mtime=0)
BOOK = workbook(("associateId", "status"), (5, "Away"))


@pytest.mark.parametrize(
    ("name", "content", "named", "found"),
    [
        ("changes.json", CSV, "json", "csv"),
        ("changes.csv", LINES, "csv", "jsonl"),
        ("changes.CSV", BOOK, "csv", "xlsx"),
        ("changes.xls", CSV, "xls", "csv"),
        ("changes.xlsx", CSV, "xlsx", "csv"),
        ("changes.zip", BOOK, "zip", "xlsx"),
        ("changes.csv", gzip.compress(CSV, mtime=0), "csv", "gzip"),
        ("changes.csv.gz", CSV, "gzip", "csv"),
        ("changes.json.gz", gzip.compress(CSV, mtime=0), "json", "csv"),
    ],
)
def test_a_name_that_is_wrong(name: str, content: bytes, named: str, found: str, tmp_path: Path) -> None:
    """The content decides, and a reader is told."""
    path = tmp_path / name
    path.write_bytes(content)

    job, rows = read(path)

    assert rows[0].associate_id == 5
    assert job.notes == [
        f"the file name says {named}, but the content is {found}. The file was read as {found}"
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("changes.csv", CSV),
        ("changes.tsv", CSV),
        ("changes.txt", CSV),
        ("changes", BOOK),
        ("changes.xlsm", BOOK),
        ("changes.json", LINES),
        ("changes.csv.gz", gzip.compress(CSV, mtime=0)),
        ("changes.gz", gzip.compress(CSV, mtime=0)),
        ("20261204.export", CSV),
    ],
)
def test_a_name_that_says_nothing_wrong(name: str, content: bytes, tmp_path: Path) -> None:
    """A name that fits, or says nothing, needs no word."""
    path = tmp_path / name
    path.write_bytes(content)

    job, _ = read(path)

    assert job.notes == []
