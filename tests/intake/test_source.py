"""Where the bytes of a job come from, and in which encoding they are."""

import hashlib
import io
import os
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from presence_worker.errors import InputRefused
from presence_worker.intake.containers import CHUNK
from presence_worker.intake.job import open_job
from presence_worker.settings import Input, Settings

from .reading import HEADER, Write, read, refusal

JOB = f"{HEADER}5,StatusNotAvailable,Påskeferie\n"
OTHER = "The file is damaged, or it has another encoding: then set input.encoding (--encoding)"
EMPTY = "an empty file is usually a failed export"


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_the_file_tells_its_encoding(written: str, used: str, write: Write) -> None:
    """A mark decides, else UTF-8, else cp1252; the job says which it was."""
    path = write(JOB.encode(written))

    job, rows = read(path)

    assert (job.encoding, rows[0].message) == (used, "Påskeferie")


def test_big_endian_utf16(write: Write) -> None:
    """The mark also tells the order of the bytes."""
    path = write("\ufeff".encode("utf-16-be") + JOB.encode("utf-16-be"))

    job, rows = read(path)

    assert (job.encoding, rows[0].message) == ("utf-16", "Påskeferie")


@pytest.mark.parametrize("named", ["utf-8", "UTF8", "utf-16-le", "cp1252"])
def test_a_mark_wins_over_the_setting(named: str, write: Write) -> None:
    """A mark is no guess; with it read as text, the first column would have a strange name."""
    path = write(JOB.encode("utf-8-sig"))

    job, rows = read(path, encoding=named)

    assert (job.encoding, rows[0].message) == ("utf-8-sig", "Påskeferie")


@pytest.mark.parametrize("named", ["latin-1", "cp865", "utf-16-be", "utf-7", "shift_jis"])
def test_an_encoding_can_be_named(named: str, write: Write) -> None:
    """Where the file does not tell, the operator does."""
    path = write(f"{HEADER}5,StatusNotAvailable,Kuba\n".encode(named))

    job, rows = read(path, encoding=named)

    assert (job.encoding, rows[0].message) == (named, "Kuba")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{HEADER}5,Away,é\n6,Away,".encode() + b"\xe9\n",
         f"FILE, line 3: byte 0xe9 is not valid utf-8 (byte 45 of the file). {OTHER}"),
        (f"{HEADER}5,Away,".encode() + b"\x81\n",
         f"FILE, line 2: byte 0x81 is not valid cp1252 (byte 35 of the file). {OTHER}"),
        (b"\xef\xbb\xbfa\n\xff\n",
         f"FILE, line 2: byte 0xff is not valid utf-8-sig (byte 6 of the file). {OTHER}"),
        (b"\xff\xfea\0\n\0a",
         f"FILE, line 2: byte 0x61 is not valid utf-16 (byte 7 of the file). {OTHER}"),
        (b"\xff\xfea", f"FILE, line 1: byte 0x61 is not valid utf-16 (byte 3 of the file). {OTHER}"),
        (b"\xfe\xff\0\n\xd8\0",
         f"FILE, line 2: byte 0xd8 is not valid utf-16 (byte 5 of the file). {OTHER}"),
        (b"\xff\xfe\0\0\n\0\0\0a",
         f"FILE, line 2: byte 0x61 is not valid utf-32 (byte 9 of the file). {OTHER}"),
        (HEADER.encode("utf-16-le"), ("FILE: has NUL characters, like UTF-16 without its mark. "
         "If so, run it with --encoding utf-16-le")),
        ("[{}]".encode("utf-16-be"), ("FILE: has NUL characters, like UTF-16 without its mark. "
         "If so, run it with --encoding utf-16-be")),
        (HEADER.encode("utf-32-le"), ("FILE: has NUL characters, like UTF-32 without its mark. "
         "If so, run it with --encoding utf-32-le")),
        (HEADER.encode("utf-32-be"), ("FILE: has NUL characters, like UTF-32 without its mark. "
         "If so, run it with --encoding utf-32-be")),
        (b"", f"FILE: the file is empty. Check the export: {EMPTY}"),
        (b"\xef\xbb\xbf", f"FILE: only empty lines. Check the export: {EMPTY}"),
        (b"\r\n \n,,\n", f"FILE: only empty lines. Check the export: {EMPTY}"),
        (HEADER, f"FILE: no rows. Check the export: {EMPTY}"),
    ],
)  # fmt: skip
def test_bytes_that_are_no_job(content: str | bytes, said: str, write: Write) -> None:
    """What cannot be decoded, is another kind of file, or is empty, is refused; nothing is guessed."""
    path = write(content)

    assert refusal(path) == said


