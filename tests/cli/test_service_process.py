"""`presence-worker serve` as a process: what it prints, what signals mean to it, and how it ends."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import anyio
import pytest
import trustme

from presence_worker.cli.hosting import share_the_process
from presence_worker.threads import work_in_thread
from tests.run.given import Ended, Worker, ended, started, wait_until

ANY_PORT = 'listen = "127.0.0.1:0"\n'
TOKEN = f'tokens.crm = {{ sha256 = "{"0" * 64}", roles = ["read"] }}\n'
GOOD = """
[target]
base_url = "http://127.0.0.1:9"
[auth]
username = "night"
password_file = "../password"
"""
Process = subprocess.Popen[str]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with which the service can work."""
    return configured(tmp_path, TOKEN)


def configured(folder: Path, serve: str, more: str = "") -> Path:
    path = folder / "config.toml"
    target = '[target]\nbase_url = "http://127.0.0.1:9"\n'
    path.write_text(f'{target}[storage]\nstate_dir = "{folder}/state"\n[serve]\n{ANY_PORT}{serve}{more}')
    return path


@contextmanager
def serving(*words: str | Path, **how: Any) -> Iterator[tuple[Process, str]]:
    """Start a service; give it, and its root URL, when it is up."""
    with started("serve", *words, **how) as process:
        url = stream(process.stdout).readline().strip()
        assert url, stream(process.stderr).read()
        yield process, url


