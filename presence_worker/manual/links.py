"""Where a link of a page leads: to a page, to a part of one, or to somewhere else."""

import re
from typing import NamedTuple

from ..manual_pages import ManualPage

_PAGE = re.compile(r"(?:([a-z-]+)\.md)?(?:#([\w-]+))?")


class PageLink(NamedTuple):
    """A page, and the heading on it."""

    page: ManualPage
    anchor: str | None


def page_link(address: str, here: ManualPage) -> PageLink | None:
    """Return the part of the manual that an *address* on the page *here* names; None if it is elsewhere."""
    found = _PAGE.fullmatch(address)
    if not found or (found[1] and found[1] not in set(ManualPage)):
        return None
    return PageLink(ManualPage(found[1]) if found[1] else here, found[2])


def is_external(address: str) -> bool:
    """Return whether a link leads into the web; any other one leads to a file of the project."""
    return "://" in address


def anchor_of(words: str) -> str:
    """Return the name of a heading in links, as GitHub makes it of its words."""
    return re.sub(r"[^\w\- ]", "", words.lower()).strip().replace(" ", "-")
