"""`presence-worker fleet`: makes the tables, and shows who works on what."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from presence_worker.fleet.connections import SharedDatabase
from presence_worker.fleet.workers import leave, register
from presence_worker.settings.fleet import Fleet
from tests.fleet.conftest import database_server, database_url, empty_database_url, template
from tests.run.given import Ended, Worker

__all__ = ("database_server", "database_url", "empty_database_url", "template")
Fleets = Callable[..., Ended]
WIDTH = 80
LEASES = """INSERT INTO presence_worker.lease (target, token, holder, until, quiet_until, run_id) VALUES
('https://a.example', 3, 'one', now() + interval '20 s', NULL, 'run-1'),
('https://b.example', 1, 'two', now() - interval '7 s', NULL, 'run-2'),
('https://c.example', 9, NULL, now(), now() + interval '90 s', NULL),
('https://d.example', 5, NULL, now(), now() - interval '1 s', NULL)"""
JOBS = """INSERT INTO presence_worker.job (id, number, changed, target, state, body, submitted_at) VALUES
('1', 1, 1, 'emea', 'waiting', '', now() - interval '2 h'),
('2', 2, 2, 'emea', 'waiting', '', now()),
('3', 3, 3, 'emea', 'working', '', now() - interval '3 h'),
('4', 4, 4, 'apac', 'done', '', now())"""


def fleet_of(worker: Worker, url: str) -> Fleets:
    config = worker.folder / "fleet.toml"
    config.write_text(f'[fleet]\ndatabase = "{url}"\n')
    return lambda *words: worker.call("fleet", *words, "--config", str(config))


def test_init_can_be_repeated(worker: Worker, empty_database_url: str) -> None:
    """The first one makes the tables, the next one finds them; `--json` says so, too."""
    fleet = fleet_of(worker, empty_database_url)

    refused, made, again = fleet("status"), fleet("init"), fleet("init", "--json")

    assert (refused.code, made.code, again.code) == (2, 0, 0)
    assert "presence-worker fleet init" in refused.err
    assert made.out == "The tables are made (version 1).\n"
    assert again.summary == {"before": 1, "version": 1, "waiting": []}


def test_status_lists_what_is_there(worker: Worker, database_url: str) -> None:
    """Workers, those that died included; targets at work; and jobs that wait, with the oldest."""
    fleet, long = fleet_of(worker, database_url), f"presence-worker-{'x' * 60}-1-abcdef01"
    settings = Fleet.model_validate({"database": database_url, "targets": ["no-*"]})
    with closing(SharedDatabase(settings).connect()) as connection:
        for name, kind in (("one", "serve"), ("two", "worker"), (long, "command")):
            register(name, kind, settings, connection)
        register("ended", "worker", settings, connection)
        leave("ended", connection)
        connection.execute("UPDATE worker SET seen_at = now() - interval '31 s' WHERE id = 'two'")
        connection.execute(LEASES)
        connection.execute(JOBS)

    found, printed = fleet("status", "--json").summary, fleet("status")

    workers = {each["worker"]: each for each in found["workers"]}
    assert {name: (each["kind"], each["is_there"]) for name, each in workers.items()} == {
        "one": ("serve", True),
        "two": ("worker", False),
        long: ("command", True),
    }
    assert [each["state"] for each in found["leases"]] == ["at work", "expired", "quiet"]
    assert (workers["one"]["holds"], workers["one"]["places"], workers[long]["places"]) == (1, 200, 1)
    assert workers["one"]["targets"] == ["no-*"]
    (jobs,) = found["jobs"]
    assert (jobs["target"], jobs["waiting"], jobs["working"]) == ("emea", 2, 1)
    assert 7200 <= jobs["oldest_seconds"] < 7800
    assert max(map(len, printed.out.splitlines())) <= WIDTH
    assert "(gone)" in printed.out
    assert "2h00m" in printed.out


def test_a_machine_alone_has_no_fleet(worker: Worker) -> None:
    """The words name the setting."""
    refused = worker.call("fleet", "status")

    assert (refused.code, refused.out) == (2, "")
    assert "fleet.database: not set" in refused.err


@pytest.mark.parametrize("command", ["init", "status"])
def test_a_database_that_is_away(command: str, worker: Worker) -> None:
    """Exit code 6, and nothing secret in the words."""
    fleet = fleet_of(worker, "postgresql://me:s3cr3t@127.0.0.1:1/presence")

    away, as_json = fleet(command), fleet(command, "--json")

    assert (away.code, as_json.code) == (6, 6)
    assert "cannot be reached" in away.err
    assert not any(word in str((away, as_json)) for word in ("s3cr3t", "127.0.0.1"))


def test_the_password_can_be_in_a_file(worker: Worker, database_url: str, tmp_path: Path) -> None:
    """It is read at each connection, with or without an end of line."""
    password = tmp_path / "password"
    password.write_text("s3cr3t\n")
    settings = Fleet.model_validate({"database": database_url, "database_password_file": password})

    conninfo = psycopg.conninfo.conninfo_to_dict(SharedDatabase(settings).conninfo)

    assert conninfo["password"] == "s3cr3t"
    assert "s3cr3t" not in repr(settings)
    assert json.loads(fleet_of(worker, database_url)("status", "--json").out)["jobs"] == []


def test_metrics_have_figures_of_all_machines(worker: Worker, database_url: str) -> None:
    """Each machine can be asked; a machine alone has none of them."""
    config = worker.folder / "fleet.toml"
    config.write_text(f'[fleet]\ndatabase = "{database_url}"\n')

    shared = worker.call("metrics", "--config", str(config), "--state-dir", str(worker.folder / "state"))
    alone = worker.call("metrics", "--state-dir", str(worker.folder / "state"))

    assert (shared.code, alone.code) == (0, 0)
    assert "presence_worker_fleet_workers 0" in shared.out
    assert "fleet" not in alone.out


@pytest.mark.parametrize("words", [("fleet", "status"), ("fleet", "init"), ("runs",), ("doctor",)])
def test_without_the_extra_it_says_what_to_install(
    words: tuple[str, ...], worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration with a database is not taken for that of a machine alone."""
    for name in ("procrastinate", "psycopg"):
        monkeypatch.setitem(sys.modules, name, None)
    config = worker.folder / "fleet.toml"
    config.write_text('[fleet]\ndatabase = "postgresql://me@db.example/presence"\n')

    refused = worker.call(*words, "--config", str(config))

    assert refused.code == 2
    assert "presence-worker[fleet]" in refused.out + refused.err


def test_nothing_is_loaded_without_a_database(worker: Worker) -> None:
    """Neither the driver nor the engine: a machine alone starts as fast as before."""
    script = (
        "import sys; from presence_worker.cli.main import execute; "
        f"execute(['runs', '--state-dir', {str(worker.folder / 'state')!r}]); "
        "print(sorted({'psycopg', 'procrastinate', 'zstandard'} & {*sys.modules}))"
    )

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ended.stdout.splitlines()[-1] == "[]"
