"""The files of a run: which there are, what is in them, and who may read them."""

import csv
import json
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from presence_worker.sandbox import Sandbox
from tests.raw_server import HANG, Act, RawServer, answer

from .given import (
    Ended,
    Row,
    Worker,
    away,
    for_associates,
    raw_up,
    read_csv,
    read_report,
    results,
    wishes,
    write_csv,
)

REPORTS = {"report.csv", "report.html", "report.jsonl", "summary.json"}
ALWAYS = REPORTS | {"journal.sqlite", "run.lock"}
FAILED, UNPROCESSED = {"failed.csv"}, {"unprocessed.csv"}
LINE = [
    *("run_id", "row", "line", "associate_id", "status", "result", "reason", "detail", "http_status"),
    *("attempts", "wire_puts", "duration_ms", "duplicate_of", "before_status", "finished_at"),
]
SUMMARY = [
    *("schema_version", "run_id", "state", "exit_code", "target", "input", "counts", "requests", "rate"),
    *("started_at", "finished_at", "duration_s", "files"),
]
RESULTS = [
    *("updated", "unchanged", "duplicate", "skipped", "invalid", "rejected", "failed", "unknown", "not_sent"),
]
FATE = ["_result", "_reason", "_detail", "_http_status", "_attempts", "_line", "_run"]
NIGHT: dict[int, Act] = {  # what becomes of these associates
    3: answer(404, b'{"ErrorMessage": "=no such associate"}'),
    4: HANG,
    5: answer(503),
}
JOB: list[Row] = [
    (1, "Away", "Sjuk"),
    (1, "Away", "Sjuk"),
    (2, "ledig", "x"),
    (3, "Away", "=1+1"),
    (4, "Away", "@x"),
    (5, "Away", "-y"),
    ("A-17", "Away", "+z"),
    (6, "Normal", "left out"),
]
FATES = [
    ("updated", None),
    ("duplicate", None),
    ("skipped", "ignored_by_mapping"),
    ("rejected", "refused"),
    ("unknown", "timeout"),
    ("failed", "server_error"),
    ("invalid", "bad_associate_id"),
    ("updated", None),
]


@pytest.fixture
def night(worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A service on a bad night, and little patience with it."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ATTEMPTS", "1")
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__TOTAL_TIMEOUT", "0.2")
    monkeypatch.setenv("PRESENCE_WORKER_TARGET__VERIFY_READS", "false")
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__STATUSES", '{"ledig": "ignore"}')
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_FAILURES", "none")
    with raw_up(for_associates(NIGHT)) as server:
        yield worker_on(server)


