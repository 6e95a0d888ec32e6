"""Nights in which the worker is killed again and again, and with it, or not, the power goes."""

import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .campaign import Campaign
from .clock import ClockJumps
from .disk_log import built
from .power import PowerLoss
from .size import LONG
from .tally import BEYOND, FALSE, Tally

pytestmark = pytest.mark.campaign
KILLS = 200 if LONG else 20
KILLS_WITH_POWER = 80 if LONG else 14
SEED = int(os.environ.get("CAMPAIGN_SEED") or random.randrange(2**32))
Say = Callable[[Tally], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Prints the figures of a campaign, also of one that went well."""

    def say(tally: Tally) -> None:
        with capsys.disabled():
            sys.stdout.write("\n".join(["", *tally.lines(), ""]))

    return say


def test_killed_again_and_again(tmp_path: Path, say: Say) -> None:
    """Whenever it is killed: `resume` finishes, nothing is lost, nothing is false, little is sent twice."""
    campaign = Campaign("killed", SEED, tmp_path)

    tally = campaign.wage(KILLS)

    say(tally)
    assert (dict(tally.faults), tally.examples) == ({}, [])
    assert tally.kills.total() >= KILLS


def test_killed_while_the_clock_jumps(tmp_path: Path, say: Say) -> None:
    """However wrong the clock is when a process begins, and however it jumps then, the same holds."""
    clock = ClockJumps(tmp_path)
    campaign = Campaign("clock jumps", SEED, tmp_path)

    tally = campaign.wage(KILLS, env=clock.env, set_clock=clock.set_clock)

    say(tally)
    assert (dict(tally.faults), tally.examples) == ({}, [])
    assert tally.kills.total() >= KILLS


def test_power_lost_again_and_again(tmp_path: Path, say: Say) -> None:
    """What was not synced may be gone as well, and the same holds."""
    power = PowerLoss(built(tmp_path))
    campaign = Campaign("power lost", SEED, tmp_path)

    tally = campaign.wage(KILLS_WITH_POWER, strike=power.strike, env=power.env)

    say(tally)
    assert (dict(tally.faults), tally.examples) == ({}, [])
    assert tally.power_losses >= KILLS_WITH_POWER / 2


def test_finds_an_outcome_written_before_the_answer(tmp_path: Path, say: Say) -> None:
    """The campaign is worth something: it finds rows that are `updated` too early."""
    campaign = Campaign("outcome before answer", SEED, tmp_path, wrong="outcome-before-answer")

    tally = campaign.wage(KILLS)

    say(tally)
    assert tally.faults[FALSE]


def test_finds_outcomes_that_wait_too_long(tmp_path: Path, say: Say) -> None:
    """Likewise outcomes that are not on disk soon after the answer: their rows would all be sent again."""
    campaign = Campaign("outcomes at the end", SEED, tmp_path, wrong="outcomes-at-the-end")

    tally = campaign.wage(KILLS)

    say(tally)
    assert tally.faults[BEYOND]


def test_finds_a_journal_that_is_not_synced(tmp_path: Path, say: Say) -> None:
    """Likewise a journal that leaves it to the disk when it writes: one loses rows, another its end."""
    power = PowerLoss(built(tmp_path))
    campaign = Campaign("no sync", SEED, tmp_path, wrong="no-sync")

    tally = campaign.wage(KILLS, strike=power.strike, env=power.env)

    say(tally)
    assert tally.faults.total()
