"""`plan` and `apply`: what would change is shown, and exactly that is sent, to nobody who has moved."""

import itertools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from presence_worker.model import NOT_PRESENT, PRESENT
from tests.raw_server import answer

from .crm import Crm, Held, absent, here, looked_at, queries
from .given import Ended, On, Row, Worker, away, next_words, raw_up, read_csv, read_report, results, write_csv
from .test_resume import age

ILL: Held = (NOT_PRESENT, "ill")


@pytest.fixture
def crm() -> Crm:
    """Three who are away as the job has it, three who are here."""
    return Crm(absent(range(1, 4)) | here(range(4, 7)))


def plan(worker: Worker, rows: Sequence[Row] | None = None, *options: str) -> Ended:
    return worker("plan", write_csv(worker.folder / "job.csv", rows or away(range(1, 7))), *options)


def held_back(worker: Worker) -> Ended:
    """Run a job that is one change too many."""
    return worker("run", write_csv(worker.folder / "job.csv", away(range(1, 7))), "--max-changes", "2")


def reasons(worker: Worker, ended: Ended) -> list[tuple[str, str | None]]:
    return [(line["result"], line["reason"]) for line in read_report(worker.folder_of(ended))]


# -- plan ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("plan",), ("run", "--dry-run")])
def test_a_plan_sends_nothing(words: tuple[str, ...], crm: Crm, on: On) -> None:
    """It reads, tells what would change, and is kept; `run --dry-run` is the same."""
    with raw_up(crm) as server:
        worker = on(server)
        command, *options = words

        ended = worker(command, write_csv(worker.folder / "job.csv", away(range(1, 7))), *options)

    summary = ended.summary
    assert (ended.code, summary["state"], server.puts) == (0, "planned", [])
    assert summary["message"].startswith("3 changes planned. Nothing was sent. Check the")
    assert (summary["counts"]["unchanged"], summary["counts"]["not_sent"]) == (3, 3)
    assert [(each["associate_id"], each["before_status"], each["status"]) for each in summary["changes"]] == [
        (number, PRESENT, NOT_PRESENT) for number in (4, 5, 6)
    ]
    assert next_words(ended)[:2] == ["apply", summary["run_id"]]


def test_a_plan_has_reports(crm: Crm, on: On) -> None:
    """What holds already, what waits, and what was there before."""
    with raw_up(crm) as server:
        worker = on(server)

        ended = plan(worker, [*away(range(1, 7)), ("x", "Away", "")])

    folder = worker.folder_of(ended)
    lines = read_report(folder)
    assert [line["result"] for line in lines] == ["unchanged"] * 3 + ["not_sent"] * 3 + ["invalid"]
    assert [line["before_status"] for line in lines] == [NOT_PRESENT] * 3 + [PRESENT] * 3 + [None]
    assert [row["associateId"] for row in read_csv(folder / "unprocessed.csv")] == ["4", "5", "6"]
    assert (folder / "report.html").exists()


def test_nothing_to_change(crm: Crm, on: On) -> None:
    """Exit 0 all the same, and nothing to be done next."""
    with raw_up(crm) as server:
        worker = on(server)

        ended = plan(worker, away(range(1, 4)))

    assert (ended.code, ended.summary["next"]) == (0, None)
    assert ended.summary["message"] == "Nothing to change. Nothing was sent."


def test_a_plan_may_be_held(crm: Crm, on: On) -> None:
    """Exit 5 where it is too much; `apply` sends it."""
    with raw_up(crm) as server:
        worker = on(server)

        held = plan(worker, None, "--max-changes", "2")
        sent = len(server.puts)
        applied = worker.follow(held)

    assert (held.code, held.summary["state"], sent) == (5, "held", 0)
    assert (applied.code, len(server.puts)) == (0, 3)


def test_a_plan_may_be_refused(crm: Crm, on: On) -> None:
    """Exit 4 where the file is no good; nothing is even read."""
    with raw_up(crm) as server:
        worker = on(server)

        ended = plan(worker, [("x", "Away", "")] * 5)

    assert (ended.code, ended.summary["state"], server.requests) == (4, "refused", [])


@pytest.mark.parametrize("how", ["auto", "each", "query", "off"])
def test_a_plan_that_cannot_read_is_none(how: str, crm: Crm, on: On) -> None:
    """Exit 6, whatever `read_before` says: it would show nothing; resumed, it is a plan still."""
    crm.on_query = crm.on_every_get = answer(403)
    with raw_up(crm) as server:
        worker = on(server)
        worker.read_before = how
        stopped = plan(worker)
        crm.on_query = crm.on_every_get = None

        resumed = worker.follow(stopped)

    assert (stopped.code, stopped.summary["state"]) == (6, "stopped")
    assert "nothing was sent" in stopped.summary["message"]
    assert (resumed.code, resumed.summary["state"], server.puts) == (0, "planned", [])


