"""The service itself: whether it is there, whose clock is right, and whether it takes our credentials."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import orjson
import pytest

from presence_worker.sandbox import Online, People
from presence_worker.sandbox.keys import make_key
from presence_worker.superoffice.online_hints import WORDS
from tests.raw_server import CLOSE, Act, Peer, Request, answer
from tests.superoffice.signing_in import OAUTH, STATE, TOKENS, in_turn, tokens
from tests.superoffice.test_clocks import ABSURD
from tests.superoffice.test_tenant import state

from .given import API, LOOK, PRINCIPAL, TENANT, USERS, Doctor, answering, service_up

ONLINE = "[target]\ntenant = 'Cust12345'\n[auth]\nlogin_url = '{}'\n"


def dated(seconds: float) -> Act:
    """Answer with a version, by a clock that is so much ahead of ours."""

    async def act(peer: Peer, request: Request) -> None:
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        await answer(200, b'{"NetServerVersion": "10.5"}', {"Date": date})(peer, request)

    return act


# -- is it there, and is it SuperOffice ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "verdict", "words"),
    [
        (answer(404), "warning", "it answered 404 without a version"),
        (answer(401), "warning", "it answered 401 without a version"),
        (answer(200, b"{}"), "warning", "it answered 200 without a version"),
        (answer(200, b'{"NetServerVersion": 7}'), "warning", "it answered 200 without a version"),
        (answer(200, b"<html><h1>Log in"), "fault", "it answered 200 with an HTML page"),
        (answer(503), "fault", "it answered 503"),
        (answer(421), "fault", "it answered 421"),
        (
            answer(302, b"", {"Location": "https://sso.example.com/?secret=1"}),
            "fault",
            "it answered 302 and redirected to sso.example.com",
        ),
        (
            answer(302, b"", {"Location": "https://[half"}),
            "fault",
            "it answered 302 and redirected to another page",
        ),
        (answer(302), "fault", "it answered 302 and redirected to another page"),
    ],
)
def test_who_is_there(act: Act, verdict: str, words: str, doctor: Doctor) -> None:
    """What cannot be SuperOffice at work is a fault, and sees no credential; what is only odd, a warning."""
    with answering({API: act}) as server:
        examined = doctor(server.url)

    shown = [request for request in server.requests if request.header("Authorization")]
    assert examined.verdict("version") == verdict
    assert examined.told("version").words == f"GET {server.url}/api: {words}"
    assert bool(shown) == (verdict == "warning")
    assert examined.ended.code == (6 if verdict == "fault" else 0)


@pytest.mark.parametrize("version", ["10.2", "10.2.1", "10.5 (test)", "10.10", "11.0.4.1", "10.2-beta"])
def test_a_version_that_can_set_presences(version: str, doctor: Doctor) -> None:
    """10.2 was the first; what follows the first two numbers does not matter."""
    with answering({API: answer(200, orjson.dumps({"NetServerVersion": version}))}) as server:
        examined = doctor(server.url)

    assert (examined.ended.code, examined.verdict("version")) == (0, "ok")
    assert examined.told("version").words == f"SuperOffice {version}"


@pytest.mark.parametrize("version", ["10.1", "10.1.9", "10.1 R2", "9.99", "8.5 R1", "08.5", "7.1.2"])
def test_an_older_version_is_a_fault(version: str, doctor: Doctor) -> None:
    """It has no presence calls: 10.2 is named, and no credential is shown to it."""
    with answering({API: answer(200, orjson.dumps({"NetServerVersion": version}))}) as server:
        examined = doctor(server.url)

    assert (examined.ended.code, examined.by("fault")) == (6, ["version"])
    assert examined.told("version").words == (
        f"SuperOffice {version} is too old: presence needs 10.2 or later"
    )
    assert "10.2" in examined.told("version").remedies
    assert [request.path for request in server.requests] == [API]


@pytest.mark.parametrize(
    "version", ["10", "X", "10,5", "10.", "v10.1", "2019.1", "10.1x", "10.1,5", "-10.5", "١٠.٥", "10.1000"]
)
def test_an_odd_version_is_not_guessed_at(version: str, doctor: Doctor) -> None:
    """It is told as it is, and that it says nothing for certain; a run could begin all the same."""
    with answering({API: answer(200, orjson.dumps({"NetServerVersion": version}))}) as server:
        examined = doctor(server.url)

    assert (examined.ended.code, examined.verdict("version")) == (0, "warning")
    assert examined.told("version").words == f"unknown version: SuperOffice says {version!r}"


@pytest.mark.parametrize("act", [CLOSE, answer(200, b"", {"Content-Length": "5"})])
def test_a_service_that_hangs_up(act: Act, doctor: Doctor) -> None:
    """It may be better later; nothing else is asked."""
    with answering({API: act}) as server:
        examined = doctor(server.url)

    assert examined.verdict("version") == "fault"
    assert "later" in examined.told("version").remedies
    assert len(server.requests) == 1


# -- clocks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [(0, "ok"), (100, "ok"), (-100, "ok"), (150, "warning"), (-150, "warning"), (900, "warning")],
)
def test_two_clocks(seconds: float, verdict: str, doctor: Doctor) -> None:
    """Two minutes are a warning, which says which way; where nobody signs the time it is no more."""
    with answering({API: dated(seconds)}) as server:
        examined = doctor(server.url)

    told = examined.told("clock")
    assert (examined.ended.code, told.verdicts) == (0, [verdict])
    if verdict == "warning":
        assert ("behind" if seconds > 0 else "ahead of") in told.words
        assert "set this machine's clock" in told.remedies


@pytest.mark.parametrize("days", [-3, 3, 400])
def test_clocks_that_are_days_apart(days: float, doctor: Doctor) -> None:
    """Then nobody can say from here which of them is wrong."""
    with answering({API: dated(days * 86400)}) as server:
        told = doctor(server.url).told("clock")

    assert told.verdicts == ["warning"]
    assert told.remedies == "compare this machine's clock with a third one, and set the wrong clock"


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}, *({"Date": date} for date in ABSURD[:-1])])
def test_a_service_that_does_not_tell_its_time(headers: dict[str, str], doctor: Doctor) -> None:
    """Then there is nothing to compare."""
    with answering({API: answer(200, b'{"NetServerVersion": "10.5"}', headers)}) as server:
        assert doctor(server.url).verdict("clock") == "skipped"


def test_a_date_without_a_zone_is_gmt(doctor: Doctor) -> None:
    """As HTTP has it."""
    date = format_datetime(datetime.now(UTC)).replace("+0000", "-0000")
    with answering({API: answer(200, b'{"NetServerVersion": "10.5"}', {"Date": date})}) as server:
        assert doctor(server.url).verdict("clock") == "ok"


def test_a_system_user_needs_the_right_time(doctor: Doctor, tmp_path: Path) -> None:
    """The time is part of what is signed: more than five minutes are a fault, and nobody signs in in vain."""
    (tmp_path / "key.pem").write_bytes(make_key())
    acts: dict[str, Act] = {API: dated(400)}
    with answering(acts) as server:
        acts[STATE] = state(server.url)
        doctor.configure(
            f"{ONLINE.format(server.url)}scheme = 'system-user'\nclient_secret = 'x'\n"
            f"system_user_token = 'y'\nprivate_key_file = '{tmp_path / 'key.pem'}'\n"
        )
        acts[f"{TENANT}{API}"] = dated(400)
        examined = doctor()

    assert examined.by("fault") == ["clock"]
    assert "A system user may not be able to sign in" in examined.told("clock").words
    assert {request.method for request in server.requests} == {"GET"}


# -- signing in ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (answer(401), "SuperOffice rejected the credentials (401); check [auth]"),
        (
            answer(401, b'{"ErrorMessage": "locked"}'),
            "check [auth] (auth.username and auth.password). It says: locked",
        ),
        (
            answer(401, b"", [("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "NTLM")]),
            'It offers Negotiate and NTLM but not Basic. Set auth.scheme = "ntlm"',
        ),
        (answer(302, b"", {"Location": "https://sso.example.com"}), "redirected to sso.example.com"),
    ],
)
def test_refused_credentials_are_tried_once(act: Act, words: str, doctor: Doctor) -> None:
    """So that no account is locked: one request, and none after it."""
    with answering({PRINCIPAL: act}) as server:
        examined = doctor(server.url)

    shown = [request.path for request in server.requests if request.header("Authorization")]
    assert (examined.ended.code, shown) == (6, [PRINCIPAL])
    assert words in examined.told("sign-in").words
    assert "correct it, then run doctor again; sign-in was tried once" in examined.told("sign-in").remedies
    assert examined.told("all users").words == "correct first: sign-in"


def test_a_proxy_that_refuses_us_is_asked_once(doctor: Doctor) -> None:
    """The setting is named, and no other check asks it again."""
    with answering(refusing := {}) as proxy:
        doctor.configure(f"[target]\nproxy = '{proxy.url}'\n")
        refusing["crm.localhost:443"] = answer(407)
        examined = doctor("https://crm.localhost")

    assert (examined.ended.code, examined.by("fault"), len(proxy.requests)) == (6, ["version"], 1)
    assert "correct the user name and password in target.proxy" in examined.told("version").words
    assert "correct that, then run doctor again" in examined.told("version").remedies


@pytest.mark.parametrize(
    "act", [answer(503), answer(429), CLOSE, answer(200, b"<html>"), answer(200, b"{}"), answer(200, b"[]")]
)
def test_signing_in_may_fail_for_other_reasons(act: Act, doctor: Doctor) -> None:
    """Nothing is said of the credentials then."""
    with answering({PRINCIPAL: act}) as server:
        examined = doctor(server.url)

    assert (examined.ended.code, examined.verdict("sign-in")) == (6, "fault")
    assert "correct " not in examined.told("sign-in").remedies


@pytest.mark.parametrize("status", [403, 404])
def test_a_service_that_does_not_say_who_we_are(status: int, doctor: Doctor) -> None:
    """It is a warning; presences may be readable all the same, and somebody's is."""
    page = answer(200, b'{"value": [{"associateDbId": 1, "ejUserId": 1, "isActive": true}]}')
    with answering(
        {PRINCIPAL: answer(status), USERS: in_turn(page, page, answer(200, b'{"value": []}'))}
    ) as server:
        examined = doctor(server.url)

    assert (examined.ended.code, examined.verdict("sign-in")) == (0, "warning")
    assert (examined.verdict("user"), examined.verdict("presence")) == ("skipped", "ok")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"UserName": "night", "AssociateId": 7}, "night, associate ID 7"),
        ({"UserName": "night", "AssociateId": "7"}, "night, associate ID not known"),
        ({"UserName": None, "AssociateId": 7}, "no login name, associate ID 7"),
        ({"UserName": "ni\x1b[31mght", "AssociateId": True}, "ni [31mght, associate ID not known"),
    ],
)
def test_who_we_are(value: dict[str, object], words: str, doctor: Doctor) -> None:
    """By the service's word, cleaned."""
    with answering({PRINCIPAL: answer(200, orjson.dumps(value))}) as server:
        assert doctor(server.url).told("user").words == words


