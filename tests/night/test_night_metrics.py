"""What reads our metrics: the alerts of Prometheus, the dashboard of Grafana, and the check of Nagios."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from presence_worker.report.metrics_text import BUILD_INFO, METRICS
from tests.manual.documents import table

CONFIG = Path(__file__).parents[2] / "config"
ALERTS = CONFIG / "prometheus" / "alerts.yml"
ALERTS_TEST = Path(__file__).with_name("alerts.test.yml")
CHECK = CONFIG / "nagios" / "check_presence_worker"
DASHBOARD: dict[str, Any] = json.loads((CONFIG / "grafana" / "dashboard.json").read_text())
QUERIES = [(panel["title"], each["expr"]) for panel in DASHBOARD["panels"] for each in panel["targets"]]
WRITTEN = dict.fromkeys([*(metric.name for metric in METRICS), BUILD_INFO])
METRIC = re.compile(r"\bpresence_worker_\w+")

needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is not installed (Debian package prometheus)"
)


def promtool(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    words = ["promtool", *map(str, arguments)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@needs_promtool
def test_prometheus_takes_the_alerts() -> None:
    """There are four rules, and Prometheus understands each."""
    checked = promtool("check", "rules", ALERTS, folder=CONFIG)

    assert checked.returncode == 0, checked.stderr
    assert "4 rules found" in checked.stdout


@needs_promtool
@pytest.mark.parametrize(
    ("words", "instead"), [("", ""), ("* 1.05", "* 2"), ("!= 0", "== 0"), ("> 0", "> 2")]
)
def test_alerts_are_raised_when_they_should(words: str, instead: str, tmp_path: Path) -> None:
    """Each alert is raised in its case and no other; a rule that is wrong is found out."""
    text = ALERTS.read_text().replace(words, instead)
    (tmp_path / "alerts.yml").write_text(text)
    shutil.copy(ALERTS_TEST, tmp_path)

    tested = promtool("test", "rules", ALERTS_TEST.name, folder=tmp_path)

    assert (tested.returncode == 0) is (words == instead), tested.stdout + tested.stderr


@needs_promtool
def test_the_dashboards_queries_are_understood(tmp_path: Path) -> None:
    """Prometheus takes every query of the dashboard, with a target in place of the variable."""
    rules = [
        {"record": f"query:{number}", "expr": query.replace("$target", "acme")}
        for number, (_, query) in enumerate(QUERIES)
    ]
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}))

    checked = promtool("check", "rules", "queries.yml", folder=tmp_path)

    assert checked.returncode == 0, checked.stderr
    assert f"{len(QUERIES)} rules found" in checked.stdout


def test_the_dashboard_shows_what_it_should() -> None:
    """Last success, exit code, what waits, rows by result and duration, each for the chosen targets."""
    shown = {name.removeprefix("presence_worker_") for _, query in QUERIES for name in METRIC.findall(query)}

    assert shown == {
        "last_success_timestamp_seconds",
        "last_run_exit_code",
        "runs_waiting",
        "last_run_rows",
        "last_run_duration_seconds",
    }
    assert all('{target=~"$target"}' in query for _, query in QUERIES)
    assert [variable["name"] for variable in DASHBOARD["templating"]["list"]] == ["datasource", "target"]


@pytest.mark.parametrize("name", ["prometheus/alerts.yml", "grafana/dashboard.json"])
def test_only_metrics_that_we_have_are_asked_for(name: str) -> None:
    """A metric in an alert or a panel is one that presence-worker writes."""
    asked = set(METRIC.findall((CONFIG / name).read_text()))

    assert asked
    assert asked <= {*WRITTEN}


def test_the_page_explains_every_metric() -> None:
    """The manual has a line for each metric, in the order in which they are written."""
    rows = table("monitoring", "metric | meaning")

    assert [row[0].strip("`") for row in rows] == [*WRITTEN]


def test_panels_lie_beside_each_other() -> None:
    """No panel covers another one, and each has an id and a title of its own."""
    panels = DASHBOARD["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(cells) == len(set(cells))
    assert all(x < 24 for x, _ in cells)
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)


def test_the_dashboard_can_be_imported_anywhere() -> None:
    """Grafana asks for the data source: none of ours is written into the file."""
    sources = {json.dumps(each) for each in sources_of(DASHBOARD)}

    assert sources == {json.dumps({"type": "prometheus", "uid": "${datasource}"})}
    assert "id" not in DASHBOARD


def sources_of(part: object) -> list[object]:
    """Give every data source that is named in a part of the dashboard."""
    if isinstance(part, list):
        return [found for each in part for found in sources_of(each)]
    if not isinstance(part, dict):
        return []
    own = [part["datasource"]] if "datasource" in part else []
    return own + [found for each in part.values() for found in sources_of(each)]


@pytest.mark.parametrize(("code", "state"), [(0, 0), (3, 1), (6, 2), (2, 3), (1, 3)])
def test_nagios_gets_its_own_codes(code: int, state: int, tmp_path: Path) -> None:
    """OK, WARNING, CRITICAL and UNKNOWN are 0 to 3 for Nagios; the line and the options go through."""
    ended = check(tmp_path, code, "--target", "acme-2")
    all_targets = check(tmp_path, code)

    assert (ended.returncode, all_targets.returncode) == (state, state)
    assert ended.stdout == "/etc/presence-worker/config.toml runs --monitor --target acme-2\n"
    assert all_targets.stdout == "/etc/presence-worker/config.toml runs --monitor\n"


def check(folder: Path, code: int, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the check with a presence-worker that shows its options and ends with a code."""
    program = folder / "presence-worker"
    program.write_text(f'#!/bin/sh\necho "$PRESENCE_WORKER_CONFIG $*"\nexit {code}\n')
    program.chmod(0o755)
    script = CHECK.read_text().replace("/usr/local/bin/presence-worker", str(program))
    return subprocess.run(
        ["sh", "-c", script, "sh", *options], env={}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "options",
    [
        ["--json"],
        ["--html", "/x.html"],
        ["--config", "/etc/shadow"],
        ["--target"],
        ["--target", ""],
        ["--target", "acme", "--json"],
        ["--target", "--config=/etc/shadow/"],
        ["--target", "acme\n--json"],
        [""],
    ],
    ids=repr,
)
def test_nagios_can_name_a_target_and_nothing_else(options: list[str], tmp_path: Path) -> None:
    """Other options print more of the runs, or read and write files as presence-worker's account."""
    ended = check(tmp_path, 0, *options)

    assert ended.returncode == 3
    assert ended.stdout == "UNKNOWN: only --target NAME is allowed\n"


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing_in_the_check() -> None:
    """The script is plain POSIX shell."""
    found = subprocess.run(["shellcheck", "--shell=sh", CHECK], capture_output=True, text=True, check=False)

    assert found.stdout == ""
