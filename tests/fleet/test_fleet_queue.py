"""The queue of all machines keeps the contract; what one machine knows of it is a copy."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from presence_worker.errors import UsageFault
from presence_worker.fleet.connections import SharedDatabase
from presence_worker.fleet.fleet_queue import FleetQueue
from presence_worker.fleet.sealing import Sealing
from presence_worker.queue.job_queue import KeyReused
from presence_worker.settings.fleet import Fleet

from ..queue.given import CONTENT, new_job, put
from ..queue.queue_suite import OpenQueue, QueueSuite
from .postgres import Postgres
from .proxy import Cut, Proxy, proxy_to

KEY = "x" * 42 + "A="


@pytest.fixture
def database(database_url: str) -> Iterator[SharedDatabase]:
    """A database with our tables."""
    with closing(SharedDatabase(Fleet.model_validate({"database": database_url}))) as database:
        yield database


class TestFleetQueue(QueueSuite):
    """Jobs in a database, and two processes of one machine."""

    @pytest.fixture
    def open_queue(self, tmp_path: Path, database: SharedDatabase) -> OpenQueue:
        """Queues on the same database."""
        return lambda: FleetQueue(database, Sealing([KEY]), tmp_path / "state")


# -- several machines


Open = Callable[[str], FleetQueue]


@pytest.fixture
def machine(database: SharedDatabase, tmp_path: Path) -> Open:
    """Give what opens the queue of a machine, by its name."""
    return lambda name: FleetQueue(database, Sealing([KEY]), tmp_path / name)


def contents_under(folder: Path) -> list[Path]:
    """Give all files with contents of jobs."""
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "queue.lock"]


def test_a_job_goes_from_one_machine_to_another(machine: Open, tmp_path: Path) -> None:
    """Its content is there when it begins, and gone from both when it is not needed any more."""
    first, second = machine("first"), machine("second")
    job, _ = put(first)
    assert [*first.jobs()] == [job]
    (seen,) = second.jobs()
    assert (seen.id, seen.content and seen.content.exists()) == (job.id, False)

    begun = second.begin(job.id)

    assert begun.content
    assert begun.content.read_bytes() == CONTENT
    assert begun.content.is_relative_to(tmp_path / "second")
    second.end(job.id, run_id="run", exit_code=0, headline="done")
    second.note_answered(job.id, keep_content=False)
    assert len(first.jobs()) == 1
    assert contents_under(tmp_path) == []


def test_a_copy_that_is_lost_is_fetched_again(machine: Open) -> None:
    """The database is the truth."""
    queue = machine("first")
    job, _ = put(queue)
    assert job.content
    job.content.unlink()

    assert queue.begin(job.id).content == job.content
    assert job.content.read_bytes() == CONTENT


def test_what_a_dead_process_left_is_deleted(machine: Open) -> None:
    """But not what jobs need that are not over."""
    queue = machine("first")
    job, _ = put(queue)
    over, _ = put(queue)
    assert over.content
    machine("second").cancel(over.id)
    assert over.content.exists()

    put(machine("first"))

    assert (over.content.exists(), job.content and job.content.exists()) == (False, True)


@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("step", ["put", "begin", "note_death", "cancel", "delete"])
def test_a_lost_answer(
    database_server: Postgres, database_url: str, tmp_path: Path, step: str, cut: Cut
) -> None:
    """Wherever the connection is cut, what was asked for happens once."""
    with proxy_to(database_server.port) as proxy, closing(_through(proxy, database_url)) as database:
        queue = FleetQueue(database, Sealing([KEY]), tmp_path)
        for number in count(1):
            known = {job.id for job in queue.jobs()}
            job, _ = put(queue)
            if step == "delete":
                queue.cancel(job.id)
            at = proxy.statements + number
            proxy.cuts[at] = cut

            change(queue, step, job.id)

            is_over = proxy.statements < at  # it had no such statement any more
            proxy.cuts.clear()
            new = [each for each in queue.jobs() if each.id not in known]
            assert len(new) == {"put": 2, "delete": 0}.get(step, 1)
            assert {each.deaths for each in new} <= {1 if step == "note_death" else 0}
            if is_over:
                assert number > 2
                return


def _through(proxy: Proxy, url: str) -> SharedDatabase:
    parts = urlsplit(url)
    address = parts._replace(netloc=parts.netloc.replace(str(parts.port), str(proxy.port))).geturl()
    return SharedDatabase(Fleet.model_validate({"database": address}))


def change(queue: FleetQueue, step: str, job_id: str) -> None:
    """Take a step with a job."""
    if step == "put":
        put(queue)
    elif step == "note_death":
        queue.note_death(job_id, 0)
    else:
        getattr(queue, step)(job_id)


def test_nothing_can_be_read_in_the_database(machine: Open, database: SharedDatabase) -> None:
    """Neither cells nor names of files; keys may be made of these, so they are not there either."""
    queue = machine("first")
    new = replace(
        new_job(key="Sick leave.csv", content=CONTENT), file_name="Sick leave.csv", label="Sick leave"
    )
    with queue.receive() as folder:
        (folder / "file").write_bytes(CONTENT)
        queue.put(new, folder / "file")
    queue.remember("schedule main", "Sick leave")

    with database.connection() as connection:
        rows = connection.execute(
            "SELECT job::text FROM job UNION ALL SELECT memory::text FROM memory"
        ).fetchall()

    words = " ".join(row[0] for row in rows)
    assert "waiting" in words
    assert not any(word in words for word in ("Sick", b"Sick".hex(), "Status", b"Status".hex()))


def test_a_damaged_job_is_named(machine: Open, database: SharedDatabase) -> None:
    """It holds up no other one, and its key is not free."""
    queue, other = machine("first"), machine("second")
    damaged, _ = put(queue, key="night")
    fine, _ = put(queue)
    assert len(other.jobs()) == 2
    with database.connection() as connection:
        connection.execute(
            "UPDATE job SET body = %s, changed = next_job_change() WHERE id = %s",
            [Sealing([KEY]).seal(b"{"), damaged.id],
        )

    for each in (queue, other):
        assert ([job.id for job in each.jobs()], each.unreadable()) == ([fine.id], [damaged.id])
    with pytest.raises(KeyReused, match=damaged.id):
        put(other, key="night")


def test_another_key_is_said(database: SharedDatabase, machine: Open, tmp_path: Path) -> None:
    """A machine with the wrong key does not take jobs for damaged ones."""
    put(machine("first"))

    with pytest.raises(UsageFault, match="encryption_key_file"):
        FleetQueue(database, Sealing(["y" * 42 + "A="]), tmp_path).jobs()


def test_a_new_job_brings_a_turn(machine: Open, database: SharedDatabase) -> None:
    """In the same transaction; a second one of its target has the same turn."""
    queue = machine("first")
    put(queue)
    put(queue)
    put(queue, target="second")

    with database.connection() as connection:
        turns = connection.execute("SELECT queueing_lock FROM procrastinate_jobs ORDER BY 1").fetchall()
    assert turns == [("main",), ("second",)]
