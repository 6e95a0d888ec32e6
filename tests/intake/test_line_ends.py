"""Line breaks inside comments that have no quotes around them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.intake.csv.csv_records import Dialect, read_records
from presence_worker.model import Reason

from .reading import HEADER, Write, read, refusal

ENDS = ["\r\n", "\n", "\r"]
OTHERS = [(end, other) for end in ENDS for other in ENDS if end != other]


@pytest.mark.parametrize(("end", "other"), OTHERS)
def test_a_break_of_another_kind(end: str, other: str, write: Write) -> None:
    """Where rows end in another way, it is certain that the row goes on; the comment keeps its break."""
    comment = f"first{other}second{other}{other}last"
    path = write(f"associateId,status,message{end}12,Away,{comment}{end}13,Away,ok{end}")

    _, rows = read(path)

    assert [(row.line, row.associate_id, row.result) for row in rows] == [(2, 12, None), (6, 13, None)]
    assert rows[0].message == comment


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('"12","Away",first\nsecond\r\n', "first\nsecond"),
        ('12,Away,"a\nb"\r\n', "a\nb"),
        ("12,Away,first\nlast", "first\nlast"),
    ],
)
def test_breaks_with_and_without_quotes(row: str, message: str, write: Write) -> None:
    """Quotes beside it do not matter, and the last row needs no end."""
    _, rows = read(write(HEADER.replace("\n", "\r\n") + row))

    assert [(found.associate_id, found.message) for found in rows] == [(12, message)]


def test_a_comment_in_the_middle(write: Write) -> None:
    """The cells behind it stay where they are."""
    _, rows = read(write("associateId;message;status\r\n12;first\nlast;Away\r\n13;x;Away\r\n"))

    assert [(row.associate_id, row.message, row.result) for row in rows] == [
        (12, "first\nlast", None),
        (13, "x", None),
    ]


def test_files_with_other_ends_joined(write: Write) -> None:
    """A row that is whole is a row, whatever ends it."""
    _, rows = read(
        write(f"{HEADER}12,Away,a\n".replace("\n", "\r\n") + "13,Away,b\n14,Away,c\n15,Away,d\r\n")
    )

    assert [(row.line, row.associate_id, row.message) for row in rows] == [
        (2, 12, "a"),
        (3, 13, "b"),
        (4, 14, "c"),
        (5, 15, "d"),
    ]


@pytest.mark.parametrize("rest", ["second, of, many\r\n", "a,b\r\n", "second\nthird, b\r\n"])
def test_what_does_not_make_a_row(rest: str, write: Write) -> None:
    """Without as many cells as the header has, nothing is certain, and no part is sent."""
    _, rows = read(write(f"{HEADER}".replace("\n", "\r\n") + f"12,Away,first\n{rest}13,Away,ok\r\n"))

    assert rows[-1].result is None
    assert all(row.reason in (Reason.RAGGED_ROW, Reason.BAD_ASSOCIATE_ID) for row in rows[1:-1])


def test_lines_are_counted_as_editors_do(write: Write) -> None:
    """What is broken behind a row of several lines is found where it is."""
    path = write(HEADER.replace("\n", "\r\n") + '12,Away,a\nb\r\n13,"Away\r\n')

    assert refusal(path) == "FILE, line 4, column 4: the quote that opens here is never closed. Close it"


TEXTS = st.text(
    st.characters(exclude_characters='\0\r,"', exclude_categories=["Cs", "Zl", "Zp", "Cc"]), max_size=6
)
COMMENTS = st.lists(TEXTS, min_size=1, max_size=4).map("\n".join)


@given(comments=st.lists(COMMENTS, min_size=1, max_size=6))
def test_any_comment_in_the_last_column_comes_back(comments: list[str]) -> None:
    """A program that ends rows with CRLF and puts no quotes around comments loses nothing."""
    text = "id,status,message\r\n" + "".join(f"{place},x,{words}\r\n" for place, words in enumerate(comments))

    _, *records = read_records(io.StringIO(text, newline=""), Dialect(delimiter=",", is_mixed=True), [])

    assert [record.cells for record in records] == [[f"{n}", "x", words] for n, words in enumerate(comments)]


@given(comments=st.lists(COMMENTS, min_size=1, max_size=6), end=st.sampled_from(ENDS))
def test_quotes_are_enough(comments: list[str], end: str) -> None:
    """What the csv module writes is read as it would be without any of this."""
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(
        [["a", "b", "c"], *([words, "x", words] for words in comments)]
    )

    text = file.getvalue()
    dialects = [Dialect(delimiter=",", is_mixed=is_mixed) for is_mixed in (True, False)]

    found = [
        [record.cells for record in read_records(io.StringIO(text, newline=""), dialect, [])]
        for dialect in dialects
    ]

    assert found[0] == found[1]
