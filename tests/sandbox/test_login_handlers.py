"""The hosts where one signs in: tokens, tickets, keys, the tenant's state, and who is let in then."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from presence_worker.sandbox import STATES, Online, People, Sandbox, Setup, serve
from presence_worker.sandbox.keys import make_key, read_public_key

from .caller import Caller, calling, presence_path

pytestmark = pytest.mark.anyio
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
REFRESH = {
    "grant_type": "refresh_token",
    "client_id": "app",
    "client_secret": "sesame",
    "refresh_token": "first",
}
SCHEME = "http://schemes.superoffice.net/identity/"
PRINCIPAL = "/api/v1/User/currentPrincipal"


class Clock:
    """A clock that stands still until it is set."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """The application's key."""
    loaded = serialization.load_pem_private_key(make_key(), password=None)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    return loaded


def pem(key: rsa.RSAPrivateKey) -> bytes:
    """Give the public half of a key."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


async def token(caller: Caller, path: str = "/login/common/oauth/tokens", **fields: str) -> tuple[int, Any]:
    """Ask for an access token."""
    return await caller.call("POST", path, urlencode(REFRESH | fields).encode(), headers=FORM)


def signed(key: rsa.RSAPrivateKey, at: float, token: str = "App-1.token") -> str:
    """Give a system user's token as the application signs it."""
    message = f"{token}.{datetime.fromtimestamp(at, UTC):%Y%m%d%H%M}"
    signature = key.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{message}.{base64.b64encode(signature).decode()}"


async def authenticate(caller: Caller, signed_token: str, **parts: Any) -> dict[str, Any]:
    """Ask for a system user's ticket."""
    body = {
        "SignedSystemToken": signed_token,
        "ApplicationToken": "sesame",
        "ContextIdentifier": "Cust26759",
        "ReturnTokenType": "JWT",
    }
    status, answer = await caller.call("POST", "/Login/api/PartnerSystemUser/Authenticate", body | parts)
    assert status == 200
    assert isinstance(answer, dict)
    return answer


async def claims(caller: Caller, told: str) -> dict[str, Any]:
    """Give what a signed token says, having checked it as its receiver does."""
    _, keys = await caller.get("/login/.well-known/jwks")
    key_id = jwt.get_unverified_header(told)["kid"]
    (key,) = [jwt.PyJWK(each) for each in keys["keys"] if each["kid"] == key_id]
    said: dict[str, Any] = jwt.decode(
        told, key, ["RS256"], options={"verify_aud": False, "require": ["exp", "iss"]}
    )
    return said


async def status(caller: Caller, authorization: str, **headers: str) -> int:
    """Give what a request with these credentials is answered."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    async with caller.session.get(PRINCIPAL, headers={"Authorization": authorization, **names}) as response:
        return response.status


@pytest.mark.parametrize("path", ["/login/common/oauth/tokens", "/LOGIN/Common/OAuth/Tokens/"])
async def test_a_refresh_token_is_good_for_an_access_token(sandbox: Sandbox, path: str) -> None:
    """Any will do, without signing in before; the answer has what SuperOffice documents, and no more."""
    async with calling(sandbox, None) as caller:
        code, answer = await token(caller, path)
        said = await claims(caller, answer["id_token"])

    assert code == 200
    assert set(answer) == {"token_type", "access_token", "expires_in", "id_token"}
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    assert answer["access_token"].startswith("8A:Cust12345.")
    assert said[f"{SCHEME}ctx"] == "Cust12345"
    assert said[f"{SCHEME}webapi_url"] == f"{sandbox.url}/Cust12345/api/"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_id": ""}, "invalid_client"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"refresh_token": ""}, "invalid_grant"),
        ({"refresh_token": "other"}, "invalid_grant"),
    ],
)
async def test_a_wrong_part_is_refused_by_its_code(fields: dict[str, str], error: str) -> None:
    """400, with the code that OAuth has for it."""
    online = Online(expects={"client_secret": "sesame", "refresh_token": "first"})
    async with serve(People(), Setup(online=online)) as sandbox, calling(sandbox) as caller:
        good, refused = await token(caller), await token(caller, **fields)

    assert (good[0], refused[0], refused[1]["error"]) == (200, 400, error)


@pytest.mark.parametrize("body", [b"", b"grant_type", b"\xff=1"])
@pytest.mark.parametrize("content_type", [*FORM.values(), "application/json"])
async def test_what_is_no_form_is_an_invalid_request(caller: Caller, body: bytes, content_type: str) -> None:
    """The token host takes forms only."""
    headers = {"Content-Type": content_type}

    answer = await caller.call("POST", "/login/common/oauth/tokens", body, headers=headers)

    assert (answer[0], answer[1]["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("expects", [{}, {"refresh_token": "first"}])
async def test_refresh_tokens_may_be_good_once(expects: dict[str, str]) -> None:
    """Where they rotate, each brings the next one, and is refused from then on."""
    async with (
        serve(People(), Setup(online=Online(rotates=True, expects=expects))) as sandbox,
        calling(sandbox) as caller,
    ):
        first, again = await token(caller), await token(caller)
        following = await token(caller, refresh_token=first[1]["refresh_token"])

    assert (first[0], again[0], following[0]) == (200, 400, 200)
    assert again[1]["error"] == "invalid_grant"
    assert following[1]["refresh_token"] not in ("first", first[1]["refresh_token"])


async def test_a_signed_token_is_good_for_a_ticket(key: rsa.RSAPrivateKey) -> None:
    """The answer is signed by the key that is published, and says the ticket and the tenant's root."""
    clock = Clock()
    online = Online(app_key=pem(key), now=clock, expects={"system_user_token": "App-1.token"}, strict=True)
    clock.now = datetime.now(UTC).timestamp()
    async with serve(People(), Setup(online=online)) as sandbox, calling(sandbox, None) as caller:
        answer = await authenticate(caller, signed(key, clock.now + 290))
        said = await claims(caller, answer["Token"])
        ticket = said[f"{SCHEME}ticket"]
        let_in = await status(caller, f"SOTicket {ticket}", SO_AppToken="sesame")
        without = await status(caller, f"SOTicket {ticket}")
        as_token = await status(caller, f"Bearer {ticket}")

    assert (answer["IsSuccessful"], said["iss"]) == (True, "SuperOffice AS")
    assert said[f"{SCHEME}webapi_url"] == f"{sandbox.url}/Cust26759/api/"
    assert ticket.startswith("7T:")
    assert (let_in, without, as_token) == (200, 401, 401)


