"""README: the front page is short, and what it lists is what the program has."""

import re

import pytest

from presence_worker.cli.lazy import COMMANDS
from presence_worker.errors import EXIT_CODES
from presence_worker.manual_pages import ManualPage
from tests.manual.documents import README, ROOT, TEXTS, blocks, table

TEXT = TEXTS["README"]
LONGEST, LARGEST = 250, 20_000  # lines, bytes


def test_is_short() -> None:
    """Who opens the project's page has read it in some minutes; the manual has the rest."""
    assert len(TEXT.splitlines()) <= LONGEST
    assert README.stat().st_size <= LARGEST


def test_has_the_two_commands_of_a_fresh_machine() -> None:
    """One command creates the environment and runs the main job, one creates it and passes the tests."""
    first, second = [block.text.strip() for block in blocks("README", "sh")][:2]

    assert first.startswith("python3 -m venv .venv && .venv/bin/pip install -q . && ")
    assert (ROOT / first.split()[-2]).is_file()
    assert second.endswith(".venv/bin/pip install -q -e '.[test]' && .venv/bin/pytest")


def test_lists_every_command() -> None:
    """README and help name the same commands, in the same words and order."""
    rows = table("README", "command")

    told = {cells[0].strip("`").split()[1]: cells[1] for cells in rows}

    assert told == COMMANDS
    assert list(told) == list(COMMANDS)


def test_lists_every_exit_code() -> None:
    """README has the code's own table of exit codes."""
    rows = table("README", "code")

    assert rows == [[str(int(code)), row.meaning, row.sent] for code, row in EXIT_CODES.items()]


@pytest.mark.parametrize("page", [page for page in ManualPage if page != ManualPage.TERMS])
def test_leads_to_every_page(page: ManualPage) -> None:
    """A reader finds each page of the manual from here."""
    assert re.search(rf"manual/{page}\.md\)|`presence-worker manual {page}`", TEXT)
