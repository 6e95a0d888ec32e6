"""Signing in at a host of its own: what is asked there, and what is made of its answers."""

import base64
import os
import re
import stat
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import anyio
import jwt
import orjson
import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm

from presence_worker.errors import Suspect, UsageFault
from presence_worker.model import Outcome, Result
from presence_worker.sandbox import Online, People, Setup, serve
from presence_worker.sandbox.keys import make_key
from presence_worker.settings import Settings
from presence_worker.superoffice import check_settings, open_client
from tests.raw_server import CLOSE, Act, Peer, RawServer, Request, answer, raw_server, say

from .given import change
from .signing_in import EXCHANGE, KEYS, OAUTH, STATE, TOKENS, online, routed, system_user, tokens

pytestmark = pytest.mark.anyio
CLAIM = "http://schemes.superoffice.net/identity/"
PKCS8 = (Encoding.PEM, PrivateFormat.PKCS8)


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Act:
    """Answer with JSON."""
    return answer(status, orjson.dumps(value), headers or {})


async def sign_in(acts: dict[str, Act], auth: Mapping[str, Any], **target: Any) -> tuple[Outcome, RawServer]:
    """Make one PUT of who signs in at a host with these answers."""
    async with (
        raw_server(otherwise=routed(acts)) as server,
        open_client(online(server.url, auth, **target)) as client,
    ):
        return await client.put(change()), server


# -- oauth ---------------------------------------------------------------------------------------------------


@pytest.mark.covers("POST `/login/common/oauth/tokens`")
@pytest.mark.covers("`auth.scheme` `oauth`")
async def test_a_refresh_token_is_exchanged_as_documented() -> None:
    """A form goes to the sign-in host, without credentials of the service, and the token to the service."""
    async with (
        raw_server(tokens("8A:Cust1.x")) as login,
        raw_server() as server,
        open_client(online(server.url, OAUTH, login.url)) as client,
    ):
        outcome = await client.put(change())

    (asked,), (put,) = login.requests, server.requests
    assert outcome.result is Result.UPDATED
    assert (asked.method, asked.path) == ("POST", TOKENS)
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["refresh_token"],
        "client_id": ["app"],
        "client_secret": ["sesame"],
        "refresh_token": ["first"],
    }
    assert asked.header("Content-Type") == "application/x-www-form-urlencoded"
    assert asked.header("Accept") == "application/json"
    assert asked.header("Authorization") is asked.header("SO-AppToken") is asked.header("Cookie") is None
    assert put.header("Authorization") == "Bearer 8A:Cust1.x"
    assert put.header("SO-AppToken") is None


async def test_the_proxy_is_for_the_sign_in_host_as_well() -> None:
    """target.proxy holds for every host."""
    async with raw_server(tokens("a")) as proxy:
        setting = online("http://crm.localhost/x", OAUTH, "http://login.localhost", proxy=proxy.url)
        async with open_client(setting) as client:
            outcome = await client.put(change())

    assert outcome.result is Result.UPDATED
    assert next(seen.path for seen in proxy.requests) == f"http://login.localhost{TOKENS}"