def stream(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def status(url: str, path: str = "/healthz") -> int:
    with urllib.request.urlopen(f"{url}{path}", timeout=60) as answer:
        code: int = answer.status
    return code


def read_until(process: Process, event: str) -> dict[str, object]:
    """Read the log until an event."""
    for line in stream(process.stderr):
        entry: dict[str, object] = json.loads(line) if line.startswith("{") else {}
        if entry.get("event") == event:
            return entry
    raise AssertionError(event)


def stop(process: Process, number: signal.Signals = signal.SIGTERM) -> Ended:
    process.send_signal(number)
    return ended(process)


@pytest.mark.anyio
async def test_long_work_leaves_threads_for_answers() -> None:
    """However many runs wait for a slow disk, a page does not wait for them."""
    ended: list[str] = []
    disk, before = threading.Event(), sys.getswitchinterval()

    def wait_for_disk() -> None:
        disk.wait(5)
        ended.append("run")

    share_the_process()
    try:
        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(work_in_thread, wait_for_disk)
            await anyio.lowlevel.checkpoint()
            await work_in_thread(ended.append, "page")
            disk.set()
    finally:
        sys.setswitchinterval(before)

    assert ended[0] == "page"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_is_up_until_it_is_told_to_stop(config: Path, number: signal.Signals) -> None:
    """The first line is the root URL, as soon as it takes jobs, and the only one; a signal ends it with 0."""
    with serving("--config", config) as (process, url):
        assert status(url, "/readyz") == 200

        end = stop(process, number)

    assert (end.code, end.out) == (0, "")


def test_sandbox_needs_nothing(tmp_path: Path) -> None:
    """Without any configuration it prints the root URL and a token made for this start, and no more."""
    environment = {**os.environ, "PRESENCE_WORKER_SERVE__LISTEN": "127.0.0.1:0"}
    words = ("--sandbox", "--state-dir", tmp_path / "state")

    with serving(*words, env=environment) as (first, url):
        assert status(url) == 200
        told = stream(first.stdout).readline()
        end = stop(first)
    with serving(*words, env=environment) as (second, _):
        again = stream(second.stdout).readline()

    assert (end.code, end.out) == (0, "")
    assert told.startswith("Token: pw_")
    assert told != again
    assert told.split()[1] not in end.err


def test_one_service_works_on_a_state_directory(config: Path, worker: Worker) -> None:
    """A second one ends with 2 and says where."""
    with serving("--config", config) as (process, _):
        refused = worker.call("serve", "--config", str(config))
        stop(process)

    assert (refused.code, refused.out) == (2, "")
    assert f"state directory {config.parent}/state: another service works on it" in refused.err
    assert "another --state-dir" in " ".join(refused.err.split())
    assert "Next: presence-worker serve --help" in refused.err


def test_a_port_that_is_taken_ends_it(tmp_path: Path, worker: Worker) -> None:
    """With 2 and the name of the setting."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = configured(tmp_path, TOKEN)
        config.write_text(config.read_text().replace(":0", f":{port}"))

        refused = worker.call("serve", "--config", str(config))

    assert (refused.code, refused.out) == (2, "")
    assert f"serve.listen: 127.0.0.1:{port}: something else listens there already" in refused.err


@pytest.mark.parametrize(
    ("serve", "words"),
    [("", "serve: no way in is set"), ("runs = 0\n", "serve.runs"), ('listen = "0.0.0.0:1"\n', "listen")],
)
def test_settings_that_cannot_work_end_it(tmp_path: Path, worker: Worker, serve: str, words: str) -> None:
    """With 2, before anything listens."""
    config = configured(tmp_path, serve)
    config.write_text(config.read_text().replace(ANY_PORT, "") if "listen" in serve else config.read_text())

    refused = worker.call("serve", "--config", str(config))

    assert (refused.code, refused.out) == (2, "")
    assert words in refused.err


@pytest.mark.parametrize(
    "serve",
    [
        'webhook_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"\n',
        '[[serve.inbox]]\nfolder = "in"\n',
        '[job]\nat = "30 6 * * *"\n',
    ],
)
def test_each_way_in_is_enough(tmp_path: Path, serve: str) -> None:
    """A secret of webhooks, a folder or a time: with one of them the service starts without a token."""
    with serving("--config", configured(tmp_path, serve)) as (process, _):
        assert stop(process).code == 0


def test_sighup_reads_the_configuration_again(config: Path) -> None:
    """A broken file is named in the log, and leaves the old settings as they are."""
    with serving("--config", config) as (process, url):
        read_until(process, "service.started")
        good = config.read_text()
        config.write_text(good + "no_such = 1\n")
        process.send_signal(signal.SIGHUP)
        failed = read_until(process, "service.reload_failed")
        config.write_text(good)
        process.send_signal(signal.SIGHUP)
        read_until(process, "service.reloaded")

        assert status(url) == 200
        assert stop(process).code == 0

    assert "no_such" in str(failed["detail"])


def test_sighup_lets_a_new_token_in_and_an_old_one_not(config: Path) -> None:
    """The table of tokens is read again."""
    with serving("--config", config) as (process, url):
        before = list_jobs(url, "pw_new")
        config.write_text(config.read_text().replace("0" * 64, sha256(b"pw_new").hexdigest()))
        process.send_signal(signal.SIGHUP)
        read_until(process, "service.reloaded")
        after = list_jobs(url, "pw_new")
        config.write_text(config.read_text().replace(sha256(b"pw_new").hexdigest(), "0" * 64))
        process.send_signal(signal.SIGHUP)
        read_until(process, "service.reloaded")

        assert (before, after, list_jobs(url, "pw_new")) == (401, 200, 401)
        stop(process)


def list_jobs(url: str, token: str) -> int:
    try:
        with urllib.request.urlopen(
            urllib.request.Request(f"{url}/api/v1/jobs", headers={"Authorization": f"Bearer {token}"}),
            timeout=60,
        ) as answer:
            code: int = answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    return code


def several(folder: Path, **targets: str) -> Path:
    """A configuration with some targets."""
    (folder / "targets").mkdir()
    (folder / "password").write_text("x")
    for name, text in targets.items():
        (folder / "targets" / f"{name}.toml").write_text(text)
    config = folder / "config.toml"
    config.write_text(
        f'targets = "targets"\n[storage]\nstate_dir = "{folder}/state"\n[serve]\n{ANY_PORT}{TOKEN}'
    )
    return config


def test_a_target_that_is_broken_stops_no_other(tmp_path: Path) -> None:
    """The log names it; the service is ready for the other one, and says so where none is left."""
    config = several(tmp_path, oslo=GOOD, bergen="[target]\nno_such = 1\n")
    with serving("--config", config, env=without_credentials()) as (process, url):
        broken = read_until(process, "target.broken")
        ready = status(url, "/readyz")
        (tmp_path / "targets/oslo.toml").write_text("[target]\nno_such = 1\n")
        process.send_signal(signal.SIGHUP)
        read_until(process, "service.reloaded")
        with pytest.raises(urllib.error.HTTPError, match="503") as refused:
            status(url, "/readyz")
        with refused.value as answer:
            said = json.loads(answer.read())
        stop(process)

    assert (broken["target"], ready) == ("bergen", 200)
    assert said["status"] == "configuration"


def without_credentials() -> dict[str, str]:
    """The environment of a configuration with several targets."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PRESENCE_WORKER_AUTH")}


