"""One run at a time on a target, whoever's state directory; side by side on others."""

import sys
from collections.abc import Callable

import pytest

from presence_worker.journal import run_lock, target_lock
from presence_worker.sandbox import Sandbox
from tests.raw_server import HANG, RawServer

from .given import (
    FAST,
    Worker,
    away,
    for_associates,
    raw_up,
    results,
    started,
    wait_until,
    wishes,
    write_csv,
)
from .test_resume import stopped

LOOKER = (
    "import fcntl, sys, time; f = open(sys.argv[1]); fcntl.flock(f, 2); print(flush=True); time.sleep(0.3)"
)


@pytest.mark.proves("another run uses the same SuperOffice")
def test_a_second_run_waits_for_the_first(worker_on: Callable[[RawServer], Worker]) -> None:
    """It exits 7, even with another state directory; when the first one is killed, it may go at once."""
    silent = {1: HANG}
    with raw_up(for_associates(silent)) as server:
        worker = worker_on(server)
        job = write_csv(worker.folder / "job.csv", away([1]))
        with started("run", job, *worker.options) as holder:
            wait_until(lambda: len(server.puts) == 1)
            worker.state = worker.folder / "another state"

            refused = worker("run", job)
            holder.kill()
            holder.wait()
        silent.clear()
        allowed = worker.follow(refused)

    assert (refused.code, allowed.code) == (7, 0)
    assert f"another run is at work on {server.url}" in refused.summary["message"]


def test_other_targets_are_not_in_the_way(worker: Worker, sandbox: Sandbox) -> None:
    """While one target is being worked on, another one can be, in the same state directory."""
    job = write_csv(worker.folder / "job.csv", away([1, 2]))
    with raw_up(HANG) as server:
        other = ("--base-url", server.url, "--state-dir", str(worker.state), *FAST)
        with started("run", job, *other) as holder:
            wait_until(lambda: len(server.puts) == 1)

            ended = worker("run", job)

            assert holder.poll() is None
    assert (ended.code, len(wishes(sandbox))) == (0, 2)


@pytest.mark.parametrize("spelling", ["http{}/", "http{}/api", "http{}/api/v1/", "HTTP{}"])
def test_a_target_is_one_however_it_is_written(spelling: str, worker: Worker, sandbox: Sandbox) -> None:
    """With or without /api, in whatever case: it is the same service, and the same lock."""
    worker.url = spelling.format(sandbox.url.removeprefix("http"))
    with target_lock(sandbox.url, worker.state):
        ended = worker("run", write_csv(worker.folder / "job.csv", away([1])))

    assert ended.code == 7


@pytest.mark.parametrize("command", ["run", "apply", "resume", "resume RUN"])
def test_whatever_sends_needs_the_target(command: str, worker: Worker, sandbox: Sandbox) -> None:
    """Each of them exits 7 while somebody is at work, and sends nothing."""
    run_id = str(stopped(worker).summary["run_id"])
    words = {"run": ["run", "job.csv"], "apply": ["apply", run_id], "resume RUN": ["resume", run_id]}
    sent = len(wishes(sandbox))

    with target_lock(sandbox.url, worker.state):
        ended = worker(*words.get(command, ["resume"]))

    assert (ended.code, len(wishes(sandbox))) == (7, sent)


def test_reading_needs_no_lock(worker: Worker, sandbox: Sandbox) -> None:
    """While somebody is at work, `check`, `runs` and reports of other runs are to be had."""
    run_id = str(stopped(worker).summary["run_id"])

    with target_lock(sandbox.url, worker.state):
        codes = [worker(*words).code for words in (["runs"], ["report", run_id], ["check", "job.csv"])]

    assert codes == [0, 0, 0]


def test_a_run_at_work_has_no_report_yet(worker: Worker) -> None:
    """It is to be had when the run is over (7: try again)."""
    ended = stopped(worker)

    with run_lock(worker.folder_of(ended)):
        reported = worker("report", "last")

    assert reported.code == 7
    assert worker.follow(reported).code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no flock there")
def test_somebody_who_only_looks_is_not_in_the_way(worker: Worker) -> None:
    """A monitor that lists runs all the time holds each for a moment: `resume` lets it look."""
    folder = worker.folder_of(stopped(worker))
    with started(folder / "run.lock", before=[sys.executable, "-c", LOOKER]) as looking:
        assert looking.stdout
        looking.stdout.readline()

        resumed = worker("resume")

    assert resumed.code == 3
    assert "not_sent" not in results(folder)
