"""Every command that README and the manual print for a shell runs as printed."""

import os
import re
import shlex
import shutil
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from presence_worker.cli.main import execute
from presence_worker.sandbox import People, serve
from presence_worker.settings import Settings
from presence_worker.settings.origin import PREFIX
from tests.manual.command_parts import each_command
from tests.manual.documents import DOCUMENTS, ROOT, TEXTS, blocks
from tests.run.given import restored

SCRIPTS = Path(sysconfig.get_path("scripts"))
INSTALLING = ("python3 -m venv", ".venv/bin/pip", "pip", "uv", "docker")  # CI runs the first, in a clone
INIT = "presence-worker init"  # asks questions; options and a pipe answer them
ANSWERED = "rm presence-worker.toml && echo b | {init} --base-url {address} --username a --secret-stdin --yes"
LONGEST = 240.0  # seconds a command may take
NOT_WELL = {  # in a command: its exit code
    "messy": 3,
    "names": 3,
    "check config/examples/fravaer.xlsx --explain": 4,  # it asks what is not certain
    "check config/examples/fravaer.xlsx": 3,
}
SHELL = set("<>|&$`;*?")  # what only a shell understands
FILES = {"toml": "presence-worker.toml", "csv": "changes.csv"}  # as pages say to save them
PLACES = {  # of a server, as pages name them: where they are on the desk
    "/etc/presence-worker": "etc",
    "/srv/presence-worker": "srv",
    "/var/lib/presence-worker": "state",
    "/var/lib/prometheus/node-exporter": "metrics",
}
FILE_OF_PAGE = re.compile(r"# (/\S+\.toml)\n")  # the first line of a block that is a file of its own
EXPECTED = '[report]\nexpected_every = "24h"\n'
REACHED = '[[notify.command]]\nname = "mail"\nargv = ["true"]\n'  # a channel that takes everything
SECRET_FILE = re.compile(r"install -m 0600 /dev/null (\S+)")
MAIL = re.compile(r"\[\[notify\.mail\]\]\n(?:\S.*\n)+")  # to a server that no test has
ADDRESS = re.compile(r'(?<=base_url = ")[^"]+')
CHANGES = "associateId,status,message\n12,StatusNotAvailable,Back on 4 January\n33,StatusNormal,\n"
WITH_COMMANDS = [name for name in DOCUMENTS if blocks(name, "sh")]


def commands(name: str) -> list[str]:
    """Give the commands of a document that a test can run, in their order."""
    lines = [line.strip() for block in blocks(name, "sh") for line in block.text.splitlines()]
    return [line for line in lines if line and not line.startswith(("#", *INSTALLING))]


@pytest.fixture
def address() -> Iterator[str]:
    """A service for the commands that are meant for a real one."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve(People())) as sandbox:
        yield sandbox.url


@pytest.fixture
def desk(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the reader has it: the project's files, a configuration, and a small job."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "changes.csv").write_text(CHANGES)
    config = f'[target]\nbase_url = "{address}"\n[auth]\nusername = "a"\npassword = "b"\n'
    (tmp_path / "presence-worker.toml").write_text(config)
    monkeypatch.chdir(tmp_path)
    for variable in [variable for variable in os.environ if variable.startswith(PREFIX)]:
        monkeypatch.delenv(variable)
    for variable, value in surroundings(tmp_path).items():
        monkeypatch.setenv(variable, value)
    return tmp_path


def surroundings(home: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
        "BROWSER": "true",
        "PRESENCE_WORKER_DELIVERY__RATE": "1000",  # nobody waits for a test
        "PRESENCE_WORKER_SERVE__LISTEN": "127.0.0.1:0",  # a port that is free
    }


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_commands_run_as_printed(
    name: str, desk: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command of a page does what it says, typed one after another in one terminal."""
    for block in blocks(name, "csv"):
        (desk / FILES[block.kind]).write_text(block.text, "utf-8")
    words = "\n".join(commands(name)).replace("http://127.0.0.1:8100", address)
    for stays in ("sandbox", "serve"):
        words = words.replace(f"presence-worker {stays}", f"timeout -s INT 2 presence-worker {stays}")
    words = words.replace(INIT, ANSWERED.format(init=INIT, address=address))
    words = SECRET_FILE.sub(r"\g<0> && echo b >\1", placed(words, desk))  # as an editor would
    write_files(name, desk, address)

    lines = ["presence-worker run config/examples/small.csv", *words.splitlines()]
    with restored():
        codes = [typed(line, monkeypatch) for line in lines]

    assert list(zip(lines, codes, strict=True)) == [(line, expected(line)) for line in lines]


