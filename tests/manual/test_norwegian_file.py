"""The page on HR's files: its first example is what the program says of the file, step by step."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest

from presence_worker.cli.main import execute
from tests.manual.documents import ROOT, blocks, table
from tests.matrix.leave_books import FRAVAER, example_books
from tests.run.given import restored

PAGE = "hr-files"
JOB = "config/examples/fravaer.xlsx"
CONFIG = "config/examples/fravaer.toml"
STEPS = {  # command: how many blocks of the page show what it prints
    ("check", JOB, "--explain"): 2,
    ("check", JOB, "--config", CONFIG): 1,
    ("plan", JOB, "--config", CONFIG, "--sandbox"): 1,
}


def output_of(words: tuple[str, ...], state: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Give what a command prints in the project's folder."""
    with restored():
        execute([*words, "--state-dir", str(state)])
    return capsys.readouterr().out


def sheets(book: bytes) -> dict[str, bytes]:
    """Give the cells of a workbook, packed by whichever program."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {
            name: archive.read(name) for name in archive.namelist() if "sheet" in name or "Strings" in name
        }


def test_the_workbook_is_the_one_that_is_made() -> None:
    """`python -m tests.matrix.make` writes it; by hand, do not change it."""
    assert sheets((ROOT / JOB).read_bytes()) == sheets(example_books()["fravaer.xlsx"])


def test_the_page_shows_the_rows_of_the_workbook() -> None:
    """Dates are as Norwegians see them in Excel."""
    names, *rows = FRAVAER

    shown = table(PAGE, " | ".join(map(str, names)))

    assert shown == [
        [cell.strftime("%d.%m.%Y") if isinstance(cell, date) else str(cell or "") for cell in row]
        for row in rows
    ]


def test_the_page_shows_what_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In whichever year: the dates of the file are far from now."""
    monkeypatch.chdir(ROOT)
    shown = [block.text for block in blocks(PAGE, "text")]

    for words, number in STEPS.items():
        found = output_of(words, tmp_path, capsys)
        parts = [part.strip("\n") for text in shown[:number] for part in text.split("...")]
        assert [part for part in parts if part not in found] == []
        shown = shown[number:]


def test_the_page_shows_the_section_and_the_decisions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first section is the one to decide on, the second one the shipped configuration."""
    monkeypatch.chdir(ROOT)
    asked, decided, *_ = (block.text for block in blocks(PAGE, "toml"))

    found = output_of(("check", JOB, "--explain"), tmp_path, capsys)

    assert asked in found
    assert "\nLines with # need your decision. Remove the # from the lines that are right.\n" in found
    assert (ROOT / CONFIG).read_text("utf-8").endswith(f"\n{decided}")
