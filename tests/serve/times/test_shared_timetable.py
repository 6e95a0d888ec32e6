"""The schedule of a target that several machines work for: once each, and missed once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.conftest import VIRTUAL_TIME

from .test_timetable import CSV, EVENING, NIGHT, Nights, hours

pytestmark = pytest.mark.anyio
A_MINUTE = 61.0


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, Any]]:
    return VIRTUAL_TIME


async def machine(folder: Path, source: str | None = None) -> Nights:
    """A machine that shares its queue with the others, and has the file or not."""
    job = {"at": "30 2 * * *", "timezone": "UTC", "source": source and str(folder / source)}
    nights = Nights(folder, is_shared=True, job=job)
    await nights.at(EVENING)
    return nights


async def test_a_time_is_put_in_once(tmp_path: Path) -> None:
    """Also where all machines look at the same moment."""
    machines = [await machine(tmp_path) for _ in range(3)]

    async with anyio.create_task_group() as tasks:
        for each in machines:
            tasks.start_soon(each.at, NIGHT)

    assert await machines[0].at(NIGHT) == [NIGHT.isoformat()]
    assert [each.reported for each in machines] == [[], [], []]


async def test_the_machine_that_has_the_file_puts_it_in(tmp_path: Path) -> None:
    """The one that looks first has none, and leaves it to another one."""
    (tmp_path / "changes.csv").write_text(CSV)
    without, has = await machine(tmp_path, "none.csv"), await machine(tmp_path, "changes.csv")

    assert await without.at(NIGHT) == []
    assert await has.at(NIGHT) == [NIGHT.isoformat()]
    await anyio.sleep(A_MINUTE)
    await without.at(NIGHT)

    (job,) = without.queue.jobs()
    assert (job.new.file_name, without.reported, has.reported) == ("changes.csv", [], [])
    assert len(await has.at(NIGHT + hours(24))) == 2


async def test_a_file_that_no_machine_has_is_missed_once(tmp_path: Path) -> None:
    """After a minute one of them says so."""
    machines = [await machine(tmp_path, "none.csv") for _ in range(3)]
    for each in machines:
        await each.at(NIGHT)
    before = [[*each.reported] for each in machines]

    await anyio.sleep(A_MINUTE)
    for each in machines:
        assert await each.at(NIGHT) == []

    assert before == [[], [], []]
    assert [each.reported for each in machines] == [[("a", 4, "refused")], [], []]


async def test_a_missed_time_is_reported_once(tmp_path: Path) -> None:
    """All were off, and all look at once when they begin again; the next time is missed on its own."""
    machines = [await machine(tmp_path) for _ in range(3)]
    known = str(machines[0].queue.recall("schedule a"))
    for day in (1, 2):
        for each in machines:
            each.queue.remember("schedule a", known)
            each.restart()
            await each.at(NIGHT + hours(24 * day - 6))

    assert [len(each.reported) for each in machines] == [2, 0, 0]
