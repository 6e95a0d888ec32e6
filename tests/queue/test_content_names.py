"""Under which name content lies in the queue: safe on every system, whatever the sender called it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.queue.contents import content_name


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("changes.csv", "changes.csv"),
        ("Fravær uke 49 (ny).xlsx", "Fravær uke 49 (ny).xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\hr\\leave.csv", "leave.csv"),
        ("..", "file-without-name"),
        ("", "file-without-name"),
        (None, "file-without-name"),
        (".hidden.csv", "hidden.csv"),
        ("-rf.csv", "-rf.csv"),
        ("a\x00b\nc\x1b[2J.csv", "a_b_c__2J.csv"),
        ("<script>.csv", "_script_.csv"),
        ("CON.csv", "_CON.csv"),
        ("nul", "_nul"),
        ("l\udcf8n.csv", "l_n.csv"),
        ("x" * 300 + ".csv", "x" * 48 + ".csv"),
        ("no ending " * 30, ("no ending " * 30)[:48].rstrip()),
    ],
)
def test_names(sent: str | None, kept: str) -> None:
    """The ending stays, since it says what the file is."""
    assert content_name(sent) == kept


@given(st.text(alphabet=st.characters(), max_size=400))
def test_any_name_is_safe(sent: str) -> None:
    """It is one name of at most 255 bytes, no device of Windows, and its own safe name."""
    name = content_name(sent)

    assert name
    assert len(name.encode()) <= 255
    assert not set(name) & set('/\\:*?"<>|\x00\n')
    assert name.strip(" .") == name
    assert content_name(name) == name
