"""Names instead of ids: exactly one user of that name, or nobody."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from presence_worker.model import NOT_PRESENT, PRESENT
from tests.raw_server import answer

from .crm import Cells, Crm, Held, absent, here, looked_at, queries
from .given import Ended, On, Worker, raw_up, read_csv, read_report, wishes

NAMES: Mapping[int, Cells] = {
    1: {"userName": "ann@example.com", "assocName": "ANN", "personEmail": "Ann.Berg@example.com"},
    2: {"userName": "bo@example.com", "assocName": "BO", "personEmail": "bo@example.com"},
    3: {"userName": "chr@example.com", "assocName": "CHR", "personEmail": "shared@example.com"},
    4: {"userName": "dag@example.com", "assocName": "Straße", "personEmail": "shared@example.com"},
    5: {"userName": None, "assocName": "", "personEmail": None, "ejUserId": 0},
}
ILL: Held = (NOT_PRESENT, "ill")


@pytest.fixture
def crm() -> Crm:
    """Five users with names, two of whom share an address."""
    return Crm(here(range(1, 6)), cells=NAMES)


def job(worker: Worker, names: Sequence[str], column: str = "login", message: str = "ill") -> Path:
    """Write a job that says of these people that they are away."""
    path = worker.folder / "names.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([(column, "status", "message"), *((n, "Away", message) for n in names)])
    return path


def fates(worker: Worker, ended: Ended) -> list[tuple[str, int | None, str, str | None]]:
    """Give who was named, whom that means, and what became of it."""
    keys = ("identity", "associate_id", "result", "reason")
    return [tuple(line[key] for key in keys) for line in read_report(worker.folder_of(ended))]


@pytest.mark.parametrize(
    ("column", "name", "associate_id"),
    [
        *[("login", "ann@example.com", 1), ("login", "ANN@EXAMPLE.COM", 1), ("login", " ann ", 1)],
        *[("login", "STRAßE", 4), ("email", "ann.berg@EXAMPLE.com", 1)],
    ],
)
def test_a_name_means_its_one_user(column: str, name: str, associate_id: int, crm: Crm, on: On) -> None:
    """Login names and initials, or e-mail addresses, without case; the id stands beside it in the report."""
    with raw_up(crm) as server:
        worker = on(server)

        ended = worker("run", job(worker, [name], column))

    assert fates(worker, ended) == [(name.strip(), associate_id, "updated", None)]
    assert [wish[0] for wish in wishes(server)] == [associate_id]
    assert ended.code == 0


@pytest.mark.proves("a login or an e-mail belongs to no user, or to several users")
@pytest.mark.parametrize("name", ["ann.berg@example.com", "an", "1", "ann@example.com.evil.example"])
def test_a_name_is_never_guessed(name: str, crm: Crm, on: On) -> None:
    """What is no login, or only like one, is `invalid`; no PUT, and it goes into failed.csv."""
    with raw_up(crm) as server:
        worker = on(server)

        ended = worker("run", job(worker, [name]))

    assert fates(worker, ended) == [(name, None, "invalid", "unknown_identity")]
    assert (ended.code, server.puts, looked_at(server)) == (3, [], [])
    assert read_csv(worker.folder_of(ended) / "failed.csv")[0]["login"] == name


def test_who_is_unknown_may_be_skipped(crm: Crm, on: On, monkeypatch: pytest.MonkeyPatch) -> None:
    """HR knows more people than the CRM: that may be no fault."""
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__UNKNOWN_PEOPLE", "skip")
    with raw_up(crm) as server:
        worker = on(server)

        ended = worker("run", job(worker, ["ann", "nobody"]))

    assert (ended.code, fates(worker, ended)[1][2:]) == (0, ("skipped", "unknown_identity"))


def test_a_name_of_several_is_nobody_s(crm: Crm, on: On) -> None:
    """Never a guess: it says whom it may mean."""
    with raw_up(crm) as server:
        worker = on(server)

        ended = worker("run", job(worker, ["shared@example.com"], "email"))

    (line,) = read_report(worker.folder_of(ended))
    assert (line["result"], line["reason"], server.puts) == ("invalid", "ambiguous_identity", [])
    assert "2 users have this name (3, 4)" in line["detail"]


def test_strangers_do_not_count_as_invalid_rows(crm: Crm, on: On) -> None:
    """A file of HR may be full of them; what is ambiguous does count."""
    with raw_up(crm) as server:
        worker = on(server)
        strangers = ["ann@example.com", *(f"{number}@example.com" for number in range(9))]

        sent = worker("run", job(worker, strangers))
        refused = worker("run", job(worker, ["shared@example.com"] * 6, "email"))

    assert (sent.code, refused.code, refused.summary["state"]) == (3, 4, "refused")
    assert len(server.puts) == 1


def test_two_names_of_one_person_are_found_out(crm: Crm, on: On) -> None:
    """Only when people are known can be told that rows ask for the same one."""
    with raw_up(crm) as server:
        worker = on(server)

        ended = worker("run", job(worker, ["ann", "bo", "ann@example.com"]))

    assert [fate[1:] for fate in fates(worker, ended)] == [
        (1, "updated", None),
        (2, "updated", None),
        (1, "duplicate", None),
    ]
    assert len(server.puts) == 2


def test_two_names_of_one_person_may_be_at_odds(crm: Crm, on: On) -> None:
    """Neither row is sent, as with ids."""
    with raw_up(crm) as server:
        worker = on(server)
        path = worker.folder / "names.csv"
        path.write_text("login,status\nann,Away\nann@example.com,Normal\n")

        ended = worker("run", path)

    assert [fate[2:] for fate in fates(worker, ended)] == [("invalid", "conflict")] * 2
    assert server.puts == []


def test_protected_people_are_protected_by_any_name(
    crm: Crm, on: On, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is meant is known only now."""
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__PROTECTED_IDS", "[1]")
    with raw_up(crm) as server:
        worker = on(server)

        ended = worker("run", job(worker, ["Ann", "bo"]))

    assert [fate[1:] for fate in fates(worker, ended)] == [(1, "invalid", "protected"), (2, "updated", None)]


