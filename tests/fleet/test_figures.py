"""Figures of all machines together: Prometheus can read them, and they have no name in them."""

import shutil
import subprocess

import pytest

from presence_worker.fleet.figures import fleet_figures
from presence_worker.fleet.status import FleetStatus, LeaseLine, WaitingLine, WorkerLine


def worker(name: str, *, is_there: bool = True) -> WorkerLine:
    return WorkerLine(
        worker=name,
        kind="worker",
        version="1",
        host=name,
        targets=None,
        places=200,
        holds=0,
        seen_seconds_ago=1.0,
        is_there=is_there,
    )


def lease(state: str) -> LeaseLine:
    return LeaseLine(
        target="https://crm.example", run_id=None, worker="a", token=1, state=state, seconds_left=1.0
    )


STATUS = FleetStatus(
    workers=[worker("a"), worker("b"), worker("c", is_there=False)],
    leases=[lease("at work"), lease("at work"), lease("expired"), lease("quiet")],
    jobs=[
        WaitingLine(target="emea", waiting=2, working=1, oldest_seconds=7.5),
        WaitingLine(target="apac", waiting=0, working=1, oldest_seconds=None),
    ],
)


def test_each_figure_counts_what_is_there() -> None:
    """Machines that died have no places."""
    text = fleet_figures(STATUS)

    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "presence_worker_fleet_workers 2",
        "presence_worker_fleet_workers_gone 1",
        "presence_worker_fleet_places 400",
        "presence_worker_fleet_targets_at_work 2",
        "presence_worker_fleet_targets_abandoned 1",
        "presence_worker_fleet_jobs_waiting 2",
        "presence_worker_fleet_oldest_job_waiting_seconds 7.5",
    ]
    assert "emea" not in text
    assert "crm.example" not in text


def test_nothing_is_there() -> None:
    """Zeros are figures, too: an alarm can be about them."""
    text = fleet_figures(FleetStatus([], [], []))

    values = [line.split()[1] for line in text.splitlines() if not line.startswith("#")]
    assert values == ["0"] * 7


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is missing")
def test_promtool_has_nothing_to_say() -> None:
    """Names, types and help are as Prometheus wants them."""
    text = fleet_figures(STATUS).encode()

    found = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)

    assert (found.returncode, found.stdout + found.stderr) == (0, b"")
