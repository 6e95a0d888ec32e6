"""The night without systemd: cron, Kubernetes, Windows and Docker."""

import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from presence_worker.errors import ExitCode
from presence_worker.settings import Delivery

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
TASKS = sorted(
    path for path in (CONFIG / "windows").glob("*.xml") if path.name != "presence-worker-serve.xml"
)
MAINTENANCE_ENDS = 7 * 60  # minutes after midnight: 06:00 UTC+1, as Central European summer time


def cron_jobs() -> list[list[str]]:
    """Give the fields of each job, those that are commented out included."""
    lines = (CONFIG / "cron" / "presence-worker").read_text().splitlines()
    return [line.lstrip("#").split() for line in lines if re.match(r"#?\d", line)]


def cron_job(name: str, file: str = "presence-worker.yaml") -> dict[str, Any]:
    documents = yaml.safe_load_all((CONFIG / "kubernetes" / file).read_text())
    found: dict[str, Any] = next(
        document
        for document in documents
        if document["kind"] == "CronJob" and document["metadata"]["name"] == name
    )
    return found


def pod_of(job: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return pod


PODS = [
    ("presence-worker.yaml", "presence-worker"),
    ("presence-worker.yaml", "presence-worker-prune"),
    ("presence-worker.yaml", "presence-worker-late"),
    ("presence-worker-targets.yaml", "presence-worker"),
    ("presence-worker-targets.yaml", "presence-worker-late"),
    ("presence-worker-fleet.yaml", "presence-worker-fleet-prune"),
]


@pytest.fixture(params=PODS, ids=" ".join)
def pod(request: pytest.FixtureRequest) -> dict[str, Any]:
    file, name = request.param
    return pod_of(cron_job(name, file))


@pytest.fixture
def dockerfile() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, in order: name and the rest, with continued lines joined."""
    text = (CONFIG / "docker" / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, rest in (line.split(maxsplit=1) for line in lines)]


def test_cron_jobs_are_complete_and_avoid_the_night() -> None:
    """Each line has five times, a user and a command, by day, and no percent sign, which would end it."""
    jobs = cron_jobs()

    first_minutes = [int(job[1].split("-")[0]) * 60 + int(job[0]) for job in jobs]

    assert len(jobs) == 5
    assert all(job[5] == "presence-worker" and len(job) > 6 for job in jobs)
    assert all(minute > MAINTENANCE_ENDS for minute in first_minutes)
    assert not any("%" in word for job in jobs for word in job)


def test_cron_file_is_one_that_cron_reads() -> None:
    """cron ignores a file whose name has a dot, and a last line without an end."""
    path = CONFIG / "cron" / "presence-worker"

    text = path.read_text()

    assert "." not in path.name
    assert text.endswith("\n")
    assert "\nMAILTO=" in text


def test_kubernetes_starts_one_run_a_day_in_its_time_zone() -> None:
    """Never two runs at once, at a time of the people concerned, with room to drain, and an end."""
    job = cron_job("presence-worker")
    spec = job["spec"]
    minute, hour = (int(field) for field in spec["schedule"].split()[:2])

    grace = pod_of(job)["terminationGracePeriodSeconds"]

    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["timeZone"] == "Europe/Oslo"
    assert hour * 60 + minute > MAINTENANCE_ENDS
    assert grace > Delivery().drain + 20
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] > Delivery().outage_patience


def test_kubernetes_tries_again_only_when_locked_or_disrupted() -> None:
    """Exit code 7 counts as a failed try, a drained node as none; every other ending wants a person."""
    job = cron_job("presence-worker")
    policy = job["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]

    by_action = {rule["action"]: rule for rule in policy}

    final = by_action["FailJob"]["onExitCodes"]["values"]
    assert [rule["action"] for rule in policy] == ["Ignore", "FailJob", "Count"]
    assert final == sorted(set(ExitCode) - {ExitCode.DONE, ExitCode.LOCKED})
    assert by_action["Count"]["onExitCodes"]["values"] == [ExitCode.LOCKED]
    assert by_action["Ignore"]["onPodConditions"] == [{"type": "DisruptionTarget"}]
    assert pod_of(job)["restartPolicy"] == "Never"
    assert {rule["onExitCodes"]["containerName"] for rule in policy[1:]} == {"presence-worker"}


def test_kubernetes_pods_are_confined(pod: dict[str, Any]) -> None:
    """No root, no privileges, nothing writable but the volumes, no cluster token, no stray variables."""
    container = pod["containers"][0]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]


def test_kubernetes_pods_find_what_they_need(pod: dict[str, Any]) -> None:
    """Password, configuration, state and lock lie in volumes that are mounted; no secret is in the file."""
    container = pod["containers"][0]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}

    paths = {variable["name"]: variable["value"] for variable in container["env"]}

    assert set(mounts.values()) == set(volumes)
    assert "secret" in volumes[mounts["/run/secrets/presence-worker"]]
    password = paths.get("PRESENCE_WORKER_AUTH__PASSWORD_FILE", "/run/secrets/presence-worker/NAME")
    assert parent(password) == "/run/secrets/presence-worker"
    assert "configMap" in volumes[mounts[parent(paths["PRESENCE_WORKER_CONFIG"])]]
    state = mounts[parent(paths["PRESENCE_WORKER_STORAGE__STATE_DIR"])]
    shared = "presence-worker-fleet" in str(volumes)  # by a database: the volume has copies alone
    assert ("emptyDir" if shared else "persistentVolumeClaim") in volumes[state]
    assert mounts[paths["HOME"]] == state


@pytest.mark.parametrize("path", sorted((CONFIG / "kubernetes").glob("*.yaml")), ids=lambda path: path.name)
def test_kubernetes_files_hold_no_secret(path: Path) -> None:
    """Secrets are created by a command, and every job of a file is one that the tests above know."""
    kinds = [document["kind"] for document in yaml.safe_load_all(path.read_text())]

    assert "Secret" not in kinds
    assert kinds.count("CronJob") == [file for file, _ in PODS].count(path.name)


def test_kubernetes_runs_every_target_of_the_list(tmp_path: Path) -> None:
    """The pod runs one target after another, whatever a run ends with, and ends with the last bad code."""
    (tmp_path / "targets").mkdir()
    for name in ("acme", "broken", "nordic"):
        (tmp_path / "targets" / f"{name}.toml").touch()
    program = tmp_path / "presence-worker"
    program.write_text('#!/bin/sh\necho "$@"\n[ "$3" != broken ] || exit 4\n')
    program.chmod(0o755)

    ended = subprocess.run(
        ["/bin/sh", "-c", script_of_targets(tmp_path / "targets")],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 4
    assert [line.split(" --wait")[0] for line in ended.stdout.splitlines()] == [
        "run --target acme",
        "run --target broken",
        "run --target nordic",
        "prune -q",
    ]


def test_kubernetes_hands_its_signal_to_the_run(tmp_path: Path) -> None:
    """When the pod is stopped, the run at work drains, and no other target begins."""
    (tmp_path / "targets").mkdir()
    for name in ("acme", "nordic"):
        (tmp_path / "targets" / f"{name}.toml").touch()
    os.mkfifo(tmp_path / "began")
    program = tmp_path / "presence-worker"
    program.write_text(
        f'#!/bin/sh\ntrap "echo drained $3; exit 143" TERM\necho on >{tmp_path}/began\n'
        "while :; do read -r never <>/dev/null; done\n"
    )
    program.chmod(0o755)
    with subprocess.Popen(
        ["/bin/sh", "-c", script_of_targets(tmp_path / "targets")],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
    ) as shell:
        (tmp_path / "began").read_text()

        shell.terminate()
        printed, _ = shell.communicate(timeout=60)

    assert shell.returncode == 143
    assert printed == "drained acme\n"


def script_of_targets(folder: Path) -> str:
    """Give the script of the pod, for the targets of a folder."""
    container = pod_of(cron_job("presence-worker", "presence-worker-targets.yaml"))["containers"][0]
    (script,) = container["args"]
    return str(script).replace("/etc/presence-worker-targets", str(folder))


def parent(path: str) -> str:
    return path.rsplit("/", 1)[0]


def test_the_pods_user_is_the_images(pod: dict[str, Any], dockerfile: list[tuple[str, str]]) -> None:
    """The pod runs as the user whom the image knows."""
    user = f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"

    assert ("USER", user) in dockerfile


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.name)
def test_windows_tasks_say_what_must_hold(path: Path) -> None:
    """One at a time, as an ordinary account, made up for when missed, with an end, whoever is logged on."""
    task = ET.parse(path)

    def text(name: str) -> str:
        return task.findtext(f".//{TASK}{name}") or ""

    assert task.getroot().get("version") == "1.4"
    assert text("MultipleInstancesPolicy") == "IgnoreNew"
    assert text("RunLevel") == "LeastPrivilege"
    assert text("LogonType") == "Password"
    assert text("StartWhenAvailable") == "true"
    assert re.fullmatch(r"PT\d+H", text("ExecutionTimeLimit"))
    assert text("Command").strip('"').endswith("presence-worker.exe")
    assert text("WorkingDirectory")
    assert "07:00:00" < text("StartBoundary").split("T")[1] < "22:00:00"


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.name)
def test_windows_tasks_can_be_imported_by_every_tool(path: Path) -> None:
    """Plain ASCII without an encoding: schtasks reads bytes, Register-ScheduledTask a text."""
    raw = path.read_bytes()

    assert raw.isascii()
    assert raw.startswith(b'<?xml version="1.0"?>')


def test_windows_runs_daily() -> None:
    """The nightly task comes every day, and not to the second."""
    task = ET.parse(CONFIG / "windows" / "presence-worker.xml")

    assert task.findtext(f".//{TASK}DaysInterval") == "1"
    assert task.findtext(f".//{TASK}RandomDelay")


def test_docker_hands_signals_to_the_program(dockerfile: list[tuple[str, str]]) -> None:
    """ENTRYPOINT is a list: with a shell in between, SIGTERM would not arrive."""
    last = dict(dockerfile)

    assert json.loads(last["ENTRYPOINT"]) == ["presence-worker"]
    assert json.loads(last["CMD"]) == ["--help"]


def test_docker_runs_as_an_ordinary_user(dockerfile: list[tuple[str, str]]) -> None:
    """The last USER is a number other than 0, so that Kubernetes can tell it is not root."""
    user = dict(dockerfile)["USER"]

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_docker_installs_what_the_lock_says(dockerfile: list[tuple[str, str]]) -> None:
    """Dependencies come from the lock with hashes, and the package brings none of its own."""
    installs = [rest for name, rest in dockerfile if name == "RUN" and "pip install" in rest]

    assert installs == ["pip install --require-hashes -r requirements.lock", "pip install --no-deps ."]


def test_docker_keeps_state_on_a_volume(dockerfile: list[tuple[str, str]]) -> None:
    """Journal and lock are on the volume, and no secret is in a layer."""
    said = "\n".join(rest for _, rest in dockerfile)

    assert dict(dockerfile)["VOLUME"] == "/state"
    assert "PRESENCE_WORKER_STORAGE__STATE_DIR=/state" in said
    assert "HOME=/state" in said
    assert not re.search(r"(?i)password|secret|token", said)


def test_docker_sees_only_what_it_copies(dockerfile: list[tuple[str, str]]) -> None:
    """Everything COPY asks for is let into the build, and nothing else is."""
    lines = (CONFIG / "docker" / "Dockerfile.dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    copied = [
        word.removeprefix("./")
        for name, rest in dockerfile
        if name == "COPY" and not rest.startswith("--from")
        for word in rest.split()[:-1]
    ]

    allowed = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]

    assert rules[0] == "*"
    assert sorted(copied) == sorted(allowed)
    assert not any(fnmatch("config/presence-worker.toml", rule) for rule in allowed)
