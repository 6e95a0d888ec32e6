"""The template of a message: what is understood in it, and what is not."""

import re
from datetime import date

import pytest

from presence_worker.message_template import Gap, day_writer, parse_template

DAY = date(2026, 12, 1)  # a Tuesday
LETTERS = "possible are %d, %-d, %m, %-m, %B, %b, %Y, %y, %A, %a"


def test_text_and_gaps() -> None:
    """Braces hold names of columns and the row's days; doubled ones are braces."""
    found = parse_template("{{Away}} to {Until:%d}, see {Tel. no}, {a-b}")

    assert "".join(part if isinstance(part, str) else f"<{part.name}>" for part in found) == (
        "{Away} to <until>, see <Tel. no>, <a-b>"
    )
    assert [part.is_day for part in found if isinstance(part, Gap)] == [True, False, False]


@pytest.mark.parametrize(
    ("form", "language", "expected"),
    [
        ("", "sv", "2026-12-01"), (":%-d %B", "en", "1 December"), (":%-d. %B", "nb", "1. desember"),
        (":%-d %B", "fi", "1 joulukuuta"), (":%B %Y", "fi", "joulukuu 2026"), (":%b", "pl", "gru"),
        (":%A %d.%m.%y", "de", "Dienstag 01.12.26"), (":%a %-d/%-m", "da", "tirs. 1/12"),
        (":%a d %-d %b %Y", "sv-SE", "tis d 1 dec. 2026"),
        (":kl. 'd' 100%% %%d %-d", "en", "kl. 'd' 100% %d 1"),
    ],
)  # fmt: skip
def test_days_in_words(form: str, language: str, expected: str) -> None:
    """A day is written in the letters of strftime and the words, and word forms, of a language."""
    (gap,) = parse_template(f"{{until{form}}}")

    assert isinstance(gap, Gap)
    assert day_writer(gap.form, language)(DAY) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Away {until", "the braces do not match; write a text such as"),
        ("Away }", "the braces do not match; write a text such as"),
        ("{a{b}}", "the braces do not match; write a text such as"),
        ("{}", "{} names no column; write a text such as"),
        ("{ :%d}", "{} names no column; write a text such as"),
        ("{deputy[0]}", "{deputy[0]}: write only the name of a column in the braces"),
        ("{deputy!r}", "{deputy}: write only the name of a column in the braces"),
        ("{deputy:>9}", "{deputy}: only {from} and {until} can have a date form after the colon"),
        ("{until:%H}", f"{{until}}: %H cannot be used after the colon; {LETTERS}"),
        ("{from:%}", f"{{from}}: % cannot be used after the colon; {LETTERS}"),
        ("{from:%-B}", f"{{from}}: %-B cannot be used after the colon; {LETTERS}"),
        ("{from:{x}}", f"{{from}}: {{ cannot be used after the colon; {LETTERS}"),
        ("a\u202e{x}", "character 2 of the comment is one that changes the reading direction (U+202E)"),
    ],
)  # fmt: skip
def test_what_is_not_understood(text: str, words: str) -> None:
    """Nothing is looked up inside a value, converted or padded: whoever wants it is told so at once."""
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        parse_template(text)

    assert str(caught.value).startswith(words)
