"""The page on troubleshooting: what its first table quotes is what the program prints then."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from presence_worker.cli.main import execute
from tests.manual.documents import ROOT, table
from tests.run.given import restored

JOB = ROOT / "config" / "examples" / "small.csv"
Case = Callable[[Path], list[str]]  # the command that prints it, and files for it in a folder


def of_job(content: bytes) -> Case:
    """Give the case of a job with this content."""

    def command(folder: Path) -> list[str]:
        job = folder / "job.csv"
        job.write_bytes(content)
        return ["check", str(job)]

    return command


def of_settings(text: str) -> Case:
    """Give the case of a configuration."""

    def command(folder: Path) -> list[str]:
        (folder / "settings.toml").write_text(text)
        return [
            "plan",
            str(JOB),
            "--config",
            str(folder / "settings.toml"),
            "--base-url",
            "http://127.0.0.1:9",
        ]

    return command


def without_address(folder: Path) -> list[str]:
    """Give the case of no configuration at all."""
    (folder / "settings.toml").write_text("")
    return ["plan", str(JOB), "--config", str(folder / "settings.toml")]


CASES: dict[str, Case] = {  # by what the page quotes
    "no SuperOffice is set": without_address,
    "no such setting": of_settings("[delivery]\nrat = 1\n"),
    'must be a number, such as 10; found "fast"': of_settings('[delivery]\nrate = "fast"\n'),
    "the database of fleet.database cannot be reached": of_settings(
        '[auth]\nusername = "a"\npassword = "b"\n[fleet]\ndatabase = "postgresql://a@127.0.0.1:9/none"\n'
    ),
    "no column for people": of_job(b"x,y\n1,2\n"),
    "both name people": of_job(b"associateId,login,status\n1,ann,Away\n"),
    "not valid utf-8": of_job(b"associateId,status\n1,\xff\xc3\xa9Away\n"),
}
ELSEWHERE = {  # proven where other users and a server are at hand: tests/intake, tests/run, tests/fleet
    "has a second name (a hard link)",
    "a link to a file of another owner",
    "rejected the credentials",
    "the tables are missing or old",
    "none of its keys fits",
}


def test_each_quoted_message_is_proven() -> None:
    """A message that gets other words, or a new one on the page, is found here."""
    first = [row[0] for row in table("troubleshooting", "you see") if re.search(r"\(\d\)$", row[0])]
    quoted = {text for cell in first for text in re.findall(r"`([^`]+)`", cell)}

    assert quoted == CASES.keys() | ELSEWHERE
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "presence_worker").rglob("*.py"))
    assert {text for text in ELSEWHERE if text not in source} == set()


@pytest.mark.parametrize("quoted", CASES)
def test_a_message_is_printed_as_quoted(
    quoted: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An administrator searches the page for what the terminal shows."""
    words = [*CASES[quoted](tmp_path), "--state-dir", str(tmp_path / "state")]

    with restored():
        execute(words)

    shown = capsys.readouterr()
    assert quoted in " ".join(f"{shown.out} {shown.err}".split())
