"""How all targets are, in the one line that a monitor reads."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..errors import ExitCode
from ..next_step import command_line
from ..wording import amount
from .run_list import day_and_time
from .target_state import TargetState

WORDS = {  # exit code: how the line begins
    ExitCode.DONE: "OK",
    ExitCode.INCOMPLETE: "ACTION NEEDED",
    ExitCode.STOPPED: "FAILED",
}
MOST_NAMED = 5  # targets


class MonitorLine(NamedTuple):
    """What a monitor gets."""

    exit_code: ExitCode
    text: str


def monitor_line(states: Sequence[TargetState], zone: str | None) -> MonitorLine:
    """Return the line on the configured targets, those that need a person first; times are of a *zone*.

    It names no person, and no file but in the command to run next.
    """
    code = max(state.monitor_code for state in states)
    troubles = [state for state in states if state.monitor_code]
    words = "; ".join(_causes(troubles)) if troubles else _all_well(states, zone)
    step = next((state.next for state in troubles if state.next), None)
    text = f"{WORDS[code]}: {words}" + (f". Next: {command_line(step)}" if step else "")
    return MonitorLine(code, " ".join(text.splitlines()))


def _causes(troubles: Sequence[TargetState]) -> Iterator[str]:
    for state in troubles[:MOST_NAMED]:
        causes = ", ".join(state.causes())
        yield f"{state.target}: {causes}" if state.target else causes
    if len(troubles) > MOST_NAMED:
        yield amount(len(troubles) - MOST_NAMED, "more target")


def _all_well(states: Sequence[TargetState], zone: str | None) -> str:
    if len(states) > 1:
        return f"{amount(len(states), 'target')}, nothing waits"
    (state,) = states
    began = state.job and state.job.began(zone)
    when = f" of {day_and_time(began)}" if began else ""
    return f"{state.target}: the last job{when} is {state.word}, nothing waits"
