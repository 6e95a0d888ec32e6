"""How long the event loop of a host stands still while a run of many rows works in it.

`child.py` measures processes; here the run is hosted by this very process, beside a heartbeat.
"""

import gc
import logging
import os
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import structlog

from presence_worker.events import DeliveryEnded, DeliveryStarted, Event, RunEnded, RunStarted, StepStarted
from presence_worker.journal import Archive
from presence_worker.run.commands import run_job
from presence_worker.run_context import RunContext
from presence_worker.run_states import State
from presence_worker.settings import Settings
from presence_worker.superoffice import open_client, target_name

from .child import BrokenTrialError
from .figures import Figure, at_most
from .job import write_job, write_json_job, write_workbook
from .trial import Extent, service

MOST = 50.0  # milliseconds
BEAT = 0.005  # seconds
JOBS: dict[str, Callable[[Path, int], Path]] = {
    "CSV": write_job,
    "JSON": write_json_job,
    "XLSX": write_workbook,
}
PHASES = {RunStarted: "staging", DeliveryStarted: "sign-in", DeliveryEnded: "reports", RunEnded: "end"}
SHOWN = ("staging", "sign-in", "sending", "reports")


class Heart:
    """Owns the longest gap between two beats in each phase of a run, in milliseconds."""

    def __init__(self) -> None:
        self.phase = "staging"
        self.longest: dict[str, float] = {}

    def hear(self, event: Event) -> None:
        """Learn which phase begins."""
        if isinstance(event, StepStarted):
            self.phase = str(event.activity)
        else:
            self.phase = PHASES.get(type(event), self.phase)

    async def beat(self) -> None:
        """Beat until cancelled; a gap counts for the phase in which it began, and that in which it ended."""
        while True:
            phase, before = self.phase, time.monotonic()
            await anyio.sleep(BEAT)
            gap = (time.monotonic() - before - BEAT) * 1000
            for each in {phase, self.phase}:
                self.longest[each] = max(self.longest.get(each, 0.0), gap)


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Run jobs of each format beside a heartbeat; the best round counts, for others use the machine, too."""
    rows, rounds = extent.of(100_000, quick=200), extent.of(3, quick=1)
    os.environ["XDG_STATE_HOME"] = f"{folder}"  # where the locks of targets are
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    gc.collect()
    gc.freeze()  # as ARCHITECTURE.md advises hosts: a full collection takes half a second here
    figures = []
    for name, write in JOBS.items():
        job = write(folder, rows)
        beats = [_hosted(job, rows) for _ in range(rounds)]
        for phase in SHOWN:
            gaps = [longest.get(phase, 0.0) for longest in beats]
            goal = at_most(MOST, min(gaps), "min")
            label = f"loop: {name}, {phase}, {rows} rows"
            figures.append(Figure(label=label, unit="ms", samples=gaps, goal=goal))
    return figures


def _hosted(job: Path, rows: int) -> dict[str, float]:
    """Run a job in a loop of ours; raise BrokenTrialError unless every row was updated."""
    with TemporaryDirectory(prefix="benchmark-") as name, service(Path(name, "arrivals")) as url:
        heart = Heart()
        context = _context(Path(name), url, heart)
        fast = {"use_uvloop": sys.platform != "win32"}
        updated = anyio.run(_beside, heart, str(job), context, backend_options=fast)
    if updated != rows:
        raise BrokenTrialError(f"{updated} of {rows} rows were updated")
    return heart.longest


async def _beside(heart: Heart, job: str, context: RunContext) -> int:
    async with anyio.create_task_group() as group:
        group.start_soon(heart.beat)
        summary = await run_job(job, context)
        group.cancel_scope.cancel()
    return summary.counts["updated"] if summary.state == State.FINISHED else 0


def _context(folder: Path, url: str, heart: Heart) -> RunContext:
    settings = Settings(
        target={"base_url": url},
        auth={"username": "any", "password": "any"},
        delivery={"rate": 1_000_000, "concurrency": 32, "read_before": "off"},
        safety={"max_changes": "none"},
        storage={"state_dir": folder / "state"},
    )
    return RunContext(
        settings=settings,
        day=date.today(),  # noqa: DTZ011 - no row has days
        archive=Archive(settings.storage.state_dir),
        target=target_name(settings.target, settings.auth.login_url),
        options=(),
        input_options=(),
        open_service=partial(open_client, settings),
        subscriber=heart.hear,
    )
