"""The job's bytes, wherever they come from, ready to be read as text."""

import codecs
import hashlib
import io
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, TextIO

from ..errors import Cause, InputRefused, Stopped, Suggestion
from ..failed_csv import is_failed_csv
from ..journal import is_trusted
from ..settings import SECRETS, Auth, Settings
from .containers import (
    CHUNK,
    Packing,
    find_packing,
    is_workbook,
    refuse_nested,
    time_of_change,
    unpack_content,
)
from .formats import refuse_lock
from .table import NO_EXPORT, Source

STDIN = "-"
FALLBACK = "cp1252"  # the encoding of a file that is not UTF-8, and has nothing of it
FIRST_LINES = 1 << 16  # bytes in which a header stands
IN_MEMORY = 8 << 20  # bytes; a piped job up to this size never touches a disk
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # begins like the mark of UTF-16, so it is looked for first
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_MULTIBYTE = re.compile(  # any valid UTF-8 beyond ASCII
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
OTHERS = stat.S_IWGRP | stat.S_IWOTH
WHY: Mapping[type[OSError], str] = {  # a file cannot be read; else in the words of the system
    FileNotFoundError: "the file does not exist. Check its name and its folder",
    IsADirectoryError: "a folder, not a file. Name a file in it",
    PermissionError: "no permission. Let the account that runs presence-worker read the file",
}
INSTEAD = "in a folder that other users can write. Copy the file instead of the link"


class _BadByte(NamedTuple):
    line: int  # 1-based
    place: int  # in the whole file, 1-based
    byte: int


@contextmanager
def open_source(job: str, settings: Settings, called: str | None = None) -> Iterator[Source]:
    """Open the job at a path, or standard input for "-"; raise InputRefused with the reason.

    The rule is: a byte-order mark; else `input.encoding`; else UTF-8; else cp1252. A file with some valid
    multi-byte UTF-8 is never cp1252, but a damaged UTF-8 file. A failed.csv is UTF-8
    where it can be: `input.encoding` is meant for the job it came from. A file with one of the secrets of
    [auth] is never a job. People know it as *called*, if that is not its path.
    """
    name = called or ("standard input" if job == STDIN else job)
    with open_bytes(job, settings.auth) as file, _refuse_changes(name, file):
        with _faults_as_refusals(name):
            packing = find_packing(name, file)
            sha256 = _digest(file)
        with _unpack(name, file, packing) as content:
            with _faults_as_refusals(name):
                text, used = _survey(name, content, settings.input.encoding)
            yield Source(
                name=name,
                file=content,
                text=text,
                encoding=used,
                sha256=sha256,
                packing=packing.name if packing else None,
                changed=time_of_change(file, packing, settings.input.timezone),
            )


@contextmanager
def _refuse_changes(name: str, file: IO[bytes]) -> Iterator[None]:
    before = _stamp(file)
    yield
    if _stamp(file) != before:
        raise InputRefused(f"{name}: changed while it was read. Run it again when it is complete")


@contextmanager
def open_bytes(job: str, auth: Auth) -> Iterator[IO[bytes]]:
    """Open a job, or - for standard input, as it is; raise InputRefused for what must not be read."""
    if job == STDIN:
        if sys.stdin is None:  # the caller closed it
            raise InputRefused("standard input: closed. Pipe the file into it, or name a file")
        with _spool("standard input", _pieces(sys.stdin.buffer)) as file:
            yield file
        return
    refuse_lock(Path(job))
    with _faults_as_refusals(job):
        opened = Path(job).open("rb")  # noqa: SIM115 - closed below
    with opened:
        with _faults_as_refusals(job):
            found = os.fstat(opened.fileno())
            _refuse_foreign_link(Path(job), found)
            _refuse_secret(found, auth)
        if opened.seekable():
            yield opened
            return
        with _spool(job, _pieces(opened)) as file:
            yield file


@contextmanager
def _unpack(name: str, file: IO[bytes], packing: Packing | None) -> Iterator[IO[bytes]]:
    if not packing:
        yield file
        return
    with _spool(name, unpack_content(name, file, packing)) as content:
        refuse_nested(name, content, packing)
        yield content


@contextmanager
def _spool(name: str, chunks: Iterator[bytes]) -> Iterator[IO[bytes]]:
    """Write what can be read only once into a nameless file, which vanishes with us."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        while (chunk := _read_next(chunks, name)) is not None:  # an empty one is not the end
            try:
                file.write(chunk)
            except OSError as error:
                words = f"{name} is kept there while it is read"
                raise Stopped(f"{tempfile.gettempdir()}: {error.strerror}; {words}") from error
        yield file


def _read_next(chunks: Iterator[bytes], name: str) -> bytes | None:
    with _faults_as_refusals(name):
        return next(chunks, None)


@contextmanager
def _faults_as_refusals(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        words = WHY.get(type(error)) or error.strerror or error
        cause = Cause.MISSING if isinstance(error, FileNotFoundError) else Cause.UNREADABLE
        raise InputRefused(f"{name}: {words}", cause=cause) from None


def _stamp(file: IO[bytes]) -> tuple[int, int] | None:
    """Return what differs after a named file was written; a spooled one is ours alone."""
    if isinstance(file, tempfile.SpooledTemporaryFile):
        return None
    status = os.fstat(file.fileno())
    return status.st_mtime_ns, status.st_size


# -- files that must not be read as a job: an error may quote their first line for all who read the log ------


def _refuse_foreign_link(path: Path, opened: os.stat_result) -> None:
    """Raise InputRefused where other users may have put *path* before us, as a name of a file not theirs.

    They need not be able to read a file in order to link to it. *opened* is what *path* has led to. A link
    that we, root or the owner of the file have made is as good as the file.
    """
    if os.name != "posix" or not stat.S_ISREG(opened.st_mode) or not path.parent.stat().st_mode & OTHERS:
        return
    name = path.lstat()
    if stat.S_ISLNK(name.st_mode):
        if name.st_uid != opened.st_uid and not is_trusted(name.st_uid):
            raise InputRefused(f"{path}: a link to a file of another owner, {INSTEAD}")
    elif not os.path.samestat(name, opened):
        raise InputRefused(f"{path}: was replaced while it was opened. Run it again")
    elif opened.st_nlink > 1:
        raise InputRefused(f"{path}: has a second name (a hard link), {INSTEAD}")


def _refuse_secret(opened: os.stat_result, auth: Auth) -> None:
    """Raise InputRefused for a file that a secret is kept in."""
    named = {f"auth.{name}_file": getattr(auth, f"{name}_file") for name in SECRETS}
    for setting, file in {**named, "auth.private_key_file": auth.private_key_file}.items():
        if file and _is_same(file, opened):
            raise InputRefused(f"the job is the file that {setting} names. Name the file with the rows")


def _is_same(file: Path, opened: os.stat_result) -> bool:
    try:
        return os.path.samestat(file.stat(), opened)
    except OSError:
        return False


# -- what is in it -------------------------------------------------------------------------------------------


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in _pieces(file):
        digest.update(chunk)
    return digest.hexdigest()


def _survey(name: str, file: IO[bytes], wanted: str | None) -> tuple[TextIO, str | None]:
    """Return the text and its encoding; of a workbook, neither."""
    if is_workbook(name, file):
        return io.StringIO(), None
    multibyte, tail, start = False, b"", b""
    for chunk in _pieces(file):
        start = start or chunk[:FIRST_LINES]
        joined = tail + chunk
        multibyte = multibyte or not (joined.isascii() or _MULTIBYTE.search(joined) is None)
        tail = chunk[-3:]
    if not start:
        raise InputRefused(f"{name}: the file is empty. {NO_EXPORT}", cause=Cause.EMPTY)
    declared = None if is_failed_csv(start) else wanted
    encoding = next((e for mark, e in MARKS.items() if start.startswith(mark)), declared)
    if not encoding and b"\0" in start[:4]:
        unmarked = _suggest_encoding(start[:4])
        raise InputRefused(f"{name}: {unmarked.words}", settings=unmarked.settings)
    encoding = _check_encoding(name, file, encoding, fallback=wanted or (None if multibyte else FALLBACK))
    file.seek(0)
    return io.TextIOWrapper(file, encoding=encoding, newline=""), encoding


def _suggest_encoding(head: bytes) -> Suggestion:
    wide = "UTF-32" if head.count(0) > 2 else "UTF-16"  # noqa: PLR2004 - of four bytes, UTF-16 has two
    order = "be" if head.startswith(b"\0") else "le"
    encoding = f"{wide.lower()}-{order}"
    return Suggestion(
        f"has NUL characters, like {wide} without its mark. If so, run it with --encoding {encoding}",
        ({"encoding": encoding},),
    )


def _check_encoding(name: str, file: IO[bytes], encoding: str | None, fallback: str | None) -> str:
    """Return the encoding every byte of the file is valid in, or refuse it, naming the first that is not."""
    chosen = encoding or "utf-8"
    fault = _first_fault(file, chosen)
    if fault and not encoding and fallback:
        chosen, fault = fallback, _first_fault(file, fallback)
    if fault:
        raise InputRefused(
            f"{name}, line {fault.line}: byte 0x{fault.byte:02x} is not valid {chosen} "
            f"(byte {fault.place} of the file). The file is damaged, or it has another encoding: "
            "then set input.encoding (--encoding)"
        )
    return chosen


def _first_fault(file: IO[bytes], encoding: str) -> _BadByte | None:
    """Return the first byte that cannot be decoded."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, read = 1, 0
    try:
        for chunk in _pieces(file):
            read += len(chunk)
            line += decoder.decode(chunk).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        good = error.object[: error.start].decode(encoding, "replace")
        place = read - len(error.object) + error.start + 1
        return _BadByte(line=line + good.count("\n"), place=place, byte=error.object[error.start])
    return None


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    if file.seekable():
        file.seek(0)
    return iter(lambda: file.read(CHUNK), b"")
