"""What campaigns share: the surroundings of tests/run, a database, and where figures go."""

import sys
from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.fleet.postgres import Postgres, postgres
from tests.run.given import own_surroundings

__all__ = ["own_surroundings"]
Tell = Callable[[Sequence[str]], None]


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A database that keeps what it confirmed."""
    with postgres({"fsync": "on", "full_page_writes": "on"}) as server:
        yield server


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Prints the figures of a campaign, also of one that went well."""

    def tell(lines: Sequence[str]) -> None:
        with capsys.disabled():
            sys.stdout.write("\n".join(["", *lines, ""]))

    return tell