def test_several_targets_have_no_sandbox_in_common(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worker: Worker
) -> None:
    """With --sandbox, --target says which one it stands for."""
    for name in os.environ:
        if name.startswith("PRESENCE_WORKER_AUTH"):
            monkeypatch.delenv(name)
    config = several(tmp_path, oslo=GOOD, bergen=GOOD)

    refused = worker.call("serve", "--sandbox", "--config", str(config))

    assert refused.code == 2
    assert "Name one with --target: bergen and oslo" in refused.err


def test_what_needs_a_restart_is_named(config: Path) -> None:
    """Another address, or another state directory, where the queue lies, counts from the next start."""
    with serving("--config", config) as (process, url):
        config.write_text(config.read_text().replace("127.0.0.1:0", "127.0.0.1:1"))
        process.send_signal(signal.SIGHUP)
        needed = read_until(process, "service.restart_needed")
        config.write_text(config.read_text().replace("/state", "/elsewhere"))
        process.send_signal(signal.SIGHUP)
        failed = read_until(process, "service.reload_failed")

        assert status(url) == 200
        stop(process)

    assert needed["setting"] == "serve.listen"
    assert "Restart the service" in str(failed["detail"])


# -- runs ----------------------------------------------------------------------------------------------------


def send(url: str, token: str, rows: int = 1) -> None:
    """Hand a job in."""
    body = "associateId,status,message\n" + "".join(f"{n},Away,x\n" for n in range(1, rows + 1))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/csv"}
    with urllib.request.urlopen(
        urllib.request.Request(f"{url}/api/v1/jobs", body.encode(), headers), timeout=60
    ) as answer:
        assert answer.status == 202


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[tuple[Process, str, str]]:
    """A service on the sandbox, its URL and its token; it writes figures."""
    config = tmp_path / "config.toml"
    config.write_text(
        f'[storage]\nstate_dir = "{tmp_path}/state"\n[serve]\n{ANY_PORT}'
        f'[metrics]\ntextfile = "{tmp_path}/metrics.prom"\n[delivery]\nread_before = "off"\n'
    )
    with serving("--sandbox", "--config", config) as (process, url):
        yield process, url, stream(process.stdout).readline().split()[1]


def test_each_run_writes_the_figures(rehearsal: tuple[Process, str, str], tmp_path: Path) -> None:
    """metrics.textfile has them when a run of the service has ended, too."""
    process, url, token = rehearsal

    send(url, token)
    read_until(process, "job.ended")

    wait_until((tmp_path / "metrics.prom").exists)
    assert 'exit_code{target="sandbox"} 0' in (tmp_path / "metrics.prom").read_text()


def test_a_signal_stops_runs_and_the_next_start_resumes_them(
    rehearsal: tuple[Process, str, str], tmp_path: Path
) -> None:
    """Requests in progress are finished, the exit code is 0, and no row is lost."""
    process, url, token = rehearsal

    send(url, token, rows=100)
    read_until(process, "run.announced")
    ended_first = stop(process)
    config = tmp_path / "config.toml"
    config.write_text(f"{config.read_text()}rate = 1000\n")
    with serving("--sandbox", "--config", config) as (again, _):
        read_until(again, "job.ended")
        stop(again)

    (summary,) = (tmp_path / "state/runs").glob("*/summary.json")
    assert ended_first.code == 0
    assert json.loads(summary.read_text())["counts"]["updated"] == 100


