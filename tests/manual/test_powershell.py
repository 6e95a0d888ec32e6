"""What is printed for PowerShell, and cannot run here, has the same parts as what does run."""

import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.manual.documents import DOCUMENTS, Block, blocks
from tests.manual.test_commands_run import address, desk

__all__ = ["address", "desk"]  # fixtures
ELSEWHERE = ("http-api",)  # tests/manual/test_http_api.py
WITH_POWERSHELL = [name for name in DOCUMENTS if blocks(name, "powershell") and name not in ELSEWHERE]
PROGRAM = "presence-worker"
SAME = (  # in PowerShell, and what it is in sh
    (r"\.venv\\Scripts\\", ".venv/bin/"),
    (r"\bpy -m venv\b", "python3 -m venv"),
    (r'\$env:(\w+) = "([^"]*)"; ', r"\1=\2 "),
    (r"; ", " && "),
    (r"(?<=\w)\\(?=\w)", "/"),
)
FIELD = re.compile(r"\$(?:summary|row)\.(\w+)|\$_\.(\w+)|field (\w+)|\[['\"](\w+)['\"]\]")
CODE = re.compile(r"^ *(\d)(?:\)| \{)|(\d): \"", re.MULTILINE)
SENTENCE = re.compile(r'"([a-z][a-z ]+ [a-z ]+)"')
RESULT = re.compile(r'"(updated|unchanged|duplicate|skipped)"')


def twins() -> list[tuple[Block, Block]]:
    """Give the blocks for PowerShell with those for sh that stand before them."""
    found = []
    for name in WITH_POWERSHELL:
        both = blocks(name, "sh", "powershell")
        pairs = pairwise(both)
        found += [(first, second) for first, second in pairs if second.kind == "powershell" != first.kind]
    return found


@pytest.mark.parametrize(("shell", "powershell"), twins())
def test_a_command_is_the_same_in_both(shell: Block, powershell: Block) -> None:
    """But for the way to write paths and variables, PowerShell gets the same commands."""
    text = powershell.text
    for pattern, words in SAME:
        text = re.sub(pattern, words, text)

    assert text == shell.text


def test_each_block_has_its_twin() -> None:
    """No block for PowerShell is left unchecked."""
    number = sum(len(blocks(name, "powershell")) for name in WITH_POWERSHELL)

    assert number == len(twins()) + len(samples())


def samples() -> list[tuple[Block, ...]]:
    """Give the samples for scripts: bash, PowerShell and Python of each."""
    found = blocks("json", "bash", "powershell", "python")
    return [tuple(found[start : start + 3]) for start in range(0, len(found), 3)]


def parts(block: Block) -> dict[str, set[str]]:
    """Give what a sample is made of: commands, fields, exit codes, sentences, results."""
    listed = re.sub(r'\[("presence-worker"[^\]]*)\]', lambda found: found[1].replace('", "', " "), block.text)
    commands = re.findall(rf"{PROGRAM} [a-z][\w .-]*", listed.replace('"', "\0").replace("\0", " "))
    return {
        "commands": {" ".join(shlex.split(command)) for command in commands},
        "fields": {name for found in FIELD.findall(block.text) for name in found if name},
        "codes": {code for found in CODE.findall(block.text) for code in found if code},
        "sentences": set(SENTENCE.findall(block.text)),
        "results": set(RESULT.findall(block.text)),
    }


@pytest.mark.parametrize("sample", samples())
def test_a_sample_has_the_same_parts_in_each_language(sample: tuple[Block, ...]) -> None:
    """All three call the same command, and look for the same fields and exit codes."""
    bash, powershell, python = sample

    assert [block.kind for block in sample] == ["bash", "powershell", "python"]
    assert parts(bash)["commands"]
    assert parts(bash)["fields"]
    assert parts(powershell) == parts(bash)
    assert parts(python) == parts(bash)


@pytest.mark.parametrize(
    ("job", "number", "said"),
    [
        ("small.csv", 0, "all rows are done"),
        ("messy.csv", 0, "some rows are not done"),
        ("messy.csv", 1, "invalid"),
    ],
)
def test_samples_work(job: str, number: int, said: str, desk: Path) -> None:
    """bash and Python print the same: what a reader of the manual expects."""
    bash, _, python = samples()[number]
    (desk / "changes.csv").write_bytes((desk / "config" / "examples" / job).read_bytes())
    subprocess.run([PROGRAM, "run", "changes.csv", "--quiet"], check=False, capture_output=True)

    programs = (["bash", "-c", bash.text], [sys.executable, "-c", python.text])
    shown = [subprocess.run(each, capture_output=True, text=True, check=True) for each in programs]

    assert said in shown[0].stdout
    assert without_ids(shown[0].stdout) == without_ids(shown[1].stdout)


def without_ids(text: str) -> str:
    return re.sub(r"\d{8}T\d{6}Z-\w{4}", "RUN", text)
