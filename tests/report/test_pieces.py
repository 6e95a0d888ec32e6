"""Pieces of HTML: what is put into them is harmless, and each is there for something."""

import re
from importlib.resources import files

import pytest
from markupsafe import Markup

from presence_worker.report.pieces import Pieces, keep_numbers_whole, keep_options_whole

PAGE = Pieces("page.html")
REPORT = files("presence_worker.report")
FILES = {"page.html": ("page.py", "page_sections.py"), "overview.html": ("overview.py",)}


def test_values_are_escaped() -> None:
    """Nothing that comes from outside is markup, ends an attribute, or is taken for a name in braces."""
    assert PAGE.fill("cell", value="<b> & \"x\" '{words}'") == (
        "<td>&lt;b&gt; &amp; &#34;x&#34; &#39;{words}&#39;</td>"
    )


def test_values_do_not_steer() -> None:
    """Nor does it turn the writing, or hide; line ends stay."""
    assert PAGE.fill("cell", value="a\u202eb\x1b\nc") == "<td>a\ufffdb\ufffd\nc</td>"


def test_markup_stays() -> None:
    """A piece may be put into another one."""
    inner = PAGE.fill("small", words="<")

    assert PAGE.fill("cell", value=inner) == Markup("<td> <small>&lt;</small></td>")


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("10 415 rows", "10&nbsp;415 rows"),
        ("HR 7, operations 1 004.", "HR&nbsp;7, operations&nbsp;1&nbsp;004."),
        ("401 of 415 rows done. 14 need", "401 of 415 rows done. 14 need"),
    ],
)
def test_no_line_ends_before_what_belongs_together(words: str, kept: str) -> None:
    """A number is whole, and stands beside the name that it is for."""
    assert keep_numbers_whole(words) == kept


def test_no_line_ends_inside_an_option() -> None:
    """A browser would break after the first two hyphens; names of files are escaped all the same."""
    whole = '<span class="whole">--config</span>'

    assert keep_options_whole("run <a>-b --config c.toml") == f"run &lt;a&gt;-b {whole} c.toml"


def test_a_value_that_is_missing_is_a_bug() -> None:
    """Nothing is left out in silence."""
    with pytest.raises(KeyError, match="words"):
        PAGE.fill("small")


@pytest.mark.parametrize("file", FILES)
def test_each_piece_is_used(file: str) -> None:
    """A name stands for one piece, and the code asks for it."""
    names = re.findall(r"^<!-- (\w+) -->", (REPORT / "templates" / file).read_text("utf-8"), re.MULTILINE)
    code = "".join((REPORT / module).read_text("utf-8") for module in FILES[file])

    assert len(names) == len({*names})
    assert [name for name in names if f'"{name}"' not in code] == []
