"""The file: whose it is, how safe its writes are, and what is refused instead of guessed at."""

import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from presence_worker.errors import ExitCode, PresenceWorkerError, Stopped, UsageFault
from presence_worker.journal import Journal
from presence_worker.journal.schema import VERSION

from .given import UPDATED, connections, deliver, each_change, record, results_on_disk, staged, tamper

Damage = Callable[[bytes], bytes]
DAMAGE: dict[str, Damage] = {
    "emptied": lambda _: b"",
    "cut in the header": lambda whole: whole[:50],
    "cut to its first page": lambda whole: whole[:4096],
    "a text": lambda whole: b"not a journal\n" * (len(whole) // 14),
    "zeros": lambda whole: bytes(len(whole)),
    "another database": lambda whole: whole[:100] + bytes(len(whole) - 100),
}


def refusal(path: Path) -> str:
    """Give what is said where a journal is refused."""
    with pytest.raises(UsageFault) as caught:
        Journal.open(path)
    assert caught.value.exit_code is ExitCode.USAGE
    return str(caught.value)


@pytest.mark.usefixtures("open_umask")
def test_only_the_owner_may_read(path: Path) -> None:
    """Messages are in the journal, so it and the files beside it are private, whatever the umask."""
    with closing(staged(path)) as journal:
        deliver(journal, {1: UPDATED})

        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert set(modes) >= {path.name, f"{path.name}-wal"}
    assert set(modes.values()) == {0o600}


def test_a_journal_is_never_overwritten(path: Path) -> None:
    """Whoever makes a journal where one is leaves that one alone."""
    staged(path).close()
    before = path.read_bytes()

    with pytest.raises(Stopped, match="cannot be made: File exists"):
        Journal.create(path)

    assert path.read_bytes() == before


def opened_again(path: Path) -> Journal:
    """Make a journal, and open it as a later session does."""
    staged(path).close()
    return Journal.open(path)


@pytest.mark.parametrize("make", [staged, opened_again])
def test_every_write_is_synced(path: Path, make: Callable[[Path], Journal]) -> None:
    """Write-ahead log and the fullest sync are in force: after a power cut, what was recorded is there."""
    with closing(make(path)) as journal:
        held = connections(journal)

        modes = [
            [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
            for connection in held
        ]

    assert held
    assert modes == [["wal", 3]] * len(held)


def test_what_is_recorded_is_in_the_file_at_once(journal: Journal, path: Path) -> None:
    """Whoever opens the file while it is written sees each outcome when `record` has returned."""
    journal.sessions.begin("run", rate=10)
    list(each_change(journal))

    for number in range(1, 6):
        record(journal, {number: UPDATED})

        assert list(results_on_disk(path).values()).count("updated") == number


def test_the_version_is_in_the_file(journal: Journal, path: Path) -> None:
    """The journal says which version of its tables it has, so that a later program can tell."""
    with closing(sqlite3.connect(path)) as other:
        versions = other.execute("SELECT version FROM schema").fetchall()

    assert (versions, journal.is_staged()) == ([(VERSION,)], True)


@pytest.mark.parametrize("version", [0, VERSION + 1, "next"])
@pytest.mark.proves("the journal is of another version")
def test_another_version_is_refused(path: Path, version: int | str) -> None:
    """A journal of an older or newer program is not guessed at; the sentence says what can read it."""
    staged(path).close()
    tamper(path, f"UPDATE schema SET version = {version!r}")

    assert refusal(path) == (
        f"{path}: written by another version of presence-worker (schema {version}, "
        f"this one reads {VERSION}); use the version that wrote it"
    )


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.proves("the journal is damaged")
def test_a_damaged_journal_is_refused(path: Path, damage: Damage) -> None:
    """What cannot be read is refused with a sentence that says where, what, and what to do."""
    staged(path).close()
    path.write_bytes(damage(path.read_bytes()))

    said = refusal(path)

    assert said.startswith(f"{path}: the journal cannot be read (")
    assert said.endswith("); restore it from a backup, or start a new run")


@pytest.mark.parametrize("damage", ["a text", "zeros", "another database"])
def test_a_refused_journal_is_left_as_it_is(path: Path, damage: str) -> None:
    """Refusing changes nothing: somebody may still rescue what is in there."""
    staged(path).close()
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    before = path.read_bytes()

    refusal(path)

    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE schema",
        "ALTER TABLE schema RENAME version TO v",
        "DELETE FROM schema",
    ],
)
def test_a_journal_without_its_version_is_refused(path: Path, damage: str) -> None:
    """A file that does not say which version it has is none of ours."""
    staged(path).close()
    tamper(path, damage)

    assert "the journal cannot be read" in refusal(path)


def test_a_missing_journal_is_refused(path: Path) -> None:
    """There is no run where there is no journal."""
    assert "the journal cannot be read" in refusal(path)


def test_a_missing_journal_is_not_made(path: Path) -> None:
    """Asking for a run that is not there leaves nothing behind."""
    refusal(path)

    assert not path.exists()


def test_damage_in_the_middle_is_told(path: Path) -> None:
    """A damaged page of rows is a known trouble with a sentence, not a bug of ours."""
    staged(path, 400).close()
    whole = bytearray(path.read_bytes())
    for page in range(12 * 4096, len(whole), 4096):
        whole[page : page + 2000] = b"\xff" * 2000
    path.write_bytes(whole)

    with pytest.raises(PresenceWorkerError, match="journal"), closing(Journal.open(path)) as journal:
        list(journal.results.all())


