"""Cells a spreadsheet would calculate, and back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from presence_worker.failed_csv import escape_formula, restore_refused, unescape_formula

DANGEROUS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"  # with the full-width signs, which spreadsheets take as well


@given(cell=st.text() | st.text(f"'{DANGEROUS}a", max_size=6))
@example(cell="''=")
def test_what_is_escaped_comes_back(cell: str) -> None:
    """Taking the escape off gives exactly the cell that was given, apostrophes of its own included."""
    assert unescape_formula(escape_formula(cell)) == cell


@given(cell=st.text() | st.text(f"'{DANGEROUS}a", max_size=6))
def test_no_written_cell_is_a_formula(cell: str) -> None:
    """Whatever the cell, what is written does not begin like a formula."""
    assert not escape_formula(cell).startswith(tuple(DANGEROUS))


@pytest.mark.parametrize("sign", DANGEROUS)
def test_formulas_are_made_text(sign: str) -> None:
    """A leading apostrophe makes any of the signs plain text, also where one was there before."""
    assert escape_formula(f"{sign}1") == f"'{sign}1"
    assert escape_formula(f"'{sign}1") == f"''{sign}1"


@pytest.mark.parametrize("cell", ["", "a=1", "5", "'", "'quoted'", "o'clock", " =1"])
def test_other_cells_are_left_alone(cell: str) -> None:
    """Only what a spreadsheet would calculate is changed."""
    assert escape_formula(cell) == cell
    assert unescape_formula(cell) == cell


def test_a_file_of_an_earlier_version_is_understood() -> None:
    """Its words for a value that is not a text, and for a row that is too short, are still read."""
    wrong = restore_refused(["5", "12"], {"the comment": 1}, "the message is no text; write what is meant")
    short = restore_refused(["5", "", ""], {}, "1 cell, but the header has 3; fill them in")

    assert (wrong, short) == (["5", 12], ["5"])
