"""Which column holds what."""

import pytest

from presence_worker.intake.columns import Columns, understand
from presence_worker.settings import Input

from .reading import Write, read, refusal


@pytest.mark.parametrize(
    "names",
    [
        ["associateId", "status", "message"],
        ["AssociateID", "Status", "Message"],
        ["associate_id", "presence", "comment"],
        ["Associate Id", "Presence Status", "COMMENT"],
        ["ASSOCIATE-ID", "presence_status", "Message"],
    ],
)
def test_usual_names_are_recognised(names: list[str]) -> None:
    """Case, spaces, underscores and hyphens do not matter."""
    columns = understand(names, Input(), "x.csv")

    assert columns == Columns(associate_id=0, status=1, message=2)


def test_a_message_is_not_needed() -> None:
    """A job without messages is a job."""
    columns = understand(["status", "associateId"], Input(), "x.csv")

    assert columns == Columns(associate_id=1, status=0, message=None)


@pytest.mark.parametrize("configured", ["Ansatt", "ANSATT", "an_satt"])
def test_a_configured_name_wins(configured: str) -> None:
    """The name from the configuration is used, exact or nearly so; the usual one is just a column."""
    columns = understand(["associateId", "Ansatt", "status"], Input(associate_id=configured), "x.csv")

    assert columns.associate_id == 1


def test_an_exact_name_wins_over_a_similar_one() -> None:
    """Two names that only differ in case can be told apart by writing the one meant."""
    columns = understand(["ANSATT", "Ansatt", "status"], Input(associate_id="Ansatt"), "x.csv")

    assert columns.associate_id == 1


def test_a_configured_name_that_is_not_there(write: Write) -> None:
    """Where the configuration names a column, the error says so, and nothing else is taken for it."""
    path = write("associateId,status\n5,Away\n")

    assert refusal(path, associate_id="Ansatt") == (
        "FILE, line 1: no column called 'Ansatt', as input.associate_id says; "
        "found: associateId, status; expected: associateId, status and, if wanted, message"
    )


@pytest.mark.parametrize("others", ["login", "login,username", "email,mail,login"])
def test_a_configured_identity_settles_who_names_people(others: str, write: Write) -> None:
    """With input.associate_id named, logins and e-mails are columns like any other, however many."""
    path = write(f"associateId,status,{others}\n5,Away{',x' * len(others.split(','))}\n")

    _, rows = read(path, associate_id="associateId")

    assert (rows[0].associate_id, rows[0].result) == (5, None)


def test_similar_names_do_not_settle_it(write: Write) -> None:
    """A configured name that fits two columns is not enough."""
    path = write("ANSATT,ansatt,status\n5,6,Away\n")

    assert refusal(path, associate_id="Ansatt") == (
        "FILE, line 1: ANSATT and ansatt could both be associate_id; name one with input.associate_id"
    )


def test_a_file_without_a_header_shows_none_of_its_cells(write: Write) -> None:
    """Reasons of absence never get into an error, also where a row is taken for the header."""
    path = write("5,Away,Migraine,Migraine\n6,Away,Migraine,Migraine\n")

    assert "Migraine" not in refusal(path)


def test_names_are_shown_clean(write: Write) -> None:
    """Names in an error cannot steer a terminal, and are few and short."""
    names = ["\x1b[31mred", "x" * 100, *(f"c{i}" for i in range(100))]
    path = write(",".join(names))

    said = refusal(path)

    assert said.isprintable()
    assert f"found: [31mred, {'x' * 59}…, c0, " in said
    assert "c37; expected" in said
