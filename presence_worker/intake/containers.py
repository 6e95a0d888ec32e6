"""Packed jobs, known by their first bytes: unpacked within bounds."""

import errno
import gzip
import io
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, NamedTuple
from zoneinfo import ZoneInfo

import zstandard

from ..errors import InputRefused
from ..sanitize import clean
from .formats import HEAD, refuse_binary, refuse_office
from .table import NO_EXPORT

CHUNK = 1 << 20
ZIP, EMPTY_ZIP = b"PK\x03\x04", b"PK\x05\x06"
PIECE = 1 << 11  # bytes of zstd, which become at most 64 MiB
ENCRYPTED = 1  # the bit of a ZIP member's flags
ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack without bound at one go
NO_DATE = (1980, 1, 1, 0, 0, 0)  # what programs write into a ZIP file that know none
EXTENDED_TIME = 0x5455  # the extra field of a ZIP member that has its date in UTC
HAS_CHANGED = 1  # the bit in it that says that the date of the last change is there
DAMAGE = (  # what the libraries raise for it
    EOFError,
    NotImplementedError,
    OverflowError,
    ValueError,
    struct.error,
    zlib.error,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    zstandard.ZstdError,
)


class Bounds(NamedTuple):
    """How much a packed job may unpack to."""

    most: int = 4 << 30  # bytes
    free: int = 64 << 20  # bytes, however small it is
    ratio: int = 200  # times its size beyond that; real exports shrink to a twentieth or so

    def of(self, file: IO[bytes]) -> int:
        """Return the number of bytes that *file* may unpack to."""
        return min(self.most, max(self.free, self.ratio * file.seek(0, io.SEEK_END)))


LIMITS = Bounds()


class Packing(NamedTuple):
    """One way to pack a job."""

    name: str
    unpack: Callable[[IO[bytes], str], Iterator[bytes]]  # of a file, and what it is called


def find_packing(name: str, file: IO[bytes]) -> Packing | None:
    """Return how a file is packed; None: not at all, or it is a workbook.

    Raise InputRefused for what can be neither read nor unpacked.
    """
    head = _head(file)
    refuse_binary(name, head)
    found = next((packing for mark, packing in PACKINGS.items() if head.startswith(mark)), None)
    return None if found is PACKINGS[ZIP] and is_workbook(name, file) else found


def is_workbook(name: str, file: IO[bytes]) -> bool:
    """Return whether a file is an XLSX workbook; raise InputRefused for other documents in ZIP files."""
    if not _head(file).startswith(ZIP):
        return False
    with refuse_damage(name, "a ZIP or XLSX file"), zipfile.ZipFile(file) as archive:
        members = {member.replace("\\", "/").lower() for member in archive.namelist()}
    refuse_office(name, members)
    return "[content_types].xml" in members


def unpack_content(name: str, file: IO[bytes], packing: Packing, bounds: Bounds = LIMITS) -> Iterator[bytes]:
    """Yield what is inside; raise InputRefused for damage, and for more than the bounds allow.

    What really comes out is counted: what a file says of its size proves nothing.
    """
    allowed, total = bounds.of(file), 0
    file.seek(0)
    with refuse_damage(name, f"a {packing.name} file"):
        for chunk in packing.unpack(file, name):
            total += len(chunk)
            if total > allowed:
                size = f"{bounds.most} bytes" if allowed == bounds.most else f"{bounds.ratio} times its size"
                raise InputRefused(
                    f"{name}: unpacks to more than {size}. If it is right, unpack it and run the file inside"
                )
            yield chunk


def refuse_nested(name: str, file: IO[bytes], outer: Packing) -> None:
    """Raise InputRefused where what was unpack is packed again."""
    if inner := find_packing(name, file):
        raise InputRefused(
            f"{name}: a {inner.name} file inside a {outer.name} file. Unpack it and run the file inside"
        )


def _head(file: IO[bytes]) -> bytes:
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    return head


@contextmanager
def refuse_damage(name: str, kind: str) -> Iterator[None]:
    """Refuse a damaged file with one sentence, whatever its library says."""
    try:
        yield
    except (*DAMAGE, OSError) as error:
        if not isinstance(error, DAMAGE) and error.errno != errno.EINVAL:  # that is a place before the start
            raise
        raise InputRefused(f"{name}: {kind} that is damaged or cut off. Export or copy it again") from None


