"""A failed.csv that comes back: its run is shown as corrected, and only what still is not done stays open."""

import csv
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from presence_worker.journal import JOURNAL
from presence_worker.runs.corrected_rows import CorrectedRuns
from presence_worker.sandbox import Sandbox
from tests.raw_server import Act, RawServer, answer

from .given import Ended, On, Row, Worker, for_associates, raw_up, sandbox_up, write_csv

NEVER = answer(400)
NOT_NOW = answer(500)
JOB: list[Row] = [(1, "Away", ""), ("2x", "Away", ""), ("3x", "Away", ""), (4, "Absnt", "")]


@pytest.fixture(autouse=True)
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """One try for each row, and no matter how many fail or are wrong."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ATTEMPTS", "1")
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_FAILURES", "none")
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_INVALID", "none")


def run(worker: Worker, rows: list[Row], name: str = "job.csv") -> Ended:
    """Run a job of these rows."""
    return worker("run", write_csv(worker.folder / name, rows))


def rows_back(worker: Worker, ended: Ended, name: str = "failed.csv") -> list[dict[str, str]]:
    """Read the rows of a file of a run that can come back."""
    with (worker.folder_of(ended) / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def send_back(worker: Worker, rows: list[dict[str, str]], name: str = "mended.csv") -> Ended:
    """Run such rows, as a person has changed them, under another name."""
    path = worker.folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return worker("run", path)


def right(row: Mapping[str, str]) -> dict[str, str]:
    """Correct what is wrong in a row."""
    number, status = row["associateId"].removesuffix("x"), row["status"].replace("Absnt", "Away")
    return {**row, "associateId": number, "status": status}


def listed(worker: Worker, ended: Ended) -> dict[str, Any]:
    """Give what the list of runs has of one."""
    runs: list[dict[str, Any]] = worker("runs").summary["runs"]
    (found,) = (each for each in runs if each["run_id"] == ended.summary["run_id"])
    return found


def shown(worker: Worker, ended: Ended) -> tuple[int, str | None, bool]:
    """Give how many rows of a run are open, which run corrects it, and whether there is a next command."""
    found = listed(worker, ended)
    return found["open"], found["corrected_by"], found["next"] is not None


def id_of(ended: Ended) -> str:
    return str(ended.summary["run_id"])


def test_a_run_that_nobody_has_corrected(worker: Worker) -> None:
    """All rows that are not done are open, and its next command is shown."""
    first = run(worker, JOB)

    assert shown(worker, first) == (3, None, True)


def test_all_rows_come_back_and_are_done(worker: Worker) -> None:
    """Under whatever name: nothing is open any more, and nothing is left to do."""
    first = run(worker, JOB)

    second = send_back(worker, list(map(right, rows_back(worker, first))), "Feuille 1.csv")

    assert second.code == 0
    assert shown(worker, first) == (0, id_of(second), False)
    assert shown(worker, second) == (0, None, False)
    found = listed(worker, first)
    assert (found["exit_code"], found["done"]) == (3, 1)
    assert found["message"] == f"Corrected by run {id_of(second)}. All rows are done."


def test_some_rows_still_are_not_done(worker: Worker) -> None:
    """They stay open, and the later run says what to do: the next command of the first one is gone."""
    first = run(worker, JOB)
    two, *others = rows_back(worker, first)

    second = send_back(worker, [right(two), *others])

    assert shown(worker, first) == (2, id_of(second), False)
    assert shown(worker, second) == (2, None, True)


def test_a_failed_csv_of_a_failed_csv(worker: Worker) -> None:
    """It names the newest run; both earlier ones are corrected by it, and have nothing open."""
    first = run(worker, JOB)
    two, *others = rows_back(worker, first)
    second = send_back(worker, [right(two), *others])

    third = send_back(worker, list(map(right, rows_back(worker, second))), "again.csv")

    assert {row["_run"] for row in rows_back(worker, second)} == {id_of(second)}
    assert [shown(worker, each) for each in (first, second, third)] == [
        (0, id_of(third), False),
        (0, id_of(third), False),
        (0, None, False),
    ]


def test_a_row_that_was_deleted_stays_open(worker: Worker) -> None:
    """Nobody has corrected it: the first run still says what to do."""
    first = run(worker, JOB)

    second = send_back(worker, list(map(right, rows_back(worker, first)))[1:])

    assert shown(worker, first) == (1, id_of(second), True)


def test_rows_may_be_sorted_and_added(worker: Worker) -> None:
    """A row is known by _run and _line, wherever it stands; a new row is nobody's correction."""
    first = run(worker, JOB)
    rows = [right(row) for row in rows_back(worker, first)]
    new = {**dict.fromkeys(rows[0], ""), "associateId": "7x", "status": "Away"}

    second = send_back(worker, [new, *rows[::-1]])

    assert (shown(worker, first), shown(worker, second)) == ((0, id_of(second), False), (1, None, True))


