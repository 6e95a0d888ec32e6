"""`presence-worker queue` where several machines share a database."""

from contextlib import closing

import pytest

from presence_worker.fleet.connections import SharedDatabase
from presence_worker.fleet.workers import register
from presence_worker.settings.fleet import Fleet
from tests.fleet.conftest import database_server, database_url, template
from tests.run.given import Worker, away, write_csv

__all__ = ("database_server", "database_url", "template")


@pytest.fixture
def options(worker: Worker, database_url: str) -> list[str]:
    """The options of a machine that shares the database."""
    config = worker.folder / "shared.toml"
    config.write_text(
        f'[target]\nbase_url = "{worker.url}"\n[auth]\nusername = "a"\npassword = "b"\n'
        f'[fleet]\ndatabase = "{database_url}"\n'
    )
    return ["--config", str(config), "--state-dir", str(worker.state)]


def test_any_machine_says_whether_a_worker_is_there(
    worker: Worker, options: list[str], database_url: str
) -> None:
    """Not its own service counts, but one of all machines; another command is none."""
    settings = Fleet.model_validate({"database": database_url})
    worker.call("queue", "add", str(write_csv(worker.folder / "changes.csv", away([7]))), *options)
    with closing(SharedDatabase(settings).connect()) as connection:
        register("someone", "command", settings, connection)
        without = worker.call("queue", *options)
        register("elsewhere", "worker", settings, connection)
        beside = worker.call("queue", *options)

    assert "No service and no worker uses the database" in without.err
    assert "changes.csv" in beside.out
    assert (beside.err, beside.out) == ("", without.out)
