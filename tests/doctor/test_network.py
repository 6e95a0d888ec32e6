"""The way to the service: names that lead somewhere, certificates that are trusted and hold."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from tests.raw_server import Act, Greeting, Peer
from tests.superoffice.certificates import OVER, Signed, certificate, listening
from tests.superoffice.certificates import serving as allowing_all
from tests.superoffice.signing_in import STATE
from tests.superoffice.test_tenant import state
from tests.superoffice.test_tls import serving

from .given import Doctor, answering

NOWHERE = f"https://{'a.' * 130}superoffice.com"  # too long to be asked for
AUTHORITY = certificate("authority")
REMEDY = "if you have your own certificate authority, set target.ca_file to its certificate file"


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


def leaf(authority: trustme.CA, days: float) -> ssl.SSLContext:
    """Give a server's side of TLS whose certificate still holds for some days."""
    now = datetime.now(UTC)
    return serving(
        authority.issue_cert(
            "127.0.0.1", not_before=now - timedelta(days=1), not_after=now + timedelta(days=days)
        )
    )


@pytest.mark.parametrize(
    ("days", "verdict", "told"),
    [
        (90.5, "ok", "valid for 90 more days"),
        (13.5, "warning", "valid for 13 more days"),
        (0.5, "fault", "valid for 0 more days"),
    ],
)
def test_a_certificate_s_days(
    days: float, verdict: str, told: str, authority: trustme.CA, ca_file: Path, doctor: Doctor
) -> None:
    """Trusted, with who issued it; one that ends soon is a warning, one that ends today a fault."""
    doctor.configure(f"[target]\nca_file = '{ca_file}'\n")
    with answering(tls=leaf(authority, days)) as server:
        examined = doctor(f"https://127.0.0.1:{server.port}")

    words = examined.told("TLS").words
    assert examined.verdict("TLS") == verdict
    assert told in words
    assert "TLSv1.3, issued by trustme v" in words
    assert examined.ended.code == (6 if verdict == "fault" else 0)


def test_a_certificate_nobody_vouches_for(authority: trustme.CA, doctor: Doctor) -> None:
    """The reason is named, and no request goes out."""
    with answering(tls=leaf(authority, 90)) as server:
        examined = doctor(f"https://127.0.0.1:{server.port}")

    told = examined.told("TLS")
    assert (told.verdicts, examined.ended.code) == (["fault"], 6)
    assert told.remedies.endswith(REMEDY)
    assert "unable to get local issuer certificate" in told.words
    assert (server.requests, examined.told("version").words) == ([], "correct first: TLS")


OVER_AUTHORITY = certificate("authority", days=OVER)


@pytest.mark.parametrize(
    ("shown", "trusted", "words", "remedy"),
    [
        (certificate("crm", AUTHORITY, days=OVER), AUTHORITY, "its certificate expired on 20", "to renew it"),
        (
            certificate("crm", OVER_AUTHORITY),
            OVER_AUTHORITY,
            "the certificate of its authority has expired. Its own is valid until",
            "put the authority's new certificate there",
        ),
    ],
)
def test_whose_certificate_has_expired(
    shown: Signed, trusted: Signed, words: str, remedy: str, doctor: Doctor, tmp_path: Path
) -> None:
    """The server's own, or that of its authority: each is another one's to correct."""
    (tmp_path / "ca.pem").write_bytes(trusted.pem)
    doctor.configure(f"[target]\nca_file = '{tmp_path / 'ca.pem'}'\n")
    with answering(tls=allowing_all(shown, tmp_path)) as server:
        examined = doctor(f"https://127.0.0.1:{server.port}")

    assert (examined.verdict("TLS"), examined.ended.code, server.requests) == ("fault", 6, [])
    assert words in examined.told("TLS").words
    assert remedy in examined.told("TLS").remedies


def test_no_common_cipher(doctor: Doctor, tmp_path: Path) -> None:
    """What the server's administrator has to allow."""
    old = allowing_all(certificate("crm", AUTHORITY), tmp_path, "AES128-SHA:@SECLEVEL=0")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with listening(old) as port:
        told = doctor(f"https://127.0.0.1:{port}").told("TLS")

    assert "no common cipher" in told.words
    assert "ECDHE and AES-GCM" in told.remedies


