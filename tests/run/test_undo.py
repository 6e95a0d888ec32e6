"""`undo`: status and comment are put back, where our value still holds, and nowhere else."""

from collections.abc import Sequence

import pytest

from presence_worker.model import NOT_PRESENT, PRESENT
from tests.raw_server import CLOSE, answer, applied

from .crm import BACK, Crm, Held, looked_at
from .given import Ended, On, Row, Worker, away, next_words, raw_up, read_csv, read_report, results, write_csv

ILL: Held = (NOT_PRESENT, "ill")


@pytest.fixture
def crm() -> Crm:
    """One who is here, one who is ill, one with a stale comment, one who is away as the job has it."""
    return Crm({1: BACK, 2: ILL, 3: (PRESENT, "stale"), 4: (NOT_PRESENT, "back on 4")})


def run(worker: Worker, rows: Sequence[Row] | None = None, *options: str) -> Ended:
    return worker("run", write_csv(worker.folder / "job.csv", rows or away(range(1, 5))), *options)


def reasons(worker: Worker, ended: Ended) -> list[tuple[int, str, str | None]]:
    lines = read_report(worker.folder_of(ended))
    return [(line["associate_id"], line["result"], line["reason"]) for line in lines]


@pytest.mark.parametrize("how", ["auto", "each"])
def test_status_and_comment_are_put_back(how: str, crm: Crm, on: On) -> None:
    """All is as it was; the comment of who is present is not: it means nothing. It is a run of its own."""
    before = dict(crm.held)
    with raw_up(crm) as server:
        worker = on(server)
        worker.read_before = how
        done = run(worker)

        undone = worker("undo", "last")

    assert crm.held == before | {3: BACK}
    assert reasons(worker, undone) == [(number, "updated", None) for number in (1, 2, 3)]
    assert (undone.code, undone.summary["state"]) == (0, "finished")
    assert undone.summary["run_id"] != done.summary["run_id"]
    assert undone.summary["input"]["name"] == f"undo of {done.summary['run_id']}"
    assert len(server.puts) == 6


def test_the_report_tells_both_sides(crm: Crm, on: On) -> None:
    """What it was before the undo is what the run had set."""
    with raw_up(crm) as server:
        worker = on(server)
        run(worker)

        undone = worker("undo", "last")

    lines = read_report(worker.folder_of(undone))
    assert [(line["before_status"], line["status"]) for line in lines] == [
        (NOT_PRESENT, PRESENT),
        (NOT_PRESENT, NOT_PRESENT),
        (NOT_PRESENT, PRESENT),
    ]


def test_an_undo_of_an_undo_is_what_the_run_had_set(crm: Crm, on: On) -> None:
    """Status and comment, to and fro."""
    with raw_up(crm) as server:
        worker = on(server)
        run(worker)
        after = dict(crm.held)
        worker("undo", "last")

        again = worker("undo", "last")
        there = dict(crm.held)
        thrice = worker("undo", "last")

    assert (again.code, there) == (0, after)
    assert (thrice.code, crm.held[2]) == (0, ILL)


@pytest.mark.proves("a user changed after the run that you undo")
@pytest.mark.parametrize("now", [BACK, (NOT_PRESENT, "")])
def test_who_has_moved_is_left_alone(now: Held, crm: Crm, on: On) -> None:
    """Whoever no longer holds the run's value, the comment included: exit 3, and no PUT."""
    with raw_up(crm) as server:
        worker = on(server)
        run(worker)
        crm.held[2] = now
        sent = len(server.puts)

        undone = worker("undo", "last")

    assert reasons(worker, undone)[1] == (2, "rejected", "moved_since_run")
    assert read_report(worker.folder_of(undone))[1]["before_status"] == now[0]
    assert (undone.code, len(server.puts) - sent, crm.held[2]) == (3, 2, now)


def test_who_has_the_earlier_value_already_is_unchanged(crm: Crm, on: On) -> None:
    """Nothing is sent for that user, and the undo is complete: exit 0."""
    with raw_up(crm) as server:
        worker = on(server)
        run(worker)
        crm.held[2] = ILL
        sent = len(server.puts)

        undone = worker("undo", "last")

    assert reasons(worker, undone)[1] == (2, "unchanged", None)
    assert (undone.code, len(server.puts) - sent, crm.held[2]) == (0, 2, ILL)


def test_a_comment_beside_present_moves_nobody(crm: Crm, on: On) -> None:
    """It means nothing."""
    with raw_up(crm) as server:
        worker = on(server)
        run(worker, [(2, PRESENT, "")])
        crm.held[2] = (PRESENT, "something")

        undone = worker("undo", "last")

    assert (undone.code, crm.held[2]) == (0, ILL)


