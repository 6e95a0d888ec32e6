"""Leases: one process at a time holds a target, and whoever comes after a death waits as long as it must."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import anyio
import pytest

from presence_worker.errors import LeaseLost, Locked
from presence_worker.fleet.held_target import MARGIN, HeldTarget
from presence_worker.fleet.leases import LeaseKeeper
from presence_worker.fleet.member import FleetMember
from presence_worker.settings.fleet import Fleet

TARGET = "https://online.example.com/Cust1"
LEASE = 30.0
GRACE = 7.0
NewMember = Callable[[], FleetMember]


@pytest.fixture
def new_member(database_url: str) -> Iterator[NewMember]:
    """Makes processes that share a database."""
    with ExitStack() as made:

        def make() -> FleetMember:
            member = FleetMember(Fleet.model_validate({"database": database_url, "lease": LEASE}))
            made.callback(member.close)
            return member

        yield make


@pytest.fixture
def ours(new_member: NewMember) -> FleetMember:
    return new_member()


@pytest.fixture
def theirs(new_member: NewMember) -> FleetMember:
    return new_member()


def age(member: FleetMember, seconds: float) -> None:
    """Let the database find that so much time has passed."""
    query = "UPDATE lease SET until = until - make_interval(secs => %s)"
    member.database.work(lambda connection: connection.execute(query, [seconds]))


def age_quiet(member: FleetMember, seconds: float) -> None:
    """The same for the time in which nothing is sent."""
    query = "UPDATE lease SET quiet_until = quiet_until - make_interval(secs => %s)"
    member.database.work(lambda connection: connection.execute(query, [seconds]))


def test_one_process_holds_a_target(ours: FleetMember, theirs: FleetMember) -> None:
    """While it does, nobody else can take it, not even the same process."""
    held = ours.leases.take(TARGET, GRACE)

    assert held.may_send()
    for member in (ours, theirs):
        with pytest.raises(Locked, match="another run is at work on https://"):
            member.leases.take(TARGET, GRACE)


def test_other_targets_are_free(ours: FleetMember, theirs: FleetMember) -> None:
    """Each target has a lease of its own."""
    ours.leases.take(TARGET, GRACE)

    assert theirs.leases.take(f"{TARGET}2", GRACE).may_send()


def test_a_renewal_that_comes_late_changes_nothing(ours: FleetMember) -> None:
    """It was under way while the target was given back."""
    held = ours.leases.take(TARGET, GRACE)
    ours.leases.give_back(held)

    held.extend(held.now() + LEASE)

    assert not held.may_send()


def test_what_is_given_back_is_free_at_once(ours: FleetMember, theirs: FleetMember) -> None:
    """The next one may send at once, and has a higher token; the former one may not send any more."""
    before = ours.leases.take(TARGET, GRACE)
    ours.leases.give_back(before)

    after = theirs.leases.take(TARGET, GRACE)

    assert (before.may_send(), after.may_send()) == (False, True)
    assert after.token > before.token


def test_who_does_not_renew_loses_it(ours: FleetMember, theirs: FleetMember) -> None:
    """Whoever takes it then has a higher token; the former holder finds out with its next renewal."""
    before = ours.leases.take(TARGET, GRACE)
    age(ours, LEASE + 1)

    after = theirs.leases.take(TARGET, GRACE)
    ours.leases.renew()

    assert after.token > before.token
    assert before.is_lost
    with pytest.raises(LeaseLost, match="another machine works on this target"):
        anyio.run(before.wait)


def test_a_lease_that_nobody_took_is_renewed_late(ours: FleetMember, theirs: FleetMember) -> None:
    """Who was away for long goes on, if nobody has taken the target."""
    held = ours.leases.take(TARGET, GRACE)
    age(ours, 10 * LEASE)

    ours.leases.renew()

    assert held.may_send()
    with pytest.raises(Locked):
        theirs.leases.take(TARGET, GRACE)


def test_the_lease_ends_here_before_it_ends_there(ours: FleetMember) -> None:
    """By our own clock, two seconds before the time that the database knows; a renewal goes on from now."""
    now = time.monotonic()
    keeper = LeaseKeeper(ours, now=lambda: now)
    held = keeper.take(TARGET, GRACE)

    now += LEASE - MARGIN - 0.01
    assert held.may_send()
    now += 0.02
    assert not held.may_send()

    keeper.renew()
    assert held.may_send()
    keeper.close()


def taken_over(ours: FleetMember, theirs: FleetMember, run_id: str | None) -> HeldTarget:
    """Give a lease taken from one who died with a run."""
    ours.leases.take(TARGET, GRACE, "20261201T020000Z-0001")
    age(ours, LEASE + 1)
    held = theirs.leases.take(TARGET, GRACE, run_id)
    held.run_id = run_id
    return held


def test_the_same_run_goes_on_at_once(ours: FleetMember, theirs: FleetMember) -> None:
    """A late request of the dead process can only write what the same run wants."""
    held = taken_over(ours, theirs, "20261201T020000Z-0001")

    assert held.may_send()


@pytest.mark.parametrize("run_id", [None, "20261201T020000Z-0002"])
def test_a_later_run_waits_for_late_requests(
    ours: FleetMember, theirs: FleetMember, run_id: str | None
) -> None:
    """Until the former lease and the time of one request are over, it sends nothing."""
    held = taken_over(ours, theirs, run_id)

    assert not held.may_send()
    theirs.leases.give_back(held)
    assert not ours.leases.take(TARGET, GRACE).may_send()  # whoever it is


def test_after_the_wait_it_may_send(ours: FleetMember, theirs: FleetMember) -> None:
    """The quiet time is over some time."""
    theirs.leases.give_back(taken_over(ours, theirs, None))
    age_quiet(ours, GRACE)

    assert theirs.leases.take(TARGET, GRACE).may_send()


def test_looking_at_the_job_does_not_end_the_right_to_go_on(ours: FleetMember, theirs: FleetMember) -> None:
    """The new holder may give the target back, and take it again for the same run."""
    theirs.leases.give_back(taken_over(ours, theirs, None))

    held = theirs.leases.take(TARGET, GRACE)
    held.run_id = "20261201T020000Z-0001"

    assert held.may_send()


def test_two_deaths_do_not_shorten_the_wait(ours: FleetMember, theirs: FleetMember) -> None:
    """A run that waited for late requests of another one, and died, does not go on before they are over."""
    taken_over(ours, theirs, "20261201T020000Z-0002")
    age(ours, LEASE + 1)

    held = ours.leases.take(TARGET, GRACE, "20261201T020000Z-0002")
    held.run_id = "20261201T020000Z-0002"

    assert not held.may_send()


def test_a_request_that_was_cut_off_counts_as_late(ours: FleetMember, theirs: FleetMember) -> None:
    """Who gives a target back with a request on its way says so: a later run waits for it."""
    held = ours.leases.take(TARGET, GRACE, "20261201T020000Z-0001")
    held.expect_late_request()
    ours.leases.give_back(held)

    later = theirs.leases.take(TARGET, GRACE)

    assert not later.may_send()
    later.run_id = "20261201T020000Z-0001"
    assert later.may_send()


def test_a_run_hears_that_it_should_stop(ours: FleetMember, theirs: FleetMember) -> None:
    """Whoever asks any machine for that: with the next renewal, and once."""
    heard: list[str] = []
    held = ours.leases.take(TARGET, GRACE)
    theirs.database.work(lambda connection: connection.execute("UPDATE lease SET stop_by = 'Ann'"))

    ours.leases.renew()
    held.on_stop(heard.append)
    ours.leases.renew()

    assert heard == ["Ann"]


def test_an_answer_that_was_lost_does_not_lock_us_out(ours: FleetMember) -> None:
    """What the database says we hold, and we know nothing of, can be taken anew."""
    held = ours.leases.take(TARGET, GRACE)
    del ours.leases.held[TARGET]

    again = ours.leases.take(TARGET, GRACE)

    assert again.token > held.token
    assert again.may_send()