@pytest.mark.parametrize(
    ("greeting", "timeout", "words"),
    [
        (lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), 60, "does not seem to use TLS 1.2"),
        (Peer.reset, 60, "it ended the TLS handshake without a reason"),
        (Peer.close, 60, ""),
        (Peer.hang, 0.2, "cannot connect: no answer in time"),
    ],
)
def test_no_tls_there(greeting: Greeting, timeout: float, words: str, doctor: Doctor) -> None:
    """A plain port, or nobody who answers."""
    doctor.configure(f"[delivery]\nconnect_timeout = {timeout}\n")
    with answering(greeting=greeting) as server:
        examined = doctor(f"https://127.0.0.1:{server.port}")

    assert examined.verdict("TLS") == "fault"
    assert words in examined.told("TLS").words


def test_nobody_listens_there(doctor: Doctor) -> None:
    """A port that refuses is told before any certificate is."""
    told = doctor("https://127.0.0.1:9").told("TLS")

    assert told.verdicts == ["fault"]
    assert told.words.startswith("127.0.0.1:9: cannot connect: Conne")


def test_a_name_that_leads_nowhere(doctor: Doctor) -> None:
    """It is looked up before anything else is tried."""
    examined = doctor("https://crm.invalid/SuperOffice")

    told = examined.told("name resolution")
    assert (examined.ended.code, told.verdicts) == (6, ["fault"])
    assert told.words.startswith("no address found for crm.invalid (SuperOffice): ")
    assert "check the spelling of target.base_url" in told.remedies


def test_a_name_that_leads_somewhere(doctor: Doctor) -> None:
    """With the addresses it stands for."""
    with answering() as server:
        told = doctor(f"http://localhost:{server.port}").told("name resolution")

    assert told.verdicts == ["ok"]
    assert "127.0.0.1" in told.words


def test_through_a_proxy_nothing_is_guessed(doctor: Doctor) -> None:
    """Only the proxy's name is looked up from here; what is behind it is asked through it."""
    with answering() as server:
        doctor.configure(f"[target]\nproxy = 'http://127.0.0.1:{server.port}'\n")
        examined = doctor("https://crm.invalid")

    assert examined.told("name resolution").words == "127.0.0.1 (proxy) is an IP address"
    assert examined.told("TLS") == (["skipped"], "not checked: connections go through a proxy", "")
    assert examined.verdict("version") == "fault"


def test_the_sign_in_host_is_a_host_like_another(doctor: Doctor) -> None:
    """Both are looked up; where both are one, once."""
    doctor.configure("[target]\ntenant = 'Cust12345'\n[auth]\nlogin_url = 'https://login.invalid'\n")
    two = doctor("https://crm.invalid").told("name resolution")
    doctor.configure("[target]\ntenant = 'Cust12345'\n[auth]\nlogin_url = 'https://crm.invalid'\n")
    one = doctor("https://crm.invalid/Cust12345").told("name resolution")

    assert two.verdicts == ["fault", "fault"]
    assert "login.invalid (sign-in)" in two.words
    assert "auth.login_url" in two.remedies
    assert one.verdicts == ["fault"]


@pytest.mark.parametrize(
    ("place", "verdicts"), [("https://127.0.0.1:{}", ["ok", "warning"]), (NOWHERE, ["fault"])]
)
def test_the_tenant_s_host_is_looked_at_once_it_is_known(
    place: str, verdicts: list[str], authority: trustme.CA, ca_file: Path, doctor: Doctor
) -> None:
    """It is named by the tenant's state, and then its name and certificate count like any other's."""
    acts: dict[str, Act] = {}
    with answering(tls=leaf(authority, 5)) as server, answering(acts) as login:
        acts[STATE] = state(place.format(server.port))
        doctor.configure(
            f"[target]\nca_file = '{ca_file}'\ntenant = 'Cust12345'\n[auth]\nlogin_url = '{login.url}'\n"
        )
        examined = doctor()

    assert examined.verdict("tenant") == "ok"
    assert examined.told("tenant's host").verdicts == verdicts
    assert "(tenant)" in examined.told("tenant's host").words
