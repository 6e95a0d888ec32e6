"""Whatever the receivers do: the run is the same, and ends at most notify.timeout later."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from presence_worker.journal import JOURNAL, Journal
from presence_worker.sandbox import Sandbox
from tests.raw_server import Act
from tests.run.given import Ended, Worker, away, raw_up, read_report, write_csv

from .receivers import SLOW, TROUBLES

TIMEOUT = 0.3  # seconds
SLACK = 20.0  # seconds that a machine at work may lose
OWN = ("run_id", "started_at", "finished_at", "duration_s", "rate", "files", "next")  # no two runs share them
OF_A_ROW = ("run_id", "duration_ms", "finished_at")


@contextmanager
def broken(act: Act, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set channels of each kind, all of them broken."""
    with raw_up(act) as server, monkeypatch.context() as patch:
        port = server.url.rpartition(":")[2]
        mail = {"to": ["a@example.com"], "from": "b@example.com", "host": "127.0.0.1", "port": int(port)}
        channels = {
            "WEBHOOK": [{"url": f"{server.url}/hook"}, {"url": "http://127.0.0.1:1/closed"}],
            "PING": [{"url": f"{server.url}/ping"}],
            "MAIL": [mail | {"tls": "none"}],
            "COMMAND": [{"argv": ["false"]}, {"argv": ["sleep", "100"]}, {"argv": ["/no/such/program"]}],
        }
        for name, value in channels.items():
            patch.setenv(f"PRESENCE_WORKER_NOTIFY__{name}", json.dumps(value))
        patch.setenv("PRESENCE_WORKER_NOTIFY__TIMEOUT", str(TIMEOUT))
        yield


def run(folder: Path, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> tuple[Worker, Ended]:
    """Run a job with trouble in it, in a state directory of its own."""
    worker = Worker(folder, sandbox.url, capsys)
    return worker, worker("run", folder.parent / "job.csv")


def facts(worker: Worker, ended: Ended) -> list[Any]:
    """Give what a run prints, reports and keeps, but for ids and times."""
    folder = worker.folder_of(ended)
    rows = [
        {name: value for name, value in row.items() if name not in OF_A_ROW} for row in read_report(folder)
    ]
    with closing(Journal.open(folder / JOURNAL)) as journal:
        kept = journal.run()
        results = [each._replace(duration_ms=None, finished_at=None) for each in journal.results.all()]
    return [
        ended.code,
        {name: value for name, value in ended.summary.items() if name not in OWN},
        sorted(path.name for path in folder.iterdir()),
        rows,
        (kept.state, kept.exit_code, kept.endings, kept.notes, results),
        [each["event"] for each in ended.events if each["event"] != "notify.failed"],
    ]


@pytest.mark.parametrize("trouble", [*TROUBLES, *SLOW])
def test_a_run_is_the_same(
    trouble: str,
    tmp_path: Path,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code, output, reports and journal do not differ; the log has `notify.failed` more."""
    write_csv(tmp_path / "job.csv", away([1, 2, 5000]))
    without = run(tmp_path / "without", sandbox, capsys)

    with broken({**TROUBLES, **SLOW}[trouble], monkeypatch):
        began = time.monotonic()
        with_channels = run(tmp_path / "with", sandbox, capsys)
        took = time.monotonic() - began

    failed = {each["channel"] for each in with_channels[1].events if each["event"] == "notify.failed"}
    assert facts(*with_channels) == facts(*without)
    assert failed >= {"mail", "webhook", "webhook-2", "command", "command-2", "command-3"}
    assert took < SLACK
