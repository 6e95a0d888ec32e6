"""What we add to a refusal so that it can be corrected: Online's terms, or the settings to correct."""

import structlog

from ..errors import Suspect
from ..model import Outcome
from .put_answers import CHECK

SIGNED_OUT = 401
NOT_THERE = (403, 404)
WORDS = (
    "SuperOffice says of its User agent that it is not available in Online by default, and that user "
    "management is not allowed for partner apps: ask SuperOffice, or the partner who registered your "
    "application, to open it"
)
log = structlog.get_logger()


class OnlineHint:
    """Owns whether Online's terms have been said: once is enough."""

    def __init__(self, *, is_online: bool, origin: str = "[auth]") -> None:
        self._is_due = is_online
        self._origin = origin  # the settings that the credentials come from
        self.given: str | None = None  # what was said

    def __call__(self, outcome: Outcome) -> Outcome:
        """Add to the first refusal that may mean that we are not let near presences at all."""
        if not self._is_due or outcome.http_status not in NOT_THERE:
            return outcome
        self._is_due, self.given = False, WORDS
        log.warning("online.not_by_default", http_status=outcome.http_status, words=WORDS)
        # the service's words stay last: what is cut off at their end may be the beginning of a secret
        return outcome._replace(detail=f"{WORDS}; it answered: {outcome.detail}")

    def naming(self, outcome: Outcome) -> Outcome:
        """Name the settings to correct, after the credentials were refused; a run names them itself."""
        if outcome.suspect is not Suspect.SIGN_IN or outcome.http_status != SIGNED_OUT:
            return outcome
        return outcome._replace(stop=str(outcome.stop).replace(CHECK, f"{CHECK} ({self._origin})", 1))
