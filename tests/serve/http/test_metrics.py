"""Figures of the service for Prometheus."""

import shutil
from pathlib import Path

import anyio
import pytest

from presence_worker.queue.job_queue import NewJob
from presence_worker.run_states import JobCommand, JobWay

from .given import idle, tokens, working

pytestmark = pytest.mark.anyio
FIGURES = (
    "presence_worker_last_run_exit_code",
    "presence_worker_build_info",
    "presence_worker_jobs_waiting",
    "presence_worker_oldest_job_waiting_seconds",
    "presence_worker_messages_undelivered",
    "presence_worker_http_requests_total",
)


async def test_runs_jobs_messages_and_requests_are_counted(tmp_path: Path) -> None:
    """Each figure that the manual names is there, and promtool finds nothing to say."""
    async with working(tmp_path) as front:
        await front.ended((await front.submit()).json["job"])
        await front.ask("GET", "/nothing")
        answer = await front.ask("GET", "/metrics", "watcher")

    text = answer.body.decode()
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert [name for name in FIGURES if f"# TYPE {name} " not in text] == []
    assert 'presence_worker_http_requests_total{code="404"} 1' in text
    assert 'presence_worker_http_requests_total{code="202"} 1' in text
    assert "# TYPE presence_worker_http_requests_total counter" in text
    assert 'presence_worker_last_run_exit_code{target="' in text
    if promtool := shutil.which("promtool"):
        check = [promtool, "check", "metrics"]
        found = await anyio.run_process(check, input=answer.body, check=False)
        assert (found.returncode, found.stdout + found.stderr) == (0, b"")


async def test_jobs_that_wait_are_counted_by_target(tmp_path: Path) -> None:
    """Also by one that is gone; a token with targets sees the figures of those alone."""
    async with idle(tmp_path, "a", "b", tokens=tokens(watcher=["a"])) as front:
        for target in "aab":
            await front.submit(query=f"?target={target}")
        front.service.queue.put(NewJob(target="gone", command=JobCommand.RUN, way=JobWay.HTTP), None)
        every = (await front.ask("GET", "/metrics", "hr")).body.decode()
        some = (await front.ask("GET", "/metrics", "watcher")).body.decode()

    assert 'presence_worker_jobs_waiting{target="a"} 2' in every
    assert 'presence_worker_jobs_waiting{target="b"} 1' in every
    assert 'presence_worker_jobs_waiting{target="gone"} 1' in every
    assert 'presence_worker_jobs_waiting{target="a"} 2' in some
    assert 'target="b"' not in some
    assert 'target="gone"' not in some
