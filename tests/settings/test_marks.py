"""Files as Windows' editors write them: UTF-8's mark does no harm, and other encodings are named."""

from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from presence_worker.errors import UsageFault
from presence_worker.settings import Auth, Settings, Target
from presence_worker.settings.configuration import load_settings
from presence_worker.superoffice.auth_secrets import read_secret
from presence_worker.superoffice.sign_in.system_user import private_key
from presence_worker.superoffice.tls_handshake import tls_of

SECRET = "Kanarienvogel-7Q"
WIDE = {
    "utf-16": "is in UTF-16; save",
    "utf-32": "is in UTF-32; save",
    "utf-16-le": "like UTF-16 without its",
}


def configuration(file: Path) -> object:
    return load_settings(file, {}).delivery.rate


def secret(file: Path) -> object:
    return read_secret(Auth(password_file=file), "password")


def key(file: Path) -> object:
    return private_key(Auth(private_key_file=file)).key_size


def authority(file: Path) -> object:
    context = tls_of(Settings(target=Target(base_url="https://crm.example.com", ca_file=file)))
    assert not isinstance(context, bool)
    return len(context.get_ca_certs())


def pem_key() -> str:
    made = generate_private_key(65537, 2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def pem_authorities() -> str:
    return "".join(trustme.CA().cert_pem.bytes().decode() for _ in range(2))


FILES: dict[str, tuple[Callable[[Path], object], Callable[[], str], object]] = {
    "configuration": (configuration, lambda: "[delivery]\r\nrate = 5\r\n", 5.0),
    "secret": (secret, lambda: f"{SECRET}\r\n", SECRET),
    "key": (key, pem_key, 2048),
    "authorities": (authority, pem_authorities, 2),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_is_read_with_its_mark_and_without(kind: str, encoding: str, file: Path) -> None:
    """Notepad and PowerShell put a mark first; nothing behind it is overlooked."""
    read, made, expected = FILES[kind]
    file.write_bytes(made().encode(encoding))

    assert read(file) == expected


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("encoding", WIDE)
def test_other_encodings_are_named(kind: str, encoding: str, file: Path) -> None:
    """The cause, the file and what to do; of what is in it, nothing."""
    read, made, _ = FILES[kind]
    file.write_bytes(made().encode(encoding))

    with pytest.raises(UsageFault) as caught:
        read(file)

    assert f"{file}: " in str(caught.value)
    assert WIDE[encoding] in str(caught.value)
    assert "Set-Content -Encoding utf8" in str(caught.value)
    assert SECRET[:4] not in str(caught.value)
