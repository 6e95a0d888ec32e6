"""Whom we trust: certificates are always verified, and what is wrong with one stops the run."""

import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from presence_worker.errors import UsageFault
from presence_worker.model import Outcome, Reason, Result, Trouble
from presence_worker.settings import Delivery
from presence_worker.superoffice import check_settings, open_client
from tests.raw_server import Greeting, Peer, raw_server

from .certificates import ALL, OVER, TO_COME, Signed, certificate, listening
from .certificates import serving as allowing_all
from .given import BRIEF, change, put_once, settings
from .signing_in import OAUTH, online, tokens

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
REMEDY = "if you have your own certificate authority, set target.ca_file to its certificate file"

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """The authority's certificate, as an operator would name it."""
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


def serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """Return a server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


async def put_over_tls(tls: ssl.SSLContext, ca_file: Path | None) -> tuple[Outcome, int]:
    """Make one PUT over TLS; give the outcome and how many requests the server saw."""
    async with raw_server(tls=tls) as server:
        outcome = await put_once(settings(f"https://127.0.0.1:{server.port}", ca_file=ca_file))
    return outcome, len(server.requests)


def assert_stopped(outcome: Outcome, requests: int, words: str, remedy: str = REMEDY) -> None:
    """The run stops, nothing was sent, and the sentence says what is wrong and what to do."""
    assert (outcome.result, outcome.reason, outcome.trouble) == (Result.FAILED, Reason.CONNECTION, None)
    assert (outcome.wire_puts, requests) == (0, 0)
    assert words in str(outcome.stop)
    assert str(outcome.stop).endswith(remedy)


async def test_tls_1_2_is_spoken(authority: trustme.CA, ca_file: Path) -> None:
    """Old servers of the right age are reached."""
    tls = serving(authority.issue_cert("127.0.0.1"))
    tls.maximum_version = ssl.TLSVersion.TLSv1_2

    outcome, _ = await put_over_tls(tls, ca_file)

    assert outcome.result is Result.UPDATED


async def test_a_named_authority_is_trusted(authority: trustme.CA, ca_file: Path) -> None:
    """target.ca_file is all an own authority needs."""
    outcome, _ = await put_over_tls(serving(authority.issue_cert("127.0.0.1")), ca_file)

    assert outcome.result is Result.UPDATED


@pytest.mark.proves("the certificate is not trusted")
async def test_an_unknown_authority_is_not(authority: trustme.CA) -> None:
    """Without target.ca_file only public authorities count."""
    outcome, requests = await put_over_tls(serving(authority.issue_cert("127.0.0.1")), None)

    assert_stopped(outcome, requests, "unable to get local issuer certificate")


async def test_a_self_signed_certificate_is_not_trusted(authority: trustme.CA, tmp_path: Path) -> None:
    """Nobody vouches for it but itself."""
    pair = tmp_path / "self-signed.pem"
    pair.write_bytes(authority.private_key_pem.bytes() + authority.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)

    outcome, requests = await put_over_tls(context, None)

    assert_stopped(outcome, requests, "self-signed certificate")


async def test_an_expired_certificate_is_not_trusted(authority: trustme.CA, ca_file: Path) -> None:
    """Even our own authority's word ends some day."""
    expired = authority.issue_cert("127.0.0.1", not_before=LONG_AGO, not_after=LONG_AGO.replace(month=2))

    outcome, requests = await put_over_tls(serving(expired), ca_file)

    assert_stopped(outcome, requests, "certificate has expired", "`presence-worker doctor` says which")


async def test_another_host_s_certificate_is_not_trusted(authority: trustme.CA, ca_file: Path) -> None:
    """A certificate is for a name, and that must be the one we asked for."""
    outcome, requests = await put_over_tls(serving(authority.issue_cert("crm.example.com")), ca_file)

    words = "certificate is not valid for '127.0.0.1'"
    assert_stopped(outcome, requests, words, "whose name is in the certificate")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
async def test_old_tls_is_not_spoken(authority: trustme.CA, ca_file: Path) -> None:
    """TLS 1.2 is the least."""
    old = serving(authority.issue_cert("127.0.0.1"))
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1

    outcome, requests = await put_over_tls(old, ca_file)

    assert (outcome.result, outcome.wire_puts, requests) == (Result.FAILED, 0, 0)


