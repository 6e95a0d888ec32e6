"""Two simulated SuperOffices, and a service for both that is up for all tests of a session."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from presence_worker.sandbox import Sandbox
from tests.run.given import sandbox_up

from .served import ROLES, Outside, Place, Value, serving

FAST = '[delivery]\nrate = 5000\nburst = 100\n[safety]\nmax_changes = 20\nmax_invalid = "none"\n'


@pytest.fixture(scope="session")
def north() -> Iterator[Sandbox]:
    """The SuperOffice of the target north."""
    with sandbox_up() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def south() -> Iterator[Sandbox]:
    """The SuperOffice of the target south."""
    with sandbox_up() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, north: Sandbox, south: Sandbox) -> Iterator[Outside]:
    """A service with two targets, for tests that leave it as it is: at most 20 rows pass the limit."""
    place = Place(
        folder=tmp_path_factory.mktemp("served"),
        targets={"north": north.url, "south": south.url},
        tokens={**ROLES, "northern": ("submit", "read")},
        only={"northern": ["north"]},
        common=FAST,
    )
    with serving(place) as service:
        yield service


@pytest.fixture
def superoffice() -> Iterator[Sandbox]:
    """The SuperOffice of a place of one's own."""
    with sandbox_up() as sandbox:
        yield sandbox


@pytest.fixture
def place(tmp_path: Path, superoffice: Sandbox) -> Callable[..., Place]:
    """Makes a place with one target; its keywords are those of `[serve]`."""

    def make(**serve: Value) -> Place:
        return Place(folder=tmp_path, targets={"": superoffice.url}, common=FAST, serve=serve)

    return make