def test_a_token_is_fetched_as_a_run_fetches_it(doctor: Doctor) -> None:
    """With oauth, and the tenant found; refused, the sign-in host's reason is told and nothing else asked."""
    auth = "\n".join(f"{key} = '{value}'" for key, value in OAUTH.items())
    with service_up(online=Online(strict=True)) as sandbox:
        doctor.configure(f"{ONLINE.format(sandbox.url)}{auth}\n")
        good = doctor()
    with answering({TOKENS: answer(400, b'{"error": "invalid_grant"}')}) as server:
        doctor.configure(f"[auth]\nlogin_url = '{server.url}'\n{auth}\n")
        bad = doctor(server.url)

    assert (good.ended.code, good.verdict("sign-in")) == (0, "ok")
    assert (bad.ended.code, bad.by("fault")) == (6, ["sign-in"])
    assert "the refresh token is not valid" in bad.told("sign-in").words


def test_a_token_that_is_renewed_meanwhile_is_no_fault(doctor: Doctor) -> None:
    """What is answered 401 once, with a token that was good, is asked once more with a new one."""
    auth = "\n".join(f"{key} = '{value}'" for key, value in OAUTH.items())
    page = answer(200, b'{"value": []}')
    acts: dict[str, Act] = {TOKENS: tokens("a", "b"), USERS: in_turn(answer(401), page)}
    with answering(acts) as server:
        doctor.configure(f"[auth]\nlogin_url = '{server.url}'\n{auth}\n")
        doctor(server.url)

    shown = [request.header("Authorization") for request in server.requests if request.path.startswith(USERS)]
    assert shown[:3] == ["Bearer a", "Bearer a", "Bearer b"]


