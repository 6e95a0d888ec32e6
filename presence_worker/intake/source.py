"""The job's bytes: where they come from, their digest, and the encoding they are in."""

import codecs
import hashlib
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TextIO

from ..errors import InputRefused, Stopped

STDIN = "-"
CHUNK = 1 << 20
IN_MEMORY = 8 << 20  # bytes; a piped job up to this size never touches a disk
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # begins like the mark of UTF-16, so it is looked for first
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CONTAINERS = {
    b"PK\x03\x04": "a ZIP or XLSX file",
    b"\xd0\xcf\x11\xe0": "an XLS file",
    b"\x1f\x8b": "a gzip file",
}
_MULTIBYTE = re.compile(  # any valid UTF-8 beyond ASCII
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A job's bytes, surveyed from end to end and ready to be read again from the start."""

    name: str  # as people know it
    text: TextIO  # decoded, with its line ends as they are
    encoding: str
    sha256: str


@contextmanager
def open_source(job: str, encoding: str | None) -> Iterator[Source]:
    """Open the job at a path, or standard input for "-"; raise InputRefused with the reason.

    The rule is: a byte-order mark; else *encoding*; else UTF-8; else cp1252, but only for a file
    without any valid multi-byte UTF-8, for otherwise it is a damaged UTF-8 file.
    """
    name = "standard input" if job == STDIN else job
    with _opened(job) as file:
        before = _stamp(file)
        with _reading(name):
            source = _survey(name, file, encoding)
        yield source
        if _stamp(file) != before:
            raise InputRefused(f"{name}: changed while it was being read; run it again once it is complete")


@contextmanager
def _opened(job: str) -> Iterator[IO[bytes]]:
    if job == STDIN:
        if sys.stdin is None:  # the caller closed it
            raise InputRefused("standard input: closed; pipe the job into it, or name a file")
        with _spooled(sys.stdin.buffer, "standard input") as file:
            yield file
        return
    with _reading(job):
        opened = Path(job).open("rb")  # noqa: SIM115 - closed below
    with opened:
        if opened.seekable():
            yield opened
            return
        with _spooled(opened, job) as file:
            yield file


@contextmanager
def _spooled(pipe: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    """Make what can be read only once readable twice, in a nameless file that vanishes with us."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        while chunk := _next_chunk(pipe, name):
            try:
                file.write(chunk)
            except OSError as error:
                words = f"{name} is kept there while it is read"
                raise Stopped(f"{tempfile.gettempdir()}: {error.strerror}; {words}") from error
        yield file


def _next_chunk(pipe: IO[bytes], name: str) -> bytes:
    with _reading(name):
        return pipe.read(CHUNK)


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputRefused(f"{name}: {error.strerror or error}") from None


def _stamp(file: IO[bytes]) -> tuple[int, int] | None:
    """Give what changes when somebody writes a named file; a spooled one is ours alone."""
    if isinstance(file, tempfile.SpooledTemporaryFile):
        return None
    status = os.fstat(file.fileno())
    return status.st_mtime_ns, status.st_size


def _survey(name: str, file: IO[bytes], wanted: str | None) -> Source:
    digest, multibyte, tail, head = hashlib.sha256(), False, b"", b""
    for chunk in _chunks(file):
        head = head or chunk[:4]
        digest.update(chunk)
        multibyte = multibyte or bool(_MULTIBYTE.search(tail + chunk))
        tail = chunk[-3:]
    if not head:
        raise InputRefused(f"{name}: empty; an empty export is usually a broken export")
    for mark, kind in CONTAINERS.items():
        if head.startswith(mark):
            raise InputRefused(f"{name}: {kind}; save it as CSV (UTF-8) and run that")
    encoding = next((e for mark, e in MARKS.items() if head.startswith(mark)), wanted)
    if not encoding and b"\0" in head:
        raise InputRefused(
            f"{name}: has NUL characters, like UTF-16 without its mark; if it is that, "
            f"run it with --encoding utf-16-{'be' if head.startswith(bytes(1)) else 'le'}"
        )
    encoding = _verified(name, file, encoding, fallback=None if multibyte else "cp1252")
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    return Source(name=name, text=text, encoding=encoding, sha256=digest.hexdigest())


def _verified(name: str, file: IO[bytes], encoding: str | None, fallback: str | None) -> str:
    """Give the encoding every byte of the file is valid in, or refuse it, naming the first that is not."""
    chosen = encoding or "utf-8"
    fault = _first_fault(file, chosen)
    if fault and not encoding and fallback:
        chosen, fault = fallback, _first_fault(file, fallback)
    if fault:
        line, byte = fault
        raise InputRefused(
            f"{name}, line {line}: byte 0x{byte:02x} is not valid {chosen}; the file is damaged, "
            "or in another encoding, which --encoding can name"
        )
    return chosen


def _first_fault(file: IO[bytes], encoding: str) -> tuple[int, int] | None:
    """Give the line and the byte that cannot be decoded, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    try:
        for chunk in _chunks(file):
            line += decoder.decode(chunk).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        good = error.object[: error.start].decode(encoding, "replace")
        return line + good.count("\n"), error.object[error.start]
    return None


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    return iter(lambda: file.read(CHUNK), b"")
