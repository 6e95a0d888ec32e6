"""What doctor says of several targets whose machines share a database: no run can start without it."""

from pathlib import Path

import pytest

from tests.fleet.conftest import database_server, database_url, empty_database_url, template
from tests.run.given import Worker, next_words

from .test_targets import NAMES, common

__all__ = ("common", "database_server", "database_url", "empty_database_url", "template")
CLOSED = "postgresql://me:s3cr3t@127.0.0.1:1/presence"


def share(common: Path, url: str) -> None:
    with common.open("a") as file:
        file.write(f'\n[fleet]\ndatabase = "{url}"\n')


def test_a_database_is_named_once(worker: Worker, common: Path, database_url: str) -> None:
    """It answers each target's question in another time, but it is one."""
    share(common, database_url)

    found = worker.call("doctor", "--json").summary

    assert [check["name"] for check in found["checks"]] == ["database", "tables"]
    assert "A run can start for each of 3 targets" in found["message"]


@pytest.mark.parametrize("is_there", [True, False])
def test_no_run_can_start(worker: Worker, common: Path, empty_database_url: str, *, is_there: bool) -> None:
    """The one cause is named once, in full; no target is said to be ready, or to have an error of its own."""
    share(common, empty_database_url if is_there else CLOSED)

    shown, data = worker.call("doctor"), worker.call("doctor", "--json")

    code = 2 if is_there else 6
    assert (shown.code, data.code) == (code, code)
    assert {each["exit_code"] for each in data.summary["targets"]} == {code}
    assert "can start for" not in shown.out
    assert "A run can start" not in shown.out
    assert data.summary["message"].startswith("No run can start: correct the database first")
    assert [line.split()[1] for line in shown.out.splitlines() if line.startswith("error")] == [
        "tables" if is_there else "database"
    ]
    assert [line.split()[1] for line in shown.out.splitlines()[:3]] == [*NAMES]
    assert next_words(data) == ["doctor", "--config", str(common)]
