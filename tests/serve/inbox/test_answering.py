"""What HR finds in the folder afterwards: the file, moved, and beside it what was done."""

import os
import stat
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from presence_worker.errors import ExitCode
from presence_worker.serve.inbox_files import list_folder
from presence_worker.serve.open_answers import NO_RECORD, NOT_USED
from presence_worker.settings.serve import Complete

from .drops import CSV, Drops

pytestmark = pytest.mark.anyio
RUN = "20261201T020000Z-7f3a"


@pytest.fixture
async def drops(tmp_path: Path) -> Drops:
    """A folder with a file that is a job."""
    drops = Drops(tmp_path)
    drops.drop()
    await drops.read()
    return drops


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (ExitCode.DONE, "done"),
        (ExitCode.INCOMPLETE, "done"),
        (ExitCode.HELD, "done"),
        (ExitCode.STOPPED, "done"),
        (ExitCode.REFUSED, "refused"),
    ],
)
async def test_a_file_is_moved_with_its_answer(code: ExitCode, kind: str, drops: Drops) -> None:
    """The folder is empty afterwards. The content of a refused file is kept: `check` can read it."""
    drops.end(code)

    await drops.read()

    name = f"{kind}/{RUN}/leave.csv"
    assert {*drops.there()} == {name, f"{name}.result.txt"}
    assert drops.there()[name] == CSV
    (job,) = drops.queue.jobs()
    assert job.is_answered
    assert (job.content is not None) == (kind == "refused")


async def test_a_run_that_is_gone(drops: Drops) -> None:
    """Its folder was deleted: HR is asked to ask, and the file does not stay."""
    drops.end()

    await drops.read()

    assert NO_RECORD in drops.there()[f"done/{RUN}/leave.csv.result.txt"]


async def test_a_job_without_a_run(drops: Drops) -> None:
    """A job that was cancelled has changed nothing, and HR reads that."""
    (job,) = drops.queue.jobs()
    drops.queue.cancel(job.id)

    await drops.read()

    text = drops.there()[f"refused/{job.id}/leave.csv.result.txt"]
    assert text == f"Your file leave.csv\n\n{NOT_USED}\n"


@pytest.mark.parametrize("mode", [0o2770, 0o750, 0o777])
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
async def test_the_folders_group_can_read_it(mode: int, drops: Drops) -> None:
    """Who may look into the folder may look into ours, and read the answer; also with a strict umask."""
    drops.folder.chmod(mode)
    umask = os.umask(0o077)
    try:
        drops.end()
        await drops.read()
    finally:
        os.umask(umask)

    place = drops.folder / "done" / RUN
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (place.parent, place)]
    assert modes == [mode, mode]
    answer = stat.S_IMODE((place / "leave.csv.result.txt").stat().st_mode)
    assert answer == 0o640 | mode & 0o004


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
async def test_the_group_can_read_it_under_systemd(drops: Drops, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the system lets nobody give files away, or hand the group on, as our unit's hardening."""
    drops.folder.chmod(0o2770)
    honest = os.chmod

    def confined(path: Path, mode: int, **how: bool) -> None:
        if mode & stat.S_ISGID:
            raise PermissionError
        honest(path, mode, **how)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "chmod", confined)
    monkeypatch.setattr(os, "chown", refuse)
    drops.end()

    await drops.read()

    place = drops.folder / "done" / RUN
    assert [path.stat().st_mode & 0o777 for path in (place.parent, place)] == [0o770, 0o770]
    assert (place / "leave.csv.result.txt").stat().st_mode & 0o777 == 0o640


async def test_the_marker_is_removed(tmp_path: Path) -> None:
    """Another file of this name is not complete because of an old marker."""
    drops = Drops(tmp_path, complete="marker:.done")
    drops.drop()
    drops.drop("leave.csv.done", "")
    await drops.read()
    drops.end()

    await drops.read()

    assert {*drops.there()} == {f"done/{RUN}/leave.csv", f"done/{RUN}/leave.csv.result.txt"}


