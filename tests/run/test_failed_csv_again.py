"""failed.csv goes back into `run` as it is, and asks for exactly what was asked the first time."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from presence_worker.sandbox import Sandbox
from tests.raw_server import RawServer, answer

from .given import Row, Worker, for_associates, raw_up, read_csv, wishes, write_csv

MESSAGES = (
    "=1+1",
    "+46 8 123 45",
    "-5 grader",
    "@SUM(A1)",
    "'=quoted",
    "''",
    "'",
    "＝full width",
    'a "b"; c, d\te|f',
    "first\nsecond\r\n-third",
    "",
    "å",
)
JOB: list[Row] = [(number, "Away", message) for number, message in enumerate(MESSAGES, 1)]
NOT_NOW = answer(503)
NEVER = answer(400)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """One try for each row, and no matter how many fail."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ATTEMPTS", "1")
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_FAILURES", "none")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_what_was_refused_is_asked_again_to_the_letter(
    delimiter: str, worker_on: Callable[[RawServer], Worker]
) -> None:
    """Formulas, quotes and line breaks come back as they were; when the service takes them, all is done."""
    refused = dict.fromkeys(range(2, len(JOB) + 1), NEVER)  # the first row shows that the service is there
    with raw_up(for_associates(refused)) as server:
        worker = worker_on(server)
        first = worker("run", write_csv(worker.folder / "job.csv", JOB, delimiter))
        asked = wishes(server)
        refused.clear()

        second = worker.follow(first)

    assert (first.code, second.code) == (3, 0)
    assert sorted(wishes(server)[len(JOB) :]) == sorted(asked)[1:]
    assert [message for _, _, message in sorted(asked)] == list(MESSAGES)
    assert second.summary["input"]["delimiter"] == delimiter


def test_a_mended_one_is_done(worker: Worker, sandbox: Sandbox) -> None:
    """Whoever mends the rows in the file, and leaves our columns in it, is through."""
    rows: list[Row] = [("1x", "Away", "=a"), (2, "Awy", "-b"), (3, "Normal", ""), (4, "Away", "c" * 256)]
    ended = worker("run", write_csv(worker.folder / "job.csv", rows))
    failed = worker.folder_of(ended) / "failed.csv"
    content = failed.read_text("utf-8-sig")

    failed.write_text(content.replace("1x", "1").replace("Awy", "Away").replace("c" * 256, "c"), "utf-8-sig")
    again = worker.follow(ended)

    assert (ended.code, ended.summary["counts"]["invalid"]) == (3, 3)
    assert (again.code, again.summary["counts"]["updated"]) == (0, 3)
    assert [(number, message) for number, _, message in sorted(wishes(sandbox))] == [
        (1, "=a"),
        (2, "-b"),
        (3, ""),
        (4, "c"),
    ]


@pytest.mark.parametrize("cell", ["-5", "=5", "@5", "'5", "\t5x", "５"])
def test_an_id_that_looks_like_a_formula_comes_back(cell: str, worker: Worker) -> None:
    """The id cell, too, is the one that was asked for, and is wrong for the same reason again and again."""
    ended = worker("run", write_csv(worker.folder / "job.csv", [(1, "Away", ""), (cell, "Away", "")]))
    details = []

    for _ in range(2):
        details.append(read_csv(worker.folder_of(ended) / "failed.csv")[0]["_detail"])
        ended = worker.follow(ended)

    assert ended.code == 3
    assert len(set(details)) == 1


