"""The man page: as the code is, whole, and without a fault that `man` would complain of."""

import shutil
import subprocess

import pytest

from presence_worker.cli.lazy import COMMANDS
from presence_worker.manual_pages import ManualPage
from tests.manual.man_page import PLACE, escaped, man_page

PAGE = PLACE.read_text("utf-8")


def test_is_as_the_code_is() -> None:
    """Whoever changes a help text writes the man page anew."""
    assert man_page() == PAGE, "run `python -m tests.manual`, and commit what it writes"


def test_names_all_commands_and_pages() -> None:
    """It leads to everything: commands by their usage, pages of the manual by their names."""
    assert [name for name in COMMANDS if f'.SS "presence-worker {name}' not in PAGE] == []
    assert [page for page in ManualPage if f".B {escaped(page)}\n" not in PAGE] == []


def test_nothing_in_a_text_is_a_command() -> None:
    """A sentence that begins with a dot, or has a backslash, is shown as it is."""
    assert escaped(".SH a\\b") == "\\&.SH a\\eb"


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_groff_finds_no_fault() -> None:
    """groff reads the page without a warning, and shows what the text says."""
    program = ["groff", "-man", "-Tutf8", "-ww", "-P-cbou", str(PLACE)]
    shown = subprocess.run(program, capture_output=True, text=True, check=True)

    assert shown.stderr == ""
    assert "presence-worker plan JOB [OPTIONS]" in shown.stdout
