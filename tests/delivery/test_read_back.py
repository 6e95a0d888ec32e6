"""What the service has confirmed is read back: how much of it, when, and what is made of what it shows."""

from typing import Any

import anyio
import pytest

from presence_worker.delivery import number_of_read_backs
from presence_worker.errors import Stopped
from presence_worker.model import NOT_PRESENT, Change, Outcome, Presence, Reason, Result, Trouble

from .given import (
    AWAY,
    HERE,
    TIMED_OUT,
    UNAVAILABLE,
    UPDATED,
    Night,
    Rule,
    Service,
    always,
    change,
    night,
    worst_second,
)

pytestmark = pytest.mark.anyio
SEEN = Outcome(result=Result.NOT_SENT, http_status=200)
AS_SENT = SEEN._replace(seen=AWAY)
NO_PRESENCE = Outcome(result=Result.REJECTED, reason=Reason.UNKNOWN_ASSOCIATE, http_status=200)
MAY_NOT_READ = Outcome(result=Result.REJECTED, reason=Reason.REFUSED, http_status=403, detail="no right")
ALL_UPDATED = always(UPDATED)
AWAY_NOW = UNAVAILABLE._replace(detail="away")


def all_show(looked: Outcome) -> Service:
    """A service that shows always alike."""
    return Service(always(looked))


async def verified(
    rows: int, looks: Service, verify: str = "all", *, rule: Rule = ALL_UPDATED, **more: Any
) -> tuple[Night, Service]:
    """Deliver rows with what they are read back from; give what became of them, and the service."""
    service = Service(rule)
    return await night(service, rows, look=looks.put, verify=verify, **more), service


@pytest.mark.parametrize(
    ("verify", "rows", "read"),
    [
        ("off", 100, []),
        ("sample", 1, [1]),
        ("sample", 2, [1, 2]),
        ("sample", 19, [1, 2, 3]),
        ("sample", 65, [1, 2, 3, 20, 40, 60]),
        ("all", 30, list(range(1, 31))),
    ],
)
async def test_which_rows_are_read_back(verify: str, rows: int, read: list[int]) -> None:
    """The first three and each twentieth, or all: a job of two is read whole."""
    looks = all_show(AS_SENT)

    ended, service = await verified(rows, looks, verify, concurrency=1)

    assert [look.row for look in looks.puts] == read
    assert number_of_read_backs(verify, rows) == len(read)
    assert (ended.counts, len(service.puts)) == ({Result.UPDATED: rows}, rows)


async def test_only_updated_rows_count() -> None:
    """Three of those that were updated are read, however many were refused before."""
    looks = all_show(AS_SENT)
    refused = Outcome(result=Result.REJECTED, reason=Reason.REFUSED, http_status=404)

    await verified(12, looks, "sample", rule=lambda put: refused if put.row <= 6 else UPDATED, concurrency=1)

    assert [look.row for look in looks.puts] == [7, 8, 9]


async def test_the_pace_holds_for_both() -> None:
    """Reading back is a request like others: all together keep to the rate."""
    looks = all_show(AS_SENT)

    ended, service = await verified(300, looks, rate=50)

    assert ended.counts == {Result.UPDATED: 300}
    assert worst_second(sorted([*service.times, *looks.times])) <= 51


@pytest.mark.parametrize(
    ("looked", "words"),
    [
        (SEEN._replace(seen=HERE), "another status"),
        (SEEN._replace(seen=Presence(status=NOT_PRESENT, message="kanarie")), "another comment"),
        (NO_PRESENCE, "no presence"),
        (NO_PRESENCE._replace(http_status=204), "no presence"),
        (NO_PRESENCE._replace(http_status=404), "no presence"),
    ],
)
async def test_something_else_stops_the_run(looked: Outcome, words: str) -> None:
    """The row is in doubt, nothing new is sent, and the comment that is there is not quoted."""
    looks = Service(lambda look: looked if look.row == 20 else AS_SENT)

    ended, service = await verified(500, looks, "sample")

    outcome = ended.outcomes[20]
    assert (outcome.result, outcome.reason) == (Result.UNKNOWN, Reason.ECHO_MISMATCH)
    assert isinstance(ended.reason, Stopped)
    assert f"associate ID 20, but shows {words}" in str(ended.reason)
    assert "kanarie" not in f"{ended.reason}{outcome.detail}"
    assert len(service.puts) < 40
    assert ended.counts == {Result.UPDATED: len(service.puts) - 1, Result.UNKNOWN: 1}


