"""README: what it promises is what the program does, and what it prints as a command runs."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from anyio.from_thread import start_blocking_portal

from presence_worker.cli.lazy import COMMANDS
from presence_worker.cli.main import execute
from presence_worker.cli.options import options_of
from presence_worker.errors import EXIT_CODES
from presence_worker.model import Reason, Result
from presence_worker.sandbox import People, serve
from presence_worker.settings import SECRETS, Settings
from presence_worker.settings.configuration import PREFIX
from tests.run.given import restored

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text("utf-8")
SCRIPTS = Path(sysconfig.get_path("scripts"))
SHIPPED = (ROOT / "config" / "presence-worker.toml").read_text("utf-8")
BLOCKS = re.findall(r"^ *```(\w+)\n(.*?)^ *```$", TEXT, re.MULTILINE | re.DOTALL)
INSTALLING = ("python3 -m venv", ".venv/bin/pip")  # these CI runs, on a clean checkout
COVERS = re.compile(r"pytest\.mark\.covers\('(.+)'\)")  # as the parser writes it
LONGEST = 240.0  # seconds a command may take
SHELL = set("<>|&$`;*?")  # what only a shell understands


def table(heading: str) -> list[list[str]]:
    """Give the rows of the table whose header begins with *heading*, cell by cell."""
    start = TEXT.index(f"\n| {heading} |")
    lines = TEXT[start + 1 :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def plain(cells: list[list[str]], column: int = 0) -> list[str]:
    return [row[column].strip("`") for row in cells]


def commands() -> list[str]:
    """Give all commands of the README that a test can run, block by block."""
    blocks = [text for kind, text in BLOCKS if kind == "sh"]
    return [re.sub(r"^ +", "", text, flags=re.MULTILINE) for text in blocks if not _installs(text)]


def _installs(text: str) -> bool:
    return text.strip().startswith(INSTALLING)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder as the reader has it: the project's configuration, and the files README tells to make."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    files = {"toml": "presence-worker.toml", "csv": "changes.csv"}
    for kind, text in BLOCKS:
        if kind in files:
            (tmp_path / files[kind]).write_text(re.sub(r"^   ", "", text, flags=re.MULTILINE), "utf-8")
    return tmp_path


@pytest.fixture
def address() -> Iterator[str]:
    """A service for the commands that are meant for a real one."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve(People())) as sandbox:
        yield sandbox.url


def surroundings(home: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
        "PRESENCE_WORKER_DELIVERY__RATE": "1000",  # nobody waits for a test
    }


