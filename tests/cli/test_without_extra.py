"""Without the extra of the service: all other commands work, also with a schedule in the configuration."""

import json
import sys
from pathlib import Path

import pytest

from tests.run.given import Worker, away, write_csv

INSTALL = "pip install 'presence-worker[serve]'"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration with a schedule, on a machine without the package that reads it."""
    monkeypatch.setitem(sys.modules, "cronsim", None)
    for name in ("cron", "serve.timetable", "cli.service_process"):
        monkeypatch.delitem(sys.modules, f"presence_worker.{name}", raising=False)
    path = tmp_path / "config.toml"
    path.write_text('[job]\nat = "30 2 * * *"\n')
    return path


def test_a_run_needs_no_schedule(worker: Worker, config: Path) -> None:
    """The settings are taken as they are, but for what is wrong with each line at first sight."""
    job = write_csv(worker.folder / "job.csv", away([1]))

    done = worker("run", job, "--config", str(config))
    refused = worker("run", job, "--config", str(config), "--set", "job.at=30 2")

    assert (done.code, refused.code) == (0, 2)


@pytest.mark.usefixtures("config")
def test_serve_has_help(worker: Worker) -> None:
    """What it does can be read before it is installed."""
    assert worker.call("serve", "--help").code == 0


def test_serve_says_how_to_install_it(worker: Worker, config: Path) -> None:
    """It is not started by halves."""
    refused = worker.call("serve", "--config", str(config))

    assert (refused.code, refused.out) == (2, "")
    assert INSTALL in refused.err


def test_doctor_says_how_to_install_it(worker: Worker, config: Path) -> None:
    """A warning: `run` works without it."""
    checks = json.loads(worker("doctor", "--config", str(config)).out)["checks"]

    (found,) = [check for check in checks if check["name"] == "configuration" and check["remedy"]]

    assert (found["verdict"], found["remedy"]) == ("warning", INSTALL)
