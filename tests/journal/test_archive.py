"""The archive: ids that sort, runs that are found, and remains that are swept away."""

import re
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from presence_worker.errors import ExitCode, Locked, UsageFault
from presence_worker.journal import JOURNAL, Archive, Journal, open_untouched, run_id, run_lock
from presence_worker.journal.archive import is_staged

from .given import staged

OLD, NEW, NEWEST = "20261122T020000Z-7f3a", "20261123T020000Z-7f3a", "20261123T020000Z-90bc"
DEAD = "20200101T020000Z-0000"
RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = Archive(tmp_path / "state")
    archive.prepare()
    return archive


@pytest.fixture
def runs(archive: Archive) -> Archive:
    """An archive with three runs, and one that died before it was staged."""
    for name in (NEW, OLD, NEWEST):
        (archive.runs / name).mkdir()
        staged(archive.runs / name / JOURNAL, run_id=name).close()
    remains(archive, DEAD)
    return archive


def remains(archive: Archive, name: str) -> Path:
    """Make what a run leaves that dies before it is staged."""
    folder = archive.runs / name
    folder.mkdir()
    Journal.create(folder / JOURNAL).close()
    return folder


def complaint(archive: Archive, name: str) -> str:
    """Give what is said where no run is found by that name."""
    with pytest.raises(UsageFault) as caught:
        archive.find(name)
    assert caught.value.exit_code is ExitCode.USAGE
    return str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no modes of this kind there")
@pytest.mark.usefixtures("open_umask")
def test_directories_are_private(tmp_path: Path) -> None:
    """Reports tell who was away: all directories are the owner's alone, whatever the umask."""
    archive = Archive(tmp_path / "deep" / "state")
    archive.prepare()

    folder = archive.new_folder()

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (archive.state_dir, archive.runs, folder)]
    assert modes == [0o700] * 3


def test_preparing_again_changes_nothing(runs: Archive) -> None:
    """The directories of earlier runs serve the next one."""
    runs.prepare()

    assert [folder.name for folder in runs.folders()] == [NEWEST, NEW, OLD]


def test_a_state_directory_that_cannot_be_made(tmp_path: Path) -> None:
    """It is found out before anything is sent, and the sentence names the way out."""
    (tmp_path / "file").touch()

    with pytest.raises(UsageFault, match=r"state directory .*file: .*; name another one with --state-dir"):
        Archive(tmp_path / "file").prepare()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no users of this kind there")
def test_a_state_directory_that_cannot_be_written(unwritable: Path) -> None:
    """The same of one that is there and belongs to somebody else."""
    with pytest.raises(
        UsageFault, match=r"state directory .*: not writable; name another one with --state-dir"
    ):
        Archive(unwritable).prepare()


def test_a_relative_state_directory_stays_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The paths we tell people hold wherever they are used."""
    monkeypatch.chdir(tmp_path)

    assert Archive(Path("state")).runs == tmp_path / "state" / "runs"


def test_ids_tell_the_moment_and_sort_by_it(archive: Archive) -> None:
    """A later run has a greater id, also within one second, and each begins with its moment in UTC."""
    before = datetime.now(UTC)
    ids = [archive.new_folder().name for _ in range(100)]
    after = datetime.now(UTC)

    assert all(RUN_ID.fullmatch(name) for name in ids)
    assert ids == sorted(set(ids))
    assert f"{before:%Y%m%dT%H%M%SZ}" <= ids[0][:16] <= ids[-1][:16] <= f"{after:%Y%m%dT%H%M%SZ}"


def test_ids_are_unique(archive: Archive) -> None:
    """However many runs begin at once, each gets a folder of its own."""
    with ThreadPoolExecutor(16) as pool:
        folders = list(pool.map(lambda _: archive.new_folder(), range(400)))

    assert len(set(folders)) == 400
    assert set(folders) == set(archive.runs.iterdir())


def test_an_id_that_is_taken_is_not_taken_again(archive: Archive) -> None:
    """Whose id another run of the same moment has waits for the next one."""
    moment = datetime.now(UTC) + timedelta(seconds=0.1)
    taken = {archive.runs / run_id(moment + timedelta(microseconds=step)) for step in range(0, 1000, 5)}
    for folder in taken:
        folder.mkdir()
    while datetime.now(UTC) < moment:
        pass

    folder = archive.new_folder()

    assert folder not in taken
    assert folder.name > max(taken).name


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A state directory that vanished is told as such."""
    with pytest.raises(UsageFault, match=r"state directory .*runs: No such file or directory"):
        Archive(tmp_path).new_folder()


def test_runs_come_newest_first(runs: Archive) -> None:
    """Listed are the runs that were staged."""
    assert [folder.name for folder in runs.folders()] == [NEWEST, NEW, OLD]


def test_without_a_directory_there_are_no_runs(tmp_path: Path) -> None:
    """Asking for runs before there were any is no error, and makes nothing."""
    archive = Archive(tmp_path / "state")

    assert archive.folders() == []
    assert not archive.state_dir.exists()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (OLD, OLD),
        (NEWEST, NEWEST),
        ("20261122", OLD),
        (NEW[:-3], NEW),
        (NEWEST[:-1], NEWEST),
        (NEWEST[-4:], NEWEST),
        ("last", NEWEST),
    ],
)
def test_a_run_is_found(runs: Archive, name: str, found: str) -> None:
    """By its whole id, by a beginning or the four digits at its end that only it has, or as the last one."""
    assert runs.find(name) == runs.runs / found


