"""What keeps a request from going out, or makes it go out once more, as something that can be raised."""

from ..errors import Suspect
from ..model import Outcome, Reason, Result, Trouble


class HeldUpError(Exception):
    """Somebody else's answer, or none, decides what becomes of a request."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome

    def after(self, status: int) -> "HeldUpError":
        """Give the same as it is for a request that was sent, and answered with *status*."""
        return type(self)(self.outcome._replace(wire_puts=1, http_status=status))


class AwayError(HeldUpError):
    """Where we sign in, nobody is there for now: an outage like one of the service."""


class RefusedError(HeldUpError):
    """We cannot go on as whom and where we are configured: the run must stop."""


class OnceMoreError(HeldUpError):
    """What a request lacked is there now: a new credential, or the tenant's new address."""


def away(words: str, *, retry_after: float | None = None) -> AwayError:
    """Give the error for a host at which nobody is there for now."""
    return AwayError(
        Outcome(
            result=Result.FAILED,
            reason=Reason.CONNECTION,
            detail=words,
            wire_puts=0,
            trouble=Trouble.DOWN,
            retry_after=retry_after,
        )
    )


def refused(words: str, suspect: Suspect | None = None) -> RefusedError:
    """Give the error that stops the run; *words* say what to do, *suspect* what to correct first."""
    return RefusedError(
        Outcome(
            result=Result.FAILED,
            reason=Reason.REFUSED,
            detail=words,
            wire_puts=0,
            stop=words,
            suspect=suspect,
        )
    )


def once_more(status: int, words: str) -> OnceMoreError:
    """Give the error for a request that was answered with *status*, and is worth another try at once."""
    return OnceMoreError(
        Outcome(
            result=Result.FAILED,
            reason=Reason.REFUSED,
            detail=words,
            http_status=status,
            trouble=Trouble.RENEWED,
        )
    )
