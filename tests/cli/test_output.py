"""Streams that are closed, full, gone or of another encoding: the run goes on, and the exit code is true."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TextIO

import pytest

from presence_worker.cli.main import execute
from presence_worker.cli.output import speak_utf8
from presence_worker.sandbox import Sandbox
from tests.run.given import WORKER, Worker, away, called, ended, started, wishes, write_csv

FULL = Path("/dev/full")
SHELLS = [shell for shell in ("dash", "bash", "zsh") if shutil.which(shell)]
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
    """A letter the stream does not have is shown by its number; the line is not left out."""
    out, err = io.BytesIO(), io.BytesIO()
    path = write_csv(worker.folder / "Ŝlosilo.csv", [("x", "Away", "")])
    streams = [io.TextIOWrapper(each, encoding=encoding) for each in (out, err)]

    with printing_to(*streams):
        execute(["check", str(path)])
        texts = [each.getvalue().decode(encoding) for each in (out, err)]

    assert ("Ŝ" if encoding == "utf-8" else "\\u015c") + "losilo.csv" in texts[0]
    assert [line for line in texts[1].splitlines() if line.startswith("Next: ")]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no POSIX shell there")
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize(
    "name", ["Ŝlosilo å.csv", "it's Ŝ.csv", "caf\udce9.csv", "ev\x1b[31mil.csv", "a\nb.csv", "\u202efdp.csv"]
)
@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_to_be_typed_next_works_in_any_encoding(
    shell: str, name: str, encoding: str, worker: Worker
) -> None:
    """Where the stream lacks a letter, or it would steer the terminal, the command names its bytes."""
    out, err = io.BytesIO(), io.BytesIO()
    with printing_to(*(io.TextIOWrapper(each, encoding=encoding) for each in (out, err))):
        execute(["check", name, "--state-dir", str(worker.state)])
        command = err.getvalue().partition(b"Next: ")[2]

    script = b'presence-worker() { printf "%s\\0" "$@"; }\n'.replace(b"presence-worker", b"p")
    script += command.replace(b"presence-worker", b"p", 1)
    if encoding != "utf-8":  # what the terminal sends is what the stream had
        script = script.decode(encoding).encode()
    typed = subprocess.run([shell, "-c", script], capture_output=True, check=True).stdout

    assert typed.split(b"\0")[1].rpartition(b"/")[2] == os.fsencode(name)


def test_the_log_is_json_in_any_encoding(worker: Worker) -> None:
    """Letters the stream does not have are escaped as JSON does it: no line is lost, and none is broken."""
    path = write_csv(worker.folder / "blåbær Ŝ.csv", [(1, "Away", "")])
    env = {**os.environ, "PYTHONIOENCODING": "cp1252"}

    done = called("run", path, "--sandbox", "--state-dir", worker.state, env=env, encoding="cp1252")

    assert [event["job"] for event in done.events if "job" in event] == [str(path)]
    assert f"{worker.folder}/bl\xe5b\xe6r \\u015c.csv" in done.out


@pytest.mark.parametrize(("asked", "expected"), [(None, "utf-8"), ("cp1252", "cp1252")])
def test_files_and_pipes_of_windows_get_utf_8(
    asked: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code page of the Task Scheduler lacks letters of paths; an encoding that was asked for stays."""
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    if asked:
        monkeypatch.setenv("PYTHONIOENCODING", asked)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")

    speak_utf8(stream)

    assert stream.encoding == expected


@pytest.mark.parametrize(
    "name", ["ev\x1b[31mil.csv", "\u202efdp.csv", "a\rb.csv", "a\nb.csv", "caf\udce9.csv"]
)
@pytest.mark.parametrize("command", ["run", "check"])
def test_the_name_of_a_file_steers_no_terminal(command: str, name: str, worker: Worker) -> None:
    """Escapes, text that runs backwards and half characters: harmless in all that is printed."""
    (worker.folder / name).write_bytes(b"")

    shown = worker.call(command, name, *worker.options_of(command))
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