def test_commands_run_as_printed(desk: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of README does what it says, typed one after another in one terminal."""
    words = "\n".join(map(str.strip, commands())).replace("http://127.0.0.1:8100", address)
    words = words.replace("presence-worker sandbox --port 8100", "timeout -s INT 2 presence-worker sandbox")
    config = f'[target]\nbase_url = "{address}"\n[auth]\nusername = "a"\npassword = "b"\n'
    (desk / "presence-worker.toml").write_text(config)
    monkeypatch.chdir(desk)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in surroundings(desk).items():
        monkeypatch.setenv(name, value)

    lines = ["presence-worker run changes.csv --sandbox", *words.splitlines()]
    with restored():
        codes = [typed(line, monkeypatch) for line in lines]

    assert list(zip(lines, codes, strict=True)) == [(line, expected(line)) for line in lines]


def typed(line: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Do what a terminal does with a line; give the exit code.

    Plain commands are called in this process, the others by a shell.
    """
    first, *words = shlex.split(line)
    if first == "export":
        for word in words:
            monkeypatch.setenv(*word.split("=", 1))
        return 0
    if first == "presence-worker" and not set(line) & SHELL:
        return execute(words)
    return subprocess.run(["bash", "-c", line], capture_output=True, timeout=LONGEST, check=False).returncode


def expected(line: str) -> int:
    if line.startswith("timeout"):  # it is ended, and would have gone on
        return 124
    return 3 if "messy" in line or "names" in line else 0


def test_has_the_two_commands_of_a_fresh_machine() -> None:
    """One command creates the environment and runs the main job, one creates it and passes the tests."""
    first, second = [text.strip() for kind, text in BLOCKS if kind == "sh"][:2]

    assert first.startswith("python3 -m venv .venv && .venv/bin/pip install -q . && ")
    assert (ROOT / first.split()[-2]).is_file()
    assert second.endswith(".venv/bin/pip install -q -e '.[test]' && .venv/bin/pytest")


def test_lists_every_command() -> None:
    """README and help name the same commands, in the same words and order."""
    rows = table("command")

    told = {cells[0].strip("`").split()[1]: cells[1] for cells in rows}

    assert told == COMMANDS
    assert list(told) == list(COMMANDS)


def test_lists_every_option() -> None:
    """README and help name the same options, in the same words and order."""
    command = click.command()(options_of("run")(lambda **_: 0))

    options = [
        [max(option.opts, key=len), option.help]
        for option in command.params
        if isinstance(option, click.Option)
    ]

    assert [[name.strip("`"), words] for name, words in table("option")] == options


def test_lists_every_exit_code() -> None:
    """README has the code's own table of exit codes."""
    rows = table("code")

    assert rows == [[str(int(code)), row.meaning, row.sent] for code, row in EXIT_CODES.items()]


def test_lists_every_result_and_reason() -> None:
    """Whatever a report says is explained."""
    assert plain(table("result")) == list(Result)
    assert plain(table("reason")) == list(Reason)


def test_every_trouble_is_proven() -> None:
    """Each line of 'What happens when' has a test that is marked with it, and each such test a line."""
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    marks = re.findall(r"^ *@pytest\.mark\.proves\(\"(.+)\"\)$", sources, re.MULTILINE)

    assert sorted(set(marks)) == sorted(cells[0] for cells in table("when"))


def covered() -> Iterator[tuple[str, str]]:
    """Yield what is marked as covered, and by which test."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for test in ast.parse(path.read_text("utf-8")).body:
            if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"`{path.relative_to(ROOT / 'tests').as_posix()}::{test.name}`"
                yield from (
                    (found[1], name)
                    for mark in test.decorator_list
                    if (found := COVERS.match(ast.unparse(mark)))
                )


def test_every_part_of_the_service_is_proven() -> None:
    """Each line of what is covered names the tests that are marked with it, and each such test has a line."""
    rows = table("what | how sure")

    shown = [(what, test) for what, _, tests in rows for test in tests.split(", ")]

    assert sorted(shown) == sorted(covered())
    assert all(sure.split()[0].strip(",;:") in ("documented", "inferred", "unknown") for _, sure, _ in rows)


@pytest.mark.parametrize("section", Settings.model_fields)
def test_lists_every_setting_with_its_default(section: str) -> None:
    """README and the shipped configuration, which is checked against the code, show the same defaults."""
    part = TEXT[TEXT.index(f"### `[{section}]`") :].split("\n\n")[1]
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in part.splitlines()[2:]]

    shown = {key: default for key, default, _ in rows}

    assert shown == defaults(section)


def defaults(section: str) -> dict[str, str]:
    """Give the settings of a section and the defaults shown in the shipped file; "" where there is none."""
    text = SHIPPED[SHIPPED.index(f"\n[{section}]") :].split("\n[", 2)[1]
    lines = re.findall(r"^# ([a-z_]+) = (.+?)(  # example)?$", text, re.MULTILINE)
    files = {f"{name}_file" for name in SECRETS}
    return {key: "" if example else value for key, value, example in lines if key not in files}


def test_its_configuration_is_valid() -> None:
    """The configuration README begins with has known keys only."""
    text = next(text for kind, text in BLOCKS if kind == "toml")

    settings = Settings.model_validate(tomllib.loads(re.sub(r"^   ", "", text, flags=re.MULTILINE)))

    assert settings.target.base_url


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", TEXT))
def test_links_lead_somewhere(target: str) -> None:
    """A link in README leads to a file of the project."""
    assert (ROOT / target).exists()
