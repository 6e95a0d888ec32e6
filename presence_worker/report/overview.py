"""runs.html: all runs on one page that needs nothing but a browser."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from ..clock import local_time
from ..model import State
from ..next_step import command_line
from ..sanitize import clean
from ..wording import plain_duration
from .atomic_file import write_whole
from .page_templates import ENVIRONMENT
from .run_list import UNREADABLE, Listed, Listing, day_and_time
from .svg import Bar, bar_chart

MOST_BARS = 90  # jobs that a chart shows, the newest ones
UNTRIED = (State.PLANNED, State.RUNNING, UNREADABLE)  # of these there is nothing to tell yet


class Measure(NamedTuple):
    """What a chart shows of each job."""

    name: str
    of: Callable[[Listed], float]
    words: Callable[[float], str]


MEASURES = (
    Measure("Rows", lambda run: run.rows, lambda value: f"{value:g}"),
    Measure("Not done", lambda run: run.not_done, lambda value: f"{value:g}"),
    Measure("Duration", lambda run: run.seconds, plain_duration),
)


class Chart(NamedTuple):
    """A chart, and the same in words."""

    name: str
    words: str
    picture: Markup


def write_overview(listing: Listing, path: Path, state_dir: Path) -> None:
    """Write the page to *path*; raise OSError where that fails.

    Inside *state_dir* its links to the runs' reports are relative, so that both can be moved together.
    """
    page = ENVIRONMENT.get_template("overview.html.j2").render(
        now=day_and_time(local_time(datetime.now(UTC), listing.zone)),
        place=listing.zone or "this machine",
        missing=listing.missing and listing.missing.words(listing.zone),
        targets=[_of_target(target, runs, listing) for target, runs in listing.by_target().items()],
        link=lambda run: _link(state_dir / "runs" / run.id / "report.html", path, state_dir),
        began=lambda run: _moment(run, listing.zone),
        input_of=_input,
        line_of=command_line,
    )
    write_whole(path, lambda file: _written(file, page))


def _written(file: BinaryIO, page: str) -> bool:
    file.write(page.encode("utf-8", "replace"))
    return True


def _of_target(target: str, runs: Sequence[Listed], listing: Listing) -> dict[str, Any]:
    """Give what the page shows of one target."""
    return {
        "name": target,
        "runs": runs,
        "good": next((run for run in runs if run.is_good), None),
        "charts": _charts(runs, listing.zone),
    }


def _charts(runs: Sequence[Listed], zone: str | None) -> list[Chart]:
    """Draw the newest jobs, oldest first; one alone shows no trend."""
    jobs = [run for run in runs if run.is_job and run.state not in UNTRIED][:MOST_BARS][::-1]
    return [_chart(measure, jobs, zone) for measure in MEASURES] if len(jobs) > 1 else []


def _chart(measure: Measure, jobs: Sequence[Listed], zone: str | None) -> Chart:
    values = [measure.of(run) for run in jobs]
    lowest, highest, last = map(measure.words, (min(values), max(values), values[-1]))
    words = f"{last} the last time; {lowest} to {highest} in the last {len(jobs)} jobs"
    bars = [
        Bar(value, f"{_moment(run, zone)}: {measure.words(value)}")
        for run, value in zip(jobs, values, strict=True)
    ]
    return Chart(measure.name, words, bar_chart(bars, f"{measure.name}: {words}"))


def _moment(run: Listed, zone: str | None) -> str:
    began = run.began(zone)
    return day_and_time(began) if began else ""


def _input(run: Listed) -> str:
    """Return what the run's rows came from: a file's name, without the way to it."""
    return clean(run.input_name.replace("\\", "/").rpartition("/")[2])


def _link(report: Path, page: Path, state_dir: Path) -> str | None:
    """Give the address of a report as *page* calls it; None where there is none."""
    if not report.is_file():
        return None
    if not page.is_relative_to(state_dir):
        return report.as_uri()
    return quote(Path(os.path.relpath(report, page.parent)).as_posix())