WRONG_TOKENS = {
    "invalid_grant": (
        json_answer({"error": "invalid_grant"}, 400),
        "(400, invalid_grant): the refresh token",
    ),
    "invalid_client": (json_answer({"error": "invalid_client"}, 401), "check auth.client_id"),
    "access_denied": (json_answer({"error": "access_denied"}, 400), "ask the tenant's administrator"),
    "unauthorized_client": (
        json_answer({"error": "unauthorized_client"}, 400),
        "ask the partner who registered it",
    ),
    "where it comes from": (
        json_answer({"error": "invalid_grant"}, 400),
        "come from auth.client_id, auth.client_secret and auth.refresh_token",
    ),
    "an error we do not know": (json_answer({"error": "kanarie"}, 400), "(400): check [auth]"),
    "an error that is no text": (json_answer({"error": ["x"]}, 400), "(400): check [auth]"),
    "200 without a token": (json_answer({"token_type": "Bearer"}), "(200): check [auth]"),
    "a token for another header": (json_answer({"access_token": "a\r\nX: y"}), "(200): check [auth]"),
    "another kind of token": (
        json_answer({"access_token": "kanarie", "token_type": "mac"}),
        "a token of an unknown type",
    ),
    "a kind that is no text": (json_answer({"access_token": "x", "token_type": 7}), "an unknown type"),
    "not JSON": (answer(200, b"kanarie"), "answered 200 with no token; check auth.login_url"),
    "a list": (json_answer(["kanarie"]), "answered 200 with no token"),
    "a page": (answer(200, b"<html>kanarie"), "answered 200 with no token"),
    "404": (answer(404, b"<html>kanarie"), "answered 404 with no token"),
    "another address": (
        answer(302, b"", {"Location": "https://other.example.com/kanarie"}),
        "answered 302 and redirected to other.example.com; check auth.login_url",
    ),
    "an address that is none": (answer(307, b"", {"Location": "https://["}), "redirected to another page"),
}


@pytest.mark.parametrize(("act", "words"), WRONG_TOKENS.values(), ids=WRONG_TOKENS)
@pytest.mark.proves("the sign-in is rejected")
async def test_what_is_no_token_stops_the_run(act: Act, words: str) -> None:
    """The words say what to do and quote nothing; nothing was sent to the service."""
    outcome, server = await sign_in({TOKENS: act}, OAUTH)

    assert server.puts == []
    assert words in str(outcome.stop)
    assert "kanarie" not in str(outcome.stop)
    assert (outcome.result, outcome.wire_puts) == (Result.FAILED, 0)


@pytest.mark.parametrize(
    "act",
    [
        *(answer(status) for status in (500, 503, 429, 408)),
        CLOSE,
        say(b"nonsense\r\n\r\n"),
        json_answer({"error": "temporarily_unavailable"}, 400),
        json_answer({"error": "server_error"}, 400),
    ],
)
async def test_what_may_be_better_soon_is_an_outage(act: Act) -> None:
    """The row waits, and nothing was sent to the service."""
    outcome, server = await sign_in({TOKENS: act}, OAUTH)

    assert server.puts == []
    assert outcome.stop is None
    assert outcome.trouble is not None
    assert str(outcome.detail).startswith("signing in at 127.0.0.1:")


async def test_the_sign_in_host_may_say_how_long_it_will_be_away() -> None:
    """Everybody waits then, as when the service says so."""
    outcome, _ = await sign_in({TOKENS: answer(503, b"", {"Retry-After": "7"})}, OAUTH)

    assert outcome.retry_after == 7


async def test_a_rotated_refresh_token_is_used_from_then_on(tmp_path: Path) -> None:
    """It is kept where it came from, with its mode, so that the next night begins with it."""
    real = tmp_path / "real"
    real.write_text("first\n")
    real.chmod(0o640)
    file = tmp_path / "refresh_token"
    file.symlink_to(real)
    auth = {**OAUTH, "refresh_token": None, "refresh_token_file": file}
    acts: dict[str, Act] = {TOKENS: tokens("a", refresh_token="second", expires_in=0.03)}

    with structlog.testing.capture_logs() as logs:
        async with (
            raw_server(otherwise=routed(acts)) as server,
            open_client(online(server.url, auth)) as client,
        ):
            await client.put(change())
            await anyio.sleep(0.04)
            acts[TOKENS] = tokens("b", refresh_token="second", expires_in=0.03)
            await client.put(change())
            await anyio.sleep(0.04)
            file.write_text("by hand\n")
            await client.put(change())

    used = [parse_qs(seen.body.decode())["refresh_token"] for seen in server.requests if seen.path == TOKENS]
    assert used == [["first"], ["second"], ["by hand"]]
    assert (real.read_text(), stat.S_IMODE(real.stat().st_mode)) == ("second\n", 0o640)
    assert file.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["real", "refresh_token"]  # noqa: PTH208 - not for long
    assert "sign_in.refresh_token_kept" in [event["event"] for event in logs]
    assert "second" not in str(logs)


