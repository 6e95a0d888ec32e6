"""The systemd units: systemd takes every line of them; they fit exit codes, drain and each other."""

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from presence_worker.errors import ExitCode
from presence_worker.settings import Delivery, Storage
from presence_worker.settings.notify import Notify
from presence_worker.settings.serve import Serve

SYSTEMD = Path(__file__).parents[2] / "config" / "systemd"
UNITS = sorted(path for path in SYSTEMD.iterdir() if path.suffix in {".service", ".timer"})
SERVICES = [path for path in UNITS if path.suffix == ".service"]
RUNNERS = ("presence-worker.service", "presence-worker-target@.service")
MAINTENANCE_ENDS = "07:00"  # 06:00 UTC+1, as Central European summer time
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}

needs_analyze = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed (Debian package systemd)"
)


def unit(name: str) -> configparser.RawConfigParser:
    """Read a unit file; of a key that is written several times the last value is kept."""
    parser = configparser.RawConfigParser(strict=False, comment_prefixes=("#",), delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    parser.read(SYSTEMD / name)
    return parser


def text_of(name: str) -> str:
    return (SYSTEMD / name).read_text()


def seconds(text: str) -> int:
    """Read a span such as "60", "5min" or "12h"."""
    match = re.fullmatch(r"(\d+)(s|min|h|d)?", text)
    assert match, text
    return int(match[1]) * SECONDS[match[2] or "s"]


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, timeout=240, check=False
    )


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as they would be installed, with programs that are there."""
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for path in UNITS:
        text = path.read_text().replace("/usr/local/bin/presence-worker", str(program))
        (tmp_path / path.name).write_text(text)
    return tmp_path


@needs_analyze
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_finds_no_fault(installed: Path, path: Path) -> None:
    """`systemd-analyze verify` says nothing at all: it exits 0 even on keys and values it does not know."""
    name = path.name.replace("@.", "@resume.")
    (installed / name).write_text((installed / path.name).read_text())

    found = analyze("verify", "--man=no", installed / name)

    assert [line for line in found.stderr.splitlines() if "presence-worker" in line] == []
    assert found.returncode == 0


@needs_analyze
def test_a_fault_would_be_found(installed: Path) -> None:
    """The test above can fail: a misspelt key is reported."""
    broken = installed / "presence-worker-broken.service"
    broken.write_text("[Service]\nType=oneshot\nExecStart=/bin/true\nProtectHme=yes\n")

    found = analyze("verify", "--man=no", broken)

    assert "ProtectHme" in found.stderr


@needs_analyze
@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_the_services_are_confined(installed: Path, path: Path) -> None:
    """systemd rates the exposure of each service as low as a network client can be: 2.0 of 10 at the most."""
    name = path.name.replace("@.", "@resume.")
    (installed / name).write_text((installed / path.name).read_text())

    rated = analyze("security", "--offline=true", "--threshold=20", "--no-pager", installed / name)
    if "unrecognized option" in rated.stderr:
        pytest.skip("this systemd-analyze cannot rate files")

    assert rated.returncode == 0, rated.stdout[-400:] + rated.stderr


@needs_analyze
@pytest.mark.parametrize("path", sorted(SYSTEMD.glob("*.timer")), ids=lambda path: path.name)
def test_the_calendar_is_understood_and_avoids_the_night(path: Path) -> None:
    """Every timer names times that come, none of them while SuperOffice Online is maintained."""
    calendar = unit(path.name)["Timer"]["OnCalendar"]

    elapses = analyze("calendar", "--iterations=30", calendar).stdout

    times = re.findall(r" (\d\d:\d\d):\d\d ", elapses)
    assert len(times) >= 30
    assert all(MAINTENANCE_ENDS < at < "22:00" for at in times)


def test_the_nightly_timer_is_made_up_for() -> None:
    """A run that was missed because the machine was off is made up for."""
    timer = unit("presence-worker.timer")

    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"


@pytest.mark.parametrize("name", RUNNERS)
def test_only_a_locked_run_is_tried_again(name: str) -> None:
    """Of all exit codes but 0 exactly 7 is tried again by systemd, after a pause."""
    service = unit(name)["Service"]

    kept = {int(word) for word in service["RestartPreventExitStatus"].split() if word.isdigit()}

    assert service["Restart"] == "on-failure"
    assert set(ExitCode) - kept == {ExitCode.DONE, ExitCode.LOCKED}
    assert seconds(service["RestartSec"]) >= 60
    assert "SuccessExitStatus" not in service


@pytest.mark.parametrize("name", ["presence-worker.service", "presence-worker-target@.service"])
def test_restarts_cannot_run_hot(name: str) -> None:
    """The nightly service's tries are bounded."""
    nightly = unit(name)

    tries = int(nightly["Unit"]["StartLimitBurst"]) * seconds(nightly["Service"]["RestartSec"])

    assert tries <= seconds(nightly["Unit"]["StartLimitIntervalSec"])


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_there_is_time_to_drain(path: Path) -> None:
    """A run that is told to stop may finish what is in flight before it is killed."""
    service = unit(path.name)["Service"]

    assert service["KillSignal"] == "SIGTERM"
    assert seconds(service["TimeoutStopSec"]) > Delivery().drain + Notify().timeout + 20
    assert seconds(service["TimeoutStopSec"]) > (Serve().drain or 0) + Notify().timeout + 20


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_all_services_share_user_lock_and_journal(path: Path) -> None:
    """What the units write twice is the same in all of them: else they would not see each other's lock."""
    assert shared(path.name) == shared("presence-worker.service")


