"""Which files of a folder become jobs, and that each becomes one job."""

import io
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import anyio
import pytest
from structlog.testing import capture_logs
from typing_extensions import Buffer

from presence_worker.errors import StateFault
from presence_worker.run_states import JobCommand, JobWay
from presence_worker.serve.inbox_files import NotTaken, copy_file
from presence_worker.serve.inboxes import MOST
from tests.conftest import VIRTUAL_TIME

from .drops import CSV, Drops

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> object:
    return VIRTUAL_TIME


@pytest.fixture
def drops(tmp_path: Path) -> Drops:
    return Drops(tmp_path)


async def test_a_file_becomes_a_job(drops: Drops) -> None:
    """The job says where it comes from; its label is the file's name."""
    changed = drops.drop().stat().st_mtime_ns

    assert await drops.read() == ["leave.csv"]

    (job,) = drops.queue.jobs()
    assert (job.new.target, job.new.command, job.new.way) == ("a", JobCommand.RUN, JobWay.INBOX)
    assert (job.new.label, job.new.by) == ("leave.csv", str(drops.folder))
    assert job.content is not None
    assert (job.content.read_text(), job.content.stat().st_mtime_ns) == (CSV, changed)


async def test_a_job_that_cannot_be_read_costs_only_its_file(drops: Drops) -> None:
    """It is not taken a second time, and the others are."""
    drops.drop("a.csv")
    await drops.read()
    (small,) = drops.queue.folder.glob("jobs/*.json")
    small.write_bytes(small.read_bytes().replace(b'"waiting"', b'"dreaming"'))
    drops.restart()
    drops.drop("b.csv")

    with capture_logs() as logs:
        assert await drops.read() == ["b.csv"]

    assert {each["event"]: each["log_level"] for each in logs if each.get("file") != "b.csv"} == {
        "inbox.not_taken": "warning",
    }


async def test_it_is_taken_once(drops: Drops) -> None:
    """The folder is read again and again, also by the next service."""
    drops.drop()

    await drops.read()
    await drops.read()
    drops.restart()

    assert await drops.read() == ["leave.csv"]


async def test_the_same_bytes_tomorrow_are_a_new_job(drops: Drops) -> None:
    """Another time of change makes another job."""
    path = drops.drop()
    await drops.read()

    os.utime(path, (time.time() + 86400, time.time() + 86400))

    assert await drops.read() == ["leave.csv", "leave.csv"]


async def test_older_files_go_first(drops: Drops) -> None:
    """Files become jobs in the order in which they were changed."""
    for age, name in enumerate(("c.csv", "a.csv", "b.csv")):
        os.utime(drops.drop(name), (1_700_000_000 - age, 1_700_000_000 - age))

    assert await drops.read() == ["b.csv", "a.csv", "c.csv"]


NEVER = ["a.csv.part", "a.TMP", "a.csv.filepart", "a.csv.crdownload", ".a.csv", "~$a.xlsx"]


@pytest.mark.parametrize("name", NEVER)
async def test_names_of_files_that_are_not_complete(name: str, drops: Drops) -> None:
    """Such a file is never taken. The log says so once, when it is too old to be on its way."""
    path = drops.drop(name)

    with capture_logs() as logged:
        for age in (0, 3000, 3700, 3800):
            os.utime(path, (time.time() - age, time.time() - age))
            assert await drops.read() == []

    assert [(each["event"], each["file"]) for each in logged] == [("inbox.left", name)]


def link(path: Path) -> None:
    (path.parent.parent / "secret.csv").write_text(CSV)
    path.symlink_to(path.parent.parent / "secret.csv")


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("make", [link, folder, pipe])
async def test_what_is_no_file(make: Callable[[Path], None], drops: Drops) -> None:
    """Links, folders and pipes are never taken, nor waited for. The log says so once."""
    make(drops.folder / "a.csv")

    with capture_logs() as logged:
        for _ in range(3):
            assert await drops.read() == []

    assert [(each["event"], each["file"]) for each in logged] == [("inbox.left", "a.csv")]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
async def test_a_second_name_of_a_file_of_another_owner(drops: Drops) -> None:
    """A user who links to a file that only others may read does not get it sent."""
    secret = drops.home / "secret.csv"
    secret.write_text(CSV)
    os.chown(secret, 12345, -1)
    os.link(secret, drops.folder / "theirs.csv")
    own = drops.home / "own.csv"
    own.write_text(CSV)
    os.link(own, drops.folder / "ours.csv")

    with capture_logs() as logged:
        assert await drops.read() == ["ours.csv"]

    assert [each["file"] for each in logged if each["event"] == "inbox.left"] == ["theirs.csv"]
    with pytest.raises(NotTaken):
        copy_file(drops.folder / "theirs.csv", drops.home / "copy")


