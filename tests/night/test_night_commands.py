"""What the schedulers' files tell presence-worker: every command, option and setting in them exists."""

import os
import re
import shlex
import time
import tomllib
import xml.etree.ElementTree as ET
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from presence_worker.cli.lazy import commands
from presence_worker.errors import InputRefused
from presence_worker.intake.job import open_job
from presence_worker.settings import Section, Settings
from presence_worker.settings.configuration import load_settings

CONFIG = Path(__file__).parents[2] / "config"
KINDS = ("systemd", "cron", "kubernetes", "windows", "docker", "nginx", "prometheus", "nagios")
FILES = sorted(path for kind in KINDS for path in (CONFIG / kind).rglob("*") if path.is_file())
SCHEDULES = (  # what starts `run` by itself
    "systemd/presence-worker.service",
    "systemd/presence-worker-target@.service",
    "cron/presence-worker",
    "kubernetes/presence-worker.yaml",
    "kubernetes/presence-worker-targets.yaml",
    "windows/presence-worker.xml",
)
MAX_AGE = re.compile(r"^(?!#).*max_age(?: = \"|=|, value: )(\w+)", re.MULTILINE | re.IGNORECASE)
VARIABLE = re.compile(r"\bPRESENCE_WORKER_[A-Z_]+")
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def from_systemd() -> list[str]:
    units = "\n".join(path.read_text() for path in (CONFIG / "systemd").glob("presence-worker*"))
    started = re.findall(r"^ExecStart=/usr/local/bin/presence-worker (.+)$", units, re.MULTILINE)
    by_hand = [words.replace(":", " ") for words in re.findall(r"presence-worker@([a-z][\w:-]*)", units)]
    in_notes = re.findall(r"^#   presence-worker (.+?)(?: {2,}.*)?$", units, re.MULTILINE)
    return [*started, *(words for words in by_hand if words != "service"), *in_notes]


def from_cron() -> list[str]:
    lines = (CONFIG / "cron" / "presence-worker").read_text().splitlines()
    jobs = [re.fullmatch(r"#?(?:\S+ ){5}presence-worker presence-worker (.+)", line) for line in lines]
    return [without_redirections(job[1]) for job in jobs if job]


def without_redirections(line: str) -> str:
    return re.sub(r" \d?>\S+", "", line)