def test_a_row_that_was_copied_is_done_with_its_copy(worker: Worker) -> None:
    """One row became two: as long as one of them is not done, the first row is open."""
    first = run(worker, JOB)
    two, three, four = map(right, rows_back(worker, first))

    second = send_back(worker, [two, {**two, "associateId": "9x"}, three, four])

    assert shown(worker, first) == (1, id_of(second), False)


@pytest.mark.parametrize("others", [{"_run": "20251123T020000Z-7f3a"}, {"_run": ""}])
def test_rows_of_a_run_that_is_not_known(others: dict[str, str], worker: Worker) -> None:
    """They are sent like all rows, and correct nothing."""
    first = run(worker, JOB)

    second = send_back(worker, [{**right(row), **others} for row in rows_back(worker, first)])

    assert (second.code, shown(worker, first)) == (0, (3, None, True))


def test_a_file_of_before_corrects_nothing(worker: Worker) -> None:
    """It has six columns, and is read as before."""
    first = run(worker, JOB)
    rows = [right(row) for row in rows_back(worker, first)]

    second = send_back(worker, [{name: row[name] for name in row if name != "_run"} for row in rows])

    assert (second.code, shown(worker, first)) == (0, (3, None, True))


def test_without_lines_the_person_counts(worker: Worker) -> None:
    """Who removes _line, and keeps _run: rows whose person is still the same are known."""
    first = run(worker, JOB)
    rows = [right(row) | {"_line": ""} for row in rows_back(worker, first)]

    second = send_back(worker, rows)

    assert shown(worker, first) == (2, id_of(second), True)  # 2x and 3x have other IDs now


def test_half_of_the_rows_and_then_the_others(worker: Worker) -> None:
    """Two corrections of one run add up; the newest one is named."""
    first = run(worker, JOB)
    two, *others = map(right, rows_back(worker, first))

    second = send_back(worker, [two])
    between = shown(worker, first)
    third = send_back(worker, others)

    assert (between, shown(worker, first)) == ((2, id_of(second), True), (0, id_of(third), False))


def test_the_same_rows_twice_count_once(worker: Worker) -> None:
    """A row that is done already is corrected by the run that has done it; the others stay open."""
    first = run(worker, JOB)
    two, *_ = map(right, rows_back(worker, first))

    second = send_back(worker, [two])
    send_back(worker, [two])

    assert shown(worker, first) == (2, id_of(second), True)


def test_what_is_done_stays_done(worker: Worker) -> None:
    """The old failed.csv once more, uncorrected, opens no row again."""
    first = run(worker, JOB)
    second = send_back(worker, list(map(right, rows_back(worker, first))))

    third = send_back(worker, rows_back(worker, first))

    assert (third.code, shown(worker, first)) == (3, (0, id_of(second), False))


def test_a_correction_that_fails_again(worker: Worker) -> None:
    """Its rows are open in both runs, and the later one says what to do."""
    first = run(worker, JOB)

    second = send_back(worker, rows_back(worker, first))

    assert (shown(worker, first), shown(worker, second)) == ((3, id_of(second), False), (3, None, True))


