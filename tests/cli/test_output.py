"""Streams that are closed, full, gone or of another encoding: the run goes on, and the exit code is true."""

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TextIO

import pytest

from presence_worker.cli.main import execute
from presence_worker.sandbox import Sandbox
from tests.run.given import WORKER, Worker, away, called, ended, started, wishes, write_csv

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no such device here")


def job(worker: Worker) -> str:
    return str(write_csv(worker.folder / "blåbær.csv", away([1, 4711, 2])))


def shell(redirections: str) -> list[str]:
    """Give what starts a command with redirections only a shell can make."""
    return ["sh", "-c", f'exec "$@" {redirections}', "sh", *WORKER]


@contextmanager
def printing_to(out: TextIO | None, err: TextIO | None) -> Iterator[None]:
    with redirect_stdout(out), redirect_stderr(err):
        yield


@pytest.mark.parametrize(
    "redirections", [">&- 2>&-", "2>&-", pytest.param(">/dev/full 2>/dev/full", marks=needs_full)]
)
def test_the_exit_code_stays_true(redirections: str, worker: Worker, sandbox: Sandbox) -> None:
    """All rows are sent and reported, whoever closed or filled the streams before we began."""
    done = called("run", job(worker), *worker.options, "--json", before=shell(redirections))

    (folder,) = (worker.state / "runs").iterdir()
    assert (done.code, len(wishes(sandbox))) == (3, 3)
    assert json.loads((folder / "summary.json").read_bytes())["exit_code"] == 3
    assert done.out.count("\n") == (1 if redirections == "2>&-" else 0)


def test_a_reader_who_has_gone(worker: Worker) -> None:
    """A broken pipe is the reader's affair, also where Python would make it an error at the very end."""
    gone, ours = os.pipe()
    os.close(gone)
    try:
        with started("run", job(worker), *worker.options, "--json", stdout=ours) as process:
            done = ended(process)
    finally:
        os.close(ours)

    assert done.code == 3
    assert "Traceback" not in done.err
    assert "Exception ignored" not in done.err


@pytest.mark.parametrize("stream", ["closed", "none", pytest.param("full", marks=needs_full)])
@pytest.mark.parametrize("words", [("--json",), (), ("-q",)])
def test_whatever_the_streams_a_check_ends_well(stream: str, words: tuple[str, ...], worker: Worker) -> None:
    """Neither words nor objects make a difference."""
    path = job(worker)
    closed, full = io.StringIO(), FULL.open("w") if stream == "full" else None
    closed.close()
    target = {"closed": closed, "full": full}.get(stream)

    with printing_to(target, target):
        codes = [execute(["check", path, *words]), execute(["check", "nowhere", *words]), execute(["chekc"])]
    if full:
        with pytest.raises(OSError, match="No space left"):
            full.close()

    assert codes == [0, 4, 2]


def test_what_goes_to_a_closed_standard_error_does_not_go_elsewhere() -> None:
    """With standard error closed, standard output still has one object and nothing else."""
    out = io.StringIO()

    with printing_to(out, None):
        code = execute(["check", "nowhere.csv", "--json"])

    assert (code, json.loads(out.getvalue())["exit_code"]) == (4, 4)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8", "utf-16"])
def test_an_object_is_an_object_in_any_encoding(encoding: str, worker: Worker) -> None:
    """Where the stream takes no UTF-8, other letters are escaped as JSON does it; readers see the same."""
    out = io.BytesIO()
    path = job(worker)

    with printing_to(io.TextIOWrapper(out, encoding=encoding), io.StringIO()):
        code = execute(["check", path, "--json"])
        text = out.getvalue().decode(encoding)

    assert (code, json.loads(text)["input"]["name"]) == (0, path)
    assert encoding == "utf-8" or text.isascii()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_words_are_printed_in_any_encoding(encoding: str, worker: Worker) -> None:
    """A letter the stream does not have is replaced; the line is not left out."""
    out, err = io.BytesIO(), io.BytesIO()
    path = write_csv(worker.folder / "Ŝlosilo.csv", [("x", "Away", "")])
    streams = [io.TextIOWrapper(each, encoding=encoding) for each in (out, err)]

    with printing_to(*streams):
        execute(["check", str(path)])
        texts = [each.getvalue().decode(encoding) for each in (out, err)]

    assert all(("Ŝ" if encoding == "utf-8" else "?") + "losilo.csv" in text for text in texts)
    assert [line for line in texts[1].splitlines() if line.startswith("Next: ")]


@pytest.mark.parametrize(
    "name", ["ev\x1b[31mil.csv", "\u202efdp.csv", "a\rb.csv", "a\nb.csv", "caf\udce9.csv"]
)
@pytest.mark.parametrize("command", ["run", "check"])
def test_the_name_of_a_file_steers_no_terminal(command: str, name: str, worker: Worker) -> None:
    """Escapes, text that runs backwards and half characters: harmless in all that is printed."""
    (worker.folder / name).write_bytes(b"")

    shown = worker.call(command, name, *worker.options)
    told = worker(command, name)

    text = shown.out + "".join(line for line in shown.err.splitlines() if not line.startswith("{"))
    assert (shown.code, told.code, told.summary["exit_code"]) == (4, 4, 4)
    assert not [character for character in text if not character.isprintable() and character != "\n"]
    assert "empty" in told.summary["message"]


def test_a_job_whose_name_is_no_utf_8_is_delivered(worker: Worker, sandbox: Sandbox) -> None:
    """Files of older systems have such names; what is in them counts."""
    path = worker.folder / "caf\udce9.csv"
    write_csv(worker.folder / "job.csv", away([1, 2])).rename(path)

    ended = worker("run", path)

    assert (ended.code, len(wishes(sandbox))) == (0, 2)
    assert ended.summary["input"]["name"].endswith("caf\\udce9.csv")