async def test_tls_to_a_plain_port_stops() -> None:
    """A wrong port looks like a broken connection; we say what it is."""
    async with raw_server(greeting=lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        outcome = await put_once(settings(f"https://127.0.0.1:{server.port}"))

    words, remedy = (
        "the server does not seem to use TLS 1.2 or newer",
        "check https and the port in the address",
    )
    assert_stopped(outcome, len(server.requests), words, remedy)


async def test_plain_to_a_tls_port_is_no_success(authority: trustme.CA) -> None:
    """The server hangs up without a word, so there is nothing to name; nothing was applied twice."""
    async with raw_server(tls=serving(authority.issue_cert("127.0.0.1"))) as server:
        outcome = await put_once(settings(server.url))

    assert (outcome.result, outcome.trouble, outcome.wire_puts) == (Result.UNKNOWN, Trouble.DISCONNECTED, 1)
    assert server.requests == []


@pytest.mark.parametrize("greeting", [Peer.close, Peer.reset, Peer.hang])
async def test_a_handshake_that_breaks_off_is_an_outage(greeting: Greeting) -> None:
    """No certificate was seen, so none was wrong: the service may come back."""
    async with raw_server(greeting=greeting) as server:
        url = f"https://127.0.0.1:{server.port}"
        outcome = await put_once(settings(url, delivery=Delivery(connect_timeout=BRIEF)))

    assert (outcome.result, outcome.trouble, outcome.stop) == (Result.FAILED, Trouble.DOWN, None)
    assert outcome.wire_puts == 0


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\x30\x82\xff"])
def test_an_unusable_ca_file_is_found_before_anything_is_sent(content: bytes | None, tmp_path: Path) -> None:
    """The sentence names the setting and the file."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(UsageFault, match=rf"target\.ca_file: .*{file.name}: "):
        check_settings(settings(ca_file=file))


async def test_the_sign_in_host_is_trusted_by_the_same_authority(
    authority: trustme.CA, ca_file: Path
) -> None:
    """ca_file holds for every host; without it, the run stops before anything is said to either."""
    tls = serving(authority.issue_cert("127.0.0.1"))
    async with raw_server(tokens("a"), tls=tls) as login, raw_server(tls=tls) as server:
        https = [f"https://127.0.0.1:{each.port}" for each in (server, login)]
        outcomes = []
        for target in ({}, {"ca_file": ca_file}):
            async with open_client(online(https[0], OAUTH, https[1], **target)) as client:
                outcomes.append(await client.put(change()))

    distrusting, trusting = outcomes
    assert str(distrusting.stop).startswith(
        f"signing in: no trusted TLS connection to 127.0.0.1:{login.port}"
    )
    assert str(distrusting.stop).endswith(REMEDY)
    assert trusting.result is Result.UPDATED
    assert (len(login.requests), len(server.requests)) == (1, 1)


async def test_an_https_host_is_verified_though_the_other_is_not_https(
    authority: trustme.CA,
) -> None:
    """A service on this machine over http does not make the sign-in host one to be trusted blindly."""
    tls = serving(authority.issue_cert("127.0.0.1"))
    async with raw_server(tokens("a"), tls=tls) as login, raw_server() as server:
        setting = online(server.url, OAUTH, f"https://127.0.0.1:{login.port}")
        async with open_client(setting) as client:
            outcome = await client.put(change())

    assert "no trusted TLS connection" in str(outcome.stop)
    assert (login.requests, server.requests) == ([], [])


async def test_session_keys_are_written_nowhere(
    authority: trustme.CA, ca_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSLKEYLOGFILE is not obeyed: who reads such a file reads the credentials."""
    keys = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))

    outcome, _ = await put_over_tls(serving(authority.issue_cert("127.0.0.1")), ca_file)

    assert outcome.result is Result.UPDATED
    assert not keys.exists()


async def test_a_proxy_over_tls_is_verified_like_every_host(authority: trustme.CA, ca_file: Path) -> None:
    """ca_file holds for it, also where the service itself is reached over plain http."""
    outcomes = []
    async with raw_server(tls=serving(authority.issue_cert("127.0.0.1"))) as proxy:
        for file in (None, ca_file):
            setting = settings(
                "http://crm.localhost/x", proxy=f"https://127.0.0.1:{proxy.port}", ca_file=file
            )
            outcomes.append(await put_once(setting))

    distrusting, trusting = outcomes
    assert "unable to get local issuer certificate" in str(distrusting.stop)
    assert trusting.result is Result.UPDATED
    assert len(proxy.requests) == 1


AUTHORITY = certificate("authority")
WEAK_AUTHORITY = certificate("weak authority", is_weak=True)
MIDDLE = certificate("authority in the middle", AUTHORITY)
OVER_AUTHORITY = certificate("authority", days=OVER)
OVER_MIDDLE = certificate("authority in the middle", AUTHORITY, days=OVER)
RENEWED = "must be renewed; `presence-worker doctor` says which"
FAULTS = {  # what is shown, who is trusted, what is said, and the remedy
    "weak key": (certificate("crm", AUTHORITY, is_weak=True), AUTHORITY, "key too weak", "key of 2048 bits"),
    "weak authority": (
        certificate("crm", WEAK_AUTHORITY),
        WEAK_AUTHORITY,
        "CA certificate key too weak",
        "of an authority with an RSA key of 2048 bits",
    ),
    "expired": (certificate("crm", AUTHORITY, days=OVER), AUTHORITY, "has expired", RENEWED),
    "expired authority": (certificate("crm", OVER_AUTHORITY), OVER_AUTHORITY, "has expired", RENEWED),
    "expired intermediate": (
        certificate("crm", OVER_MIDDLE)._replace(issuers=OVER_MIDDLE.pem),
        AUTHORITY,
        "has expired",
        RENEWED,
    ),
    "not yet valid": (
        certificate("crm", AUTHORITY, days=TO_COME),
        AUTHORITY,
        "not yet valid",
        "check this machine's clock",
    ),
    "intermediate left out": (
        certificate("crm", MIDDLE),
        AUTHORITY,
        "unable to get local issuer certificate",
        "an intermediate certificate may be missing on the server",
    ),
}


