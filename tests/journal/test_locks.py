"""Locks: one worker for each run and target, held by the kernel, which gives them back for the dead."""

import stat
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from presence_worker.errors import ExitCode, Locked, UsageFault
from presence_worker.journal import run_lock, target_lock

from . import victim as parts
from .killing import said, victim

TARGET = "https://crm.example.com/"
AT_ONCE = 60.0  # seconds; who waited for a lock would wait for good


def is_at_work(folder: Path) -> bool:
    """Whether a living process holds the run in *folder*."""
    try:
        with run_lock(folder):
            return False
    except Locked:
        return True


@contextmanager
def refused(words: str) -> Iterator[None]:
    """Expect to be locked out at once, with these words."""
    began = time.monotonic()
    with pytest.raises(Locked) as caught:
        yield
    assert (str(caught.value), caught.value.exit_code) == (words, ExitCode.LOCKED)
    assert time.monotonic() - began < AT_ONCE


def places(folder: Path) -> list[Path]:
    """Give the lock files below a folder."""
    return sorted(folder.rglob("*.lock"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "20261123T020000Z-7f3a"
    folder.mkdir()
    return folder


def test_a_run_has_one_worker(folder: Path) -> None:
    """Who comes second does not wait, and is told which run it is."""
    with (
        run_lock(folder),
        refused(f"run {folder.name} is being worked on by another process"),
        run_lock(folder),
    ):
        pass


def test_a_target_has_one_worker(tmp_path: Path) -> None:
    """Two state directories do not make two workers of one target."""
    words = f"another run is at work on {TARGET}; wait until it has ended, then run this again"

    with target_lock(TARGET, tmp_path / "a"), refused(words), target_lock(TARGET, tmp_path / "b"):
        pass


def test_other_targets_are_free(tmp_path: Path) -> None:
    """Work on one target keeps nobody from another one."""
    with target_lock(TARGET, tmp_path), target_lock(f"{TARGET}other/", tmp_path):
        pass


@pytest.mark.parametrize("error", [None, ValueError("a bug")])
def test_a_lock_ends_with_the_work(folder: Path, error: Exception | None) -> None:
    """However the work ended, the next one may begin."""
    with ExitStack() as stack:
        if error:
            stack.enter_context(pytest.raises(ValueError, match="a bug"))
        stack.enter_context(run_lock(folder))
        if error:
            raise error

    assert not is_at_work(folder)


def test_a_lock_does_not_go_with_who_was_refused(folder: Path) -> None:
    """Asking whether somebody is at work does not disturb them."""
    with run_lock(folder):
        asked = [is_at_work(folder) for _ in range(3)]

    assert (asked, is_at_work(folder)) == ([True] * 3, False)


def test_a_run_is_free_when_its_process_is_dead(folder: Path) -> None:
    """Another process holds the lock as long as it lives; killed, it leaves a file that locks nobody out."""
    with victim(parts.hold_run, folder) as process:
        assert said(process) == "held"
        alive = is_at_work(folder)

    assert (alive, is_at_work(folder), (folder / "run.lock").exists()) == (True, False, True)


def test_a_target_is_free_when_its_process_is_dead(tmp_path: Path) -> None:
    """The same of targets: who died at work keeps nobody from the next night's run."""
    words = f"another run is at work on {TARGET}; wait until it has ended, then run this again"
    with victim(parts.hold_target, tmp_path / "elsewhere") as process:
        assert said(process) == "held"
        with refused(words), target_lock(TARGET, tmp_path):
            pass

    with target_lock(TARGET, tmp_path):
        pass


def test_a_target_is_locked_for_the_user(tmp_path: Path) -> None:
    """The lock lies in the user's own state directory, not in the run's, and does not tell the target."""
    state_dir = tmp_path / "state"

    with target_lock(TARGET, state_dir):
        (place,) = places(Path.home())

    assert place.parent.name == "locks"
    assert not state_dir.exists()
    assert "example" not in place.name


@pytest.mark.parametrize("state_home", ["a file", "/proc/none"])
def test_without_a_place_of_the_user_it_is_the_runs(
    tmp_path: Path, state_home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the user's state directory cannot be made, the lock lies in the run's."""
    (tmp_path / "a file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / state_home))
    words = f"another run is at work on {TARGET}; wait until it has ended, then run this again"

    with target_lock(TARGET, tmp_path):
        assert [place.parent for place in places(tmp_path)] == [tmp_path]
        with refused(words), target_lock(TARGET, tmp_path):
            pass


@pytest.mark.skipif(sys.platform == "win32", reason="there are no users of this kind there")
def test_where_the_user_may_not_write_it_is_the_runs(tmp_path: Path, unwritable: Path) -> None:
    """A directory that is there and cannot be written serves nobody either."""
    with target_lock(TARGET, tmp_path):
        found = [place.parent for place in places(tmp_path)]

    assert (found, places(unwritable)) == ([tmp_path], [])


@pytest.mark.skipif(sys.platform == "win32", reason="there are no modes of this kind there")
@pytest.mark.usefixtures("open_umask")
def test_locks_are_private(tmp_path: Path, folder: Path) -> None:
    """Whoever may write a lock file may keep us from working: only the owner may."""
    with run_lock(folder), target_lock(TARGET, tmp_path):
        found = [*places(folder), *places(Path.home())]
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (*found, found[1].parent)]

    assert modes == [0o600, 0o600, 0o700]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no modes of this kind there")
@pytest.mark.usefixtures("open_umask")
def test_what_is_above_the_locks_is_private(tmp_path: Path) -> None:
    """Nobody else may put another directory in the place of that of the locks."""
    with target_lock(TARGET, tmp_path):
        (place,) = places(Path.home())

    assert stat.S_IMODE(place.parent.parent.stat().st_mode) == 0o700


def test_a_lock_that_cannot_be_had_is_not_held(folder: Path) -> None:
    """A disk that refuses the lock is told as such, before anything was sent; nobody takes the run away."""
    (folder / "run.lock").mkdir()

    with (
        pytest.raises(UsageFault, match=r"run.lock cannot be had"),
        run_lock(folder),
    ):
        pass

    assert (folder / "run.lock").is_dir()