def test_the_line_of_a_bad_byte_far_down(write: Write) -> None:
    """The line is counted from the start, however large the file."""
    row = "5,Away,é\n"
    lines = CHUNK // len(row.encode()) + 10
    good = f"{HEADER}{row * lines}".encode()
    path = write(good + b"\xff")

    said = f"byte 0xff is not valid utf-8 (byte {len(good) + 1} of the file)"
    assert refusal(path) == f"FILE, line {lines + 2}: {said}. {OTHER}"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_late_first_letter(encoding: str, write: Write) -> None:
    """The first letter beyond ASCII decides, however much ASCII stands before it."""
    path = write((HEADER + "5,Away,x\n" * 20_000 + "6,Away,Påskeferie\n").encode(encoding))

    job, rows = read(path)

    assert (job.encoding, rows[-1].message) == (encoding, "Påskeferie")


def test_a_letter_across_two_pieces(write: Write) -> None:
    """One letter of UTF-8 shows that a file is damaged UTF-8 and no cp1252, wherever our pieces end."""
    path = write(HEADER.encode().ljust(CHUNK - 1, b"\n") + "é\n".encode() + b"\xff")

    assert "byte 0xff is not valid utf-8" in refusal(path)


@pytest.mark.parametrize("named", ["nonsense", "base64", "rot13", "undefined", "a\0b"])
def test_what_is_no_encoding(named: str) -> None:
    """A name that stands for no encoding of text is a wrong setting: no job is opened with it."""
    with pytest.raises(ValidationError, match="must be an encoding such as utf-8 or cp1252"):
        Input(encoding=named)


def test_a_named_encoding_has_no_fallback(write: Write) -> None:
    """Who names an encoding gets that one or a refusal."""
    path = write(JOB.encode("cp1252"))

    assert (
        refusal(path, encoding="ascii")
        == f"FILE, line 2: byte 0xe5 is not valid ascii (byte 50 of the file). {OTHER}"
    )


def test_a_directory(tmp_path: Path) -> None:
    """A directory is no job."""
    assert refusal(tmp_path) == "FILE: a folder, not a file. Name a file in it"


def test_a_missing_file(tmp_path: Path) -> None:
    """What is not there is refused, with what to check."""
    assert refusal(tmp_path / "none.csv") == "FILE: the file does not exist. Check its name and its folder"


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Root may read everything, so for a moment we are nobody."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield
    os.seteuid(before)


def test_a_file_we_may_not_read(write: Write, request: pytest.FixtureRequest) -> None:
    """Missing permission is named as such."""
    path = write(JOB)
    path.chmod(0)
    request.getfixturevalue("unprivileged")

    assert refusal(path) == "FILE: no permission. Let the account that runs presence-worker read the file"


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that opens and cannot be read")
def test_a_file_that_breaks_while_it_is_read() -> None:
    """An I/O error is the input's fault, not a bug."""
    assert refusal("/proc/self/mem") == "FILE: Input/output error"


def test_a_fifo_is_read_once(tmp_path: Path) -> None:
    """A named pipe can only be read once, and that is enough."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=(JOB, "utf-8"))
    writer.start()

    job, rows = read(path)

    writer.join()
    assert (rows[0].message, job.stdin) == ("Påskeferie", False)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dash is standard input, under a name people know."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(JOB.encode())))

    job, rows = read("-")

    assert (job.name, job.stdin, len(rows)) == ("standard input", True, 1)


def test_standard_input_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors in what was piped name standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))

    assert refusal("-") == f"standard input: the file is empty. Check the export: {EMPTY}"


def test_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a standard input (as under some schedulers) there is no job."""
    monkeypatch.setattr(sys, "stdin", None)

    assert refusal("-") == "standard input: closed. Pipe the file into it, or name a file"


def test_the_digest_is_of_all_bytes(write: Write) -> None:
    """The digest is that of the file as it lies there, mark included."""
    content = JOB.encode("utf-8-sig")

    job, _ = read(write(content))

    assert job.sha256 == hashlib.sha256(content).hexdigest()


def test_a_file_that_changes_while_it_is_read(write: Write) -> None:
    """A file somebody still writes is half a job: refused, and to be run again."""
    path = write(JOB)

    def read_it_while_it_grows() -> None:
        with open_job(str(path), Settings(), date(2026, 12, 1)):
            path.write_text(JOB * 2, "utf-8")

    with pytest.raises(InputRefused, match=r"changed while it was read\. Run it again when it is complete"):
        read_it_while_it_grows()
