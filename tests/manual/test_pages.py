"""The pages of the manual: each is there, in one order, and has a title."""

from pathlib import Path

import pytest

import presence_worker
from presence_worker.manual_pages import ManualPage, manual_command

FOLDER = Path(presence_worker.__file__).parent / "manual"


def test_each_name_has_its_page() -> None:
    """Errors, help and the list of pages name exactly the pages that are shipped."""
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == sorted(ManualPage)


@pytest.mark.parametrize("page", ManualPage)
def test_a_page_begins_with_its_title(page: ManualPage) -> None:
    """The first line is the only heading of the first level."""
    lines = (FOLDER / f"{page}.md").read_text("utf-8").splitlines()

    assert lines[0].startswith("# ")


def test_a_page_is_named_by_its_command() -> None:
    """A sentence names a page as the reader types it."""
    assert manual_command(ManualPage.SIGN_IN) == "presence-worker manual sign-in"