def test_a_journal_of_the_first_release_opens(path: Path) -> None:
    """An older journal is brought up to date and tells what it told before."""
    shutil.copy(Path(__file__).parent / "files" / "first-release.sqlite", path)

    with closing(Journal.open(path)) as journal:
        run, counts, fates = journal.run(), journal.results.counts(), list(journal.results.all())
        to_send = len(list(each_change(journal)))

    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT version FROM schema").fetchall() == [(VERSION,)]
    assert (run.state, run.exit_code, run.compared) == ("stopped", 143, None)
    assert {result: number for result, number in counts.items() if number} == {
        "updated": 51,
        "duplicate": 1,
        "invalid": 8,
        "rejected": 1,
        "not_sent": 33,
    }
    assert (len(fates), to_send) == (94, 33)


def test_a_journal_of_the_second_version_opens(path: Path) -> None:
    """It knows nothing of reading, plans and names: its run was made to be sent, and goes on."""
    shutil.copy(Path(__file__).parent / "files" / "version-2.sqlite", path)

    with closing(Journal.open(path)) as journal:
        run, counts, fates = journal.run(), journal.results.counts(), list(journal.results.all())
        wishes, to_send = list(journal.rows.each_pending(10)), len(list(each_change(journal)))

    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT version FROM schema").fetchall() == [(VERSION,)]
    assert (run.state, run.exit_code, run.intent, run.step, run.undoes) == ("stopped", 6, "run", "send", None)
    assert {result: number for result, number in counts.items() if number} == {
        "updated": 3,
        "duplicate": 1,
        "invalid": 1,
        "rejected": 1,
        "not_sent": 24,
    }
    assert {(fate.identity, fate.before_status) for fate in fates} == {(None, None)}
    assert {(wish.before, wish.knows_comment, wish.identity) for wish in wishes} == {(None, False, None)}
    assert (len(fates), len(wishes), to_send) == (30, 24, 24)


def test_a_journal_of_the_third_version_opens(path: Path) -> None:
    """It knows nothing of days: what was asked is due whenever it comes, and nothing follows from it."""
    shutil.copy(Path(__file__).parent / "files" / "version-3.sqlite", path)

    with closing(Journal.open(path)) as journal:
        fates, dated, scheduled = (
            list(journal.results.all()),
            list(journal.dated.all()),
            list(journal.dated.follow_ups()),
        )
        named = dict(journal.dated.mentions())

    assert (len(fates), dated, scheduled) == (10, [], [])
    assert {(fate.starts, fate.ends, fate.scheduled_by) for fate in fates} == {(None, None, None)}
    assert named == dict.fromkeys((12, 33, 45, 70, 71), (1, 1)) | {61: (2, 2)}


@pytest.mark.parametrize("file", ["first-release.sqlite", "version-2.sqlite", "version-3.sqlite"])
def test_an_older_journal_becomes_one_like_ours(file: str, path: Path, tmp_path: Path) -> None:
    """What is brought up to date has the tables and columns of a new one, in the same order."""
    shutil.copy(Path(__file__).parent / "files" / file, path)
    Journal.open(path).close()
    new = tmp_path / "new.sqlite"
    staged(new).close()

    assert tables(path) == tables(new)


def tables(path: Path) -> dict[str, list[str]]:
    """Give the columns of each table and view."""
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE sql IS NOT NULL")]
        found = {
            name: [column[1] for column in database.execute(f"PRAGMA table_info({name})")] for name in names
        }
    return {name: columns for name, columns in found.items() if columns}


def test_a_migration_is_all_or_nothing(path: Path) -> None:
    """Where it fails, the journal is as it was: an older program still reads it."""
    shutil.copy(Path(__file__).parent / "files" / "version-2.sqlite", path)
    tamper(path, "CREATE TABLE before (something)")

    with pytest.raises(Stopped, match="cannot be written"):
        Journal.open(path)

    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT version FROM schema").fetchall() == [(2,)]
        assert "intent" not in [column[1] for column in other.execute("PRAGMA table_info(run)")]


def test_a_check_finds_damage(path: Path) -> None:
    """After an unclean end the whole file is looked at before it is trusted."""
    staged(path, 400).close()
    whole = bytearray(path.read_bytes())
    whole[12 * 4096 : 12 * 4096 + 2000] = b"\xff" * 2000
    path.write_bytes(whole)

    with closing(Journal.open(path)) as journal, pytest.raises(UsageFault, match="cannot be read"):
        journal.check()


def test_a_whole_journal_passes_the_check(path: Path) -> None:
    """Also one that was not closed in order, with rows in its log."""
    with closing(staged(path, 400)) as journal:
        journal.sessions.begin("run", rate=10)
        list(each_change(journal))
        with closing(Journal.open(path)) as later:
            later.check()

        assert path.with_name(f"{path.name}-wal").stat().st_size > 0


def test_what_a_check_found_is_one_sentence(path: Path) -> None:
    """Whatever was found, it is told on one line."""
    staged(path, 400).close()
    whole = path.read_bytes()
    path.write_bytes(whole[: 12 * 4096] + b"\xff" * 2000 + whole[12 * 4096 + 2000 :])

    with closing(Journal.open(path)) as journal, pytest.raises(UsageFault) as caught:
        journal.check()

    assert str(caught.value).isprintable()


def test_a_file_that_shrank_is_refused(path: Path) -> None:
    """A file the end of which is missing is found out at once."""
    staged(path, 400).close()
    path.write_bytes(path.read_bytes()[: 12 * 4096])

    assert "the journal cannot be read" in refusal(path)


def test_trouble_of_the_disk_is_no_damage(path: Path) -> None:
    """Where the disk refuses, nobody is told to give the run up: it may be read another time."""
    staged(path).close()
    path.with_name(f"{path.name}-wal").mkdir()

    assert refusal(path).endswith("(unable to open database file); see to the disk, then run this again")
