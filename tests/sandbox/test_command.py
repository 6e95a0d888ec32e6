"""`presence-worker sandbox`: comes up as it was asked to, says where, and leaves when told."""

import json
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import click
import pytest
from click.testing import CliRunner

from presence_worker.cli.sandbox import command
from presence_worker.cli.sandbox_options import OPTIONS
from presence_worker.errors import UsageFault
from presence_worker.sandbox import FLAGS, KINDS, OUTAGE_FORM, SWITCHES
from presence_worker.sandbox.keys import read_app_key
from tests.run.given import started

from .caller import presence_path

ON_WINDOWS = sys.platform == "win32"


@pytest.fixture
def process() -> Iterator["subprocess.Popen[str]"]:
    with started("sandbox") as process:
        yield process


def asked(url: str, body: Any = None, trust: ssl.SSLContext | None = None) -> tuple[int, Any]:
    """Ask with some credentials; a body is put."""
    headers = {"Authorization": "Bearer x", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, headers, method="GET" if body is None else "PUT")
    try:
        with urlopen(request, context=trust) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, None


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def first_lines(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Give the first line of standard output and of standard error."""
    assert process.stdout
    assert process.stderr
    return process.stdout.readline(), process.stderr.readline()


def test_says_where_it_is_and_how_to_get_there(process: subprocess.Popen[str]) -> None:
    """The root URL comes first and alone; the line for people tells how to use it from another terminal."""
    url, words = first_lines(process)

    with urlopen(f"{url.strip()}/api") as answer:
        status = answer.status

    assert status == 200
    assert f"PRESENCE_WORKER_TARGET__BASE_URL={url.strip()} " in words
    assert "PRESENCE_WORKER_AUTH__USERNAME=" in words
    assert "PRESENCE_WORKER_AUTH__PASSWORD=" in words
    assert "Ctrl-C" in words


@pytest.mark.skipif(ON_WINDOWS, reason="signals of another process do not exist there")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(process: subprocess.Popen[str], number: int) -> None:
    """Ending the sandbox is no failure, and leaves no traceback."""
    first_lines(process)

    process.send_signal(number)
    output, errors = process.communicate(timeout=240)

    assert (process.returncode, output, errors) == (0, "", "")


def test_a_port_that_is_taken_is_a_usage_fault(taken: int) -> None:
    """The error names the port, the reason and the way out."""
    with pytest.raises(UsageFault, match=f"port {taken}: something else listens there.* --port"):
        command.main(["--port", str(taken)], standalone_mode=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fault", "404:0.1"], "'404:0.1': expected 429:SHARE"),
        (["--fault", "429:0.6", "--fault", "503:0.6"], "add up to 1.2"),
        (["--latency", "5 parsecs"], "must be seconds"),
        (["--people", "0"], "0 is not in the range"),
        (["--port", "65536"], "65536 is not in the range"),
        (["--unknown-id", "418"], "'418' is not one of '404'"),
        (["--forbid", "breathing"], "is not one of 'put'"),
        (["--token-life", "long"], "must be seconds"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: list[str], words: str) -> None:
    """A bad value of an option is told with what is allowed."""
    with pytest.raises(click.BadParameter, match=words):
        command.main(arguments, standalone_mode=False)


def test_help_tells_every_fault() -> None:
    """Each fault is in the help, as it is to be written, with what it does."""
    shown = CliRunner().invoke(command, ["--help"]).output

    assert all(f"{name}:SHARE" in shown and kind.words in shown for name, kind in KINDS.items())
    assert OUTAGE_FORM in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--people", "3", "--no-service", "4"], "--no-service 4: see --people"),
        (["--ca-file", "ca.pem"], "--ca-file: only with --tls"),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments: list[str], words: str) -> None:
    """Each is right by itself; the error names the other one."""
    with pytest.raises(click.UsageError, match=words):
        command.main(arguments, standalone_mode=False)


def test_help_has_its_options_in_sections() -> None:
    """Each switch for what nobody knows is an option, whose first choice is the default."""
    shown = CliRunner().invoke(command, ["--help"]).output

    titles = ["Where it is:", "Who is there:", "What goes wrong:", "Signing in:", "Tenant (Online):"]
    assert [line for line in shown.splitlines() if line in titles] == titles
    assert {option.name for option in command.params} >= {*SWITCHES, *FLAGS}
    defaults = {option.name: option.default for option in command.params}
    assert {name: defaults[name] for name in SWITCHES} == {
        name: switch.choices[0] for name, switch in SWITCHES.items()
    }


@pytest.mark.parametrize(
    ("name", "state"), [("onlinemaintenance", "OnlineMaintenance"), ("RUNNING", "Running"), ("New", "New")]
)
def test_a_state_may_be_in_any_case(name: str, state: str) -> None:
    """A known state of a tenant is taken for what is meant; another one is taken as it is."""
    context = command.make_context("sandbox", ["--tenant-state", name])

    assert context.params["tenant_state"] == state


def test_each_option_is_a_sentence() -> None:
    """Each has its subject and its verb, and ends as a sentence does."""
    for _, name, words, _ in OPTIONS:
        assert words.endswith("."), name
        assert not words.startswith(("Is ", "Has ", "Of ", "What ", "Its ", "It ")), name


def test_options_do_what_they_say(tmp_path: Path) -> None:
    """People, switches, the tenant, the log and the state, all through the command."""
    log, state = tmp_path / "log.jsonl", tmp_path / "state.json"
    options = "--people 5 --away 1 --inactive 2 --no-service 3 --absent-from-query 4 --no-service-user 400"
    more = ["--unknown-id", "none", "--tenant-state", "Backup", "--log", str(log), "--state", str(state)]
    with started("sandbox", *options.split(), *more, "--forbid", "get") as process:
        url = first_lines(process)[0].strip()
        _, users = asked(f"{url}/api/v1/User?$output=Logical")
        answers = [
            asked(f"{url}{presence_path(3)}", {"Status": "StatusNormal"}),
            asked(f"{url}{presence_path(5)}", {"Status": "StatusNotAvailable"}),
            asked(f"{url}{presence_path(6)}", {"Status": "StatusNormal"}),
            asked(f"{url}{presence_path(1)}"),
        ]
        _, tenant = asked(f"{url}/api/state/Cust1")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=240)

    rows = [
        (row["associateDbId"], row["isActive"], row["ejUserId"], row["ejStatus"]) for row in users["value"]
    ]
    assert rows == [(1, True, 1, 2), (2, False, 2, 1), (3, True, 0, 0), (5, True, 5, 1)]
    assert [status for status, _ in answers] == [400, 200, 200, 403]
    assert (tenant["State"], tenant["IsRunning"]) == ("Backup", False)
    assert [json.loads(line)["status"] for line in log.read_text().splitlines()] == [
        200,
        *(status for status, _ in answers),
        200,
    ]
    assert list(json.loads(state.read_text())["presences"]) == ["5"]


@pytest.mark.parametrize("named", [True, False])
def test_https_says_whom_to_trust(named: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """The invitation names the authority's file, which is there while the sandbox is."""
    chosen = ["--ca-file", str(tmp_path / "ca.pem")] if named else []
    with started("sandbox", "--tls", *chosen) as process:
        url, words = first_lines(process)
        ca_file = words.partition("PRESENCE_WORKER_TARGET__CA_FILE=")[2].split()[0]
        answer = asked(f"{url.strip()}/api", trust=ssl.create_default_context(cafile=ca_file))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=240)

    assert url.startswith("https://127.0.0.1:")
    assert answer[0] == 200
    assert Path(ca_file).exists() is named