def files_of(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def finished(worker: Worker) -> Ended:
    return worker("run", write_csv(worker.folder / "job.csv", away(range(1, 6))))


def incomplete(worker: Worker) -> Ended:
    return worker("run", write_csv(worker.folder / "job.csv", [*away(range(1, 6)), (4711, "Away", "")]))


def held(worker: Worker) -> Ended:
    job = write_csv(worker.folder / "job.csv", [*away(range(1, 6)), ("x", "Away", "")])
    return worker("run", job, "--max-changes", "2")


def refused(worker: Worker) -> Ended:
    job = write_csv(worker.folder / "job.csv", [*away(range(1, 6)), ("x", "Away", "")])
    return worker("run", job, "--max-invalid", "0")


def unreadable(worker: Worker) -> Ended:
    return worker("run", "nowhere.csv")


def stopped(worker: Worker) -> Ended:
    job = write_csv(worker.folder / "job.csv", away([1, 4711, *range(2, 6)]))
    return worker("run", job, "--max-failures", "0", "--concurrency", "1")


def resumed(worker: Worker) -> Ended:
    stopped(worker)
    return worker("resume")


def applied(worker: Worker) -> Ended:
    return worker("apply", held(worker).summary["run_id"])


@pytest.mark.parametrize(
    ("end", "code", "state", "more"),
    [
        (finished, 0, "finished", set()),
        (incomplete, 3, "finished", FAILED),
        (held, 5, "held", FAILED | UNPROCESSED),
        (refused, 4, "refused", FAILED | UNPROCESSED),
        (unreadable, 4, "refused", set()),
        (stopped, 6, "stopped", FAILED | UNPROCESSED),
        (resumed, 3, "finished", FAILED),
        (applied, 3, "finished", FAILED),
    ],
)
def test_each_ending_leaves_its_files(
    end: Callable[[Worker], Ended], code: int, state: str, more: set[str], worker: Worker
) -> None:
    """After every ending the reports are there; failed.csv and unprocessed.csv only with rows."""
    ended = end(worker)

    folder, summary = worker.folder_of(ended), ended.summary
    assert (ended.code, summary["exit_code"], summary["state"]) == (code, code, state)
    assert files_of(folder) == ALWAYS | more
    assert {name: Path(path) for name, path in summary["files"].items()} == {
        name: folder / name for name in REPORTS | more
    }
    lines = read_report(folder)
    assert summary["counts"] == {name: Counter(results(folder))[name] for name in RESULTS}
    assert len(lines) == len(read_csv(folder / "report.csv")) == summary["input"]["rows"]
    assert [line["row"] for line in lines] == list(range(1, len(lines) + 1))


def test_summary_json_is_what_was_printed(night: Worker) -> None:
    """The file and the printed object are one, and begin with the fields of the contract in its order."""
    ended = night("run", write_csv(night.folder / "job.csv", JOB))

    kept = json.loads((night.folder_of(ended) / "summary.json").read_bytes())

    assert kept == ended.summary
    assert [name for name in kept if name in SUMMARY] == SUMMARY
    assert {"next", "message"} <= set(kept)
    assert list(kept["input"]) == ["name", "sha256", "rows", "format", "encoding", "delimiter"]
    assert list(kept["counts"]) == RESULTS
    assert list(kept["requests"]) == ["put", "get", "retried"]
    assert list(kept["rate"]) == ["configured", "achieved"]
    assert kept["started_at"] <= kept["finished_at"]
    assert kept["duration_s"] > 0


def test_report_jsonl_tells_each_row(night: Worker) -> None:
    """One object for each input row, in row order, with exactly the contract's fields in its order."""
    ended = night("run", write_csv(night.folder / "job.csv", JOB))

    lines = read_report(night.folder_of(ended))

    assert [list(line) for line in lines] == [LINE] * len(JOB)
    assert [(line["result"], line["reason"]) for line in lines] == FATES
    assert [line["associate_id"] for line in lines] == [1, 1, 2, 3, 4, 5, "A-17", 6]
    assert [line["line"] for line in lines] == list(range(2, 10))
    assert [line["duplicate_of"] for line in lines] == [None, 1, *[None] * 6]
    assert [line["http_status"] for line in lines] == [200, None, None, 404, None, 503, None, 200]
    assert [line["wire_puts"] for line in lines] == [1, 0, 0, 1, 1, 1, 0, 1]
    assert {line["run_id"] for line in lines} == {ended.summary["run_id"]}
    assert sum(line["wire_puts"] for line in lines) == ended.summary["requests"]["put"] == 5


def test_report_csv_is_for_spreadsheets(night: Worker) -> None:
    """The same for people: with a mark that says UTF-8, and no cell that is calculated."""
    ended = night("run", write_csv(night.folder / "job.csv", [*JOB, ("=cmd|'/c calc'!A1", "Away", "")]))

    content = (night.folder_of(ended) / "report.csv").read_bytes()
    rows = read_csv(night.folder_of(ended) / "report.csv")

    assert content.startswith(b"\xef\xbb\xbf")
    assert list(rows[0]) == [name for name in LINE if name != "run_id"]
    assert rows[-1]["associate_id"] == "'=cmd|'/c calc'!A1"
    assert rows[3]["detail"] == "'=no such associate"
    cells = [cell for row in csv.reader(content.decode("utf-8-sig").splitlines()) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]


def test_failed_csv_has_the_input_s_own_columns(night: Worker) -> None:
    """Rows that need somebody, as they came, then what became of them; it is cut as the job was."""
    rows = ["Note;status;associateId;message;", "-1;Away;1;;", "=2;Away;3;=1+1;", "3;Away;x;;"]
    (night.folder / "job.csv").write_text("\n".join([*rows, "4;Away;4;;", "5;Away;5;;"]), "utf-8")

    ended = night("run", "job.csv")

    text = (night.folder_of(ended) / "failed.csv").read_text("utf-8-sig")
    failed = list(csv.DictReader(text.splitlines(), delimiter=";"))
    assert list(failed[0]) == ["Note", "status", "associateId", "message", *FATE]  # the last has no name
    assert [row["associateId"] for row in failed] == ["3", "x", "4", "5"]
    assert (failed[0]["Note"], failed[0]["message"]) == ("'=2", "'=1+1")
    assert [row["_result"] for row in failed] == ["rejected", "invalid", "unknown", "failed"]
    assert [row["_http_status"] for row in failed] == ["404", "", "", "503"]
    assert [row["_line"] for row in failed] == ["3", "4", "5", "6"]


def test_unprocessed_csv_has_the_rows_whose_turn_never_came(worker: Worker) -> None:
    """Of a stopped run the rest is in a file of its own."""
    ended = stopped(worker)

    rows = read_csv(worker.folder_of(ended) / "unprocessed.csv")

    assert rows[-1]["associateId"] == "5"
    assert {row["_result"] for row in rows} == {"not_sent"}
    assert len(rows) == ended.summary["counts"]["not_sent"] > 0


def test_report_html_needs_nothing_else(night: Worker) -> None:
    """One page with all rows; it loads nothing and says what to do next."""
    rows: list[Row] = [*JOB, ("<script>alert(1)</script>", "Away", "")]
    ended = night("run", write_csv(night.folder / "job.csv", rows))

    page = (night.folder_of(ended) / "report.html").read_text("utf-8")

    assert page.count('<tr id="row-') == len(rows)
    assert "<script>alert" not in page
    assert "://" not in page.replace(night.url, "")
    assert "presence-worker resume" in page


def test_messages_are_in_reports_only_where_they_are_wanted(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may be reasons of absence; report.include_messages brings them in."""
    job = write_csv(worker.folder / "job.csv", [(1, "Away", "Singdrossel")])
    usual = worker.folder_of(worker("run", job))
    monkeypatch.setenv("PRESENCE_WORKER_REPORT__INCLUDE_MESSAGES", "true")

    wanted = worker.folder_of(worker("run", job))

    reports = ("report.jsonl", "report.csv", "report.html")
    assert not [name for name in reports if "Singdrossel" in (usual / name).read_text("utf-8")]
    assert [name for name in reports if "Singdrossel" in (wanted / name).read_text("utf-8")] == list(reports)


def test_nobody_else_can_read_them(worker: Worker) -> None:
    """Files are for their owner alone, and so is every directory we made, whatever the umask."""
    before = os.umask(0)
    try:
        stopped(worker)
    finally:
        os.umask(before)

    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (worker.state, *worker.state.rglob("*"))}

    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}


def test_a_report_that_is_written_again_takes_away_what_is_not_true_any_more(worker: Worker) -> None:
    """When the last row is done, failed.csv and unprocessed.csv go."""
    job = write_csv(worker.folder / "job.csv", away(range(1, 6)))
    ended = worker("run", job, "--max-changes", "1")
    folder = worker.folder_of(ended)
    waiting = files_of(folder)

    worker.follow(ended)

    assert waiting == ALWAYS | UNPROCESSED
    assert files_of(folder) == ALWAYS


def test_a_report_that_cannot_be_written_is_all_there_or_as_it_was(worker: Worker, sandbox: Sandbox) -> None:
    """What could be written is whole, nothing half is left, and the next command writes what is missing."""
    ended = finished(worker)
    folder = worker.folder_of(ended)
    whole = {name: (folder / name).read_bytes() for name in ended.summary["files"]}
    (folder / "report.csv").unlink()
    (folder / "report.csv").mkdir()  # in the file's way

    blocked = worker("report", "last")
    left = files_of(folder)
    (folder / "report.csv").rmdir()
    mended = worker.follow(blocked)

    assert (blocked.code, blocked.summary["state"], mended.code) == (6, "stopped", 0)
    assert left == ALWAYS
    assert {name: (folder / name).read_bytes() for name in whole} == whole
    assert len(wishes(sandbox)) == 5


@pytest.mark.parametrize("name", sorted(REPORTS | FAILED))
@pytest.mark.proves("a report is deleted or edited")
def test_a_report_that_is_lost_or_edited_is_written_again(name: str, worker: Worker) -> None:
    """Reports come from the journal alone: spoilt or deleted, they come back as they were."""
    ended = incomplete(worker)
    path = worker.folder_of(ended) / name
    content = path.read_bytes()

    path.write_bytes(b"spoilt")
    codes = [worker("report", ended.summary["run_id"]).code]
    mended = path.read_bytes()
    path.unlink()
    codes.append(worker("report", ended.summary["run_id"]).code)

    assert (codes, mended == content, path.read_bytes() == content) == ([0, 0], True, True)
