"""The JSON object of every ending: the keys of a success, and true of the JSON Schema in the package."""

import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from presence_worker.errors import EXIT_CODES
from presence_worker.journal import target_lock
from presence_worker.manual.library import read_schema
from tests.cli.test_bugs import PROGRAM
from tests.raw_server import Peer, RawServer, Request, echo
from tests.run.given import Ended, Worker, away, called, ended, raw_up, started, write_csv

SCHEMA = orjson.loads(read_schema())
VALIDATOR = Draft202012Validator(SCHEMA)
OBJECTS = ("input", "requests", "rate")  # have the same keys in every ending
RUN = ("apply", "resume", "undo", "report")  # take a run
WORDS = {
    "run": ("job.csv",),
    "plan": ("job.csv",),
    "check": ("job.csv",),
    **dict.fromkeys(RUN, ("last",)),
}


def keys(summary: dict[str, Any]) -> dict[str, set[str]]:
    """Give the keys of a summary, and of the objects in it."""
    return {"": {*summary}, **{name: {*summary[name]} for name in OBJECTS}}


def assert_like(found: Ended, code: int, good: Ended) -> None:
    """An ending has its code, the keys of a good one, and is as the schema says."""
    summary = found.summary
    assert (found.code, summary["exit_code"]) == (code, code)
    assert keys(summary) == keys(good.summary)
    assert [error.message for error in VALIDATOR.iter_errors(summary)] == []


def assert_unknown(summary: dict[str, Any]) -> None:
    """Of an ending without a run nothing is known but how it ended."""
    said = {name: value for name, value in summary.items() if value and name not in OBJECTS}
    assert {*said} == {"schema_version", "state", "exit_code", "message", "next", "help"}
    assert (summary["run_id"], summary["done"], summary["counts"]) == (None, None, {})
    assert {each for name in OBJECTS for each in summary[name].values()} == {None}


def job(worker: Worker, *numbers: int) -> Path:
    return write_csv(worker.folder / "job.csv", away(numbers or range(1, 9)))


@pytest.fixture
def good(worker: Worker) -> Ended:
    """The ending with exit code 0; the newest run is planned."""
    found = worker("run", job(worker))
    planned = worker("plan", job(worker))
    assert_like(found, 0, found)
    assert_like(planned, 0, found)
    return found


def test_0_of_each_command_that_sends(worker: Worker, good: Ended) -> None:
    """The summary that a command prints is the same kind of object, whatever the command."""
    worker("plan", job(worker, 21, 22))

    for command in ("apply", "undo", "resume", "report"):
        assert_like(worker(command, "last"), 0, good)


def test_1_a_bug(good: Ended) -> None:
    """It says that nothing is known, not that nothing was done."""
    found = called("boom", "bug", "Kanarie", "--json", before=PROGRAM)

    assert_like(found, 1, good)
    assert_unknown(found.summary)


@pytest.mark.parametrize("wrong", ["option", "word", "configuration"])
@pytest.mark.parametrize("command", WORDS)
def test_2_of_each_command_with_a_summary(command: str, wrong: str, worker: Worker, good: Ended) -> None:
    """What is wrong with the command line or the configuration changes no key."""
    words = {"option": ["--nope"], "word": ["more", "words"], "configuration": ["--config", "nowhere.toml"]}
    like = worker("check", job(worker)) if command == "check" else good

    found = worker(command, *WORDS[command], *words[wrong])

    assert_like(found, 2, like)
    assert_unknown(found.summary)


@pytest.mark.parametrize("words", [("runs",), ("schedule",), ("prune",), ("init",), ("nope",), ()])
def test_2_of_other_commands(words: tuple[str, ...], worker: Worker, good: Ended) -> None:
    """An error is one and the same object, whatever the command."""
    found = worker.call(*words, "--json", "--nope")

    assert_like(found, 2, good)
    assert_unknown(found.summary)


def test_2_of_doctor(worker: Worker, good: Ended) -> None:
    """It has no fewer keys than a diagnosis."""
    diagnosis = worker.call("doctor", "--sandbox", "--json")
    found = worker.call("doctor", "--nope", "--json")

    assert {*diagnosis.summary} - {*found.summary} == set()
    assert (found.summary["checks"], found.summary["target"]) == ([], None)
    assert {*found.summary} - {*good.summary} == {"checks"}


@pytest.mark.parametrize(("code", "numbers"), [(0, [1, 2]), (3, [1, 4711])])
def test_3_some_rows_are_not_done(code: int, numbers: list[int], worker: Worker, good: Ended) -> None:
    """The same keys, with or without rows to correct."""
    assert_like(worker("run", job(worker, *numbers)), code, good)


