"""What settings of channels may be: addresses, hosts, headers and keys."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from .value_types import is_loopback

SIGNING_PREFIX = "whsec_"  # of Standard Webhooks
OURS = ("content-length", "content-type", "host", "transfer-encoding", "user-agent")  # headers that we set
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_HOST = re.compile(r"[\w.:-]{1,255}", re.ASCII)
_MAILBOX = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")
_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_URL = re.compile(r"[!-~]+")


def check_url(text: str) -> str:
    """Return an address that may be sent to; raise ValueError, without it, for any other."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not _URL.fullmatch(text) or parts.scheme not in ("http", "https"):
        raise ValueError("must be a whole address that begins with https://")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("must begin with https://. http:// is only for an address on this machine")
    return text


def read_signing_keys(text: str) -> list[bytes]:
    """Return the keys of Standard Webhooks in a text, one a word; raise ValueError, without it, for none."""
    try:
        keys = [_decode(word.removeprefix(SIGNING_PREFIX)) for word in text.split()]
    except binascii.Error:
        keys = []
    if not keys or not all(keys):
        raise ValueError(f'must be base64, with or without "{SIGNING_PREFIX}" before it')
    return keys


def _decode(word: str) -> bytes:
    return base64.b64decode(word + "=" * (-len(word) % 4), validate=True)


def _check_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError('must be a name of small letters, digits and "-", such as "crm-mail"')
    return value


def _check_host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise ValueError('must be the name of a host, such as "mail.example.com"')
    return value


def _check_mailbox(value: str) -> str:
    if not _MAILBOX.fullmatch(value) or not value.isprintable():
        raise ValueError('must be a mail address alone, such as "crm@example.com"')
    return value


def _check_secret_url(value: SecretStr) -> SecretStr:
    check_url(value.get_secret_value())
    return value


def _check_signing_secret(value: SecretStr) -> SecretStr:
    read_signing_keys(value.get_secret_value())
    return value


def _check_proxy(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError("must be an address, such as http://proxy.example.com:3128")
    return value


def _check_headers(value: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    for name, secret in value.items():
        text = secret.get_secret_value()
        if not _HEADER.fullmatch(name) or not (text.isascii() and text.isprintable()):
            raise ValueError("must have names and values of plain ASCII characters")
        if name.lower() in OURS or name.lower().startswith("webhook-"):
            raise ValueError(f"must not have {name}, which presence-worker sets")
    return value


ChannelName = Annotated[str, AfterValidator(_check_name)]
Host = Annotated[str, AfterValidator(_check_host)]
Mailbox = Annotated[str, AfterValidator(_check_mailbox)]
SecretUrl = Annotated[SecretStr, AfterValidator(_check_secret_url)]
SigningSecret = Annotated[SecretStr, AfterValidator(_check_signing_secret)]
ProxyUrl = Annotated[SecretStr, AfterValidator(_check_proxy)]
SecretHeaders = Annotated[dict[str, SecretStr], AfterValidator(_check_headers)]
