"""How long a run will take, and what is in its way."""

from collections.abc import AsyncIterator
from datetime import datetime, time

from ..superoffice import maintenance
from ..values import plain_duration
from .case import Case
from .findings import Said, ok, skipped, warning

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0  # seconds
FASTER = "raise delivery.rate, if SuperOffice agrees, or give it more time with delivery.deadline"


async def rate(case: Case) -> AsyncIterator[Said]:
    """Say how long the next run takes by its pace."""
    if case.expected is None:
        yield skipped("how many rows to expect is not known: no job is finished yet, nor are the users known")
        return
    yield judged_pace(case.expected.words, _seconds(case), case.settings.delivery.deadline)


def judged_pace(rows: str, seconds: float, deadline: float | time | None) -> Said:
    """Say whether a run of *seconds* keeps its deadline."""
    words = f"{rows} take up to {plain_duration(seconds)}"
    if isinstance(deadline, time):
        if seconds > DAY:
            return warning(f"{words}, longer than from one delivery.deadline to the next", FASTER)
        begin, _ = divmod((deadline.hour * HOUR + deadline.minute * MINUTE - seconds) % DAY, MINUTE)
        at = f"{int(begin) // 60:02}:{int(begin) % 60:02}"
        return ok(f"{words}; to end by {deadline:%H:%M} a run has to begin by {at}")
    if deadline is not None and seconds > deadline:
        return warning(f"{words}, and delivery.deadline is {plain_duration(deadline)}", FASTER)
    return ok(words)


async def maintenance_ahead(case: Case) -> AsyncIterator[Said]:
    """Say whether a run begun now would fall into a time of maintenance that SuperOffice has announced."""
    yield judged_moment(datetime.now().astimezone(), _seconds(case))


def judged_moment(moment: datetime, seconds: float) -> Said:
    """Say whether a run that begins at *moment* and takes so long would meet maintenance."""
    words = maintenance(moment, seconds)
    if words is None:
        return ok("none is announced for a run that begins now")
    return warning(words, "it is waited out; after 06:00 (UTC+1) is a good time for a daily run")


def _seconds(case: Case) -> float:
    """Give the time of the next run at its pace: one request a row, or two where each is looked at."""
    rows = case.expected.rows if case.expected else 0
    delivery = case.settings.delivery
    looks = (
        rows if delivery.read_before == "each" or (delivery.read_before == "auto" and not case.census) else 0
    )
    return (rows + looks) / delivery.rate
