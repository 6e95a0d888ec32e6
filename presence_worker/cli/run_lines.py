"""A list of runs as people read it on a terminal of 80 columns, and the line that a monitor reads."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..errors import ExitCode
from ..next_step import command_line
from ..report.all_runs import Listing
from ..report.run_list import UNREADABLE, Listed, day_and_time, short_duration
from ..report.target_state import TargetState
from ..wording import amount
from .output import wrap

UNDO = "undo of "  # begins the name of the input of an undo; a file has its whole path
HEADER = ("RUN", "STATE", "BEGAN", "ROWS", "DONE", "OPEN", "TOOK", "EXIT", "NEXT")
TO_THE_RIGHT = ("ROWS", "DONE", "OPEN", "TOOK", "EXIT")
OF_TARGETS = ("TARGET", "STATE", "LAST JOB", "OPEN", "NEXT")
LEGEND = "OPEN: rows that are not done. Times: {place}. Times in the IDs: UTC."


def run_lines(listing: Listing) -> Iterator[str]:
    """Yield the lines of a list: how each target is, the runs of each, and how to read them."""
    several = len(listing.known_targets) > 1
    if several:
        yield from _target_lines(listing.shown_targets, listing.zone)
    else:
        yield from lines_on_missing(listing)
    if not listing.runs:
        yield from [""] if several and listing.shown_targets else []
        yield "No such runs." if listing.is_part else "No runs yet."
        return
    groups = [group for group in listing.groups() if group.runs]
    for number, group in enumerate(groups):
        if number or several or listing.missing:
            yield ""
        if several or len(groups) > 1:
            yield f"{group.state.target or 'Of no known target'}:"
        yield from _table(group.runs, listing.zone)
    yield ""
    for note in listing.notes:
        yield from wrap(f"Note: {note}.", indent=2)
    yield LEGEND.format(place=listing.zone or "this machine")


def lines_on_missing(listing: Listing) -> Iterator[str]:
    """Yield the lines that say which runs are missing; none where none is."""
    for state in listing.targets:
        if state.missing:
            yield from wrap(f"Missing: {state.missing.words(listing.zone)}.", indent=2)


def _target_lines(states: Sequence[TargetState], zone: str | None) -> Iterator[str]:
    """Yield a line for each target, those that need a person first; nothing where there are none."""
    if not states:
        return
    lines = [OF_TARGETS, *(_cells_of_target(each, zone) for each in states)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for cells in lines:
        yield _line(cells, widths, OF_TARGETS)


def _cells_of_target(state: TargetState, zone: str | None) -> tuple[str, ...]:
    began = state.job.began(zone) if state.job else None
    when = f"{began:%a} {began.day} {began:%b %H:%M}" if began else ""
    return state.target, state.word, when, str(state.open), state.next.words[0] if state.next else ""


def _table(runs: Sequence[Listed], zone: str | None) -> Iterator[str]:
    """Yield the lines of a table as narrow as its cells; they fit the terminal up to 999 999 rows a run."""
    lines = [HEADER, *(_cells(run, zone) for run in runs if run.state != UNREADABLE)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    yield _line(HEADER, widths)
    for run in runs:
        if run.state == UNREADABLE:
            yield from wrap(f"{run.id} {UNREADABLE}: {run.message}", indent=2)
        else:
            yield _line(_cells(run, zone), widths)
            if run.input_name.startswith(UNDO):
                yield f"  {run.input_name}"
            if run.label:
                yield from wrap(f"  label: {run.label}", indent=4)
            if run.approved_by:
                yield f"  approved by {run.approved_by}"
            if run.corrected_by:
                yield f"  corrected by {run.corrected_by}"


def _cells(run: Listed, zone: str | None) -> tuple[str, ...]:
    began = run.began(zone)
    return (
        run.id,
        run.state,
        f"{began:%a %H:%M}" if began else "",
        str(run.rows),
        str(run.rows - run.open),
        str(run.open),
        short_duration(run.seconds) if run.seconds else "",
        run.ending,
        run.todo,
    )


def _line(cells: Sequence[str], widths: Sequence[int], header: Sequence[str] = HEADER) -> str:
    placed = [
        cell.rjust(width) if name in TO_THE_RIGHT else cell.ljust(width)
        for name, cell, width in zip(header, cells, widths, strict=True)
    ]
    return " ".join(placed).rstrip()


# -- for a monitor -------------------------------------------------------------------------------------------

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