def test_a_plan_corrects_nothing_until_it_is_applied(worker: Worker) -> None:
    """Nothing was sent."""
    first = run(worker, JOB)
    rows = list(map(right, rows_back(worker, first)))
    path = worker.folder / "mended.csv"
    second = send_back(worker, rows[:1])

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    planned = worker("plan", path)
    before = shown(worker, first)
    worker("apply", id_of(planned))

    assert before == (2, id_of(second), True)
    assert shown(worker, first) == (0, id_of(planned), False)


def test_an_undo_opens_the_rows_again(on: On, sandbox: Sandbox) -> None:
    """What the correction had done is taken back; an undo of the undo does it again."""
    worker = on(sandbox)
    first = run(worker, JOB)
    second = send_back(worker, list(map(right, rows_back(worker, first))))
    assert shown(worker, first) == (0, id_of(second), False)

    undone = worker("undo", id_of(second))
    after_undo = shown(worker, first)
    worker("undo", id_of(undone))

    assert undone.code == 0
    assert (after_undo, shown(worker, first)) == ((3, None, True), (0, id_of(second), False))


def test_an_undo_of_some_rows(on: On, sandbox: Sandbox) -> None:
    """Only users that it has put back are open again; others hold what the correction has set."""
    worker = on(sandbox)
    first = run(worker, JOB)
    second = send_back(worker, list(map(right, rows_back(worker, first))))
    run(worker, [(2, "Away", "longer")], "later.csv")

    undone = worker("undo", id_of(second))

    assert (undone.code, shown(worker, first)) == (3, (2, id_of(second), True))


def test_a_resume_after_a_correction(worker_on: Callable[[RawServer], Worker]) -> None:
    """What the correction has set is left alone, and stays done; what it had not is done by the resume."""
    acts: dict[int, Act] = {2: NOT_NOW, 3: NOT_NOW}
    with raw_up(for_associates(acts)) as server:
        worker = worker_on(server)
        first = run(worker, [(1, "Away", ""), (2, "Away", ""), (3, "Away", "")])
        rows = rows_back(worker, first)
        acts.clear()

        second = send_back(worker, [{**rows[0], "message": "until Friday"}])
        between = shown(worker, first)
        resumed = worker("resume", id_of(first))

        assert [row["_result"] for row in rows] == ["unknown", "unknown"]
        assert between == (1, id_of(second), True)
        assert resumed.summary["counts"]["rejected"] == 1  # moved_since_run
        assert shown(worker, first) == (0, id_of(second), False)


def test_a_correction_while_the_first_run_is_stopped(worker_on: Callable[[RawServer], Worker]) -> None:
    """The rows that were not sent are open until the first run is resumed."""
    acts: dict[int, Act] = {5: answer(401)}
    with raw_up(for_associates(acts)) as server:
        worker = worker_on(server)
        first = run(worker, [(5, "Away", ""), (6, "Away", ""), ("7x", "Away", "")])
        acts.clear()

        second = send_back(worker, list(map(right, rows_back(worker, first))))
        between = shown(worker, first)
        worker("resume", id_of(first))

        assert (first.code, first.summary["state"]) == (6, "stopped")
        assert (between, shown(worker, first)) == ((1, id_of(second), True), (0, id_of(second), False))


def test_unprocessed_rows_come_back_too(worker_on: Callable[[RawServer], Worker]) -> None:
    """When all of them are done, there is nothing to resume."""
    acts: dict[int, Act] = {5: answer(401)}
    with raw_up(for_associates(acts)) as server:
        worker = worker_on(server)
        first = run(worker, [(5, "Away", ""), (6, "Away", "")])
        acts.clear()
        both = [*rows_back(worker, first), *rows_back(worker, first, "unprocessed.csv")]

        second = send_back(worker, both)

        assert shown(worker, first) == (0, id_of(second), False)


