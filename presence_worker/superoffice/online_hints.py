"""What SuperOffice Online does not answer itself: its terms, and when it is at work on itself."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import structlog

from ..errors import Suspect
from ..model import Outcome
from .put_answers import CHECK

SIGNED_OUT = 401
NOT_THERE = (403, 404)
WORDS = (
    "SuperOffice's documentation says that the User agent is not available in Online by default. User "
    "management is not allowed for partner apps. Ask SuperOffice for access, or the partner who registered "
    "your application"
)
ZONE = timezone(timedelta(hours=1))  # UTC+1, in summer as well
WEEK = 7 * 86400.0  # seconds; a longer run meets them all
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERY_DAY = range(7)
log = structlog.get_logger()


class OnlineHint:
    """Owns whether Online's terms have been said: once is enough."""

    def __init__(self, *, is_online: bool, origin: str = "[auth]") -> None:
        self._is_due = is_online
        self._origin = origin  # the settings that the credentials come from
        self.given: str | None = None  # the hint, once given

    def __call__(self, outcome: Outcome) -> Outcome:
        """Add to the first refusal that may mean that we are not let near presences at all."""
        if not self._is_due or outcome.http_status not in NOT_THERE:
            return outcome
        self._is_due, self.given = False, WORDS
        log.warning("online.not_by_default", http_status=outcome.http_status, words=WORDS)
        # SuperOffice's words stay last: what is cut off at their end may be the beginning of a secret
        return outcome._replace(detail=f"{WORDS}; it answered: {outcome.detail}")

    def name_settings(self, outcome: Outcome) -> Outcome:
        """Name the settings to correct, after the credentials were rejected; a run names them itself."""
        if outcome.suspect is not Suspect.SIGN_IN or outcome.http_status != SIGNED_OUT:
            return outcome
        return outcome._replace(stop=str(outcome.stop).replace(CHECK, f"{CHECK} ({self._origin})", 1))


class Window(NamedTuple):
    """A time that comes again every week, or every day."""

    days: tuple[int, ...] | range  # it begins on, Monday is 0
    begins: int  # o'clock
    hours: int
    words: str


WINDOWS = (
    Window(days=(3,), begins=22, hours=8, words="patches its servers from {begin} to {end}"),
    Window(days=(5,), begins=20, hours=10, words="is maintained from {begin} to {end}"),
    Window(days=(1, 4), begins=20, hours=9, words="is maintained in some weeks from {begin} to {end}"),
    Window(days=EVERY_DAY, begins=1, hours=2, words="restarts its servers every night, now {begin} to {end}"),
)


def maintenance(moment: datetime, expected_seconds: float) -> str | None:
    """Return into which window a run would fall that begins at *moment* and takes so long, in words.

    None: into none. Of several the most serious one counts. A run waits until it is over: it is not a
    reason not to run.
    """
    begin = moment.astimezone(ZONE)
    end = begin + timedelta(seconds=min(expected_seconds, WEEK))
    return next((words for window in WINDOWS for words in _meetings(window, begin, end)), None)


def _meetings(window: Window, begin: datetime, end: datetime) -> Iterator[str]:
    day = begin.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    while day <= end:
        opens = day + timedelta(hours=window.begins)
        closes = opens + timedelta(hours=window.hours)
        if opens.weekday() in window.days and opens <= end and begin < closes:
            words = window.words.format(begin=_at(opens), end=_at(closes))
            yield f"SuperOffice Online {words} (UTC+1); this run would meet that time"
        day += timedelta(days=1)


def _at(moment: datetime) -> str:
    return f"{DAYS[moment.weekday()]} {moment:%H:%M}"
