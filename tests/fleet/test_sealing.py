"""What the database keeps is encrypted where there is a key; it gets another one while all work."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.errors import UsageFault
from presence_worker.fleet.connections import Connection, SharedDatabase
from presence_worker.fleet.key_change import check_key, reseal_all
from presence_worker.fleet.sealing import Sealing, is_sealed, read_keys
from presence_worker.settings.fleet import Fleet

OLD, NEW = "o" * 43 + "=", "n" * 43 + "="
SECRET = b"Krankmeldung"
JOB = """INSERT INTO job (id, number, changed, target, state, body, content)
VALUES (%s, %s, 1, 'a', 'waiting', %s, %s)"""


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A connection to a database with our tables."""
    settings = Fleet.model_validate({"database": database_url})
    with closing(SharedDatabase(settings).connect()) as opened:
        yield opened


def put_job(number: int, sealing: Sealing, connection: Connection) -> None:
    connection.execute(JOB, [str(number), number, sealing.seal(SECRET), None])


def bodies(connection: Connection) -> list[bytes]:
    return [body for (body,) in connection.execute("SELECT body FROM job ORDER BY number")]


@given(st.binary(max_size=300), st.sampled_from([(), (OLD,), (NEW, OLD)]))
def test_what_is_sealed_can_be_opened(payload: bytes, keys: tuple[str, ...]) -> None:
    """Byte for byte, with and without keys."""
    sealing = Sealing(keys)

    kept = sealing.seal(payload)

    assert sealing.open(kept) == payload
    assert sealing.is_newest(kept)
    assert is_sealed(kept) == bool(keys)


def test_nobody_without_the_key_reads_it() -> None:
    """Neither the words nor their length in plain; a key that is missing, or another one, is named."""
    kept = Sealing([OLD]).seal(SECRET)

    with pytest.raises(UsageFault, match="not set"):
        Sealing().open(kept)
    with pytest.raises(UsageFault, match="none of its keys fits"):
        Sealing([NEW]).open(kept)
    assert SECRET not in kept
    assert Sealing([OLD]).seal(SECRET) != kept  # the same words twice do not look alike


def test_what_was_changed_is_refused() -> None:
    """Nobody can put other rows in without the key."""
    kept = bytearray(Sealing([OLD]).seal(SECRET))
    kept[-40] ^= 1

    with pytest.raises(UsageFault):
        Sealing([OLD]).open(bytes(kept))


def test_a_new_key_is_found_in_the_file(tmp_path: Path) -> None:
    """Another machine got it first: ours looks into its file again, without a restart."""
    file = tmp_path / "key"
    file.write_text(f"{OLD}\n")
    sealing, other = Sealing(file=file), Sealing([NEW, OLD])
    kept = other.seal(SECRET)

    with pytest.raises(UsageFault):
        sealing.open(kept)
    file.write_text(f"{OLD}\n\n{NEW}\n")

    assert sealing.open(kept) == SECRET
    assert not sealing.is_newest(kept)
    file.write_text(f"{NEW}\n{OLD}\n")
    sealing.read_again()
    assert sealing.is_newest(kept)


@pytest.mark.parametrize("text", ["", "\n", "short\n", f"{OLD}\n{'x' * 45}\n"])
def test_a_file_without_keys_is_refused(text: str, tmp_path: Path) -> None:
    """Nothing of the file is in the words, and keys that we have stay."""
    file = tmp_path / "key"
    file.write_text(f"{OLD}\n")
    sealing = Sealing(file=file)
    file.write_text(text)

    with pytest.raises(UsageFault) as refused:
        sealing.read_again()

    assert not any(line and line in str(refused.value) for line in text.split())
    assert sealing.open(Sealing([OLD]).seal(SECRET)) == SECRET


def test_any_urlsafe_key_of_32_bytes_is_taken(tmp_path: Path) -> None:
    """As `openssl rand -base64 32 | tr '+/' '-_'` prints it."""
    key = Fernet.generate_key().decode()
    (tmp_path / "key").write_text(f"  {key}  \r\n")

    assert read_keys(tmp_path / "key") == [key]


def test_a_machine_with_another_key_is_refused(connection: Connection) -> None:
    """Before it takes a run that it cannot read; the first machine marks the database."""
    check_key(Sealing([OLD]), connection)

    check_key(Sealing([NEW, OLD]), connection)
    with pytest.raises(UsageFault, match="not set"):
        check_key(Sealing(), connection)
    with pytest.raises(UsageFault, match="none of its keys fits"):
        check_key(Sealing([NEW]), connection)


def test_a_first_key_can_come_later(connection: Connection) -> None:
    """What is there in plain is encrypted; from then on a machine without the key is refused."""
    put_job(1, Sealing(), connection)
    check_key(Sealing(), connection)

    check_key(Sealing([OLD]), connection)
    changed = reseal_all(Sealing([OLD]), connection)

    assert changed == 1
    assert all(map(is_sealed, bodies(connection)))
    with pytest.raises(UsageFault, match="not set"):
        check_key(Sealing(), connection)


def test_all_gets_the_new_key(connection: Connection) -> None:
    """Also what is written with the old one during it; then the old key can be removed."""
    old, both, new = Sealing([OLD]), Sealing([NEW, OLD]), Sealing([NEW])
    check_key(old, connection)
    for number in range(5):
        put_job(number, old, connection)
    connection.execute("UPDATE job SET content = body WHERE number = 3")

    changed = reseal_all(both, connection)
    put_job(9, old, connection)
    later = reseal_all(both, connection)

    assert (changed, later, reseal_all(both, connection)) == (7, 1, 0)  # and the mark
    assert {new.open(body) for body in bodies(connection)} == {SECRET}
    check_key(new, connection)


def test_every_payload_is_found(connection: Connection) -> None:
    """A table that comes later need not be named here."""
    connection.execute("CREATE TABLE later (words bytea)")
    connection.execute("INSERT INTO later VALUES (%s), (NULL)", [Sealing([OLD]).seal(SECRET)])

    assert reseal_all(Sealing([NEW, OLD]), connection) == 1


def test_other_bytes_stay_as_they_are(connection: Connection) -> None:
    """What we have not sealed is not ours to change."""
    connection.execute("CREATE TABLE foreign_bytes (words bytea)")
    connection.execute("INSERT INTO foreign_bytes VALUES (''), ('\\x00'), ('plain'), ('\\x00ff')")
    before = connection.execute("SELECT words FROM foreign_bytes ORDER BY 1").fetchall()

    assert reseal_all(Sealing([NEW, OLD]), connection) == 0
    assert connection.execute("SELECT words FROM foreign_bytes ORDER BY 1").fetchall() == before
