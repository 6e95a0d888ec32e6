"""A command takes the options that it uses, and its help shows just these."""

import re
from pathlib import Path

import pytest

from presence_worker.command_options import HIDDEN, TAKEN, spell
from tests.run.given import Worker, away, next_words, write_csv

ALL = {option for options in TAKEN.values() for option in options}
OPTION = re.compile(r"^  (?:-\w, )?(--[a-z-]+)", re.MULTILINE)


@pytest.mark.parametrize("command", TAKEN)
def test_help_shows_the_options_that_a_command_uses(command: str, worker: Worker) -> None:
    """Those that would change nothing are not there."""
    shown = set(OPTION.findall(worker.call(command, "--help").out))

    used = {*map(spell, TAKEN[command])} - {*map(spell, HIDDEN.get(command, ()))}
    assert shown & {*map(spell, ALL)} == used


@pytest.mark.parametrize(
    ("command", "option"),
    [(command, option) for command in TAKEN for option in sorted(ALL - {*TAKEN[command]})],
)
def test_any_other_option_is_refused(command: str, option: str, worker: Worker) -> None:
    """With the commands that take it; a script sees one object, and exit code 2."""
    ended = worker.call(command, spell(option), "--json")

    message = ended.summary["message"]
    takers = [name for name, taken in TAKEN.items() if option in taken]
    assert (ended.code, next_words(ended)) == (2, [command, "--help"])
    assert message.startswith(f"option {spell(option)}: `{command}` does not use it; it is for ")
    assert all(re.search(rf"\b{name}\b", message) for name in takers)


@pytest.mark.parametrize("command", HIDDEN)
def test_where_we_work_may_be_said_to_every_command(command: str, worker: Worker) -> None:
    """One list of options in a script serves for several commands."""
    path = write_csv(worker.folder / "job.csv", away([1]))
    words = [str(path)] if command == "check" else []
    where = ("--state-dir", str(worker.state), "--base-url", worker.url, "--sandbox")

    assert worker.call(command, *words, *where, "--json").code == 0


def test_the_next_command_gets_what_it_takes(worker: Worker) -> None:
    """`check` after a refused file works as printed, though it sends nothing."""
    path = Path(write_csv(worker.folder / "job.csv", [("x", "Away", "")]))

    ended = worker("run", path, "--max-invalid", "0", "--concurrency", "2", "--strict")
    checked = worker.follow(ended)

    assert (ended.code, checked.code) == (4, 4)
    assert not {"--concurrency", "--strict", "--rate"} & set(next_words(ended))
