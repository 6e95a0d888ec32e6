"""People: who exists, and who does not."""

import pytest

from presence_worker.model import PRESENT, Presence
from presence_worker.sandbox import People

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