def from_kubernetes() -> list[str]:
    documents = [
        document
        for path in sorted((CONFIG / "kubernetes").glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
    ]
    jobs = [each["spec"]["jobTemplate"]["spec"] for each in documents if each["kind"] == "CronJob"]
    services = [each["spec"] for each in documents if each["kind"] == "Deployment"]
    pods = [each["template"]["spec"] for each in (*jobs, *services)]
    return [line for pod in pods for container in pod["containers"] for line in lines_of(container)]


def lines_of(container: dict[str, Any]) -> list[str]:
    """Give the commands of a container, or those of the shell script that it runs."""
    if container.get("command") != ["/bin/sh", "-c"]:
        return [shlex.join(container["args"])]
    (script,) = container["args"]
    return [line.rstrip("& ") for line in re.findall(r"^ *presence-worker (.+)$", script, re.MULTILINE)]


def from_windows() -> list[str]:
    tasks = [ET.parse(path) for path in sorted((CONFIG / "windows").glob("*.xml"))]
    found = [task.findtext(f".//{TASK}Arguments") or task.findtext("arguments") or "" for task in tasks]
    return [words.replace("\\", "/") for words in found]


def from_nagios() -> list[str]:
    text = (CONFIG / "nagios" / "check_presence_worker").read_text()
    return re.findall(r'^/usr/local/bin/presence-worker (.+) "\$@"$', text, re.MULTILINE)


def from_alerts() -> list[str]:
    text = (CONFIG / "prometheus" / "alerts.yml").read_text()
    return [
        words.replace("{{ $labels.target }}", "acme")
        for words in re.findall(r"Type: presence-worker (.+)\"", text)
    ]


def from_docker() -> list[str]:
    text = (CONFIG / "docker" / "Dockerfile").read_text()
    return re.findall(r"^#.* presence-worker ((?:run|serve)\b.*)$", text, re.MULTILINE)


SCHEDULERS = (from_systemd, from_cron, from_kubernetes, from_windows, from_docker)
COMMANDS = [line for read in (*SCHEDULERS, from_nagios, from_alerts) for line in read()]


@cache
def help_of(command: str) -> str:
    """Give what `presence-worker COMMAND --help` prints; nothing where there is no such command."""
    shown = CliRunner().invoke(commands, [command, "--help"])
    return shown.output if shown.exit_code == 0 else ""


@pytest.mark.parametrize("line", sorted(set(COMMANDS)))
def test_every_command_and_option_exists(line: str) -> None:
    """A command line in a scheduler's file is one that the program takes."""
    command, *words = shlex.split(line)
    options = {word.split("=")[0] for word in words if word.startswith("-")}

    known = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", help_of(command)))

    assert known, f"no such command: {command}"
    assert options <= known


def test_every_scheduler_runs_a_job() -> None:
    """The lines above were really found: all start `run`, and all but Docker prune and report."""
    found = [{line.split()[0] for line in read()} for read in SCHEDULERS]

    assert all("run" in commands for commands in found)
    assert all({"prune", "notify"} <= commands for commands in found[:4])
    assert "prune" in text_of("systemd")
    assert from_nagios() == ["runs --monitor"]
    assert len(from_alerts()) == 3


def text_of(kind: str) -> str:
    return "\n".join(path.read_text() for path in FILES if path.parent.name == kind)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_exists(path: Path) -> None:
    """A variable PRESENCE_WORKER_<SECTION>__<KEY> names a setting; a wrong one would end every night in 2."""
    names = set(VARIABLE.findall(path.read_text())) - {"PRESENCE_WORKER_CONFIG"}
    known = {
        f"PRESENCE_WORKER_{section}__{key}".upper()
        for section, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        for key in field.annotation.names()
    }

    assert names <= known


def test_the_configuration_in_the_config_map_is_valid() -> None:
    """The TOML inside the Kubernetes file has known keys and values only."""
    text = maps_of("presence-worker.yaml")["presence-worker"]["config.toml"]

    settings = Settings.model_validate(tomllib.loads(text))

    assert settings.target.base_url
    assert settings.auth.password is None
    assert settings.report.expected_every == 86400


def test_the_targets_in_the_config_map_are_valid() -> None:
    """Each file of the list is a target, with a password and a source of its own."""
    maps = maps_of("presence-worker-targets.yaml")
    folder = tomllib.loads(maps["presence-worker"]["config.toml"])["targets"]
    files = {name: tomllib.loads(text) for name, text in maps["presence-worker-targets"].items()}

    found = {name: Settings.model_validate(file) for name, file in files.items()}

    assert len(found) > 1
    assert folder == "/etc/presence-worker-targets"
    assert all(re.fullmatch(r"[a-z0-9-]{1,40}\.toml", name) for name in found)
    assert len({settings.job.source for settings in found.values()}) == len(found)
    for name, settings in found.items():
        assert settings.auth.password_file == Path("/run/secrets/presence-worker", name.removesuffix(".toml"))


def maps_of(name: str) -> dict[str, dict[str, str]]:
    """Give the data of each ConfigMap of a Kubernetes file."""
    documents = yaml.safe_load_all((CONFIG / "kubernetes" / name).read_text())
    return {each["metadata"]["name"]: each["data"] for each in documents if each["kind"] == "ConfigMap"}


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_refuses_yesterdays_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the value that a schedule sets, a file of 23 hours is taken, and one of 25 hours is refused."""
    (value,) = MAX_AGE.findall((CONFIG / name).read_text())
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__MAX_AGE", value)
    job = tmp_path / "changes.csv"
    job.write_text("associateId,status\n5,Away\n")

    rows = rows_of(job, hours=23)

    assert rows == 1
    with pytest.raises(InputRefused, match=r"input\.max_age allows .* Did the export fail\?"):
        rows_of(job, hours=25)


def rows_of(job: Path, *, hours: int) -> int:
    """Read a file as if it was last changed so many hours ago, with the settings of the environment."""
    changed = time.time() - hours * 3600
    os.utime(job, (changed, changed))
    with open_job(str(job), load_settings(None, {}), date(2026, 12, 1)) as opened:
        return len(list(opened.rows))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_opens_with_what_it_is_for(path: Path) -> None:
    """The reader learns from the first lines what a file does and how to install or use it."""
    first, second, third, *_ = path.read_text().splitlines()

    opening = second if first.startswith(("#!", "<?xml")) else first
    opening = third if opening == "<!--" else opening

    assert re.match(r"(# |  )[A-Z]?[a-z]+", opening)
    assert path.name == "Dockerfile.dockerignore" or re.search(r"(Install|Build)\b", path.read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_line_is_too_long_to_read(path: Path) -> None:
    """Comments fit a screen; only values that cannot be broken are longer."""
    comments = [line for line in path.read_text().splitlines() if line.lstrip().startswith("#")]

    assert max((len(line) for line in comments), default=0) <= 125