@pytest.mark.parametrize("first", [UNAVAILABLE, TIMED_OUT])
@pytest.mark.parametrize("looked", [NO_PRESENCE, SEEN._replace(seen=HERE)])
async def test_so_does_a_row_that_was_tried_before(first: Outcome, looked: Outcome) -> None:
    """It stays in doubt: what was shown once is not the service's last word."""
    ended, _ = await verified(1, all_show(looked), rule=lambda put: first if put.nth == 1 else UPDATED)

    outcome = ended.outcomes[1]
    assert (outcome.result, outcome.reason) == (Result.UNKNOWN, Reason.ECHO_MISMATCH)
    assert isinstance(ended.reason, Stopped)


async def test_the_comment_of_who_is_present_is_ignored() -> None:
    """As in every comparison: it means nothing."""
    here = change()._replace(wanted=HERE)
    looks = all_show(SEEN._replace(seen=HERE._replace(message="an old one")))

    ended = await night(Service(always(UPDATED)), [here], look=looks.put, verify="all")

    assert ended.counts == {Result.UPDATED: 1}


async def test_an_outage_of_reads_is_waited_out() -> None:
    """Rows whose read-back has to wait are read once it can be, and no others are `updated` without it."""
    looks = Service(lambda look: AWAY_NOW if 5 <= look.at < 65 else AS_SENT)

    ended, _ = await verified(600, looks)

    good = {look.row for look in looks.puts if not 5 <= look.at < 65}
    assert (ended.reason, ended.counts) == (None, {Result.UPDATED: 600})
    assert good == set(range(1, 601))


async def test_a_row_of_the_sample_stays_in_it() -> None:
    """One that cannot be read back is sent and read again, though others have come in between."""
    looks = Service(lambda look: AS_SENT if look.nth > 1 else AWAY_NOW._replace(trouble=Trouble.OWN))

    ended, service = await verified(60, looks, "sample", concurrency=1)

    assert ended.counts == {Result.UPDATED: 60}
    assert {look.row for look in looks.puts} == {1, 2, 3, 20, 40, 60}
    assert all(sum(look.row == row for look in looks.puts) == 2 for row in (1, 20, 60))
    assert len(service.puts) == 66


async def test_reads_that_stay_in_trouble_leave_the_row_in_doubt() -> None:
    """Never `updated` without the read that was asked for."""
    looks = all_show(AWAY_NOW._replace(trouble=Trouble.OWN))

    ended, _ = await verified(1, looks, attempts=3)

    assert ended.results == {1: Result.UNKNOWN}
    assert "not read back: away" in str(ended.outcomes[1].detail)


async def test_who_may_not_read_hears_it_at_once() -> None:
    """It would be so with each row: the run stops, and names the setting."""
    ended, service = await verified(500, all_show(MAY_NOT_READ))

    assert 'no right); give this user the right to read, or set delivery.verify = "off"' in str(ended.reason)
    assert ended.counts == {Result.UNKNOWN: len(service.puts)}
    assert len(service.puts) <= 8


async def test_what_is_being_read_back_is_finished_when_the_run_is_told_to_stop() -> None:
    """A row that was sent is never `not_sent`: it is read back within the drain."""
    looks = all_show(AS_SENT)

    ended, service = await verified(500, looks, halt_at=2.03)

    assert ended.counts == {Result.UPDATED: len(service.puts)}
    assert len(looks.puts) == len(service.puts) < 500


async def test_a_read_back_that_outlasts_the_drain_leaves_doubt() -> None:
    """Confirmed but not read back, as it was asked for: the next session looks."""

    async def hang(_: Change) -> Outcome:
        await anyio.sleep_forever()
        raise AssertionError

    service = Service(always(UPDATED))
    ended = await night(service, 50, look=hang, verify="all", halt_at=5, drain=3, concurrency=4)

    assert ended.counts == {Result.UNKNOWN: len(service.puts)}
    assert {outcome.reason for outcome in ended.outcomes.values()} == {Reason.STOPPED}
