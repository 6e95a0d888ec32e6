"""The age of a file: `input.max_age` refuses the one that the export should have replaced."""

import gzip
import io
import os
import struct
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import zstandard

from presence_worker.failed_csv import RESULT_COLUMNS

from .reading import HEADER, Write, read, refusal

JOB = f"{HEADER}5,StatusNotAvailable,\n".encode()
HOUR, DAY = 3600.0, 86400.0  # seconds


def aged(path: Path, seconds: float) -> Path:
    """Let a file look as if it was last changed so long ago."""
    changed = time.time() - seconds
    os.utime(path, (changed, changed))
    return path


def zipped(changed: float, *, zone: str | None = None, extended: bool = False) -> bytes:
    """Pack the job as a ZIP file whose member says when it was changed."""
    there = datetime.fromtimestamp(changed, ZoneInfo(zone) if zone else None)
    member = zipfile.ZipInfo("changes.csv", there.timetuple()[:6])
    if extended:
        member.date_time = (2001, 1, 1, 0, 0, 0)
        member.extra = struct.pack("<HHBi", 0x5455, 5, 1, int(changed))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(member, JOB)
    return file.getvalue()


@pytest.mark.parametrize(("hours", "is_refused"), [(0, False), (23, False), (25, True), (24 * 9, True)])
def test_a_file_may_be_so_old_and_no_older(hours: int, is_refused: bool, write: Write) -> None:  # noqa: FBT001
    """The time of its last change decides."""
    path = aged(write(JOB), hours * HOUR)

    if is_refused:
        assert " ago. input.max_age allows 24 h. Nothing was sent" in refusal(path, max_age="24h")
    else:
        assert len(read(path, max_age="24h")[1]) == 1


def test_the_refusal_names_the_age_and_the_way_out(write: Write) -> None:
    """What a reader at eight in the morning needs: which file, since when, what to do."""
    path = aged(write(JOB), 9 * DAY + HOUR)

    words = refusal(path, max_age="24h")

    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(path.stat().st_mtime))
    assert words.startswith(f"FILE: last changed on {day}, 9 days ago. input.max_age")
    assert "Did the export fail? Export the file again." in words


@pytest.mark.parametrize("max_age", [None, "none"])
def test_without_the_setting_any_age_will_do(max_age: str | None, write: Write) -> None:
    """The default is no limit."""
    path = aged(write(JOB), 400 * DAY)

    assert len(read(path, max_age=max_age)[1]) == 1


@pytest.mark.parametrize(("hours", "is_refused"), [(2, False), (25, True)])
def test_a_date_in_the_future_is_no_proof_of_freshness(
    hours: int,
    is_refused: bool,  # noqa: FBT001
    write: Write,
) -> None:
    """A clock may be off by less than max_age; a file dated further ahead would never become old."""
    path = aged(write(JOB), -hours * HOUR)

    if is_refused:
        assert "in the future. input.max_age" in refusal(path, max_age="24h")
    else:
        assert len(read(path, max_age="24h")[1]) == 1


def test_a_date_beyond_the_calendar_is_refused_as_well(write: Write) -> None:
    """Some file systems keep dates that no calendar has."""
    path = write(JOB)
    os.utime(path, (1e12, 1e12))

    assert "in the future. input.max_age" in refusal(path, max_age="24h")


@pytest.mark.parametrize(
    "pack",
    [lambda at: gzip.compress(JOB, mtime=int(at)), zipped, lambda at: zipped(at, extended=True)],
    ids=["gzip", "zip", "zip-utc"],
)
def test_the_date_inside_an_archive_counts(pack: Callable[[float], bytes], tmp_path: Path) -> None:
    """A copy of an old archive is old, and an archive that was copied badly is not."""
    old, fresh = tmp_path / "old", tmp_path / "fresh"
    old.write_bytes(pack(time.time() - 3 * DAY))
    fresh.write_bytes(pack(time.time()))
    aged(fresh, 3 * DAY)

    assert "3 days ago" in refusal(old, max_age="24h")
    assert len(read(fresh, max_age="24h")[1]) == 1


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(JOB, mtime=0),
        zstandard.ZstdCompressor().compress(JOB),
        zipped(315532800, zone="UTC"),  # 1980-01-01
    ],
    ids=["gzip", "zstd", "zip"],
)
def test_an_archive_without_a_date_is_as_old_as_its_file(content: bytes, write: Write) -> None:
    """What the archive does not know, the file system does."""
    path = write(content)

    assert len(read(path, max_age="24h")[1]) == 1
    assert "2 days ago" in refusal(aged(path, 2 * DAY + HOUR), max_age="24h")


def test_a_date_without_a_time_zone_is_in_the_configured_one(write: Write) -> None:
    """A ZIP member has the time of the machine that packed it."""
    path = write(zipped(time.time() - 90 * 60, zone="Pacific/Auckland"))

    assert len(read(path, max_age="2h", timezone="Pacific/Auckland")[1]) == 1
    assert "input.max_age" in refusal(path, max_age="2h", timezone="UTC")


def test_a_failed_csv_that_comes_back_has_no_age(write: Write) -> None:
    """People take their time to correct it."""
    header = ",".join(("associateId", "status", *RESULT_COLUMNS))
    path = aged(write(f"{header}\n5,Away,invalid,,,,,\n"), 9 * DAY)

    assert len(read(path, max_age="24h")[1]) == 1


def test_standard_input_has_no_age(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is piped in was made by whoever runs the command."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(JOB)))

    assert len(read("-", max_age="1s")[1]) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_named_pipe_has_no_age(tmp_path: Path) -> None:
    """Its date says nothing of what flows through it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    aged(pipe, 9 * DAY)
    writer = threading.Thread(target=pipe.write_bytes, args=(JOB,))
    writer.start()

    _, rows = read(pipe, max_age="24h")

    writer.join()
    assert len(rows) == 1
