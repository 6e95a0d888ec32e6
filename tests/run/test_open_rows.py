"""A failed.csv that comes back: its run is shown as corrected, and only what still is not done stays open."""

import csv
from collections.abc import Mapping
from typing import Any

import pytest

from tests.raw_server import answer

from .given import Ended, Row, Worker, write_csv

NEVER = answer(400)
NOT_NOW = answer(503)
JOB: list[Row] = [(1, "Away", ""), ("2x", "Away", ""), ("3x", "Away", ""), (4, "Absnt", "")]


@pytest.fixture(autouse=True)
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """One try for each row, and no matter how many fail or are wrong."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ATTEMPTS", "1")
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_FAILURES", "none")
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_INVALID", "none")


def run(worker: Worker, rows: list[Row], name: str = "job.csv") -> Ended:
    """Run a job of these rows."""
    return worker("run", write_csv(worker.folder / name, rows))


def rows_back(worker: Worker, ended: Ended, name: str = "failed.csv") -> list[dict[str, str]]:
    """Read the rows of a file of a run that can come back."""
    with (worker.folder_of(ended) / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def send_back(worker: Worker, rows: list[dict[str, str]], name: str = "mended.csv") -> Ended:
    """Run such rows, as a person has changed them, under another name."""
    path = worker.folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return worker("run", path)


def right(row: Mapping[str, str]) -> dict[str, str]:
    """Correct what is wrong in a row."""
    number, status = row["associateId"].removesuffix("x"), row["status"].replace("Absnt", "Away")
    return {**row, "associateId": number, "status": status}


def listed(worker: Worker, ended: Ended) -> dict[str, Any]:
    """Give what the list of runs has of one."""
    runs: list[dict[str, Any]] = worker("runs").summary["runs"]
    (found,) = (each for each in runs if each["run_id"] == ended.summary["run_id"])
    return found


def shown(worker: Worker, ended: Ended) -> tuple[int, str | None, bool]:
    """Give how many rows of a run are open, which run corrects it, and whether there is a next command."""
    found = listed(worker, ended)
    return found["open"], found["corrected_by"], found["next"] is not None


def id_of(ended: Ended) -> str:
    return str(ended.summary["run_id"])


def test_a_run_that_nobody_has_corrected(worker: Worker) -> None:
    """All rows that are not done are open, and its next command is shown."""
    first = run(worker, JOB)

    assert shown(worker, first) == (3, None, True)


def test_all_rows_come_back_and_are_done(worker: Worker) -> None:
    """Under whatever name: nothing is open any more, and nothing is left to do."""
    first = run(worker, JOB)

    second = send_back(worker, list(map(right, rows_back(worker, first))), "Feuille 1.csv")

    assert second.code == 0
    assert shown(worker, first) == (0, id_of(second), False)
    assert shown(worker, second) == (0, None, False)
    found = listed(worker, first)
    assert (found["exit_code"], found["done"]) == (3, 1)
    assert found["message"] == f"Corrected by run {id_of(second)}. All rows are done."


def test_some_rows_still_are_not_done(worker: Worker) -> None:
    """They stay open, and the later run says what to do: the next command of the first one is gone."""
    first = run(worker, JOB)
    two, *others = rows_back(worker, first)

    second = send_back(worker, [right(two), *others])

    assert shown(worker, first) == (2, id_of(second), False)
    assert shown(worker, second) == (2, None, True)
