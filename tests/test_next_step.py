"""The command to run next, as a value and as a line to type."""

import shlex
from os import fsdecode

import pytest

from presence_worker.next_step import NextStep, command_line, read_step, write_step

ODD = ("run", "a b.csv", "it's", "ümlaut.csv", fsdecode(b"caf\xe9.csv"), "")


def test_a_step_is_read_as_it_was_stored() -> None:
    """Also where a file's name is no UTF-8; what is stored is ASCII."""
    step = NextStep(ODD)

    assert read_step(write_step(step)) == step
    assert write_step(step).isascii()


@pytest.mark.parametrize(
    "line", ["presence-worker resume 20261123T020000Z-7f3a --config '/a b'", "presence-worker resume", "odd"]
)
def test_what_an_older_version_stored_is_shown_as_it_is(line: str) -> None:
    """It was quoted for the shell of then, and is not quoted once more."""
    assert command_line(read_step(line)) == line
    assert write_step(read_step(line)) == line


def test_a_shell_takes_the_words_apart_again() -> None:
    """Each word comes back, whatever is in it."""
    words = ("run", "a b.csv", "it's $HOME", "")

    assert shlex.split(command_line(NextStep(words), "linux")) == ["presence-worker", *words]
    assert command_line(NextStep(words), "win32") == 'presence-worker run "a b.csv" "it\'s $HOME" ""'


@pytest.mark.parametrize(
    ("word", "typed"),
    [
        (r"C:\jobs\away.csv", r"C:\jobs\away.csv"),
        (r"C:\jobs (HR)\away.csv", r'"C:\jobs (HR)\away.csv"'),
        (r"C:\HR,IT\away.csv", r'"C:\HR,IT\away.csv"'),  # PowerShell would make two words of it
        (r"C:\R&D\away.csv", r'"C:\R&D\away.csv"'),  # two commands, in both shells
        ("C:\\(HR)\\", r'"C:\(HR)\\"'),
    ],
)
def test_what_a_shell_of_windows_would_take_apart_is_quoted(word: str, typed: str) -> None:
    """The same line works in PowerShell and in a command prompt."""
    assert command_line(NextStep(("run", word)), "win32") == f"presence-worker run {typed}"


def test_a_name_that_is_no_utf_8_can_be_typed() -> None:
    """On Windows, where none can be, it can at least be stored and shown."""
    step = NextStep(("check", fsdecode(b"caf\xe9.csv")))

    assert command_line(step, "linux") == "presence-worker check 'caf'\"$(printf '\\351')\"'.csv'"
    assert command_line(step, "win32") == "presence-worker check caf\\udce9.csv"
