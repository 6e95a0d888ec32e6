"""Signing in, renewing and moving, as the operator sees it: exit codes, words, and what to type next."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import orjson
import pytest
from anyio.from_thread import start_blocking_portal
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from presence_worker.sandbox import Assumptions, Online, People, Sandbox, Setup, serve
from presence_worker.sandbox.keys import make_key
from presence_worker.superoffice import maintenance
from presence_worker.superoffice.online_hints import WORDS
from tests.raw_server import Act, answer
from tests.superoffice.iis import Iis, ntlm, write_accounts
from tests.superoffice.signing_in import (
    EXCHANGE,
    KEYS,
    OAUTH,
    STATE,
    TOKENS,
    asked,
    forbidding,
    in_turn,
    routed,
    tokens,
)
from tests.superoffice.test_canaries import MESSAGE, SECRET, SHAPES, assert_silent, parrot
from tests.superoffice.test_tenant import state

from .given import FAST, PASSWORD, Ended, Row, Worker, away, raw_up, results, wishes, write_csv

SIGNED = {"username": "night", "password": "correct-horse"}
CLAIM = "http://schemes.superoffice.net/identity/"


@contextmanager
def online_up(how: Online, unknowns: Assumptions = Assumptions()) -> Iterator[Sandbox]:  # noqa: B008 - frozen
    """Let a sandbox with sign-in hosts answer in a thread of its own."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(
            serve(People(), Setup(online=how, assumptions=unknowns))
        ) as sandbox,
    ):
        yield sandbox


class Operator:
    """Owns a configuration file and a state directory; calls commands with them alone."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self.config = worker.folder / "presence-worker.toml"

    def configure(self, **sections: dict[str, Any]) -> None:
        """Write the configuration."""
        lines = [
            f"[{section}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
            for section, table in sections.items()
        ]
        self.config.write_text("\n".join(lines))

    def __call__(self, command: str, *words: str | Path) -> Ended:
        options = ("--config", str(self.config), "--state-dir", str(self._worker.state), *FAST, "-vv")
        return self._worker.call(command, *map(str, words), *options, "--json")


@pytest.fixture
def operator(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Operator:
    """Somebody who has only a configuration file."""
    monkeypatch.delenv("PRESENCE_WORKER_AUTH__USERNAME")
    monkeypatch.delenv("PRESENCE_WORKER_AUTH__PASSWORD")
    return Operator(Worker(tmp_path, "", capsys))


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job of thirty rows."""
    return write_csv(tmp_path / "job.csv", away(range(1, 31)))


