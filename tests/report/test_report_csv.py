"""report.csv: what people open in a spreadsheet, and nothing in it calculates."""

import codecs
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from presence_worker.failed_csv import unescape_formula
from presence_worker.model import Outcome, Reason, Result
from tests.examples import examples
from tests.journal.given import invalid, row

from .given import NIGHT, lines, reported, table, with_messages

SIGNS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"  # with the full-width signs, which spreadsheets take as well
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
CELLS = TEXTS | st.text(f"'{SIGNS},;|\"\n a", max_size=6)


def test_it_opens_as_utf_8(told: Path) -> None:
    """The mark at the beginning lets a spreadsheet read letters as they are."""
    assert (told / "report.csv").read_bytes().startswith(codecs.BOM_UTF8)


def test_it_tells_what_the_lines_tell(told: Path) -> None:
    """Each row has the fields of report.jsonl, in that order, but for the run's id; null is an empty cell."""
    header, *rows = table(told / "report.csv")
    expected = lines(told / "report.jsonl")

    assert header == list(expected[0])[1:]
    assert [row[header.index("result")] for row in rows] == NIGHT
    for cells, line in zip(rows, expected, strict=True):
        assert cells == ["" if line[name] is None else str(line[name]) for name in header]


@pytest.mark.parametrize("sign", SIGNS)
def test_no_cell_is_a_formula(folder: Path, sign: str) -> None:
    """Whatever begins like a formula is text, wherever it stands."""
    text = f"{sign}HYPERLINK(1)"
    outcome = Outcome(result=Result.REJECTED, reason=Reason.REFUSED, detail=text)

    reported(folder, [row(1, message=text), invalid(2, associate_id=text)], {1: outcome}, **with_messages())

    cells = [cell for cells in table(folder / "report.csv") for cell in cells]
    assert cells.count(f"'{text}") == 3
    assert not [cell for cell in cells if cell.startswith(tuple(SIGNS))]


@settings(max_examples=examples(30), deadline=None, derandomize=True)
@given(texts=st.lists(CELLS, min_size=1, max_size=4))
@example(texts=["'=", "''=1", "a\r\nb", '"', "\r", "5;=1", "\ufeff"])
def test_any_text_is_one_safe_cell(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever is in a text, it is read back as one cell, calculates nothing, and loses nothing."""
    folder = reported(
        tmp_path_factory.mktemp("run"),
        [invalid(n, detail=text, associate_id=text, message=text) for n, text in enumerate(texts, 1)],
        {},
        **with_messages(),
    )

    header, *rows = table(folder / "report.csv")

    assert {len(cells) for cells in (header, *rows)} == {15}
    for name in ("detail", "associate_id", "message"):
        found = [cells[header.index(name)] for cells in rows]
        assert [unescape_formula(cell) for cell in found] == texts
        assert not [cell for cell in found if cell.startswith(tuple(SIGNS))]
