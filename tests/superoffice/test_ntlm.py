"""Windows accounts: each connection signs in once, before anything of consequence goes over it."""

import asyncio
import logging
import ssl
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from spnego.channel_bindings import GssChannelBindings

from presence_worker.model import Result, Trouble
from presence_worker.settings import Delivery, Settings
from presence_worker.superoffice import Client, open_client
from presence_worker.superoffice.sign_in.ntlm import fingerprint
from tests.conftest import VIRTUAL_TIME
from tests.raw_server import (
    CLOSE,
    HANG,
    RESET,
    Act,
    Peer,
    RawServer,
    Request,
    answer,
    echo,
    framed,
    raw_server,
    say,
)

from .given import BRIEF, change
from .iis import ACCOUNT, BOTH, PASSWORD, STEPS, WHO_AM_I, Iis, ntlm, write_accounts
from .signing_in import Delivered, delivered, online, slowly
from .test_canaries import assert_silent, everything

pytestmark = pytest.mark.anyio
ROWS = 60
UPDATED = {Result.UPDATED: ROWS}


@pytest.fixture(autouse=True)
def accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Whom the server knows; where that stands, its library is told by the environment."""
    file = tmp_path / "accounts"
    write_accounts(file)
    monkeypatch.setenv("NTLM_USER_FILE", str(file))
    return file


@pytest.fixture
def password(tmp_path: Path) -> Path:
    """The operator's file."""
    file = tmp_path / "password"
    write_password(file, PASSWORD)
    return file


def write_password(file: Path, password: str) -> None:
    """Put a password into the operator's file."""
    file.write_text(f"{password}\n")


def hasty(setting: Settings) -> Settings:
    """Return settings with which nobody waits long."""
    return setting.model_copy(update={"delivery": Delivery(read_timeout=BRIEF)})


async def night(iis: Iis, password: Path, **more: Any) -> tuple[Delivered, RawServer]:
    """Deliver rows as a run does, eight at a time."""
    async with (
        raw_server(otherwise=iis) as server,
        open_client(online(server.url, ntlm(password, **more))) as client,
    ):
        return await delivered(client, ROWS), server


def carried_out(server: RawServer) -> Counter[str]:
    """Count the PUTs that were applied, by address."""
    return Counter(put.path for put in server.puts if put.applied)


def once_each(rows: int = ROWS) -> dict[str, int]:
    """Return the count of PUTs when each associate was changed once."""
    return {f"/api/v1/User/{number}/UserPresenceStatus": 1 for number in range(1, rows + 1)}


@pytest.mark.covers("`auth.scheme` `ntlm`")
async def test_each_connection_signs_in_once(password: Path) -> None:
    """Three requests without a body, then nothing but the rows: each PUT is on the wire exactly once."""
    iis = Iis(slowly(echo, 0.002))

    made, server = await night(iis, password)

    by_connection = Counter(seen.connection for seen in server.requests if seen.path == WHO_AM_I)
    assert made.counts == UPDATED
    assert Counter(put.path for put in server.puts) == carried_out(server) == once_each()
    assert made.puts == len(server.puts) == ROWS
    assert 2 <= len(by_connection) <= 8
    assert set(by_connection.values()) == {STEPS}
    assert set(iis.proofs.values()) == {1}
    assert {put.connection for put in server.puts} == iis.signed_in
    for seen in server.requests:
        assert seen.method == ("GET" if seen.path == WHO_AM_I else "PUT")
        assert (seen.header("Authorization") is None) or seen.path == WHO_AM_I
        assert bool(seen.body) is (seen.method == "PUT")


async def test_the_first_request_goes_alone(password: Path) -> None:
    """Until the service has taken the account, there is one connection."""
    iis = Iis(slowly(echo, 0.02))

    made, server = await night(iis, password)

    assert made.counts == UPDATED
    assert {seen.connection for seen in server.requests[: STEPS + 1]} == {1}


