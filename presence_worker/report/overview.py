"""runs.html: all runs on one page that needs nothing but a browser."""

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from ..clock import local_time
from ..journal import write_whole
from ..next_step import command_line
from ..run_states import State
from ..sanitize import clean
from ..wording import figure, plain_duration, series
from .all_runs import Group, Listing
from .pieces import NOTHING, Pieces, Value, digest, inline, keep_options_whole
from .run_list import UNREADABLE, Listed, day_and_time
from .target_state import TargetState

HEIGHT, STEP, WIDTH = 100, 10, 8  # units of the picture: its height, and of each bar with and without its gap
FEWEST = 30  # bars there is room for: a few are not to be as wide as the page
LOWEST = 2.0  # what is not nothing is seen
_BAR = Markup('<rect x="{x}" y="{y:g}" width="{width}" height="{height:g}"><title>{title}</title></rect>')
_CHART = Markup(
    '<svg class="bars" role="img" aria-label="{label}" viewBox="0 0 {width} {height}" '
    'preserveAspectRatio="none">{bars}</svg>'
)
PIECES = Pieces("overview.html")
fill = PIECES.fill
ReportOf = Callable[[Listed], str | None]  # the address of a run's report
MOST_BARS = 90  # jobs that a chart shows, the newest ones
CANNOT_BE_READ = "Runs that cannot be read"
UNTRIED = (State.PLANNED, State.RUNNING, UNREADABLE)  # of these there is nothing to show yet


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
    Measure("Rows", lambda run: run.rows, lambda value: figure(int(value))),
    Measure("Rows not done", lambda run: run.not_done, lambda value: figure(int(value))),
    Measure("Duration", lambda run: run.seconds, plain_duration),
)


def write_overview(listing: Listing, path: Path, state_dir: Path) -> None:
    """Write the page to *path*; raise OSError where that fails.

    Inside *state_dir* its links to the runs' reports are relative, so that both can be moved together.
    """
    text = _page(listing, lambda run: _report_of(run, path, state_dir)).encode("utf-8", "replace")
    write_whole(path, lambda file: file.write(text) == len(text))


def _page(listing: Listing, report_of: ReportOf) -> Markup:
    style = inline("overview.css")
    groups = [*listing.groups()]
    has_runs = any(group.state.runs for group in groups)
    shown = [
        _target(place, group, listing.zone, report_of) for place, group in enumerate(groups, 1) if group.runs
    ]
    return fill(
        "page",
        digest=digest(style),
        style=style,
        now=day_and_time(local_time(datetime.now(UTC), listing.zone)),
        place=listing.zone or "this machine",
        missing=_sentence_on_missing(listing),
        summary=_summary(groups, listing.zone) if has_runs or len(groups) > 1 else fill("no_runs"),
        targets=NOTHING.join(shown),
    ).rstrip()


def _sentence_on_missing(listing: Listing) -> Markup:
    """Return which jobs are missing; of several, the names."""
    missing = [state.missing for state in listing.targets if state.missing]
    if not missing:
        return NOTHING
    names = series([each.target for each in missing], "and")
    words = missing[0].words(listing.zone) if len(missing) == 1 else f"no job of {names} has finished in time"
    return fill("missing", words=words)


def _summary(groups: Iterable[Group], zone: str | None) -> Markup:
    """Return the table on top: each target with its last job, and what to do."""
    lines = []
    for place, (state, shown) in enumerate(groups, 1):
        name = state.target or CANNOT_BE_READ
        lines.append(
            fill(
                "summary_row",
                name=fill("target_link", place=place, name=name) if shown else fill("plain", name=name),
                began=_when(state, zone),
                state=state.word,
                open=" open" if state.open else "",
                not_done=_open_rows(state.state, state.open),
                todo=_todo(state),
            )
        )
    return fill("summary", rows=NOTHING.join(lines))


def _when(state: TargetState, zone: str | None) -> str:
    return (_moment(state.job, zone) or state.job.id) if state.job else ""