OFF: list[tuple[str, Callable[[rsa.RSAPrivateKey], str], dict[str, Any], int | None]] = [
    ("a clock that is late", lambda key: signed(key, Clock.now - 400), {}, 6),
    ("a clock that is early", lambda key: signed(key, Clock.now + 400), {}, 6),
    ("another key", lambda _: signed(rsa.generate_private_key(65537, 2048), Clock.now), {}, 7),
    ("another token", lambda key: signed(key, Clock.now, "App-2"), {}, 4),
    ("no signature", lambda _: "App-1.token.198001010000.!", {}, None),
    ("no timestamp", lambda _: "App-1", {}, None),
    ("another application", lambda key: signed(key, Clock.now), {"ApplicationToken": "x"}, 4),
    ("no tenant", lambda key: signed(key, Clock.now), {"ContextIdentifier": ""}, None),
    ("another kind of token", lambda key: signed(key, Clock.now), {"ReturnTokenType": "Saml"}, None),
]


@pytest.mark.parametrize(("wrong", "token", "parts", "code"), OFF, ids=[each[0] for each in OFF])
async def test_what_is_wrong_with_a_signed_token_has_a_code(
    wrong: str,
    token: Callable[[rsa.RSAPrivateKey], str],
    parts: dict[str, Any],
    code: int | None,
    key: rsa.RSAPrivateKey,
) -> None:
    """It is answered 200, IsSuccessful false, with words; 6 means that the clocks differ."""
    expects = {"system_user_token": "App-1.token", "ApplicationToken": "sesame"}
    online = Online(app_key=pem(key), now=Clock(), expects=expects)
    async with serve(People(), Setup(online=online)) as sandbox, calling(sandbox) as caller:
        answer = await authenticate(caller, token(key), **parts)

    assert (answer["IsSuccessful"], answer["Token"], answer["ErrorCode"]) == (False, None, code), wrong
    assert answer["ErrorMessage"]


async def test_a_body_that_is_none_is_told_so(caller: Caller) -> None:
    """Whatever is no JSON object misses everything."""
    answers = [
        await caller.call("POST", "/login/api/partnersystemuser/authenticate", body) for body in (b"{", b"[]")
    ]

    assert [answer["IsSuccessful"] for _, answer in answers] == [False, False]


def test_only_rsa_keys_are_keys_of_an_application(key: rsa.RSAPrivateKey) -> None:
    """Either half will do; what is no key is refused."""
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    assert read_public_key(pem(key)) == read_public_key(private) == key.public_key()
    for wrong in (b"no key", curve):
        with pytest.raises(ValueError, match=r"key|PEM"):
            read_public_key(wrong)


