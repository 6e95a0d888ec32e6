"""The files of the matrix that nobody can type: packed ones and workbooks, written by this script.

`python -m tests.matrix.make` writes them again; those that are large are made whenever they are needed.
"""

import gzip
import io
import random
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime

import xlsxwriter  # type: ignore[import-untyped]  # it has no types
import zstandard

from .books import THEN, hidden, of, put, several, workbook
from .index import FILES
from .leave_books import example_books, leave_books

HEADER = ("associateId", "status", "message")
ROWS = ((12, "Away", "Ferie på Færøyene"), (33, "Normal", ""))
TEXT = "".join(f"{number},{status},{message}\n" for number, status, message in (HEADER, *ROWS)).encode()
EXAMPLES = FILES.parents[1] / "config" / "examples"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what older Office files and those with passwords begin with


# -- packed --------------------------------------------------------------------------------------------------


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Make a ZIP file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, THEN.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def gzipped(content: bytes) -> bytes:
    """Make a gzip file that is the same every time."""
    return gzip.compress(content, mtime=0)


def encrypted() -> bytes:
    """Make a ZIP file whose member says that it is encrypted."""
    made = bytearray(zipped({"leave.csv": TEXT}))
    made[6] |= 1
    made[made.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


def damaged(made: bytes, place: int) -> bytes:
    """Turn one bit of what was made."""
    return made[:place] + bytes([made[place] ^ 1]) + made[place + 1 :]


def misplaced(made: bytes) -> bytes:
    """Say of a ZIP file's list of members that it stands further on: they would be before its start."""
    place = int.from_bytes(made[-6:-2], "little") + 4096
    return made[:-6] + place.to_bytes(4, "little") + made[-2:]


# -- workbooks -----------------------------------------------------------------------------------------------


def merged(book: xlsxwriter.Workbook) -> None:
    """Write a header below a title that spans it, with cells that are only formatted around."""
    sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
    sheet.merge_range(0, 0, 0, 2, "Fravær november 2026", bold)
    put(book, sheet, (HEADER, *ROWS), (1, 0))
    for place in range(10):
        sheet.write_blank(4 + place, place, None, bold)


PLAIN = of(HEADER, *ROWS)
DAYS = of(
    ("E-Mail", "Anwesenheit", "Von", "Bis"),
    ("user12@example.com", "Abwesend", date(2020, 1, 1), date(2099, 12, 31)),
    ("user33@example.com", "Abwesend", date(2020, 1, 1), date(2020, 12, 31)),
    ("user45@example.com", "Abwesend", datetime(2020, 1, 1), datetime(2099, 12, 31, 16, 30)),  # noqa: DTZ001
    ("user56@example.com", "Anwesend", None, None),
)
NUMBERS = of(
    ("associateId", "status", "message"),
    (12.0, "Away", 47),
    (33.5, "Away", ""),
    ("45", "Away", 1.5),
    (1e15, "Away", ""),
    (56, "Normal", True),
)
FORMULAS = of(
    HEADER,
    (("=6*2", 12), "Away", ('=CONCATENATE("Ferie til ","fredag")', "Ferie til fredag")),
    (33, ('=IF(1,"Away","Normal")', "Away"), ("=1+1", 2)),
    (45, "Away", ("=NA()", "#N/A")),
    (("=A99/0", "#DIV/0!"), "Away", ""),
    (56, "Normal", ""),
)
TAKEN_BACK = of(
    (*HEADER, "_result", "_reason", "_detail", "_http_status", "_attempts", "_line"),
    (12, "Away", "'=1+1", "invalid", "unknown_status", "no status", "", 0, 3),
    (33, "Normal", "", "rejected", "refused", "gone", 404, 1, 4),
)
TITLED = of(("Fravær november 2026",), (), HEADER, *ROWS)
OTHER = of(("Kode", "Betydning"), ("SYK", "Sykmeldt"), name="Koder")


# -- what there is -------------------------------------------------------------------------------------------


def packed() -> dict[str, bytes]:
    """Give the packed files, by their paths."""
    return {
        "leave.csv.gz": gzipped(TEXT),
        "leave.csv": gzipped(TEXT),
        "two-members.csv.gz": gzipped(TEXT) + gzipped(b"45,Away,Kurs\n"),
        "leave.csv.zst": zstandard.compress(TEXT),
        "lines.jsonl.gz": gzipped(b'{"associateId": 12, "status": "Away"}\n'),
        "leave.zip": zipped({"leave.csv": TEXT}),
        "from-a-mac.zip": zipped(
            {"leave/": b"", "leave/leave.csv": TEXT, "__MACOSX/._leave.csv": b"\0\5\x16\7"}
        ),
        "workbook.zip": zipped({"leave.xlsx": workbook(PLAIN)}),
        "two-files.zip": zipped({"leave.csv": TEXT, "readme.txt": b"Ask Ann.\n"}),
        "no-file.zip": zipped({}),
        "encrypted.zip": encrypted(),
        "zip-in-zip.zip": zipped({"leave.zip": zipped({"leave.csv": TEXT})}),
        "twice.csv.gz.gz": gzipped(gzipped(TEXT)),
        "cut.csv.gz": gzipped(TEXT * 50)[:-40],
        "damaged.csv.gz": damaged(gzipped(TEXT), -6),
        "cut.csv.zst": zstandard.compress(TEXT * 50)[:-9],
        "damaged.zip": damaged(zipped({"leave.csv": TEXT}), 60),
        "cut.zip": zipped({"leave.csv": TEXT})[:-30],
        "nameless.zip": zipped({"leave.csv": TEXT}).replace(b"leave.csv", b"\0eave.csv"),
        "misplaced.zip": misplaced(zipped({"leave.csv": TEXT})),
        "empty.csv.gz": gzipped(b""),
        "letter.docx": zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"}),
        "leave.7z": b"7z\xbc\xaf\x27\x1c\0\4" + bytes(24),
    }


def workbooks() -> dict[str, bytes]:
    """Give the workbooks, and what looks like some, by their paths."""
    good = workbook(PLAIN)
    return {
        "plain.xlsx": good,
        "plain.csv": good,
        "one-of-three.xlsx": workbook(several(OTHER, of(HEADER, *ROWS, name="Fravær"), of(name="Tom"))),
        "two-that-fit.xlsx": workbook(
            several(of(HEADER, *ROWS, name="Oslo"), of(HEADER, (45, "Away", "Kurs"), name="Bergen"))
        ),
        "one-hidden.xlsx": workbook(several(PLAIN, hidden(of(HEADER, (45, "Away", "Kurs"), name="Gammel")))),
        "none-that-fits.xlsx": workbook(several(OTHER, of(("Navn", "Kode"), ("Ann", "SYK"), name="Fravær"))),
        "days.xlsx": workbook(DAYS),
        "days-since-1904.xlsx": workbook(DAYS, date_1904=True),
        "numbers.xlsx": workbook(NUMBERS),
        "formulas.xlsx": workbook(FORMULAS),
        "below-and-right.xlsx": workbook(of(HEADER, ROWS[0], (), ROWS[1], at=(4, 2))),
        "title.xlsx": workbook(TITLED),
        "merged-title.xlsx": workbook(merged),
        "failed.xlsx": workbook(TAKEN_BACK),
        "empty.xlsx": workbook(of()),
        "header-only.xlsx": workbook(of(HEADER)),
        "old.xls": OLE + bytes(504),
        "cut.xlsx": good[:-400],
        "damaged.xlsx": damaged(good, good.index(b"xl/worksheets/sheet1.xml") + 60),
        "misplaced.xlsx": misplaced(good),
        "no-workbook.xlsx": zipped({"[Content_Types].xml": b"<Types/>"}),
        "calc.ods": zipped(
            {
                "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
                "content.xml": b"<office:document-content/>",
                "META-INF/manifest.xml": b"<manifest:manifest/>",
            }
        ),
        "binary.xlsb": zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": bytes(9)}),
    }


LARGE: dict[str, Callable[[], bytes]] = {
    "large/late-letter.csv": lambda: late("utf-8"),
    "large/late-letter-cp1252.csv": lambda: late("cp1252"),
    "large/late-letter.csv.gz": lambda: gzipped(late("utf-8")),
    "large/late-letter.csv.zst": lambda: zstandard.compress(late("utf-8")),
    "large/late-letter.zip": lambda: zipped({"leave.csv": late("utf-8")}),
    "large/late-damage.csv": lambda: late("utf-8")[:-6] + b"\xc3\n",
    "large/long-field.csv": lambda: TEXT + b'45,Away,"' + b"x" * 140_000 + b'"\n',
    "large/bomb.csv.gz": lambda: gzipped(bytes(70 << 20)),
    "large/bomb.csv.zst": lambda: zstandard.compress(bytes(70 << 20)),
    "large/bomb.zip": lambda: zipped({"leave.csv": bytes(70 << 20)}),
    "large/bomb.xlsx": lambda: bomb_in(workbook(PLAIN)),
}


def late(encoding: str) -> bytes:
    """Make a file whose first letter that is not ASCII comes after more than 100 kB that hardly shrink."""
    luck = random.Random(20261123)
    rows = "".join(f"{number},Normal,,{luck.randbytes(30_000).hex()}\n" for number in (33, 45))
    return f"associateId,status,message,notes\n{rows}12,Away,Blåbærtur,y\n".encode(encoding)


def bomb_in(book: bytes) -> bytes:
    """Make a workbook one of whose parts unpacks to what no memory should hold."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    end = b"</sheetData>"
    sheet = parts["xl/worksheets/sheet1.xml"]
    return zipped({**parts, "xl/worksheets/sheet1.xml": sheet.replace(end, bytes([32]) * (70 << 20) + end)})


def main() -> None:
    """Write the files."""
    by_folder = {
        FILES / "packed": packed(),
        FILES / "xlsx": workbooks(),
        FILES / "hr" / "xlsx": leave_books(),
        EXAMPLES: example_books(),
    }
    for folder, made in by_folder.items():
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.items():
            (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