@pytest.mark.parametrize("settings", [{"FORMAT": "json"}, {"FORMAT": "jsonl", "DELIMITER": ";"}])
def test_it_is_read_as_csv_whatever_the_job_was(
    settings: dict[str, str], worker: Worker, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings that told how to read the job do not keep failed.csv from being read."""
    for name, value in settings.items():
        monkeypatch.setenv(f"PRESENCE_WORKER_INPUT__{name}", value)
    rows = [{"associateId": 1, "status": "Away"}, {"associateId": 4711, "status": "Away", "message": "=Ö"}]
    text = json.dumps(rows) if settings["FORMAT"] == "json" else "\n".join(map(json.dumps, rows))
    (worker.folder / "job").write_text(text, "utf-8")

    again = worker.follow(worker("run", "job"))

    assert (again.code, again.summary["counts"]["rejected"]) == (3, 1)
    assert wishes(sandbox)[1:] == [(4711, "StatusNotAvailable", "=Ö")] * 2


@pytest.mark.parametrize("delimiter", ["^", "tab", ";"])
def test_it_keeps_an_odd_delimiter(delimiter: str, worker: Worker) -> None:
    """A job cut by what we had to be told of is followed by a command that tells it again."""
    cut = {"tab": "\t"}.get(delimiter, delimiter)
    job = write_csv(worker.folder / "job.csv", [(1, "Away", ""), (4711, "Away", "x,y")], cut)

    again = worker.follow(worker("run", job, "--delimiter", delimiter))

    assert (again.code, again.summary["counts"]["rejected"]) == (3, 1)
    assert again.summary["input"]["delimiter"] == cut


@pytest.mark.parametrize("read_before", ["auto", "off"])
def test_people_named_by_email_come_back_so(read_before: str, worker: Worker, sandbox: Sandbox) -> None:
    """Names come back as they were, in their own column, and are looked up whatever else is read."""
    text = "E-mail,status\nUser7@Example.com,Away\nnobody@example.com,Away\n=a@example.com,Away\nuser8,Away\n"
    (worker.folder / "job.csv").write_text(text)
    worker.read_before = read_before
    ended = worker("run", "job.csv")

    again = worker.follow(ended)

    failed = read_csv(worker.folder_of(again) / "failed.csv")
    assert (ended.code, again.code) == (3, 3)
    assert wishes(sandbox) == [(7, "StatusNotAvailable", "")]
    assert again.summary["reasons"] == ended.summary["reasons"]
    assert [(row["E-mail"], row["_reason"]) for row in failed] == [
        ("nobody@example.com", "unknown_identity"),
        ("'=a@example.com", "unknown_identity"),
        ("user8", "no_identity"),
    ]


def test_rows_with_cells_beyond_the_header_stay_so(worker: Worker) -> None:
    """A ragged row keeps its cells, so that nobody mends what was cut off in silence."""
    (worker.folder / "job.csv").write_text("associateId,status\n1,Away\n2,Away,-more\n", "utf-8")
    ended = worker("run", "job.csv")

    line = (worker.folder_of(ended) / "failed.csv").read_text("utf-8-sig").splitlines()[1]
    again = worker.follow(ended)

    assert line.startswith("2,Away,invalid,ragged_row,")
    assert line.endswith(",'-more")
    assert again.summary["reasons"] == ended.summary["reasons"]


def test_unprocessed_csv_goes_back_likewise(worker: Worker, sandbox: Sandbox) -> None:
    """What was held can be sent as a job of its own as well."""
    held = worker("run", write_csv(worker.folder / "job.csv", JOB), "--max-changes", "3")

    again = worker("run", worker.folder_of(held) / "unprocessed.csv")

    assert (held.code, again.code) == (5, 0)
    assert [(number, message) for number, _, message in sorted(wishes(sandbox))] == [
        (number, message) for number, _, message in JOB
    ]


def test_failed_and_unknown_rows_are_in_it(worker_on: Callable[[RawServer], Worker], tmp_path: Path) -> None:
    """Who prefers the file to `resume` finds those rows in it as well."""
    with raw_up(for_associates({2: NOT_NOW, 3: answer(500)})) as server:
        worker = worker_on(server)
        ended = worker("run", write_csv(tmp_path / "job.csv", JOB))

    rows = read_csv(worker.folder_of(ended) / "failed.csv")

    assert [(row["associateId"], row["_result"]) for row in rows] == [("2", "failed"), ("3", "unknown")]
    assert ended.summary["next"].startswith("presence-worker resume ")


def test_what_was_said_of_the_job_does_not_spoil_it(
    worker: Worker, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A title, comments and an odd delimiter were the job's: the printed command reads what we wrote."""
    for name, value in {"SKIP_LINES": "2", "COMMENT": "#", "ENCODING": "cp1252"}.items():
        monkeypatch.setenv(f"PRESENCE_WORKER_INPUT__{name}", value)
    text = 'sep=^\nLeave "2026"\nassociateId^status^message^\n#1^Away^x^\n^^^\n2^Away^Å^\n4711^Away^# Å;,^\n'
    (worker.folder / "job").write_bytes(text.encode("cp1252"))
    ended = worker("run", "job")

    again = worker.follow(ended)

    assert (ended.code, ended.summary["input"]["delimiter"]) == (3, "^")
    assert "empty rows skipped: 1" in ended.summary["notes"]
    assert (again.code, again.summary["counts"]["rejected"]) == (3, 1)
    assert wishes(sandbox)[1:] == [(4711, "StatusNotAvailable", "# Å;,")] * 2
