"""`runs --monitor`, `runs --open`, and one line for each target: what waits for a person."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from presence_worker.cli.run_lines import monitor_line
from presence_worker.next_step import NextStep
from presence_worker.report.run_list import Listed
from presence_worker.report.target_state import ExpectedOfTarget, TargetState, judge_target
from tests.report.given import NOON
from tests.report.test_target_state import OTHER, UNREADABLE, held, refused, run, stopped
from tests.run.given import PASSWORD, Ended, Row, Worker, away, write_csv
from tests.run.nights import ago, kept

NAMES = ("acme", "beta", "gamma")
HELD: dict[str, Any] = {"state": "held", "exit_code": 5, "next": '["apply", "x"]'}
STOPPED: dict[str, Any] = {"state": "stopped", "exit_code": 6, "next": '["resume", "x"]'}


def job(worker: Worker, *numbers: int) -> Path:
    return write_csv(worker.folder / "job.csv", away(numbers))


def monitor(worker: Worker, *words: str) -> Ended:
    """Ask how the target is."""
    return worker.call("runs", "--monitor", *worker.options_of("runs"), *words)


def read_monitor(worker: Worker) -> tuple[int, str]:
    """Give the code, and the words at the begin of the one line."""
    asked = monitor(worker)
    (line,) = asked.out.splitlines()
    assert asked.err == ""
    return asked.code, line.split(": ")[0]


def test_a_monitor_follows_the_nights(worker: Worker) -> None:
    """From nothing to a good night; what waits is said until it is done."""
    assert read_monitor(worker) == (6, "FAILED")
    worker("run", job(worker, 1, 2))
    assert read_monitor(worker) == (0, "OK")
    open_rows = worker("run", job(worker, 1, 4711))
    assert read_monitor(worker) == (3, "ACTION NEEDED")
    worker("run", write_csv(Path(open_rows.summary["files"]["failed.csv"]), away([3])))
    held = worker("run", write_csv(worker.folder / "more.csv", away([5, 6])), "--max-changes", "1")
    assert read_monitor(worker) == (3, "ACTION NEEDED")
    worker.follow(held)
    refused = worker("run", write_csv(worker.folder / "empty.csv", []))
    assert (refused.code, read_monitor(worker)) == (4, (3, "ACTION NEEDED"))


def test_a_plan_sends_nothing(worker: Worker) -> None:
    """Until it is applied, it is as if there were no run."""
    plan = worker("plan", job(worker, 1, 2))
    before = read_monitor(worker)
    worker.follow(plan)

    assert (before, read_monitor(worker)) == ((6, "FAILED"), (0, "OK"))


def test_a_file_that_was_missing_waits_for_the_next_one(worker: Worker) -> None:
    """Whatever that is called: what was not there is not sent later."""
    refused = worker("run", worker.folder / "gone.csv")
    before = read_monitor(worker)
    worker("run", job(worker, 1, 2))

    assert (refused.code, before, read_monitor(worker)) == (4, (3, "ACTION NEEDED"), (0, "OK"))


def test_a_run_that_stopped_is_the_worst(worker: Worker) -> None:
    """Until it is resumed."""
    stopped = worker("run", job(worker, *range(5001, 5007), *range(1, 60)), "--max-failures", "1")

    assert (stopped.code, read_monitor(worker)[0]) == (6, 6)
    worker.follow(stopped, "--max-failures", "none")
    assert read_monitor(worker)[0] == 3


def test_a_missing_night_is_the_worst(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else waits."""
    monkeypatch.setenv("PRESENCE_WORKER_REPORT__EXPECTED_EVERY", "24h")
    kept(worker.state, ago(days=3), target=worker.url)
    kept(worker.state, ago(hours=1), target=worker.url, **HELD)

    asked = monitor(worker)

    assert asked.code == 6
    assert "no job has finished in the last 24 h, 1 run is held. Next: presence-worker apply x" in asked.out


def test_quietly_only_trouble_is_said(worker: Worker) -> None:
    """The exit code stays the same."""
    trouble = monitor(worker, "-q")
    kept(worker.state, ago(hours=1), target=worker.url)
    well = monitor(worker, "-q")

    assert (trouble.code, len(trouble.out.splitlines()), well.code, well.out) == (6, 1, 0, "")