async def test_any_signature_will_do_without_a_key(caller: Caller, key: rsa.RSAPrivateKey) -> None:
    """Unless the application's key is given, only the form and the time are looked at."""
    answer = await authenticate(caller, signed(key, datetime.now(UTC).timestamp()))

    assert answer["IsSuccessful"] is True


async def test_strictly_only_what_was_given_out_counts() -> None:
    """Neither passwords nor made-up tokens, nor a token sent as a ticket, open the door."""
    async with (
        serve(People(), Setup(online=Online(strict=True))) as sandbox,
        calling(sandbox, None) as caller,
    ):
        access = (await token(caller))[1]["access_token"]
        statuses = [
            await status(caller, f"Bearer {access}"),
            await status(caller, f"bearer  {access}"),
            await status(caller, f"SOTicket {access}", SO_AppToken="x"),
            await status(caller, "Bearer 8A:Cust12345.abc"),
            await status(caller, "Basic YW5uYTp4"),
            await status(caller, ""),
        ]

    assert statuses == [200, 200, 401, 401, 401, 401]


@pytest.mark.parametrize("code", [401, 403])
async def test_a_token_lasts_as_long_as_was_said(code: int) -> None:
    """Past its life it is answered 401, or 403 where that is switched on."""
    clock = Clock()
    online = Online(strict=True, token_life=600, expired_as=code, clock=clock)
    async with serve(People(), Setup(online=online)) as sandbox, calling(sandbox, None) as caller:
        answer = (await token(caller))[1]
        bearer = f"Bearer {answer['access_token']}"
        clock.now += 599
        before = await status(caller, bearer)
        clock.now += 1
        after = await status(caller, bearer)

    assert (answer["expires_in"], before, after) == (600, 200, code)


async def test_a_ticket_s_life_begins_anew_with_each_use(key: rsa.RSAPrivateKey) -> None:
    """It slides: only a pause as long as its life ends it."""
    clock = Clock()
    online = Online(strict=True, token_life=600, clock=clock)
    async with serve(People(), Setup(online=online)) as sandbox, calling(sandbox, None) as caller:
        answer = await authenticate(caller, signed(key, datetime.now(UTC).timestamp()))
        ticket = f"SOTicket {(await claims(caller, answer['Token']))[f'{SCHEME}ticket']}"
        statuses = []
        for pause in (599, 599, 600):
            clock.now += pause
            statuses.append(await status(caller, ticket, SO_AppToken="x"))

    assert statuses == [200, 200, 401]


async def test_a_strict_sandbox_says_what_it_takes() -> None:
    """A password is refused in words that do not ask for one."""
    async with (
        serve(People(), Setup(online=Online(strict=True))) as sandbox,
        calling(sandbox, "Basic YTpi") as caller,
    ):
        async with caller.session.get(PRINCIPAL) as response:
            scheme = response.headers["WWW-Authenticate"]
        code, error = await caller.get(PRINCIPAL)

    assert (code, scheme) == (401, "Bearer")
    assert error["ErrorMessage"] == "Only tokens and tickets that this sandbox gave out are valid."


@pytest.mark.parametrize("refusal", [401, 403, 418])
async def test_a_gatekeeper_decides_about_each_request(refusal: int) -> None:
    """A test may put somebody at the door, who lets in or gives the status to refuse with."""

    def gatekeeper(ask: Any) -> int | None:
        return None if ask.headers.get("SO-AppToken") else refusal

    async with (
        serve(People(), Setup(online=Online(gatekeeper=gatekeeper))) as sandbox,
        calling(sandbox) as caller,
    ):
        refused = await caller.get(presence_path(7))
        let_in = await status(caller, "SOTicket x", SO_AppToken="x")
        is_open = await caller.get("/api")

    assert (refused[0], let_in, is_open[0]) == (refusal, 200, 200)


@pytest.mark.parametrize(
    ("cookie", "sent", "code"),
    [
        ("session=1", "abc", 200),
        ("session=1; XSRF-TOKEN=abc", "abc", 200),
        ("XSRF-TOKEN=abc", "abd", 401),
        ("session=1", "", 401),
        ("", "abc", 401),
    ],
)
async def test_a_session_counts_with_its_token(sandbox: Sandbox, cookie: str, sent: str, code: int) -> None:
    """A cookie and X-XSRF-TOKEN sign in together; where the cookie tells the token, they must match."""
    headers = {"Cookie": cookie, "X-XSRF-TOKEN": sent}
    async with calling(sandbox, None) as caller, caller.session.get(PRINCIPAL, headers=headers) as response:
        assert response.status == code


