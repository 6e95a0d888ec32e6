"""The page about many machines says what the program and the files in config/ have."""

import re

from presence_worker.settings.fleet import Fleet
from tests.manual.documents import ROOT, TEXTS, blocks, table

PAGE = "many-machines"
EVENT = re.compile(r"""\blog\.(?!debug)\w+\(\s*"([a-z_.]+)\"""")
ROLES = ROOT / "config" / "postgresql" / "roles.sql"
GUARANTEES = (  # each with the words without which it would say less
    ("No row is lost", "keeps what it has confirmed"),
    ("`updated` is true", "SuperOffice has confirmed", "in the database"),
    ("One machine at a time", "`delivery.concurrency`", "own run", "last", "`delivery.total_timeout`"),
    ("Little is asked again", "2 × `delivery.rate`", "`delivery.concurrency`"),
    ("nothing new is sent", "less 2 seconds", "by themselves"),
    ("The pace holds", "`delivery.rate`", "however many machines"),
)


def statements(text: str) -> list[str]:
    """Give the statements of SQL, without comments and line ends."""
    plain = re.sub(r"--.*", "", text)
    return [" ".join(each.split()) for each in plain.split(";") if each.strip()]


def test_the_roles_are_those_of_the_file() -> None:
    """The page shows what roles.sql does, statement by statement."""
    (block,) = blocks(PAGE, "sql")

    assert statements(block.text) == statements(ROLES.read_text())


def test_there_are_six_guarantees_and_none_is_weaker() -> None:
    """Each one has its conditions with it."""
    section = TEXTS[PAGE].partition("## Six guarantees")[2].partition("\n## ")[0]
    given = re.split(r"^\d\. ", " ".join(section.split("\n")), flags=re.MULTILINE)
    items = re.split(r" \d\. (?=\*\*)", given[0])[1:]

    assert len(items) == len(GUARANTEES)
    for item, words in zip(items, GUARANTEES, strict=True):
        assert [each for each in words if each not in " ".join(item.split())] == []


def test_the_numbers_are_the_defaults() -> None:
    """Lease and places are those of the program."""
    lease = Fleet().lease or 0

    assert f"`fleet.lease` ({lease:.0f} seconds)" in TEXTS[PAGE]
    assert f"`fleet.lease` + 5 seconds ({lease + 5:.0f} seconds)" in TEXTS[PAGE]
    assert f"`fleet.runs` ({Fleet().runs})" in TEXTS[PAGE]


def test_the_events_are_those_of_the_log() -> None:
    """An administrator who finds one in the log finds it on the page, too."""
    sources = (ROOT / "presence_worker" / "fleet").glob("*.py")
    logged = {event for path in sources for event in EVENT.findall(path.read_text())}
    described = {
        event for row in table(PAGE, "event") for event in re.findall(r"`([a-z_]+\.[a-z_]+)`", row[0])
    }

    assert described == logged