@pytest.mark.parametrize(("shown", "trusted", "words", "remedy"), FAULTS.values(), ids=FAULTS)
async def test_each_fault_of_a_certificate_has_a_remedy(
    shown: Signed, trusted: Signed, words: str, remedy: str, tmp_path: Path
) -> None:
    """What is wrong, and who can correct what; an own authority is only spoken of where that may be it."""
    file = tmp_path / "ca.pem"
    file.write_bytes(trusted.pem)

    outcome, requests = await put_over_tls(allowing_all(shown, tmp_path), file)

    assert (outcome.result, outcome.wire_puts, requests) == (Result.FAILED, 0, 0)
    assert words in str(outcome.stop)
    assert remedy in str(outcome.stop)
    assert ("target.ca_file" in str(outcome.stop)) == ("issuer" in words)


async def test_a_whole_chain_is_trusted(tmp_path: Path) -> None:
    """The same authority and the same intermediate: what the faults above are faults of."""
    file = tmp_path / "ca.pem"
    file.write_bytes(AUTHORITY.pem)
    shown = certificate("crm", MIDDLE)._replace(issuers=MIDDLE.pem)

    outcome, _ = await put_over_tls(allowing_all(shown, tmp_path), file)

    assert outcome.result is Result.UPDATED


def only(ciphers: str, newest: ssl.TLSVersion, folder: Path) -> ssl.SSLContext:
    """Return a server's side of TLS as old as that."""
    context = allowing_all(certificate("crm", AUTHORITY), folder, ciphers)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = newest
    return context


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
@pytest.mark.parametrize(
    ("ciphers", "newest", "words", "remedy"),
    [
        ("AES128-SHA:@SECLEVEL=0", ssl.TLSVersion.TLSv1_2, "no common cipher", "ECDHE and AES-GCM"),
        (ALL, ssl.TLSVersion.TLSv1_1, "only uses TLS 1.1 or older", "switch on TLS 1.2 or 1.3"),
    ],
)
async def test_a_server_that_is_too_old_is_told(
    ciphers: str, newest: ssl.TLSVersion, words: str, remedy: str, tmp_path: Path
) -> None:
    """The run stops, with what its administrator has to allow."""
    with listening(only(ciphers, newest, tmp_path)) as port:
        outcome = await put_once(settings(f"https://127.0.0.1:{port}"))

    assert words in str(outcome.stop)
    assert remedy in str(outcome.stop)
    assert (outcome.result, outcome.wire_puts) == (Result.FAILED, 0)


def demanding(authority: trustme.CA) -> ssl.SSLContext:
    """Return a server's side of TLS that wants a certificate of whoever asks."""
    context = serving(authority.issue_cert("127.0.0.1"))
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def refusing_without(context: ssl.SSLContext) -> Greeting:
    """Do TLS by hand: asyncio's own server does not say on the wire why it ends."""

    async def greet(peer: Peer) -> None:
        came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(came, goes, server_side=True)
        while data := await peer.reader.read(2**16):
            came.write(data)
            with suppress(ssl.SSLError):
                tls.do_handshake()
            await peer.send(goes.read())

    return greet


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": used}) for used in (False, True)])
@pytest.mark.proves("SuperOffice wants a client certificate")
async def test_a_service_that_wants_a_certificate_of_ours_stops_the_run(
    authority: trustme.CA, ca_file: Path
) -> None:
    """With TLS 1.3 it says so only after the handshake, when the PUT is on its way: nothing has read it."""
    async with (
        raw_server(greeting=refusing_without(demanding(authority))) as server,
        open_client(settings(f"https://127.0.0.1:{server.port}", ca_file=ca_file)) as client,
    ):
        outcome = await client.put(change())
        looked = await client.get(change())

    assert (outcome.result, outcome.reason, outcome.trouble) == (Result.FAILED, Reason.CONNECTION, None)
    assert outcome.wire_puts == 0
    assert f"127.0.0.1:{server.port} wants a client certificate" in str(outcome.stop)
    assert looked.stop == outcome.stop
