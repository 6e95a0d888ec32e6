"""Figures of the service for Prometheus: those of each target's runs, and those of its jobs."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime

import structlog
from aiohttp import web

from ...errors import StateFault
from ...fleet.figures import fleet_figures
from ...notify.dispatch import open_store
from ...notify.message_store import FAULTS
from ...queue.job_queue import JobState, QueuedJob
from ...report.metrics_text import Sample, counter_lines, metric_lines, metrics_text
from ...runs.listing import list_runs
from ...threads import work_in_thread
from ..caller import Caller
from ..service import Service
from ..what_follows import find_lost_jobs
from .route import Call

ANSWERED = web.AppKey("answered", Counter[str])  # requests, by status code
TYPE = "text/plain; version=0.0.4; charset=utf-8"
Samples = list[tuple[str, Sample]]  # by target
log = structlog.get_logger()


async def show_metrics(call: Call) -> web.Response:
    """Answer with the figures of the targets that the caller may know of."""
    answered = call.request.app[ANSWERED]
    text = await work_in_thread(figures_of_service, call.service, call.caller, {**answered})
    return web.Response(body=text.encode(), headers={"Content-Type": TYPE})


def figures_of_service(service: Service, caller: Caller, answered: Mapping[str, int]) -> str:
    """Return the figures as /metrics has them. It blocks."""
    targets = [name for name in service.targets.names if caller.may_use(name)]
    jobs = [job for job in service.queue.jobs() if caller.may_use(job.new.target)]
    lines = "".join(f"{line}\n" for line in _lines(service, targets, jobs, answered))
    fleet = service.targets.loaded.common.fleet
    return _figures_of_runs(service, caller) + lines + (fleet_figures(fleet.status()) if fleet else "")


def _figures_of_runs(service: Service, caller: Caller) -> str:
    loaded = service.targets.loaded
    states = loaded.judge(list_runs(loaded.common))
    return metrics_text(
        [each for each in states if each.expected.is_configured and caller.may_use(each.target)]
    )


def _lines(
    service: Service, targets: Sequence[str], jobs: Sequence[QueuedJob], answered: Mapping[str, int]
) -> Iterator[str]:
    waiting, lost = [job for job in jobs if job.state == JobState.WAITING], find_lost_jobs(jobs)
    waited_for = [*dict.fromkeys([*targets, *(job.new.target for job in waiting)])]  # also for those gone
    figures: tuple[tuple[str, str, Samples], ...] = (
        ("jobs_waiting", "Jobs that wait.", _each(waited_for, lambda name: len(_of(waiting, name)))),
        (
            "oldest_job_waiting_seconds",
            "How long the oldest job waits; 0: none waits.",
            _each(waited_for, lambda name: _age_of(_of(waiting, name))),
        ),
        (
            "jobs_failed",
            "Jobs that failed before their run began, and must be sent again.",
            _each(targets, lambda name: len(_of(lost, name))),
        ),
        ("run_in_progress_rows", "Rows of the run at work, by result.", _rows_at_work(service, targets)),
        ("messages_undelivered", "Messages that are not delivered yet.", _undelivered(service, targets)),
    )
    for name, words, samples in figures:
        yield from metric_lines(f"presence_worker_{name}", words, samples)
    yield from counter_lines("presence_worker_http_requests_total", "Requests, by code.", "code", answered)


def _each(targets: Sequence[str], figure: Callable[[str], float]) -> Samples:
    return [(name, Sample(figure(name))) for name in targets]


def _of(jobs: Sequence[QueuedJob], target: str) -> list[QueuedJob]:
    return [job for job in jobs if job.new.target == target]


def _age_of(waiting: Sequence[QueuedJob]) -> float:
    if not waiting:
        return 0.0
    oldest = min(datetime.fromisoformat(job.submitted_at) for job in waiting)
    return max(0.0, (datetime.now(UTC) - oldest).total_seconds())


def _rows_at_work(service: Service, targets: Sequence[str]) -> Samples:
    return [
        (run.target, Sample(rows, "result", result))
        for run in service.live.current()
        if run.target in targets
        for result, rows in run.results.items()
    ]


def _undelivered(service: Service, targets: Sequence[str]) -> Samples:
    try:
        with closing(open_store(service.targets.loaded.common)) as store:
            numbers = Counter(message.target for message in store.messages())
    except (StateFault, *FAULTS) as fault:
        log.warning("metrics.no_messages", error=type(fault).__name__)
        return []
    return _each(targets, lambda name: numbers[name])
