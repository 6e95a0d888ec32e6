"""How long the next run takes, and whether it meets SuperOffice's maintenance."""

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
FASTER = "raise delivery.{} if SuperOffice allows it, or give the run more time with delivery.deadline"


async def rate(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check how long the next run takes, and whether it could be faster."""
    if probe.expected is None:
        yield skipped("the number of rows is not known: no run has finished, and SuperOffice lists no users")
        return
    delivery, latency, seconds = probe.settings.delivery, probe.expected.latency, _seconds(probe)
    is_slow = _speed(delivery, latency) < delivery.rate
    faster = FASTER.format("concurrency" if is_slow else "rate")
    said = judge_pace(_requests_in_words(probe.expected, probe), seconds, delivery.deadline, faster)
    more = judge_speed(delivery, latency) if latency and seconds >= LEAST else None
    yield said._replace(words=f"{said.words}. {more}") if more else said


def judge_pace(words: str, seconds: float, deadline: float | time | None, faster: str) -> CheckResult:
    """Judge whether a run of *seconds* keeps its deadline, and what makes it *faster*."""
    if isinstance(deadline, time):
        if seconds > DAY:
            return warning(f"{words}. That is more than 24 hours", faster)
        begin, _ = divmod((deadline.hour * HOUR + deadline.minute * MINUTE - seconds) % DAY, MINUTE)
        at = f"{int(begin) // 60:02}:{int(begin) % 60:02}"
        return ok(f"{words}. To end by {deadline:%H:%M}, start the run by {at}")
    if deadline is not None and seconds > deadline:
        return warning(f"{words}, but delivery.deadline is {plain_duration(deadline)}", faster)
    return ok(words)


def judge_speed(delivery: Delivery, latency: float) -> str | None:
    """Return which setting limits the speed when a request takes *latency* seconds, or None."""
    speed, number = _speed(delivery, latency), delivery.concurrency
    if speed < delivery.rate:
        words = f"In the last job {took_words(latency)}, so {number} at once can do at most"
        return f"{words} {roughly(speed)} of {delivery.rate:g} requests/s. A higher concurrency {DECISION}"
    more = could_do(number, latency, delivery.rate)
    allowed = f"The limit is {delivery.rate:g} requests/s"
    return more and f"{allowed}. In the last job {more}. A higher rate {DECISION}"


async def maintenance_ahead(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether a run that starts now meets the regular maintenance of SuperOffice Online."""
    yield judge_moment(datetime.now().astimezone(), _seconds(probe))


def judge_moment(moment: datetime, seconds: float) -> CheckResult:
    """Judge whether a run that starts at *moment* and takes so long meets maintenance."""
    words = maintenance(moment, seconds)
    if words is None:
        return ok("a run that starts now meets no regular maintenance")
    return warning(words, "the run waits until it is over; start a daily run after 06:00 (UTC+1)")


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
    """Return the requests of the next run: as many as the last run needed, or the most it can need."""
    expected = probe.expected
    if expected is None or expected.requests is not None:
        return (expected and expected.requests) or 0
    how, rows = probe.settings.delivery.read_before, expected.rows
    reads = rows if how != "off" else 0
    if probe.users and how in ("auto", "query"):
        reads = probe.pages + (min(rows, _away(probe.users)) if how == "auto" else 0)
    return rows + reads + number_of_read_backs(probe.settings.delivery.verify, rows)


def _away(users: UserDirectory) -> int:
    """Count the users whose comment the query does not show."""
    return sum(
        user.status != PRESENT and user.is_active and user.has_service for user in users.users.values()
    )


def _speed(delivery: Delivery, latency: float | None) -> float:
    """Return the requests a second: the configured rate, or less where requests in flight limit it."""
    return min(delivery.rate, delivery.concurrency / latency) if latency else delivery.rate
