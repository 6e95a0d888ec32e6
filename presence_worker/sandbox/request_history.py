"""What the sandbox was asked, and what it answered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson

from ..errors import SandboxFault
from ..model import Presence
from .calls import Json
from .service_handlers import read_asked_presence


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """One request, as the sandbox saw it."""

    at: float  # seconds of time.monotonic(), when it was answered, or would have been
    method: str
    path: str
    query: str  # as it came
    associate_id: int | None  # None: about no associate
    status: int | None  # answered with; None: never answered
    applied: bool  # whether a presence was stored
    body: bytes = field(repr=False)
    content_type: str = ""  # of the body, as it came
    host: str = ""  # the sandbox's, as the client called it

    @property
    def asked(self) -> Presence | None:
        """The presence its body asked for; None where it asked for none that is understood."""
        try:
            return read_asked_presence(self.content_type, self.body)
        except ValueError:
            return None


@contextmanager
def log_requests(file: Path) -> Iterator[Callable[[SeenRequest], None]]:
    """Yield a function that adds a request to a file, as one JSON line that is there at once.

    A line never has a message or a credential. Raises SandboxFault where the file cannot be written.
    """
    try:
        stream = file.open("ab")
    except OSError as error:
        raise SandboxFault(f"--log {file}: {error.strerror}; choose another file") from None

    def write(seen: SeenRequest) -> None:
        stream.write(orjson.dumps(_log_line(seen), option=orjson.OPT_APPEND_NEWLINE))
        stream.flush()

    with stream:
        yield write


def _log_line(seen: SeenRequest) -> dict[str, Json]:
    asked = seen.asked if seen.method in ("PUT", "POST") else None
    return {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "host": seen.host,
        "method": seen.method,
        "path": seen.path,
        "query": seen.query,
        "associate_id": seen.associate_id,
        "asked": asked.status if asked else None,
        "status": seen.status,
        "applied": seen.applied,
    }
