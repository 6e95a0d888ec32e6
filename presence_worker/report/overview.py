"""runs.html: all runs on one page that needs nothing but a browser."""

import base64
import hashlib
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from ..clock import local_time
from ..journal import write_whole
from ..next_step import command_line
from ..run_states import State
from ..sanitize import clean, mask_steering
from ..wording import plain_duration
from .run_list import UNREADABLE, Listed, Listing, day_and_time

TEMPLATES = files(__package__) / "templates"
ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader(__package__, "templates"),
    autoescape=True,
    finalize=lambda value: mask_steering(value) if type(value) is str else value,  # markup is of our making
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
HEIGHT, STEP, WIDTH = 100, 10, 8  # units of the picture: its height, and of each bar with and without its gap
FEWEST = 30  # bars there is room for: a few are not to be as wide as the page
LOWEST = 2.0  # what is not nothing is seen
_BAR = Markup('<rect x="{x}" y="{y:g}" width="{width}" height="{height:g}"><title>{title}</title></rect>')
_CHART = Markup(
    '<svg class="bars" role="img" aria-label="{label}" viewBox="0 0 {width} {height}" '
    'preserveAspectRatio="none">{bars}</svg>'
)
MOST_BARS = 90  # jobs that a chart shows, the newest ones
UNTRIED = (State.PLANNED, State.RUNNING, UNREADABLE)  # of these there is nothing to tell yet


def inline(name: str) -> Markup:
    """Return a style sheet or a script of ours as it stands in the page."""
    return Markup((TEMPLATES / name).read_text("utf-8"))  # noqa: S704 - ours


def digest(text: str) -> str:
    """Return the name by which a page's policy lets a style sheet or script of its own be."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


ENVIRONMENT.globals |= {"digest": digest, "duration": plain_duration, "inline": inline}


class Bar(NamedTuple):
    """A bar, as high as its value, that says its *title* to who points at it."""

    value: float
    title: str


def bar_chart(bars: Sequence[Bar], label: str) -> Markup:
    """Draw bars from left to right, the highest as high as the picture; *label* says what they show."""
    highest = max((bar.value for bar in bars), default=0) or 1
    drawn = (_draw_bar(bar, number * STEP, highest) for number, bar in enumerate(bars) if bar.value)
    width = max(len(bars), FEWEST) * STEP
    return _CHART.format(label=label, width=width, height=HEIGHT, bars=Markup().join(drawn))


def _draw_bar(bar: Bar, x: int, highest: float) -> Markup:
    height = round(max(bar.value / highest * HEIGHT, LOWEST), 1)
    return _BAR.format(x=x, y=HEIGHT - height, width=WIDTH, height=height, title=bar.title)


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


class TargetRuns(NamedTuple):
    """What the page shows of one target."""

    name: str
    runs: Sequence[Listed]
    good: Listed | None  # the newest one with every row done
    charts: Sequence[Chart]


def write_overview(listing: Listing, path: Path, state_dir: Path) -> None:
    """Write the page to *path*; raise OSError where that fails.

    Inside *state_dir* its links to the runs' reports are relative, so that both can be moved together.
    """
    page = ENVIRONMENT.get_template("overview.html.j2").render(
        now=day_and_time(local_time(datetime.now(UTC), listing.zone)),
        place=listing.zone or "this machine",
        missing=listing.missing and listing.missing.words(listing.zone),
        targets=[_target_runs(target, runs, listing) for target, runs in listing.by_target().items()],
        link=lambda run: _link(state_dir / "runs" / run.id / "report.html", path, state_dir),
        began=lambda run: _moment(run, listing.zone),
        input_of=_input,
        line_of=command_line,
    )
    text = page.encode("utf-8", "replace")
    write_whole(path, lambda file: file.write(text) == len(text))


def _target_runs(target: str, runs: Sequence[Listed], listing: Listing) -> TargetRuns:
    good = next((run for run in runs if run.is_good), None)
    return TargetRuns(name=target, runs=runs, good=good, charts=_charts(runs, listing.zone))


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
    """Return the address of a report as *page* calls it; None where there is none."""
    if not report.is_file():
        return None
    if not page.is_relative_to(state_dir):
        return report.as_uri()
    return quote(Path(os.path.relpath(report, page.parent)).as_posix())
