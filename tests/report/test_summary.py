"""summary.json: the run in one object."""

import hashlib
from contextlib import closing
from pathlib import Path

import orjson

from presence_worker.errors import ExitCode
from presence_worker.journal import Journal
from presence_worker.model import Result
from presence_worker.report import summarise, write_reports
from presence_worker.run_states import State
from tests.journal.given import INPUT, RUN, RUN_ID, UPDATED, deliver, end_as, record, staged
from tests.told import as_told

from .given import lines, night

CONTRACT = [
    "schema_version",
    "run_id",
    "state",
    "exit_code",
    "target",
    "input",
    "counts",
    "requests",
    "rate",
    "started_at",
    "finished_at",
    "duration_s",
    "files",
    "next",
    "message",
]
PARTS = {
    "input": ["name", "sha256", "rows", "format", "encoding", "delimiter"],
    "counts": [str(result) for result in Result],
    "requests": ["put", "get", "retried"],
    "rate": ["configured", "achieved"],
}


def test_fields_are_those_of_the_contract(told: Path) -> None:
    """All fields are there, in the contract's order; others may stand between them."""
    summary = orjson.loads((told / "summary.json").read_bytes())

    assert [name for name in summary if name in CONTRACT] == CONTRACT
    assert {name: list(summary[name]) for name in PARTS} == PARTS


def test_it_is_what_the_command_prints(folder: Path, journal: Journal) -> None:
    """What `write_reports` gives, for `--json`, is what it wrote."""
    summary = as_told(write_reports(folder, journal))

    assert orjson.loads((folder / "summary.json").read_bytes()) == summary


def test_it_says_which_run_and_how_it_ended(folder: Path, journal: Journal) -> None:
    """Id, target, state, exit code, words and the command to run next are those of the run's record."""
    end_as(
        journal,
        state=State.STOPPED,
        exit_code=ExitCode.STOPPED,
        message="disk full",
        next="presence-worker resume",
    )

    summary = as_told(write_reports(folder, journal))

    assert (summary["schema_version"], summary["run_id"], summary["target"]) == (1, RUN_ID, RUN.target)
    assert (summary["state"], summary["exit_code"]) == ("stopped", 6)
    assert (summary["message"], summary["next"]) == ("disk full", "presence-worker resume")
    assert summary["input"] == {name: INPUT[name] for name in PARTS["input"]}


def test_counts_add_up_to_the_lines(told: Path) -> None:
    """Results are counted as report.jsonl has them."""
    summary = orjson.loads((told / "summary.json").read_bytes())

    assert summary["counts"] == dict.fromkeys(Result, 1)
    assert sum(summary["counts"].values()) == len(lines(told / "report.jsonl"))


def test_requests_are_of_the_whole_run(folder: Path) -> None:
    """PUTs and reads of all sessions count, also in the rate, which is over the time there was work."""
    with closing(staged("", 5)) as journal:
        for gets in (3, 4):
            journal.sessions.begin("run", rate=8)
            record(journal, {1: UPDATED, gets: UPDATED})
            journal.sessions.end(seconds=1.2344, gets=gets)

        summary = as_told(write_reports(folder, journal))

    assert summary["requests"] == {"put": 4, "get": 7, "retried": 1}
    assert summary["rate"] == {"configured": 8.0, "achieved": 4.46}
    assert summary["duration_s"] == 2.469
    assert summary["started_at"] <= summary["finished_at"]


def test_a_run_that_sent_nothing(folder: Path) -> None:
    """Without a session there is no pace, and no time but that of its staging."""
    with closing(staged("", 1)) as journal:
        summary = as_told(write_reports(folder, journal))

    assert summary["requests"] == {"put": 0, "get": 0, "retried": 0}
    assert summary["rate"] == {"configured": None, "achieved": None}
    assert (summary["started_at"], summary["finished_at"]) == (RUN.created_at, RUN.created_at)
    assert summary["duration_s"] == 0


def test_files_are_those_that_were_written(folder: Path, journal: Journal) -> None:
    """Each file is named with its path, itself included, and no other one is there."""
    summary = as_told(write_reports(folder, journal))

    assert summary["files"] == {path.name: str(path) for path in folder.iterdir()}
    assert set(summary["files"]) >= {"report.jsonl", "report.csv", "report.html", "summary.json"}


def test_files_that_have_no_rows_are_not_named(folder: Path) -> None:
    """A job that is done has nothing to mend and nothing left."""
    with closing(staged("", 1)) as journal:
        deliver(journal, {1: UPDATED})

        summary = as_told(write_reports(folder, journal))

    assert not {"failed.csv", "unprocessed.csv"} & set(summary["files"])


def test_reasons_are_told_with_their_rows(told: Path) -> None:
    """What is not done is counted by reason, for whoever prints it."""
    summary = orjson.loads((told / "summary.json").read_bytes())

    assert sorted(
        (entry["result"], entry["reason"], entry["rows"]) for entry in summary["reasons"] if entry["reason"]
    ) == [
        ("failed", "throttled", 1),
        ("invalid", "unknown_status", 1),
        ("rejected", "refused", 1),
        ("unknown", "timeout", 1),
    ]


def test_a_run_that_died_has_no_end_before_its_start(folder: Path) -> None:
    """Of a session that never ended, no end is made up."""
    with closing(staged("", 1)) as journal:
        journal.sessions.begin("run", rate=10)

        summary = as_told(write_reports(folder, journal))

    assert summary["finished_at"] is None or summary["finished_at"] >= summary["started_at"]


def test_reporting_changes_nothing(tmp_path: Path) -> None:
    """Reports are a function of the journal: written twice they are the same, and it is as before."""
    (tmp_path / "folder").mkdir()
    with closing(night(tmp_path / "journal.sqlite")) as journal:
        fates = list(journal.results.all())
        first, second = (_digests(tmp_path / "folder", journal) for _ in range(2))

        assert first == second
        assert list(journal.results.all()) == fates
        assert summarise(journal).files == {}


def _digests(folder: Path, journal: Journal) -> dict[str, str]:
    write_reports(folder, journal)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