def system_host(key: rsa.RSAPrivateKey) -> dict[str, Act]:
    """Give the acts of a host that signs a system user in, with a canary for a ticket."""
    claims = {
        "iss": "SuperOffice AS",
        "exp": datetime.now(UTC) + timedelta(minutes=5),
        f"{CLAIM}ticket": SECRET,
    }
    token = jwt.encode(claims, key, "RS256", headers={"kid": "one"})
    public = {**orjson.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": "one"}
    return {
        STATE: answer(200, b'{"IsRunning": true, "State": "Running"}'),
        EXCHANGE: answer(200, orjson.dumps({"IsSuccessful": True, "Token": token})),
        KEYS: answer(200, orjson.dumps({"keys": [public]})),
    }


def test_a_night_with_a_token(operator: Operator, job: Path) -> None:
    """The token is fetched, the tenant found, the rows sent; the log tells of it, and never the token."""
    with online_up(Online(strict=True)) as sandbox:
        operator.configure(target={"tenant": "Cust12345"}, auth={**OAUTH, "login_url": sandbox.url})
        ended = operator("run", job)

    told = {event["event"]: event for event in ended.events}
    assert ended.code == 0
    assert ended.summary["target"] == f"{sandbox.url}/Cust12345"
    assert (told["sign_in.done"]["scheme"], told["sign_in.done"]["expires_s"]) == ("oauth", 3600)
    assert told["tenant.state"]["state"] == "Running"
    assert "8A:" not in ended.out + ended.err


def test_a_night_of_a_system_user(operator: Operator, job: Path, tmp_path: Path) -> None:
    """With a key, a token and the tenant's number, and no address at all."""
    key = make_key()
    (tmp_path / "key.pem").write_bytes(key)
    how = Online(strict=True, app_key=key, expects={"ApplicationToken": "sesame"}, move_after=10)
    with online_up(how) as sandbox:
        auth = {
            "scheme": "system-user",
            "client_secret": "sesame",
            "system_user_token": "App-1.token",
            "private_key_file": str(tmp_path / "key.pem"),
            "login_url": sandbox.url,
        }
        operator.configure(target={"tenant": "Cust12345"}, auth=auth)
        ended = operator("run", job)

    assert ended.code == 0
    assert (asked(sandbox, EXCHANGE), asked(sandbox, STATE)) == (1, 2)
    assert "7T:" not in ended.out + ended.err


def test_nobody_waits_for_cryptography_that_is_not_used(job: Path, sandbox: Sandbox) -> None:
    """What only one scheme needs is loaded only with that scheme."""
    code = (
        "import sys; from presence_worker.cli.main import execute; "
        f"code = execute(['run', {str(job)!r}, '--base-url', {sandbox.url!r}, '--rate', '1000', '-q']); "
        "print(code, sorted({'jwt', 'cryptography'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "0 []"


def test_nobody_needs_a_library_that_is_not_used(job: Path, tmp_path: Path) -> None:
    """What is only installed on demand is asked for only with its scheme, and by name."""
    auth = "[auth]\nscheme = 'ntlm'\nusername = 'CRM\\night'\npassword = 'x'\n"
    (tmp_path / "ntlm.toml").write_text(f"[target]\nbase_url = 'http://127.0.0.1:9'\n{auth}")
    code = (
        "import sys; sys.modules['spnego'] = None; from presence_worker.cli.main import execute; "
        f"print(execute(['run', {str(job)!r}, '--sandbox', '--rate', '1000', '-q']), "
        f"execute(['run', {str(job)!r}, '--config', 'ntlm.toml']))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )

    assert done.stdout.splitlines()[-1] == "0 2"
    assert "auth.scheme = ntlm needs a package that is not installed" in done.stderr
    assert "pip install 'presence-worker[ntlm]'" in done.stderr


def test_a_night_of_a_windows_account(
    operator: Operator, job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password is tried once and told; once it is right, the rest is sent. Neither is in the log."""
    write_accounts(tmp_path / "accounts", PASSWORD)
    monkeypatch.setenv("NTLM_USER_FILE", str(tmp_path / "accounts"))
    (tmp_path / "password").write_text(f"{PASSWORD} ")
    (tmp_path / "wrong").write_text(PASSWORD[::-1])
    iis = Iis()
    with raw_up(iis) as server:
        operator.configure(target={"base_url": server.url}, auth=shown(ntlm(tmp_path / "wrong")))
        stopped = operator("run", job)
        tried, sent = iis.proofs.total(), len(server.puts)
        operator.configure(target={"base_url": server.url}, auth=shown(ntlm(tmp_path / "password")))
        resumed = operator("resume")

    proofs = [words.split()[1] for seen in server.requests if (words := seen.header("Authorization"))]
    told = stopped.out + stopped.err + resumed.out + resumed.err
    assert (stopped.code, tried, sent) == (6, 1, 0)
    assert "check auth.username and auth.password" in stopped.summary["message"]
    assert resumed.code == 0
    assert sorted(number for number, _, _ in wishes(server)) == list(range(1, 31))
    assert not [proof for proof in proofs if proof in told]
    assert PASSWORD[::-1] not in told
    assert_silent(told)


def shown(auth: dict[str, Any]) -> dict[str, str]:
    """Give an [auth] table as it is written."""
    return {key: str(value) for key, value in auth.items()}


def test_what_is_refused_after_its_renewal_can_be_resumed(operator: Operator, job: Path) -> None:
    """Exit 6 and what to correct; when it is corrected, the rest is sent."""
    acts: dict[str, Act] = {TOKENS: tokens("a", "b")}
    expire = in_turn(*[forbidding("b")] * 10, forbidding("a", "b"))
    with raw_up(routed(acts, expire)) as server:
        operator.configure(target={"base_url": server.url}, auth={**OAUTH, "login_url": server.url})
        stopped = operator("run", job)
        renewed = asked(server, TOKENS) - 1
        acts[TOKENS] = tokens("c")
        resumed = operator("resume")

    told = [event["event"] for event in stopped.events]
    assert (stopped.code, renewed) == (6, 1)
    assert "check [auth]" in stopped.summary["message"]
    assert stopped.summary["counts"]["updated"] == 10
    assert told.count("sign_in.renewed") == 1
    assert resumed.code == 0


def test_a_sign_in_that_is_refused_is_told_with_its_remedy(operator: Operator, job: Path) -> None:
    """Nothing was sent; the words are on the operator's screen and in the summary."""
    refused = answer(400, b'{"error": "invalid_grant"}')
    with raw_up(routed({TOKENS: refused})) as server:
        operator.configure(target={"base_url": server.url}, auth={**OAUTH, "login_url": server.url})
        ended = operator("run", job)

    assert (ended.code, server.puts) == (6, [])
    assert "invalid_grant" in ended.summary["message"]
    assert "get a new token" in ended.summary["message"]
    assert ended.summary["counts"]["not_sent"] + ended.summary["counts"]["failed"] == 30


def test_a_proxy_that_refuses_us_stops_the_run(operator: Operator, job: Path) -> None:
    """One sign-in at the proxy, no outage that is waited out, and the setting to correct."""
    with raw_up(answer(407)) as proxy:
        operator.configure(target={"base_url": "https://crm.localhost", "proxy": proxy.url}, auth=SIGNED)
        ended = operator("run", job)

    assert (ended.code, len(proxy.requests)) == (6, 1)
    assert "target.proxy" in ended.summary["message"]
    assert ended.summary["requests"]["put"] == 0


def test_a_state_that_names_a_stranger_s_host_stops_the_run(operator: Operator, job: Path) -> None:
    """No credential goes there; the host and the setting are named."""
    acts: dict[str, Act] = {STATE: state("https://crm.evil.example")}
    with raw_up(routed(acts)) as login:
        operator.configure(target={"tenant": "Cust12345"}, auth={**SIGNED, "login_url": login.url})
        ended = operator("run", job)

    assert (ended.code, [seen.path for seen in login.requests]) == (6, [STATE])
    assert "names https://crm.evil.example" in ended.summary["message"]
    assert "target.base_url" in ended.summary["message"]


def test_a_tenant_that_is_not_running_can_be_resumed_when_it_is(operator: Operator, job: Path) -> None:
    """The runs are kept under a name that does not change when the tenant moves."""
    auth = {"scheme": "bearer", "token": "8A:x"}
    with online_up(Online(state="OfflineMaintenance")) as sandbox:
        operator.configure(target={"tenant": "Cust12345"}, auth={**auth, "login_url": sandbox.url})
        stopped = operator("run", job)
        port = int(sandbox.url.rpartition(":")[2])

    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serve(People(), Setup(port=port))),
    ):
        resumed = operator("resume")

    assert stopped.code == 6
    assert "Cust12345 is not running: its state is OfflineMaintenance" in stopped.summary["message"]
    assert stopped.summary["requests"]["put"] == 0
    assert resumed.code == 0


def test_online_s_terms_reach_whoever_reads_the_summary(operator: Operator, job: Path) -> None:
    """A right that is missing in Online is nothing an administrator can give: it says whom to ask."""
    with online_up(Online(), Assumptions(forbid=frozenset({"put"}))) as sandbox:
        auth = {"scheme": "bearer", "token": "8A:x", "login_url": sandbox.url}
        operator.configure(target={"tenant": "Cust12345"}, auth=auth)
        stopped = operator("run", job)

    assert stopped.code == 6
    assert stopped.summary["notes"].count(WORDS) == 1
    assert stopped.summary["counts"]["rejected"] == 0


def test_a_maintenance_window_is_told_before_anything_is_sent(operator: Operator, job: Path) -> None:
    """Whoever reads the report of a bumpy night knows why; outside of such times nothing is said."""
    with online_up(Online()) as sandbox:
        auth = {"scheme": "bearer", "token": "8A:x", "login_url": sandbox.url}
        operator.configure(target={"tenant": "Cust12345"}, auth=auth)
        expected = maintenance(datetime.now().astimezone(), 0)
        ended = operator("run", job)

    told = [event["words"] for event in ended.events if event["event"] == "run.maintenance_ahead"]
    assert told == ([expected] if expected else [])
    assert [words for words in ended.summary["notes"] if "SuperOffice Online" in words] == told


@pytest.mark.parametrize("scheme", ["oauth", "system-user"])
def test_secrets_that_came_in_the_night_are_told_nobody(
    scheme: str, operator: Operator, tmp_path: Path
) -> None:
    """A service that quotes all it is shown, in all spellings, and a run that talks as much as it can."""
    rows: list[Row] = [(number, "Away", MESSAGE) for number in range(1, 31)]
    job = write_csv(tmp_path / "job.csv", rows)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (tmp_path / "key.pem").write_bytes(make_key())
    shown: list[Act] = [
        parrot(status, str, shape) for status in (400, 403, 500, 401) for shape in SHAPES.values()
    ]
    host = {TOKENS: tokens(SECRET, refresh_token=SECRET[::-1], id_token=f"id.{SECRET}")}
    with raw_up(routed(host | system_host(key), in_turn(*shown))) as server:
        auth = {**OAUTH, "refresh_token": SECRET * 2, "client_secret": SECRET * 3}
        if scheme == "system-user":
            names = {"client_secret": SECRET, "system_user_token": SECRET[::-1]}
            auth = {"scheme": scheme, "private_key_file": str(tmp_path / "key.pem"), **names}
        limits = {"max_failures": "none"}
        operator.configure(
            target={"base_url": server.url, **({"tenant": "Cust12345"} if scheme != "oauth" else {})},
            auth={**auth, "login_url": server.url},
            delivery={"attempts": 1, "outage_patience": 0.1, "probe_interval": 0.02, "concurrency": 1},
            safety=limits,
        )
        ended = operator("run", job)

    (folder,) = (tmp_path / "state" / "runs").iterdir()
    kept = "".join(
        path.read_bytes().decode("utf-8", "replace") for path in folder.iterdir() if path.is_file()
    )
    assert len(server.puts) > 8
    assert_silent(ended.out + ended.err)
    assert_silent(kept.replace("Singdrossel", ""))
    assert "[redacted]" in kept
    assert results(folder)


def test_no_users_are_read_by_whom_is_refused(worker: Worker) -> None:
    """The log says how many users were read only where they were."""
    worker.read_before = "auto"
    with raw_up(answer(401)) as server:
        worker.url = server.url
        ended = worker("run", write_csv(worker.folder / "job.csv", away([1, 2])))

    assert ended.code == 6
    assert "read.users" not in {event["event"] for event in ended.events}