def test_duplicates_share_the_end_of_their_row(worker_on: Callable[[RawServer], Worker]) -> None:
    """They are not in failed.csv: they are done with the row that they repeat."""
    acts: dict[int, Act] = {5: NEVER}
    with raw_up(for_associates(acts)) as server:
        worker = worker_on(server)
        first = run(worker, [(1, "Away", ""), (5, "Away", ""), (5, "Away", "")])
        before = shown(worker, first)
        acts.clear()

        second = send_back(worker, rows_back(worker, first))

        assert (before, shown(worker, first)) == ((2, None, True), (0, id_of(second), False))


def test_a_conflict_is_decided_by_the_row_that_is_left(worker: Worker) -> None:
    """Who keeps one of two rows for a person has corrected both; who changes its person has not."""
    first = run(worker, [(1, "Away", ""), (2, "Away", ""), (2, "Normal", "")])
    other = run(worker, [(3, "Away", ""), (3, "Normal", "")], "other.csv")

    second = send_back(worker, rows_back(worker, first)[:1])
    third = send_back(worker, [{**rows_back(worker, other)[0], "associateId": "4"}])

    assert shown(worker, first) == (0, id_of(second), False)
    assert shown(worker, other) == (1, id_of(third), True)


def test_rows_that_stand_on_one_line(worker: Worker) -> None:
    """JSON may be one line: a person who stayed the same is certain, and so are all others together."""
    path = worker.folder / "job.json"
    people = [1, "2x", "3x", "4"]
    rows = [{"associateId": person, "status": "Absnt" if person == "4" else "Away"} for person in people]
    path.write_text(json.dumps(rows), "utf-8")
    first = worker("run", path)
    two, three, four = map(right, rows_back(worker, first))

    second = send_back(worker, [four])
    one_of_three = shown(worker, first)
    send_back(worker, [two, four])
    unsure = shown(worker, first)
    last = send_back(worker, [two, three])

    assert one_of_three == (2, id_of(second), True)
    assert unsure[0] == 2
    assert shown(worker, first) == (0, id_of(last), False)


def test_another_target_knows_nothing_of_it(worker: Worker, capsys: pytest.CaptureFixture[str]) -> None:
    """A failed.csv that is sent to another SuperOffice corrects no run of the first one."""
    first = run(worker, JOB)
    with sandbox_up() as other:
        elsewhere = Worker(worker.folder, other.url, capsys)

        second = send_back(elsewhere, list(map(right, rows_back(worker, first))))

    assert (second.code, shown(worker, first)) == (0, (3, None, True))


def test_the_list_shows_it(worker: Worker) -> None:
    """Below its line stands which run corrects it; open rows and the next command are those of today."""
    first = run(worker, JOB)
    second = send_back(worker, list(map(right, rows_back(worker, first))))

    lines = worker.call("runs", "--state-dir", str(worker.state)).out.splitlines()

    place = next(place for place, line in enumerate(lines) if line.startswith(id_of(first)))
    assert lines[place].split()[4:7] == ["4", "4", "0"]
    assert not lines[place].endswith("run")
    assert lines[place + 1] == f"  corrected by {id_of(second)}"


def test_a_damaged_correction_claims_nothing(worker: Worker) -> None:
    """What cannot be read has done nothing, as far as anybody knows."""
    first = run(worker, JOB)
    second = send_back(worker, list(map(right, rows_back(worker, first))))

    (worker.folder_of(second) / JOURNAL).write_bytes(b"no database")

    assert shown(worker, first) == (3, None, True)