def test_what_the_run_did_not_write_is_no_part_of_it(crm: Crm, on: On) -> None:
    """Rows that were unchanged, invalid, refused, or never sent are none of its business."""
    with raw_up(crm) as server:
        worker = on(server)
        run(worker, [*away([1, 4, 4711]), ("x", "Away", ""), *away([1])], "--max-invalid", "none")

        undone = worker("undo", "last")

    assert reasons(worker, undone) == [(1, "updated", None)]


def test_who_may_have_been_written_is_undone_where_it_was(
    crm: Crm, on: On, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that are `unknown` count as written: what was applied is put back, what was not is unchanged."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ATTEMPTS", "1")
    monkeypatch.setenv("PRESENCE_WORKER_TARGET__VERIFY_READS", "false")
    with raw_up(crm) as server:
        worker = on(server)
        crm.on_put = applied(CLOSE)
        unknown = run(worker, away([1, 2]))
        crm.on_put = None
        crm.held[1] = (NOT_PRESENT, "back on 1")  # this one was applied

        undone = worker("undo", "last")

    assert results(worker.folder_of(unknown)) == ["unknown", "unknown"]
    assert reasons(worker, undone) == [(1, "updated", None), (2, "unchanged", None)]
    assert (crm.held[1], crm.held[2]) == (BACK, ILL)


def test_what_was_never_read_cannot_be_put_back(crm: Crm, on: On) -> None:
    """After a blind run nobody knows what was there: exit 2, nothing is asked, and no run is left behind."""
    with raw_up(crm) as server:
        worker = on(server)
        worker.read_before = "off"
        run(worker)
        requests = len(server.requests)

        refused = worker("undo", "last")
        shown = worker.follow(refused)

    assert (refused.code, len(server.requests)) == (2, requests)
    assert "nothing can be put back" in refused.summary["message"]
    assert (shown.code, len(worker("runs").summary["runs"])) == (0, 1)


def test_a_comment_that_was_never_read_cannot_be_put_back(crm: Crm, on: On) -> None:
    """Half of what was there is not what was there; who was present had no comment that counts."""
    crm.on_every_get = answer(403)
    with raw_up(crm) as server:
        worker = on(server)
        run(worker, away([1, 2]))
        crm.on_every_get = None

        undone = worker("undo", "last")

    assert reasons(worker, undone) == [(1, "updated", None), (2, "rejected", "before_unknown")]