def test_a_whole_id_is_not_ambiguous(runs: Archive) -> None:
    """An id is found though another one begins with it."""
    folder = runs.runs / f"{OLD}0"
    folder.mkdir()
    staged(folder / JOURNAL).close()

    assert runs.find(OLD).name == OLD


@pytest.mark.parametrize(("name", "number"), [("20261123", 2), ("2026", 3), ("7f3a", 2)])
def test_a_beginning_of_several_is_ambiguous(runs: Archive, name: str, number: int) -> None:
    """Which run is meant is not guessed at."""
    assert complaint(runs, name) == f"{name}: {number} runs may be meant; write more of the id"


def test_an_empty_name_is_none(runs: Archive) -> None:
    """A script whose variable is empty means no run."""
    assert complaint(runs, "") == "the name of the run is empty; write `last`, or an id or its beginning"


@pytest.mark.parametrize("name", ["20261124", DEAD, "lasts", "7f3", "f3a", "../runs"])
def test_no_run_is_found(runs: Archive, name: str) -> None:
    """A name that no staged run has is told with the place that was looked at."""
    assert complaint(runs, name) == f"{name}: no such run in {runs.runs}; `presence-worker runs` lists them"


def test_what_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    """Somebody may delete a run while we look at it; nothing is made in its place."""
    assert open_untouched(tmp_path / JOURNAL) is None
    assert list(tmp_path.iterdir()) == []


def test_there_is_no_last_run_where_there_is_none(archive: Archive) -> None:
    """Before the first run, `last` is nobody."""
    assert complaint(archive, "last").startswith("last: no such run")


def test_remains_are_swept_away(runs: Archive) -> None:
    """A run that died before it was staged has sent nothing, and goes; all others stay."""
    died_at_once = runs.runs / "20200101T020000Z-0001"
    died_at_once.mkdir()

    runs.sweep(runs.index.runs())

    assert sorted(folder.name for folder in runs.runs.iterdir()) == [OLD, NEW, NEWEST]


def test_who_is_at_work_is_not_swept_away(runs: Archive) -> None:
    """A run that is being staged at this moment is no remains."""
    folder = remains(runs, "20200101T020000Z-0002")

    with run_lock(folder):
        runs.sweep(runs.index.runs())

    assert folder.exists()


def test_damaged_runs_are_not_swept_away(runs: Archive) -> None:
    """A journal that cannot be read is listed, for somebody to look at, and never deleted."""
    (runs.runs / OLD / JOURNAL).write_bytes(b"not a journal\n" * 1000)

    runs.sweep(runs.index.runs())

    assert runs.find(OLD).exists()


@pytest.fixture
def stranger(runs: Archive) -> list[Path]:
    """What others put beside our runs."""
    things = [runs.runs / name for name in (".DS_Store", "notes", "20261123T020000Z-7f3a.bak")]
    things[0].touch()
    for folder in things[1:]:
        folder.mkdir()
        (folder / "letter.txt").touch()
    return things


def test_what_is_not_ours_is_left_alone(runs: Archive, stranger: list[Path]) -> None:
    """Files and folders that no run made are neither runs nor remains."""
    runs.sweep(runs.index.runs())

    assert all(thing.exists() for thing in stranger)
    assert [folder.name for folder in runs.folders()] == [NEWEST, NEW, OLD]


def test_only_a_whole_job_is_staged(tmp_path: Path) -> None:
    """No file, a folder, an empty file and a new journal are no job; a staged one and a damaged one are."""
    path = tmp_path / JOURNAL
    found = [is_staged(path), is_staged(tmp_path)]
    path.touch()
    found.append(is_staged(path))
    with closing(Journal(path)):
        found.append(is_staged(path))
    path.unlink()
    staged(path).close()
    found.append(is_staged(path))
    path.write_bytes(b"not a journal\n" * 1000)

    assert (found, is_staged(path)) == ([False, False, False, False, True], True)


def test_a_run_is_deleted_whole(runs: Archive) -> None:
    """Nothing of a deleted run is left, and the others are as they were."""
    (runs.runs / OLD / "report.csv").touch()

    runs.delete(runs.runs / OLD)

    assert [folder.name for folder in runs.folders()] == [NEWEST, NEW]
    assert not (runs.runs / OLD).exists()


def test_a_run_at_work_is_not_deleted(runs: Archive) -> None:
    """Who is at work keeps the run, all of it."""
    with run_lock(runs.runs / OLD), pytest.raises(Locked):
        runs.delete(runs.runs / OLD)

    assert runs.find(OLD).name == OLD


def test_what_a_broken_deletion_leaves_is_swept_away(runs: Archive) -> None:
    """The journal goes first, so that what is left is no run any more."""
    (runs.runs / OLD / "report.csv").touch()
    (runs.runs / OLD / JOURNAL).unlink()

    runs.sweep(runs.index.runs())

    assert not (runs.runs / OLD).exists()


@pytest.mark.parametrize(("seconds", "goes"), [(-90, True), (-30, False), (30, False), (90, True)])
def test_only_remains_of_another_time_are_swept_away(seconds: float, *, goes: bool, archive: Archive) -> None:
    """What was made a moment ago may be about to be locked; one from the future was left by a wrong clock."""
    folder = remains(archive, run_id(datetime.now(UTC) + timedelta(seconds=seconds)))

    archive.sweep(archive.index.runs(), spare=60)

    assert folder.exists() != goes
