"""State that outlasts the sandbox: read back as it was, kept while it runs, refused when damaged."""

import stat
import sys
from pathlib import Path

import anyio
import pytest

from presence_worker.errors import UsageFault
from presence_worker.model import NOT_PRESENT, Presence
from presence_worker.sandbox import People, keep_presences

pytestmark = pytest.mark.anyio
AWAY = Presence(status=NOT_PRESENT, message="Zurück am 4. 🎿")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


def holds(file: Path, associate_id: int) -> bool:
    """Whether the file tells something of an associate."""
    return file.exists() and f'"{associate_id}"' in file.read_text("utf-8")


def lost(file: Path) -> None:
    """Let the disk be gone."""
    file.unlink()
    file.parent.rmdir()


def fill(people: People, *ids: int) -> None:
    """Set presences, one after another."""
    for associate_id in ids:
        people.set_presence(associate_id, AWAY)


async def test_what_was_set_is_there_again(file: Path) -> None:
    """The next sandbox begins where this one ended, and others are not concerned."""
    before, after = People(), People()

    async with keep_presences(before, file):
        before.set_presence(7, AWAY)
    async with keep_presences(after, file):
        found = after.changes()

    assert found == {7: AWAY}


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such modes there")
def test_it_is_its_owner_s_alone(file: Path) -> None:
    """A message may be a reason of absence; nothing else is left beside it."""

    async def keep() -> None:
        async with keep_presences(People(), file):
            pass

    anyio.run(keep)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


async def test_it_is_kept_while_the_sandbox_runs(file: Path) -> None:
    """Whoever pulls the plug loses no more than the last moments."""
    people = People()
    async with keep_presences(people, file, every=0.001):
        people.set_presence(7, AWAY)
        with anyio.fail_after(240):
            while not holds(file, 7):
                await anyio.lowlevel.checkpoint()
        people.set_presence(8, AWAY)
        at_once = holds(file, 8)

    assert not at_once
    assert holds(file, 8)


async def test_it_is_kept_when_the_sandbox_fails(file: Path) -> None:
    """An error on the way out takes nothing along."""
    people = People()

    with pytest.raises(KeyError):
        async with keep_presences(people, file):
            fill(people, 7, 0)

    assert holds(file, 7)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"version": 2, "presences": {}}',
        '{"version": 1, "presences": []}',
        '{"version": 1, "presences": {"x": {"Status": "StatusNormal", "Message": ""}}}',
        '{"version": 1, "presences": {"7": {"Status": "secret", "Message": ""}}}',
        '{"version": 1, "presences": {"7": {"Status": "StatusNormal", "Message": ["secret"]}}}',
        '{"version": 1, "presences": {"7": {"Message": "secret"}}}',
    ],
)
def test_a_damaged_file_is_refused(file: Path, text: str) -> None:
    """It is named, with what to do; it is neither quoted nor overwritten."""
    file.write_text(text)

    async def keep() -> None:
        async with keep_presences(People(), file):
            pass

    with pytest.raises(UsageFault, match=r"--state .*state\.json: .* damaged one; remove it") as caught:
        anyio.run(keep)

    assert "secret" not in str(caught.value)
    assert file.read_text() == text


async def test_strangers_in_the_file_are_refused(file: Path) -> None:
    """It may come from a sandbox with more people: nobody is lost silently."""
    many = People(5000)
    async with keep_presences(many, file):
        many.set_presence(2000, AWAY)

    with pytest.raises(UsageFault, match=r"user 2000, but only 1 to 1000 exist; set a higher --people"):
        async with keep_presences(People(), file):
            pass


@pytest.mark.parametrize("place", [".", "nowhere/state.json"])
async def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path: Path, place: str) -> None:
    """Not when the sandbox ends, and everything would be lost."""
    with pytest.raises(UsageFault, match=r"--state .*: (Is a directory|No such file or directory)"):
        async with keep_presences(People(), tmp_path / place):
            pytest.fail("it came up")


async def test_a_disk_that_fails_for_a_while_ends_nothing(tmp_path: Path) -> None:
    """While the sandbox runs it tries again; only what is lost in the end is told."""
    file, people = tmp_path / "disk" / "state.json", People()
    await anyio.Path(file.parent).mkdir()
    ran_on = anyio.Event()

    async def run() -> None:
        async with keep_presences(people, file, every=0.001):
            lost(file)
            people.set_presence(7, AWAY)
            await anyio.sleep(0.01)
            ran_on.set()

    with pytest.raises(UsageFault, match="--state"):
        await run()

    assert ran_on.is_set()
