"""`metrics`, and the file with figures that each run writes at its end."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from presence_worker.journal import JOURNAL, Archive
from tests.run.given import Worker, away, write_csv
from tests.run.nights import ago, kept

LONG_AGO = 1_700_000_000  # seconds since 1970


@pytest.fixture
def textfile(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of the file, which is configured, as is the target."""
    folder = worker.folder / "textfile"
    folder.mkdir()
    monkeypatch.setenv("PRESENCE_WORKER_METRICS__TEXTFILE", str(folder / "presence_worker.prom"))
    monkeypatch.setenv("PRESENCE_WORKER_TARGET__BASE_URL", worker.url)
    return folder / "presence_worker.prom"


def job(worker: Worker, *numbers: int) -> Path:
    return write_csv(worker.folder / "job.csv", away(numbers))


def figures(text: str) -> Mapping[str, float]:
    """Give the figures by the end of their names, and what tells them apart beside the target."""
    found = re.findall(r'^presence_worker_(\w+)\{(?:target="[^"]*",?)?([^}]*)\} (\S+)$', text, re.MULTILINE)
    return {f"{name} {label}".strip(): float(value) for name, label, value in found}


def test_the_file_follows_the_runs(worker: Worker, textfile: Path) -> None:
    """At each end of a run, and readable for the collector; `metrics` prints the same."""
    good = worker("run", job(worker, 1, 2))
    first = textfile.read_text("utf-8")
    held = worker("run", job(worker, 3, 4711), "--max-changes", "1")
    second = figures(textfile.read_text("utf-8"))
    worker.follow(held)
    third = figures(textfile.read_text("utf-8"))

    assert (good.code, stat.S_IMODE(textfile.stat().st_mode)) == (0, 0o644)
    assert figures(first)['last_run_rows result="updated"'] == 2
    assert [each['runs_waiting state="held"'] for each in (second, third)] == [1, 0]
    assert [each["last_run_exit_code"] for each in (second, third)] == [5, 3]
    assert third["last_success_timestamp_seconds"] == figures(first)["last_run_timestamp_seconds"]
    assert worker.call("metrics", *worker.options_of("metrics")).out == textfile.read_text("utf-8")
    assert worker("metrics").summary == {"metrics": textfile.read_text("utf-8")}
    assert [path.name for path in textfile.parent.iterdir()] == [textfile.name]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_has_nothing_to_say(worker: Worker, textfile: Path) -> None:
    """Its own linter reads what a real run has written."""
    worker("run", job(worker, 1, 4711))

    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=textfile.read_bytes(), capture_output=True, check=False
    )

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_a_file_that_cannot_be_written_does_no_harm(worker: Worker, textfile: Path) -> None:
    """Exit code, output and files of the run stay; the log has one event more."""
    textfile.parent.rmdir()

    ended = worker("run", job(worker, 1, 4711))

    assert (ended.code, ended.summary["exit_code"]) == (3, 3)
    (event,) = [each for each in ended.events if each["event"] == "metrics.failed"]
    assert (event["path"], event["detail"]) == (str(textfile), "No such file or directory")


def test_a_name_that_no_file_can_have_does_no_harm(worker: Worker) -> None:
    """TOML can write a NUL; the run has ended when its figures are written, and keeps its exit code."""
    file = worker.folder / "settings.toml"
    file.write_text('[metrics]\ntextfile = "x\\u0000.prom"\n')

    ended = worker("run", job(worker, 1, 4711), "--config", str(file))

    assert (ended.code, ended.summary["exit_code"]) == (3, 3)
    assert "metrics.failed" in [each["event"] for each in ended.events]


def test_a_rehearsal_leaves_the_figures_alone(worker: Worker, textfile: Path) -> None:
    """They are those of the configured target, wherever this one run went."""
    worker("run", job(worker, 1))
    before = textfile.read_text("utf-8")

    worker.call("run", str(job(worker, 1, 2)), "--sandbox", "--state-dir", str(worker.state))

    assert textfile.read_text("utf-8") == before


def test_a_plan_is_no_run(worker: Worker, textfile: Path) -> None:
    """Only when it is held something waits; the last run stays the last one."""
    worker("run", job(worker, 1))
    before = textfile.read_text("utf-8")
    worker("plan", job(worker, 1, 2))
    planned = textfile.read_text("utf-8")
    worker("plan", job(worker, 1, 2), "--max-changes", "0")

    assert planned == before
    held = figures(textfile.read_text("utf-8"))
    assert (held['runs_waiting state="held"'], held["last_run_exit_code"]) == (1, 0)


def test_nothing_of_people_is_in_the_figures(worker: Worker, textfile: Path) -> None:
    """Neither cells nor labels, file names or ids of runs."""
    ended = worker("run", write_csv(worker.folder / "canary.csv", [(1, "SICK-CANARY", "canary")] * 2),
                   "--label", "canary", "--max-invalid", "none")  # fmt: skip

    text = textfile.read_text("utf-8")
    assert "canary" not in text.lower()
    assert str(ended.summary["run_id"]) not in text


def test_where_no_target_is_configured_all_that_have_runs_are_there(worker: Worker) -> None:
    """There is nothing else to go by."""
    kept(worker.state, ago(hours=2))
    kept(worker.state, ago(hours=1), target="https://other.example.com")

    text = worker.call("metrics", "--state-dir", str(worker.state)).out

    assert set(re.findall(r'exit_code\{target="([^"]*)"', text)) == {
        "https://crm.example.com",
        "https://other.example.com",
    }


def test_figures_open_no_journal_twice(worker: Worker) -> None:
    """The index keeps what they need, also of a run of whose cells it must not keep the values."""
    filtered = [{"column": "Type", "value": "Migraine", "rows": 1}]
    journal = kept(worker.state, input={"name": "a.csv", "format": "csv", "filtered": filtered}) / JOURNAL
    os.utime(journal, (LONG_AGO, LONG_AGO))

    worker.call("metrics", "--state-dir", str(worker.state))

    (run,) = Archive(worker.state).index.runs()
    assert run.summary is not None
    assert b"Migraine" not in (worker.state / "runs.sqlite").read_bytes()