def test_a_monitor_may_have_the_whole_list(worker: Worker) -> None:
    """With --json it is the one object; the exit code says how the targets are."""
    kept(worker.state, ago(hours=1), target=worker.url, **HELD)

    listed = worker("runs", "--monitor")

    assert (listed.code, listed.summary["targets"][0]["state"]) == (3, "held")


def test_a_rehearsal_does_not_count(worker: Worker) -> None:
    """Nor does a SuperOffice that is not configured any more; the list shows them last."""
    kept(worker.state, ago(hours=3), target=worker.url)
    kept(worker.state, ago(hours=2), target="sandbox", **STOPPED)
    kept(worker.state, ago(hours=1), target="https://old.example.com", **HELD)

    targets = [each["target"] for each in worker("runs").summary["targets"]]

    assert read_monitor(worker) == (0, "OK")
    assert targets == [worker.url, "sandbox", "https://old.example.com"]


def test_only_what_waits_is_listed(worker: Worker) -> None:
    """--open leaves out what is done or replaced; --state and --since leave out more."""
    began = [ago(hours=hours) for hours in (5, 4, 3, 2)]
    night: dict[str, Any] = {"target": worker.url, "input": {"name": "night.csv"}}
    kept(worker.state, began[0], {}, **night, **HELD)  # replaced by a later job from the same file
    kept(worker.state, began[1], **night)
    refused = kept(worker.state, began[2], {}, target=worker.url, state="refused", exit_code=4)
    held = kept(worker.state, began[3], {}, **night, **HELD)
    ways = [(), ("--state", "held"), ("--since", "150m"), ("--state", "stopped")]

    found = [[run["run_id"] for run in worker("runs", "--open", *way).summary["runs"]] for way in ways]

    assert found == [[held.name, refused.name], [held.name], [held.name], []]


@pytest.mark.usefixtures("several")
def test_only_targets_that_need_a_person_are_listed(worker: Worker) -> None:
    """With --open; programs get all of them."""
    for name in NAMES:
        keep(worker, name)
    nothing = worker.call("runs", "--open").out
    kept(worker.state, ago(hours=1), {}, target=worker.url, target_name="beta", **HELD)

    lines = worker.call("runs", "--open").out.splitlines()

    assert nothing == "No such runs.\n"
    assert [line.split()[0] for line in lines[:4] if line] == ["TARGET", "beta", "beta:"]
    assert len(worker.call("runs", "--open", "--json").summary["targets"]) == len(NAMES)


def test_where_nothing_waits_that_is_said(worker: Worker) -> None:
    """An empty table would look like a fault."""
    kept(worker.state, ago(hours=1))

    assert worker.call("runs", "--open", "--state-dir", str(worker.state)).out == "No such runs.\n"


def test_a_list_names_the_files_of_each_run(worker: Worker) -> None:
    """Only those that are there."""
    ended = worker("run", job(worker, 1, 4711))
    (worker.folder_of(ended) / "report.csv").unlink()

    (run,) = worker("runs").summary["runs"]

    assert [*run["files"]] == ["report.jsonl", "report.html", "failed.csv", "summary.json"]
    assert all(Path(path).is_file() for path in run["files"].values())


def test_nothing_of_people_is_in_the_line(worker: Worker) -> None:
    """A monitor shows it to everybody."""
    rows: list[Row] = [("kari.canary@example.com", "SICK-CANARY", "flu canary"), (1, "StatusNormal", "")]
    worker("run", write_csv(worker.folder / "job.csv", rows))

    assert "canary" not in monitor(worker).out.lower()


def named(name: str, *runs: Listed) -> TargetState:
    return judge_target(ExpectedOfTarget(name), runs, NOON)


