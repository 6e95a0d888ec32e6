"""A list of runs as people read it: in a terminal of 80 columns, or in a mail from cron."""

from collections.abc import Iterator, Sequence

from ..report.run_list import UNREADABLE, Listed, Listing, short_duration
from .output import wrap

HEADER = ("RUN", "STATE", "BEGAN", "ROWS", "DONE", "OPEN", "TOOK", "EXIT", "NEXT")
TO_THE_RIGHT = ("ROWS", "DONE", "OPEN", "TOOK", "EXIT")
LEGEND = "OPEN rows are not done. Times are those of {place}; the ids have UTC."


def listing_lines(listing: Listing) -> Iterator[str]:
    """Yield the lines of a list: what is missing, the runs of each target, and how to read them."""
    yield from missing_lines(listing)
    if not listing.runs:
        yield "No such runs." if listing.is_part else "No runs yet."
        return
    groups = listing.by_target()
    for number, (target, runs) in enumerate(groups.items()):
        if number or listing.missing:
            yield ""
        if len(groups) > 1:
            yield f"{target or 'Of no known target'}:"
        yield from _table(runs, listing.zone)
    yield ""
    for note in listing.notes:
        yield from wrap(f"Note: {note}.", indent=2)
    yield LEGEND.format(place=listing.zone or "this machine")


def missing_lines(listing: Listing) -> Iterator[str]:
    """Yield the lines that tell of a run that is missing; none where none is."""
    if listing.missing:
        yield from wrap(f"Missing: {listing.missing.words(listing.zone)}.", indent=2)


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


def _cells(run: Listed, zone: str | None) -> tuple[str, ...]:
    began = run.began(zone)
    return (
        run.id,
        run.state,
        f"{began:%a %H:%M}" if began else "",
        str(run.rows),
        str(run.rows - run.not_done),
        str(run.not_done),
        short_duration(run.seconds) if run.seconds else "",
        run.ending,
        run.todo,
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    placed = [
        cell.rjust(width) if name in TO_THE_RIGHT else cell.ljust(width)
        for name, cell, width in zip(HEADER, cells, widths, strict=True)
    ]
    return " ".join(placed).rstrip()