def placed(text: str, desk: Path) -> str:
    """Give a text with the desk's folders in place of a server's."""
    for place, folder in PLACES.items():
        text = text.replace(place, str(desk / folder))
    return text


def write_files(name: str, desk: Path, address: str) -> None:
    """Put the files of a page where it says, with a service and a channel that are there."""
    for folder in PLACES.values():
        (desk / folder).mkdir()
    if name == "monitoring":
        file = desk / "presence-worker.toml"
        file.write_text(file.read_text() + EXPECTED + REACHED)
    for block in blocks(name, "toml"):
        if found := FILE_OF_PAGE.match(block.text):
            text = ADDRESS.sub(address, MAIL.sub(REACHED, block.text))
            path = Path(placed(found[1], desk))
            path.parent.mkdir(exist_ok=True)
            path.write_text(placed(text, desk), "utf-8")
    if name == "many-tenants":
        for target, status in (("acme", "Away"), ("nordic", "Borte")):
            (desk / "srv" / target).mkdir()
            (desk / "srv" / target / "leave-11.csv").write_text(f"associateId,status\n12,{status}\n")


@pytest.mark.parametrize(
    ("name", "block"),
    [
        (name, block.text)
        for name in ("monitoring", "many-tenants", "many-machines", "service")
        for block in blocks(name, "toml")
    ],
)
def test_settings_are_taken_as_printed(name: str, block: str) -> None:
    """Each block of settings on these pages is one that presence-worker takes."""
    table = tomllib.loads(block)
    table.pop("targets", None)

    settings = Settings.model_validate(table)

    assert settings != Settings()
    assert name


INLINE = [
    (name, line)
    for name, text in TEXTS.items()
    for line in re.findall(r"`presence-worker ([a-z][^`\n]*)`", text)
]


@pytest.mark.parametrize(("name", "line"), INLINE)
def test_commands_in_sentences_exist(name: str, line: str) -> None:
    """A command in a sentence or a table has only options that the command takes."""
    found = {known: command for known, command, _ in each_command()}
    words = shlex.split(line.replace("\\|", "|"))
    own = next(own for own in (" ".join(words[:2]), words[0]) if own in found)

    known = {each for option in found[own].params for each in option.opts} | {"--help", "-h", "--version"}

    assert name
    assert {word.split("=")[0] for word in words if word.startswith("-")} <= known


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
    return next((code for words, code in NOT_WELL.items() if words in line), 0)


EXAMPLES = [
    (name, line)
    for name, command, _ in each_command()
    for line in (command.help or "").splitlines()
    if line.strip().startswith("presence-worker ")
]


@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_examples_of_help_are_understood(name: str, line: str) -> None:
    """An example in the help of a command has only options and arguments that the command takes."""
    words = shlex.split(re.sub(r"[<>|].*", "", line))[1:]
    found = {known: (command, context) for known, command, context in each_command()}
    own = name.split()

    assert words[: len(own)] == own or name == "schedule"
    below = " ".join(words[: len(own) + 1])
    called = below if below in found else name
    command, context = found[called]
    command.parse_args(context, words[len(called.split()) :])


def test_readme_is_among_the_documents() -> None:
    """Commands are looked for in README and in pages of the manual."""
    assert "README" in WITH_COMMANDS
    assert len(WITH_COMMANDS) > 5
    assert all("```" in TEXTS[name] for name in WITH_COMMANDS)
