"""Pages on a terminal: wrapped to its width, whole, and without escapes where nothing takes them."""

import re

import pytest

from presence_worker.manual.library import read_page
from presence_worker.manual.terminal import Look, fit_width, page_lines
from presence_worker.manual_pages import ManualPage

WORDS = re.compile(r"[^\W\d_]{2,}")
TABLE = "| code | meaning |\n|---|---|\n| 0 | {words} |\n"
WIDE = "| when | what | do |\n|---|---|---|\n| it stops | {words} | {words} |\n"


def shown(text: str, *, width: int = 80, is_bold: bool = False) -> list[str]:
    return page_lines(text, Look(page=ManualPage.JSON, width=width, is_bold=is_bold))


def test_paragraphs_are_wrapped() -> None:
    """No line of prose is longer than the terminal is wide, and no word is lost."""
    words = "word " * 50

    lines = shown(words, width=40)

    assert max(map(len, lines)) <= 40
    assert " ".join(lines) == words.strip()


def test_code_is_never_broken() -> None:
    """A command can be copied, however long it is."""
    command = "presence-worker run " + "x" * 200

    lines = shown(f"Type:\n\n```sh\n{command}\n```\n", width=60)

    assert lines == ["Type:", "", f"    {command}"]


def test_code_in_a_sentence_stays_on_one_line() -> None:
    """A command in the middle of a sentence can be copied, too."""
    lines = shown("word " * 11 + "`presence-worker run changes.csv` ends it.", width=80)

    assert any("`presence-worker run changes.csv`" in line for line in lines)


def test_lists_are_indented() -> None:
    """What belongs to an item stands below its text."""
    lines = shown(f"1. {'word ' * 10}\n\n   ```sh\n   ls\n   ```\n2. b\n", width=40)

    assert lines[:2] == ["1. word word word word word word word", "   word word word"]
    assert lines[2:5] == ["", "       ls", ""]
    assert lines[-1] == "2. b"


def test_items_without_paragraphs_stand_close() -> None:
    """As they do in the file."""
    assert shown("- a\n- b\n- c\n") == ["- a", "- b", "- c"]
    assert shown("- a\n\n- b\n") == ["- a", "", "- b"]


def test_a_narrow_table_has_columns() -> None:
    """The widest column is wrapped where the table is wider than the terminal."""
    lines = shown(TABLE.format(words="word " * 20), width=50)

    assert lines[0].split() == ["code", "meaning"]
    assert max(map(len, lines)) <= 50
    assert lines[3].startswith("      word")


def test_a_wide_table_becomes_terms() -> None:
    """Where columns would be too narrow to read, each row is a term with what is said of it."""
    lines = shown(WIDE.format(words="word " * 20), width=50)

    assert lines[0] == "it stops"
    assert lines[1].startswith("    what: word")
    assert any(line.startswith("    do: word") for line in lines)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("[x](sign-in.md)", "x (`presence-worker manual sign-in`)"),
        ("[x](sign-in.md#online)", "x (`presence-worker manual sign-in`)"),
        ("[x](#here)", "x"),
        ("[x](https://example.com/a)", "x (https://example.com/a)"),
        ("[x](../../config/cron)", "x"),
    ],
)
def test_links_are_what_one_can_type(link: str, expected: str) -> None:
    """A link to a page is the command that shows it; a link into the project's folder is its text."""
    assert shown(link) == [expected]


@pytest.mark.parametrize("page", ManualPage)
@pytest.mark.parametrize("width", [60, 80])
def test_each_page_is_shown_whole(page: ManualPage, width: int) -> None:
    """Every word of a page is there, and what is longer than a line is code or has no space."""
    text = read_page(page)

    lines = shown(text, width=width)

    told = set(WORDS.findall(" ".join(lines)))
    prose = re.sub(r"<!--.*?-->|\]\([^)]*\)|^ *```\w*$|&\w+;", " ", text, flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^\|(.*)\|\n\|-", text, re.MULTILINE)  # of the first columns: terms need none
    assert set(WORDS.findall(prose)) - told - set(WORDS.findall(" ".join(heads))) == set()
    long = [line for line in lines if len(line) > width and " " in line.strip() and "`" not in line]
    assert [line for line in long if line.strip() not in code(text)] == []


def code(text: str) -> list[str]:
    """Give the lines of all blocks of code."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_bold_is_word_by_word() -> None:
    """A pager may begin with any line: no escape sequence reaches beyond its line."""
    lines = shown("# A title\n\n**some bold words** and `code`", is_bold=True)

    assert lines[0] == "\x1b[1mA\x1b[0m \x1b[1mtitle\x1b[0m"
    assert all(line.count("\x1b[1m") == line.count("\x1b[0m") for line in lines)


def test_plain_text_has_no_escapes() -> None:
    """Through a pipe a page is text."""
    assert "\x1b" not in "".join(line for page in ManualPage for line in shown(read_page(page)))


@pytest.mark.parametrize(("columns", "width"), [(20, 40), (72, 72), (300, 100)])
def test_the_width_is_one_that_can_be_read(columns: int, width: int) -> None:
    """Text is as wide as the terminal, but neither too narrow nor too wide to read."""
    assert fit_width(columns) == width


def test_parts_of_a_page_have_marks_without_bold() -> None:
    """Two levels of headings are underlined; a picture is named, and a list begins where it begins."""
    assert shown("# A\n\n## Part\n\n### Small\n") == ["A", "=", "", "Part", "----", "", "Small"]
    assert shown("![The report](a.png)") == ["(Picture: The report)"]
    assert shown("3. c\n4. d\n") == ["3. c", "4. d"]
