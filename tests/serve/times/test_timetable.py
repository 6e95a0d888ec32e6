"""The jobs of `[job] at`: at their times, once each, also after the service was off."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest
from structlog.testing import capture_logs

from presence_worker.errors import StateFault
from presence_worker.fleet.member import FleetMember
from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.queue.job_queue import NewJob, QueuedJob
from presence_worker.run_states import JobCommand, JobWay
from presence_worker.serve.service import Service
from presence_worker.serve.timetable import Timetable
from presence_worker.settings.fleet import Fleet
from tests.serve.given import context_for, targets_of

pytestmark = pytest.mark.anyio
EVENING = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)
NIGHT = datetime(2026, 12, 1, 2, 30, tzinfo=UTC)
CSV = "associateId,status\n12,StatusNormal\n"


@dataclass
class Nights:
    """Owns a service with a schedule, a clock, and a queue without runs."""

    home: Path
    now: datetime = EVENING
    job: dict[str, Any] = field(default_factory=lambda: {"at": "30 2 * * *", "timezone": "UTC"})
    is_shared: bool = False  # with other machines
    refusal: Exception | None = None  # of the service, to take a job
    reported: list[tuple[str, int, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # the headlines of messages

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Start the service again, with the configuration as it is now."""
        self.queue = FolderQueue(self.home / "state")
        context = context_for("http://127.0.0.1:1", self.home / "state", job=self.job)
        if self.is_shared:
            context = replace(context, fleet=FleetMember(Fleet()))
        service = SimpleNamespace(
            queue=self.queue,
            targets=targets_of(a=context),
            submit=self._submit,
            report=self._report,
        )
        self.timetable = Timetable(cast(Service, service), lambda: self.now)

    def _report(self, target: str, code: int, state: str, headline: str) -> None:
        self.reported.append((target, code, state))
        self.said.append(headline)

    async def _submit(self, new: NewJob, content: Path | None) -> tuple[QueuedJob, bool]:
        if self.refusal:
            raise self.refusal
        return self.queue.put(new, content)

    async def at(self, moment: datetime) -> list[str]:
        """Let it be a moment; give the times of all jobs by then."""
        self.now = moment
        async with anyio.create_task_group() as tasks:
            self.timetable.check(tasks)
        return [job.new.origin["moment"] for job in self.queue.jobs()]


@pytest.fixture
async def nights(tmp_path: Path) -> Nights:
    """A schedule that has begun."""
    nights = Nights(tmp_path)
    assert await nights.at(EVENING) == []
    return nights


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


async def test_a_job_is_put_in_at_its_time(nights: Nights) -> None:
    """Not before, and once."""
    assert await nights.at(NIGHT - timedelta(seconds=1)) == []
    assert await nights.at(NIGHT) == [NIGHT.isoformat()]
    assert await nights.at(NIGHT + timedelta(seconds=1)) == [NIGHT.isoformat()]

    (job,) = nights.queue.jobs()
    assert (job.new.target, job.new.command, job.new.way) == ("a", JobCommand.RUN, JobWay.SCHEDULE)
    assert (job.content, job.new.file_name) == (None, None)  # what is due of earlier jobs
    assert len(await nights.at(NIGHT + hours(24))) == 2


async def test_none_at_the_very_first_start(tmp_path: Path) -> None:
    """What was to come before the service was set up is nothing that it has missed."""
    nights = Nights(tmp_path)

    assert await nights.at(NIGHT + hours(1)) == []
    assert nights.reported == []


async def test_a_missed_time_is_made_good(nights: Nights) -> None:
    """The service was off at night, and starts in the morning."""
    nights.restart()

    assert await nights.at(NIGHT + hours(5)) == [NIGHT.isoformat()]
    assert nights.reported == []


async def test_of_several_the_last_one_is_made_good(nights: Nights) -> None:
    """The others are reported as missed, together."""
    nights.restart()

    with capture_logs() as logged:
        found = await nights.at(NIGHT + hours(49))

    assert found == [(NIGHT + hours(48)).isoformat()]
    (missed,) = [each for each in logged if each["event"] == "schedule.missed"]
    assert (missed["moment"], missed["times"]) == ((NIGHT + hours(24)).isoformat(), 2)
    assert nights.reported == [("a", 6, "stopped")]
    assert missed["made_up"] == (NIGHT + hours(48)).isoformat()
    (said,) = nights.said
    assert said.startswith("2 jobs of the schedule did not begin. The last one is that of 2026-12-02 02:30: ")
    assert "The job of 2026-12-03 02:30 is made up for." in said


async def test_too_late_is_missed(nights: Nights) -> None:
    """After catch_up no job is put in for a time; the next one comes as always."""
    nights.restart()

    assert await nights.at(NIGHT + hours(12.1)) == []
    assert nights.reported == [("a", 6, "stopped")]
    assert await nights.at(NIGHT + hours(24)) == [(NIGHT + hours(24)).isoformat()]


async def test_without_catch_up(tmp_path: Path) -> None:
    """With 0 only a time that has just come counts."""
    nights = Nights(tmp_path, job={"at": "30 2 * * *", "timezone": "UTC", "catch_up": 0})
    await nights.at(EVENING)

    assert await nights.at(NIGHT + timedelta(seconds=20)) == [NIGHT.isoformat()]
    assert len(await nights.at(NIGHT + hours(24) + timedelta(minutes=2))) == 1