def _open_rows(state: str | None, number: int) -> str:
    return "?" if state == UNREADABLE else figure(number)


def _todo(state: TargetState) -> Value:
    if state.next:
        return fill("command", line=keep_options_whole(command_line(state.next)))
    return "See below." if state.monitor_code else "Nothing to do."


def _target(place: int, group: Group, zone: str | None, report_of: ReportOf) -> Markup:
    runs, name = group.runs, group.state.target
    charts = NOTHING.join(_charts(runs, zone))
    return fill(
        "target",
        place=place,
        heading=name or CANNOT_BE_READ,
        newest=_newest(runs, zone, report_of) if name else NOTHING,
        charts=fill("charts", charts=charts) if charts else NOTHING,
        rows=NOTHING.join(_row(run, zone, report_of) for run in runs),
    )


def _newest(runs: Sequence[Listed], zone: str | None, report_of: ReportOf) -> Markup:
    """Return how the newest run of a target went, and which one was the last good one."""
    newest, good = runs[0], next((run for run in runs if run.is_good), None)
    return fill(
        "newest",
        began=_moment(newest, zone),
        message=fill("message", words=newest.message) if newest.message else NOTHING,
        to_do=fill("to_do", line=keep_options_whole(command_line(newest.next))) if newest.next else NOTHING,
        good=fill("good", report=_link_to(good, zone, report_of)) if good else fill("none_good"),
    )


def _link_to(run: Listed, zone: str | None, report_of: ReportOf) -> Markup:
    """Return when a run began, as a link to its report where there is one."""
    began, address = _moment(run, zone) or run.id, report_of(run)
    return fill("link", address=address, name=began) if address else fill("plain", name=began)


def _row(run: Listed, zone: str | None, report_of: ReportOf) -> Markup:
    return fill(
        "row",
        report=_link_to(run, zone, report_of),
        state=run.state_and_ending,
        open=" open" if run.open else "",
        not_done=_open_rows(run.state, run.open),
        message=run.message or "",
        todo=fill("due", todo=run.todo) if run.todo else NOTHING,
        rows=figure(run.rows),
        took=plain_duration(run.seconds) if run.seconds else "",
        code="" if run.exit_code is None else run.exit_code,
        input=_input(run),
        label=fill("label", label=run.label) if run.label else NOTHING,
        id=run.id,
    )


def _charts(runs: Sequence[Listed], zone: str | None) -> list[Markup]:
    """Draw the newest jobs, oldest first; one alone shows no trend."""
    jobs = [run for run in runs if run.is_job and run.state not in UNTRIED][:MOST_BARS][::-1]
    shown = [measure for measure in MEASURES if any(map(measure.of, jobs))]
    return [_chart(measure, jobs, zone) for measure in shown] if len(jobs) > 1 else []


def _chart(measure: Measure, jobs: Sequence[Listed], zone: str | None) -> Markup:
    values = [measure.of(run) for run in jobs]
    lowest, highest, last = map(measure.words, (min(values), max(values), values[-1]))
    words = f"{last} in the last job; {lowest} to {highest} in {len(jobs)} jobs"
    bars = [
        Bar(value, f"{_moment(run, zone)}: {measure.words(value)}")
        for run, value in zip(jobs, values, strict=True)
    ]
    picture = bar_chart(bars, f"{measure.name}: {words}")
    return fill("chart", name=measure.name, words=words, picture=picture)


def _moment(run: Listed, zone: str | None) -> str:
    began = run.began(zone)
    return day_and_time(began) if began else ""


def _input(run: Listed) -> str:
    """Return what the run's rows came from: a file's name, without the way to it."""
    return clean(run.input_name.replace("\\", "/").rpartition("/")[2])


def _report_of(run: Listed, page: Path, state_dir: Path) -> str | None:
    """Return the address of a run's report; None where there is none."""
    report = state_dir / "runs" / run.id / "report.html"
    if not report.is_file():
        return None
    relative = page.is_relative_to(state_dir)
    return quote(Path(os.path.relpath(report, page.parent)).as_posix()) if relative else report.as_uri()
