"""The schedule: the jobs of all targets at the times that `[job] at` says.

| event | when | what it has |
|---|---|---|
| `schedule.started` | a job was put in at its time, or afterwards | target, moment, job |
| `schedule.missed` | times are not made good; also reported by `[notify]` | target, moment, times, why |
| `schedule.waits` | a job cannot be put in now; it is tried again | target, moment, detail |
| `schedule.failed` | a bug; the others go on | target, error |
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import anyio
import structlog

from .. import clock
from ..cron import times_after
from ..errors import ExitCode, PresenceWorkerError
from ..journal import is_trusted
from ..operator_files import newest_match
from ..queue.job_queue import NewJob, QueuedJob
from ..run_states import JobCommand, JobWay, State
from ..settings.sections import JobSettings
from ..threads import work_in_thread
from .inbox_files import NotTaken, copy_file, name_of
from .receiving import receiving
from .service import Service

BY = "schedule"
LOOK = 1.0  # seconds until the clock is read again: it can be set, and a machine can sleep
FEW = 100  # times that are looked up in the queue
ON_TIME = timedelta(minutes=1)  # so late, a job is not late
TOO_LATE = "later than job.catch_up"
FOLLOWED = "a later time is due, too"
CHANGED = "the file has changed while it was read"
NO_FILE = "no file fits job.source"
log = structlog.get_logger()


class Plan(NamedTuple):
    """Where a target is in its schedule."""

    lines: Sequence[str]  # of cron, and the time zone
    last: datetime  # the moment that was dealt with, in UTC
    next: datetime


async def keep_timetable(service: Service, now: Callable[[], datetime] = clock.now) -> None:
    """Put the jobs of the schedule in at their times, until cancelled."""
    timetable = Timetable(service, now)
    while True:
        await timetable.look()
        await anyio.sleep(LOOK)


class Timetable:
    """Owns where all targets are in their schedules. The queue remembers it."""

    def __init__(self, service: Service, now: Callable[[], datetime]) -> None:
        self._service = service
        self._now = now
        self._plans: dict[str, Plan] = {}
        self._said: dict[str, str] = {}  # by target, what was logged last

    async def look(self) -> None:
        """Put in what is due of all targets."""
        for target, context in [*self._service.targets.loaded.each.items()]:
            try:
                await self._serve_target(target, context.settings.job)
            except Exception as error:  # noqa: BLE001 - the service, and the other targets, go on
                self._say_once("schedule.failed", target, error=type(error).__name__)

    async def _serve_target(self, target: str, job: JobSettings) -> None:
        lines, plan = [*job.at, job.timezone or ""], self._plans.get(target)
        if not job.at:
            return
        if plan is None or plan.lines != lines or plan.last - self._now() > ON_TIME:  # the clock was set back
            plan = self._plans[target] = await work_in_thread(self._recall, target, job, lines)
        if plan.next <= self._now():
            await self._settle_times(target, job, plan)

    def _recall(self, target: str, job: JobSettings, lines: Sequence[str]) -> Plan:
        """Return where a target is; a schedule that is new, or was changed, begins now."""
        known = json.loads(self._service.queue.recall(f"{BY} {target}") or "{}")
        if known.get("lines") != lines:
            return self._remember(target, job, lines, self._now())
        last = min(datetime.fromisoformat(known["last"]), self._now())  # a clock may have been wrong
        return Plan(lines, last, next(times_after(job.at, job.timezone, last)))

    def _remember(self, target: str, job: JobSettings, lines: Sequence[str], last: datetime) -> Plan:
        value = json.dumps({"lines": lines, "last": last.isoformat()})
        self._service.queue.remember(f"{BY} {target}", value)
        return Plan(lines, last, next(times_after(job.at, job.timezone, last)))

    async def _settle_times(self, target: str, job: JobSettings, plan: Plan) -> None:
        """Deal with the times that have come: the last one is made good, where it is not too late."""
        now = self._now()
        times = await work_in_thread(self._open_times, target, job, plan.last, now)
        if times and now - times[-1] > max(ON_TIME, timedelta(seconds=job.catch_up)):
            self._miss(target, times, TOO_LATE, ExitCode.STOPPED)
        elif times:
            if not await self._start_or_say(target, job, times[-1]):
                return
            if times[:-1]:
                self._miss(target, times[:-1], FOLLOWED, ExitCode.STOPPED)
        last = times[-1] if times else now
        self._plans[target] = await work_in_thread(self._remember, target, job, plan.lines, last)

    def _open_times(self, target: str, job: JobSettings, last: datetime, now: datetime) -> Sequence[datetime]:
        """Return the times that have come; all up to one that is in the queue are settled."""
        times = [*takewhile(lambda moment: moment <= now, times_after(job.at, job.timezone, last))]
        put_in = (moment for moment in times[:FEW][::-1] if self._find(target, moment))
        known = next(put_in, last)
        return [moment for moment in times if moment > known]

    def _find(self, target: str, moment: datetime) -> QueuedJob | None:
        return self._service.queue.find_key(BY, _key(target, moment))

    def _miss(self, target: str, times: Sequence[datetime], why: str, code: ExitCode) -> None:
        log.warning("schedule.missed", target=target, moment=times[-1].isoformat(), times=len(times), why=why)
        self._service.report(target, code, State.REFUSED if code == ExitCode.REFUSED else State.STOPPED)

    async def _start_or_say(self, target: str, job: JobSettings, due: datetime) -> bool:
        """Put a job in; return whether nothing more is to do for this time."""
        try:
            found = await self._start(target, job, due)
        except (NotTaken, OSError, PresenceWorkerError) as error:
            words = (error.strerror if isinstance(error, OSError) else str(error)) or CHANGED
            self._say_once("schedule.waits", target, moment=due.isoformat(), detail=words)
            return False
        if found:
            log.info("schedule.started", target=target, moment=due.isoformat(), job=found.id)
        else:
            self._miss(target, [due], NO_FILE, ExitCode.REFUSED)
        return True

    async def _start(self, target: str, job: JobSettings, due: datetime) -> QueuedJob | None:
        """Put a job in, once for each moment; return it, or None where it has no file."""
        if not job.source:
            return (await self._service.submit(_new_job(target, due), None))[0]
        source = await work_in_thread(newest_match, job.source)
        if source is None:
            return None
        async with receiving(self._service.queue) as place:
            digest = await work_in_thread(_copy, Path(source), place / "content")
            new = _new_job(target, due, name_of(Path(source).name), digest)
            return (await self._service.submit(new, place / "content"))[0]

    def _say_once(self, event: str, target: str, **words: str) -> None:
        if self._said.get(target) != str(words):
            self._said[target] = str(words)
            log.warning(event, target=target, **words)


def _copy(source: Path, target: Path) -> str:
    """Copy a file, and return its digest; raise NotTaken for a link that another user may have put there."""
    if source.is_symlink() and not is_trusted(source.lstat().st_uid):
        raise NotTaken("a link of another owner; copy the file instead")
    return copy_file(source.resolve(), target)[1]


def _new_job(target: str, due: datetime, name: str | None = None, sha256: str | None = None) -> NewJob:
    return NewJob(
        target=target,
        command=JobCommand.RUN,
        way=JobWay.SCHEDULE,
        by=BY,
        file_name=name,
        sha256=sha256,
        key=_key(target, due),
        origin={"moment": due.isoformat()},
    )


def _key(target: str, due: datetime) -> str:
    return f"{target} {due.isoformat()}"
