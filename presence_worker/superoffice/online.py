"""What SuperOffice says of this part of its service in Online, told where it explains an answer."""

import structlog

from ..model import Outcome

NOT_THERE = (403, 404)
WORDS = (
    "SuperOffice says of its User agent that it is not available in Online by default, and that user "
    "management is not allowed for partner apps: ask SuperOffice, or the partner who registered your "
    "application, to open it"
)
log = structlog.get_logger()


class OnlineHint:
    """Owns whether it has been said: once is enough."""

    def __init__(self, *, is_online: bool) -> None:
        self._is_due = is_online
        self.given: str | None = None  # what was said

    def __call__(self, outcome: Outcome) -> Outcome:
        """Add to the first refusal that may mean that we are not let near presences at all."""
        if not self._is_due or outcome.http_status not in NOT_THERE:
            return outcome
        self._is_due, self.given = False, WORDS
        log.warning("online.not_by_default", http_status=outcome.http_status, words=WORDS)
        return outcome._replace(detail=f"{outcome.detail} ({WORDS})")