async def test_a_marker_says_that_a_file_is_complete(tmp_path: Path) -> None:
    """A file without its marker waits. A marker is no job."""
    drops = Drops(tmp_path, complete="marker:.done")
    drops.drop()
    drops.drop("other.csv.done")

    assert await drops.read() == []
    drops.drop("leave.csv.done", "")
    assert await drops.read() == ["leave.csv"]


async def test_quiet_waits_until_nothing_changes(tmp_path: Path) -> None:
    """A file is taken after so long without a change, by our own clock: that of a share may be wrong."""
    drops = Drops(tmp_path, complete="quiet:60s")
    path = drops.drop()
    os.utime(path, (1_700_000_000, 1_700_000_000))

    assert await drops.read() == []
    await anyio.sleep(59)
    drops.drop(text=f"{CSV}13,StatusNormal\n")
    assert await drops.read() == []
    await anyio.sleep(59)
    assert await drops.read() == []
    await anyio.sleep(1)
    assert await drops.read() == ["leave.csv"]


class Meanwhile(io.BytesIO):
    """A copy during whose writing the file itself grows."""

    def __init__(self, source: Path) -> None:
        super().__init__()
        self._source = source

    def write(self, piece: Buffer, /) -> int:
        with self._source.open("a") as file:
            file.write("13,StatusNormal\n")
        return super().write(piece)


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    """It is not taken. It is complete later."""
    source = tmp_path / "growing.csv"
    source.write_text(CSV)
    target = SimpleNamespace(open=lambda _: Meanwhile(source))

    with pytest.raises(NotTaken):
        copy_file(source, cast(Path, target))


async def test_a_file_that_is_gone_by_then(drops: Drops) -> None:
    """Someone takes a file back while the folder is read: nothing is left of it in the queue."""
    path = drops.drop()
    await drops.read()
    drops.drop("second.csv")
    path.unlink()

    assert await drops.read() == ["leave.csv", "second.csv"]
    assert [*(drops.queue.folder / "incoming").iterdir()] == []


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names are text there")
@pytest.mark.parametrize(
    ("name", "shown"),
    [(b"l\xf8nn.csv", "l\ufffdnn.csv"), (b"a\nb.csv", "a b.csv"), (b"\xe2\x80\xaea.csv", "a.csv")],
)
async def test_odd_names(name: bytes, shown: str, drops: Drops) -> None:
    """A name that is no text, or would steer a terminal, is taken like any other, and shown as text."""
    drops.drop(os.fsdecode(name))
    await drops.read()

    assert await drops.read() == [shown]
    drops.end(run_id=None)
    await drops.read()
    assert not (drops.folder / os.fsdecode(name)).exists()
    assert [os.fsencode(path.name) for path in drops.folder.rglob("*.csv")] == [name]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads every file")
async def test_a_file_that_cannot_be_read(drops: Drops) -> None:
    """The log says so once. It is taken as soon as it can be read."""
    path = drops.drop()
    path.chmod(0)

    with capture_logs() as logged:
        assert await drops.read() == await drops.read() == []
    path.chmod(0o600)

    assert [each["event"] for each in logged] == ["inbox.not_taken"]
    assert await drops.read() == ["leave.csv"]


async def test_the_queue_takes_nothing(drops: Drops) -> None:
    """The files wait in their folder. The log says so once."""
    drops.refusal = StateFault("the disk is full")
    drops.drop()
    drops.drop("second.csv")

    with capture_logs() as logged:
        assert await drops.read() == await drops.read() == []
    drops.refusal = None

    assert len(logged) == 1
    assert len(await drops.read()) == 2


async def test_a_share_that_is_unmounted(drops: Drops) -> None:
    """The log says so once, and once that it is back. No file is taken twice."""
    drops.drop()
    await drops.read()
    elsewhere = drops.folder.rename(drops.home / "elsewhere")

    with capture_logs() as logged:
        await drops.read()
        await drops.read()
        elsewhere.rename(drops.folder)
        assert await drops.read() == ["leave.csv"]

    assert [each["event"] for each in logged] == ["inbox.unreadable", "inbox.readable"]


async def test_a_folder_without_a_certain_target(drops: Drops) -> None:
    """With several targets a folder must name one; its files wait."""
    drops.targets = 2
    drops.restart()
    drops.drop()

    with capture_logs() as logged:
        assert await drops.read() == []

    assert "serve.inbox.target" in logged[0]["detail"]


async def test_very_many_files(drops: Drops) -> None:
    """They are taken in several rounds, so that answers can be given in between."""
    for number in range(MOST + 1):
        drops.drop(f"{number}.csv")

    assert len(await drops.read()) == MOST
    assert len(await drops.read()) == MOST + 1
