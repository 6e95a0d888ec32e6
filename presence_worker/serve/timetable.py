"""The schedule: the jobs of all targets at the times that `[job] at` says.

| event | when | what it has |
|---|---|---|
| `schedule.started` | a job was put in at its time, or afterwards | target, moment, job |
| `schedule.missed` | times are not made good; reported by `[notify]` | target, moment, times, why, made_up |
| `schedule.waits` | a job cannot be put in now; it is tried again | target, moment, detail |
| `schedule.failed` | a bug; the others go on | target, error |
"""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import anyio
import structlog
from anyio.abc import TaskGroup

from .. import clock
from ..clock import local_time
from ..cron import times_after
from ..errors import DatabaseAway, ExitCode, PresenceWorkerError
from ..journal import is_trusted
from ..operator_files import newest_match
from ..queue.job_queue import NewJob, QueuedJob
from ..run_states import JobCommand, JobWay, State
from ..settings.sections import JobSettings
from .inbox_files import NotTaken, copy_file, name_of
from .inboxes import InThreads
from .receiving import receiving
from .service import Service

BY = "schedule"
MISSED = "missed"  # begins the names of times that a machine has said were missed
KNOWN = timedelta(days=7)  # so long, that is remembered
LOOK = 1.0  # seconds until the clock is read again: it can be set, and a machine can sleep
FEW = 100  # times that are looked up in the queue
ON_TIME = timedelta(minutes=1)  # so late, a job is not late
AHEAD = timedelta(hours=1)  # a job that a wrong clock put in so early is done again at its time
WAS_OFF = "the service was off, or could not take it in"
TOO_LATE = f"{WAS_OFF}; now it is later than job.catch_up allows"
FOLLOWED = f"{WAS_OFF}; a later time came"
CHANGED = "the file has changed while it was read"
NO_FILE = "no file fits job.source"
ENDINGS = {  # of a message about a time that was missed
    TOO_LATE: "Nothing was sent.",
    FOLLOWED: "The job of {made_up} is made up for. There is nothing to do.",
    NO_FILE: "Nothing was sent.",
}
log = structlog.get_logger()


class Plan(NamedTuple):
    """Where a target is in its schedule."""

    lines: Sequence[str]  # of cron, and the time zone
    last: datetime  # the moment that was dealt with, in UTC
    next: datetime
    again: Sequence[str] | None = None  # when a clock that was ahead was set back, and what it was ahead to


async def keep_timetable(service: Service, now: Callable[[], datetime] = clock.now) -> None:
    """Put the jobs of the schedule in at their times, until cancelled."""
    timetable = Timetable(service, now)
    async with anyio.create_task_group() as tasks:
        while True:
            timetable.check(tasks)
            await anyio.sleep(LOOK)


