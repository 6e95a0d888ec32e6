"""The write check: what was just read goes back as it is, and only where somebody asked for it."""

import pytest

from presence_worker.journal import target_lock
from presence_worker.model import NOT_PRESENT, PRESENT, Presence
from presence_worker.sandbox import Assumptions, People, Person
from tests.raw_server import CLOSE, Act, answer, shows
from tests.superoffice.signing_in import in_turn

from .given import LOOK, Doctor, answering, service_up

AWAY = Presence(status=NOT_PRESENT, message='Back on 4 January\n"ø" <&>')


@pytest.mark.parametrize("presence", [AWAY, Presence(status=PRESENT, message="a comment nobody sees")])
@pytest.mark.parametrize("content_type", ["application/json", "application/xml"])
def test_exactly_what_was_read_is_put_back(presence: Presence, content_type: str, doctor: Doctor) -> None:
    """One PUT, for that associate, of just that presence, comment and all; in the configured format."""
    doctor.configure(f"[delivery]\ncontent_type = '{content_type}'\n")
    with service_up(People(20, {7: Person(presence=presence)})) as sandbox:
        examined = doctor(sandbox.url, "--write-check", "7")

    (put,) = [entry for entry in sandbox.record if entry.method == "PUT"]
    assert (put.associate_id, put.asked, put.applied) == (7, presence, True)
    assert (examined.ended.code, examined.verdict("write check")) == (0, "ok")
    assert "was written back, and SuperOffice confirmed it" in examined.told("write check").words


def test_it_is_not_told_of_where_nobody_asked(doctor: Doctor) -> None:
    """And nothing is written."""
    with service_up() as sandbox:
        examined = doctor(sandbox.url)

    assert examined.told("write check").verdicts == []
    assert {entry.method for entry in sandbox.record} == {"GET"}


@pytest.mark.parametrize(
    ("person", "unknowns", "verdict", "words"),
    [
        (
            Person(presence=Presence(status="StatusReadOnly", message="")),
            Assumptions(),
            "warning",
            "an account state",
        ),
        (Person(), Assumptions(forbid=frozenset({"get"})), "fault", "cannot be read: "),
        (
            Person(ej_user_id=0),
            Assumptions(no_service_user="null"),
            "fault",
            "SuperOffice shows no presence status",
        ),
    ],
)
def test_what_is_not_written(
    person: Person, unknowns: Assumptions, verdict: str, words: str, doctor: Doctor
) -> None:
    """No account state, and nothing that could not be read."""
    with service_up(People(20, {7: person}), assumptions=unknowns) as sandbox:
        examined = doctor(sandbox.url, "--write-check", "7")

    told = examined.told("write check")
    assert told.verdicts == [verdict]
    assert told.words.startswith("nothing was written: ")
    assert words in told.words
    assert {entry.method for entry in sandbox.record} == {"GET"}


@pytest.mark.parametrize(
    ("act", "words", "remedy"),
    [
        (
            answer(403),
            "SuperOffice rejected the write to associate ID 1: SuperOffice answered 403",
            "give this user the right",
        ),
        (answer(404), "SuperOffice rejected the write to associate ID 1", "give this user the right"),
        (
            shows(NOT_PRESENT),
            "SuperOffice did not confirm the write to associate ID 1: asked for StatusNormal",
            "check this user's status",
        ),
        (
            CLOSE,
            "SuperOffice did not confirm the write to associate ID 1: the connection ended",
            "check this user's status",
        ),
        (
            answer(503),
            "SuperOffice did not confirm the write to associate ID 1: SuperOffice was not available",
            "check this user's status",
        ),
    ],
)
def test_a_write_that_is_not_confirmed(act: Act, words: str, remedy: str, doctor: Doctor) -> None:
    """Is a fault, and is not tried again."""
    with answering({LOOK: in_turn(shows(PRESENT), shows(PRESENT), act)}) as server:
        examined = doctor(server.url, "--write-check", "1")

    told = examined.told("write check")
    assert (examined.ended.code, told.verdicts, len(server.puts)) == (6, ["fault"], 1)
    assert told.words.startswith(words)
    assert remedy in told.remedies


def test_the_protected_are_refused(doctor: Doctor) -> None:
    """Before anybody is asked anything; the same again cannot work."""
    doctor.configure("[safety]\nprotected_ids = [7]\n")
    with service_up() as sandbox:
        ended = doctor(sandbox.url, "--write-check", "7").ended

    assert (ended.code, ended.summary["next"], len(sandbox.record)) == (2, "presence-worker doctor --help", 0)
    assert "7 is in safety.protected_ids" in ended.summary["message"]


@pytest.mark.parametrize("number", ["0", "-1", "2147483648", "x", "1.5"])
def test_only_an_associate_can_be_named(number: str, doctor: Doctor) -> None:
    """Anything else is a usage error."""
    assert doctor("http://127.0.0.1:9", "--write-check", number).ended.code == 2


def test_nothing_is_written_while_a_run_is_at_work(doctor: Doctor) -> None:
    """Two values of one person must not be under way at once."""
    with service_up() as sandbox, target_lock(sandbox.url, doctor.state):
        examined = doctor(sandbox.url, "--write-check", "7")

    assert examined.told("write check").verdicts == ["warning"]
    assert {entry.method for entry in sandbox.record} == {"GET"}


def test_without_a_sign_in_nothing_is_written(doctor: Doctor) -> None:
    """It is skipped like all that comes after."""
    examined = doctor("http://127.0.0.1:9", "--write-check", "7")

    assert examined.told("write check") == (["skipped"], "correct first: version", "")