# -- Online --------------------------------------------------------------------------------------------------


def test_online_says_what_superoffice_says_of_it(doctor: Doctor) -> None:
    """The User agent is not there by default, and whom to ask; maintenance is told of, too."""
    with service_up() as sandbox:
        doctor.configure(f"{ONLINE.format(sandbox.url)}username = 'a'\n")
        examined = doctor()

    assert examined.ended.code == 0
    assert examined.told("Online").words == WORDS
    assert examined.verdict("maintenance") in ("ok", "warning")
    assert examined.told("tenant").words == f"Cust12345 is running, at {sandbox.url}/Cust12345"
    assert examined.told("tenant's host").verdicts == []


def test_an_installation_of_one_s_own_is_told_nothing_of_it(doctor: Doctor) -> None:
    """Neither of Online, nor of tenants, nor of maintenance."""
    with answering() as server:
        examined = doctor(server.url)

    names = {check["name"] for check in examined.summary["checks"]}
    assert not names & {"Online", "tenant", "tenant's host", "maintenance"}


@pytest.mark.parametrize("base_url", [None, "/Cust12345"])
def test_a_tenant_that_is_not_running(base_url: str | None, doctor: Doctor) -> None:
    """Its state is told, with or without an address; nobody signs in."""
    acts: dict[str, Act] = {}
    with answering(acts) as server:
        acts[STATE] = state(server.url, IsRunning=False, State="OfflineMaintenance")
        doctor.configure(ONLINE.format(server.url))
        examined = doctor(base_url and f"{server.url}{base_url}")

    assert (examined.ended.code, examined.by("fault")) == (6, ["tenant"])
    assert "its state is OfflineMaintenance" in examined.told("tenant").words
    assert {request.path for request in server.requests} == {STATE}


