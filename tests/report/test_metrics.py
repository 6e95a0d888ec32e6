"""Figures for a monitoring system: their names, their text, and nothing about people."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from presence_worker import __version__
from presence_worker.model import Result
from presence_worker.report.metrics_text import metrics_text
from presence_worker.report.run_list import Listed
from presence_worker.report.target_state import ExpectedOfTarget, TargetState, judge_target

from .given import NOON
from .test_target_state import OTHER, held, run, stopped

GOLDEN = Path(__file__).with_name("metrics.prom")
HOSTILE = 'a"b\\c\nd'


def state_of(target: ExpectedOfTarget | str, *runs: Listed) -> TargetState:
    expected = ExpectedOfTarget(target) if isinstance(target, str) else target
    return judge_target(expected, runs, NOON)


def text_of_all() -> str:
    """Give the figures of four targets: one in trouble, one that is well, one without runs, one hostile."""
    good, plan = run(30, name=OTHER), run(1, state="planned", is_plan=True)
    return metrics_text(
        [
            state_of(ExpectedOfTarget("beta", every=86400), plan, held(2), stopped(3, name=OTHER), good),
            state_of("acme", run(6)),
            state_of(ExpectedOfTarget("new", every=3600)),
            state_of(HOSTILE, run(6, open_rows=1)),
        ]
    ).replace(__version__, "VERSION")


def test_the_text_is_this() -> None:
    """Names, order, units and values: dashboards and alerts rely on them."""
    assert text_of_all() == GOLDEN.read_text("utf-8")


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_has_nothing_to_say() -> None:
    """Its own linter reads the text."""
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text_of_all(), capture_output=True, text=True, check=False
    )

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_before_the_first_success_there_is_no_moment_of_it() -> None:
    """A zero would be 1970."""
    assert "last_success" not in metrics_text([state_of("acme", run(6, open_rows=1))])


def test_a_correction_and_an_undo_are_runs() -> None:
    """The last run is the last one that ended, whatever it was for; plans do not count."""
    text = metrics_text([state_of("acme", run(1, is_plan=True, state="held"), run(2, is_job=False), run(3))])

    assert f'last_run_timestamp_seconds{{target="acme"}} {NOON.timestamp() - 2 * 3600:.0f}\n' in text


@pytest.mark.parametrize(
    ("runs", "last", "good"),
    [
        ([run(6), run(30, ended=1, is_continued=True)], 1, 1),  # an earlier one was resumed, or applied
        ([run(6), run(30, ended=1, is_continued=True, open_rows=1)], 1, 6),
        ([run(1), run(30, ended=6, is_continued=True)], 1, 1),
        ([run(6, open_rows=1), run(-7200)], 6, None),  # the clock was 300 days ahead
        ([run(-7200), run(6)], 6, 6),
        ([run(6, ended=-7200, is_continued=True), run(30)], 30, 30),
        ([run(7200), run(6, open_rows=1)], 7200, 7200),  # it was behind: the newest is the last
        ([run(7200, open_rows=1), run(6), run(30)], 7200, 6),
    ],
)
def test_the_last_run_is_the_one_that_ended_last(runs: list[Listed], last: float, good: float | None) -> None:
    """The counter has the order of runs that ended once; what ended later than now, by the clock, is none."""
    text = metrics_text([state_of("acme", *runs)])

    moments = [
        re.findall(rf"last_{which}_timestamp_seconds\{{.*\}} (\d+)\n", text) for which in ("run", "success")
    ]

    wanted = [[] if each is None else [f"{NOON.timestamp() - each * 3600:.0f}"] for each in (last, good)]
    assert moments == wanted


def test_rows_and_waiting_runs_always_have_all_their_series() -> None:
    """A series that comes and goes breaks graphs and alerts."""
    text = metrics_text([state_of("acme", run())])

    assert set(re.findall(r'rows\{target="acme",result="(\w+)"\}', text)) == {*Result}
    assert re.findall(r'waiting\{target="acme",state="(\w+)"\} (\d)', text) == [
        ("held", "0"),
        ("stopped", "0"),
    ]


def test_there_is_no_label_but_the_target() -> None:
    """None of people or runs: beside it only what the name says."""
    labels = set(re.findall(r'(\w+)="', text_of_all()))

    assert labels == {"target", "result", "state", "version"}
