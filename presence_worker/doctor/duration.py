"""How long a run will take, and what is in its way."""

from collections.abc import AsyncIterator
from datetime import datetime, time

from ..delivery import number_of_read_backs
from ..model import PRESENT
from ..report.summarise import DECISION, LEAST, could_do, roughly, took_words
from ..settings import Delivery
from ..superoffice import maintenance
from ..superoffice.user_query import UserDirectory
from ..wording import amount, plain_duration
from .probe import CheckResult, ExpectedJob, Probe, ok, skipped, warning

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0  # seconds
FASTER = "raise delivery.{}, if SuperOffice agrees, or give it more time with delivery.deadline"


async def rate(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check how long the next run takes by its pace, and what more could be done."""
    if probe.expected is None:
        yield skipped("how many rows to expect is not known: no job is finished yet, nor are the users known")
        return
    delivery, latency, seconds = probe.settings.delivery, probe.expected.latency, _seconds(probe)
    is_slow = _speed(delivery, latency) < delivery.rate
    faster = FASTER.format("concurrency" if is_slow else "rate")
    said = judge_pace(_requests_in_words(probe.expected, probe), seconds, delivery.deadline, faster)
    more = judge_speed(delivery, latency) if latency and seconds >= LEAST else None
    yield said._replace(words=f"{said.words}; {more}") if more else said


def judge_pace(words: str, seconds: float, deadline: float | time | None, faster: str) -> CheckResult:
    """Judge whether a run of *seconds* keeps its deadline, and what makes it *faster*."""
    if isinstance(deadline, time):
        if seconds > DAY:
            return warning(f"{words}, longer than from one delivery.deadline to the next", faster)
        begin, _ = divmod((deadline.hour * HOUR + deadline.minute * MINUTE - seconds) % DAY, MINUTE)
        at = f"{int(begin) // 60:02}:{int(begin) % 60:02}"
        return ok(f"{words}; to end by {deadline:%H:%M} a run has to begin by {at}")
    if deadline is not None and seconds > deadline:
        return warning(f"{words}, and delivery.deadline is {plain_duration(deadline)}", faster)
    return ok(words)


def judge_speed(delivery: Delivery, latency: float) -> str | None:
    """Return what could be done where a request takes *latency* seconds, or None."""
    speed, number = _speed(delivery, latency), delivery.concurrency
    if speed < delivery.rate:
        words = f"in the last job {took_words(latency)}, so {number} in flight do no more than"
        return f"{words} {roughly(speed)} of {delivery.rate:g} requests/s; a higher concurrency {DECISION}"
    more = could_do(number, latency, delivery.rate)
    allowed = f"{delivery.rate:g} requests/s are allowed"
    return more and f"{allowed}; in the last job {more}; a higher rate {DECISION}"


async def maintenance_ahead(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether a run begun now would fall into a time of maintenance that SuperOffice has announced."""
    yield judge_moment(datetime.now().astimezone(), _seconds(probe))


def judge_moment(moment: datetime, seconds: float) -> CheckResult:
    """Judge whether a run that begins at *moment* and takes so long would meet maintenance."""
    words = maintenance(moment, seconds)
    if words is None:
        return ok("none is announced for a run that begins now")
    return warning(words, "it is waited out; after 06:00 (UTC+1) is a good time for a daily run")


def _requests_in_words(expected: ExpectedJob, probe: Probe) -> str:
    delivery, number = probe.settings.delivery, _requests(probe)
    speed = _speed(delivery, expected.latency)
    takes = "take up to" if expected.requests is None else "took"
    words = f"{expected.words} {takes} {amount(number, 'request')}: about {plain_duration(number / speed)}"
    return f"{words} at {f'{speed:g}' if speed == delivery.rate else roughly(speed)}/s"


def _seconds(probe: Probe) -> float:
    """Return the time that the requests of the next run take."""
    return _requests(probe) / _speed(probe.settings.delivery, probe.expected and probe.expected.latency)


def _requests(probe: Probe) -> int:
    """Return the requests of the next run: as many as those of the last one, or as there can be."""
    expected = probe.expected
    if expected is None or expected.requests is not None:
        return (expected and expected.requests) or 0
    how, rows = probe.settings.delivery.read_before, expected.rows
    looks = rows if how != "off" else 0
    if probe.users and how in ("auto", "query"):
        looks = probe.pages + (min(rows, _away(probe.users)) if how == "auto" else 0)
    return rows + looks + number_of_read_backs(probe.settings.delivery.verify, rows)


def _away(users: UserDirectory) -> int:
    """Count the users of whom the query does not say enough."""
    return sum(
        user.status != PRESENT and user.is_active and user.has_service for user in users.users.values()
    )


def _speed(delivery: Delivery, latency: float | None) -> float:
    """Return the requests a second: those that are allowed, or what so many in flight can do of them."""
    return min(delivery.rate, delivery.concurrency / latency) if latency else delivery.rate