def test_the_index_keeps_the_numbers(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journals stay closed until one of them changes."""
    first = run(worker, JOB)
    two, *others = map(right, rows_back(worker, first))
    second = send_back(worker, [two])
    for each in (first, second):
        os.utime(worker.folder_of(each) / JOURNAL, (1e9, 1e9))
    expected = shown(worker, first)

    with monkeypatch.context() as patched:
        patched.setattr(CorrectedRuns, "of", None)  # nothing is asked of it
        kept = shown(worker, first)
    third = send_back(worker, others)

    assert kept == expected == (2, id_of(second), True)
    assert shown(worker, first) == (0, id_of(third), False)


def report_of(worker: Worker, ended: Ended, *options: str) -> str:
    """Give what `report` prints of a run."""
    return worker.call("report", id_of(ended), *options, "--state-dir", str(worker.state)).out


def test_the_report_says_who_has_corrected_it(worker: Worker) -> None:
    """Written again, nothing in it asks for a second correction; its counts stay those of its end."""
    first = run(worker, JOB)
    before = report_of(worker, first)
    second = send_back(worker, list(map(right, rows_back(worker, first))))

    told = worker("report", id_of(first)).summary
    words, page = report_of(worker, first), report_of(worker, first, "--as", "html")

    said = f"Corrected by run {id_of(second)}. All rows are done."
    assert (first.summary["open"], first.summary["corrected_by"]) == (3, None)
    assert (told["open"], told["corrected_by"], told["next"], told["help"]) == (0, id_of(second), None, None)
    assert (told["message"], told["counts"]) == (said, first.summary["counts"])
    assert json.loads(report_of(worker, first, "--as", "json")) == told
    assert ("Needs attention" in before, "failed.csv" in before) == (True, True)
    assert " ".join(words.split()).startswith(said)
    assert not any(each in words for each in ("Needs attention", "failed.csv", "Unknown status values"))
    assert "Nothing to do in this run." in page
    assert not any(each in page for each in ("Needs attention", "then run that file", "Unknown status val"))


def test_the_report_of_a_run_that_is_corrected_in_part(worker: Worker) -> None:
    """The next command stays as long as rows are open here; not when a later run has them."""
    first, other = run(worker, JOB), run(worker, JOB, "other.csv")
    send_back(worker, list(map(right, rows_back(worker, first)))[1:])
    two, *others = rows_back(worker, other)
    later = send_back(worker, [right(two), *others])

    left_here, left_there = worker("report", id_of(first)).summary, worker("report", id_of(other)).summary

    assert (left_here["open"], left_here["next"]) == (1, first.summary["next"])
    assert "then run that file" in report_of(worker, first, "--as", "html")
    assert (left_there["open"], left_there["next"]) == (2, None)
    assert left_there["message"] == (
        f"Corrected by run {id_of(later)}. 2 rows are still not done. Later runs have them."
    )


def test_the_answer_to_hr_leaves_out_what_came_back(worker: Worker) -> None:
    """HR corrects no row twice: not one that is done by now, nor one that a later answer names."""
    first = run(worker, JOB)
    two, *others = rows_back(worker, first)
    send_back(worker, [right(two), others[0]])

    lines = report_of(worker, first, "--as", "text").splitlines()

    assert lines[2] == "Of your 4 rows, 2 are done. 1 needs a correction."
    assert [line for line in lines if line.startswith("  ")] == [
        "  Line 5: we do not know the word for the status.",
        "    Correct the word, or explain to us what it means.",
        "  1 row: the status was changed.",
        "  1 row: done with a later file.",
        "  1 row: came again in a later file. See the answer about that file.",
    ]


def test_resume_takes_no_run_whose_rows_came_back(worker_on: Callable[[RawServer], Worker]) -> None:
    """Without a RUN it goes on with the newest that has rows of its own to send."""
    acts: dict[int, Act] = {2: NOT_NOW, 3: NOT_NOW}
    with raw_up(for_associates(acts)) as server:
        worker = worker_on(server)
        oldest = run(worker, [(1, "Away", ""), (2, "Away", ""), (4, "Away", "")])
        corrected = run(worker, [(1, "Away", ""), (3, "Away", ""), ("5x", "Away", "")], "other.csv")
        rows = rows_back(worker, corrected)
        acts.clear()
        send_back(worker, rows[:1])

        resumed = worker("resume")

        assert [row["_result"] for row in rows] == ["unknown", "invalid"]
        assert id_of(resumed) == id_of(oldest)
