"""Links in README and the manual lead somewhere, also where the program is installed."""

import re

import pytest

from presence_worker.manual.links import anchor_of
from presence_worker.manual_pages import ManualPage
from tests.manual.documents import DOCUMENTS, FOLDER, ROOT, prose

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
SAID = re.compile(r"project's folder|project folder")
COMMAND = re.compile(r"presence-worker manual ([a-z][a-z-]{2,})")


def links(name: str) -> list[tuple[str, str, str]]:
    """Give the links of a document: whether it is a picture, its text, its address."""
    return LINK.findall(re.sub(r"`[^`\n]*`", lambda code: code[0].replace("](", "] ("), prose(name)))


def anchors(name: str) -> list[str]:
    headings = re.findall(r"^#+ (.+)$", prose(name), re.MULTILINE)
    return [anchor_of(words.replace("`", "")) for words in headings]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    """A link leads to a heading, a page, a file of the project, or into the web."""
    wrong = [address for _, _, address in links(name) if not leads_somewhere(name, address)]

    assert wrong == []


def leads_somewhere(name: str, address: str) -> bool:
    if "://" in address:
        return address.startswith("https://")
    path, _, anchor = address.partition("#")
    target = (DOCUMENTS[name].parent / path).resolve() if path else DOCUMENTS[name]
    if not target.exists() or ROOT not in target.parents:
        return False
    return not anchor or anchor in anchors(target.stem)


@pytest.mark.parametrize("name", ManualPage)
def test_a_page_is_whole_where_it_is_installed(name: str) -> None:
    """A page that names files outside the package says that they are in the project's folder."""
    outside = [address for _, _, address in links(name) if is_outside(address)]

    assert not outside or SAID.search(prose(name)), outside


def is_outside(address: str) -> bool:
    path = address.partition("#")[0]
    return bool(path) and "://" not in path and FOLDER not in (FOLDER / path).resolve().parents


@pytest.mark.parametrize("name", DOCUMENTS)
def test_pages_are_named_by_their_commands(name: str) -> None:
    """`presence-worker manual PAGE` in a text names a page that is there."""
    assert [page for page in COMMAND.findall(prose(name)) if page not in list(ManualPage)] == []


def test_no_heading_is_there_twice() -> None:
    """A link to a heading leads to one place."""
    twice = {
        name: sorted({each for each in anchors(name) if anchors(name).count(each) > 1}) for name in ManualPage
    }

    assert {name: names for name, names in twice.items() if names} == {}


def test_the_code_names_pages_that_are_there() -> None:
    """Errors, help texts and the shipped configuration lead to pages that the manual has."""
    sources = [path for path in [*FOLDER.parent.rglob("*"), *(ROOT / "config").rglob("*")] if path.is_file()]
    texts = {
        path: path.read_text("utf-8", "replace") for path in sources if path.suffix not in (".pyc", ".xlsx")
    }

    wrong = [
        (path.name, page)
        for path, text in texts.items()
        for page in COMMAND.findall(text)
        if page not in list(ManualPage)
    ]

    assert wrong == []


def test_an_anchor_is_that_of_github() -> None:
    """A link from elsewhere works on GitHub as well as in the program."""
    assert anchor_of("What to do: `now`, or later?") == "what-to-do-now-or-later"
