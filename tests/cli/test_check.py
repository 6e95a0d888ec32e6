"""`check`: says what `run` would say, and leaves no trace."""

import shutil
from pathlib import Path

import pytest

from presence_worker.sandbox import Sandbox
from tests.run.given import Row, Worker, away, write_csv

MESSY = Path(__file__).parents[2] / "config" / "examples" / "messy.csv"


@pytest.mark.parametrize(
    ("text", "code", "state"),
    [
        ("1,Away\n2,Normal\n", 0, "checked"),
        ("1,Away\nx,Away\n", 3, "checked"),
        ("1,Away\n1,Normal\n", 3, "checked"),
        ("x,Away\n" * 6, 4, "refused"),
        ("", 4, "refused"),
        ('1,"Away\n', 4, "refused"),
    ],
)
def test_it_ends_as_run_would_and_leaves_no_trace(
    text: str, code: int, state: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0, 3 or 4, without a target or credentials; nothing is stored, not even a directory."""
    monkeypatch.delenv("PRESENCE_WORKER_AUTH__USERNAME")
    monkeypatch.delenv("PRESENCE_WORKER_AUTH__PASSWORD")
    Path("job.csv").write_text(f"associateId,status\n{text}")

    ended = worker.call("check", "job.csv", "--state-dir", str(worker.state), "--json")

    summary = ended.summary
    assert (ended.code, summary["exit_code"], summary["state"], summary["run_id"]) == (
        code,
        code,
        state,
        None,
    )
    assert [path.name for path in worker.folder.iterdir()] == ["job.csv"]
    assert not [path for path in Path.home().rglob("*") if path.is_file()]
    assert (summary["next"] is None) == (code == 0)


def test_it_sends_nothing(worker: Worker, sandbox: Sandbox) -> None:
    """Also where a target is configured, it is not asked."""
    ended = worker("check", write_csv(worker.folder / "job.csv", away([1])))

    assert (ended.code, ended.summary["target"], list(sandbox.record)) == (0, None, [])


def test_it_names_each_row_that_is_wrong(worker: Worker) -> None:
    """Where, and what is wrong with it; `run` counts the same."""
    shutil.copy(MESSY, "messy.csv")

    checked = worker("check", "messy.csv")
    ran = worker("run", "messy.csv")

    assert [(fault["line"], fault["reason"]) for fault in checked.summary["faults"]] == [
        (5, "bad_associate_id"),
        (10, "unknown_status"),
        (16, "status_not_allowed"),
        (23, "message_too_long"),
        (29, "control_characters"),
        (42, "conflict"),
        (65, "conflict"),
        (76, "ragged_row"),
    ]
    assert (checked.code, ran.code) == (3, 3)
    assert checked.summary["counts"]["invalid"] == ran.summary["counts"]["invalid"]
    assert checked.summary["notes"] == ran.summary["notes"]
    assert [note for note in checked.summary["notes"] if "beside StatusNormal" in note]


def test_people_see_the_rows_as_well(worker: Worker) -> None:
    """There is no report to look into: the lines are on the screen, fifty of them."""
    wrong: list[Row] = [(f"x{number}", "Away", "") for number in range(60)]
    rows = [*away(range(1, 1000)), *wrong]

    ended = worker.call("check", str(write_csv(worker.folder / "job.csv", rows)))

    assert ended.code == 3
    assert "  line 1001: found 'x0' as associateId; expected a whole number from 1 to" in ended.out
    assert "line 1050: found 'x49'" in ended.out
    assert "line 1051:" not in ended.out
    assert "  and 10 more, which --json names" in ended.out
    assert "      999  not_sent   to be sent" in ended.out
    assert "resume" not in ended.out


def test_very_many_faults_are_counted_and_the_first_named(worker: Worker) -> None:
    """A broken export does not make a summary of megabytes."""
    rows: list[Row] = [(f"x{number}", "Away", "") for number in range(1200)]

    ended = worker("check", write_csv(worker.folder / "job.csv", rows), "--max-invalid", "none")

    assert (len(ended.summary["faults"]), ended.summary["counts"]["invalid"]) == (1000, 1200)


@pytest.mark.parametrize(
    ("rows", "words", "number"),
    [([1], "The one row can be sent", "1 row"), ([1, 2], "All 2 rows can be sent", "2 rows")],
)
def test_a_job_without_fault_is_said_to_be_one(
    rows: list[int], words: str, number: str, worker: Worker
) -> None:
    """A short answer, and how the file was read."""
    job = write_csv(worker.folder / "job.csv", away(rows), "\t")

    ended = worker.call("check", str(job))

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"{words}\nInput: {job}: {number}, csv, utf-8, delimiter tab\n")


def test_people_named_otherwise_are_not_looked_up(worker: Worker, sandbox: Sandbox) -> None:
    """What is right with a job of logins is said with the one thing `check` cannot know."""
    Path("job.csv").write_text("login,status\nanna,Away\nbo,Away\nANNA,Away\n")

    ended = worker("check", "job.csv")

    summary = ended.summary
    assert (ended.code, summary["message"]) == (
        0,
        "All 3 rows can be sent, if SuperOffice knows whom they name",
    )
    assert summary["notes"] == ["whom each login means is looked up by `plan` or `run`, not by `check`"]
    assert (summary["counts"]["duplicate"], summary["counts"]["not_sent"]) == (1, 2)
    assert list(sandbox.record) == []


def test_the_same_name_twice_is_told_early(worker: Worker) -> None:
    """Rows with one name, in whatever case, that disagree need not wait for SuperOffice to be seen."""
    Path("job.csv").write_text("mail,status\nå@x.no,Away\nb@x.no,Away\nÅ@X.NO,Normal\nc,Away\n", "utf-8")

    ended = worker("check", "job.csv")

    faults = [(fault["line"], fault["identity"], fault["reason"]) for fault in ended.summary["faults"]]
    assert ended.code == 3
    assert faults == [(2, "å@x.no", "conflict"), (4, "Å@X.NO", "conflict"), (5, "c", "no_identity")]
    assert ended.summary["notes"] == [
        "whom each e-mail address means is looked up by `plan` or `run`, not by `check`"
    ]


def test_too_many_names_that_clash_are_refused(worker: Worker) -> None:
    """They count as `run` would count them."""
    rows = "".join(f"anna{i},Away\nanna{i},Normal\n" for i in range(3))
    Path("job.csv").write_text(f"login,status\n{rows}")

    ended = worker("check", "job.csv")

    assert (ended.code, ended.summary["state"]) == (4, "refused")
    assert ended.summary["message"].startswith("6 of 6 rows are invalid, more than safety.max_invalid")


def test_only_a_job_of_names_has_names(worker: Worker) -> None:
    """Where people are named by associateId, nothing is said of names."""
    Path("job.csv").write_text("associateId,status\n1,Away\nx,Away\n")

    ended = worker("check", "job.csv")

    assert (ended.summary["notes"], "identity" in ended.summary["faults"][0]) == ([], False)