def _gunzip(file: IO[bytes], _: str) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file, mode="rb") as members:
        while chunk := members.read(CHUNK):
            yield chunk


def _unzstd(file: IO[bytes], _: str) -> Iterator[bytes]:
    decompressor, frame = zstandard.ZstdDecompressor(), None
    while piece := file.read(PIECE):
        while piece:
            frame = frame or decompressor.decompressobj()
            yield frame.decompress(piece)
            if not frame.eof:
                break
            piece, frame = frame.unused_data, None
    if frame:
        raise EOFError


def _unzip(file: IO[bytes], name: str) -> Iterator[bytes]:
    with zipfile.ZipFile(file) as archive:
        members = members_of(archive)
        refuse_unreadable(name, "a ZIP file", members)
        if len(members) != 1:
            raise InputRefused(f"{name}: {_words_for_several(members)}")
        with archive.open(members[0]) as inside:
            while chunk := inside.read(CHUNK):
                yield chunk


def members_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files in an archive, without folders and what macOS puts beside them."""
    return [
        member
        for member in archive.infolist()
        if not member.filename.endswith("/") and not member.filename.startswith("__MACOSX/")
    ]


def refuse_unreadable(name: str, kind: str, members: list[zipfile.ZipInfo]) -> None:
    """Raise InputRefused for members with a password, or packed in a rare way."""
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise InputRefused(f"{name}: {kind} with a password. Save it without one and run that file")
    if any(member.compress_type not in ZIP_METHODS for member in members):
        raise InputRefused(
            f"{name}: {kind} packed in an unusual way. Pack it as usual (deflate) and run that file"
        )


def _words_for_several(members: list[zipfile.ZipInfo]) -> str:
    if not members:
        return f"an empty ZIP file. {NO_EXPORT}"
    shown = " and ".join(clean(member.filename, 60) for member in members[:2])
    number = f"{len(members)} files in it ({shown}{' and others' if len(members) > 2 else ''})"  # noqa: PLR2004
    return f"a ZIP file with {number}. Pack one file alone, or run each file by itself"


PACKINGS = {
    b"\x1f\x8b": Packing(name="gzip", unpack=_gunzip),
    b"\x28\xb5\x2f\xfd": Packing(name="zstd", unpack=_unzstd),
    ZIP: Packing(name="ZIP", unpack=_unzip),
    EMPTY_ZIP: Packing(name="ZIP", unpack=_unzip),
}


def time_of_change(file: IO[bytes], packing: Packing | None, zone: str | None) -> float | None:
    """Return when a file was last changed, in seconds since 1970; None for what came through a pipe.

    The date of a ZIP member without a time zone is taken to be in *zone*; None: this machine's.
    """
    if isinstance(file, tempfile.SpooledTemporaryFile):
        return None
    own = DATED[packing.name](file, zone) if packing and packing.name in DATED else None
    return os.fstat(file.fileno()).st_mtime if own is None else own


def _of_gzip(file: IO[bytes], _: str | None) -> float | None:
    file.seek(4)
    (changed,) = struct.unpack("<I", file.read(4))
    return changed or None


def _of_zip(file: IO[bytes], zone: str | None) -> float | None:
    with zipfile.ZipFile(file) as archive:
        (member,) = members_of(archive)
    for kind, value in _extra_fields(member.extra):
        if kind == EXTENDED_TIME and len(value) >= 5 and value[0] & HAS_CHANGED:  # noqa: PLR2004 - bits, time
            return float(struct.unpack("<i", value[1:5])[0])
    if member.date_time == NO_DATE:
        return None
    try:
        return datetime(*member.date_time, tzinfo=ZoneInfo(zone) if zone else None).timestamp()
    except (ValueError, OverflowError):  # no such day
        return None


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    while len(extra) >= 4:  # noqa: PLR2004 - kind and length
        kind, length = struct.unpack("<HH", extra[:4])
        yield kind, extra[4 : 4 + length]
        extra = extra[4 + length :]


DATED: dict[str, Callable[[IO[bytes], str | None], float | None]] = {"gzip": _of_gzip, "ZIP": _of_zip}
