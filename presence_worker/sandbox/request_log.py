"""The requests as lines of a file, for whoever wants to look on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import orjson

from ..errors import UsageFault
from .record import Entry


@contextmanager
def logged(file: Path) -> Iterator[Callable[[Entry], None]]:
    """Give a function that adds a request to a file, as one JSON line that is there at once.

    A line never has a message or a credential. Raises UsageFault where the file cannot be written.
    """
    try:
        stream = file.open("ab")
    except OSError as error:
        raise UsageFault(f"--log {file}: {error.strerror}; choose another file") from None

    def write(entry: Entry) -> None:
        stream.write(orjson.dumps(_line(entry), option=orjson.OPT_APPEND_NEWLINE))
        stream.flush()

    with stream:
        yield write


def _line(entry: Entry) -> dict[str, object]:
    asked = entry.asked if entry.method in ("PUT", "POST") else None
    return {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "host": entry.host,
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "associate_id": entry.associate_id,
        "asked": asked.status if asked else None,
        "status": entry.status,
        "applied": entry.applied,
    }