async def test_another_file_of_the_name_stays(drops: Drops) -> None:
    """HR has replaced the file by a new one, which becomes a job of its own."""
    drops.drop(text=f"{CSV}13,StatusNormal\n")
    drops.end()

    assert await drops.read() == ["leave.csv", "leave.csv"]

    assert {*drops.there()} == {"leave.csv", f"done/{RUN}/leave.csv.result.txt"}


async def test_the_same_file_once_more(drops: Drops) -> None:
    """A copy with its old time of change is no new job. It is moved, too, and the log says so."""
    changed = (drops.folder / "leave.csv").stat().st_mtime_ns
    drops.end()
    await drops.read()
    os.utime(drops.drop(), ns=(changed, changed))

    with capture_logs() as logged:
        assert await drops.read() == ["leave.csv"]
        await drops.read()

    assert "leave.csv" not in drops.there()
    assert [each["event"] for each in logged] == ["inbox.taken_before", "inbox.answered"]


async def test_what_stands_in_the_way_is_not_written_over(drops: Drops) -> None:
    """A file of the same name in our folder stays there; the moved one has a number."""
    drops.end()
    place = drops.folder / "done" / RUN
    place.mkdir(parents=True)
    (place / "leave.csv").write_text("another one")

    await drops.read()

    assert drops.there()[f"done/{RUN}/leave.csv"] == "another one"
    assert drops.there()[f"done/{RUN}/2-leave.csv"] == CSV


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
async def test_a_link_in_place_of_our_folder(drops: Drops) -> None:
    """Nothing is written where it leads. The file stays, and the log says so once."""
    elsewhere = drops.home / "elsewhere"
    elsewhere.mkdir()
    (drops.folder / "done").symlink_to(elsewhere)
    drops.end()

    with capture_logs() as logged:
        for _ in range(3):
            await drops.read()

    assert [*elsewhere.iterdir()] == []
    assert [each["event"] for each in logged] == ["inbox.not_answered", "inbox.left"]
    (drops.folder / "done").unlink()
    await drops.read()
    assert {*drops.there()} == {f"done/{RUN}/leave.csv", f"done/{RUN}/leave.csv.result.txt"}


async def test_a_file_called_done(drops: Drops) -> None:
    """It would be in the way of the folder, and is never taken."""
    drops.drop("Done")

    assert [*list_folder(drops.folder, Complete()).left] == ["Done"]


async def test_the_longest_name(tmp_path: Path) -> None:
    """The name of the answer is cut where the file system has an end."""
    drops = Drops(tmp_path)
    name = f"{'ø' * 125}.csv"
    drops.drop(name)
    await drops.read()
    drops.end()

    await drops.read()

    names = [path.name for path in (drops.folder / "done" / RUN).iterdir()]
    assert name in names
    assert len(names) == 2
    assert all(each.endswith(".result.txt") for each in names if each != name)


async def test_answers_wait_while_the_share_is_away(drops: Drops) -> None:
    """They are given when it is back, also by the next service."""
    elsewhere = drops.folder.rename(drops.home / "elsewhere")
    drops.end()
    await drops.read()
    assert not drops.queue.jobs()[0].is_answered
    elsewhere.rename(drops.folder)
    drops.restart()

    await drops.read()

    assert drops.queue.jobs()[0].is_answered
    assert f"done/{RUN}/leave.csv" in drops.there()


@pytest.mark.parametrize("steps", [1, 2, 3])
async def test_killed_while_the_answer_is_given(steps: int, drops: Drops) -> None:
    """Whatever was done by then, the next service does the rest."""
    place = drops.folder / "done" / RUN
    if steps > 0:
        place.mkdir(parents=True)
    if steps > 1:
        (drops.folder / "leave.csv").rename(place / "leave.csv")
    if steps > 2:
        (place / "leave.csv.result.txt").write_text("half")
    drops.end()
    drops.restart()

    assert await drops.read() == ["leave.csv"]

    assert {*drops.there()} == {f"done/{RUN}/leave.csv", f"done/{RUN}/leave.csv.result.txt"}
    assert "half" not in drops.there()[f"done/{RUN}/leave.csv.result.txt"]