@pytest.mark.parametrize("content", ["", "associateId,status\n" + "x,Away\n" * 9])
@pytest.mark.parametrize("command", ["run", "plan", "check"])
def test_4_the_file_is_refused(command: str, content: str, worker: Worker, good: Ended) -> None:
    """The same keys, also where no row could be read."""
    like = worker("check", job(worker)) if command == "check" else good
    (worker.folder / "job.csv").write_text(content)

    assert_like(worker(command, "job.csv"), 4, like)


@pytest.mark.parametrize("explained", [(), ("--explain",)])
def test_3_check(explained: tuple[str, ...], worker: Worker) -> None:
    """Rows that are wrong, and an explanation, change no key."""
    like = worker("check", job(worker))
    (worker.folder / "job.csv").write_text("associateId,status\n" + "1,Away\n" * 20 + "x,Away\n")

    assert_like(worker("check", "job.csv", *explained), 3, like)


@pytest.mark.parametrize("command", ["run", "plan"])
def test_5_held(command: str, worker: Worker, good: Ended) -> None:
    """The changes that wait are in a list that is there in every ending."""
    found = worker(command, job(worker, 11, 12), "--max-changes", "1")

    assert_like(found, 5, good)
    assert len(found.summary["changes"]) == 2


def test_6_superoffice_does_not_answer(
    worker: Worker, good: Ended, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that stopped early has the same keys."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__OUTAGE_PATIENCE", "0.1")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        alone = Worker(worker.folder, f"http://127.0.0.1:{bound.getsockname()[1]}", capsys)

        assert_like(alone("run", job(worker)), 6, good)


def test_6_no_room_for_the_report(worker: Worker, good: Ended) -> None:
    """The files are not there; their names' object is."""
    held = worker("run", job(worker, 11, 12), "--max-changes", "1")
    blocked = worker.folder_of(held) / "report.csv"
    blocked.unlink()
    blocked.mkdir()

    assert_like(worker.follow(held), 6, good)


@pytest.mark.parametrize("command", ["run", "plan", *RUN[:3]])
def test_7_another_run_is_at_work(command: str, worker: Worker, good: Ended) -> None:
    """Whatever command comes too late, its object has the same keys."""
    with target_lock(worker.url, worker.state):
        found = worker(command, *WORDS[command])

    assert_like(found, 7, good)
    assert found.summary["state"] == "refused"
    assert_unknown(found.summary)


SIGNALS = {130: signal.SIGINT, 143: signal.SIGTERM}
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="no signals of another process there")


@needs_signals
@pytest.mark.parametrize("code", SIGNALS)
def test_signals_before_there_is_a_run(code: int, worker: Worker, good: Ended) -> None:
    """Nothing was sent, and no run is named."""
    os.mkfifo(worker.folder / "pipe.csv")
    with (
        started("run", "pipe.csv", *worker.options, "--json") as process,
        (worker.folder / "pipe.csv").open("w") as pipe,
    ):
        pipe.write("associateId,status\n1,Away\n")
        pipe.flush()
        process.send_signal(SIGNALS[code])
        found = ended(process)

    assert_like(found, code, good)
    assert_unknown(found.summary)


@needs_signals
@pytest.mark.parametrize("code", SIGNALS)
def test_signals_while_it_sends(code: int, worker_on: Callable[[RawServer], Worker], good: Ended) -> None:
    """A run that was stopped has the same keys."""

    async def act(peer: Peer, request: Request) -> None:
        os.kill(os.getpid(), SIGNALS[code])
        await echo(peer, request)

    with raw_up(echo, act) as server:
        found = worker_on(server)("run", "job.csv", "--concurrency", "1")

    assert_like(found, code, good)
    assert found.summary["run_id"]


def test_entries_of_runs_are_as_the_schema_says(worker: Worker, good: Ended) -> None:
    """Each is a summary, and has no key that a summary has not."""
    entries = worker("runs").summary["runs"]

    assert [error.message for entry in entries for error in VALIDATOR.iter_errors(entry)] == []
    assert {*entries[0]} <= {*good.summary}


def test_all_codes_are_here() -> None:
    """A new exit code needs a test above."""
    assert sorted(EXIT_CODES) == [0, 1, 2, 3, 4, 5, 6, 7, *SIGNALS]


def test_the_schema_is_one() -> None:
    """It is a valid JSON Schema, and finds what is wrong."""
    Draft202012Validator.check_schema(SCHEMA)

    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert [error.message for error in VALIDATOR.iter_errors({"state": 3})] != []