@pytest.mark.parametrize(("how", "looks"), [("auto", []), ("each", [1, 2]), ("query", []), ("off", [])])
def test_the_query_is_always_needed(how: str, looks: list[int], crm: Crm, on: On) -> None:
    """Blind or not: without it nobody knows who is meant."""
    with raw_up(crm) as server:
        worker = on(server)
        worker.read_before = how

        ended = worker("run", job(worker, ["ann", "bo"]))

    assert (ended.code, queries(server) > 0, looked_at(server)) == (0, True, looks)


@pytest.mark.parametrize("how", ["auto", "each", "query", "off"])
def test_without_the_query_nobody_is_found(how: str, crm: Crm, on: On) -> None:
    """Exit 6, and nothing is sent; when it is to be had, `resume` goes on."""
    crm.on_query = answer(403)
    with raw_up(crm) as server:
        worker = on(server)
        worker.read_before = how
        stopped = worker("run", job(worker, ["ann", "nobody"]))
        sent = len(server.puts)
        crm.on_query = None

        resumed = worker.follow(stopped)

    assert (stopped.code, sent, stopped.summary["counts"]["not_sent"]) == (6, 0, 2)
    assert "SuperOffice does not list all users" in stopped.summary["message"]
    assert "the list of all users is not available" in stopped.summary["notes"][0]
    assert [fate[2:] for fate in fates(worker, resumed)] == [
        ("updated", None),
        ("invalid", "unknown_identity"),
    ]


def test_what_holds_already_is_unchanged(crm: Crm, on: On) -> None:
    """As with ids; and who can have no presence is rejected."""
    crm.held[1] = ILL
    crm.cells = {**NAMES, 5: {"userName": "eva", "ejUserId": 0}}
    with raw_up(crm) as server:
        worker = on(server)

        ended = worker("run", job(worker, ["ann", "bo", "eva"]))

    assert [fate[1:] for fate in fates(worker, ended)] == [
        (1, "unchanged", None),
        (2, "updated", None),
        (5, "rejected", "no_service_user"),
    ]


def test_a_plan_by_names_is_for_those_it_showed(crm: Crm, on: On) -> None:
    """Whoever bears the name by the time it is applied: whom the plan named is who is set."""
    with raw_up(crm) as server:
        worker = on(server)
        planned = worker("plan", job(worker, ["ann", "nobody"]))
        crm.cells = {**NAMES, 1: NAMES[2], 2: NAMES[1]}

        applied = worker.follow(planned)

    (change,) = planned.summary["changes"]
    assert (change["identity"], change["associate_id"], change["before_status"]) == ("ann", 1, PRESENT)
    assert [fate[1:] for fate in fates(worker, applied)] == [
        (1, "updated", None),
        (None, "invalid", "unknown_identity"),
    ]


@pytest.mark.parametrize("how", ["auto", "off"])
def test_a_job_by_names_may_be_held(how: str, crm: Crm, on: On) -> None:
    """The limit is for people who were found; `apply` sends it."""
    with raw_up(crm) as server:
        worker = on(server)
        worker.read_before = how
        held = worker("run", job(worker, ["ann", "bo", "nobody"]), "--max-changes", "1")
        sent = len(server.puts)

        applied = worker.follow(held)

    assert (held.code, sent, applied.code) == (5, 0, 3)
    assert [wish[0] for wish in wishes(server)] == [1, 2]


def test_a_run_by_names_can_be_undone(crm: Crm, on: On) -> None:
    """By ids, which are certain."""
    crm.held[2] = (NOT_PRESENT, "on leave")
    with raw_up(crm) as server:
        worker = on(server)
        worker("run", job(worker, ["ann", "bo"]))

        undone = worker("undo", "last")

    assert undone.code == 0
    assert (crm.held[1], crm.held[2]) == ((PRESENT, ""), (NOT_PRESENT, "on leave"))


def test_many_names(on: On) -> None:
    """More than are read from the journal at once."""
    names = {number: {"userName": f"user{number}"} for number in range(1, 1201)}
    with raw_up(Crm(absent(range(1, 1201), "ill"), cells=names)) as server:
        worker = on(server)
        worker.read_before = "off"

        ended = worker("plan", job(worker, [f"USER{number}" for number in range(1, 1201)]))

    assert ended.summary["counts"]["unchanged"] == 1200
    assert [fate[1] for fate in fates(worker, ended)] == list(range(1, 1201))
