"""Headers that would name what we need if they were cut in another way."""

from pathlib import Path

import pytest

from presence_worker.errors import InputRefused
from presence_worker.intake.csv.dialect import FIXED

from .reading import HEADER, Write, read, refusal

ROW = "12,Away,Ferie\n"


def refused(job: Path, **config: object) -> InputRefused:
    """Give why a job is refused, with the ways to have it read."""
    with pytest.raises(InputRefused) as caught:
        read(job, **config)
    return caught.value


@pytest.mark.parametrize("mark", ["^", ":", "~", "!", "/", "#", "¦", "§", "*", "&"])
def test_other_delimiters(mark: str, write: Write) -> None:
    """Which one separates the columns is said; whether it does is for people to confirm."""
    path = write((HEADER + ROW).replace(",", mark))

    why = refused(path)
    _, (row,) = read(path, delimiter=mark)

    assert str(why) == (
        f'{path}, line 1: no column for people. It seems that the columns are separated by "{mark}". '
        f'Set input.delimiter = "{mark}" (--delimiter)'
    )
    assert why.ways == ({"delimiter": mark},)
    assert (row.associate_id, row.message) == (12, "Ferie")


@pytest.mark.parametrize(("mark", "shown"), [("\x1f", "U+001F"), ("\x1e", "U+001E")])
def test_delimiters_that_cannot_be_seen(mark: str, shown: str, write: Write) -> None:
    """They are named by their numbers."""
    assert f"the columns are separated by {shown}. Set" in refusal(write(HEADER.replace(",", mark)))


@pytest.mark.parametrize("mark", ["||", "::", "~|~", ";;", "^^", "@@"])
def test_delimiters_of_several_characters(mark: str, write: Write) -> None:
    """No setting can say them."""
    assert refusal(write((HEADER + ROW).replace(",", mark))) == (
        f'FILE, line 1: the columns are separated by "{mark}", which is more than one character. '
        'Export the list with one, such as ";"'
    )


@pytest.mark.parametrize(("told", "found", "named"), [(";", ",", ","), (",", ";", ";"), ("|", "\t", "tab")])
def test_a_first_line_that_is_wrong(told: str, found: str, named: str, write: Write) -> None:
    """A line "sep=;" of a program that then writes commas."""
    path = write(f"sep={told}\n{(HEADER + ROW).replace(',', found)}")

    why = refused(path)
    _, (row,) = read(path, delimiter=found)

    assert str(why).startswith(
        f'{path}, line 2: the columns are separated by "{named}", not by "{told}" as the first line says'
    )
    assert str(why).endswith(f'. Correct that line, or set input.delimiter = "{named}"')
    assert (why.ways, row.associate_id) == (({"delimiter": named},), 12)


def test_a_setting_that_is_wrong(write: Write) -> None:
    """A configuration made for another file."""
    assert refusal(write(HEADER + ROW), delimiter=";") == (
        'FILE, line 1: the columns are separated by ",", not by ";" as input.delimiter or --delimiter says. '
        'Found: associateId,status,message. Remove that setting, or set it to ","'
    )


@pytest.mark.parametrize(
    "content",
    [
        ("\nASSOCIATEID STATUS             MESSAGE\n----------- ------------------ ----------\n"
         "         12 StatusNotAvailable Ferie\n\n1 row selected.\n"),
        "Personal  Abw            Text\n--------- -------------- -----\n       12 Urlaub         x\n",
        "associateId   status\n12            Away\n",
    ],
)  # fmt: skip
def test_columns_of_fixed_width(content: str, write: Write) -> None:
    """What query tools show on a screen is no CSV; the sentence says how they write it."""
    assert refusal(write(content)).endswith(f": {FIXED}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name;title\n", 'Found: name, title (separated by ";"). If a col'),
        ("name\tstatus\n", 'Found: name, status (separated by "tab"). If a col'),
        (
            "5,Away\n",
            "The first line looks like a row. Add a header: a line with the names of the columns. If a col",
        ),
    ],
)
def test_a_refusal_of_columns_says_how_they_were_cut(content: str, said: str, write: Write) -> None:
    """Often it is the delimiter that is wrong, and not the names."""
    assert said in refusal(write(content))


@pytest.mark.parametrize("above", ["", "version:v1.0\n", "version:v1.0,,\n"])
def test_names_in_brackets(above: str, write: Write) -> None:
    """A template of Entra has its own names in brackets: the settings that make it work are all said."""
    login, status = "User name [userPrincipalName] Required", "Status [status]"
    path = write(f"{above}Name [displayName],{login},{status}\nAnn,ann@example.com,Away\n")
    skipped = {"skip_lines": 1} if above else {}

    why = refused(path)
    _, (row,) = read(path, login=login, status=status, **skipped)

    assert f'input.login = "{login}" and input.status = "{status}"' in str(why)
    assert ("Set input.skip_lines = 1 and " in str(why)) == bool(above)
    (way,) = why.ways
    assert {"login": login, "status": status, **skipped}.items() <= way.items()
    assert row.identity == "ann@example.com"


def test_units_in_brackets(write: Write) -> None:
    """What is in brackets does not matter where the names are clear."""
    _, (row,) = read(write("login,status,Duration [days]\nann,Away,3\n"))

    assert row.identity == "ann"


MAC = 'associateId;status;message\r12;Away;Tillbaka på måndag\r13;Away;"a\nb"\r'


@pytest.mark.parametrize("encoding", ["mac-roman", "utf-8", "cp1252"])
def test_line_ends_of_old_mac_programs(encoding: str, write: Write) -> None:
    """They write letters as Mac OS did: which encoding it is has to be said."""
    path = write(MAC.encode(encoding))

    why = refused(path)
    _, rows = read(path, encoding=encoding)

    assert str(why) == (
        f"{path}: the lines end with CR alone, as on an old Mac, so the encoding of letters is "
        "not certain. Set it, "
        'usually input.encoding = "mac-roman" (--encoding mac-roman)'
    )
    assert why.ways[0] == {"encoding": "utf-8" if encoding == "utf-8" else "mac-roman"}
    assert rows[0].message == "Tillbaka på måndag"


@pytest.mark.parametrize(
    "content", [MAC.replace("å", "a").encode(), MAC.encode("utf-8-sig"), MAC.encode("utf-16")]
)
def test_line_ends_of_old_mac_programs_where_all_is_clear(content: bytes, write: Write) -> None:
    """Plain ASCII is the same in all encodings, and a mark says which one it is."""
    _, rows = read(write(content))

    assert [row.associate_id for row in rows] == [12, 13]


def test_an_encoding_that_is_only_likely(write: Write) -> None:
    """Of the encodings of eight bits, nothing in a file says which it is: a note names the one taken."""
    content = f"{HEADER}12,Away,Urlop do piątku\n".encode("cp1250")

    job, _ = read(write(content))
    said, _ = read(write(content), encoding="cp1250")
    plain, _ = read(write(HEADER + ROW))

    assert [note.partition(";")[0] for note in job.notes] == [
        (
            "the file is not UTF-8 and was read as cp1252 (Western Europe). If letters look wrong in "
            "SuperOffice, set input.encoding (--encoding)"
        )
    ]
    assert said.notes == plain.notes == []