# -- TLS -----------------------------------------------------------------------------------------------------


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def certify(tmp_path: Path, authority: trustme.CA) -> Callable[[], Path]:
    """Makes a new certificate in the files that the configuration names."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def make() -> Path:
        issued = authority.issue_cert("127.0.0.1")
        issued.cert_chain_pems[0].write_to_path(str(cert))
        issued.private_key_pem.write_to_path(str(key))
        return configured(tmp_path, f'tls_cert_file = "{cert}"\ntls_key_file = "{key}"\n', TOKEN)

    return make


def certificate(url: str, authority: trustme.CA) -> bytes | None:
    """Give the certificate with which the service answers."""
    tls = ssl.create_default_context()
    authority.configure_trust(tls)
    parts = urlsplit(url)
    with (
        socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=60) as plain,
        tls.wrap_socket(plain, server_hostname=parts.hostname) as way,
    ):
        return way.getpeercert(binary_form=True)


def test_sighup_reads_the_certificate_again(authority: trustme.CA, certify: Callable[[], Path]) -> None:
    """New connections get the new one; a pair that does not fit is named, and the old one stays."""
    with serving("--config", certify()) as (process, url):
        first = certificate(url, authority)
        key = certify().with_name("key.pem")
        process.send_signal(signal.SIGHUP)
        read_until(process, "service.reloaded")
        second = certificate(url, authority)
        key.write_text("no key")
        process.send_signal(signal.SIGHUP)
        failed = read_until(process, "service.reload_failed")

        assert certificate(url, authority) == second != first
        assert url.startswith("https://")
        stop(process)

    assert "key.pem" in str(failed["detail"])


# -- a supervisor --------------------------------------------------------------------------------------------


def test_a_supervisor_hears_of_it(config: Path, tmp_path: Path) -> None:
    """It is ready, reloads, is ready again, turns, and stops, as systemd is told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(60)
        heard = said(supervisor)
        environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "20000"}
        with serving("--config", config, env=environment) as (process, _):
            assert next(word for word in heard if word != "WATCHDOG=1") == "READY=1"
            assert next(word for word in heard if word != "READY=1") == "WATCHDOG=1"
            process.send_signal(signal.SIGHUP)
            reloading = next(word for word in heard if word.startswith("RELOADING=1"))
            assert next(word for word in heard if word != "WATCHDOG=1") == "READY=1"
            process.send_signal(signal.SIGTERM)
            assert next(word for word in heard if word != "WATCHDOG=1") == "STOPPING=1"
            assert ended(process).code == 0

    assert reloading.split("\n")[1].removeprefix("MONOTONIC_USEC=").isdecimal()


def said(supervisor: socket.socket) -> Iterator[str]:
    while True:
        yield supervisor.recv(1000).decode()


@pytest.mark.parametrize(
    ("target", "words"),
    [("", "there are several targets"), ('target = "bergen"\n', '"bergen" is not a target')],
)
def test_a_folder_leads_to_one_target(
    target: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With several targets, each folder names one of them."""
    for name in ("USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"PRESENCE_WORKER_AUTH__{name}", raising=False)
    (tmp_path / "targets").mkdir()
    for name in ("oslo", "turku"):
        (tmp_path / "targets" / f"{name}.toml").write_text(
            f'[target]\nbase_url = "http://127.0.0.1:9/{name}"\n'
        )
    inbox = f'[[serve.inbox]]\nfolder = "{tmp_path.as_posix()}"\n{target}'
    path = tmp_path / "config.toml"
    path.write_text(f'targets = "targets"\n[storage]\nstate_dir = "{tmp_path.as_posix()}/state"\n{inbox}')

    with started("serve", "--config", path) as process:
        done = ended(process)

    assert done.code == 2
    assert words in done.err
    assert "oslo or turku" in done.err