@pytest.mark.parametrize(
    "offers",
    [
        pytest.param([("WWW-Authenticate", "NTLM")], id="NTLM"),
        pytest.param([("www-authenticate", "negotiate")], id="Negotiate"),
        pytest.param([("WWW-Authenticate", 'Basic realm="a, b", Negotiate, ntlm')], id="in one line"),
    ],
)
@pytest.mark.parametrize("name", [ACCOUNT, "night@crm.example.com"])
async def test_any_way_of_offering_it_will_do(
    offers: list[tuple[str, str]], name: str, password: Path
) -> None:
    """NTLM is spoken under the name it is offered under; accounts have two kinds of names."""
    iis = Iis(offers=offers)

    made, _ = await night(iis, password, username=name)

    assert made.counts == UPDATED
    assert iis.refused == 0


# -- refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [ACCOUNT, "CRM\\nobody"])
async def test_a_wrong_password_is_tried_once(name: str, password: Path) -> None:
    """By nobody else, and nothing of the job is sent; the words say what to check."""
    write_password(password, "wrong")
    iis = Iis()

    made, server = await night(iis, password, username=name)

    assert (iis.refused, server.puts, made.puts) == (1, [], 0)
    assert set(made.counts) <= {Result.FAILED, Result.NOT_SENT}
    assert "check auth.username and auth.password" in str(made.reason)


async def test_a_password_changed_in_the_night_is_tried_once(accounts: Path, password: Path) -> None:
    """When all connections end and the account is no longer what it was, one finds out for all."""
    served = 0

    async def change_locks(peer: Peer, request: Request) -> None:
        nonlocal served
        served += 1
        if served == 30:
            write_accounts(accounts, "another")
        await echo(peer, request)
        if served >= 30:
            await peer.close()

    iis = Iis(slowly(change_locks, 0.002))

    made, server = await night(iis, password)

    assert iis.refused == 1
    assert carried_out(server).total() == made.counts[Result.UPDATED] == len(server.puts)
    assert 30 <= len(server.puts) < ROWS
    assert "check auth.username and auth.password" in str(made.reason)


async def test_a_password_is_read_again_for_each_connection(accounts: Path, password: Path) -> None:
    """Who puts the new one into the file when it changes is not refused."""

    async def change_locks(peer: Peer, request: Request) -> None:
        write_accounts(accounts, "another")
        write_password(password, "another")
        await echo(peer, request)
        await peer.close()

    iis = Iis(change_locks)

    made, _ = await night(iis, password)

    assert made.counts == UPDATED
    assert iis.refused == 0


OTHERS = {
    "nothing": [],
    "only Basic": [("WWW-Authenticate", "Basic realm=x")],
    "words that begin alike": [("WWW-Authenticate", "NTLMv3"), ("WWW-Authenticate", "Negotiated")],
}


@pytest.mark.parametrize("offers", OTHERS.values(), ids=OTHERS)
async def test_a_service_that_does_not_offer_it_is_told(
    offers: list[tuple[str, str]], password: Path
) -> None:
    """No password is shown to it; the run stops with what to look at."""
    iis = Iis(offers=offers)

    made, server = await night(iis, password)

    assert len(server.requests) == 1
    assert "does not offer NTLM sign-in (it answered 401)" in str(made.reason)
    assert "is on for SuperOffice's web API in IIS" in str(made.reason)


@pytest.mark.parametrize("status", [200, 302, 404, 407])
async def test_a_service_that_asks_for_nothing_is_told(status: int, password: Path) -> None:
    """Whoever lets everybody in, or is somewhere else, is not the service we are to sign in to."""
    iis = Iis(steps={1: answer(status, b"", BOTH)})

    made, server = await night(iis, password)

    assert len(server.requests) == 1
    assert f"(it answered {status}); check target.base_url" in str(made.reason)


