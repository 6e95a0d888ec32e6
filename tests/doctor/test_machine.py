"""What doctor tells without asking anybody: settings, files, state directory, disk and lock."""

import os
import sys
from pathlib import Path

import pytest

from presence_worker.doctor.machine import judge_room
from presence_worker.doctor.probe import Severity
from presence_worker.journal import target_lock
from presence_worker.wording import figure
from tests.run.given import Worker, away, write_csv

from .given import Doctor, answering

MEGABYTE = 1_000_000
WRONG = {  # a configuration: what is said of it
    "[target\n": "not valid TOML",
    "[target]\nbaseurl = 'https://x.invalid'\n": "target.baseurl: no such setting; did you mean base_url?",
    "[auth]\nscheme = 'kerberos'\n": "auth.scheme",
    "[target]\nca_file = 'nowhere'\nbase_url = 'https://x.invalid'\n": "target.ca_file: nowhere: No such",
    "[target]\nbase_url = 'http://x.invalid'\n": "http sends the credentials to x.invalid",
    "[auth]\npassword_file = 'secret'\n": "auth: password and password_file are both set",
    "report = 7\n": "settings.toml, line 1: report: ",
}


@pytest.mark.parametrize("text", WRONG)
def test_wrong_settings_are_faults_like_others(text: str, doctor: Doctor) -> None:
    """With their place; they hide nothing else, and while they are there no credential is shown."""
    doctor.configure(text)
    doctor.state.write_text("a file")

    examined = doctor()

    assert (examined.ended.code, examined.summary["exit_code"]) == (2, 2)
    assert WRONG[text] in examined.told("configuration").words
    assert set(examined.told("configuration").verdicts) == {"fault"}
    assert examined.verdict("state directory") == "fault"
    assert (examined.verdict("sign-in"), examined.told("sign-in").words) == (
        "skipped",
        "correct first: configuration",
    )


def test_a_slip_in_the_file_has_no_followers(doctor: Doctor) -> None:
    """What stands in a file that is not TOML is not missing, and its state directory is not known."""
    doctor.configure("[target]\nbase_url = https://x.invalid\n[storage]\nstate_dir = 'elsewhere'\n")

    ended = doctor.worker.call("doctor", "--config", str(doctor.config), "--json")

    checks = {check["name"]: check for check in ended.summary["checks"]}
    assert [check["name"] for check in ended.summary["checks"] if check["verdict"] == "fault"] == [
        "configuration"
    ]
    assert "line 2" in checks["configuration"]["words"]
    assert checks["state directory"]["words"] == "correct first: configuration"


def test_a_wrong_setting_does_not_hide_the_service(doctor: Doctor) -> None:
    """Who is there is asked all the same; only credentials are kept back."""
    doctor.configure("[report]\nincluded = true\n[delivery]\nrate = 'fast'\n")
    with answering() as server:
        examined = doctor(server.url)

    assert examined.told("configuration").verdicts == ["fault", "fault"]
    assert examined.verdict("version") == "ok"
    assert [request.header("Authorization") for request in server.requests] == [None]


def test_an_authority_that_cannot_be_read_is_told_once(doctor: Doctor) -> None:
    """By the setting's name; without it no certificate can be judged, and nobody is asked."""
    doctor.configure("[target]\nca_file = 'nowhere'\n")

    examined = doctor("https://127.0.0.1:9")

    assert (examined.ended.code, examined.by("fault")) == (2, ["configuration"])
    assert examined.told("TLS").words == examined.told("version").words == "correct first: configuration"


def test_a_wrong_option_leads_to_help(doctor: Doctor) -> None:
    """The same options again cannot work."""
    examined = doctor(None, "--rate", "fast")

    assert "option --rate" in examined.told("configuration").words
    assert examined.summary["next"] == "presence-worker doctor --help"


def test_a_file_that_is_not_there_is_one_fault_among_others(doctor: Doctor) -> None:
    """Named, and not found."""
    ended = doctor.worker.call("doctor", "--config", "nowhere.toml", "--json")

    words = [check["words"] for check in ended.summary["checks"] if check["verdict"] == "fault"]
    assert ended.code == 2
    assert words[0] == "configuration file nowhere.toml: no such file"
    assert words[1].startswith("no SuperOffice is set")


def test_http_to_another_machine_is_a_warning(doctor: Doctor) -> None:
    """It was allowed, and is told all the same."""
    doctor.configure("[target]\nbase_url = 'http://crm.invalid'\nallow_http = true\n")

    examined = doctor()

    assert examined.told("configuration").verdicts == ["ok", "warning"]
    assert "credentials go to crm.invalid over http" in examined.told("configuration").words


@pytest.mark.skipif(os.name != "posix", reason="files have no modes there")
@pytest.mark.parametrize(("mode", "verdict"), [(0o600, "ok"), (0o640, "ok"), (0o604, "warning")])
def test_secrets_that_everybody_may_read(mode: int, verdict: str, doctor: Doctor) -> None:
    """Their files, and a configuration that has one in it; the command to mend it comes along."""
    secret = doctor.worker.folder / "token"
    secret.write_text("sesame")
    doctor.configure(f"[auth]\nscheme = 'bearer'\ntoken_file = '{secret}'\napp_token = 'x'\n")
    for file in (secret, doctor.config):
        file.chmod(mode)

    told = doctor("http://127.0.0.1:9").told("secret files")

    assert told.verdicts == ([verdict] if verdict == "ok" else [verdict] * 2)
    assert ("chmod o-rw" in told.remedies) == (verdict != "ok")
    assert (str(doctor.config) in told.words) == (verdict != "ok")