async def test_killed_before_it_was_noted(nights: Nights) -> None:
    """A job that was put in makes no second one, also after the file has changed, and is not missed."""
    remembered = nights.queue.recall("schedule a")
    await nights.at(NIGHT)
    nights.queue.remember("schedule a", str(remembered))
    nights.restart()

    assert await nights.at(NIGHT + hours(1)) == [NIGHT.isoformat()]
    nights.queue.remember("schedule a", str(remembered))
    nights.restart()
    assert len(await nights.at(NIGHT + hours(25))) == 2
    assert nights.reported == []


async def test_a_schedule_that_is_changed_begins_now(nights: Nights) -> None:
    """A time that has passed already was not missed."""
    nights.job = {"at": ["30 20 * * *", "0 4 * * *"], "timezone": "UTC"}
    nights.restart()

    assert await nights.at(EVENING + hours(1)) == []
    assert await nights.at(NIGHT.replace(hour=4, minute=0)) == [NIGHT.replace(hour=4, minute=0).isoformat()]
    assert nights.reported == []


@pytest.mark.parametrize("is_restarted", [True, False])
async def test_a_clock_that_was_wrong(nights: Nights, *, is_restarted: bool) -> None:
    """It was years ahead for a while: the schedule goes on, and no time comes twice."""
    await nights.at(NIGHT)
    await nights.at(NIGHT + hours(24 * 800))
    number = len(nights.queue.jobs())
    if is_restarted:
        nights.restart()

    await nights.at(NIGHT + hours(1))
    assert len(await nights.at(NIGHT + hours(2))) == number
    assert len(await nights.at(NIGHT + hours(24))) == number + 1


async def test_the_newest_file_is_the_job(nights: Nights) -> None:
    """It is copied as it is at that moment, with its time of change."""
    path = nights.home / "leave-1.csv"
    path.write_text(CSV)
    nights.job["source"] = str(nights.home / "leave-*.csv")
    nights.restart()

    await nights.at(NIGHT)

    (job,) = nights.queue.jobs()
    assert job.content is not None
    assert (job.content.read_text(), job.new.file_name) == (CSV, "leave-1.csv")
    assert job.content.stat().st_mtime_ns == path.stat().st_mtime_ns


async def test_no_file_fits(nights: Nights) -> None:
    """That is reported, once, and the next time comes as always."""
    nights.job["source"] = str(nights.home / "leave-*.csv")
    nights.restart()

    assert await nights.at(NIGHT) == await nights.at(NIGHT + hours(1)) == []

    assert nights.reported == [("a", 4, "refused")]
    assert nights.said == [
        "The job of 2026-12-01 02:30 did not begin: no file fits job.source. Nothing was sent."
    ]


async def test_the_queue_takes_nothing(nights: Nights) -> None:
    """The job is put in as soon as it can be; the log says that it waits, once."""
    nights.refusal = StateFault("the disk is full")
    with capture_logs() as logged:
        assert await nights.at(NIGHT) == await nights.at(NIGHT + hours(1)) == []
    nights.refusal = None

    assert [each["event"] for each in logged] == ["schedule.waits"]
    assert await nights.at(NIGHT + hours(2)) == [NIGHT.isoformat()]


@pytest.mark.parametrize("is_restarted", [True, False])
async def test_a_wrong_clock_costs_no_night(nights: Nights, *, is_restarted: bool) -> None:
    """What it has put in before its time comes again at its time, once."""
    await nights.at(NIGHT + hours(24))
    if is_restarted:
        nights.restart()
    await nights.at(EVENING + hours(0.1))

    assert len(await nights.at(NIGHT)) == 2
    assert len(await nights.at(NIGHT + hours(24))) == 3
    nights.restart()
    assert len(await nights.at(NIGHT + hours(25))) == 3


async def test_a_clock_that_is_corrected_a_little(nights: Nights) -> None:
    """A job that came some minutes too early does not come again."""
    await nights.at(NIGHT)
    await nights.at(NIGHT - hours(0.2))

    assert len(await nights.at(NIGHT)) == 1


async def test_a_target_that_hangs_holds_up_no_other(tmp_path: Path) -> None:
    """Such as by a share that does not answer."""
    nights, put_in, has_come = Nights(tmp_path), list[str](), anyio.Event()
    targets = {name: context_for("http://127.0.0.1:1", tmp_path / "s", name, job=nights.job) for name in "ab"}

    async def submit(new: NewJob, content: Path | None) -> tuple[QueuedJob, bool]:
        if new.target == "a":
            await anyio.sleep_forever()
        put_in.append(new.origin["moment"])
        has_come.set()
        return nights.queue.put(new, content)

    service = SimpleNamespace(queue=nights.queue, targets=targets_of(**targets), submit=submit)
    timetable = Timetable(cast(Service, service), lambda: nights.now)
    async with anyio.create_task_group() as tasks:
        timetable.check(tasks)
    nights.now = NIGHT
    async with anyio.create_task_group() as tasks:
        timetable.check(tasks)
        await has_come.wait()
        tasks.cancel_scope.cancel()

    assert put_in == [NIGHT.isoformat()]
