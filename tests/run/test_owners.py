"""Users without a home or a name, and directories of other users."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from presence_worker.journal import Archive
from presence_worker.operator_files import find_config, state_home

from .given import WORKER, Worker, away, called, write_csv

NAMELESS = ("unshare", "--user", "--map-user=54321")  # a uid that no list of users has
ANN = 12345
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no owners of this kind there")
root_only = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives away")


@pytest.fixture
def job(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "job.csv", away([1]))


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The program for a user of whom nothing is known: no HOME, no name, no entry."""
    if not shutil.which("unshare"):
        pytest.skip("needs unshare (util-linux)")
    if subprocess.run([*NAMELESS, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not make a user namespace")
    monkeypatch.delenv("HOME")
    return (*NAMELESS, *WORKER)


def test_a_user_without_a_home_works_in_a_state_directory(
    nameless: tuple[str, ...], job: Path, tmp_path: Path
) -> None:
    """As in a container with any uid: runs and the lock are in the directory that is named."""
    how = called("run", job, "--sandbox", "--state-dir", tmp_path / "state", "--json", before=nameless)

    assert (how.code, how.summary["counts"]["updated"]) == (0, 1)
    assert len(list((tmp_path / "state").glob("*.lock"))) == 1


@pytest.mark.proves("the account has no home directory")
@pytest.mark.parametrize("words", [("run", "job.csv", "--sandbox"), ("doctor", "--sandbox")])
def test_a_user_without_a_home_has_to_name_one(
    nameless: tuple[str, ...], job: Path, words: tuple[str, ...]
) -> None:
    """Exit 2, and what to name; it is no bug of ours, and nothing is made in the working directory."""
    how = called(*words, "--json", before=nameless)

    assert how.code == 2
    assert "this user has no home directory of their own (HOME is not set)" in how.out
    assert "--state-dir" in how.out
    assert list(job.parent.iterdir()) == [job]


def test_a_check_needs_no_home(nameless: tuple[str, ...], job: Path) -> None:
    """Nothing is kept, so no place for it is needed."""
    assert called("check", job, before=nameless).code == 0


def test_a_tilde_that_leads_nowhere(nameless: tuple[str, ...], job: Path) -> None:
    """A setting that needs a home is named with the way out."""
    how = called("run", job, "--sandbox", "--state-dir", "~/runs", "--json", before=nameless)

    assert (how.code, how.summary["message"]) == (
        2,
        "option --state-dir: storage.state_dir: this user has no home directory for ~; write the whole path",
    )


def test_a_relative_directory_of_the_desktop_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be another one wherever the program is started, and two locks would lock nobody out."""
    usual = state_home()
    monkeypatch.setenv("XDG_STATE_HOME", "state")

    assert state_home() in (usual, None)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A directory that we may not look into; for root, who may, we are nobody."""
    directory = tmp_path / "locked"
    directory.mkdir()
    directory.chmod(0)
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield directory
    os.seteuid(before)
    directory.chmod(0o700)


def test_a_configuration_where_we_may_not_look(locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with root's HOME under another user: there is none, and that is no bug."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(locked / "config"))

    assert find_config(None) is None


@pytest.mark.parametrize("words", [("run", "job.csv"), ("runs",)])
def test_a_state_directory_where_we_may_not_look(
    nameless: tuple[str, ...], words: tuple[str, ...], job: Path
) -> None:
    """Whatever the command, it says so, and asks for another one."""
    (job.parent / "locked").mkdir(mode=0)
    place = ("--state-dir", job.parent / "locked" / "state")

    ended = called(*words, *place, "--sandbox", "--json", before=nameless)

    assert (ended.code, ended.summary["exit_code"]) == (2, 2)
    assert "Permission denied; name another one with --state-dir" in ended.summary["message"]


@root_only
@pytest.mark.proves("the state directory belongs to another account")
@pytest.mark.parametrize("command", ["run", "plan", "runs", "report", "resume", "schedule", "prune"])
@pytest.mark.parametrize("theirs", ["state", "state/runs"])
def test_a_state_directory_of_another_user(
    command: str, theirs: str, worker: Worker, job: Path, tmp_path: Path
) -> None:
    """Refused, by root as well, which would leave files that the owner cannot write. Nothing is changed."""
    (tmp_path / "state" / "runs").mkdir(parents=True)
    (tmp_path / theirs).chmod(0o755)
    os.chown(tmp_path / theirs, ANN, ANN)
    words = {"run": [str(job)], "plan": [str(job)], "report": ["last"]}.get(command, [])

    ended = worker(command, *words)

    found = (tmp_path / theirs).stat()
    assert (ended.code, stat.S_IMODE(found.st_mode), found.st_uid) == (2, 0o755, ANN)
    assert f"{theirs}: belongs to user {ANN}; run this as that user" in ended.summary["message"]
    assert [path.name for path in (tmp_path / "state").rglob("*")] == ["runs"]


@root_only
def test_a_link_to_a_directory_of_another_user(worker: Worker, job: Path, tmp_path: Path) -> None:
    """Where a link leads counts."""
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", ANN, ANN)
    worker.state.symlink_to(tmp_path / "theirs")

    assert worker("run", job).code == 2


@root_only
def test_roots_directory_keeps_its_mode() -> None:
    """An administrator may prepare a directory for a service; inside it, runs are the service's alone."""
    with tempfile.TemporaryDirectory() as place:
        archive = Archive(Path(place))
        archive.state_dir.chmod(0o777)
        os.seteuid(ANN)
        try:
            archive.prepare()
        finally:
            os.seteuid(0)
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (archive.state_dir, archive.runs)]

    assert modes == [0o777, 0o700]


@root_only
def test_root_in_the_home_of_another_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`sudo` may keep HOME: what root would make there, its owner could not write at night."""
    home = tmp_path / "ann"
    home.mkdir()
    os.chown(home, ANN, ANN)
    monkeypatch.setenv("HOME", str(home))

    assert state_home() is None