def test_a_plan_cut_off_by_an_outage_stays_a_plan(crm: Crm, on: On, monkeypatch: pytest.MonkeyPatch) -> None:
    """And it cannot be applied before it is one."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__OUTAGE_PATIENCE", "50ms")
    crm.on_every_get = answer(503)
    with raw_up(crm) as server:
        worker = on(server)
        stopped = plan(worker)
        refused = worker("apply", stopped.summary["run_id"])
        crm.on_every_get = None

        resumed = worker.follow(refused)
        sent = len(server.puts)
        applied = worker.follow(resumed)

    assert (stopped.code, refused.code, resumed.code, sent) == (6, 2, 0, 0)
    assert next_words(refused)[0] == "resume"
    assert (resumed.summary["state"], applied.code, len(server.puts)) == ("planned", 0, 3)


def test_a_plan_reads_although_runs_do_not(crm: Crm, on: On) -> None:
    """`read_before = off` is about runs; a plan without reading would be none."""
    with raw_up(crm) as server:
        worker = on(server)
        worker.read_before = "off"

        ended = plan(worker)

    assert (ended.summary["counts"]["unchanged"], queries(server) > 0) == (3, True)


def test_planning_twice_makes_two_plans(crm: Crm, on: On) -> None:
    """Each can be applied; whoever comes second finds that all is done."""
    with raw_up(crm) as server:
        worker = on(server)
        first, second = plan(worker), plan(worker)

        newer = worker.follow(second)
        older = worker.follow(first)

    assert (newer.code, len(server.puts)) == (0, 3)
    assert reasons(worker, older)[3:] == [("rejected", "moved_since_run")] * 3


# -- apply ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fate", ["changed", "gone"])
def test_exactly_the_plan_is_sent(fate: str, crm: Crm, on: On) -> None:
    """Whatever became of the file: what was looked at is what is sent."""
    with raw_up(crm) as server:
        worker = on(server)
        planned = plan(worker)
        path = worker.folder / "job.csv"
        if fate == "gone":
            path.unlink()
        else:
            write_csv(path, [(each, PRESENT, "") for each in range(1, 100)])

        applied = worker.follow(planned)

    assert (applied.code, applied.summary["run_id"]) == (0, planned.summary["run_id"])
    assert results(worker.folder_of(applied)) == ["unchanged"] * 3 + ["updated"] * 3
    assert crm.held == absent(range(1, 7))


@pytest.mark.proves("a user changes between `plan` and `apply`")
@pytest.mark.parametrize("make", [plan, held_back])
def test_who_has_moved_is_not_overwritten(make: Callable[[Worker], Ended], crm: Crm, on: On) -> None:
    """Apply reads again what was read: who moved is left alone, who got there by himself is fine."""
    with raw_up(crm) as server:
        worker = on(server)
        waiting = make(worker)
        crm.held |= {4: ILL, 5: (NOT_PRESENT, "back on 5")}

        applied = worker.follow(waiting)

    lines = read_report(worker.folder_of(applied))
    assert [(line["result"], line["reason"]) for line in lines[3:]] == [
        ("rejected", "moved_since_plan"),
        ("unchanged", None),
        ("updated", None),
    ]
    assert [line["before_status"] for line in lines[3:]] == [NOT_PRESENT, NOT_PRESENT, PRESENT]
    assert (applied.code, len(server.puts), crm.held[4]) == (3, 1, ILL)


def test_a_comment_that_moved_counts(crm: Crm, on: On) -> None:
    """Somebody who is away for another reason by now has moved; a comment beside present never counts."""
    crm.held |= {4: ILL, 5: (PRESENT, "old")}
    with raw_up(crm) as server:
        worker = on(server)
        planned = plan(worker)
        crm.held |= {4: (NOT_PRESENT, "on leave"), 5: (PRESENT, "new")}

        applied = worker.follow(planned)

    assert reasons(worker, applied)[3:] == [
        ("rejected", "moved_since_plan"),
        ("updated", None),
        ("updated", None),
    ]


def test_who_has_left_meanwhile_is_not_written_to(crm: Crm, on: On) -> None:
    """Somebody who is gone, or inactive by now, is rejected as in any run."""
    with raw_up(crm) as server:
        worker = on(server)
        planned = plan(worker)
        del crm.held[4]
        crm.cells = {5: {"isActive": False}}

        applied = worker.follow(planned)

    assert reasons(worker, applied)[3:] == [
        ("rejected", "unknown_associate"),
        ("rejected", "inactive_associate"),
        ("updated", None),
    ]


def test_what_was_held_without_reading_is_just_sent(crm: Crm, on: On) -> None:
    """There is nothing to compare with."""
    with raw_up(crm) as server:
        worker = on(server)
        worker.read_before = "off"
        held = held_back(worker)
        crm.held[4] = ILL

        applied = worker.follow(held)

    assert (held.code, applied.code) == (5, 0)
    assert {request.method for request in server.requests} == {"PUT"}
    assert results(worker.folder_of(applied)) == ["updated"] * 6


@pytest.mark.parametrize("refused", [["on_every_get"], ["on_query", "on_every_get"]])
def test_what_cannot_be_read_again_is_not_sent(refused: list[str], crm: Crm, on: On) -> None:
    """Exit 6, also where only a comment is not to be had; `resume` compares and sends what the plan has."""
    crm.held[5] = ILL
    with raw_up(crm) as server:
        worker = on(server)
        planned = plan(worker)
        for name in refused:
            setattr(crm, name, answer(403))
        stopped = worker.follow(planned)
        sent = len(server.puts)
        crm.on_query = crm.on_every_get = None
        crm.held[4] = ILL

        resumed = worker.follow(stopped)

    assert (stopped.code, sent) == (6, 0)
    assert reasons(worker, resumed)[3:] == [("rejected", "moved_since_plan"), *[("updated", None)] * 2]


def test_a_plan_of_whom_only_the_status_is_known(crm: Crm, on: On) -> None:
    """Where single reads are not to be had, what the query says is compared."""
    crm.held |= {4: ILL, 5: ILL}
    crm.on_every_get = answer(403)
    with raw_up(crm) as server:
        worker = on(server)
        planned = plan(worker)
        crm.held |= {4: (PRESENT, "")}

        applied = worker.follow(planned)

    assert planned.summary["counts"]["not_sent"] == 6
    assert reasons(worker, applied)[3:] == [
        ("rejected", "moved_since_plan"),
        ("updated", None),
        ("updated", None),
    ]


def test_a_plan_is_applied_once(crm: Crm, on: On) -> None:
    """The second time there is nothing left that waits."""
    with raw_up(crm) as server:
        worker = on(server)
        planned = plan(worker)
        worker.follow(planned)

        again = worker.follow(planned)

    assert (again.code, len(server.puts)) == (2, 3)
    assert "only a planned or held run can be applied" in again.summary["message"]


def test_a_plan_that_is_too_old_is_refused(crm: Crm, on: On) -> None:
    """People have come and gone; whoever knows better says --any-age, and it is compared all the same."""
    with raw_up(crm) as server:
        worker = on(server)
        age(worker.folder_of(plan(worker)))
        crm.held[4] = ILL

        refused = worker("apply", "last")
        applied = worker.follow(refused)

    assert (refused.code, "--any-age" in refused.summary["next"]) == (2, True)
    assert [line["reason"] for line in read_report(worker.folder_of(applied))[3:]] == [
        "moved_since_plan",
        None,
        None,
    ]


def test_what_a_later_run_wrote_is_left_alone(crm: Crm, on: On) -> None:
    """Also where it holds what the plan was made on: the later run meant it."""
    with raw_up(crm) as server:
        worker = on(server)
        planned = plan(worker)
        worker("run", write_csv(worker.folder / "later.csv", [(4, NOT_PRESENT, "later")]))
        worker("run", write_csv(worker.folder / "later.csv", [(4, PRESENT, "")]))

        applied = worker.follow(planned)

    assert reasons(worker, applied)[3:] == [("rejected", "moved_since_run"), *[("updated", None)] * 2]
    assert looked_at(server).count(4) == 1  # by the second of the later runs


@pytest.mark.skipif(sys.platform == "win32", reason="paths differ")
def test_the_plan_of_a_pipe(crm: Crm, on: On, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stored: what came through a pipe can be applied later."""
    with raw_up(crm) as server:
        worker = on(server)
        path = write_csv(worker.folder / "job.csv", away(range(1, 7)))
        with Path(path).open() as pipe:
            monkeypatch.setattr("sys.stdin", pipe)
            planned = worker("plan", "-")

        applied = worker.follow(planned)

    assert (planned.code, applied.code, len(server.puts)) == (0, 0, 3)


@pytest.mark.parametrize("seed", range(6))
def test_applying_amid_other_people_s_work(seed: int, on: On) -> None:
    """Whatever others did since the plan, in every combination: nothing of theirs is overwritten."""
    states: list[Held] = [(PRESENT, ""), ILL, (NOT_PRESENT, "on leave")]
    before = list(itertools.product(states, states))[seed::6]
    crm = Crm({number: pair[0] for number, pair in enumerate(before, 1)})
    wanted: list[Row] = [(number, NOT_PRESENT, "on leave") for number in crm.held]
    with raw_up(crm) as server:
        worker = on(server)
        planned = plan(worker, wanted)
        crm.held |= {number: pair[1] for number, pair in enumerate(before, 1)}
        then = dict(crm.held)

        worker("apply", planned.summary["run_id"])

    written = {int(put.path.split("/")[-2]) for put in server.puts}
    assert written == {n for n, (was, now) in enumerate(before, 1) if was == now != states[2]}
    assert all(crm.held[number] == then[number] for number in then.keys() - written)
