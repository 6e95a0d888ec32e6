"""`presence-worker worker` as a process: it carries out what is queued, and lets go when it is told to."""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from anyio.from_thread import start_blocking_portal

from presence_worker.sandbox import People, serve
from tests.run.given import Ended, away, called, started, write_csv

from .postgres import Postgres, free_port

Process = subprocess.Popen[str]
LEAVING = 5.0  # seconds until a worker that was told to stop has ended
SLOW = 10.0  # seconds more, on a machine that has other work
SOON = 60.0  # seconds until something is taken for never to happen


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The root URL of a simulated SuperOffice."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve(People())) as sandbox:
        yield sandbox.url


def machine(folder: Path, service: str, database: str | None, more: str = "") -> Path:
    """The configuration of a machine."""
    folder.mkdir()
    (folder / "password").write_text("any\n")
    (folder / "password").chmod(0o600)
    fleet = f'[fleet]\ndatabase = "{database}"\nlease = "10s"\n{more}' if database else ""
    path = folder / "config.toml"
    path.write_text(
        f'[target]\nbase_url = "{service}"\n[auth]\nusername = "a"\npassword_file = "{folder}/password"\n'
        f'[delivery]\nread_before = "off"\n[safety]\nmax_changes = "none"\n'
        f'[storage]\nstate_dir = "{folder}/state"\n{fleet}'
    )
    return path


@contextmanager
def working(config: Path) -> Iterator[tuple[Process, str]]:
    """Start a worker; give it and its name, when it is up."""
    with started("worker", "--config", config) as process:
        assert process.stdout
        assert process.stderr
        name = process.stdout.readline().strip()
        assert name, process.stderr.read()
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield process, name


def stop(process: Process) -> tuple[int, float]:
    """Tell a worker to stop; give its exit code, and the seconds it took."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    return process.wait(SOON), time.monotonic() - began


def ask(*words: str | Path) -> Any:
    """Call a command; give the object that it prints."""
    end: Ended = called(*words, "--json")
    assert end.code == 0, end.err
    return json.loads(end.out)


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + SOON
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)


def workers(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute("SELECT id FROM presence_worker.worker ORDER BY id")]


def test_a_queued_job_is_carried_out(tmp_path: Path, service: str, database_url: str) -> None:
    """What one machine queues, another one does; the first one knows how it went."""
    front = machine(tmp_path / "front", service, database_url)
    behind = machine(tmp_path / "behind", service, database_url)
    write_csv(tmp_path / "job.csv", away(range(1, 31)))
    ask("queue", "add", tmp_path / "job.csv", "--config", front)

    with working(behind) as (process, _):
        until(lambda: not ask("queue", "--config", front)["jobs"])
        runs = ask("runs", "--config", front)["runs"]
        code, _ = stop(process)

    assert ([run["state"] for run in runs], runs[0]["counts"]["updated"], code) == (["finished"], 30, 0)


def test_it_is_there_until_it_is_told_to_stop(tmp_path: Path, service: str, database_url: str) -> None:
    """Its first line is its name; the others see it by that, as long as it is there."""
    with working(machine(tmp_path / "a", service, database_url)) as (process, name):
        until(lambda: workers(database_url) == [name])

        code, seconds = stop(process)

    assert (code, workers(database_url)) == (0, [])
    assert seconds < LEAVING + SLOW


def test_it_waits_for_a_database_that_is_away(
    tmp_path: Path, service: str, database_server: Postgres
) -> None:
    """It neither ends nor keeps its supervisor waiting when it is told to stop."""
    nowhere = database_server.url(port=free_port())
    with working(machine(tmp_path / "a", service, nowhere)) as (process, _):
        assert process.poll() is None

        code, seconds = stop(process)

    assert code == 0
    assert seconds < LEAVING + SLOW


@pytest.mark.parametrize(
    ("database", "words"),
    [(None, "fleet.database: not set"), ("mysql://db/x", "fleet.database: must be an address")],
)
def test_it_needs_a_database(tmp_path: Path, service: str, database: str | None, words: str) -> None:
    """Without one, exit code 2 says so."""
    with started("worker", "--config", machine(tmp_path / "a", service, database)) as process:
        _, err = process.communicate(timeout=SOON)

    assert process.returncode == 2
    assert words in err


def test_two_do_not_share_a_state_directory(tmp_path: Path, service: str, database_url: str) -> None:
    """The second one ends with exit code 2."""
    config = machine(tmp_path / "a", service, database_url)
    with working(config), started("worker", "--config", config) as second:
        _, err = second.communicate(timeout=SOON)

    assert second.returncode == 2
    assert "--state-dir" in err


def test_it_takes_the_targets_it_is_for(tmp_path: Path, service: str, database_url: str) -> None:
    """A job of another target waits for another machine; the secrets of that target are not needed."""
    write_csv(tmp_path / "job.csv", away(range(1, 4)))
    front = machine(tmp_path / "front", service, database_url, 'targets = ["oslo"]\n')
    (tmp_path / "front" / "password").unlink()
    ask("queue", "add", tmp_path / "job.csv", "--config", front)

    with working(front), working(machine(tmp_path / "b", service, database_url)):
        until(lambda: not ask("queue", "--config", front)["jobs"])

        runs = ask("runs", "--config", front)["runs"]

    assert [run["state"] for run in runs] == ["finished"]
    assert not [*(tmp_path / "front" / "state" / "runs").glob("*/lock*")]