def test_a_strict_sandbox_invites_by_tokens(tmp_path: Path) -> None:
    """Where a password will not do, the line for people tells what will; a key is made for who has none."""
    key = tmp_path / "app.pem"
    with started("sandbox", "--sign-in", "strict", "--app-key", str(key)) as process:
        url, words = first_lines(process)
        status, _ = asked(f"{url.strip()}/api/v1/User")

    assert status == 401
    assert f"PRESENCE_WORKER_AUTH__SCHEME=oauth PRESENCE_WORKER_AUTH__LOGIN_URL={url.strip()} " in words
    assert "PASSWORD" not in words
    assert b"PRIVATE KEY" in key.read_bytes()
    assert ON_WINDOWS or stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_key_that_is_there_is_used(tmp_path: Path) -> None:
    """It is never made anew; what is no key, or cannot be had, is told."""
    key, nonsense = tmp_path / "app.pem", tmp_path / "nonsense.pem"
    nonsense.write_text("secret")

    assert read_app_key(key) == read_app_key(key) == key.read_bytes()
    with pytest.raises(UsageFault, match=r"--app-key .*nonsense\.pem: not an RSA key") as caught:
        read_app_key(nonsense)
    assert "secret" not in str(caught.value)
    with pytest.raises(UsageFault, match=r"--app-key .*: Is a directory"):
        read_app_key(tmp_path)
