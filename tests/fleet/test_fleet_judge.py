"""The judge of the campaigns: what it must find, and what is allowed."""

import random
from collections.abc import Sequence

import pytest

from tests.campaigns.fleet_judge import (
    AWAY,
    FROZEN,
    KILLED,
    STARTED,
    Blow,
    FleetOrder,
    Judge,
    Rules,
)
from tests.campaigns.fleet_witness import Call, Witness
from tests.campaigns.tally import BEYOND, FAST, LATE, LOST, TOGETHER, UNREAD, Tally

RULES = Rules(lease=10.0, rate=1.0, concurrency=2)
ORDER = FleetOrder(number=1, target="t", rows=4)
Said = tuple[float, str, str, int]  # at, sender, PUT or GET, row


def judged(said: Sequence[Said], *blows: Blow) -> dict[str, int]:
    """Judge a record in which each PUT was carried out."""
    witness = Witness(random.Random(0), lambda _: "")
    for at, sender, method, row in said:
        who, is_put = 10_000 + row, method == "PUT"
        words = f"1.{row}" if is_put else ""
        witness.calls.append(Call(at=at, sender=sender, is_put=is_put, associate_id=who, words=words))
        if is_put:
            witness.carry_out(who, ("StatusNotAvailable", words))
    tally = Tally(name="", seed=0)
    Judge(rules=RULES, tally=tally, blows=blows).judge({"t": witness}, [ORDER])
    return dict(tally.faults)


def puts(sender: str, *rows: int, at: float = 0.0) -> list[Said]:
    """Give PUTs of these rows, one a second."""
    return [(at + number, sender, "PUT", row) for number, row in enumerate(rows)]


def gets(sender: str, *rows: int, at: float = 0.0) -> list[Said]:
    """Give GETs of these rows."""
    return [(at, sender, "GET", row) for row in rows]


def blow(kind: str, at: float, until: float = float("inf")) -> Blow:
    """Give what befell the first machine."""
    return Blow(kind=kind, sender="a.1", at=at, until=until)


def test_a_quiet_night() -> None:
    """Nothing is wrong with rows that one machine sends."""
    assert judged(puts("a.1", 1, 2, 3, 4)) == {}


def test_a_row_that_nobody_sends_is_lost() -> None:
    """Each row must be there in the end."""
    assert judged(puts("a.1", 1, 2, 3)) == {LOST: 1}


def test_another_machine_may_go_on_after_a_death() -> None:
    """It reads what is in doubt first."""
    later = gets("b.1", 2, at=12) + puts("b.1", 2, 3, 4, at=12)

    assert judged(puts("a.1", 1, 2) + later, blow(KILLED, 1.5)) == {}


def test_a_row_sent_again_unread_is_found() -> None:
    """Whoever goes on must not send what may be done."""
    assert judged(puts("a.1", 1, 2) + puts("b.1", 2, 3, 4, at=12), blow(KILLED, 1.5)) == {UNREAD: 1}


def test_two_machines_at_once_are_found() -> None:
    """Nothing befell the first one, but that it was started."""
    assert judged(puts("a.1", 1, 2) + puts("b.1", 3, 4, at=3), blow(STARTED, 0)) == {TOGETHER: 1}


def test_too_late_a_machine_is_found() -> None:
    """It must go on within its lease and five seconds."""
    assert judged(puts("a.1", 1, 2) + puts("b.1", 3, 4, at=18), blow(KILLED, 1.5)) == {LATE: 1}


@pytest.mark.parametrize(("rows", "faults"), [((2, 3), {}), ((1, 2, 3), {LATE: 2})])
def test_a_machine_that_woke_may_send_what_it_had_begun(rows: Sequence[int], faults: dict[str, int]) -> None:
    """At most as many as it has connections, even unread; more are found."""
    said = puts("a.1", 1, 2) + puts("b.1", 3, at=13) + puts("a.1", *rows, at=14) + puts("b.1", 4, at=20)

    assert judged(said, blow(FROZEN, 1.5, until=14)) == faults


def test_sending_without_the_database_is_found() -> None:
    """Eight seconds after it had gone nothing new may be sent; before and afterwards it may."""
    said = puts("a.1", 1) + puts("a.1", 2, at=8) + puts("a.1", 3, at=12) + puts("a.1", 4, at=21)

    assert judged(said, blow(AWAY, 1, until=20)) == {LATE: 1}


def test_too_many_rows_in_doubt_are_found() -> None:
    """Here two rows may be looked up again."""
    later = gets("b.1", 1, 2, 3, at=12) + puts("b.1", 4, at=12)

    assert judged(puts("a.1", 1, 2, 3) + later, blow(KILLED, 2.5)) == {BEYOND: 1}


def test_a_machine_that_woke_may_go_on_after_another_death() -> None:
    """It has taken the lease as any other does."""
    said = puts("a.1", 1) + puts("b.1", 2, at=13) + puts("a.1", 3, 4, at=30)
    death = Blow(kind=KILLED, sender="b.1", at=20)

    assert judged(said, blow(FROZEN, 1.5, until=15), death) == {}


def test_too_high_a_pace_is_found() -> None:
    """The rate holds for all machines together."""
    said = [(0.1 * row, "a.1", "GET", row) for row in range(10)]

    assert judged(said + puts("a.1", 1, 2, 3, 4, at=30)) == {FAST: 1}
