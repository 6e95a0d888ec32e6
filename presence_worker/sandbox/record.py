"""What the sandbox was asked, and what it answered."""

from dataclasses import dataclass, field

from ..model import Presence
from .presences import asked_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request, as the sandbox saw it."""

    at: float  # seconds of time.monotonic(), when it was answered, or would have been
    method: str
    path: str
    query: str  # as it came
    associate_id: int | None  # None: it was about nobody in particular
    status: int | None  # answered with; None: never answered
    applied: bool  # whether a presence was stored
    body: bytes = field(repr=False)
    content_type: str = ""  # of the body, as it came
    host: str = ""  # the sandbox's, as the client called it

    @property
    def asked(self) -> Presence | None:
        """The presence its body asked for; None where it asked for none that is understood."""
        try:
            return asked_in(self.content_type, self.body)
        except ValueError:
            return None
