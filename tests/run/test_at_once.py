"""Runs that are started at the same moment: one of them has the target, whatever their state directories."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.raw_server import HANG, RawServer, echo

from .given import FAST, Worker, away, ended, raw_up, results, slowly, started, wait_until, wishes, write_csv


@pytest.mark.parametrize("states", [("state",) * 3, ("a", "b", "c")])
def test_one_of_many_has_the_target(
    states: tuple[str, ...], worker_on: Callable[[RawServer], Worker]
) -> None:
    """The others exit 7 and send nothing, so that no row is sent twice."""
    with raw_up(HANG) as server, ExitStack() as stack:
        worker = worker_on(server)
        path = write_csv(worker.folder / "job.csv", away([1, 2]))
        runs = [
            stack.enter_context(
                started("run", path, "--base-url", server.url, "--state-dir", state, *FAST, "--json")
            )
            for state in states
        ]
        wait_until(lambda: [run.poll() for run in runs].count(7) == 2)
        wait_until(lambda: len(server.puts) == 1)
        codes = [run.poll() for run in runs]

    assert sorted(codes, key=str) == [7, 7, None]
    assert [associate for associate, *_ in wishes(server)] == [1]


def test_other_targets_are_worked_on_side_by_side(worker_on: Callable[[RawServer], Worker]) -> None:
    """Two targets and one state directory, at the same moment: neither takes the other's run away."""
    with raw_up(slowly(echo, 0.2)) as one, raw_up(slowly(echo, 0.2)) as other, ExitStack() as stack:
        worker = worker_on(one)
        path = write_csv(worker.folder / "job.csv", away([1, 2]))
        runs = [
            stack.enter_context(
                started("run", path, "--base-url", url, "--state-dir", worker.state, *FAST, "--json")
            )
            for url in (one.url, other.url)
        ]
        done = [ended(run) for run in runs]

    assert [each.code for each in done] == [0, 0]
    assert [results(worker.folder_of(each)) for each in done] == [["updated"] * 2] * 2
