"""Who exists in the sandbox, and what is known of each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ..model import PRESENT, Presence

T = TypeVar("T")
AS_THEY_COME = Presence(status=PRESENT, message="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An associate; what is None follows from the id."""

    name: str | None = None  # initials: the column assocName
    login: str | None = None  # the column userName
    email: str | None = None
    full_name: str | None = None
    is_active: bool = True
    ej_user_id: int | None = None  # of their user in SuperOffice Service; 0: they have none
    in_query: bool = True  # whether the query of all users shows them
    presence: Presence = field(default=AS_THEY_COME, repr=False)  # at the start


@dataclass(frozen=True, slots=True, kw_only=True)
class Associate:
    """A person with nothing left open."""

    name: str
    login: str
    email: str
    full_name: str
    is_active: bool
    ej_user_id: int  # 0: they have no user in SuperOffice Service


USUAL_PERSON = Person()


class People:
    """Owns associates 1 to *count* and their presences, in memory only.

    All are alike and present, except those that *described* has (by id), so only those who differ take
    room. *revision* grows with each presence that is set.
    """

    def __init__(self, count: int = 1000, described: Mapping[int, Person] | None = None) -> None:
        self.count = count
        self.revision = 0
        self._described: dict[int, Person] = {}
        self._changed: dict[int, Presence] = {}
        self._gone: set[int] = set()
        for associate_id, person in (described or {}).items():
            self._check_exists(associate_id)
            self._described[associate_id] = person

    def __contains__(self, associate_id: int) -> bool:
        return 1 <= associate_id <= self.count and associate_id not in self._gone

    def presence(self, associate_id: int) -> Presence:
        """Return what is stored of an associate; raise KeyError for one who does not exist."""
        self._check_exists(associate_id)
        changed = self._changed.get(associate_id)
        return changed or self._described.get(associate_id, USUAL_PERSON).presence

    def set_presence(self, associate_id: int, presence: Presence) -> None:
        """Store the presence of an associate; raise KeyError for one who does not exist."""
        self._check_exists(associate_id)
        self._changed[associate_id] = presence
        self.revision += 1

    def person(self, associate_id: int) -> Associate:
        """Return an associate with nothing left open; raise KeyError for one who does not exist."""
        self._check_exists(associate_id)
        person = self._described.get(associate_id, USUAL_PERSON)
        address = f"user{associate_id}@example.com"
        return Associate(
            name=_otherwise(person.name, f"USER{associate_id}"),
            login=_otherwise(person.login, address),
            email=_otherwise(person.email, address),
            full_name=_otherwise(person.full_name, f"User {associate_id}"),
            is_active=person.is_active,
            ej_user_id=_otherwise(person.ej_user_id, associate_id),
        )

    def has_service_user(self, associate_id: int) -> bool:
        """Return whether an associate who exists has a user in Service, and so a presence."""
        return self._described.get(associate_id, USUAL_PERSON).ej_user_id != 0

    def describe(self, associate_id: int, **differences: Any) -> None:
        """Let an associate differ from the others, by fields of Person; raise KeyError for an unknown one."""
        self._check_exists(associate_id)
        self._described[associate_id] = replace(
            self._described.get(associate_id, USUAL_PERSON), **differences
        )

    def remove(self, associate_id: int) -> None:
        """Let an associate exist no more; raise KeyError for one who does not."""
        self._check_exists(associate_id)
        self._gone.add(associate_id)

    def in_query(self) -> Sequence[int]:
        """Return the ids the query of all users shows, ascending."""
        missing = {each for each, person in self._described.items() if not person.in_query} | self._gone
        everybody = range(1, self.count + 1)
        return [each for each in everybody if each not in missing] if missing else everybody

    def changes(self) -> dict[int, Presence]:
        """Return the presences that were set, by id."""
        return dict(self._changed)

    def _check_exists(self, associate_id: int) -> None:
        if associate_id not in self:
            raise KeyError(associate_id)


def _otherwise(value: T | None, otherwise: T) -> T:
    return otherwise if value is None else value