CHALLENGES = {
    "none": b"NTLM",
    "another scheme's": b"Negotiate TlRMTVNTUAACAAAA",
    "no base64": b"NTLM ????",
    "no bytes": b"NTLM ====",
    "two": b"NTLM AA== AA==",
    "cut": b"NTLM TlRMTVNTUAACAAAA",
    "our own": b"NTLM TlRMTVNTUAABAAAAN4II4AAAAAAgAAAAAAAAACAAAAAADAEAAAAADw==",
    "nonsense": b"NTLM a2FuYXJpZW52b2dlbA==",
    "an offset into nowhere": b"NTLM TlRMTVNTUAACAAAA//8AAP////8FgomiAAAAAAAAAAAAAAAA//////////8=",
}


@pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
async def test_a_challenge_that_is_none_is_not_answered(challenge: bytes, password: Path) -> None:
    """The run stops; what came is not quoted."""
    iis = Iis(steps={2: answer(401, b"", [("WWW-Authenticate", challenge.decode())])})

    made, server = await night(iis, password)

    assert (len(server.requests), iis.proofs) == (2, {})
    assert "answered 401 to NTLM without a challenge that can be read" in str(made.reason)


async def test_a_connection_that_is_signed_in_for_one_request_only_is_not_enough(password: Path) -> None:
    """A service (or a proxy) that forgets at once who we are refuses the first PUT; no other is sent."""
    iis = Iis(is_forgetful=True)

    made, server = await night(iis, password)

    assert (len(server.puts), made.puts, carried_out(server)) == (1, 1, {})
    assert "rejected the credentials (401)" in str(made.reason)


# -- lost connections ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("goodbye", [{"Connection": "close"}, {}], ids=["told", "silent"])
async def test_a_connection_that_has_ended_signs_in_anew(goodbye: dict[str, str], password: Path) -> None:
    """However often that happens, each PUT goes out once, over a connection that has signed in."""

    async def leave(peer: Peer, request: Request) -> None:
        request.applied = True
        await peer.send(framed(200, request.body, goodbye))
        await peer.close()
        await asyncio.sleep(0.001)

    def moody() -> Act:
        number = 0

        async def act(peer: Peer, request: Request) -> None:
            nonlocal number
            number += request.method == "PUT"
            await (leave if request.method == "PUT" and number % 5 == 0 else echo)(peer, request)

        return act

    iis = Iis(moody())

    made, server = await night(iis, password)

    assert made.counts == UPDATED
    assert carried_out(server) == once_each()
    assert len(iis.proofs) >= ROWS // 5
    assert set(iis.proofs.values()) == {1}
    assert iis.refused == 0


@pytest.mark.parametrize("end", [CLOSE, RESET], ids=["closed", "reset"])
async def test_a_put_whose_answer_is_lost_is_not_repeated_by_itself(end: Act, password: Path) -> None:
    """As with every other way to sign in: one PUT on the wire, and its fate is unknown."""
    iis = Iis()
    async with (
        raw_server(otherwise=iis) as server,
        open_client(online(server.url, ntlm(password))) as client,
    ):
        good = await client.put(change())
        iis.otherwise = end
        lost = await client.put(change())
        iis.otherwise = echo
        again = await client.put(change())

    assert [each.result for each in (good, lost, again)] == [Result.UPDATED, Result.UNKNOWN, Result.UPDATED]
    assert [put.connection for put in server.puts] == [1, 1, 2]


async def test_connections_that_were_forgotten_sign_in_again(password: Path) -> None:
    """A restarted IIS answers 401 on connections it knew: nothing was applied, and all go on."""
    served = 0

    async def restart(peer: Peer, request: Request) -> None:
        nonlocal served
        served += request.method == "PUT"
        if served == 20:
            iis.signed_in.clear()
        await echo(peer, request)

    iis = Iis(slowly(restart, 0.002))

    made, server = await night(iis, password)

    assert made.counts == UPDATED
    assert carried_out(server) == once_each()
    assert made.puts == len(server.puts) > ROWS
    assert iis.refused == 0


