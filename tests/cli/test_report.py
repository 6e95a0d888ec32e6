"""`report`: the files of a run, shown in a browser or printed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.manual.documents import ROOT, blocks
from tests.run.given import Ended, Worker, called
from tests.run.nights import BEGAN, kept

FILES = {"html": "report.html", "csv": "report.csv", "jsonl": "report.jsonl", "json": "summary.json"}


def report(worker: Worker, *words: str, **environment: str) -> Ended:
    """Call `report last` as a process of its own."""
    command = ("report", "last", "--state-dir", str(worker.state), *words)
    return called(*command, env={**os.environ, **environment})


@pytest.mark.parametrize(("kind", "name"), FILES.items())
def test_a_file_is_printed_as_it_is(kind: str, name: str, worker: Worker) -> None:
    """Standard output has its bytes and nothing else, so that it can be piped into another program."""
    folder = kept(worker.state)

    ended = worker.call("report", "last", "--as", kind, "--state-dir", str(worker.state))

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.encode() == (folder / name).read_bytes()


def test_a_reader_may_go_early(worker: Worker) -> None:
    """`report last --as jsonl | head -1` is no error, and needs no traceback."""
    kept(worker.state, rows=2000)
    reading, writing = os.pipe()
    os.close(reading)

    with os.fdopen(writing, "wb") as pipe:
        ended = called("report", "last", "--as", "jsonl", "--state-dir", worker.state, stdout=pipe)

    assert (ended.code, ended.err) == (0, "")


def test_without_standard_output_the_files_are_written(worker: Worker) -> None:
    """A scheduler may close it."""
    folder = kept(worker.state)
    words = f"{sys.executable} -m presence_worker report last --as csv --state-dir {worker.state} >&-"

    ended = subprocess.run(["sh", "-c", words], capture_output=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, b"")
    assert (folder / "report.csv").is_file()


def test_only_one_thing_is_printed(worker: Worker) -> None:
    """--json promises one JSON object whatever happens, --as a file: together they are a usage error."""
    kept(worker.state)

    ended = worker("report", "last", "--as", "csv")

    assert (ended.code, ended.summary["state"]) == (2, "refused")


def test_the_page_is_opened(worker: Worker) -> None:
    """The browser is given the page's address, and its path is said."""
    page = kept(worker.state) / "report.html"
    browser = worker.folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{worker.folder}/address"\n')
    browser.chmod(0o700)

    ended = report(worker, "--open", BROWSER=f"{browser} %s")

    assert (ended.code, ended.err) == (0, f"Opened in the browser: {page}\n")
    assert (worker.folder / "address").read_text() == f"{page.as_uri()}\n"


def test_without_a_browser_the_path_is_said(worker: Worker, tmp_path: Path) -> None:
    """On a server there is none; the report is written and shown all the same."""
    page = kept(worker.state) / "report.html"

    ended = report(worker, "--open", BROWSER="", DISPLAY="", WAYLAND_DISPLAY="", PATH=str(tmp_path))

    assert (ended.code, ended.err) == (0, f"No browser could be started: open {page}\n")
    assert str(page) in ended.out


def test_the_page_is_opened_beside_what_is_printed(worker: Worker) -> None:
    """What is said of the browser is never on standard output."""
    folder = kept(worker.state, BEGAN)

    ended = worker.call("report", "last", "--open", "--as", "json", "--state-dir", str(worker.state))

    assert ended.out == (folder / "summary.json").read_text("utf-8")
    assert ended.err.startswith("Opened in the browser: ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_half_a_file_is_not_taken_for_all_of_it(worker: Worker) -> None:
    """A full disk is said, with where the whole file is."""
    folder = kept(worker.state)

    with Path("/dev/full").open("wb") as full:
        ended = called("report", "last", "--as", "csv", "--state-dir", worker.state, stdout=full)

    assert ended.code == 6
    assert f"the whole file is {folder / 'report.csv'}" in ended.err


def test_the_answer_for_hr_has_no_value(worker: Worker) -> None:
    """It is the one that the manual shows, and nothing in it was a cell or came from SuperOffice."""
    worker.read_before = "auto"
    shutil.copy(ROOT / "config" / "examples" / "messy.csv", worker.folder)
    worker("run", "messy.csv")

    ended = worker.call("report", "last", "--as", "text", *worker.options_of("report"))

    (shown,) = (block.text for block in blocks("reports", "text") if block.text.startswith("Your file"))
    plain = re.sub(r"\d+ \w+ 2\d{3}", "DAY", ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert plain.startswith(re.sub(r"\d+ \w+ 2\d{3}", "DAY", shown))
    cells = {"A-17", "Flextid", "StatusDeleted", "4711", "Sjuk", "Semester", "Ferie", "tillbaka", "HYPERLINK"}
    assert [each for each in cells if each in ended.out] == []
    assert worker.url not in ended.out


@pytest.mark.parametrize("content", ["", "associateId,status\n" + "x,Away\n" * 9, "name,age\nKanarie,3\n"])
def test_the_answer_about_a_refused_file(content: str, worker: Worker) -> None:
    """It has words that HR understands, whatever made the file unusable."""
    (worker.folder / "job.csv").write_text(content)
    worker("run", "job.csv")

    ended = worker.call("report", "last", "--as", "text", *worker.options_of("report"))

    assert "was not used, and nothing was changed." in " ".join(ended.out.split())
    assert [
        each for each in ("input.", "safety.", "--", "Kanarie", str(worker.folder)) if each in ended.out
    ] == []
