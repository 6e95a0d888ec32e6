"""Figures for a monitoring system, in the text format of Prometheus."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from .. import __version__
from ..model import Result
from ..run_states import State
from .run_list import Listed
from .target_state import TargetState

WAITING = (State.HELD, State.STOPPED)
ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


class Sample(NamedTuple):
    """A figure of a target."""

    value: float
    label: str = ""  # a second one, such as the result of rows, and its value
    of: str = ""


class Metric(NamedTuple):
    """What is measured of each target."""

    name: str
    help: str
    samples: Callable[[TargetState], Iterable[Sample]]


def _end_of(run: Listed | None) -> Iterator[Sample]:
    """Yield when a run ended, in seconds since 1970."""
    if run and run.ended_at:
        yield Sample(datetime.fromisoformat(run.ended_at).timestamp())


def _duration(state: TargetState) -> Iterator[Sample]:
    if state.last_run:
        yield Sample(state.last_run.seconds)


def _exit_code(state: TargetState) -> Iterator[Sample]:
    if state.last_run and state.last_run.exit_code is not None:
        yield Sample(state.last_run.exit_code)


def _rows(state: TargetState) -> Iterator[Sample]:
    if state.last_run and state.last_run.summary:
        counts = state.last_run.summary.counts
        yield from (Sample(counts.get(result, 0), "result", result) for result in Result)


def _count_waiting(state: TargetState) -> Iterator[Sample]:
    yield from (Sample(state.count(each), "state", each) for each in WAITING)


def _interval(state: TargetState) -> Iterator[Sample]:
    if state.expected.every is not None:
        yield Sample(state.expected.every)


METRICS = (
    Metric(
        "presence_worker_last_run_timestamp_seconds",
        "When the last run, apply, resume or undo ended.",
        lambda state: _end_of(state.last_run),
    ),
    Metric(
        "presence_worker_last_success_timestamp_seconds",
        "When the last run with exit code 0 ended.",
        lambda state: _end_of(state.last_success),
    ),
    Metric(
        "presence_worker_last_run_duration_seconds",
        "How long the last run worked, all its sessions together.",
        _duration,
    ),
    Metric(
        "presence_worker_last_run_exit_code",
        "The exit code of the last run.",
        _exit_code,
    ),
    Metric("presence_worker_last_run_rows", "Rows of the last run, by result.", _rows),
    Metric("presence_worker_runs_waiting", "Runs that wait for a person, by state.", _count_waiting),
    Metric(
        "presence_worker_expected_every_seconds",
        "How often a job must finish (report.expected_every).",
        _interval,
    ),
)
BUILD_INFO = "presence_worker_build_info"


def metrics_text(states: Sequence[TargetState]) -> str:
    """Return the figures of all targets; each target has a name, and no two have the same one."""
    return "".join(f"{line}\n" for line in _lines(sorted(states, key=lambda state: state.target)))


def _lines(states: Sequence[TargetState]) -> Iterator[str]:
    for metric in METRICS:
        samples = [(state.target, each) for state in states for each in metric.samples(state)]
        yield from metric_lines(metric.name, metric.help, samples)
    yield from _head(BUILD_INFO, "The version of presence-worker.")
    yield f'{BUILD_INFO}{{version="{_escape(__version__)}"}} 1'


def metric_lines(name: str, words: str, samples: Iterable[tuple[str, Sample]]) -> Iterator[str]:
    """Yield the lines of a metric with its samples by target; none without a sample."""
    lines = [_line(name, target, sample) for target, sample in samples]
    if lines:
        yield from (*_head(name, words), *lines)


def counter_lines(name: str, words: str, label: str, numbers: Mapping[str, int]) -> Iterator[str]:
    """Yield the lines of a counter that has one label."""
    yield from _head(name, words, "counter")
    yield from (f'{name}{{{label}="{_escape(of)}"}} {number}' for of, number in sorted(numbers.items()))


def plain_lines(name: str, words: str, value: float) -> Iterator[str]:
    """Yield the lines of a figure that has no label."""
    yield from (*_head(name, words), f"{name} {_number(value)}")


def _head(name: str, words: str, kind: str = "gauge") -> tuple[str, str]:
    return f"# HELP {name} {words}", f"# TYPE {name} {kind}"


def _line(name: str, target: str, sample: Sample) -> str:
    more = f',{sample.label}="{_escape(sample.of)}"' if sample.label else ""
    return f'{name}{{target="{_escape(target)}"{more}}} {_number(sample.value)}'


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _escape(value: str) -> str:
    return value.translate(ESCAPED)
