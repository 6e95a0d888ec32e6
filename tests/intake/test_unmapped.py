"""The statuses that nobody understands, counted."""

from .reading import HEADER, Write, read


def test_each_is_counted(write: Write) -> None:
    """However it is spelled, most rows first; what is empty, understood or no text is not among them."""
    words = ["FLEX", "Vaction", "flex", " F lex", "Away", "", "7"]
    path = write(HEADER + "".join(f"5,{word},\n" for word in words))

    job, _ = read(path)

    assert job.reader.facts().unmapped == (
        ("FLEX", 3, ""),
        ("7", 1, ""),
        ("Vaction", 1, "StatusNotAvailable"),
    )
    assert job.reader.facts().unmapped_others == 0


def test_what_cannot_be_a_status_is_not_shown(write: Write) -> None:
    """A whole sentence may be a message in the wrong column, and half a character cannot be pasted."""
    path = write(f'[{{"login": "a", "status": "{"x" * 61}"}}, {{"login": "b", "status": "\\ud800"}}]')

    job, _ = read(path)

    assert (job.reader.facts().unmapped, job.reader.facts().unmapped_others) == ((), 2)


def test_very_many_are_counted_and_those_with_most_rows_listed(write: Write) -> None:
    """A column of nothing but strange words takes no room, and none of its rows is lost."""
    words = [*(f"word{number}" for number in range(1100)), "word900", *["word1050"] * 9]
    path = write(HEADER + "".join(f"5,{word},\n" for word in words))

    job, _ = read(path)

    listed = job.reader.facts().unmapped
    assert (len(listed), listed[0].value, listed[0].rows) == (200, "word900", 2)
    assert job.reader.facts().unmapped_others == 1110 - 201