def test_a_state_nobody_knows(doctor: Doctor) -> None:
    """With an address of its own a run would go on: a warning, else a fault."""
    with answering() as server:
        doctor.configure(ONLINE.format(server.url))
        without, with_one = doctor(), doctor(f"{server.url}{TENANT}")

    assert (without.verdict("tenant"), with_one.verdict("tenant")) == ("fault", "warning")
    assert "A run uses target.base_url instead" in with_one.told("tenant").words
    assert (without.ended.code, with_one.ended.code) == (6, 0)


def test_an_address_the_state_does_not_know_of(doctor: Doctor) -> None:
    """It may be out of date; a run would begin with it, and so does doctor."""
    acts: dict[str, Act] = {}
    with answering(acts) as server:
        acts[STATE] = state("http://127.0.0.1:9")
        doctor.configure(ONLINE.format(server.url))
        examined = doctor(f"{server.url}{TENANT}")

    assert examined.verdict("tenant") == "warning"
    assert "remove target.base_url" in examined.told("tenant").remedies
    assert examined.verdict("version") == "ok"


def test_a_state_that_names_no_address(doctor: Doctor) -> None:
    """Only a ticket may name one: what has to be asked before is skipped, and the sign-in tells."""
    acts: dict[str, Act] = {}
    with answering(acts) as server:
        acts[STATE] = state(server.url, Api=None, Endpoint=None)
        doctor.configure(ONLINE.format(server.url))
        examined = doctor()

    assert examined.told("tenant").words == "Cust12345 is running, at the address in its ticket"
    assert (examined.verdict("version"), examined.verdict("clock")) == ("skipped", "skipped")
    assert examined.verdict("sign-in") == "fault"


@pytest.mark.parametrize("status", [403, 404])
def test_online_presences_that_are_closed_are_a_fault(status: int, doctor: Doctor) -> None:
    """There it means that nobody may set them."""
    acts: dict[str, Act] = {f"{TENANT}{LOOK}": answer(status)}
    with answering(acts) as server:
        acts[STATE] = state(server.url)
        doctor.configure(ONLINE.format(server.url))
        examined = doctor()

    assert (examined.ended.code, examined.verdict("presence")) == (6, "fault")
    assert "ask SuperOffice" in examined.told("presence").remedies


def test_people(doctor: Doctor) -> None:
    """An embedded crowd of another size is counted page by page."""
    with service_up(People(2500)) as sandbox:
        examined = doctor(sandbox.url)

    assert examined.told("all users").words == "2 500 users, 2 500 of them active with access to Service"