async def test_the_state_tells_the_tenant_s_root(sandbox: Sandbox) -> None:
    """Without signing in, in any case, with all that SuperOffice documents; the root works."""
    async with calling(sandbox, None) as caller:
        code, state = await caller.get("/API/State/Cust26759")
    async with calling(sandbox) as caller:
        below = await caller.call("GET", f"{state['Endpoint']}/api/v1/User/7/UserPresenceStatus")

    root = f"{sandbox.url}/Cust26759"
    assert (code, below[0]) == (200, 200)
    assert state | {"ValidUntil": ""} == {
        "ContextIdentifier": "Cust26759",
        "Endpoint": root,
        "State": "Running",
        "IsRunning": True,
        "ValidUntil": "",
        "Api": f"{root}/api",
        "Version": "10.5",
    }


async def test_a_state_is_as_was_chosen() -> None:
    """A state of another name does not run, and the state holds as long as was said."""
    online = Online(state="Backup", state_valid=90, now=Clock())
    async with serve(People(), Setup(online=online)) as sandbox, calling(sandbox) as caller:
        _, state = await caller.get("/api/state/Cust1")
        unknown = await caller.get("/api/state/nobody")

    assert (state["State"], state["IsRunning"]) == ("Backup", False)
    assert state["ValidUntil"] == "1970-01-12T13:48:10Z"
    assert unknown[0] == 404


@pytest.mark.parametrize("name", STATES)
async def test_two_states_are_running(name: str) -> None:
    """A tenant in online maintenance is served; all other states but Running are not."""
    async with serve(People(), Setup(online=Online(state=name))) as sandbox, calling(sandbox) as caller:
        _, state = await caller.get("/api/state/Cust1")

    assert (state["State"], state["IsRunning"]) == (name, name in ("Running", "OnlineMaintenance"))


async def test_a_tenant_moves_to_another_host() -> None:
    """After so many PUTs the old host answers 421, and the state and new tickets name the new one."""
    async with serve(People(), Setup(online=Online(move_after=2))) as sandbox, calling(sandbox) as caller:
        _, before = await caller.get("/api/state/Cust1")
        await caller.put(1, status="nonsense")
        here = [(await caller.put(each))[0] for each in (1, 2, 3)]
        _, after = await caller.get("/api/state/Cust1")
        there = await caller.call("GET", f"{after['Api']}/v1/User/2/UserPresenceStatus")
        seen_there = await caller.call("GET", f"{after['Endpoint'].removesuffix('/Cust1')}/api/state/Cust1")
        said = await claims(caller, (await token(caller))[1]["id_token"])

    assert here == [200, 200, 421]
    assert before["Endpoint"] == f"{sandbox.url}/Cust1"
    assert after["Endpoint"] not in ("", before["Endpoint"])
    assert there == (200, {"Status": "StatusNotAvailable", "Message": ""})
    assert seen_there[1]["Endpoint"] == after["Endpoint"]
    assert said[f"{SCHEME}webapi_url"] == after["Endpoint"].replace("Cust1", "Cust12345") + "/api/"
    assert {entry.host for entry in sandbox.record if entry.status == 421} == {
        sandbox.url.removeprefix("http://")
    }


async def test_before_a_tenant_moves_its_new_host_is_the_wrong_one() -> None:
    """Whoever is there too early is told so, too."""
    async with serve(People(), Setup(online=Online(move_after=1))) as sandbox, calling(sandbox) as caller:
        await caller.put(1)
        _, state = await caller.get("/api/state/Cust1")
    async with serve(People(), Setup(online=Online(move_after=0))) as moved, calling(moved) as caller:
        at_once = await caller.get("/api")

    assert state["Endpoint"] != f"{sandbox.url}/Cust1"
    assert (at_once[0], at_once[1]["ErrorMessage"]) == (421, "Wrong subdomain used to access tenant")


@pytest.mark.parametrize("folder", ["/SuperOffice", "/Cust12345", "/superoffice.web"])
@pytest.mark.parametrize("path", [presence_path(7), "/api/v1/User?$top=1", "/api", PRINCIPAL])
async def test_it_may_be_below_a_virtual_directory(caller: Caller, folder: str, path: str) -> None:
    """One folder, whichever, is part of the root; a link to the next page keeps it."""
    code, answer = await caller.get(f"{folder}{path}")
    deeper = await caller.get(f"/one{folder}{path}")

    assert (code, deeper[0]) == (200, 404)
    assert "value" not in answer or f"{folder}/api/v1/User?" in answer["odata.nextLink"]