class Timetable:
    """Owns where all targets are in their schedules. The queue remembers it."""

    def __init__(self, service: Service, now: Callable[[], datetime]) -> None:
        self._service = service
        self._now = now
        self._plans: dict[str, Plan] = {}
        self._said: dict[str, str] = {}  # by target, what was logged last
        self._busy: set[str] = set()  # targets with a task
        self._waiting: dict[str, tuple[datetime, float]] = {}  # by target: a time without a file, since when
        self._threads: dict[str, InThreads] = {}  # by target: a share that hangs holds up no other one

    def check(self, tasks: TaskGroup) -> None:
        """Put in what is due of all targets, each in a task of its own."""
        loaded = self._service.targets.loaded
        for target, context in loaded.each.items():
            if target not in self._busy and loaded.works_for(target):
                self._busy.add(target)
                tasks.start_soon(self._check_times, target, context.settings.job)

    async def _check_times(self, target: str, job: JobSettings) -> None:
        try:
            await self._serve_target(target, job)
        except DatabaseAway as error:
            self._say_once("schedule.waits", target, moment=self._now().isoformat(), detail=str(error))
        except Exception as error:  # noqa: BLE001 - the service, and the other targets, go on
            self._say_once("schedule.failed", target, error=type(error).__name__)
        finally:
            self._busy.discard(target)

    def _thread(self, target: str) -> InThreads:
        return self._threads.setdefault(target, InThreads())

    async def _serve_target(self, target: str, job: JobSettings) -> None:
        lines, plan = [*job.at, job.timezone or ""], self._plans.get(target)
        if not job.at:
            return
        if plan is None or plan.lines != lines or plan.last - self._now() > ON_TIME:  # the clock was set back
            plan = self._plans[target] = await self._thread(target)(self._recall, target, job, lines)
        if plan.next <= self._now():
            await self._settle_times(target, job, plan)

    def _recall(self, target: str, job: JobSettings, lines: Sequence[str]) -> Plan:
        """Return where a target is; a schedule that is new, or was changed, begins now."""
        known = json.loads(self._service.queue.recall(f"{BY} {target}") or "{}")
        if known.get("lines") != lines:
            return self._remember(target, job, lines, self._now())
        last, now, again = datetime.fromisoformat(known["last"]), self._now(), known.get("again")
        if last - now > AHEAD:  # what a wrong clock has put in comes again at its time
            ahead = max([last.isoformat(), *(again or [])])
            return self._remember(target, job, lines, now, [now.isoformat(), ahead])
        return Plan(lines, min(last, now), next(times_after(job.at, job.timezone, min(last, now))), again)

    def _remember(
        self,
        target: str,
        job: JobSettings,
        lines: Sequence[str],
        last: datetime,
        again: Sequence[str] | None = None,
    ) -> Plan:
        value = json.dumps({"lines": lines, "last": last.isoformat(), "again": again})
        self._service.queue.remember(f"{BY} {target}", value)
        return Plan(lines, last, next(times_after(job.at, job.timezone, last)), again)

    async def _settle_times(self, target: str, job: JobSettings, plan: Plan) -> None:
        """Deal with the times that have come: the last one is made good, where it is not too late."""
        now = self._now()
        if await self._may_be_for_others(target, job, plan):
            return
        times = await self._thread(target)(self._open_times, target, job, plan, now)
        if times and now - times[-1] > max(ON_TIME, timedelta(seconds=job.catch_up)):
            await self._miss(target, job, times, TOO_LATE)
        elif times:
            if not await self._start_or_say(target, job, times[-1], plan):
                return
            if times[:-1]:
                await self._miss(target, job, times[:-1], FOLLOWED, times[-1])
        last = times[-1] if times else now
        self._plans[target] = await self._thread(target)(
            self._remember, target, job, plan.lines, last, plan.again
        )

    def _open_times(self, target: str, job: JobSettings, plan: Plan, now: datetime) -> Sequence[datetime]:
        """Return the times that have come; all up to one that is in the queue are settled."""
        times = [*takewhile(lambda moment: moment <= now, times_after(job.at, job.timezone, plan.last))]
        find = self._service.queue.find_key
        put_in = (moment for moment in times[:FEW][::-1] if find(BY, _key(target, moment, plan)))
        known = next(put_in, plan.last)
        return [moment for moment in times if moment > known]

    async def _may_be_for_others(self, target: str, job: JobSettings, plan: Plan) -> bool:
        """Return whether a file is missing here that another machine may have and still put in."""
        if not self._is_shared or not job.source:
            return False
        source = await self._thread(target)(newest_match, job.source)
        if source is not None:
            return False
        due, since = self._waiting.get(target, (None, 0.0))
        if due != plan.next:
            due, since = self._waiting[target] = plan.next, anyio.current_time()
        return anyio.current_time() - since < ON_TIME.total_seconds()

    @property
    def _is_shared(self) -> bool:
        return self._service.targets.loaded.common.fleet is not None

    async def _miss(
        self,
        target: str,
        job: JobSettings,
        times: Sequence[datetime],
        why: str,
        made_up: datetime | None = None,
    ) -> None:
        """Log and report that times were missed; *made_up* is the later one that is made up for.

        Of several machines, one does.
        """
        if self._is_shared and not await self._thread(target)(self._is_first, target, times[-1]):
            return
        log.warning(
            "schedule.missed",
            target=target,
            moment=times[-1].isoformat(),
            times=len(times),
            why=why,
            made_up=made_up and made_up.isoformat(),
        )
        several = f"{len(times)} jobs of the schedule did not begin. The last one is" if times[1:] else ""
        last, later = _show(times[-1], job), made_up and _show(made_up, job)
        words = f"{several} that of {last}" if several else f"The job of {last} did not begin"
        headline = f"{words}: {why}. {ENDINGS[why].format(made_up=later)}"
        is_refused = why == NO_FILE
        code, state = (ExitCode.REFUSED, State.REFUSED) if is_refused else (ExitCode.STOPPED, State.STOPPED)
        self._service.report(target, code, state, headline)

    def _is_first(self, target: str, moment: datetime) -> bool:
        """Return whether no other machine has said that a time was missed."""
        queue, beginning = self._service.queue, f"{MISSED} {target} "
        for name in queue.recall_all(beginning):
            if moment - datetime.fromisoformat(name.removeprefix(beginning)) > KNOWN:
                queue.forget(name)
        return queue.remember_first(f"{beginning}{moment.isoformat()}", secrets.token_hex(8))

    async def _start_or_say(self, target: str, job: JobSettings, due: datetime, plan: Plan) -> bool:
        """Put a job in; return whether nothing more is to do for this time."""
        try:
            found = await self._start(target, job, due, plan)
        except (NotTaken, OSError, PresenceWorkerError) as error:
            words = (error.strerror if isinstance(error, OSError) else str(error)) or CHANGED
            self._say_once("schedule.waits", target, moment=due.isoformat(), detail=words)
            return False
        if found:
            log.info("schedule.started", target=target, moment=due.isoformat(), job=found.id)
        else:
            await self._miss(target, job, [due], NO_FILE)
        return True

    async def _start(self, target: str, job: JobSettings, due: datetime, plan: Plan) -> QueuedJob | None:
        """Put a job in, once for each moment; return it, or None where it has no file."""
        key, in_thread = _key(target, due, plan), self._thread(target)
        if not job.source:
            return (await self._service.submit(_new_job(target, due, key), None))[0]
        source = await in_thread(newest_match, job.source)
        if source is None:
            return None
        async with receiving(self._service.queue) as place:
            digest = await in_thread(_copy, Path(source), place / "content")
            new = replace(_new_job(target, due, key), file_name=name_of(Path(source).name), sha256=digest)
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


def _new_job(target: str, due: datetime, key: str) -> NewJob:
    return NewJob(
        target=target,
        command=JobCommand.RUN,
        way=JobWay.SCHEDULE,
        by=BY,
        key=key,
        origin={"moment": due.isoformat()},
    )


def _key(target: str, due: datetime, plan: Plan) -> str:
    """Return the key of a moment; where a wrong clock has shown it before, another one."""
    key = f"{target} {due.isoformat()}"
    if not plan.again:
        return key
    since, until = map(datetime.fromisoformat, plan.again)
    return f"{key} {plan.again[0]}" if since < due <= until else key


def _show(moment: datetime, job: JobSettings) -> str:
    return f"{local_time(moment, job.timezone):%Y-%m-%d %H:%M}"
