"""The whole manual as one web page that needs nothing but a browser."""

import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import platformdirs
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from .. import __version__
from ..errors import UsageFault
from ..journal import write_whole
from ..journal.filesystem import make_private
from ..manual_pages import ManualPage
from ..operator_files import state_home
from ..report.pieces import NOTHING, Pieces, digest, inline
from .library import LIST, read_page
from .links import anchor_of, is_external, page_link

FILE = "presence-worker-manual.html"
LISTED = 2  # level of the headings below a page in the contents
FRAME = '<div class="wide" tabindex="0">'  # of a table: it scrolls, also by keyboard
LEFT_OUT = ("html_block", "html_inline", "image")  # our remarks; pictures are in the project's folder
fill = Pieces("manual.html").fill


class Heading(NamedTuple):
    """A part of a page, as the table of contents has it."""

    title: str
    anchor: str
    level: int  # 1: the title of the page


class Chapter(NamedTuple):
    """A page as a part of the web page."""

    headings: Sequence[Heading]
    body: Markup


def write_manual() -> Path:
    """Write the page to a folder of the user's own; return its place, or raise UsageFault."""
    folder = _folder()
    text = build_page().encode()
    try:
        make_private(folder)
        write_whole(folder / FILE, lambda file: file.write(text) == len(text))
    except OSError as error:
        words = f"the manual cannot be written to {folder}: {error.strerror}"
        raise UsageFault(words, next=LIST, page=ManualPage.COMMANDS) from None
    return folder / FILE


def _folder() -> Path:
    """Return where a browser can read: one that snap has installed reads no folder that begins with a dot."""
    downloads = platformdirs.user_downloads_path() if sys.platform == "linux" else None
    if downloads and downloads.is_dir():
        return downloads
    folder = state_home()
    if folder is None:
        words = "this user has no home folder for a web page; read the pages here"
        raise UsageFault(words, next=LIST, page=ManualPage.COMMANDS)
    return folder


def build_page() -> Markup:
    """Return the page: contents, then all pages of the manual."""
    style = inline("manual.css")
    sections = {page: _section(page) for page in ManualPage}
    return fill(
        "page",
        digest=digest(style),
        style=style,
        version=__version__,
        contents=NOTHING.join(_entry(page, section.headings) for page, section in sections.items()),
        sections=NOTHING.join(fill("section", name=page, body=each.body) for page, each in sections.items()),
    ).rstrip()


def _entry(page: ManualPage, headings: Sequence[Heading]) -> Markup:
    title, *others = headings
    parts = [fill("part", anchor=each.anchor, title=each.title) for each in others if each.level == LISTED]
    listed = fill("parts", parts=NOTHING.join(parts)) if parts else NOTHING
    return fill("entry", name=page, title=title.title, parts=listed)


def _section(page: ManualPage) -> Chapter:
    markdown = MarkdownIt("commonmark").enable("table")
    tokens = [token for token in markdown.parse(read_page(page)) if token.type not in LEFT_OUT]
    headings = list(_name_headings(tokens, page))
    for token in tokens:
        token.attrs.pop("style", None)  # the page's policy allows none
        if token.children:
            token.children = list(_follow_links(token.children, page))
    text = markdown.renderer.render(tokens, markdown.options, {})
    framed = text.replace("<table>", f"{FRAME}<table>").replace("</table>", "</table></div>")
    return Chapter(headings, Markup(framed))  # noqa: S704 - ours


def _name_headings(tokens: Sequence[Token], page: ManualPage) -> Iterator[Heading]:
    """Set the anchor of each heading, and a level below that of the web page; yield the headings."""
    for token, within in pairwise(tokens):
        if token.type == "heading_open":
            level, anchor = int(token.tag[1]), _anchor(page, anchor_of(within.content))
            token.attrSet("id", anchor)
            yield Heading(within.content.replace("`", ""), anchor, level)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{int(token.tag[1]) + 1}"


def _anchor(page: ManualPage, heading: str) -> str:
    return f"{page}--{heading}"


def _follow_links(tokens: Sequence[Token], page: ManualPage) -> Iterator[Token]:
    """Yield the tokens of a text; links lead to other parts of the web page, and those to files are gone."""
    is_kept = True
    for token in tokens:
        if token.type == "link_open":
            address = str(token.attrs["href"])
            link = page_link(address, page)
            is_kept = bool(link) or is_external(address)
            if link:
                target = _anchor(link.page, link.anchor) if link.anchor else str(link.page)
                token.attrSet("href", f"#{target}")
        if token.type not in LEFT_OUT and (is_kept or not token.type.startswith("link_")):
            yield token
