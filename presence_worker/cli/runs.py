"""`presence-worker runs`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import click

from ..errors import OptionFault, UsageFault
from ..journal import moment_ago
from ..manual_pages import ManualPage
from ..report.all_runs import Listing
from ..report.overview import write_overview
from ..report.run_list import UNREADABLE
from ..run_context import RunContext
from ..run_states import State
from ..runs.each_target import judge_targets
from ..runs.listing import from_the_future, list_runs, with_values
from ..settings.value_types import parse_duration
from .options import Options, options_of
from .output import print_json, print_lines, remark, say
from .run_lines import lines_on_missing, monitor_line, run_lines
from .targets import Contexts, contexts_of, end_with

STATES = [*(str(state) for state in State if state is not State.CHECKED), UNREADABLE]
IN_STATE = "runs.html"  # where the overview goes that is given no other place


@click.command("runs")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only these; repeatable.")
@click.option("--since", metavar="WHEN", help="Only newer ones: a duration such as 7d, or a date.")
@click.option("--open", "only_open", is_flag=True, help="Only runs that wait for a person.")
@click.option("--monitor", is_flag=True, help="Print one line for a monitoring system; see above.")
@click.option(
    "--html", is_flag=False, flag_value="", metavar="[FILE]", help="Write an overview as a page; see above."
)
@options_of("runs")
def command(
    options: Options,
    *,
    monitor: bool,
    html: str | None,
    states: Sequence[str],
    since: str | None,
    only_open: bool,
) -> int:
    """List runs, newest first, and say when one is missing (`report.expected_every`).

    OPEN: rows that are not done. NEXT: what to do next; `report RUN` shows the whole command. A run that
    `died` was killed, or its machine went down. --html also writes the list as a page, to FILE or to
    runs.html in the state directory. With --quiet, only a missing run is named. The exit code is always 0,
    unless the command itself failed.

    --monitor prints one line. Then the exit code says how the targets are; the worst one counts. 0: all is
    well. 3: a run waits for a person. 6: a run is missing, the last one stopped early, or no run exists.

    \b
    Examples:
      presence-worker runs --open
      presence-worker runs --state stopped --state held --since 7d
      presence-worker runs --monitor
    """
    contexts = contexts_of(options)
    listing = RunFilter(states, since, only_open).select(_list(contexts, options))
    page = None if html is None else _write(listing, html, contexts.common)
    if monitor:
        end_with(0, contexts)
        return _answer_monitor(listing, page, contexts.common, options)
    _show(listing, page, contexts.common, options)
    return end_with(0, contexts)


class RunFilter(NamedTuple):
    """Which runs are asked for."""

    states: Sequence[str]
    since: str | None
    only_open: bool

    @property
    def is_part(self) -> bool:
        """Return whether some runs may be left out."""
        return bool(self.states) or self.since is not None or self.only_open

    def select(self, listing: Listing) -> Listing:
        """Return the list without the runs that are not asked for."""
        oldest = None if self.since is None else _oldest(self.since, listing.zone)
        waiting = {run.id for state in listing.targets for run in state.waiting}
        chosen = [
            run
            for run in listing.runs
            if (not self.states or run.state in self.states)
            and (oldest is None or not run.began_before(oldest))
            and (not self.only_open or run.id in waiting)
        ]
        return replace(listing, runs=chosen, is_part=self.is_part, is_of_waiting=self.only_open)


def _list(contexts: Contexts, options: Options) -> Listing:
    runs = list_runs(contexts.common)
    listing = Listing(
        runs=runs,
        targets=judge_targets(contexts.each, contexts.broken, contexts.common, runs),
        notes=from_the_future(runs),
        zone=contexts.common.settings.input.timezone,
    )
    return listing.of_expected_targets() if options.target else listing


def _show(listing: Listing, page: Path | None, context: RunContext, options: Options) -> None:
    if options.as_json:
        whole = replace(listing, runs=[with_values(run, context) for run in listing.runs])
        print_json(whole.as_data(page))
    elif options.quiet:
        for line in lines_on_missing(listing):
            remark(line)
    else:
        print_lines(run_lines(listing))
        print_lines([f"Overview: {page}"] if page else [])


def _answer_monitor(listing: Listing, page: Path | None, context: RunContext, options: Options) -> int:
    answer = monitor_line(listing.expected_targets, listing.zone)
    if options.as_json:
        _show(listing, page, context, options)
    elif answer.exit_code or not options.quiet:
        say(answer.text)
    return int(answer.exit_code)


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
