"""Files that appear whole or not at all."""

import stat
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from presence_worker.journal import write_whole


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def written(file: BinaryIO) -> bool:
    return bool(file.write(b"new"))


def failing(file: BinaryIO) -> bool:
    file.write(b"half")
    raise OSError("no room")


def test_a_file_is_there_whole(tmp_path: Path) -> None:
    """In the place of an older one, for its owner alone, and with nothing beside it."""
    path = tmp_path / "page.html"
    path.write_bytes(b"old")
    path.chmod(0o644)

    write_whole(path, written)

    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(tmp_path) == ["page.html"]


def test_one_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    """Half a file is worth less than yesterday's."""
    path = tmp_path / "page.html"
    path.write_bytes(b"old")

    with pytest.raises(OSError, match="no room"):
        write_whole(path, failing)

    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["page.html"]


def test_one_that_is_not_wanted_is_taken_away(tmp_path: Path) -> None:
    """It is not there, nor is an older one."""
    path = tmp_path / "failed.csv"
    path.write_bytes(b"old")

    assert not write_whole(path, lambda _: False)
    assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links are not for everybody there")
def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """In a folder that others may write, one of them could lay a trap where we write."""
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (tmp_path / ".page.html.new").symlink_to(precious)

    with pytest.raises(OSError, match="symbolic link"):
        write_whole(tmp_path / "page.html", written)

    assert precious.read_bytes() == b"precious"
