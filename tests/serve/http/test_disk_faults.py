"""A state directory that cannot be used is 503 everywhere, and a job that is on disk stays taken."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog

from presence_worker.errors import DatabaseAway, StateFault
from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.queue.job_queue import QueuedJob

from .given import Answer, Front, idle, sign_in

pytestmark = pytest.mark.anyio
JOBS = "/api/v1/jobs"
PAGE = {"Accept": "text/html"}


class Unlisted(FolderQueue):
    """A queue whose disk takes jobs in, and then cannot be read."""

    def jobs(self) -> Sequence[QueuedJob]:
        raise StateFault(f"{self.folder}: input/output error")


class Unreached(FolderQueue):
    """A queue whose database takes jobs in, and is away then."""

    def jobs(self) -> Sequence[QueuedJob]:
        raise DatabaseAway("the database of fleet.database cannot be reached")


class Unwritable(FolderQueue):
    """A queue whose folder for what is received is gone."""

    @contextmanager
    def receive(self) -> Iterator[Path]:
        yield self.folder / "gone"


def spoil(folder: Path) -> None:
    """Put a file where a folder was."""
    folder.rename(folder.with_name("moved"))
    folder.write_bytes(b"")


def check_says_try_again(answer: Answer, state: Path) -> None:
    """Check that an answer says when to try again, and no path of the machine."""
    assert (answer.status, int(answer.headers["Retry-After"]) > 0) == (503, True)
    assert str(state) not in answer.problem


async def ask_all(front: Front, job: str) -> dict[str, Answer]:
    """Ask for all that needs the queue."""
    asked = {
        "hand in": ("POST", JOBS),
        "list": ("GET", JOBS),
        "show": ("GET", f"{JOBS}/{job}"),
        "cancel": ("DELETE", f"{JOBS}/{job}"),
        "figures": ("GET", "/metrics"),
    }
    return {name: await front.ask(method, path) for name, (method, path) in asked.items()}


async def test_jobs_that_cannot_be_read_are_503(tmp_path: Path) -> None:
    """Every answer says when to try again; the log says what is wrong."""
    async with idle(tmp_path) as front:
        job = (await front.submit()).json["job"]
        spoil(tmp_path / "queue" / "jobs")
        with structlog.testing.capture_logs() as logged:
            answers = await ask_all(front, job)

    for answer in answers.values():
        check_says_try_again(answer, tmp_path)
    assert [event["event"] for event in logged] == ["queue.failed", *["http.no_disk"] * len(answers)]
    assert str(tmp_path) in logged[0]["detail"]


async def test_a_job_that_cannot_be_received_is_503(tmp_path: Path) -> None:
    """The folder in which jobs are received is gone."""
    async with idle(tmp_path) as front:
        await front.submit()
        spoil(tmp_path / "queue" / "incoming")
        answer = await front.submit()

    check_says_try_again(answer, tmp_path)


async def test_a_body_that_cannot_be_written_is_503(tmp_path: Path) -> None:
    """The service knows of it, too, and is not ready until the disk takes something."""
    async with idle(tmp_path) as front:
        front.service.queue = Unwritable(tmp_path)
        with structlog.testing.capture_logs() as logged:
            answer = await front.submit()

    check_says_try_again(answer, tmp_path)
    assert [event["event"] for event in logged] == ["queue.failed"]


async def test_a_job_that_is_on_disk_is_taken_whatever_comes_then(tmp_path: Path) -> None:
    """A sender that hears of an error would send it twice; only its place is not known."""
    async with idle(tmp_path) as front:
        front.service.queue = Unlisted(tmp_path)
        answer = await front.submit()

    assert (answer.status, answer.json["state"], answer.json["position"]) == (202, "waiting", None)
    assert len(FolderQueue(tmp_path).jobs()) == 1


async def test_people_get_a_page(tmp_path: Path) -> None:
    """A browser shows the same sentence."""
    async with idle(tmp_path) as front:
        front.service.queue = Unlisted(tmp_path)
        cookie = await sign_in(front, "admin")
        answer = await front.ask("GET", "/", None, Cookie=cookie, **PAGE)

    assert (answer.status, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert "The service cannot use its state directory" in answer.body.decode()


async def test_a_stream_ends_and_its_watcher_comes_again(tmp_path: Path) -> None:
    """A stream has answered 200 already: it ends, and the log says why."""
    async with idle(tmp_path) as front:
        front.service.queue = Unlisted(tmp_path)
        with structlog.testing.capture_logs() as logged:
            answer = await front.ask("GET", "/api/v1/events", "watcher")

    assert (answer.status, answer.body) == (200, b"")
    assert [event["event"] for event in logged] == ["queue.failed", "http.no_disk"]


async def test_a_database_that_is_away_is_503(tmp_path: Path) -> None:
    """Programs, people and streams hear of it; a job that is in the database stays taken."""
    async with idle(tmp_path) as front:
        front.service.queue = Unreached(tmp_path)
        cookie = await sign_in(front, "admin")
        with structlog.testing.capture_logs() as logged:
            taken = await front.submit()
            listed = await front.ask("GET", JOBS)
            page = await front.ask("GET", "/", None, Cookie=cookie, **PAGE)
            stream = await front.ask("GET", "/api/v1/events", "watcher")

    assert (taken.status, taken.json["position"]) == (202, None)
    check_says_try_again(listed, tmp_path)
    assert "The service cannot reach its database" in page.body.decode()
    assert (page.status, stream.status, stream.body) == (503, 200, b"")
    assert [each["event"] for each in logged].count("http.no_database") == 3