@pytest.mark.parametrize("anyio_backend", [VIRTUAL_TIME], ids=["virtual time"])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
@pytest.mark.parametrize(
    "act",
    [CLOSE, RESET, HANG, answer(503), answer(500), answer(429), say(b"nonsense\r\n\r\n")],
    ids=["closed", "reset", "silence", "503", "500", "429", "nonsense"],
)
async def test_what_happens_while_signing_in_may_pass(step: int, act: Act, password: Path) -> None:
    """It is an outage: nothing was sent, the row waits, and the password is not thought wrong."""
    iis = Iis(steps={step: act})
    async with (
        raw_server(otherwise=iis) as server,
        open_client(hasty(online(server.url, ntlm(password)))) as client,
    ):
        outcome = await client.put(change())
        iis.steps.clear()
        later = await client.put(change())

    assert (outcome.result, outcome.trouble, outcome.wire_puts) == (Result.FAILED, Trouble.DOWN, 0)
    assert outcome.stop is None
    assert "signing in" in str(outcome.detail)
    assert later.result is Result.UPDATED
    assert len(server.puts) == 1


@pytest.mark.parametrize("step", range(1, STEPS + 1))
async def test_a_step_never_goes_over_another_connection(step: int, password: Path) -> None:
    """A connection that ends in between would make a right password look wrong."""
    iis = Iis(leaving=step)
    async with (
        raw_server(otherwise=iis) as server,
        open_client(online(server.url, ntlm(password))) as client,
    ):
        outcome = await client.put(change())

    words = "while it was signing in" if step < STEPS else "as soon as it had signed in"
    assert (outcome.trouble, outcome.wire_puts, len(server.requests)) == (Trouble.DOWN, 0, step)
    assert outcome.detail == f"the connection ended {words}"


@pytest.mark.parametrize("anyio_backend", [VIRTUAL_TIME], ids=["virtual time"])
async def test_bad_luck_is_shared(password: Path) -> None:
    """Those who wait for their turn share it, and do not suffer from that of the past."""
    iis = Iis()
    async with (
        raw_server(otherwise=iis) as server,
        open_client(hasty(online(server.url, ntlm(password)))) as client,
    ):
        await client.put(change())
        await server.leave()
        iis.steps[2] = HANG
        unlucky = await together(client, 8)
        tried = len(server.requests)
        iis.steps.clear()
        lucky = await together(client, 8)

    assert [outcome.trouble for outcome in unlucky] == [Trouble.DOWN] * 8
    assert tried == STEPS + 1 + 2
    assert [outcome.result for outcome in lucky] == [Result.UPDATED] * 8


async def test_who_is_cancelled_while_signing_in_leaves_no_trace(password: Path) -> None:
    """The next one signs in from the beginning."""
    iis = Iis(steps={2: HANG})
    async with (
        raw_server(otherwise=iis) as server,
        open_client(online(server.url, ntlm(password))) as client,
    ):
        with anyio.move_on_after(BRIEF):
            await client.put(change())
        iis.steps.clear()
        outcome = await client.put(change())

    assert outcome.result is Result.UPDATED
    assert (len(server.puts), iis.refused) == (1, 0)


async def together(client: Client, number: int) -> list[Any]:
    """Make some PUTs at once."""
    outcomes = []

    async def put() -> None:
        outcomes.append(await client.put(change()))

    async with anyio.create_task_group() as group:
        for _ in range(number):
            group.start_soon(put)
    return outcomes


# -- secrets -------------------------------------------------------------------------------------------------


