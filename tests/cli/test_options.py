"""A command shows the options that it uses, and accepts the others of a job, too."""

import re
from pathlib import Path

import pytest

from presence_worker.command_options import FLAGS, JOB, SETTINGS, USED, spell
from tests.run.given import Worker, away, next_words, write_csv

OPTION = re.compile(r"^  (?:-\w, )?(--[a-z-]+)", re.MULTILINE)


@pytest.mark.parametrize("command", USED)
def test_help_shows_the_options_that_a_command_uses(command: str, worker: Worker) -> None:
    """Those that would change nothing are not there."""
    shown = set(OPTION.findall(worker.call(command, "--help").out))

    assert shown & {*map(spell, JOB)} == {*map(spell, USED[command])}


@pytest.mark.parametrize("command", ["runs", "check", "prune"])
def test_an_option_without_use_is_accepted(command: str, worker: Worker) -> None:
    """One list of options in a script serves for all commands."""
    path = write_csv(worker.folder / "job.csv", away([1]))
    words = [str(path)] if command == "check" else []
    values = {"state_dir": str(worker.state), "base_url": worker.url, "format": "csv", "delimiter": ","}
    values |= {"encoding": "utf-8", "read_before": "off"}
    given = [(spell(name), values.get(name, "5")) for name in SETTINGS if spell(name) not in FLAGS]
    options = [word for pair in given for word in pair]

    assert worker.call(command, *words, *options, *FLAGS, "--no-progress", "--json").code == 0


def test_the_next_command_gets_what_it_takes(worker: Worker) -> None:
    """`check` after a refused file works as printed, though it sends nothing."""
    path = Path(write_csv(worker.folder / "job.csv", [("x", "Away", "")]))

    ended = worker("run", path, "--max-invalid", "0", "--concurrency", "2", "--strict")
    checked = worker.follow(ended)

    assert (ended.code, checked.code) == (4, 4)
    assert not {"--concurrency", "--strict", "--rate"} & set(next_words(ended))
