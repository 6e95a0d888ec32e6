"""A label: the caller's own reference, kept with the run."""

from pathlib import Path

import pytest

from tests.run.given import Ended, Worker, away, next_words, write_csv

LABEL = "HR ticket 4711, night of Ærø"


def job(worker: Worker) -> Path:
    return write_csv(worker.folder / "job.csv", away([1, 2]))


def planned(worker: Worker) -> Ended:
    return worker("plan", job(worker), "--label", LABEL)


@pytest.mark.parametrize("command", ["run", "plan"])
def test_it_is_in_the_summary(command: str, worker: Worker) -> None:
    """The summary has it, and so has the list of runs."""
    ended = worker(command, job(worker), "--label", f"  {LABEL} ")

    (listed,) = worker("runs").summary["runs"]

    assert (ended.summary["label"], listed["label"]) == (LABEL, LABEL)


def test_the_list_shows_it_below_its_run(worker: Worker) -> None:
    """The table keeps its width."""
    worker("run", job(worker), "--label", LABEL)

    lines = worker.call("runs", "--state-dir", str(worker.state)).out.splitlines()

    assert lines[2] == f"  label: {LABEL}"


def test_a_later_command_keeps_it(worker: Worker) -> None:
    """`apply` sends the run under the label it was planned with."""
    applied = worker.follow(planned(worker))

    assert (applied.code, applied.summary["label"]) == (0, LABEL)


def test_a_run_without_one_has_none(worker: Worker) -> None:
    """Neither has one whose label is empty."""
    ended = worker("run", job(worker), "--label", " ")

    assert ended.summary["label"] is None


def test_a_refused_file_keeps_it(worker: Worker) -> None:
    """What could not be read has it as well."""
    ended = worker(
        "run", write_csv(worker.folder / "job.csv", [("x", "?", "")]), "--max-invalid", "0", "--label", LABEL
    )

    assert (ended.code, ended.summary["label"]) == (4, LABEL)


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("x" * 101, "option --label: 101 characters; at most 100 are allowed"),
        ("a\x1b[31mb", "option --label: it has a control character; use one line of plain text"),
        ("a\nb", "option --label: it has a control character; use one line of plain text"),
    ],
)
def test_what_is_not_a_label_is_refused(label: str, words: str, worker: Worker) -> None:
    """Before anything is read or stored."""
    ended = worker("run", job(worker), "--label", label)

    assert (ended.code, ended.summary["message"]) == (2, words)
    assert next_words(ended) == ["run", "--help"]
    assert not (worker.state / "runs").exists()


def test_a_corrected_file_gets_it_again(worker: Worker) -> None:
    """The rows that are wrong belong to the same night."""
    path = write_csv(worker.folder / "job.csv", [*away([1]), ("x", "StatusNotAvailable", "")])

    ended = worker("run", path, "--max-invalid", "none", "--label", LABEL)

    assert next_words(ended)[1].endswith("failed.csv")
    assert next_words(ended)[2:4] == ["--label", LABEL]


def test_credentials_in_it_are_taken_out(worker: Worker) -> None:
    """Reports, lists and the next command show the rest of it."""
    label = "build https://{}ci.example.com/jobs?id=7"
    path = write_csv(worker.folder / "job.csv", [*away([1]), ("x", "StatusNotAvailable", "")])

    ended = worker("run", path, "--max-invalid", "none", "--label", label.format("ann:hunter2@"))
    listed = worker("runs", "--html")

    assert ended.summary["label"] == label.format("")
    assert label.format("") in next_words(ended)
    files = [each.read_bytes() for each in worker.state.rglob("*") if each.is_file()]
    assert not [each for each in files if b"hunter2" in each]
    assert "hunter2" not in ended.out + ended.err + listed.out + listed.err
