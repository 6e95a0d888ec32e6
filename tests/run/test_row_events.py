"""The log has one event for each row that is not done, whatever settled it, and each names its run."""

import re
import signal
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from presence_worker.errors import ExitCode
from presence_worker.journal import LOGGED
from tests.raw_server import Peer, RawServer, answer, echo, say

from .given import (
    Ended,
    On,
    Row,
    Worker,
    after,
    away,
    ended,
    for_associates,
    raw_up,
    read_report,
    started,
    wait_until,
    write_csv,
)

Event = tuple[str, int, int | None, str | None]  # name, row, associate's ID, reason
CANARY = "Reha bis Mai"


def logged(*commands: Ended) -> list[Event]:
    """Give the events of rows in the logs of these commands."""
    events = [event for each in commands for event in each.events if event["event"].startswith("row.")]
    return sorted((e["event"], e["row"], e["associate_id"], e["reason"]) for e in events)


@pytest.mark.parametrize(
    "cell", ["Kari Nordmann", "Kari O'Brien", '"Kari" O\'Brien', "Sykmeldt' Kari", "\\' Kari"]
)
def test_what_stands_in_place_of_an_id(worker: Worker, cell: str) -> None:
    """A name or a reason of absence in the wrong column is in the report, and not in the log."""
    ran = worker("run", job(worker, *away(range(1, 9)), (cell, "Away", "")), "--max-invalid", "none", "-vv")

    (event,) = (event for event in ran.events if event["event"] == "row.invalid")
    assert event["associate_id"] is None
    assert not {"Kari", "Brien", "Sykmeldt"} & {*re.split(r"\W", str(ran.events))}
    assert [line["associate_id"] for line in read_report(worker.folder_of(ran)) if line["row"] == 9] == [cell]


def due(folder: Path) -> list[Event]:
    """Give the events that a run's report asks for; an ID that is none stays in the report."""
    lines = [line for line in read_report(folder) if line["result"] in LOGGED]
    return sorted((f"row.{e['result']}", e["row"], number_of(e), e["reason"]) for e in lines)


def number_of(line: dict[str, object]) -> int | None:
    found = line["associate_id"]
    return found if isinstance(found, int) else None


def kinds(events: Iterable[Event]) -> set[tuple[str, str | None]]:
    return {(name, reason) for name, _, _, reason in events}


def job(worker: Worker, *rows: Row) -> Path:
    return write_csv(worker.folder / "job.csv", rows)


def configured(worker: Worker, text: str) -> Path:
    config = worker.folder / "settings.toml"
    config.write_text(text)
    return config


