"""https: a certificate one can verify, from an authority that is written down, and no key on disk."""

import ssl
import tempfile
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509

from presence_worker.errors import UsageFault
from presence_worker.sandbox import Online, People, Setup, serve
from presence_worker.sandbox.keys import make_certificate

from .caller import presence_path

pytestmark = pytest.mark.anyio


@pytest.fixture
def ca_file(tmp_path: Path) -> Path:
    return tmp_path / "ca.pem"


@pytest.fixture
def own_temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of our own for temporary files."""
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


async def answered(url: str, trust: ssl.SSLContext) -> tuple[int, str]:
    """Give the status and the text of a GET, its certificate verified."""
    headers = {"Authorization": "Bearer x"}
    connector = aiohttp.TCPConnector(ssl=trust)
    async with (
        aiohttp.ClientSession(connector=connector, headers=headers) as session,
        session.get(url) as answer,
    ):
        return answer.status, await answer.text()


async def test_its_certificate_is_verified_by_its_authority(ca_file: Path) -> None:
    """By address and by name, as strictly as it goes; links and the tenant's roots are https, too."""
    context = make_certificate(ca_file)
    trust = ssl.create_default_context(cafile=ca_file)
    trust.verify_flags |= ssl.VERIFY_X509_STRICT
    async with serve(People(), Setup(tls=context, online=Online(move_after=0))) as sandbox:
        _, state = await answered(f"{sandbox.url}/api/state/Cust1", trust)
        endpoint = state.partition('"Endpoint":"')[2].partition('"')[0]
        there = await answered(f"{endpoint}{presence_path(7)}", trust)
        by_name = endpoint.replace("127.0.0.1", "localhost")
        named = await answered(f"{by_name}/api/v1/User?$top=1", trust)

    assert sandbox.url.startswith("https://127.0.0.1:")
    assert (there[0], named[0]) == (200, 200)
    assert f'"odata.nextLink":"{by_name}/api/v1/User?' in named[1]


async def test_nobody_else_s_authority_verifies_it(ca_file: Path) -> None:
    """Each sandbox has its own; the system's authorities do not know it."""
    other = ca_file.with_name("other.pem")
    make_certificate(other)
    async with serve(People(), Setup(tls=make_certificate(ca_file))) as sandbox:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await answered(f"{sandbox.url}/api", ssl.create_default_context(cafile=other))


def test_no_key_is_left_on_disk(ca_file: Path, own_temp: Path) -> None:
    """What is written is the authority's certificate alone; what passed through a file is gone."""
    make_certificate(ca_file)

    assert b"PRIVATE" not in ca_file.read_bytes()
    assert "rehearsals" in x509.load_pem_x509_certificate(ca_file.read_bytes()).subject.rfc4514_string()
    assert list(own_temp.iterdir()) == []


def test_a_file_that_cannot_be_written_is_a_usage_fault(tmp_path: Path) -> None:
    """The error names option, file and reason."""
    with pytest.raises(UsageFault, match=r"--ca-file .*: Is a directory"):
        make_certificate(tmp_path)
