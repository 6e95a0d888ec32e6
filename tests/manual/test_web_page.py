"""The manual as one web page: whole, and it asks nobody for anything."""

import re

from presence_worker.manual.web_page import FRAME, build_page
from presence_worker.manual_pages import ManualPage

PAGE = str(build_page())
IDS = re.findall(r'\bid="([^"]+)"', PAGE)


def test_has_all_pages() -> None:
    """Each page is a section, in reading order, and is in the table of contents."""
    assert re.findall(r'<section id="([^"]+)">', PAGE) == list(ManualPage)
    contents = PAGE.split("</nav>", maxsplit=1)[0]
    assert [page for page in ManualPage if f'href="#{page}"' not in contents] == []


def test_each_name_is_there_once() -> None:
    """A link within the page leads to one place."""
    assert sorted(IDS) == sorted(set(IDS))


def test_links_lead_somewhere() -> None:
    """A link leads to a part of the page or into the web, never to a file beside it."""
    targets = re.findall(r'href="([^"]+)"', PAGE)

    within = [target.removeprefix("#") for target in targets if target.startswith("#")]
    others = [target for target in targets if not target.startswith("#")]

    assert [target for target in within if target not in IDS] == []
    assert [target for target in others if not target.startswith("https://")] == []


def test_asks_nobody() -> None:
    """It has no script, no picture and no style from elsewhere, and its policy allows none."""
    assert re.findall(r"<(?:script|img|link|iframe|object)\b", PAGE) == []
    assert "default-src 'none'; style-src 'sha256-" in PAGE
    assert not re.search(r"url\(|@import|<[^>]*\bstyle=", PAGE)


def test_shows_none_of_our_remarks() -> None:
    """Marks of generated parts are for us, and a picture that is not in the package would be a gap."""
    assert "generated:" not in PAGE
    assert "&lt;!--" not in PAGE


def test_a_wide_table_scrolls() -> None:
    """On a telephone it does so by itself, also by keyboard."""
    assert PAGE.count("<table>") == PAGE.count(f"{FRAME}<table>") == PAGE.count("</table></div>") > 0


def test_headings_have_their_levels() -> None:
    """The page has one title; each page of the manual is a level below."""
    levels = [int(level) for level in re.findall(r"<h(\d)", PAGE)]

    assert (levels.count(1), levels.count(2)) == (1, len(ManualPage))


def test_has_both_colour_schemes() -> None:
    """A reader's system decides whether the page is light or dark."""
    assert "prefers-color-scheme: dark" in PAGE
