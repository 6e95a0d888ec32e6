"""The files of a run: whole or not there, private, and no word of a message where it is not wanted."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from presence_worker.errors import ExitCode, Stopped
from presence_worker.journal import Journal
from presence_worker.model import Outcome, Reason, Result, Row
from presence_worker.report import write_reports
from tests.journal.full_disk import full_disk
from tests.journal.given import MOMENT, UPDATED, deliver, each_change, invalid, record, row, staged

from .given import TROUBLES, lines, night, reported, with_messages

CANARY = "Kanarifugl-7f3a"
FILES = {"report.jsonl", "report.csv", "report.html", "failed.csv", "unprocessed.csv", "summary.json"}
FOR_MENDING = {"failed.csv", "unprocessed.csv"}  # they go back into `run`, and need the message


def contents(folder: Path) -> dict[str, bytes]:
    """Give what is in a folder, hidden files included."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def large() -> Iterator[Journal]:
    """The journal of a job whose reports do not fit everywhere."""
    with closing(staged("", 2000)) as journal:
        deliver(journal, TROUBLES)
        yield journal


def test_all_files_are_there(told: Path) -> None:
    """A night in which everything happened has each file, and nothing else is left beside them."""
    assert set(contents(told)) == FILES


@pytest.mark.skipif(sys.platform == "win32", reason="there are no modes of this kind there")
def test_files_are_private(folder: Path, journal: Journal) -> None:
    """Who was away is nobody else's business, whatever the umask."""
    before = os.umask(0)
    write_reports(folder, journal)
    os.umask(before)

    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_what_was_edited_is_written_again(told: Path, journal: Journal) -> None:
    """Reports that were deleted or edited come back from the journal."""
    before = contents(told)
    for name in ("report.html", "summary.json", "unprocessed.csv"):
        (told / name).unlink()
    for name in ("report.jsonl", "report.csv", "failed.csv"):
        (told / name).write_text("mended", "utf-8")

    write_reports(told, journal)

    assert contents(told) == before


@pytest.mark.parametrize("room", [100, 5_000, 100_000, 300_000])
def test_a_full_disk_leaves_the_old_files(told: Path, large: Journal, room: int) -> None:
    """A file that does not fit leaves the earlier one whole, and no piece of the new one."""
    before = contents(told)

    with full_disk(room), pytest.raises(Stopped):
        write_reports(told, large)

    after = contents(told)
    assert set(after) == FILES
    for name, content in after.items():
        assert content == before[name] or len(content) <= room
    assert len(lines(told / "report.jsonl")) in (9, 2000)


def test_a_full_disk_is_told(folder: Path, large: Journal) -> None:
    """The sentence says where, what, and what to do; the run counts as stopped."""
    with full_disk(100), pytest.raises(Stopped) as caught:
        write_reports(folder, large)

    assert str(caught.value) == (
        f"the report in {folder} cannot be written: File too large; "
        "make room, then write it with `presence-worker report`"
    )
    assert caught.value.exit_code is ExitCode.STOPPED
    assert contents(folder) == {}


def test_a_folder_that_is_gone_is_told(folder: Path, journal: Journal) -> None:
    """The same where there is no place to write to."""
    shutil.rmtree(folder)

    with pytest.raises(Stopped, match=f"the report in {folder} cannot be written: No such file or directory"):
        write_reports(folder, journal)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_that_cannot_be_replaced_is_told(folder: Path, journal: Journal, name: str) -> None:
    """Where something else has the place of a file, that is told, and no piece of the new one is left."""
    (folder / name).mkdir()

    with pytest.raises(Stopped, match="cannot be written: Is a directory"):
        write_reports(folder, journal)

    assert not [path.name for path in folder.iterdir() if path.name not in FILES]


def test_after_the_trouble_they_are_written(told: Path, large: Journal) -> None:
    """Once there is room, writing again gives all files of the later state."""
    with full_disk(5_000), pytest.raises(Stopped):
        write_reports(told, large)

    write_reports(told, large)

    assert len(lines(told / "report.jsonl")) == 2000
    assert set(contents(told)) == FILES


def rows_with_the_canary() -> list[Row]:
    """Give rows with any result, each with a message nobody else may read."""
    cells = f'["1","Away","{CANARY}"]'
    others = {"message": CANARY, "cells": cells}
    return [*(row(n, **others) for n in range(1, 8)), invalid(8, **others), row(9, associate_id=1, **others)]


@pytest.mark.parametrize("wanted", [False, True])
def test_messages_are_in_reports_only_where_they_are_wanted(folder: Path, wanted: bool) -> None:  # noqa: FBT001
    """Why somebody is away is told by the files that go back, and elsewhere only with include_messages."""
    results = [result for result in Result if result not in (Result.INVALID, Result.DUPLICATE)]
    outcomes = {n: Outcome(result=result, reason=Reason.REFUSED) for n, result in enumerate(results, 1)}

    reported(folder, rows_with_the_canary(), outcomes, **(with_messages() if wanted else {}))

    found = {name for name, content in contents(folder).items() if CANARY.encode() in content}
    assert found == (FILES - {"summary.json"} if wanted else FOR_MENDING)


def test_reports_of_a_run_at_work(tmp_path: Path) -> None:
    """What is recorded while others read is told as far as it came: each row once."""
    with closing(night(tmp_path / "journal.sqlite")) as journal:
        journal.sessions.begin("resume", rate=10)
        list(each_change(journal, page=1))
        record(journal, {8: UPDATED})

        write_reports(tmp_path, journal)

        found = [
            (line["row"], line["result"], line["finished_at"]) for line in lines(tmp_path / "report.jsonl")
        ]
    assert found[7] == (8, "updated", MOMENT)
    assert [number for number, _, _ in found] == list(range(1, 10))
