"""Every exit code, for real: what a scheduler sees is true, and names what to do next."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from presence_worker.errors import EXIT_CODES, ExitCode
from presence_worker.journal import target_lock
from presence_worker.sandbox import Sandbox
from tests.raw_server import Act, RawServer, answer, echo

from .given import (
    Ended,
    Worker,
    after,
    away,
    raw_up,
    read_report,
    results,
    slowly,
    wishes,
    write_csv,
)

ELSEWHERE = answer(302, headers={"Location": "https://login.example.com/secret?x=1"})
PAGE = answer(200, b"<html>Please sign in", {"Content-Type": "text/html"})


def job(worker: Worker, *numbers: int) -> Path:
    return write_csv(worker.folder / "job.csv", away(numbers or range(1, 41)))


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield int(bound.getsockname()[1])


def assert_ended(ended: Ended, code: ExitCode, command: str) -> None:
    """The code is the one in the summary, and what to run next stands there and on standard error."""
    summary = ended.summary
    assert (ended.code, summary["exit_code"]) == (code, code)
    assert summary["message"]
    assert summary["next"].startswith(f"presence-worker {command} ")
    assert f"Next: {summary['next']}" in ended.err.splitlines()


def test_0_every_row_is_done(worker: Worker) -> None:
    """Nothing is left to do, and nothing is said of it."""
    ended = worker("run", job(worker))

    assert (ended.code, ended.summary["next"]) == (0, None)
    assert "Next" not in ended.err


def test_2_nothing_can_be_sent_with_such_settings(worker: Worker, sandbox: Sandbox) -> None:
    """All problems are told at once, and nothing is stored or sent."""
    ended = worker("run", job(worker), "--concurrency", "many", "--max-invalid", "some")

    assert_ended(ended, ExitCode.USAGE, "run")
    assert "option --concurrency: " in ended.summary["message"]
    assert "option --max-invalid: " in ended.summary["message"]
    assert (wishes(sandbox), worker.state.exists()) == ([], False)


def test_2_the_state_directory_cannot_be_made(worker: Worker, sandbox: Sandbox) -> None:
    """It is found before the first PUT."""
    (worker.folder / "file").touch()

    ended = worker.call("run", str(job(worker)), *worker.options, "--state-dir", "file/state", "--json")

    assert_ended(ended, ExitCode.USAGE, "run")
    assert "--state-dir" in ended.summary["message"]
    assert wishes(sandbox) == []


@pytest.mark.proves("SuperOffice rejects a row (400, 404 …)")
def test_3_some_rows_are_not_done(worker: Worker) -> None:
    """The run is over, and the rows that need somebody are in failed.csv."""
    ended = worker("run", job(worker, 1, 2, 4711))

    assert_ended(ended, ExitCode.INCOMPLETE, "run")
    assert ended.summary["state"] == "finished"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "job.csv: the file does not exist. Check its name and its folder"),
        ("", "empty"),
        ("associateId,status\n", "no rows"),
        ("\n\n", "only empty lines"),
        ("name,age\nx,1\n", "no column for people (associateId, login or e-mail address)"),
        ('associateId,status\n1,Away\n2,"Away\n', "line 3, column 3: "),
        ('[{"associateId": 1, "status": "Away"}', "ends too early"),
        ("PK\x03\x04", "XLSX"),
        ("associateId,status\n" + "x,Away\n" * 9, "9 of 9 rows are invalid"),
    ],
)
@pytest.mark.proves("the file is empty, cut off or damaged")
def test_4_the_input_is_refused(content: str | None, words: str, worker: Worker, sandbox: Sandbox) -> None:
    """What cannot be read for certain, or is mostly wrong, is not sent; the error says what and where."""
    path = worker.folder / "job.csv"
    if content is not None:
        path.write_text(content, "utf-8")

    ended = worker("run", path)

    assert_ended(ended, ExitCode.REFUSED, "check")
    assert ended.summary["state"] == "refused"
    assert words in ended.summary["message"]
    assert wishes(sandbox) == []
    assert worker.follow(ended).code == ExitCode.REFUSED


@pytest.mark.parametrize("name", ["a directory", "caf\udce9.csv"])
def test_4_what_is_no_job_at_all(name: str, worker: Worker) -> None:
    """The strangest path is a refusal with a reason, never a crash."""
    (worker.folder / name).mkdir()

    ended = worker("run", name)

    assert_ended(ended, ExitCode.REFUSED, "check")
    assert "a folder, not a file. Name a file in it" in ended.summary["message"]


def test_5_held_by_a_safety_limit(worker: Worker, sandbox: Sandbox) -> None:
    """Nothing is sent until somebody says so."""
    ended = worker("run", job(worker), "--max-changes", "39")
    sent = wishes(sandbox)

    applied = worker.follow(ended)

    assert_ended(ended, ExitCode.HELD, "apply")
    assert (ended.summary["state"], sent) == ("held", [])
    assert (applied.code, len(wishes(sandbox))) == (0, 40)


AFTER = {  # correcting first; else the run is resumed
    "login.example.com": "run",
    "421": "run",
    "HTML pages": "run",
    "rejected 2 rows in a row alike (405): SuperOffice": "run",
    "(Allow: GET, HEAD)": "run",
}


@pytest.mark.parametrize(
    ("act", "words", "sent"),
    [
        (answer(401, b'{"ErrorMessage": "Wrong password."}'), "rejected the credentials (401)", 1),
        (ELSEWHERE, "login.example.com", 1),
        (answer(421), "421", 1),
        (answer(429, headers={"Retry-After": "3600"}), "asks us to wait 3600 s", 1),
        (PAGE, "HTML pages", 3),
        (after(1, answer(403)), "rejected 20 rows in a row alike (403)", 21),
        (answer(405, headers={"Allow": "GET, HEAD"}), "rejected 2 rows in a row alike (405): SuperOffice", 2),
        (answer(405, headers={"Allow": "GET, HEAD"}), "(Allow: GET, HEAD)", 2),
        (answer(400, b'{"ErrorMessage": "No."}'), "rejected 20 rows in a row alike (400): No;", 20),
        (after(5, answer(404)), "more than safety.max_failures (20%)", 14),
    ],
)
def test_6_stopped_early(
    act: Act, words: str, sent: int, worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no other row can cure stops the run; what comes next depends on what has to be corrected."""
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__PERCENT_FLOOR", "5" if "max_failures" in words else "30")
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__OUTAGE_PATIENCE", "60")
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__BACKOFF_BASE", "0")
    with raw_up(act) as server:
        worker = worker_on(server)

        ended = worker("run", job(worker), "--concurrency", "1")

    assert_ended(ended, ExitCode.STOPPED, AFTER.get(words, "resume"))
    assert ended.summary["state"] == "stopped"
    assert words in ended.summary["message"]
    assert "secret" not in ended.out + ended.err
    assert len({put.path for put in server.puts}) == sent


