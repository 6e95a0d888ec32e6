"""Jobs that are packed: unpacked within bounds, or refused."""

import bz2
import gzip
import hashlib
import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
import zstandard

from presence_worker.errors import InputRefused
from presence_worker.intake.containers import Bounds, find_packing, unpack_content

from .reading import HEADER, Write, read, refusal

JOB = f"{HEADER}5,StatusNotAvailable,Påskeferie\n".encode()
CUT = "that is damaged or cut off. Export or copy it again"
CHECK = "Check the export: an empty file is usually a failed export"
INSIDE = "Unpack it and run the file inside"
SAVE = "Save it as XLSX or CSV (UTF-8) and run that file"
SKIPPED = b"\x50\x2a\x4d\x18\x04\0\0\0note"  # a frame of zstd without any content


def gzipped(content: bytes) -> bytes:
    """Pack as the program gzip does, always alike."""
    return gzip.compress(content, mtime=0)


def zstd(content: bytes) -> bytes:
    """Pack as the program zstd does, with a checksum."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Pack members, each a name and its content, into a ZIP file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzipped,
    "zstd": zstd,
    "ZIP": lambda content: zipped(("changes.csv", content)),
}
BOUNDS = {
    "200 times its size": Bounds(free=1 << 20),
    "5000000 bytes": Bounds(most=5_000_000),
}


@pytest.mark.parametrize("packing", PACK)
def test_a_packed_job(packing: str, write: Write) -> None:
    """A packed job is known by its content, and its digest is that of the file as it came."""
    content = PACK[packing](JOB)

    job, rows = read(write(content))

    assert (job.format, job.encoding, rows[0].message) == ("csv", "utf-8", "Påskeferie")
    assert job.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("packing", PACK)
def test_a_packed_job_through_a_pipe(packing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes through a pipe is unpacked as well."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PACK[packing](JOB))))

    _, rows = read("-")

    assert rows[0].message == "Påskeferie"


@pytest.mark.parametrize(
    "content",
    [
        gzipped(JOB[:20]) + gzipped(JOB[20:]),
        zstd(JOB[:20]) + zstd(JOB[20:]),
        zstd(JOB[:20]) + SKIPPED + zstd(b"") + zstd(JOB[20:]),
        zipped(("hr/", b""), ("hr/changes.csv", JOB), ("__MACOSX/hr/._changes.csv", b"\0\5\x16\7")),
        zipped(("changes.csv", JOB), method=zipfile.ZIP_STORED),
    ],
)
def test_a_job_packed_in_parts(content: bytes, write: Write) -> None:
    """All members and frames belong to the job; folders of a ZIP file, and what macOS adds, do not."""
    _, rows = read(write(content))

    assert [row.message for row in rows] == ["Påskeferie"]


@pytest.mark.parametrize("packing", PACK)
def test_a_packed_job_that_is_damaged(packing: str, write: Write) -> None:
    """A file that was cut off, or of which a byte is wrong, is refused: it may be half a job."""
    content = PACK[packing](JOB)
    kind = "a ZIP or XLSX file" if packing == "ZIP" else f"a {packing} file"

    assert refusal(write(content[:-5])) == f"FILE: {kind} {CUT}"
    for place in range(12, len(content)):
        wrong = bytearray(content)
        wrong[place] ^= 0x55
        try:
            _, rows = read(write(bytes(wrong)))
        except InputRefused:
            continue
        assert [row.message for row in rows] == ["Påskeferie"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzipped(JOB) + b"more", f"a gzip file {CUT}"),
        (zstd(JOB) + b"more", f"a zstd file {CUT}"),
        (b"PK\x03\x04...", f"a ZIP or XLSX file {CUT}"),
        (zipped(("a.csv", JOB), ("b.csv", JOB)),
         "a ZIP file with 2 files in it (a.csv and b.csv). Pack one file alone, or run each file by itself"),
        (zipped(("a", JOB), ("b", JOB), ("c\u202e", JOB)),
         ("a ZIP file with 3 files in it (a and b and others). Pack one file alone, or run each "
         "file by itself")),
        (zipped(), f"an empty ZIP file. {CHECK}"),
        (zipped(("folder/", b"")), f"an empty ZIP file. {CHECK}"),
        (gzipped(b""), f"the file is empty. {CHECK}"),
        (gzipped(gzipped(JOB)), f"a gzip file inside a gzip file. {INSIDE}"),
        (zstd(zipped(("a.csv", JOB))), f"a ZIP file inside a zstd file. {INSIDE}"),
        (zipped(("a.csv.zst", zstd(JOB))), f"a zstd file inside a ZIP file. {INSIDE}"),
        (zipped(("a.xls", b"\xd0\xcf\x11\xe0...")), f"an XLS workbook, or one with a password. {SAVE}"),
        (zipped(("a.csv", JOB), method=zipfile.ZIP_LZMA),
         "a ZIP file packed in an unusual way. Pack it as usual (deflate) and run that file"),
        (b"\xd0\xcf\x11\xe0...", f"an XLS workbook, or one with a password. {SAVE}"),
        (bz2.compress(JOB), f"a bzip2 file. {INSIDE}"),
        (b"%PDF-1.7", f"a PDF. {SAVE}"),
        (zipped(("word/document.xml", b"")), f"a Word document. {SAVE}"),
        (zipped(("mimetype", b""), ("META-INF/manifest.xml", b"")),
         f"an OpenDocument file, such as ODS. {SAVE}"),
        (zipped(("[Content_Types].xml", b""), ("xl\\workbook.bin", b"")), f"an XLSB workbook. {SAVE}"),
    ],
)  # fmt: skip
def test_what_cannot_be_unpacked(content: bytes, said: str, write: Write) -> None:
    """What is inside must be one job for certain; else the sentence says what is wrong and what to do."""
    assert refusal(write(content)) == f"FILE: {said}"


def test_a_zip_with_a_password(write: Write) -> None:
    """Nobody can type a password at night."""
    content = bytearray(zipped(("changes.csv", JOB)))
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag in the directory

    assert refusal(write(bytes(content))) == (
        "FILE: a ZIP file with a password. Save it without one and run that file"
    )


@pytest.mark.parametrize("packing", PACK)
def test_a_bomb(packing: str, tmp_path: Path) -> None:
    """What comes out is counted while it does, whatever the file says of its size."""
    path = tmp_path / "bomb"
    path.write_bytes(PACK[packing](bytes(9 << 20)))

    for said, bounds in BOUNDS.items():
        with (
            path.open("rb") as file,
            pytest.raises(InputRefused, match=f"unpacks to more than {said}\\."),
        ):
            unpack(file, bounds)


def unpack(file: IO[bytes], bounds: Bounds) -> None:
    """Unpack a file as far as that is allowed."""
    packing = find_packing("FILE", file)
    assert packing
    taken = 0
    for chunk in unpack_content("FILE", file, packing, bounds):
        taken += len(chunk)
        assert taken <= bounds.most


def test_a_small_file_of_a_large_job(write: Write) -> None:
    """A job of many rows that are alike shrinks well: up to 64 MiB, that is no bomb."""
    path = write(zstd(f"{HEADER}5,Away,x{' ' * 100_000}\n".encode()))

    _, rows = read(path)

    assert rows[0].message == "x"
