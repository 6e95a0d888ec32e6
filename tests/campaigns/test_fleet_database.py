"""Several machines share a night, and their database is away, restarted, full, slow, or cut off."""

import random
import signal
import time
from pathlib import Path

import pytest

from tests.fleet.postgres import Postgres, postgres
from tests.fleet.proxy import Cut
from tests.fleet.small_disk import small_tablespace

from .conftest import Tell
from .fleet_campaign import ROUNDS, ROWS, SEED, begin, finish
from .fleet_judge import FleetOrder, Judge
from .fleet_machine import PATIENCE, RULES, Machine
from .fleet_night import FleetNight, fleet_night
from .size import LONG
from .tally import ENDING, Tally

pytestmark = pytest.mark.campaign
EVERY = 5  # statements of a machine between two cuts
CUTS = 8  # places of a run, of all that there are
UNFINISHED = (6, 7)  # exit codes: stopped, or another machine may be at work


def test_the_database_is_away_for_longer_than_a_lease(server: Postgres, tmp_path: Path, tell: Tell) -> None:
    """Soon nothing new is sent; when it is back, all goes on by itself."""
    with fleet_night(tmp_path, server) as night:
        begin(night)
        for _ in range(ROUNDS):
            with night.away():
                time.sleep(RULES.lease + 3)
            night.wait_for_puts(10)

        tally, lines = finish(night, "database away")

    tell(lines)
    assert dict(tally.faults) == {}


@pytest.mark.parametrize("how", ["refused", "silent"])
def test_one_machine_cannot_reach_the_database(
    how: str, server: Postgres, tmp_path: Path, tell: Tell
) -> None:
    """The others go on with what it had; it sends nothing more, and comes back by itself."""
    with fleet_night(tmp_path, server) as night:
        begin(night)
        with night.away([night.busiest()], is_silent=how == "silent"):
            time.sleep(RULES.lease + 6)

        tally, lines = finish(night, "one machine is cut off")

    tell(lines)
    assert dict(tally.faults) == {}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "as by a crash"])
def test_the_database_is_started_again(
    how: signal.Signals, server: Postgres, tmp_path: Path, tell: Tell
) -> None:
    """Nobody has to start a worker again."""
    with fleet_night(tmp_path, server) as night:
        begin(night)
        for _ in range(ROUNDS):
            server.restart(away=1.0, how=how)
            night.wait_for_puts(10)

        tally, lines = finish(night, "database started again", ["restarted"] * ROUNDS)

    tell(lines)
    assert (dict(tally.faults), tally.again) == ({}, 0)


def test_the_database_is_full(tmp_path: Path, tell: Tell) -> None:
    """Nothing is sent that cannot be noted; when there is room again, all goes on by itself."""
    with (
        postgres() as server,
        small_tablespace(server) as disk,
        fleet_night(tmp_path, server, options=f"TABLESPACE {disk.name}") as night,
    ):
        begin(night)
        disk.fill()
        time.sleep(RULES.lease + 3)
        sent = night.puts
        disk.clear()
        night.wait_for_puts(10)

        tally, lines = finish(night, "database full", ["full"])

    tell([*lines, f"  {sent} rows were sent before there was room again"])
    assert dict(tally.faults) == {}
    assert sent < ROWS * len(night.services)


def test_the_database_is_slow(server: Postgres, tmp_path: Path, tell: Tell) -> None:
    """With 200 ms for each statement all is carried out, and nothing is sent twice."""
    with fleet_night(tmp_path, server) as night:
        for machine in night.machines:
            machine.proxy.delay = 0.2
        begin(night)

        tally, lines = finish(night, "slow database", ["slow"])

    tell(lines)
    assert (dict(tally.faults), tally.again) == ({}, 0)


def test_connections_are_cut_again_and_again(server: Postgres, tmp_path: Path, tell: Tell) -> None:
    """A machine whose statements, or the answers to them, get lost goes on with what it has."""
    luck = random.Random(SEED)
    with fleet_night(tmp_path, server) as night:
        begin(night)
        for machine in night.machines:
            coming = (machine.proxy.statements + EVERY * number for number in range(1, 2000))
            machine.proxy.cuts = {each + luck.randrange(EVERY): luck.choice(list(Cut)) for each in coming}
        night.wait_for_puts(ROWS)
        for machine in night.machines:
            machine.proxy.cuts = {}

        cuts = ["cut" for machine in night.machines for _ in machine.proxy.done]
        tally, lines = finish(night, "connections cut", cuts)

    tell(lines)
    assert (dict(tally.faults), tally.again) == ({}, 0)
    assert tally.kills["cut"] > 3


def test_a_command_is_cut_off_at_each_statement(server: Postgres, tmp_path: Path, tell: Tell) -> None:
    """Whichever of its statements, or of their answers, is lost: its rows are sent once, and reported."""
    tally, luck = Tally(name="cut at each statement", seed=SEED, nights=1), random.Random(SEED)
    with fleet_night(tmp_path, server, targets=1, machines=2) as night:
        first, second = night.machines
        run_one(night, first, tally)  # which makes the tables, too
        before = first.proxy.statements
        run_one(night, first, tally)
        last = first.proxy.statements - before
        places = [(number, cut) for number in range(1, last + 1) for cut in Cut]
        for number, cut in places if LONG else luck.sample(places, CUTS):
            first.proxy.cuts = {first.proxy.statements + number: cut}
            run_one(night, first, tally, by=second)
            tally.kills[cut.name] += len(first.proxy.done)
            first.proxy.done.clear()
        judge = Judge(rules=RULES, tally=tally, blows=[])
        judge.judge(night.services, night.orders)

    tell([*judge.lines(), f"  {last} statements of a run"])
    assert (dict(tally.faults), tally.again) == ({}, 0)


def run_one(night: FleetNight, machine: Machine, tally: Tally, by: Machine | None = None) -> None:
    """Run a small job as a command; where it is cut off, let *by* finish it."""
    order = FleetOrder(number=len(night.orders) + 1, target="tenant-0", rows=6)
    night.orders.append(order)
    path = machine.place.folder / "job.csv"
    path.write_bytes(order.body)
    ended, end = machine.ask("run", path, "--target", order.target), time.monotonic() + PATIENCE
    machine.proxy.cuts = {}
    codes = [ended.code]
    while codes[-1] in UNFINISHED and by and time.monotonic() < end:
        newest = by.ask("runs", "--target", order.target).summary["runs"][0]
        is_begun = sum(newest["counts"].values()) == order.rows and newest["state"] != "finished"
        ended = by.ask(
            *(("resume", newest["run_id"]) if is_begun else ("run", path)), "--target", order.target
        )
        codes.append(ended.code)
        time.sleep(0.5)
    if codes[-1] != 0:
        tally.blame(ENDING, f"exit codes {codes} of order {order.number}: {ended.err[-600:]}")
