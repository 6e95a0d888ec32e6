"""Files that are no job: a link that other users have put before us, and the file of a secret."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from presence_worker.errors import InputRefused
from presence_worker.intake.job import open_job
from presence_worker.settings import Auth, Settings

from .reading import HEADER, read, refusal

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="there are no owners and modes of this kind there"
)
JOB = f"{HEADER}1,Away,\n"
SECRET = "Kanarienvogel-7Q"
HR = 12345
WORKER = 12346


@pytest.fixture
def place() -> Iterator[Path]:
    """A place that every user can reach, which pytest's own is not."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        yield Path(place)


@pytest.fixture
def folder(place: Path) -> Path:
    """A folder into which HR's account puts files: its group may write."""
    folder = place / "nightly"
    folder.mkdir()
    folder.chmod(0o775)
    return folder


@pytest.fixture
def secret(place: Path) -> Path:
    file = place / "secret"
    file.write_text(f"{SECRET}\n")
    return file


@pytest.fixture
def own(secret: Path) -> Iterator[Callable[[Path, int], None]]:
    """Gives a file or link to another user; then we are the service's account, as long as the test lasts."""
    if os.geteuid():
        pytest.skip("needs root, who may give files away")

    def give(path: Path, owner: int) -> None:
        os.chown(path, owner, owner, follow_symlinks=False)

    give(secret, WORKER)
    yield give
    os.seteuid(0)


def test_a_hard_link_where_others_may_write(folder: Path, secret: Path) -> None:
    """It is refused without a word of what is in it; in a folder of our own it is a file like any other."""
    job = folder / "changes.csv"
    job.hardlink_to(secret)

    words = refusal(job)
    folder.chmod(0o755)
    secret.write_text(JOB)

    assert words.startswith("FILE: has a second name (a hard link), in a folder that other users can write")
    assert len(read(job)[1]) == 1


def test_a_link_of_somebody_else(folder: Path, secret: Path, own: Callable[[Path, int], None]) -> None:
    """HR's link to a file that HR may not read is refused, and says nothing of it."""
    job = folder / "changes.csv"
    job.symlink_to(secret)
    own(job, HR)
    os.seteuid(WORKER)

    assert refusal(job).startswith("FILE: a link to a file of another owner, in a folder that other users")


@pytest.mark.parametrize(("link", "file"), [(HR, HR), (0, HR), (WORKER, HR), (WORKER, WORKER)])
def test_a_link_that_is_as_good_as_the_file(
    folder: Path, link: int, file: int, own: Callable[[Path, int], None]
) -> None:
    """A link to the newest export, made by the export's owner, by root or by us, is followed."""
    newest, job = folder / "changes-20261129.csv", folder / "changes.csv"
    newest.write_text(JOB)
    job.symlink_to(newest)
    own(job, link)
    own(newest, file)
    os.seteuid(WORKER)

    assert len(read(job)[1]) == 1


@pytest.mark.parametrize("setting", ["password_file", "private_key_file", "refresh_token_file"])
@pytest.mark.parametrize("linked", [False, True])
def test_the_file_of_a_secret_is_no_job(tmp_path: Path, secret: Path, setting: str, *, linked: bool) -> None:
    """Named by mistake or led to by a link: what is said does not quote it."""
    link = tmp_path / "job.csv"
    link.symlink_to(secret)
    settings = Settings(auth=Auth.model_validate({setting: secret}))

    with (
        pytest.raises(InputRefused) as caught,
        open_job(str(link if linked else secret), settings, date(2026, 12, 1)),
    ):
        pass

    assert str(caught.value) == f"the job is the file that auth.{setting} names. Name the file with the rows"
