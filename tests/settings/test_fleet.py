"""What [fleet] may say: the database that several machines share, and what this machine takes of the work."""

import pytest

from presence_worker.errors import UsageFault
from presence_worker.fleet.connections import SharedDatabase
from presence_worker.settings import Settings
from presence_worker.settings.fleet import Fleet, takes

from .conftest import Complaints, Load

SECRET = "s3cr3t"
ADDRESS = 'database: must be an address such as "postgresql://presence@db.example.com/presence"'
URL = "postgresql://me@db.example.com/presence"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f'database = "mysql://me:{SECRET}@db/presence"', ADDRESS),
        (f'database = "postgresql://me:{SECRET}@db"', ADDRESS),
        (f'database = "postgresql://me:{SECRET}@[::1/presence"', ADDRESS),
        ('database = ""', ADDRESS),
        ('lease = "9s"', "lease: must be 10.0 or more"),
        ("runs = 0", "runs: must be 1 or more"),
        ("runs = 1001", "runs: must be 1000 or less"),
        ('targets = "emea"', "targets: must be a list"),
    ],
)
def test_a_fault(text: str, line: str, complaints: Complaints) -> None:
    """Its line says what it must be; an address is never quoted, as it may have a password in it."""
    (found,) = complaints(f"[fleet]\n{text}")

    assert f"FILE, line 2: fleet.{line}" in found
    assert SECRET not in found


def test_two_passwords(complaints: Complaints) -> None:
    """One of them would be wrong sooner or later."""
    url = URL.replace("me@", f"me:{SECRET}@")

    (found,) = complaints(f'[fleet]\ndatabase = "{url}"\ndatabase_password_file = "/etc/password"')

    assert "keep one" in found
    assert SECRET not in found


def test_a_variable_can_have_the_address(load: Load, complaints: Complaints) -> None:
    """As containers give it; a wrong one is not quoted."""
    settings = load("", FLEET__DATABASE=URL)

    (found,) = complaints("", FLEET__DATABASE=f"postgres:{SECRET}")

    assert settings.fleet.is_used
    assert "fleet.database: must be an address" in found
    assert SECRET not in found


def test_without_a_database_a_machine_is_alone(load: Load) -> None:
    """The other settings can stand there all the same."""
    settings = load('[fleet]\nruns = 50\nlease = "1m"')

    assert not settings.fleet.is_used
    assert (settings.fleet.runs, settings.fleet.lease) == (50, 60.0)


def test_no_settings_show_the_address() -> None:
    """Neither as text, nor as they are dumped for a log."""
    settings = Settings.model_validate({"fleet": {"database": URL.replace("me@", f"me:{SECRET}@")}})

    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (None, ["emea", "no-1", "no-2"]),
        ([], []),
        (["emea"], ["emea"]),
        (["no-*"], ["no-1", "no-2"]),
        (["no-?", "emea"], ["emea", "no-1", "no-2"]),
        (["NO-*"], []),
    ],
)
def test_which_targets_a_machine_takes(targets: list[str] | None, expected: list[str]) -> None:
    """Names and patterns; none named is all, an empty list is none: such a machine only queues."""
    fleet = Fleet(targets=targets)

    assert [name for name in ("emea", "no-1", "no-2") if takes(fleet, name)] == expected


@pytest.mark.parametrize("address", [f"{URL}?nothing={SECRET}", URL.replace("me@", f"me:{SECRET}%@")])
def test_an_address_that_postgresql_does_not_take(address: str) -> None:
    """PostgreSQL's own words would quote it."""
    database = SharedDatabase(Fleet.model_validate({"database": address}))

    with pytest.raises(UsageFault) as refused:
        database.connect()

    assert SECRET not in str(refused.value)
    assert refused.value.__suppress_context__


def test_several_servers_and_tls_are_kept() -> None:
    """One address can name two servers, of which one can be written to."""
    address = "postgresql://a:5432,b:5433/presence?target_session_attrs=read-write&sslmode=verify-full"

    words = SharedDatabase(Fleet.model_validate({"database": address})).conninfo

    assert {"host=a,b", "target_session_attrs=read-write", "sslmode=verify-full"} <= {*words.split()}