def test_a_configuration_without_secrets_may_be_read(doctor: Doctor) -> None:
    """There is nothing in it to hide, and so nothing to tell."""
    doctor.configure("[auth]\nusername = 'night'\n")
    doctor.config.chmod(0o644)

    assert doctor("http://127.0.0.1:9").told("secret files").verdicts == []


def test_a_refresh_token_that_could_not_be_kept(doctor: Doctor) -> None:
    """Its folder is not there: the next night would begin with the old token."""
    doctor.configure("[auth]\nscheme = 'oauth'\nrefresh_token_file = '/nowhere/token'\n")

    told = doctor("http://127.0.0.1:9").told("secret files")

    assert told.verdicts == ["warning"]
    assert "the new one is lost" in told.words


def test_a_state_directory_that_can_be_made(doctor: Doctor) -> None:
    """It is said, and not made; one that is there is just named."""
    before = doctor("http://127.0.0.1:9").told("state directory")
    made = doctor.state.exists()
    doctor.state.mkdir()
    after = doctor("http://127.0.0.1:9").told("state directory")

    assert (before.verdicts, after.verdicts, made) == (["ok"], ["ok"], False)
    assert before.words == f"{doctor.state}: does not exist yet, and can be created"
    assert after.words == str(doctor.state)


@pytest.mark.parametrize("place", ["a file", "a file/below it", "/proc/nowhere", "\udce9"])
def test_a_state_directory_that_cannot_be_used(place: str, doctor: Doctor) -> None:
    """Exit 2, and another one is asked for; the disk below it is not looked at."""
    (doctor.worker.folder / "a file").write_text("")
    doctor.state = doctor.worker.folder / place

    examined = doctor("http://127.0.0.1:9")

    assert (examined.ended.code, examined.verdict("state directory")) == (2, "fault")
    assert "--state-dir" in examined.told("state directory").remedies
    assert examined.told("disk room").words == "correct first: state directory"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_state_directory_of_somebody_else(doctor: Doctor) -> None:
    """Runs made as another user cannot be kept private by this one."""
    runs = doctor.state / "runs"
    runs.mkdir(parents=True)
    os.chown(runs, 12345, -1)

    assert doctor("http://127.0.0.1:9").told("state directory").words.endswith("belongs to another user")


@pytest.mark.parametrize(
    ("free", "rows", "verdict"),
    [
        (100 * MEGABYTE, 0, Severity.OK),
        (99 * MEGABYTE, 0, Severity.WARNING),
        (10 * MEGABYTE, 0, Severity.WARNING),
        (9 * MEGABYTE, 0, Severity.FAULT),
        (7_000 * MEGABYTE, 1_000_000, Severity.OK),
        (6_000 * MEGABYTE, 1_000_000, Severity.WARNING),
        (3_000 * MEGABYTE, 1_000_000, Severity.FAULT),
    ],
)
def test_the_room_that_is_left(free: int, rows: int, verdict: Severity) -> None:
    """Little is a warning, less than a run may need is a fault; big jobs need more."""
    said = judge_room(free, rows)

    assert said.verdict is verdict
    assert said.words.startswith(f"{figure(free // MEGABYTE)} MB are free")
    assert (said.remedy is None) == (verdict is Severity.OK)


def test_a_run_at_work_is_a_warning(doctor: Doctor) -> None:
    """Nothing is wrong then, but nobody else can begin; afterwards the target is free."""
    with answering() as server:
        with target_lock(server.url, doctor.state):
            busy = doctor(server.url)
        free = doctor(server.url)

    assert (busy.ended.code, busy.verdict("lock"), free.verdict("lock")) == (0, "warning", "ok")
    assert "another run uses" in busy.told("lock").words


@pytest.mark.skipif(sys.platform != "linux", reason="only there can a file be made unchangeable like this")
def test_a_lock_that_cannot_be_had(doctor: Doctor, worker: Worker) -> None:
    """Such as one in a directory that is not ours: no run could begin, and it is named."""
    worker("run", write_csv(worker.folder / "job.csv", away([1])))
    (lock,) = Path.home().rglob("locks/*.lock")
    lock.unlink()
    lock.symlink_to("/proc/version")  # a file nobody may open for writing

    examined = doctor(worker.url, "--write-check", "1")

    assert (examined.ended.code, examined.by("fault")) == (2, ["lock", "write check"])
    assert f"the lock {lock} cannot be had" in examined.told("lock").words
    assert examined.told("write check").words.startswith("nothing was written: ")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_runs_that_cannot_be_listed_are_in_nobody_s_way(doctor: Doctor) -> None:
    """A directory that can be written and not read tells nothing of the last job."""
    runs = doctor.state / "runs"
    runs.mkdir(parents=True)
    runs.chmod(0o300)

    assert doctor("http://127.0.0.1:9").verdict("disk room") == "ok"


def test_runs_that_cannot_be_read_are_in_nobody_s_way(worker: Worker, doctor: Doctor) -> None:
    """Then the number of users is what is expected."""
    worker("run", write_csv(worker.folder / "job.csv", away([1])))
    next(worker.state.rglob("journal.sqlite")).write_bytes(b"spoilt" * 1000)

    examined = doctor(worker.url)

    assert (examined.ended.code, examined.verdict("disk room")) == (0, "ok")
    assert examined.told("rate").words.startswith("all 1 000 users")