async def test_neither_password_nor_proof_is_told(password: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not by us, and not by the library, which tells every step of signing in at the lowest level."""
    caplog.set_level(logging.DEBUG)
    iis = Iis()
    async with (
        raw_server(otherwise=iis) as server,
        open_client(setting := online(server.url, ntlm(password))) as client,
    ):
        good = await client.put(change())
        iis.signed_in.clear()
        write_password(password, "wrong")
        signed_out, refused = await client.put(change()), await client.put(change())

    shown = [seen.header("Authorization") for seen in server.requests]
    proofs = [str(value).split()[1] for value in shown if value]
    told = caplog.text + "".join(
        everything(client, setting, change(), outcome) for outcome in (good, signed_out, refused)
    )
    assert len(proofs) == 4
    assert refused.stop
    assert not [proof for proof in proofs if proof in told]
    assert_silent(told)


# -- TLS -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def secured() -> tuple[trustme.CA, trustme.LeafCert]:
    """A server's certificate, and who vouches for it."""
    authority = trustme.CA()
    return authority, authority.issue_cert("127.0.0.1")


def bound_to(certificate: trustme.LeafCert) -> GssChannelBindings:
    """Return what a sign-in is bound to, by RFC 5929."""
    read = x509.load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes())
    digest = read.fingerprint(SHA256())
    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest)


async def over_tls(
    secured: tuple[trustme.CA, trustme.LeafCert], bindings: GssChannelBindings | None, password: Path
) -> tuple[Any, Iis]:
    """Make one PUT at a server that insists on *bindings*; whoever vouches for it is trusted."""
    authority, certificate = secured
    ca_file = password.with_name("ca.pem")
    authority.cert_pem.write_to_path(str(ca_file))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(tls)
    iis = Iis(bindings=bindings)
    async with raw_server(otherwise=iis, tls=tls) as server:
        url = f"https://127.0.0.1:{server.port}"
        setting = online(url, ntlm(password), ca_file=ca_file)
        async with open_client(setting) as client:
            return await client.put(change()), iis


async def test_a_sign_in_is_bound_to_the_server_s_certificate(
    secured: tuple[trustme.CA, trustme.LeafCert], password: Path
) -> None:
    """Extended protection, where IIS asks for it, finds what it looks for; nobody can pass the proof on."""
    right, _ = await over_tls(secured, bound_to(secured[1]), password)
    other, iis = await over_tls(secured, bound_to(trustme.CA().issue_cert("127.0.0.1")), password)

    assert right.result is Result.UPDATED
    assert (other.result, iis.refused) == (Result.FAILED, 1)


async def test_nobody_signs_in_at_a_server_that_is_not_trusted(
    secured: tuple[trustme.CA, trustme.LeafCert], password: Path
) -> None:
    """What is wrong with its certificate stops the run, as with every other way to sign in."""
    outcome, iis = await over_tls((trustme.CA(), secured[1]), None, password)

    assert (outcome.result, outcome.wire_puts, iis.proofs) == (Result.FAILED, 0, {})
    assert str(outcome.stop).startswith("signing in: no trusted TLS connection to 127.0.0.1")


RSA_WITH = bytes.fromhex("06092a864886f70d0101")  # what follows says with which hash
SHA_256, SHA_1, SHA_384 = b"\x0b", b"\x05", b"\x0c"


@pytest.mark.parametrize(("told", "kind"), [(SHA_1, SHA256()), (SHA_256, SHA256()), (SHA_384, SHA384())])
def test_a_certificate_is_told_by_the_hash_it_was_signed_with(told: bytes, kind: HashAlgorithm) -> None:
    """By RFC 5929, which takes SHA-256 where that hash is a weak one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    written = signed_by(key, SHA256()).replace(RSA_WITH + SHA_256, RSA_WITH + told)

    assert fingerprint(written) == x509.load_der_x509_certificate(written).fingerprint(kind)


def test_a_certificate_without_a_hash_binds_nothing() -> None:
    """There is no rule for those, nor for what is no certificate."""
    assert fingerprint(signed_by(ed25519.Ed25519PrivateKey.generate(), None)) is None
    assert fingerprint(b"kanarie") is None


def signed_by(key: Any, kind: Any) -> bytes:
    """Return a certificate, signed with a key and a hash."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "crm.example.com")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=1))
    return built.sign(key, kind).public_bytes(Encoding.DER)
