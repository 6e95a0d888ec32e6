"""Events: their table is true, and subscribers hear each of them in order."""

import re
from typing import get_args

import pytest

from presence_worker import events
from presence_worker.events import Event, RowSettled, RunEnded, emit_to
from presence_worker.model import Result
from presence_worker.run_states import State

KINDS = {kind.__name__: kind for kind in get_args(Event)}
ROWS = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]*)\|$", events.__doc__ or "", re.MULTILINE)
SETTLED = RowSettled(run_id="night", target="https://crm", row=1, result=Result.UPDATED)
ENDED = RunEnded(
    run_id="night", target="https://crm", state=State.FINISHED, exit_code=0, message="Done.", next=None
)


def test_the_table_has_every_event_in_order() -> None:
    """Whoever adds an event says in the table when it comes and what it has."""
    assert [name for name, *_ in ROWS] == list(KINDS)


def test_the_table_says_what_an_event_has() -> None:
    """An event without fields of its own has an empty cell, and no other has."""
    for name, _, has in ROWS:
        own = {*KINDS[name]._fields} - {"run_id", "target"}
        assert bool(own) == bool(has.strip()), name


def test_an_event_cannot_be_changed() -> None:
    """Many hear of the same one."""
    with pytest.raises(AttributeError):
        setattr(SETTLED, "row", 2)  # noqa: B010 - the type checker sees it, too


def test_subscribers_hear_all_events_in_order() -> None:
    """Each subscriber hears an event before the next one is told."""
    heard: list[tuple[str, Event]] = []
    emit = emit_to(lambda event: heard.append(("log", event)), lambda event: heard.append(("line", event)))

    emit(SETTLED)
    emit(ENDED)

    assert heard == [("log", SETTLED), ("line", SETTLED), ("log", ENDED), ("line", ENDED)]