def test_each_row_that_is_not_done(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file, a conflict, protection and the current statuses settle rows: each of them is logged once."""
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__PROTECTED_IDS", "[9]")
    worker.read_before = "auto"
    wrong: list[Row] = [("x", "Away", ""), (5, CANARY, ""), (6, "Away", CANARY * 30), (9, "Away", "")]
    wrong += [(10, "Away", ""), (10, "Normal", ""), (5000, "Away", "")]

    ran = worker("run", job(worker, *away(range(1, 5)), *wrong), "--max-invalid", "none", "-vv")

    events = logged(ran)
    assert events == due(worker.folder_of(ran))
    assert {"conflict", "protected", "unknown_associate"} < {reason for _, reason in kinds(events)}
    assert CANARY not in ran.err
    assert {event.get("run_id") for event in ran.events} == {ran.summary["run_id"]}


def test_rows_the_service_settles(worker_on: Callable[[RawServer], Worker]) -> None:
    """Those it refuses, those it never answers, and those it fails are in the log when they are on disk."""
    acts = {2: answer(404), 3: say(then=Peer.reset), 4: answer(500)}
    with raw_up(for_associates(acts)) as server:
        worker = worker_on(server)
        path = job(worker, *away(range(1, 20)))
        config = configured(worker, "[delivery]\nattempts = 1\nbackoff_base = 0\n")

        ran = worker("run", path, "--config", config, "--max-failures", "none")

    assert logged(ran) == due(worker.folder_of(ran))
    assert {name for name, _ in kinds(logged(ran))} >= {"row.rejected", "row.unknown"}


def test_a_file_that_is_refused(worker: Worker) -> None:
    """Whoever corrects the file finds its invalid rows in the log as well."""
    rows: list[Row] = [(number, "?", "") for number in range(1, 21)]

    refused = worker("run", job(worker, *rows))

    assert refused.code == ExitCode.REFUSED
    assert logged(refused) == due(worker.folder_of(refused))
    assert len(logged(refused)) == len(rows)


def test_what_is_logged_once_is_not_repeated(on: On) -> None:
    """A plan logs its invalid rows; apply, and a run that is resumed, log only what is new."""
    acts = {3: answer(404)}
    with raw_up(for_associates(acts, answer(500))) as server:
        worker = on(server)
        worker.read_before = "off"
        path = job(worker, *away(range(1, 30)), (30, "?", ""))
        config = configured(
            worker, "[delivery]\nattempts = 1\nprobe_interval = 0.05\n[safety]\nmax_failures = 2\n"
        )
        stopped = worker("run", path, "--config", config)
        acts.update(dict.fromkeys(range(1, 31), echo) | {25: answer(404)})

        resumed = worker("resume", "--config", config)

    assert (stopped.code, resumed.code) == (ExitCode.STOPPED, ExitCode.INCOMPLETE)
    assert ("row.invalid", 30, 30, "unknown_status") in logged(stopped)
    assert logged(resumed) == [("row.rejected", 25, 25, "refused")]


def test_a_run_that_was_killed(worker_on: Callable[[RawServer], Worker]) -> None:
    """What it had logged is not repeated; rows that were in doubt and are done in the end have no event."""
    with raw_up(after(40, echo)) as server:
        worker = worker_on(server)
        path = job(worker, *away(range(1, 400)), (400, "?", ""))
        with started("run", path, *worker.options, "--rate", "200", "--json") as process:
            wait_until(lambda: len(server.puts) > 30)
            process.send_signal(signal.SIGKILL)
            killed = ended(process)
        resumed = worker("resume")

    assert resumed.code == ExitCode.INCOMPLETE
    assert len(logged(killed)) == 1
    assert logged(killed, resumed) == due(worker.folder_of(resumed)) == logged(killed)


def test_a_run_that_is_told_to_stop(worker_on: Callable[[RawServer], Worker]) -> None:
    """A row whose answer did not come within `drain` is logged as unknown; rows not sent have no event."""
    with raw_up(for_associates({5: say()})) as server:
        worker = worker_on(server)
        config = configured(worker, "[delivery]\ndrain = 0.2\nconcurrency = 1\n")
        path = job(worker, *away(range(1, 10)))
        with started("run", path, "--config", config, *worker.options, "--json") as process:
            wait_until(lambda: len(server.puts) == 5)
            process.send_signal(signal.SIGTERM)
            stopped = ended(process)

    assert stopped.code == ExitCode.TERMINATED
    assert logged(stopped) == due(worker.folder_of(stopped)) == [("row.unknown", 5, 5, "stopped")]


def test_what_a_filter_leaves_out_is_in_no_log(worker: Worker) -> None:
    """Values of the file may be reasons of absence: they are in the summary, without ids."""
    job = worker.folder / "job.csv"
    job.write_text("associateId,status,Type\n1,Away,Migraine\n2,Away,Holiday\n")
    config = worker.folder / "only.toml"
    config.write_text('[input.only]\nType = ["Holiday"]\n')

    ended = worker("run", job, "--config", config, "-vv")

    filtered = [{"column": "Type", "value": "Migraine", "rows": 1}]
    assert (ended.code, ended.summary["filtered"]) == (0, filtered)
    assert ended.err
    assert "Migraine" not in ended.err