@pytest.mark.parametrize("where", ["a setting", "a folder that is gone", "a folder in its place"])
async def test_a_rotated_refresh_token_that_cannot_be_kept_is_said(where: str, tmp_path: Path) -> None:
    """It holds while the program runs; the next run may be rejected, and somebody should know."""
    file = tmp_path / "folder" / "refresh_token"
    file.parent.mkdir()
    file.write_text("first")
    in_file = {"refresh_token": None, "refresh_token_file": file} if where != "a setting" else {}
    good = tokens("a", refresh_token="second")

    async def token(peer: Peer, request: Request) -> None:
        if where != "a setting":
            file.unlink()
        if where == "a folder that is gone":
            file.parent.rmdir()
        if where == "a folder in its place":
            (file / "x").mkdir(parents=True)
        await good(peer, request)

    with structlog.testing.capture_logs() as logs:
        outcome, _ = await sign_in({TOKENS: token}, OAUTH | in_file)

    assert outcome.result is Result.UPDATED
    (said,) = [event for event in logs if event["event"] == "sign_in.refresh_token_not_kept"]
    assert (
        "; SuperOffice gave a new refresh token, and it may reject the old one in the next run"
        in said["detail"]
    )
    assert "second" not in str(logs)


# -- system-user ---------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def each_key_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL looks whether the primes are primes each time it loads a key, which takes 30 ms."""
    monkeypatch.setattr("presence_worker.superoffice.sign_in.system_user.load_pem_private_key", loaded)


@cache
def loaded(pem: bytes, password: bytes | None) -> PrivateKeyTypes:
    """Load a key; what is wrong with it is raised each time."""
    return load_pem_private_key(pem, password)


@pytest.fixture(scope="module")
def app_key() -> bytes:
    """An application's private key."""
    return make_key()


@pytest.fixture(scope="module")
def host_key() -> rsa.RSAPrivateKey:
    """The key of the sign-in host."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def other_key() -> rsa.RSAPrivateKey:
    """Somebody else's key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def key(app_key: bytes, tmp_path: Path) -> Path:
    """The file the application's key is in."""
    file = tmp_path / "key.pem"
    file.write_bytes(app_key)
    return file


def listed(key: rsa.RSAPrivateKey, kid: str = "one", **more: Any) -> dict[str, Any]:
    """Return the public half of a key as hosts show it."""
    shown: dict[str, Any] = {**orjson.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}
    return shown | more


def claims(url: str = "", **more: Any) -> dict[str, Any]:
    """Return what the host says of a system user."""
    now = datetime.now(UTC)
    return {
        "iss": "SuperOffice AS",
        "aud": "spn:0815",
        "nbf": now,
        "exp": now + timedelta(minutes=5),
        f"{CLAIM}ticket": "7T:ticket",
        f"{CLAIM}webapi_url": f"{url}/Cust12345/api/",
        **more,
    }


def gives(token: str) -> Act:
    """Answer with a token."""
    return json_answer({"IsSuccessful": True, "Token": token})


RUNNING = json_answer({"IsRunning": True, "State": "Running"})


async def sign_system_user_in(
    token: str, key: Path, host: rsa.RSAPrivateKey, *, keys: Act | None = None, **auth: Any
) -> tuple[Outcome, RawServer]:
    """Make one PUT of a system user to whom the host gives a token."""
    keys = keys or json_answer({"keys": [listed(host)]})
    acts = {EXCHANGE: gives(token), KEYS: keys, STATE: RUNNING}
    return await sign_in(acts, system_user(key, **auth), tenant="Cust12345")


