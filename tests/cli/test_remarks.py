"""What is said at a terminal while a run is at work: each thing once."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from presence_worker.cli.remarks import print_remark, shown
from presence_worker.events import Announced, Event, Noted, Queued, RunStarted, Topic

RUN_ID, TARGET = "20261123T020000Z-7f3a", "sandbox"
BEGIN = RunStarted(run_id=RUN_ID, target=TARGET, command="run")


def announced(requests: int, *, is_final: bool) -> Announced:
    return Announced(
        run_id=RUN_ID, target=TARGET, requests=requests, seconds=requests / 10, rate=10, is_final=is_final
    )


def noted(words: str, topic: Topic, *, is_warning: bool = False) -> Noted:
    return Noted(run_id=RUN_ID, target=TARGET, words=words, topic=topic, is_warning=is_warning)


def said(capsys: pytest.CaptureFixture[str], *events: Event) -> list[str]:
    """Give the lines on standard error."""
    for event in (BEGIN, *events):
        print_remark(event)
    return capsys.readouterr().err.splitlines()


def test_a_number_that_stays_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The number after reading is news only where it is another one."""
    same = said(capsys, announced(20, is_final=False), announced(20, is_final=True))
    other = said(capsys, announced(20, is_final=False), announced(14, is_final=True))

    assert same == ["Note: At most 20 requests, 2.0 s at 10 requests/s"]
    assert other[1:] == ["Note: 14 requests, 1.4 s at 10 requests/s"]


def test_only_what_cannot_wait_is_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The summary has all notes; what stands on the screen already is not repeated there."""
    lines = said(
        capsys,
        noted("columns not used: a", Topic.JOB),
        noted("differs from the last job", Topic.COMPARISON),
        noted("the list of all users is not available", Topic.READING),
        noted("this is the same file", Topic.COMPARISON, is_warning=True),
    )

    assert lines == [
        "Note: the list of all users is not available",
        "presence-worker: warning: this is the same file",
    ]
    assert shown == {"the list of all users is not available", "this is the same file"}


def test_who_waits_for_another_run_sees_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    """What it waits for, the longest time that it waits, and what the clock shows then."""
    until = datetime.now(UTC) + timedelta(minutes=10)

    lines = said(capsys, Queued(run_id="", target=TARGET, until=until))

    assert re.fullmatch(
        r"Note: Another run is at work on sandbox\. This run waits for it, 10 min at most "
        r"\(until [-\d: ]+\)",
        " ".join(line.strip() for line in lines),
    )