@pytest.mark.parametrize(
    ("states", "code", "line"),
    [
        ([named("acme", run())], 0,
         "OK: acme: the last job of Tue 24 Nov 2026, 07:00 is finished, nothing waits"),
        ([named("acme", run()), named("beta", run())], 0, "OK: 2 targets, nothing waits"),
        ([named("acme", stopped()), named("beta", held(), run(7, open_rows=1, name=OTHER)), named("c")],
         6,
         ("FAILED: acme: the last run stopped early; "
         "beta: 1 run is held, 1 row is not done; c: nothing has been sent yet. "
         "Next: presence-worker resume x")),
        ([named(f"t{number}", refused()) for number in range(7)], 3,
         ("ACTION NEEDED: t0: 1 file is refused; t1: 1 file is refused; t2: 1 file is refused; "
         "t3: 1 file is refused; t4: 1 file is refused; 2 more targets")),
        ([named("acme")], 6, "FAILED: acme: nothing has been sent yet"),
        ([named("acme", run()), named("", UNREADABLE)], 3, "ACTION NEEDED: 1 run is unreadable"),
        ([named("acme", run(open_rows=1, next=NextStep(("run", "a\nb.csv"))))], 3,
         "ACTION NEEDED: acme: 1 row is not done. Next: presence-worker run 'a b.csv'"),
    ],
)  # fmt: skip
def test_a_monitor_gets_one_line(states: list[TargetState], code: int, line: str) -> None:
    """It names the targets that need a person, why, and the command to begin with."""
    assert monitor_line(states, "Europe/Oslo") == (code, line)


# -- several targets -----------------------------------------------------------------------------------------