@pytest.mark.covers("POST `/Login/api/PartnerSystemUser/Authenticate`")
@pytest.mark.covers("GET `/login/.well-known/jwks`")
@pytest.mark.covers("`auth.scheme` `system-user`")
async def test_a_system_user_signs_in_as_documented(
    key: Path, app_key: bytes, host_key: rsa.RSAPrivateKey
) -> None:
    """The token is signed with time and key; only the ticket of the answer goes to the service."""
    acts: dict[str, Act] = {KEYS: json_answer({"keys": [listed(host_key)]})}
    async with raw_server(otherwise=routed(acts)) as login, raw_server() as server:
        acts[STATE] = RUNNING
        token = jwt.encode(claims(server.url), host_key, "RS256", headers={"kid": "one"})
        acts[EXCHANGE] = gives(token)
        setting = online("", system_user(key), login.url, tenant="Cust12345")
        async with open_client(setting) as client:
            outcome = await client.put(change())

    posted = next(seen for seen in login.requests if seen.path == EXCHANGE)
    body = orjson.loads(posted.body)
    stamped, _, signature = body.pop("SignedSystemToken").rpartition(".")
    moment = datetime.strptime(stamped.removeprefix("App-1.token."), "%Y%m%d%H%M").replace(tzinfo=UTC)
    public = load_pem_private_key(app_key, None).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(base64.b64decode(signature), stamped.encode(), padding.PKCS1v15(), SHA256())
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=2)
    assert body == {
        "ApplicationToken": "sesame",
        "ContextIdentifier": "Cust12345",
        "ReturnTokenType": "JWT",
    }
    assert [seen.path for seen in login.requests] == [STATE, EXCHANGE, KEYS]
    assert outcome.result is Result.UPDATED
    (put,) = server.requests
    assert put.path == "/Cust12345/api/v1/User/7/UserPresenceStatus"
    assert put.header("Authorization") == "SOTicket 7T:ticket"
    assert put.header("SO-AppToken") == "sesame"


async def test_a_ticket_that_names_a_host_of_somebody_else_is_not_shown_to_it(
    key: Path, host_key: rsa.RSAPrivateKey
) -> None:
    """The claim `webapi_url` is only followed to SuperOffice's own hosts, and to configured ones."""
    acts: dict[str, Act] = {STATE: json_answer({"IsRunning": True, "State": "Running"})}
    async with raw_server(host="127.0.0.2") as stranger, raw_server(otherwise=routed(acts)) as login:
        place = f"http://127.0.0.2:{stranger.port}/Cust12345/api"
        token = jwt.encode(claims(**{f"{CLAIM}webapi_url": place}), host_key, "RS256", headers={"kid": "one"})
        acts[EXCHANGE] = json_answer({"IsSuccessful": True, "Token": token})
        acts[KEYS] = json_answer({"keys": [listed(host_key)]})
        async with open_client(online("", system_user(key), login.url, tenant="Cust12345")) as client:
            outcome = await client.put(change())

    assert stranger.requests == []
    assert "the ticket names http://127.0.0.2. Credentials only go to" in str(outcome.stop)


async def test_a_system_user_signs_in_at_the_sandbox(key: Path, app_key: bytes) -> None:
    """It checks signature, time, and all that is exchanged."""
    expected = {"system_user_token": "App-1.token", "ApplicationToken": "sesame"}
    how = Online(strict=True, app_key=app_key, expects=expected)
    async with serve(People(), Setup(online=how)) as sandbox:
        setting = online("", system_user(key), sandbox.url, tenant="Cust12345")
        async with open_client(setting) as client:
            outcome = await client.put(change())

    assert outcome.result is Result.UPDATED


