"""The disk that forgets: it keeps what was synced, and knows all that was written."""

import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from .disk import Disk
from .disk_log import HEAD, Call, built, calls_in, drop_cut_call, watching
from .ledger import service
from .night import Night

Made = tuple[str, str, bytes, int]  # kind, path and, behind a space, the second one, data, offset or size
LOSSES = 200


def survivors(root: Path, *made: Made) -> list[dict[str, bytes | None]]:
    """Give what is left of an empty directory after calls, in many power losses."""
    disk = Disk(root)
    disk.take_in(call(root, *each) for each in made)
    luck = random.Random(7)
    return [below(root, disk.lose_power(luck)) for _ in range(LOSSES)]


def call(root: Path, kind: str, names: str, data: bytes, at: int) -> Call:
    path, _, second = names.partition(" ")
    return Call(
        kind=kind, path=str(root / path), second=str(root / second) if second else "", data=data, at=at
    )


def below(root: Path, found: dict[str, bytes | None]) -> dict[str, bytes | None]:
    """Name things from the directory on, and leave itself out."""
    return {
        str(Path(path).relative_to(root)): content for path, content in found.items() if path != str(root)
    }


def kinds(found: Iterable[dict[str, bytes | None]]) -> list[dict[str, bytes | None]]:
    """Give each of the different survivors once, the smallest first."""
    different: list[dict[str, bytes | None]] = []
    for each in found:
        if each not in different:
            different.append(each)
    return sorted(different, key=repr)


MADE: list[Made] = [("c", "a", b"", 0), ("w", "a", b"old", 0), ("s", "a", b"", 0), ("s", ".", b"", 0)]


def test_what_was_synced_survives(tmp_path: Path) -> None:
    """A file whose content and name were synced is always there."""
    assert kinds(survivors(tmp_path, *MADE)) == [{"a": b"old"}]


def test_a_name_needs_its_directory(tmp_path: Path) -> None:
    """A file that was synced may be gone as long as its directory was not synced."""
    assert kinds(survivors(tmp_path, *MADE[:3])) == [{"a": b"old"}, {}]


def test_a_write_may_survive_or_not(tmp_path: Path) -> None:
    """What was written after the last sync is there or not."""
    assert kinds(survivors(tmp_path, *MADE, ("w", "a", b"new", 0))) == [{"a": b"new"}, {"a": b"old"}]


def test_a_later_write_may_survive_alone(tmp_path: Path) -> None:
    """Writes reach the disk in any order; what lies between is zero."""
    found = survivors(tmp_path, *MADE, ("w", "a", b"x", 3), ("w", "a", b"y", 4))

    assert [each["a"] for each in kinds(found)] == [b"old", b"old\0y", b"oldx", b"oldxy"]


def test_a_write_may_be_torn(tmp_path: Path) -> None:
    """Of a write that spans sectors only some may survive."""
    found = survivors(tmp_path, *MADE, ("w", "a", b"n" * 1024, 0))

    assert {"a": b"old" + bytes(509) + b"n" * 512} in found


def test_a_cut_may_survive_or_not(tmp_path: Path) -> None:
    """A file that was cut short may be as long as it was."""
    assert kinds(survivors(tmp_path, *MADE, ("t", "a", b"", 1))) == [{"a": b"o"}, {"a": b"old"}]


def test_a_move_to_another_directory_is_safe_there(tmp_path: Path) -> None:
    """A file that was moved is safe as soon as its new directory was synced; its old name may be left."""
    made: list[Made] = [("d", "b", b"", 0), ("s", ".", b"", 0), ("m", "a b/a", b"", 0), ("s", "b", b"", 0)]

    found = kinds(survivors(tmp_path, *MADE, *made))

    assert found == [{"a": b"old", "b": None, "b/a": b"old"}, {"b": None, "b/a": b"old"}]


def test_a_move_is_all_or_nothing(tmp_path: Path) -> None:
    """A file that was moved to the place of another: the old one or the new one is there."""
    made: list[Made] = [("c", "b", b"", 0), ("w", "b", b"new", 0), ("s", "b", b"", 0), ("m", "b a", b"", 0)]

    found = kinds(survivors(tmp_path, *MADE, *made))

    assert found == [{"a": b"new"}, {"a": b"old", "b": b"new"}, {"a": b"old"}]


def test_what_was_made_right_before_a_kill_is_known(tmp_path: Path) -> None:
    """Who was killed behind a call could not tell of it: the next call on that file or directory does."""
    found = survivors(tmp_path, ("t", "a/b", b"", 0), ("w", "a/b", b"new", 0), ("u", "a/c", b"", 0))

    assert {} in kinds(found)
    assert {"a": None, "a/b": b"new"} in kinds(found)


def test_a_call_that_was_cut_short_hides_none_behind_it(tmp_path: Path) -> None:
    """A kill cuts what is being told; the next process tells its calls behind that."""
    log = tmp_path / "calls"
    told = HEAD.pack(b"c", 2, 0, 0, 0) + b"/a"
    log.write_bytes(told + told[:-1])

    drop_cut_call(log)
    with log.open("ab") as file:
        file.write(told)

    assert [(each.kind, each.path) for each in calls_in(log)] == [("c", "/a")] * 2


def test_a_directory_takes_all_in_it_along(tmp_path: Path) -> None:
    """What is in a directory whose name is lost is lost, however often it was synced."""
    made: list[Made] = [("d", "d", b"", 0), ("c", "d/a", b"", 0), ("s", "d/a", b"", 0), ("s", "d", b"", 0)]

    assert kinds(survivors(tmp_path, *made)) == [{"d": None, "d/a": b""}, {}]


@pytest.mark.campaign
def test_knows_all_that_was_written(tmp_path: Path) -> None:
    """After a whole night, what was told of is to the byte what is there: no write goes past the layer."""
    library, log = built(tmp_path), tmp_path / "calls"
    with service(random.Random(7)) as ledger:
        night = Night(tmp_path, ledger, env=watching(library, under=tmp_path / "disk", log=log))
        ended = night.finish("run")

    night.safe.take_in(calls_in(log))

    assert ended.code == 0
    assert night.safe.as_seen() == Disk(night.disk).as_seen()
