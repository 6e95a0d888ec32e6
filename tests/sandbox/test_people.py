"""People: who exists, and who does not."""

import pytest

from presence_worker.model import PRESENT, Presence
from presence_worker.sandbox import People, Person
from presence_worker.sandbox.people import Associate

AWAY = Presence(status="StatusNotAvailable", message="")


def test_exactly_those_asked_for_exist() -> None:
    """Ids run from 1 to the number of people."""
    people = People(3)

    assert [each for each in range(-1, 6) if each in people] == [1, 2, 3]
    assert people.presence(3).status == PRESENT


def test_nothing_is_stored_of_who_does_not_exist() -> None:
    """Reading or changing an unknown associate is a mistake of the caller."""
    people = People(3)

    with pytest.raises(KeyError):
        people.presence(4)
    with pytest.raises(KeyError):
        people.set_presence(0, AWAY)
    with pytest.raises(KeyError):
        people.person(4)
    with pytest.raises(KeyError):
        people.describe(4, is_active=False)
    with pytest.raises(KeyError):
        People(3, {4: Person()})


def test_everybody_is_alike_until_described() -> None:
    """A description changes what it names and nothing else, and may be added to later."""
    people = People(3, {2: Person(login="ann", presence=AWAY)})

    people.describe(2, is_active=False)
    people.describe(3, ej_user_id=0)

    assert people.person(1) == Associate(
        name="USER1",
        login="user1@example.com",
        email="user1@example.com",
        full_name="User 1",
        is_active=True,
        ej_user_id=1,
    )
    described = people.person(2)
    assert (described.login, described.name, described.is_active) == ("ann", "USER2", False)
    assert people.presence(2) == AWAY
    assert [people.has_service_user(each) for each in (1, 2, 3)] == [True, True, False]


def test_who_is_removed_is_gone() -> None:
    """From then on they are as unknown as anybody who never was."""
    people = People(3)

    people.remove(2)

    assert [each for each in range(5) if each in people] == [1, 3]
    assert list(people.in_query()) == [1, 3]
    with pytest.raises(KeyError):
        people.remove(2)
