"""What the service lets us read, and what a run will make of it."""

from collections.abc import Iterable

import pytest

from presence_worker.doctor.permissions import READINGS
from presence_worker.model import NOT_PRESENT, Presence
from presence_worker.sandbox import Assumptions, People, Person
from tests.raw_server import CLOSE, Act, answer

from .given import LOOK, USERS, Doctor, answering, service_up


@pytest.mark.parametrize(
    ("forbid", "read_before", "verdict", "words"),
    [
        ((), "auto", "ok", "one query lists all users; then each user who is not present is read"),
        (("query",), "auto", "warning", "each user of the file is read separately"),
        (("get",), "auto", "warning", "Comments cannot be read"),
        (("query", "get"), "auto", "warning", "nothing can be read: a run finds no `unchanged` rows"),
        ((), "query", "ok", "one query lists all users. Comments are not read"),
        (("get",), "query", "ok", "`undo` restores only the status"),
        (("query",), "query", "warning", "each user of the file is read separately"),
        (("query", "get"), "query", "warning", "nothing can be read: a run finds no `unchanged` rows"),
        ((), "each", "ok", "each user of the file is read separately"),
        (("get",), "each", "fault", "a run would send nothing"),
        (("query", "get"), "off", "ok", 'nothing is read (delivery.read_before = "off")'),
    ],
)
def test_what_a_run_would_read(
    forbid: Iterable[str], read_before: str, verdict: str, words: str, doctor: Doctor
) -> None:
    """As things are: where reading is a must and is not to be had, nothing would be sent."""
    with service_up(assumptions=Assumptions(forbid=frozenset(forbid))) as sandbox:
        examined = doctor(sandbox.url, "--read-before", read_before)

    assert examined.verdict("read first") == verdict
    assert words in examined.told("read first").words
    assert examined.verdict("all users") == ("warning" if "query" in forbid else "ok")
    assert examined.verdict("presence") == ("warning" if "get" in forbid else "ok")
    assert examined.ended.code == (6 if verdict == "fault" else 0)


def test_every_way_of_reading_is_told_of() -> None:
    """Whoever adds a way to delivery.read_before adds its line."""
    assert set(READINGS) == {"auto", "each", "query", "off"}


@pytest.mark.parametrize("key", ["login", "email"])
def test_people_named_by_name_need_the_query(key: str, doctor: Doctor) -> None:
    """Without it nobody can be found, and nothing would be sent."""
    doctor.configure(f"[input]\n{key} = 'Who'\n")
    with service_up(assumptions=Assumptions(no_query=True)) as sandbox:
        examined = doctor(sandbox.url)

    assert (examined.ended.code, examined.verdict("all users")) == (6, "fault")
    assert f"input.{key} needs this list" in examined.told("all users").words


def test_users_are_counted(doctor: Doctor) -> None:
    """All of them, and those who can have a presence; without an earlier job these are to be expected."""
    people = People(10, {2: Person(is_active=False), 3: Person(ej_user_id=0)})
    with service_up(people) as sandbox:
        examined = doctor(sandbox.url)

    assert examined.told("all users").words == "10 users, 8 of them active with access to Service"
    words = "all 8 users of Service take up to 11 requests: about 1.1 s at 10/s"
    assert examined.told("rate").words == words


def test_a_very_large_company_is_not_counted_to_the_end(doctor: Doctor) -> None:
    """A look is no census: it is said that there are more."""
    with service_up(People(12_000)) as sandbox:
        examined = doctor(sandbox.url)

    assert examined.told("all users").words.startswith("at least 9 8")
    assert sum(entry.path == USERS for entry in sandbox.record) == 10


def test_who_has_no_presence_looks_at_somebody_else_s(doctor: Doctor) -> None:
    """A user for integrations need not be one who gets requests."""
    with service_up(People(20, {1: Person(ej_user_id=0), 2: Person(is_active=False)})) as sandbox:
        examined = doctor(sandbox.url)

    assert examined.told("presence").words == "the status of associate ID 3 can be read"


def test_without_others_one_s_own_is_tried(doctor: Doctor) -> None:
    """Where the query is not to be had, nobody else is known."""
    people = People(20, {1: Person(ej_user_id=0)})
    with service_up(people, assumptions=Assumptions(no_query=True, no_service_user="404")) as sandbox:
        examined = doctor(sandbox.url)

    assert (examined.ended.code, examined.verdict("presence")) == (0, "warning")
    assert "the status of associate ID 1 cannot be read" in examined.told("presence").words


def test_with_nobody_known_nobody_is_looked_at(doctor: Doctor) -> None:
    """Neither who we are, nor who else there is."""
    with answering({"/api/v1/User/currentPrincipal": answer(404), USERS: answer(404)}) as server:
        examined = doctor(server.url)

    assert examined.verdict("presence") == "skipped"


@pytest.mark.parametrize("act", [answer(503), answer(200, b"<html>"), answer(401)])
def test_a_service_in_trouble_is_a_fault(act: Act, doctor: Doctor) -> None:
    """That is no question of permission."""
    with answering({LOOK: act}) as server:
        examined = doctor(server.url)

    assert (examined.ended.code, examined.verdict("presence")) == (6, "fault")


def test_no_comment_is_told(doctor: Doctor) -> None:
    """A presence is read to see whether it can be; what it says is nobody's business."""
    with service_up() as sandbox:
        sandbox.people.set_presence(1, Presence(status=NOT_PRESENT, message="Singdrossel"))
        examined = doctor(sandbox.url, "-vv", "--write-check", "1")

    assert examined.verdict("write check") == "ok"
    assert "Singdrossel" not in examined.ended.out + examined.ended.err


@pytest.mark.parametrize(
    ("act", "verdict", "words"),
    [
        (answer(200, b'{"value": "none"}'), "warning", "did not answer with a list of users"),
        (answer(503), "fault", "SuperOffice was not available"),
        (CLOSE, "fault", "the connection ended before the answer came"),
        (answer(401), "fault", "SuperOffice rejected the credentials (401)"),
    ],
)
def test_a_query_in_trouble_is_told_as_it_is(act: Act, verdict: str, words: str, doctor: Doctor) -> None:
    """What may pass, or concerns everything, is no question of permission."""
    with answering({USERS: act}) as server:
        told = doctor(server.url).told("all users")

    assert told.verdicts == [verdict]
    assert words in told.words
    assert ("later" in told.remedies) == (verdict == "fault")