def shared(name: str) -> str:
    """Give what all services have; the password is a part of its own."""
    text = (SYSTEMD / name).read_text()
    return re.sub(r"# The password: .*?\n\n", "", text[text.index("# Where it writes") :], flags=re.DOTALL)


def test_services_of_one_target_get_its_password() -> None:
    """One password serves all units of a single target; the others sign in with a target's own, or not."""
    passwords = {
        path.name: re.findall(r"# The password: .*?\n\n", path.read_text(), re.DOTALL) for path in SERVICES
    }

    with_one = {name for name, found in passwords.items() if found}

    assert with_one == {
        "presence-worker.service",
        "presence-worker-serve.service",
        "presence-worker@.service",
    }
    assert len({found[0] for name, found in passwords.items() if name in with_one}) == 1
    assert all("LoadCredential=password:" in passwords[name][0] for name in with_one)


def test_many_targets_take_the_password_away() -> None:
    """The drop-in resets what presence-worker@ says of a password, and nothing else."""
    service, extra = unit("presence-worker@.service")["Service"], unit("targets.conf")["Service"]

    assert dict(extra) == {
        "LoadCredential": "",
        "UnsetEnvironment": service["Environment"].partition("=")[0],
    }
    assert extra["UnsetEnvironment"] == "PRESENCE_WORKER_AUTH__PASSWORD_FILE"


def test_the_service_is_watched_and_comes_back() -> None:
    """systemd hears when it is ready and whether it turns; only 2 ends it for good; reload sends SIGHUP."""
    serve = unit("presence-worker-serve.service")
    service = serve["Service"]

    assert service["Type"] == "notify"
    assert seconds(service["WatchdogSec"]) >= 30
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert (service["Restart"], service["RestartPreventExitStatus"]) == (
        "on-failure",
        str(int(ExitCode.USAGE)),
    )
    assert serve["Unit"]["StartLimitIntervalSec"] == "0"
    assert serve["Install"]["WantedBy"] == "multi-user.target"
    assert "MAX_AGE" not in text_of(
        "presence-worker-serve.service"
    )  # a job that waits does not become too old


def test_each_target_has_a_timer_of_its_own() -> None:
    """The template of the timer starts the template of the service, each with the target's name."""
    timer, service = unit("presence-worker-target@.timer"), unit("presence-worker-target@.service")

    assert "Unit" not in timer["Timer"]  # systemd takes the service of the same name
    assert timer["Timer"]["Persistent"] == "true"
    assert service["Service"]["ExecStart"].endswith("run --target %i --wait 2h")


def test_the_lock_lies_where_the_services_may_write() -> None:
    """The account's home, below which the lock lies, is the folder that systemd makes writable."""
    account = (SYSTEMD / "presence-worker.sysusers").read_text().splitlines()[-1].split()

    state = unit("presence-worker.service")["Service"]["StateDirectory"]

    assert account[-1] == f"/var/lib/{state}"


def test_the_folders_are_the_ones_that_are_used() -> None:
    """The units, the folders that are made and the settings agree on where files lie and how long."""
    lines = (SYSTEMD / "presence-worker.tmpfiles").read_text().splitlines()
    made = {fields[1]: fields for line in lines if (fields := line.split()) and fields[0] == "d"}
    nightly = unit("presence-worker.service")["Service"]["ExecStart"].split()[-1]
    moved = [f"/srv/presence-worker/inbox/{part}" for part in ("done", "refused")]

    writable = re.findall(
        r"^ReadWritePaths=-(/srv.*)$", text_of("presence-worker-serve.service"), re.MULTILINE
    )

    assert {str(Path(nightly).parent), *moved} <= made.keys()
    assert {made[path][5] for path in moved} == {f"{Storage().keep / 86400:.0f}d"}
    assert all(path.startswith(writable[0]) for path in moved)


def test_the_words_of_an_instance_become_arguments(tmp_path: Path) -> None:
    """presence-worker@apply:RUN runs `presence-worker apply RUN`, and a star stays a star."""
    line = unit("presence-worker@.service")["Service"]["ExecStart"]
    match = re.fullmatch(r"/bin/sh -c '(.+)' sh %i", line)
    assert match
    script = match[1].replace("$$", "$").replace("/usr/local/bin/presence-worker", "printf '<%s>'")

    ended = subprocess.run(
        ["sh", "-c", script.replace("exec ", ""), "sh", "apply:20261123T061000Z-7f3a:*"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stdout == "<apply><20261123T061000Z-7f3a><*>"


@pytest.mark.skipif(not shutil.which("systemd-tmpfiles"), reason="systemd-tmpfiles is not installed")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give folders away")
def test_account_and_folders_can_be_made(tmp_path: Path) -> None:
    """systemd makes the account and the folders from the two files, with nothing to complain about."""
    (tmp_path / "etc").mkdir()
    users = ["systemd-sysusers", f"--root={tmp_path}", SYSTEMD / "presence-worker.sysusers"]
    folders = ["systemd-tmpfiles", f"--root={tmp_path}", "--create", SYSTEMD / "presence-worker.tmpfiles"]

    said = [
        subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        for command in (users, folders)
    ]

    assert [ended.returncode for ended in said] == [0, 0], [ended.stderr for ended in said]
    assert (tmp_path / "srv/presence-worker/inbox").stat().st_mode & 0o7777 == 0o2770
    assert (tmp_path / "srv/presence-worker/inbox/done").stat().st_mode & 0o7777 == 0o2750
