"""Reading before writing: what need not be sent is not sent, and nobody unknown is written to."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest

from presence_worker.model import NOT_PRESENT, PRESENT, Presence
from presence_worker.run.present_values import OFF
from presence_worker.sandbox import Assumptions, Paging, People, Person, Sandbox
from tests.raw_server import Act, RawServer, answer
from tests.superoffice.test_canaries import MESSAGE, assert_silent

from .crm import Crm, absent, here, looked_at, queries
from .given import Ended, Row, Worker, away, raw_up, read_report, results, sandbox_up, wishes, write_csv

On = Callable[[RawServer | Sandbox], Worker]
HTML = b"<!DOCTYPE html><html><body>Sign in</body></html>"
NO_QUERY: dict[str, Act] = {
    "403": answer(403, b'{"ErrorMessage":"no right"}'),
    "404": answer(404),
    "500": answer(500),
    "a web page": answer(200, HTML),
    "a web page that says no": answer(404, HTML),
    "garbage": answer(200, b'{"value": ['),
    "no page": answer(200, b'{"value": 7}'),
    "another archive": answer(200, b'{"value": [{"saleId": 7}]}'),
    "nobody": answer(200, b'{"value": []}'),
}


@pytest.fixture
def on(worker_on: Callable[[Any], Worker]) -> On:
    """Makes somebody who reads before writing."""

    def reading(service: RawServer | Sandbox) -> Worker:
        worker = worker_on(service)
        worker.read_before = "auto"
        return worker

    return reading


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever tries again does so at once."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__BACKOFF_BASE", "0")


def run(worker: Worker, rows: Sequence[Row], *options: str) -> Ended:
    return worker("run", write_csv(worker.folder / "job.csv", rows), *options)


def back(numbers: range) -> list[Row]:
    return [(number, PRESENT, "") for number in numbers]


def reads(sandbox: Sandbox) -> tuple[int, list[int]]:
    """Give the number of queries, and who was looked at with a GET."""
    gets = [entry for entry in sandbox.record if entry.method == "GET"]
    return (
        sum(entry.path == "/api/v1/User" for entry in gets),
        sorted(entry.associate_id for entry in gets if entry.associate_id),
    )


def reason_of(worker: Worker, ended: Ended) -> list[tuple[str, str | None]]:
    return [(line["result"], line["reason"]) for line in read_report(worker.folder_of(ended))]


def notes(ended: Ended) -> str:
    return "\n".join(ended.summary["notes"])


# -- how many requests ---------------------------------------------------------------------------------------


@pytest.mark.covers("GET `/api/v1/User?$select=…` (all users)")
def test_only_what_differs_is_sent(on: On) -> None:
    """Of 5 000 rows of which 95 % hold already 250 are sent, after a few queries and some looks."""
    gone, missing = range(1, 1251), range(4998, 5001)  # those who are away, and whom the query forgets
    described = {
        each: Person(presence=Presence(status=NOT_PRESENT, message=f"back on {each}")) for each in gone
    }
    described |= {each: Person(in_query=False) for each in missing}
    changes = range(1126, 1376)  # one half of them are away now
    wanted = [
        *away(range(1, changes.start)),
        *[(each, NOT_PRESENT, "another word") for each in changes],
        *back(range(changes.stop, 5001)),
    ]
    with sandbox_up(People(5000, described)) as sandbox:
        worker = on(sandbox)

        ended = run(worker, wanted, "--max-changes", "none")

        asked, looks = reads(sandbox)

    assert (ended.code, ended.summary["counts"]["unchanged"]) == (0, 4750)
    assert sorted(wish[0] for wish in wishes(sandbox)) == list(changes)
    assert asked <= 10
    assert looks == [*gone, *missing]
    assert ended.summary["requests"] == {"put": 250, "get": asked + len(looks), "retried": 0}


def test_a_run_without_anything_to_do(on: On) -> None:
    """All rows are done, nothing was sent, and the report tells what each of them holds."""
    with raw_up(Crm(absent(range(1, 4)) | here(range(4, 7)))) as server:
        worker = on(server)

        ended = run(worker, [*away(range(1, 4)), *back(range(4, 7))])

    lines = read_report(worker.folder_of(ended))
    assert (ended.code, ended.summary["message"], server.puts) == (0, "All 6 rows done.", [])
    assert {line["result"] for line in lines} == {"unchanged"}
    assert [line["before_status"] for line in lines] == [NOT_PRESENT] * 3 + [PRESENT] * 3
    assert {(line["attempts"], line["wire_puts"], line["reason"]) for line in lines} == {(0, 0, None)}


def test_a_duplicate_shares_the_fate_of_an_unchanged_row(on: On) -> None:
    """It is done when that one is."""
    with raw_up(Crm(absent(range(1, 2)))) as server:
        worker = on(server)

        ended = run(worker, [*away([1]), *away([1])])

    assert (ended.code, results(worker.folder_of(ended))) == (0, ["unchanged", "duplicate"])


def test_each_asks_for_each(on: On) -> None:
    """One GET per associate, and no query."""
    with raw_up(Crm(absent(range(1, 4)) | here(range(4, 7)))) as server:
        worker = on(server)
        worker.read_before = "each"

        ended = run(worker, [*away(range(1, 4)), *away(range(4, 7))])

    assert (queries(server), looked_at(server)) == (0, list(range(1, 7)))
    assert results(worker.folder_of(ended)) == ["unchanged"] * 3 + ["updated"] * 3


def test_off_reads_nothing(on: On) -> None:
    """And so nothing is unchanged, and nobody knows what was there before."""
    with raw_up(Crm(absent(range(1, 4)))) as server:
        worker = on(server)
        worker.read_before = "off"

        ended = run(worker, away(range(1, 4)))

    lines = read_report(worker.folder_of(ended))
    assert [request.method for request in server.requests] == ["PUT"] * 3
    assert {(line["result"], line["before_status"]) for line in lines} == {("updated", None)}


def test_reads_and_puts_share_the_pace(on: On) -> None:
    """Together they are never faster than the rate."""
    with raw_up(Crm(absent(range(1, 11), "gone") | here(range(11, 16)))) as server:
        worker = on(server)

        path = write_csv(worker.folder / "job.csv", away(range(1, 16)))
        slow = ("--rate", "200", "--max-changes", "none", "--json")

        ended = worker.call("run", str(path), *worker.options, *slow)

    moments = [request.at for request in server.requests]
    assert (ended.code, len(moments)) == (0, 3 + 10 + 15)
    assert moments[-1] - moments[0] >= (len(moments) - 1) / 200 - 0.01


# -- what the query says -------------------------------------------------------------------------------------


def test_the_comment_of_who_is_present_is_ignored(on: On) -> None:
    """A stale one makes no difference, whether it is read or not."""
    stale = {1: (PRESENT, "was ill"), 2: (PRESENT, "was ill")}
    with raw_up(Crm(stale, cells={2: {"ejStatus": "Normal"}})) as server:
        worker = on(server)

        ended = run(worker, back(range(1, 3)))

    assert (results(worker.folder_of(ended)), looked_at(server)) == (["unchanged"] * 2, [2])


def test_no_comment_and_an_empty_one_are_the_same(on: On) -> None:
    """`null` equals `""`."""
    with raw_up(Crm({1: (NOT_PRESENT, None)})) as server:
        worker = on(server)

        ended = run(worker, [(1, NOT_PRESENT, "")])

    assert results(worker.folder_of(ended)) == ["unchanged"]


@pytest.mark.parametrize("shown", ["Normal", "Til stede", "1", None, True, 99])
def test_a_status_that_is_not_understood_is_looked_at(shown: object, on: On) -> None:
    """Display values may be in any language: then a GET tells."""
    cells = {1: {"ejStatus": shown}, 2: {"ejStatus": shown}}
    with raw_up(Crm(here(range(1, 2)) | absent(range(2, 3)), cells=cells)) as server:
        worker = on(server)

        ended = run(worker, [*back(range(1, 2)), *away([2])])

    assert (results(worker.folder_of(ended)), looked_at(server)) == (["unchanged"] * 2, [1, 2])


def test_ids_may_be_texts(on: On) -> None:
    """They are compared by their value."""
    with raw_up(
        Crm(here(range(1, 3)), cells={1: {"associateDbId": "1"}, 2: {"associateDbId": "2"}})
    ) as server:
        worker = on(server)

        ended = run(worker, back(range(1, 3)))

    assert (results(worker.folder_of(ended)), looked_at(server)) == (["unchanged"] * 2, [])


@pytest.mark.parametrize(
    "cells",
    [{"isActive": "Nei"}, {"isActive": None}, {"ejUserId": ""}, {"ejUserId": None}, {"ejUserId": "0"}],
)
def test_odd_values_reject_nobody(cells: dict[str, object], on: On) -> None:
    """What is no boolean and no number does not speak against anybody."""
    with raw_up(Crm(here(range(1, 2)), cells={1: cells})) as server:
        worker = on(server)

        ended = run(worker, away([1]))

    assert (ended.code, len(server.puts)) == (0, 1)


@pytest.mark.proves("a user is not active, or has no access to Service")
def test_who_can_have_no_presence_is_not_written_to(on: On) -> None:
    """An inactive user, and one without a part in Service, is rejected: without a PUT, and without a GET."""
    described = {1: Person(is_active=False), 2: Person(ej_user_id=0)}
    with sandbox_up(People(3, described)) as sandbox:
        worker = on(sandbox)

        ended = run(worker, away([1, 2, 3]))

        _, looks = reads(sandbox)

    assert reason_of(worker, ended) == [
        ("rejected", "inactive_associate"),
        ("rejected", "no_service_user"),
        ("updated", None),
    ]
    assert ([wish[0] for wish in wishes(sandbox)], looks, ended.code) == ([3], [], 3)


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
@pytest.mark.parametrize("shown", ["flat", "nested"])
@pytest.mark.parametrize("nobody", ["404", "null", "none"])
def test_whatever_form_answers_take(
    accept: str, shown: str, nobody: str, on: On, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows with one value or two, presences in JSON or XML: results are the same."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ACCEPT", accept)
    presences = [Presence(status=PRESENT, message=""), Presence(status=NOT_PRESENT, message="back on 2")]
    people = People(3, {number: Person(presence=each) for number, each in enumerate(presences, 1)})
    with sandbox_up(people, assumptions=Assumptions(full_mode=shown, unknown_id=nobody)) as sandbox:
        worker = on(sandbox)

        ended = run(worker, [*back(range(1, 2)), *away([2, 3, 4711])])

    assert results(worker.folder_of(ended)) == ["unchanged", "unchanged", "updated", "rejected"]


# -- who is missing from it ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shown", ["404", "400", "500", "null", "none"])
def test_who_is_nowhere_is_unknown(shown: str, on: On) -> None:
    """Missing from the query, and shown by no GET, however the service says so: no PUT."""
    with sandbox_up(3, assumptions=Assumptions(unknown_id=shown)) as sandbox:
        worker = on(sandbox)

        ended = run(worker, away([1, 4711]))

    assert reason_of(worker, ended) == [("updated", None), ("rejected", "unknown_associate")]
    assert [wish[0] for wish in wishes(sandbox)] == [1]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"Status":null}'])
def test_an_empty_answer_shows_nobody(body: bytes, on: On) -> None:
    """Whatever the emptiness looks like."""
    crm = Crm(here(range(1, 2)))
    crm.on_get[4711] = answer(200, body)
    with raw_up(crm) as server:
        worker = on(server)

        ended = run(worker, away([4711]))

    assert (reason_of(worker, ended), server.puts) == ([("rejected", "unknown_associate")], [])


def test_who_is_shown_is_known(on: On) -> None:
    """Whom the query forgets, but a GET shows, is treated like everybody else."""
    described = {
        1: Person(in_query=False),
        2: Person(in_query=False, presence=Presence(status=NOT_PRESENT, message="back on 2")),
    }
    with sandbox_up(People(3, described)) as sandbox:
        worker = on(sandbox)

        ended = run(worker, away([1, 2]))

        _, looks = reads(sandbox)

    assert (results(worker.folder_of(ended)), looks) == (["updated", "unchanged"], [1, 2])


def test_one_look_is_enough(on: On) -> None:
    """Who is told by the first answer is not asked for again."""
    with sandbox_up(1) as sandbox:
        worker = on(sandbox)

        run(worker, away([7, 8]))

        _, looks = reads(sandbox)

    assert looks == [7, 8]


@pytest.mark.parametrize(
    "paging",
    [
        Paging(largest=7),
        Paging(largest=40, short=frozenset({1, 2, 3})),
        Paging(largest=40, repeated=frozenset({2, 4})),
        Paging(short=frozenset({1})),
        Paging(largest=40, vanishing=((1, 3), (2, 4))),
    ],
)
def test_however_pages_come_everybody_is_found(paging: Paging, on: On) -> None:
    """Nobody who is there has to be looked at one by one, and nobody is taken for unknown."""
    with sandbox_up(100, assumptions=Assumptions(paging=paging)) as sandbox:
        worker = on(sandbox)

        ended = run(worker, back(range(5, 101)))

        _, looks = reads(sandbox)

    assert (ended.summary["counts"]["unchanged"], looks) == (96, [])


# -- what is not to be had -----------------------------------------------------------------------------------


@pytest.mark.parametrize("refused", NO_QUERY)
def test_without_the_query_each_is_looked_at(refused: str, on: On) -> None:
    """As with `each`, and that is said; results are the same."""
    crm = Crm(absent(range(1, 3)) | here(range(3, 5)))
    crm.on_query = NO_QUERY[refused]
    with raw_up(crm) as server:
        worker = on(server)

        ended = run(worker, away([1, 2, 3, 4711]))

    assert results(worker.folder_of(ended)) == ["unchanged", "unchanged", "updated", "rejected"]
    assert looked_at(server) == [1, 2, 3, 4711]
    assert "the list of all users is not available" in notes(ended)


def test_somebody_unknown_may_come_first(on: On) -> None:
    """The address is right as soon as anybody is shown, and so nothing is sent blind."""
    crm = Crm(here(range(1, 2)))
    crm.on_query = answer(403)
    with raw_up(crm) as server:
        worker = on(server)

        ended = run(worker, away([4711, 1]))

    assert results(worker.folder_of(ended)) == ["rejected", "updated"]
    assert "sent without reading" not in notes(ended)


@pytest.mark.proves("current statuses cannot be read")
@pytest.mark.parametrize("refused", ["403", "404", "500"])
def test_without_any_read_it_is_sent_blind(refused: str, on: On) -> None:
    """As with `off`, and that is said, once: no row is `unchanged`, and there is no undo."""
    crm = Crm(absent(range(1, 31)))
    crm.on_query = crm.on_every_get = NO_QUERY[refused]
    with raw_up(crm) as server:
        worker = on(server)

        ended = run(worker, away(range(1, 31)))

    assert (ended.code, ended.summary["counts"]["updated"]) == (0, 30)
    assert len(ended.summary["notes"]) == 2
    assert f". {OFF}" in notes(ended)
    assert len(looked_at(server)) < 30 or refused == "500"  # that may pass, and is asked for again


def test_without_single_reads_the_query_still_helps(on: On) -> None:
    """Who is present is known; how many could not be read is said."""
    crm = Crm(absent(range(1, 4)) | here(range(4, 6)))
    crm.on_every_get = answer(403)
    with raw_up(crm) as server:
        worker = on(server)

        ended = run(worker, [*away(range(1, 4)), *back(range(4, 6))])

    lines = read_report(worker.folder_of(ended))
    assert [line["result"] for line in lines] == ["updated"] * 3 + ["unchanged"] * 2
    assert [line["before_status"] for line in lines] == [NOT_PRESENT] * 3 + [PRESENT] * 2
    assert "the current status of 3 users cannot be read" in notes(ended)


def test_one_who_cannot_be_read_is_sent_all_the_same(on: On) -> None:
    """The others are read; of this one nothing is claimed."""
    crm = Crm(absent(range(1, 4)))
    crm.on_query, crm.on_get[2] = answer(404), answer(500)
    with raw_up(crm) as server:
        worker = on(server)

        ended = run(worker, away(range(1, 4)))

    assert results(worker.folder_of(ended)) == ["unchanged", "updated", "unchanged"]
    assert "the current status of 1 user cannot be read" in notes(ended)


@pytest.mark.parametrize("how", ["each", "auto", "query"])
def test_a_service_that_knows_nobody_is_not_believed(how: str, on: On) -> None:
    """Where every single look shows nobody, it is not the people: `each` stops, others go on blind."""
    crm = Crm(here(range(1, 41)))
    crm.on_query = crm.on_every_get = answer(404)
    with raw_up(crm) as server:
        worker = on(server)
        worker.read_before = how

        ended = run(worker, away(range(1, 41)))

    assert ended.code == {"each": 6, "auto": 0, "query": 0}[how]
    assert len(server.puts) == {"each": 0, "auto": 40, "query": 40}[how]
    assert ended.summary["counts"]["rejected"] == 0
    assert "shows none of the first 20 associates" in ended.summary["message"] + notes(ended)


def test_a_small_job_of_nobodies_only_is_sent_blind(on: On) -> None:
    """Without the query nobody can tell whether they do not exist, or are only not shown."""
    crm = Crm(here(range(1, 4)))
    crm.on_query = crm.on_every_get = answer(404)
    with raw_up(crm) as server:
        worker = on(server)

        ended = run(worker, away(range(1, 4)))

    assert (ended.code, len(server.puts)) == (0, 3)
    assert f"SuperOffice has none of these users. {OFF}" in notes(ended)


def test_a_few_nobodies_are_believed_by_each(on: On) -> None:
    """A small file may well be all wrong."""
    with raw_up(Crm(here(range(1, 2)))) as server:
        worker = on(server)
        worker.read_before = "each"

        ended = run(worker, away([7, 8]))

    assert (reason_of(worker, ended), server.puts) == ([("rejected", "unknown_associate")] * 2, [])


@pytest.mark.parametrize("refused", [403, 500])
def test_each_sends_nothing_where_somebody_cannot_be_read(refused: int, on: On) -> None:
    """Exit 6; when it can be read, `resume` goes on."""
    crm = Crm(here(range(1, 10)))
    crm.on_get[5] = answer(refused)
    with raw_up(crm) as server:
        worker = on(server)
        worker.read_before = "each"
        stopped = run(worker, away(range(1, 10)))
        sent = len(server.puts)
        crm.on_get.clear()

        resumed = worker.follow(stopped)

    assert (stopped.code, sent, resumed.code, len(server.puts)) == (6, 0, 0, 9)
    assert "The current status of user 5 cannot be read" in stopped.summary["message"]
    assert "nothing was sent" in stopped.summary["message"]


@pytest.mark.parametrize("status", [401, 302])
def test_what_no_read_can_cure_stops_at_once(status: int, on: On) -> None:
    """One request, and exit 6: a wrong password is tried once."""
    with raw_up(answer(status)) as server:
        worker = on(server)

        ended = run(worker, away(range(1, 30)))

    assert (ended.code, len(server.requests)) == (6, 1)
    assert ended.summary["counts"]["not_sent"] == 29


# -- limits --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "users", "changes", "code"),
    [
        *[("10", 100, 10, 0), ("10", 100, 11, 5), ("50%", 20, 10, 0), ("50%", 20, 11, 5)],
        *[("50%", 7, 4, 0), ("1%", 100, 4, 0), ("1%", 100, 5, 5)],  # a percentage needs five rows to trip
    ],
)
def test_limits_are_for_what_would_be_sent(limit: str, users: int, changes: int, code: int, on: On) -> None:
    """`max_changes` counts what is left when unchanged rows are known; percentages are of the users."""
    with raw_up(Crm(here(range(1, users + 1)))) as server:
        worker = on(server)

        ended = run(
            worker,
            [*away(range(1, changes + 1)), *back(range(changes + 1, users + 1))],
            "--max-changes",
            limit,
        )

    assert (ended.code, len(server.puts)) == (code, 0 if code else changes)
    assert ended.summary["counts"]["unchanged"] == users - changes


def test_a_percentage_is_of_users_who_can_have_a_presence(on: On) -> None:
    """Those who are inactive, or have no part in Service, are none."""
    cells = {each: {"isActive": False} for each in range(11, 101)}
    with raw_up(Crm(here(range(1, 101)), cells=cells)) as server:
        worker = on(server)

        ended = run(worker, away(range(1, 7)), "--max-changes", "50%")

    assert (ended.code, server.puts) == (5, [])


def test_a_percentage_needs_users_to_be_read(on: On) -> None:
    """Where nobody knows how many there are, it does not hold."""
    crm = Crm(here(range(1, 11)))
    crm.on_query = answer(404)
    with raw_up(crm) as server:
        worker = on(server)

        ended = run(worker, away(range(1, 11)), "--max-changes", "50%")

    assert (ended.code, len(server.puts)) == (0, 10)


# -- secrets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "plan"])
@pytest.mark.parametrize("status", [NOT_PRESENT, "StatusSpm", f"Status{MESSAGE}"])
def test_no_comment_is_told_that_was_read(command: str, status: str, on: On) -> None:
    """What somebody's comment was, or a status that is none, is in no log and in no detail."""
    crm = Crm({1: (status, MESSAGE), 2: (NOT_PRESENT, MESSAGE)}, cells={1: {"ejStatus": MESSAGE}})
    crm.on_get[2] = answer(400, orjson.dumps({"Status": NOT_PRESENT, "Message": MESSAGE}))
    with raw_up(crm) as server:
        worker = on(server)
        ended = worker(command, write_csv(worker.folder / "job.csv", away([1, 2])), "-vv")

        undone = worker("undo", "last", "-vv")

    details = [line["detail"] for line in read_report(worker.folder_of(ended))]
    assert (ended.code, undone.code) == (0, 2 if command == "plan" else 3)
    assert_silent(ended.err + undone.err + repr(details))


def test_comments_that_were_read_are_in_the_journal_only(on: On) -> None:
    """And in the failed.csv of an undo, which goes back into `run`; no report has them."""
    with raw_up(Crm({1: (NOT_PRESENT, MESSAGE), 2: (NOT_PRESENT, MESSAGE)})) as server:
        worker = on(server)
        path = write_csv(worker.folder / "job.csv", away([1, 2]))
        told = [worker("plan", path), worker("run", path), worker("undo", "last")]

    for ended in told:
        for file in worker.folder_of(ended).iterdir():
            private = file.name in ("failed.csv", "unprocessed.csv") or file.name.startswith("journal")
            assert_silent("" if private else file.read_text("utf-8"))
        assert_silent(ended.out + ended.err)
    assert [ended.code for ended in told] == [0, 0, 0]
    assert wishes(server)[-1] == (2, NOT_PRESENT, MESSAGE)