def test_6_a_service_that_is_not_there(
    closed_port: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Short patience at the start, nothing sent, and the rows wait for `resume`."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__OUTAGE_PATIENCE", "0.1")
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__PROBE_INTERVAL", "0.05")
    worker = Worker(tmp_path, f"http://127.0.0.1:{closed_port}", capsys)

    ended = worker("run", job(worker))

    assert_ended(ended, ExitCode.STOPPED, "resume")
    assert "no useful answer" in ended.summary["message"]
    assert ended.summary["requests"]["put"] == 0
    assert set(results(worker.folder_of(ended))) == {"not_sent"}


def test_6_the_deadline_has_come(
    worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the run must be over it is, and what is not sent is left for `resume`."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__DEADLINE", "100ms")
    with raw_up(slowly(echo, 0.02)) as server:
        worker = worker_on(server)

        ended = worker("run", job(worker), "--concurrency", "1")

    assert_ended(ended, ExitCode.STOPPED, "resume")
    assert "delivery.deadline has come" in ended.summary["message"]
    assert 0 < ended.summary["counts"]["updated"] == len(server.puts) < 40


def test_6_the_rows_of_a_wrong_configuration_are_sent_again(
    worker_on: Callable[[RawServer], Worker],
) -> None:
    """Rows refused for the configuration's fault are `failed`, so that `resume` sends them."""
    with raw_up(answer(403)) as server:
        worker = worker_on(server)
        stopped = worker("run", job(worker), "--concurrency", "1", "--max-failures", "none")

    lines = read_report(worker.folder_of(stopped))

    assert stopped.code == ExitCode.STOPPED
    assert [line["result"] for line in lines] == ["failed"] * 20 + ["not_sent"] * 20
    assert {line["http_status"] for line in lines[:20]} == {403}


def test_6_no_room_for_the_report(worker: Worker, sandbox: Sandbox) -> None:
    """All rows are done, and the next command writes what could not be written."""
    held = worker("run", job(worker, 1, 2), "--max-changes", "1")
    blocked = worker.folder_of(held) / "report.csv"
    blocked.unlink()
    blocked.mkdir()

    ended = worker.follow(held)
    blocked.rmdir()
    reported = worker.follow(ended)

    assert_ended(ended, ExitCode.STOPPED, "report")
    assert ended.summary["message"].endswith("All 2 rows done.")
    assert len(wishes(sandbox)) == 2
    assert (reported.code, blocked.is_file()) == (0, True)


def test_7_another_run_is_at_work(worker: Worker, sandbox: Sandbox) -> None:
    """The second one sends nothing, and may simply be started again later."""
    with target_lock(sandbox.url, worker.state):
        ended = worker("run", job(worker))
    sent = wishes(sandbox)

    later = worker.follow(ended)

    assert_ended(ended, ExitCode.LOCKED, "run")
    assert (ended.summary["state"], sent, later.code) == ("refused", [], 0)


def test_there_are_no_other_codes() -> None:
    """Beside those above there are the crash (tests/cli/test_bugs.py) and signals (test_signals.py)."""
    shown = {int(code) for code in EXIT_CODES}

    assert shown == {0, 1, 2, 3, 4, 5, 6, 7, 130, 143}


@pytest.mark.parametrize("read_before", ["auto", "each", "query", "off"])
def test_a_refused_connection_is_no_request(
    read_before: str,
    closed_port: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It put nothing on the wire, be it for a read or for a change."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__OUTAGE_PATIENCE", "0.1")
    worker = Worker(tmp_path, f"http://127.0.0.1:{closed_port}", capsys)
    worker.read_before = read_before

    ended = worker("run", write_csv(tmp_path / "job.csv", away(range(1, 4))))

    assert (ended.code, ended.summary["requests"]) == (6, {"put": 0, "get": 0, "retried": 0})
