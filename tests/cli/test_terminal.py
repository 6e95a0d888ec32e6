"""At a terminal: a line that moves, a summary that fits, and everything said once."""

import os
import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.raw_server import RawServer, answer, echo
from tests.run.given import (
    Ended,
    Row,
    Worker,
    away,
    ended,
    for_associates,
    raw_up,
    slowly,
    started,
    write_csv,
)

fcntl = pytest.importorskip("fcntl", reason="there are no pseudo-terminals there")
pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")
MESSY = Path(__file__).parents[2] / "config" / "examples" / "messy.csv"
COLOUR = re.compile(r"\x1b\[([\d;]*)m")
ESCAPE = re.compile(r"\x1b\[[\d;?]*[A-Za-z]|\r")
CLEAR = "\r\x1b[K"  # whatever stood on the row
GONE = answer(404)


@pytest.fixture
def at_desk(
    worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> Callable[[RawServer], Worker]:
    """Somebody whose terminal is a usual one."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return worker_on


def at_a_terminal(*words: str | Path, stdout: int | None = None) -> Ended:
    """Call a command at a terminal of 80 columns; what it shows is `out`, escapes included."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with started(*words, stdout=stdout or theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = read_all(ours)
        done = ended(process)
    return Ended(code=done.code, out=shown, err=done.err)


def read_all(terminal: int) -> str:
    """Read what is shown until nobody shows anything any more."""
    shown = b""
    with os.fdopen(terminal, "rb", buffering=0) as screen:
        while True:
            try:
                piece = screen.read(4096)
            except OSError:  # the other end was closed
                return shown.decode()
            shown += piece or b""


def job(worker: Worker, rows: int) -> Path:
    return write_csv(worker.folder / "job.csv", away(range(1, rows + 1)))


def test_a_line_tells_how_it_goes(at_desk: Callable[[RawServer], Worker]) -> None:
    """While rows are delivered it shows their number, the pace, and what is not done; then it goes."""
    with raw_up(for_associates({3: GONE}, slowly(echo, 0.4))) as server:
        worker = at_desk(server)

        shown = at_a_terminal("run", job(worker, 30), *worker.options)

    plain = ESCAPE.sub("", shown.out)
    assert shown.code == 3
    assert re.search(r"\d+ of 30 sent · \d+/s · 1 not done · about 0:\d\d left", plain)
    assert COLOUR.search(shown.out)
    assert shown.out.rfind("\x1b[?25h") > shown.out.rfind("\x1b[?25l")  # the cursor is back
    assert '{"' not in plain  # no JSON at a terminal
    assert [line.split()[0] for line in plain.splitlines() if "presence-worker run" in line] == ["Next:"]
    assert not [line for line in plain.splitlines() if len(line) > 80 and "/" not in line]


def test_no_color_is_heeded(at_desk: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wants no colours gets none, and the line all the same."""
    monkeypatch.setenv("NO_COLOR", "1")
    with raw_up(slowly(echo, 0.04)) as server:
        worker = at_desk(server)

        shown = at_a_terminal("run", job(worker, 20), *worker.options)

    codes = {int(code) for colour in COLOUR.findall(shown.out) for code in colour.split(";") if code}
    assert " of 20 sent" in shown.out
    assert not [code for code in codes if 30 <= code <= 107]


def test_quiet_is_quiet(at_desk: Callable[[RawServer], Worker]) -> None:
    """-q leaves on the screen what went wrong, the report, and what to do next: the mail of a bad night."""
    with raw_up(for_associates({2: GONE})) as server:
        worker = at_desk(server)

        shown = at_a_terminal("run", job(worker, 2), *worker.options, "-q")

    *what, report, page, following = shown.out.splitlines()
    message, needs_attention = "\n".join(what).split("\n\n")
    assert " ".join(map(str.strip, message.splitlines())) == (
        "presence-worker: 1 of 2 rows done. 1 needs attention: CRM administrator 1. "
        "Correct what is listed for the CRM administrator. Then run failed.csv."
    )
    assert needs_attention.startswith("Needs attention\n  CRM administrator: ")
    assert "1  SuperOffice rejected the change" in needs_attention
    assert report.startswith("Report: ")
    assert (shown.code, following.startswith("Next: presence-worker run ")) == (3, True)
    assert page.startswith("Help: presence-worker manual ")


def test_an_object_does_not_mix_with_the_line(at_desk: Callable[[RawServer], Worker], tmp_path: Path) -> None:
    """With standard output elsewhere, the line is still on the screen, and so is what to do next."""
    with raw_up(for_associates({2: GONE}, slowly(echo, 0.03))) as server:
        worker = at_desk(server)
        with (tmp_path / "out").open("w+b") as out:
            shown = at_a_terminal("run", job(worker, 12), *worker.options, "--json", stdout=out.fileno())

    told = Ended(code=shown.code, out=(tmp_path / "out").read_text("utf-8"), err="")
    assert told.summary["exit_code"] == shown.code == 3
    assert " of 12 sent" in shown.out
    assert f"Next: {told.summary['next']}" in shown.out
    assert '"schema_version"' not in shown.out


def test_log_lines_stand_above_the_line(at_desk: Callable[[RawServer], Worker]) -> None:
    """With -v each line of the log is whole, and begins at the left: the line at the bottom makes room."""
    with raw_up(for_associates({3: GONE}, slowly(echo, 0.03))) as server:
        worker = at_desk(server)

        shown = at_a_terminal("run", job(worker, 24), *worker.options, "-v")

    visible = [row.rpartition(CLEAR)[2].strip() for row in shown.out.split("\n")]
    logged = [row for row in visible if row.startswith(("info ", "debug ", "warning "))]
    assert "warning row.rejected row=3 associate_id=3" in "\n".join(logged)
    assert len(logged) >= 24
    assert not [row for row in visible if " of 24 sent" in row]


def test_a_terminal_that_cannot_draw_gets_no_line(
    at_desk: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where TERM is dumb nothing moves, and nothing steers."""
    monkeypatch.setenv("TERM", "dumb")
    with raw_up() as server:
        worker = at_desk(server)

        shown = at_a_terminal("run", job(worker, 2), *worker.options)

    assert (shown.code, "\x1b" in shown.out) == (0, False)


def test_a_log_at_a_terminal_has_short_lines(at_desk: Callable[[RawServer], Worker]) -> None:
    """With -vv every event is a line for people, and steers nothing; with --no-progress none moves."""
    with raw_up(for_associates({2: answer(404, b'{"ErrorMessage": "\\u001b[31mno"}')})) as server:
        worker = at_desk(server)

        shown = at_a_terminal("run", job(worker, 2), *worker.options, "-vv", "--no-progress")

    assert "warning row.rejected row=2 associate_id=2" in shown.out
    assert "info run.ended" in shown.out
    assert " of 2 sent" not in shown.out
    assert "\x1b" not in shown.out


def test_without_the_line_the_notes_stay(at_desk: Callable[[RawServer], Worker]) -> None:
    """--no-progress takes away what moves; what the run announces, or waits for, is said all the same."""
    with raw_up() as server:
        worker = at_desk(server)

        shown = at_a_terminal("run", job(worker, 2), *worker.options, "--no-progress")

    assert "Note: 2 requests, 0.0 s at 100000 requests/s" in shown.out
    assert " of 2 sent" not in shown.out


def test_an_error_fits(at_desk: Callable[[RawServer], Worker]) -> None:
    """What is wrong is not broken within a word; what is to be copied stays whole."""
    with raw_up() as server:
        worker = at_desk(server)
        worker.url = f"ftp://{'a' * 70}.example.com"

        shown = at_a_terminal("run", job(worker, 2), *worker.options)

    *lines, page, following = shown.out.splitlines()
    assert (shown.code, len(lines) > 0) == (2, True)
    assert not [line for line in lines if len(line) > 80]
    assert following.startswith("Next: ")
    assert page.startswith("Help: ")


@pytest.mark.parametrize("command", ["run", "check"])
def test_the_summary_fits(command: str, worker: Worker) -> None:
    """Lines end before column 80, but for paths and commands, which are never broken."""
    folder = worker.folder / ("a-folder-with-a-name-of-" + "many-words-" * 8)
    folder.mkdir()
    path = folder / "messy.csv"
    path.write_bytes(MESSY.read_bytes())

    shown = worker.call(command, str(path), *worker.options_of(command))

    lines = shown.out.splitlines()
    assert shown.code == 3
    assert not [line for line in lines if len(line) > 80 and str(worker.folder) not in line]
    assert [line for line in lines if str(path) in line]
    assert lines[-1].startswith("Next:   presence-worker ")
    assert lines[-2].startswith("Help:   presence-worker manual ")
    assert not [line for line in lines if line != line.rstrip()]


@pytest.mark.parametrize("words", [["resume", "20261123T020000Z-7f3a"], ["check", "nowhere-" * 30]])
def test_what_a_message_names_is_whole(words: list[str], worker: Worker) -> None:
    """What is to be copied from the screen stands on one line."""
    shown = worker.call(*words, *worker.options_of(words[0]))

    assert [line for line in (shown.out + shown.err).splitlines() if f"{words[1]}:" in line]


def test_many_kinds_of_trouble_are_cut_short(
    worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight kinds are enough for a screen; the report has all."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ATTEMPTS", "1")
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_FAILURES", "none")
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__PROTECTED_IDS", "[9]")
    wrong: list[Row] = [("x", "Away", ""), (5, "?", ""), (6, "StatusSpm", ""), (7, "Away", "m" * 256)]
    wrong += [(8, "Away", "\a"), (9, "Away", ""), (10, "Away", ""), (10, "Normal", "")]
    with raw_up(for_associates({2: GONE, 3: answer(500), 4: answer(503)})) as server:
        worker = worker_on(server)
        path = write_csv(worker.folder / "job.csv", [*away(range(1, 5)), *wrong])

        shown = worker.call("run", str(path), *worker.options, "--max-invalid", "none")

    assert shown.code == 3
    assert "           and 2 more kinds, in the report" in shown.out