@pytest.fixture
def several(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration with three targets on one SuperOffice; give the folder of their files."""
    for name in list(os.environ):
        if name.startswith(("PRESENCE_WORKER_AUTH__", "PRESENCE_WORKER_TARGET__")):
            monkeypatch.delenv(name)
    folder = worker.folder / "customers"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.toml").write_text(f'[target]\nbase_url = "{worker.url}"\n')
        (folder / f"{name}.pw").write_text(PASSWORD)
    file = worker.folder / "common.toml"
    file.write_text(f'targets = "customers"\n[storage]\nstate_dir = "{worker.state}"\n')
    monkeypatch.setenv("PRESENCE_WORKER_CONFIG", str(file))
    return folder


def keep(worker: Worker, name: str, **run: Any) -> Path:
    """Keep a run of a target, an hour after that of the one before it in the alphabet."""
    return kept(
        worker.state,
        ago(hours=9) + timedelta(hours=NAMES.index(name)),
        target=worker.url,
        target_name=name,
        **run,
    )


@pytest.mark.usefixtures("several")
def test_the_list_begins_with_the_targets(worker: Worker) -> None:
    """One line each, those that need a person first; also the one that has no run."""
    keep(worker, "acme")
    keep(worker, "beta", **HELD)

    lines = worker.call("runs").out.splitlines()

    assert [line.split()[0] for line in lines[:4]] == ["TARGET", "gamma", "beta", "acme"]
    assert lines[1].split()[1:] == ["no", "run", "0", "doctor"]
    assert re.fullmatch(r"beta +held +\w{3} \d+ \w{3} \d\d:\d\d +0 apply", lines[2])
    assert re.fullmatch(r"acme +finished +\w{3} \d+ \w{3} \d\d:\d\d +0", lines[3])
    assert [line for line in lines if line.endswith(":")] == ["beta:", "acme:"]
    assert max(map(len, lines)) <= 80


@pytest.mark.usefixtures("several")
def test_the_worst_target_counts(worker: Worker) -> None:
    """6 over 3 over 0; the line names those in trouble, and the command has its target."""
    keep(worker, "acme")
    keep(worker, "beta", **HELD)

    without_run = worker.call("runs", "--monitor")
    keep(worker, "gamma")
    held = worker.call("runs", "--monitor")

    assert (without_run.code, held.code) == (6, 3)
    assert without_run.out.startswith("FAILED: gamma: nothing has been sent yet; beta: 1 run is held. Next: ")
    assert re.search(r"Next: presence-worker doctor .*--target gamma$", without_run.out)
    assert held.out.startswith("ACTION NEEDED: beta: 1 run is held. Next: presence-worker apply x")


@pytest.mark.usefixtures("several")
def test_one_target_is_asked_for_by_name(worker: Worker) -> None:
    """Then nothing else is listed, or counts."""
    keep(worker, "acme")
    keep(worker, "beta", **HELD)

    asked = worker.call("runs", "--monitor", "--target", "acme")
    listed = worker.call("runs", "--target", "acme", "--json").summary

    assert (asked.code, asked.out.split(":")[0]) == (0, "OK")
    assert [run["target_name"] for run in listed["runs"]] == ["acme"]
    assert [each["target"] for each in listed["targets"]] == ["acme"]


def test_each_target_has_its_own_missing_night(worker: Worker, several: Path) -> None:
    """Its name tells it from another one on the same SuperOffice."""
    for name in ("beta", "gamma"):
        file = several / f"{name}.toml"
        file.write_text(f'{file.read_text()}[report]\nexpected_every = "5h"\n')
    for name in NAMES:
        keep(worker, name)
    kept(worker.state, ago(hours=1), target=worker.url, target_name="gamma")

    listed = worker.call("runs", "--json").summary
    lines = worker.call("runs").out.splitlines()

    assert [(each["target"], bool(each["missing"])) for each in listed["targets"]] == [
        ("beta", True),
        ("acme", False),
        ("gamma", False),
    ]
    assert listed["missing"] == listed["targets"][0]["missing"]
    assert lines[1].split()[:2] == ["beta", "missing"]


def test_a_target_whose_file_is_broken_is_listed(worker: Worker, several: Path) -> None:
    """It stops no other one; the exit code is 2, for a monitor at least 3."""
    for name in NAMES:
        keep(worker, name)
    (several / "beta.toml").write_text("[delivery]\nburst = 0\n")

    listed, asked, shown = (
        worker.call("runs", "--json"), worker.call("runs", "--monitor"), worker.call("runs")
    )  # fmt: skip

    assert (listed.code, asked.code, shown.code) == (2, 3, 2)
    assert [(each["target"], each["state"], each["exit_code"]) for each in listed.summary["targets"]] == [
        ("beta", "refused", 2),
        ("acme", "finished", 0),
        ("gamma", "finished", 0),
    ]
    assert "beta.toml, line 2: delivery.burst" in listed.summary["targets"][0]["message"]
    assert (
        "beta: the configuration file of this target cannot be used. Next: presence-worker doctor"
        in asked.out
    )
    assert shown.out.splitlines()[1].split()[:2] == ["beta", "broken"]


@pytest.mark.parametrize(
    "text", ["[delivery]\nburst = 0\n", "no TOML", '[report]\nexpected_every = "soon"\n']
)
def test_a_target_whose_file_is_broken_can_be_missing(worker: Worker, several: Path, text: str) -> None:
    """What can be used of its file counts, else the common one; metrics keep what alerts compare with."""
    with (worker.folder / "common.toml").open("a") as common:
        common.write('[report]\nexpected_every = "5h"\n')
    for name in NAMES:
        kept(worker.state, ago(hours=6 if name == "beta" else 1), target=worker.url, target_name=name)
    (several / "beta.toml").write_text(text)

    asked, listed, metrics = (
        worker.call("runs", "--monitor"), worker.call("runs", "--json"), worker.call("metrics")
    )  # fmt: skip

    assert asked.code == 6
    assert "cannot be used, no job has finished in the last 5 h" in asked.out
    assert [each["target"] for each in listed.summary["targets"] if each["missing"]] == ["beta"]
    assert 'presence_worker_expected_every_seconds{target="beta"} 18000\n' in metrics.out


@pytest.mark.usefixtures("several")
def test_the_page_begins_with_the_targets(worker: Worker) -> None:
    """All of them: also the one without a run, which has no section below."""
    keep(worker, "acme")
    keep(worker, "beta", **HELD)

    page = Path(worker.call("runs", "--html", "--json").summary["overview"]).read_text("utf-8")

    assert re.findall(r'<th scope="row" class="first">(?:<a href="#target-(\d)">)?(\w+)', page) == [
        ("", "gamma"),
        ("2", "beta"),
        ("3", "acme"),
    ]
    assert re.findall(r'<h2 id="target-(\d)">(\w+)', page) == [("2", "beta"), ("3", "acme")]
