"""Why a database cannot be reached: in our words, as its own have the address in them."""

import psycopg
import pytest

from presence_worker.errors import DatabaseAway
from presence_worker.fleet.connections import SharedDatabase, meaning
from presence_worker.settings.fleet import Fleet

from .postgres import Postgres, free_port


def why(url: str) -> str:
    with pytest.raises(DatabaseAway) as away:
        SharedDatabase(Fleet.model_validate({"database": url})).connect()
    assert not any(word in str(away.value) for word in ("127.0.0.1", "stranger", "s3cr3t", "Error"))
    return str(away.value)


def test_reasons_of_a_real_database(database_server: Postgres) -> None:
    """Each is what an administrator can check."""
    url = database_server.url()

    assert "no such database or user" in why(database_server.url(user="stranger"))
    assert "no such database or user" in why(database_server.url("presence"))
    assert "the connection was refused" in why(database_server.url(port=free_port()))
    assert "its host name is unknown" in why(url.replace("127.0.0.1", "no-such-host.invalid"))
    assert "TLS failed" in why(f"{url}?sslmode=require")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ('password authentication failed for user "me"', "the user or the password is wrong"),
        ('no pg_hba.conf entry for host "10.0.0.1", user "me", SSL encryption', "pg_hba.conf"),
        ('server certificate for "db" does not match host name "ssl"', "TLS failed"),
        ("sorry, too many clients already", "no free connection"),
        ("terminating connection due to administrator command", "starts or stops just now"),
        ("connection timeout expired", "no answer"),
        ("etwas anderes: s3cr3t", "the connection was lost, or could not be made"),
    ],
)
def test_reasons_by_words(words: str, reason: str) -> None:
    """Of what the database says, only the kind is kept."""
    with pytest.raises(DatabaseAway) as away, meaning():
        raise psycopg.OperationalError(words)

    assert reason in str(away.value)
    assert "s3cr3t" not in str(away.value)