@pytest.mark.parametrize(
    ("allowed", "result", "held"),
    [
        ('["StatusNormal","StatusNotAvailable"]', ("invalid", "status_not_allowed"), "StatusNotAvailable"),
        ('["StatusNormal","StatusNotAvailable","StatusSpm"]', ("updated", None), "StatusSpm"),
    ],
)
def test_account_states_are_put_back_where_they_are_allowed(
    allowed: str, result: tuple[str, str | None], held: str, on: On, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are no presence: an undo sets them no more than any run does."""
    crm = Crm({1: ("StatusSpm", "")})
    with raw_up(crm) as server:
        worker = on(server)
        run(worker, away([1]))
        monkeypatch.setenv("PRESENCE_WORKER_INPUT__ALLOWED_STATUSES", allowed)

        undone = worker("undo", "last")

    assert reasons(worker, undone) == [(1, *result)]
    assert crm.held[1][0] == held


def test_a_status_nobody_documents_is_not_quoted(on: On) -> None:
    """It may be a reason of absence."""
    crm = Crm({1: ("StatusSick", "")})
    with raw_up(crm) as server:
        worker = on(server)
        run(worker, away([1]))

        undone = worker("undo", "last")

    assert reasons(worker, undone) == [(1, "invalid", "status_not_allowed")]
    assert "StatusSick" not in read_report(worker.folder_of(undone))[0]["detail"] + undone.err


def test_protected_people_are_left_alone(crm: Crm, on: On, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where they were not protected when the run was made."""
    with raw_up(crm) as server:
        worker = on(server)
        run(worker)
        monkeypatch.setenv("PRESENCE_WORKER_SAFETY__PROTECTED_IDS", "[2]")

        undone = worker("undo", "last")

    assert reasons(worker, undone)[1] == (2, "invalid", "protected")
    assert crm.held[2] == (NOT_PRESENT, "back on 2")


@pytest.mark.parametrize("how", ["planned", "nothing to do", "blindly refused"])
def test_a_run_that_changed_nothing_cannot_be_undone(how: str, crm: Crm, on: On) -> None:
    """Exit 2; the next command shows that run, and no run is left behind."""
    with raw_up(crm) as server:
        worker = on(server)
        if how == "planned":
            worker("plan", write_csv(worker.folder / "job.csv", away(range(1, 5))))
        elif how == "nothing to do":
            run(worker, away([4]))
        else:
            run(worker, away([4711]))
        requests = len(server.requests)

        refused = worker("undo", "last")
        runs = len(worker("runs").summary["runs"])
        shown = worker.follow(refused)

    assert (refused.code, refused.summary["state"], runs) == (2, "refused", 1)
    assert "there is nothing to undo" in refused.summary["message"]
    assert next_words(refused)[0] == "report"
    assert shown.code in (0, 3)
    assert len(server.requests) == requests


@pytest.mark.parametrize("name", ["last", "20261123T020000Z-7f3a"])
def test_no_run_at_all(name: str, crm: Crm, on: On) -> None:
    """Exit 2, and the next command shows the runs there are."""
    with raw_up(crm) as server:
        worker = on(server)

        refused = worker("undo", name)
        listed = worker.follow(refused)

    assert (refused.code, listed.code) == (2, 0)


def test_a_run_of_another_target_is_not_undone(crm: Crm, on: On) -> None:
    """What was done to one service is not undone on another."""
    with raw_up(crm) as server:
        worker = on(server)
        done = run(worker)
        worker.url = "http://127.0.0.1:9/other"

        refused = worker("undo", done.summary["run_id"])

    assert (refused.code, len(server.puts)) == (2, 3)


def test_an_undo_may_be_held(crm: Crm, on: On) -> None:
    """It is judged by the same limit; `apply` compares anew, and sends it."""
    with raw_up(crm) as server:
        worker = on(server)
        run(worker)
        held = worker("undo", "last", "--max-changes", "2")
        sent = len(server.puts)
        crm.held[1] = ILL

        done = worker.follow(held)

    assert (held.code, sent, next_words(held)[0]) == (5, 3, "apply")
    assert reasons(worker, done) == [
        (1, "rejected", "moved_since_run"),
        (2, "updated", None),
        (3, "updated", None),
    ]
    assert (crm.held[1], crm.held[2]) == (ILL, ILL)


def test_an_undo_that_cannot_read_sends_nothing(crm: Crm, on: On) -> None:
    """Exit 6; `resume` compares, and goes on."""
    with raw_up(crm) as server:
        worker = on(server)
        run(worker)
        crm.on_query = crm.on_every_get = answer(403)
        stopped = worker("undo", "last")
        sent = len(server.puts)
        crm.on_query = crm.on_every_get = None
        crm.held[1] = ILL

        resumed = worker.follow(stopped)

    assert (stopped.code, sent) == (6, 3)
    assert reasons(worker, resumed)[0] == (1, "rejected", "moved_since_run")
    assert crm.held[2] == ILL


@pytest.mark.parametrize("how", ["auto", "each", "query", "off"])
def test_an_undo_always_reads(how: str, crm: Crm, on: On) -> None:
    """Whatever `read_before` says: our value must be seen."""
    with raw_up(crm) as server:
        worker = on(server)
        run(worker)
        looks = len(looked_at(server))
        worker.read_before = how
        crm.held[1] = ILL

        undone = worker("undo", "last")

    assert looked_at(server)[looks:]
    assert reasons(worker, undone)[0] == (1, "rejected", "moved_since_run")


def test_what_an_undo_could_not_do_can_be_run(crm: Crm, on: On) -> None:
    """Its failed.csv has what was before, and is planned as it is: somebody's work would be overwritten."""
    with raw_up(crm) as server:
        worker = on(server)
        run(worker)
        crm.held[2] = (NOT_PRESENT, "on leave")
        undone = worker("undo", "last")

        planned = worker.follow(undone)
        forced = worker.follow(planned)

    (row,) = read_csv(worker.folder_of(undone) / "failed.csv")
    assert (row["associateId"], row["status"], row["message"]) == ("2", NOT_PRESENT, "ill")
    assert row["_reason"] == "moved_since_run"
    assert (planned.summary["state"], forced.code, crm.held[2]) == ("planned", 0, ILL)


def test_a_job_is_sent_again_after_its_undo(crm: Crm, on: On) -> None:
    """What was put back is no longer as the job wants it."""
    with raw_up(crm) as server:
        worker = on(server)
        run(worker)
        worker("undo", "last")

        again = run(worker)

    assert (again.code, results(worker.folder_of(again))) == (0, ["updated"] * 3 + ["unchanged"])


def test_an_undo_is_no_job_to_compare_with(crm: Crm, on: On) -> None:
    """The next job is compared with the last one, not with its undo."""
    with raw_up(crm) as server:
        worker = on(server)
        first = run(worker)
        worker("undo", "last")

        second = run(worker)

    assert second.summary["compared"]["run_id"] == first.summary["run_id"]


def test_an_applied_plan_can_be_undone(crm: Crm, on: On) -> None:
    """As any run."""
    with raw_up(crm) as server:
        worker = on(server)
        worker.follow(worker("plan", write_csv(worker.folder / "job.csv", away(range(1, 5)))))

        undone = worker("undo", "last")

    assert (undone.code, crm.held[2], crm.held[1]) == (0, ILL, BACK)