LATE, EARLY = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)
WRONG_CLAIMS = {
    "another issuer": ({"iss": "Somebody"}, "it was not issued by SuperOffice AS"),
    "no issuer": ({"iss": None}, "it has no issuer or no end"),
    "expired": ({"exp": LATE}, "it has expired; check this machine's clock"),
    "no expiry": ({"exp": None}, "it has no issuer or no end"),
    "not yet valid": ({"nbf": EARLY}, "it is not valid yet; check this machine's clock"),
    "times of an odd kind": ({"nbf": []}, "it is malformed"),
    "no ticket": ({f"{CLAIM}ticket": None}, "gave no ticket"),
    "a ticket for another header": ({f"{CLAIM}ticket": "a\r\nX: y"}, "gave no ticket"),
}


@pytest.mark.parametrize(("wrong", "words"), WRONG_CLAIMS.values(), ids=WRONG_CLAIMS)
async def test_a_token_with_wrong_claims_is_not_trusted(
    wrong: dict[str, Any], words: str, key: Path, host_key: rsa.RSAPrivateKey
) -> None:
    """Issuer and times must be right, and there must be a ticket in it."""
    said = {name: value for name, value in claims(**wrong).items() if value is not None}
    token = jwt.encode(said, host_key, "RS256", headers={"kid": "one"})

    outcome, server = await sign_system_user_in(token, key, host_key)

    assert server.puts == []
    assert words in str(outcome.stop)


async def test_a_token_with_another_signature_is_not_trusted(
    key: Path, host_key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey
) -> None:
    """Whoever signed it, it was not the host."""
    token = jwt.encode(claims(), other_key, "RS256", headers={"kid": "one"})

    outcome, server = await sign_system_user_in(token, key, host_key)

    assert server.puts == []
    assert "the signature does not belong to the host" in str(outcome.stop)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", "PS256"])
async def test_the_algorithm_is_pinned(algorithm: str, key: Path, host_key: rsa.RSAPrivateKey) -> None:
    """A token that needs no key, or takes the public one for a secret, is the classic forgery."""
    header = _packed({"alg": algorithm, "kid": "one", "typ": "JWT"})
    body = _packed({**claims(), "nbf": 0, "exp": 32503680000})
    token = f"{header}.{body}.{'' if algorithm == 'none' else 'c2ln'}"

    outcome, server = await sign_system_user_in(token, key, host_key)

    assert server.puts == []
    assert "it is not signed with RS256" in str(outcome.stop)


