"""`presence-worker runs`."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ..errors import OptionFault, UsageFault
from ..journal import moment_ago
from ..manual_pages import ManualPage
from ..report.overview import write_overview
from ..report.run_list import UNREADABLE, Listed, Listing, short_duration
from ..run_context import RunContext
from ..run_states import State
from ..runs.listing import from_the_future, list_runs, what_is_missing
from ..settings.value_types import parse_duration
from .invocation import context_of
from .options import Options, options_of
from .output import print_json, print_lines, remark, wrap

STATES = [*(str(state) for state in State if state is not State.CHECKED), UNREADABLE]
IN_STATE = "runs.html"  # where the overview goes that is given no other place


@click.command("runs")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only these; repeatable.")
@click.option("--since", metavar="WHEN", help="Only newer ones: a duration such as 7d, or a date.")
@click.option(
    "--html", is_flag=False, flag_value="", metavar="[FILE]", help="Write an overview as a page; see above."
)
@options_of("runs")
def command(options: Options, states: Sequence[str], since: str | None, html: str | None) -> int:
    """List runs, newest first, and say when one is missing (`report.expected_every`).

    OPEN: rows that are not done. NEXT: what to do next; `report RUN` shows the whole command. A run that
    `died` was killed, or its machine went down. --html also writes the list as a page, to FILE or to
    runs.html in the state directory. With --quiet, only a missing run is named. The exit code is always 0,
    unless the command itself failed.

    \b
    Examples:
      presence-worker runs
      presence-worker runs --state stopped --state held --since 7d
      presence-worker runs --html
    """
    context = context_of(options, offline=True)
    listing = _list(context, states, since)
    page = None if html is None else _write(listing, html, context)
    if options.as_json:
        print_json(listing.as_data(page))
    elif options.quiet:
        for line in lines_on_missing(listing):
            remark(line)
    else:
        print_lines(run_lines(listing))
        print_lines([f"Overview: {page}"] if page else [])
    return 0


def _list(context: RunContext, states: Sequence[str], since: str | None) -> Listing:
    zone = context.settings.input.timezone
    runs = list_runs(context, since=None if since is None else _oldest(since, zone))
    return Listing(
        runs=[run for run in runs if not states or run.state in states],
        missing=what_is_missing(runs, context),
        notes=from_the_future(runs),
        zone=zone,
        is_part=bool(states) or since is not None,
    )


def _oldest(since: str, zone: str | None) -> datetime:
    """Return the moment that WHEN names: so long ago, or when that day began."""
    try:
        return moment_ago(parse_duration(since))
    except ValueError:
        pass
    try:
        day = datetime.combine(date.fromisoformat(since), time(), ZoneInfo(zone) if zone else None)
        return day.astimezone(UTC)
    except (ValueError, OverflowError):
        raise OptionFault(
            "option --since: expected a duration such as 7d, or a date such as 2026-11-24"
        ) from None


def _write(listing: Listing, file: str, context: RunContext) -> Path:
    """Write the overview page; give its place."""
    archive = context.archive
    if not file:
        archive.prepare()
    page = (Path(file) if file else archive.state_dir / IN_STATE).absolute()
    if page.suffix.lower() not in (".html", ".htm"):  # what it is would be written over
        raise OptionFault(f"option --html: {page} does not end in .html; name another file")
    try:
        write_overview(listing, page, archive.state_dir)
    except OSError as error:
        words = f"the overview {page} cannot be written: {error.strerror}; name another file with --html"
        raise UsageFault(words, next=context.command("runs", "--html"), page=ManualPage.COMMANDS) from None
    return page


UNDO = "undo of "  # begins the name of the input of an undo; a file has its whole path
HEADER = ("RUN", "STATE", "BEGAN", "ROWS", "DONE", "OPEN", "TOOK", "EXIT", "NEXT")
TO_THE_RIGHT = ("ROWS", "DONE", "OPEN", "TOOK", "EXIT")
LEGEND = "OPEN: rows that are not done. Times: {place}. Times in the IDs: UTC."


def run_lines(listing: Listing) -> Iterator[str]:
    """Yield the lines of a list: what is missing, the runs of each target, and how to read them."""
    yield from lines_on_missing(listing)
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


def lines_on_missing(listing: Listing) -> Iterator[str]:
    """Yield the lines that say which run is missing; none where none is."""
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
            if run.input_name.startswith(UNDO):
                yield f"  {run.input_name}"
            if run.label:
                yield from wrap(f"  label: {run.label}", indent=4)


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


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    placed = [
        cell.rjust(width) if name in TO_THE_RIGHT else cell.ljust(width)
        for name, cell, width in zip(HEADER, cells, widths, strict=True)
    ]
    return " ".join(placed).rstrip()
