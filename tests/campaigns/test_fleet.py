"""Several machines share a night, and one after another is unplugged, stopped, or frozen."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fleet.postgres import Postgres

from .clock import ClockJumps
from .conftest import Tell
from .fleet_campaign import ROUNDS, ROWS, SEED, begin, finish
from .fleet_judge import Judge
from .fleet_machine import RULES
from .fleet_night import FleetNight, fleet_night
from .service_night import WRONG_SERVICE
from .size import waits_long
from .tally import TOGETHER, UNREAD, Tally

pytestmark = pytest.mark.campaign
LEAVING = 5.0  # seconds until a worker that was told to stop has ended
BUSY = 1.0  # seconds more, on a machine that is at work


@waits_long
def test_machines_without_trouble(server: Postgres, tmp_path: Path, tell: Tell) -> None:
    """Three machines carry all out, each target's rows in one place, once."""
    with fleet_night(tmp_path, server) as night:
        begin(night)

        tally, lines = finish(night, "no trouble")

    tell(lines)
    assert (dict(tally.faults), tally.again) == ({}, 0)


def test_a_machine_is_unplugged(server: Postgres, tmp_path: Path, tell: Tell) -> None:
    """Within its lease and five seconds another one goes on; nothing is lost, nothing sent twice unread."""
    with fleet_night(tmp_path, server) as night:
        begin(night)
        for _ in range(ROUNDS):
            night.kill(night.busiest())
            night.wait_for_puts(40)
            night.start()

        tally, lines = finish(night, "unplugged")

    tell(lines)
    assert dict(tally.faults) == {}


def test_a_machine_is_told_to_stop(server: Postgres, tmp_path: Path, tell: Tell) -> None:
    """It gives its runs back at once, and ends within five seconds with exit code 0."""
    with fleet_night(tmp_path, server) as night:
        begin(night)
        left = []
        for _ in range(ROUNDS):
            left.append(night.stop(night.busiest()))
            night.wait_for_puts(40)
            night.start()

        tally, lines = finish(night, "told to stop")

    tell([*lines, f"  exit codes and seconds: {left}"])
    assert dict(tally.faults) == {}
    assert {code for code, _ in left} == {0}
    assert max(seconds for _, seconds in left) <= LEAVING + BUSY


def test_a_machine_is_told_to_stop_without_a_database(server: Postgres, tmp_path: Path, tell: Tell) -> None:
    """It cannot give its runs back, and ends in time nevertheless; another one goes on."""
    with fleet_night(tmp_path, server) as night:
        begin(night)
        machine = night.busiest()
        with night.away([machine]):
            time.sleep(2)
            left = night.stop(machine)
        night.wait_for_puts(10)

        tally, lines = finish(night, "told to stop without a database")

    tell([*lines, f"  exit code and seconds: {left}"])
    assert dict(tally.faults) == {}
    assert left[0] == 0
    assert left[1] <= LEAVING + BUSY


@waits_long
def test_whatever_befalls_them(server: Postgres, tmp_path: Path, tell: Tell) -> None:
    """One thing after another, and several jobs for each target; in the morning every report is true."""
    luck, befallen = random.Random(SEED), []
    with fleet_night(tmp_path, server) as night:
        begin(night)
        for _ in range(2 * ROUNDS):
            befallen.append(luck.choice(list(BLOWS)))
            BLOWS[befallen[-1]](night, server)
            night.start()
            if luck.random() < 0.2 or night.is_over:
                night.order(ROWS)
            night.wait_for_puts(luck.randint(1, 40))

        tally, lines = finish(night, "whatever befalls", befallen)

    tell(lines)
    assert dict(tally.faults) == {}


def kill_one(night: FleetNight, _: Postgres) -> None:
    """Unplug one machine."""
    night.kill(night.busiest())


def kill_all(night: FleetNight, server: Postgres) -> None:
    """Let the power go everywhere, but for the disk of the database."""
    for machine in night.machines:
        night.kill(machine)
    night.restart(server)


def stop_one(night: FleetNight, _: Postgres) -> None:
    """Tell one machine to stop."""
    assert night.stop(night.busiest())[0] == 0


def freeze_one(night: FleetNight, _: Postgres) -> None:
    """Let one machine stand still for longer than its lease."""
    night.freeze(night.busiest(), RULES.lease + 6)


def cut_one_off(night: FleetNight, _: Postgres) -> None:
    """Let one machine not reach the database, without a word."""
    with night.away([night.busiest()], is_silent=True):
        time.sleep(RULES.lease + 6)


def restart_database(night: FleetNight, server: Postgres) -> None:
    """Let the database crash."""
    night.restart(server, away=2.0)


BLOWS: dict[str, Callable[[FleetNight, Postgres], None]] = {
    "one is killed": kill_one,
    "all are killed": kill_all,
    "one is stopped": stop_one,
    "one is frozen": freeze_one,
    "one is cut off": cut_one_off,
    "the database crashes": restart_database,
}


def test_a_machine_stands_still_for_longer_than_its_lease(
    server: Postgres, tmp_path: Path, tell: Tell
) -> None:
    """Another one goes on; on waking it sends at most what it had begun, and writes nothing."""
    with fleet_night(tmp_path, server) as night:
        begin(night)
        for _ in range(ROUNDS):
            night.freeze(night.busiest(), RULES.lease + 6)
            night.wait_for_puts(10)

        tally, lines = finish(night, "frozen")

    tell(lines)
    assert dict(tally.faults) == {}


def test_clocks_are_hours_apart(server: Postgres, tmp_path: Path, tell: Tell) -> None:
    """No machine's wall clock counts, and none that jumps."""
    jumps, luck = ClockJumps(tmp_path), random.Random(SEED)

    def env(name: str) -> dict[str, str]:
        jumps.set_clock(tmp_path / name, luck)
        return jumps.env(tmp_path / name)

    with fleet_night(tmp_path, server, env=env) as night:
        begin(night)
        night.kill(night.busiest())
        night.wait_for_puts(40)

        tally, lines = finish(night, "clocks hours apart")

    tell(lines)
    assert dict(tally.faults) == {}


def test_finds_machines_that_do_not_check_the_token(server: Postgres, tmp_path: Path, tell: Tell) -> None:
    """The campaign is worth something: it finds a machine that goes on when it wakes."""
    with fleet_night(tmp_path, server, program=(*WRONG_SERVICE, "no-token")) as night:
        begin(night)
        night.freeze(night.busiest(), RULES.lease + 6)
        night.wait_for_puts(100)

        tally = Tally(name="no token", seed=SEED, nights=1)
        judge = Judge(rules=RULES, tally=tally, blows=night.blows)
        judge.judge(night.services, night.orders)

    tell(judge.lines())
    woke = [example for example in tally.examples if "after it woke" in example]
    assert woke or tally.faults.keys() & {UNREAD, TOGETHER}
