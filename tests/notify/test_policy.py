"""When a message is due: the policy as a table."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from presence_worker.notify.when_due import LastTrouble, Occurrence, decide
from presence_worker.settings.notify import Policy

HOUR = 3600.0
REPEAT = 20 * HOUR


def ending(
    code: int | None,
    *reasons: str,
    began: str | None = "night 1",
    state: str = "finished",
    is_job: bool = True,
    is_plan: bool = False,
) -> Occurrence:
    return Occurrence(
        state=state,
        exit_code=code,
        reasons=frozenset(reasons),
        began=began,
        is_job=is_job,
        is_plan=is_plan,
    )


LATE = ending(None, began="last job", state="late")
LATE_AGAIN = ending(None, began="next job", state="late")


class Sent(NamedTuple):
    """A message, as far as the policy decides on it."""

    since: str | None = None
    repeated: int = 0
    is_well_again: bool = False
    times_late: int = 0


KEPT_BACK = None
Night = tuple[float, Occurrence, Sent | None]  # hours since the first one, what happened, what is sent
NIGHTS: dict[str, tuple[Policy, Sequence[Night]]] = {
    "a good night": ("trouble", [(0, ending(0), KEPT_BACK)]),
    "each trouble, and the first good night after it": (
        "trouble",
        [
            (0, ending(6), Sent("night 1")),
            (24, ending(0, began="night 2"), Sent("night 1", is_well_again=True)),
            (48, ending(0, began="night 3"), KEPT_BACK),
        ],
    ),
    "the same trouble within `repeat` is counted": (
        "trouble",
        [
            (0, ending(3, "refused"), Sent("night 1")),
            (1, ending(3, "refused", began="again"), KEPT_BACK),
            (2, ending(3, "refused", began="again"), KEPT_BACK),
            (24, ending(3, "refused", began="night 2"), Sent("night 1", repeated=2)),
            (25, ending(3, "refused", began="again"), KEPT_BACK),
            (26, ending(0), Sent("night 1", repeated=1, is_well_again=True)),
        ],
    ),
    "after exactly `repeat` it is sent again": (
        "trouble",
        [(0, ending(6), Sent("night 1")), (20, ending(6), Sent("night 1"))],
    ),
    "a clock that was set back keeps nothing back": (
        "trouble",
        [(5, ending(6), Sent("night 1")), (4, ending(6), Sent("night 1"))],
    ),
    "other reasons are another trouble": (
        "trouble",
        [
            (0, ending(3, "refused"), Sent("night 1")),
            (1, ending(3, "refused", "timeout", began="night 2"), Sent("night 2")),
        ],
    ),
    "another trouble in between starts anew": (
        "trouble",
        [
            (0, ending(6), Sent("night 1")),
            (1, ending(6), KEPT_BACK),
            (2, ending(7, began="night 2"), Sent("night 2", repeated=1)),
            (3, ending(6, began="night 3"), Sent("night 3")),
            (4, ending(0), Sent("night 3", is_well_again=True)),
        ],
    ),
    "`all`: every ending; `repeat` is not for it": (
        "all",
        [
            (0, ending(0), Sent()),
            (1, ending(6), Sent("night 1")),
            (2, ending(6, began="night 2"), Sent("night 1")),
            (3, ending(0), Sent("night 1", is_well_again=True)),
            (4, ending(0), Sent()),
        ],
    ),
    "`never`": ("never", [(0, ending(6), KEPT_BACK), (1, ending(0), KEPT_BACK)]),
    "a plan: only when it is held or refused": (
        "all",
        [
            (0, ending(0, state="planned", is_plan=True), KEPT_BACK),
            (1, ending(6, state="stopped", is_plan=True), KEPT_BACK),
            (2, ending(5, state="held", is_plan=True), Sent("night 1")),
            (3, ending(0, state="planned", is_plan=True), KEPT_BACK),
            (4, ending(4, state="refused", is_plan=True, began="plan 2"), Sent("plan 2")),
            (5, ending(0), Sent("plan 2", is_well_again=True)),
        ],
    ),
    "a late job: told once, and over with the next one": (
        "trouble",
        [
            (0, LATE, Sent("last job", times_late=1)),
            (1, LATE, KEPT_BACK),
            (2, ending(0, is_job=False), KEPT_BACK),
            (3, ending(0), Sent("last job", repeated=1, is_well_again=True)),
        ],
    ),
    "a late job, then one with trouble": (
        "trouble",
        [
            (0, LATE, Sent("last job", times_late=1)),
            (1, ending(3, "refused"), Sent("night 1", times_late=1)),
            (2, ending(0, is_job=False), Sent("night 1", is_well_again=True)),
        ],
    ),
    "a late job: `all` says it once in `repeat`, too": (
        "all",
        [
            (0, LATE, Sent("last job", times_late=1)),
            (1, LATE, KEPT_BACK),
            (20, LATE, Sent("last job", repeated=1, times_late=2)),
            (21, LATE, KEPT_BACK),
        ],
    ),
    "a late job after other trouble is counted on; the next one anew": (
        "trouble",
        [
            (0, LATE, Sent("last job", times_late=1)),
            (1, ending(6), Sent("night 1", times_late=1)),
            (2, LATE, Sent("last job", times_late=2)),
            (3, ending(3, "refused"), Sent("night 1", times_late=2)),
            (4, LATE_AGAIN, Sent("next job", times_late=1)),
        ],
    ),
}


@pytest.mark.parametrize(("on", "nights"), NIGHTS.values(), ids=NIGHTS)
def test_a_message_is_due(on: Policy, nights: Sequence[Night]) -> None:
    """Night by night, a channel remembers what it sent last, and decides by that alone."""
    last: LastTrouble | None = None
    sent: list[Sent | None] = []

    for hours, happened, _ in nights:
        decision = decide(happened, last, on=on, repeat=REPEAT, now=hours * HOUR)
        found = Sent(decision.since, decision.repeated, decision.is_well_again, decision.times_late)
        sent.append(found if decision.is_due else KEPT_BACK)
        last = decision.memory

    assert sent == [expected for *_, expected in nights]


def test_counts_do_not_matter() -> None:
    """The same reasons with other numbers of rows are the same trouble: the policy has no numbers."""
    assert "counts" not in Occurrence._fields
