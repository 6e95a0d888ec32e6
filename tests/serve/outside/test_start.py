"""How the service begins and ends: its first line, its exit codes, and what it needs."""

import signal
import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from tests.run.given import Ended, called

from .raw_client import once
from .served import Caller, Place, csv_job, sandboxed, serving, surroundings

MakePlace = Callable[..., Place]
pytestmark = pytest.mark.campaign  # the same, faster: tests/cli/test_service_process.py
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="signals do not exist there")


def refused(place: Place, *words: str) -> Ended:
    """Start a service that ends by itself."""
    return called("serve", "--config", place.write(), *words, env=surroundings(place.folder))


@needs_signals
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_says_its_root_first_and_leaves_with_0(place: MakePlace, number: signal.Signals) -> None:
    """The first line is the root URL alone; SIGTERM and SIGINT end it with exit code 0."""
    with serving(place()) as service:
        health = once(service.url, "GET", "/healthz")
        service.process.send_signal(number)
        code = service.process.wait(60)

    assert health.status == 200
    assert service.url.startswith("http://127.0.0.1:")
    assert code == 0


def test_needs_a_way_in(place: MakePlace) -> None:
    """Without token, webhook secret, inbox and schedule nobody could hand a job in: exit code 2."""
    nobody = place()
    nobody.tokens = {}

    ended = refused(nobody)

    assert ended.code == 2
    assert "token" in ended.err


@pytest.mark.parametrize(
    "serve",
    [
        {"listen": "0.0.0.0:0"},
        {"listen": "127.0.0.1:0", "webhook_secret": "whsec_too short"},
        {"tls_cert_file": "cert.pem"},
        {"surprise": True},
    ],
    ids=["open to all", "broken secret", "no key", "unknown key"],
)
def test_configuration_faults_are_2(place: MakePlace, serve: dict[str, str | bool]) -> None:
    """What the configuration forbids ends with exit code 2, and nothing is on standard output."""
    ended = refused(place(**serve))

    assert (ended.code, ended.out) == (2, "")


def test_a_taken_port_is_2(place: MakePlace) -> None:
    """Somebody else listens there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = refused(place(listen=f"127.0.0.1:{taken.getsockname()[1]}"))

    assert ended.code == 2
    assert "Traceback" not in ended.err


def test_a_second_service_on_the_state_is_2(place: MakePlace) -> None:
    """Two services would do each job twice; the first one goes on."""
    first = place()
    with serving(first) as service:
        ended = refused(first)
        health = once(service.url, "GET", "/healthz")

    assert (ended.code, health.status) == (2, 200)


def test_the_sandbox_needs_no_configuration(tmp_path: Path) -> None:
    """`--sandbox` prints a token made for this start; with it one person does everything."""
    with sandboxed(tmp_path) as (url, token):
        caller = Caller(url=url, token=token)
        done = caller.finished(caller.hand_in(csv_job(3)))
        runs = caller.get("/api/v1/runs")

    assert (done["state"], done["exit_code"]) == ("finished", 0)
    assert runs.json["runs"][0]["run_id"] == done["run_id"]


def test_the_sandbox_knows_no_four_eyes(tmp_path: Path) -> None:
    """Whoever handed a job in with the sandbox's token may apply its run."""
    with sandboxed(tmp_path) as (url, token):
        caller = Caller(url=url, token=token)
        held = caller.finished(caller.hand_in(csv_job(3), "?plan=true"))
        run = caller.get(f"/api/v1/runs/{held['run_id']}")
        applied = caller.press(held["run_id"], "apply", run.header("ETag"))

    assert held["state"] == "planned"
    assert applied.status == 202


def test_speaks_tls_itself(place: MakePlace, tmp_path: Path) -> None:
    """With certificate and key the root is https, and a certificate of ours is enough to talk to it."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    files = {key: str(tmp_path / name) for key, name in FILES.items()}

    with serving(place(**files)) as service:
        health = once(service.url, "GET", "/healthz", trust=trust)

    assert service.url.startswith("https://")
    assert health.status == 200


FILES = {"tls_cert_file": "cert.pem", "tls_key_file": "key.pem"}