def _packed(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


@pytest.mark.parametrize("token", ["kanarie", "a.b.c", "..", "kanarie.kanarie.kanarie"])
async def test_what_is_no_token_at_all_is_not_trusted(
    token: str, key: Path, host_key: rsa.RSAPrivateKey
) -> None:
    """It is called malformed, and not quoted."""
    outcome, server = await sign_system_user_in(token, key, host_key)

    assert server.puts == []
    assert str(outcome.stop).endswith("gave a token that is not trusted: it is malformed")


@pytest.mark.parametrize("kid", ["one", None])
async def test_the_key_is_found_by_its_name_else_as_the_only_one(
    kid: str | None, key: Path, host_key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey
) -> None:
    """Hosts show several keys while they change them; other kinds are passed over."""
    more = [listed(other_key, "two")] if kid else []
    shown = [{"kty": "EC", "kid": "one"}, "odd", listed(host_key, alg="RS512"), *more]
    token = jwt.encode(claims(), host_key, "RS256", headers={"kid": kid} if kid else {})

    outcome, server = await sign_system_user_in(token, key, host_key, keys=json_answer({"keys": shown}))

    assert outcome.result is Result.UPDATED, outcome
    assert len(server.puts) == 1


@pytest.mark.parametrize(
    "keys",
    [
        {"keys": []},
        {"keys": None},
        {},
        [],
        {"keys": [{"kty": "RSA", "kid": "one"}]},
        {"keys": [{"kty": "RSA", "kid": "one", "n": "!", "e": 3}]},
        {"keys": [{"kty": "RSA", "kid": "two", "n": "AQAB", "e": "AQAB"}]},
    ],
)
async def test_without_its_key_a_token_is_not_trusted(
    keys: Any, key: Path, host_key: rsa.RSAPrivateKey
) -> None:
    """Nothing is taken on faith."""
    token = jwt.encode(claims(), host_key, "RS256", headers={"kid": "one"})

    outcome, server = await sign_system_user_in(token, key, host_key, keys=json_answer(keys))

    assert server.puts == []
    assert "gave a token that is not trusted" in str(outcome.stop)


def http_date(seconds: float) -> str:
    """Return the Date of a host whose clock is so much ahead."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def refusing(error: dict[str, Any], date: str | int | None) -> Act:
    """Refuse a sign-in with an error, and with a Date: as it is, or so many seconds ahead of ours."""

    async def act(peer: Peer, request: Request) -> None:
        headers = {} if date is None else {"Date": http_date(date) if isinstance(date, int) else date}
        await json_answer({"IsSuccessful": False, "Token": None, **error}, headers=headers)(peer, request)

    return act


@pytest.mark.parametrize(
    "error",
    [
        {"ErrorCode": 6},
        {"ErrorCode": "6"},
        {"Error": "InvalidTimestamp"},
        {"ErrorMessage": "Invalid timestamp in kanarie"},
    ],
)
@pytest.mark.parametrize(
    ("date", "words"),
    [
        (7200, r"this machine's clock is (\d+) s behind it; set it right"),
        (-9000, r"this machine's clock is (\d+) s ahead of it; set it right"),
        (0, "but this machine's clock agrees with the host's"),
        (None, "set this machine's clock"),
        ("yesterday", "set this machine's clock"),
    ],
)
async def test_a_clock_that_is_off_is_explained(
    error: dict[str, Any], date: str | int | None, words: str, key: Path
) -> None:
    """Error 6 means our time; the host's own Date says how far it is off."""
    acts = {EXCHANGE: refusing(error, date), STATE: RUNNING}

    outcome, _ = await sign_in(acts, system_user(key), tenant="Cust12345")

    told = str(outcome.stop)
    assert "rejected the time stamp (error 6)" in told
    found = re.search(words, told)
    assert found
    assert [seconds for seconds in map(int, found.groups()) if abs(seconds - abs(int(date or 0))) > 600] == []
    assert "kanarie" not in told


APPROVE = "ask the tenant's administrator to approve the application again"
NUMBERED = {  # the service's errors, and who can correct what
    1: ("Revoked", APPROVE),
    2: (
        "InvalidRedirectUrl",
        "ask the tenant's administrator, and the partner who registered the application",
    ),
    3: ("Expired", APPROVE),
    4: ("Denied", APPROVE),
    5: ("NeedsReapproval", APPROVE),
    7: ("InvalidSignature", "auth.private_key_file is not the key that the application is registered with"),
}


@pytest.mark.parametrize("number", NUMBERED)
@pytest.mark.parametrize("told", ["number", "digits", "name", "spaced name", "two keys"])
async def test_each_error_of_a_system_user_says_who_can_correct_it(told: str, number: int, key: Path) -> None:
    """However it is told: by number or by name, and the files are named that the credentials come from."""
    name, remedy = NUMBERED[number]
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip()
    shapes: dict[str, dict[str, Any]] = {
        "number": {"ErrorCode": number},
        "digits": {"ErrorCode": f"{number}"},
        "name": {"Error": name},
        "spaced name": {"ErrorMessage": spaced},
        "two keys": {"ErrorCode": number, "ErrorMessage": "It says kanarie."},
    }
    refusal = json_answer({"IsSuccessful": False, "Token": None, **shapes[told]})

    outcome, server = await sign_in({EXCHANGE: refusal, STATE: RUNNING}, system_user(key), tenant="Cust12345")

    assert server.puts == []
    assert f"rejected the system user (error {number}, {name}): " in str(outcome.stop)
    assert remedy in str(outcome.stop)
    assert f"auth.private_key_file ({key})" in str(outcome.stop)
    assert "kanarie" not in str(outcome.stop)
    assert outcome.suspect is Suspect.SIGN_IN


@pytest.mark.parametrize("words", ["Access denied for kanarie", "The token has expired", "6 kanaries", "²"])
async def test_a_sentence_is_not_taken_for_an_error_s_name(words: str, key: Path) -> None:
    """A word that may stand in any sentence proves nothing: the general advice is given."""
    refusal = json_answer({"IsSuccessful": False, "ErrorMessage": words})

    outcome, _ = await sign_in({EXCHANGE: refusal, STATE: RUNNING}, system_user(key), tenant="Cust12345")

    assert "(200): check target.tenant" in str(outcome.stop)


WRONG_EXCHANGES = {
    "another error": (json_answer({"IsSuccessful": False, "ErrorCode": 9}), "(error 9): check target.tenant"),
    "an error without a number": (
        json_answer({"IsSuccessful": False, "ErrorMessage": "no kanarie"}, 403),
        "(403): check target.tenant",
    ),
    "true for a number": (json_answer({"IsSuccessful": False, "Error": True}), "(200): check target.tenant"),
    "success without a token": (json_answer({"IsSuccessful": True, "Token": None}), "(200): check"),
    "success that is no truth": (json_answer({"IsSuccessful": "yes", "Token": "x"}), "(200): check"),
    "a page": (answer(200, b"<html>kanarie"), "answered 200 without a usable answer; check auth.login_url"),
    "nothing": (answer(404), "answered 404 without a usable answer"),
}


@pytest.mark.parametrize(("act", "words"), WRONG_EXCHANGES.values(), ids=WRONG_EXCHANGES)
async def test_a_system_user_who_is_refused_stops_the_run(act: Act, words: str, key: Path) -> None:
    """The words say what to check; the host's own may quote what we sent, and are not told."""
    outcome, server = await sign_in({EXCHANGE: act, STATE: RUNNING}, system_user(key), tenant="Cust12345")

    assert server.puts == []
    assert words in str(outcome.stop)
    assert "kanarie" not in str(outcome.stop)


def _curve() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(*PKCS8, NoEncryption())


def _locked() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(*PKCS8, BestAvailableEncryption(b"hunter2"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: None, "No such file"),
        (lambda: b"<RSAKeyValue>hunter2</RSAKeyValue>", "not a private key in PEM format"),
        (_curve, "not an RSA key"),
        (_locked, "has a password; use a key file without a password"),
    ],
)
async def test_a_private_key_that_cannot_sign_is_named(content: Any, words: str, tmp_path: Path) -> None:
    """Before anything is sent; and if it goes bad later, the run stops with the same words."""
    file = tmp_path / "key.pem"
    file.write_bytes(make_key())
    setting = online("", system_user(file), "http://127.0.0.1:9", tenant="Cust12345")
    acts = {STATE: RUNNING}
    async with (
        raw_server(otherwise=routed(acts)) as server,
        open_client(online("", system_user(file), server.url, tenant="Cust12345")) as client,
    ):
        file.unlink()
        if (bad := content()) is not None:
            file.write_bytes(bad)
        outcome = await client.put(change())

    with pytest.raises(UsageFault) as refused:
        check_settings(setting)

    for said in (str(refused.value), str(outcome.stop)):
        assert said.startswith(f"auth.private_key_file: {file}: ")
        assert words in said
        assert "hunter2" not in said


def test_settings_of_a_real_target_can_be_checked_offline(key: Path) -> None:
    """Nobody is asked for that."""
    check_settings(Settings.model_validate({"target": {"tenant": "Cust1"}, "auth": system_user(key)}))
