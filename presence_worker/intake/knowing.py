"""What was found out of a job before it was refused, for whoever asks how it was understood."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import InputRefused


@contextmanager
def knowing(**known: Any) -> Iterator[None]:
    """Let a refusal take along what was *known* of the job, by the names the journal has for it."""
    try:
        yield
    except InputRefused as refused:
        refused.found = {**known, **refused.found}
        raise
