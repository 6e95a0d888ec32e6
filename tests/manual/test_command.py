"""`presence-worker manual`: pages by name, the list, and one web page of all."""

import os
import pty
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from presence_worker.cli.main import execute
from presence_worker.manual.library import SUMMARIES
from presence_worker.manual_pages import ManualPage
from tests.run.given import restored

PROGRAM = Path(sysconfig.get_path("scripts")) / "presence-worker"
HEAVY = ("aiohttp", "structlog", "pydantic", "rich")
SCRIPT = f"""
import sys
from presence_worker.cli.main import execute
execute(["manual", "settings"])
print([name for name in {HEAVY} if name in sys.modules])
"""


def call(*words: str) -> int:
    with restored():
        return execute(["manual", *words])


def test_lists_all_pages(capsys: pytest.CaptureFixture[str]) -> None:
    """The list has each page with a line on what it is about."""
    assert call("--list") == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[: len(ManualPage)]] == list(ManualPage)
    assert max(map(len, lines)) < 80
    assert list(SUMMARIES) == list(ManualPage)
    assert max(map(len, lines)) <= 90


def test_no_page_is_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    """Who does not know a page's name sees them all."""
    assert call() == 0
    assert "presence-worker manual PAGE" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["exit-codes", "exit", "exit codes", "EXIT_CODES", "exit-codes.md"])
def test_shows_a_page(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A page is found by its name, or by the beginning of it."""
    assert call(name) == 0
    assert capsys.readouterr().out.startswith("Exit codes\n==========\n")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("setings", "settings"),
        ("dates", "leave-and-dates"),
        ("ticket", "sign-in"),
    ],
)
def test_a_page_that_is_not_there(name: str, nearest: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong name is a usage error that names the nearest pages, and how to list all."""
    assert call(name) == 2

    words = capsys.readouterr().err
    assert nearest in words
    assert "\nNext: presence-worker manual --list\n" in words


def test_loads_little(tmp_path: Path) -> None:
    """A page comes at once: nothing that only a run needs is loaded for it."""
    program = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(program, capture_output=True, text=True, cwd=tmp_path, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def seen(page: str, home: Path, **variables: str) -> str:
    """Give what a terminal of 80 columns, and of many lines, gets."""
    main, other = pty.openpty()
    around = {"HOME": str(home), "PATH": os.environ["PATH"], "COLUMNS": "80", "LINES": "999", **variables}
    with subprocess.Popen([PROGRAM, "manual", page], stdin=other, stdout=other, stderr=other, env=around):
        os.close(other)
        output = b""
        try:
            while piece := os.read(main, 65536):
                output += piece
        except OSError:  # the other end is closed
            pass
    os.close(main)
    return output.decode()


def test_bold_where_it_can_be(tmp_path: Path) -> None:
    """A terminal gets bold headings, unless it or its user wants none."""
    assert "\x1b[1m" in seen("terms", tmp_path, TERM="xterm")
    assert "\x1b" not in seen("terms", tmp_path, TERM="dumb")
    assert "\x1b" not in seen("terms", tmp_path, TERM="xterm", NO_COLOR="1")


def test_a_long_page_opens_in_the_pager(tmp_path: Path) -> None:
    """A page longer than the screen goes to the pager that the user names."""
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho paged; cat >/dev/null\n")
    pager.chmod(0o755)

    assert seen("settings", tmp_path, TERM="xterm", LINES="24", PAGER=str(pager)).strip() == "paged"


def test_opens_all_pages_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The web page is in a folder of the user's that a browser may read, and its path is printed."""
    (tmp_path / "Downloads").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("BROWSER", "true")

    assert call("sign-in", "--open") == 0

    path = capsys.readouterr().err.split(": ", 1)[1].strip()
    assert Path(path).read_text("utf-8").startswith("<!doctype html>")
    assert Path(path).is_relative_to(tmp_path)


def test_without_downloads_it_is_in_a_folder_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """That folder is made, and nobody else may look into it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("BROWSER", "true")

    assert call("--open") == 0

    path = Path(capsys.readouterr().err.split(": ", 1)[1].strip())
    assert path == tmp_path / "state" / "presence-worker" / "presence-worker-manual.html"
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("browser", "words", "said"),
    [
        ("echo", ("sign-in",), "Opened in the browser: {path}"),
        ("echo", (), "Opened in the browser: {path}"),
        ("false", ("sign-in",), "No browser could be started. Open {path}"),
    ],
)
def test_the_browser_opens_at_the_page(
    browser: str, words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    """Where there is none, the path is enough."""
    (tmp_path / "Downloads").mkdir()
    around = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "BROWSER": f"{browser} %s"}

    done = subprocess.run(
        [PROGRAM, "manual", *words, "--open"], env=around, capture_output=True, text=True, check=True
    )

    path = tmp_path / "Downloads" / "presence-worker-manual.html"
    anchor = "".join(f"#{word}" for word in words)
    assert done.stdout.strip() == (f"{path.as_uri()}{anchor}" if browser == "echo" else "")
    assert done.stderr.strip() == said.format(path=path)


def test_without_a_home_there_is_no_web_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that cannot be written is an error that says what to do instead."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))

    assert call("--open") == 2
    assert "Next: presence-worker manual --list" in capsys.readouterr().err
