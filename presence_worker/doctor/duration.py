"""How long a run will take, and what is in its way."""

from collections.abc import AsyncIterator
from datetime import datetime, time

from ..delivery import number_of_read_backs
from ..report.summarise import DECISION, LEAST, could_do, roughly, took_words
from ..settings import Delivery
from ..superoffice import maintenance
from ..wording import plain_duration
from .probe import CheckResult, Probe, ok, skipped, warning

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
    said = judge_pace(probe.expected.words, seconds, delivery.deadline, faster)
    more = judge_speed(delivery, latency) if latency and seconds >= LEAST else None
    yield said._replace(words=f"{said.words}; {more}") if more else said


def judge_pace(rows: str, seconds: float, deadline: float | time | None, faster: str) -> CheckResult:
    """Judge whether a run of *seconds* keeps its deadline, and what makes it *faster*."""
    words = f"{rows} take up to {plain_duration(seconds)}"
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


def _seconds(probe: Probe) -> float:
    """Return the time of the next run: a request for each row, and for each that is read before or after."""
    rows = probe.expected.rows if probe.expected else 0
    delivery = probe.settings.delivery
    looks = (
        rows if delivery.read_before == "each" or (delivery.read_before == "auto" and not probe.users) else 0
    )
    latency = probe.expected.latency if probe.expected else None
    read_backs = number_of_read_backs(delivery.verify, rows)
    return (rows + looks + read_backs) / _speed(delivery, latency)


def _speed(delivery: Delivery, latency: float | None) -> float:
    """Return the requests a second: those that are allowed, or what so many in flight can do of them."""
    return min(delivery.rate, delivery.concurrency / latency) if latency else delivery.rate
