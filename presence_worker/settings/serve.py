"""How `presence-worker serve` listens, whom it lets in, and which folders it takes jobs from."""

import re
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from .channel_values import ChannelName, SigningSecret
from .section import Section
from .value_types import HomePath, Raw, Seconds, SecondsOrNone, is_loopback, parse_duration

Role = Literal["submit", "read", "rows", "approve"]
MIB = 1024 * 1024
UNITS = {"": 1, "B": 1, "KiB": 1024, "MiB": MIB, "GiB": 1024 * MIB}
LAST_PORT = 65535
_SIZE = re.compile(r"\s*(\d{1,15})\s*(B|KiB|MiB|GiB)?\s*", re.ASCII)
_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]*)):(\d{1,5})", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MARKER = re.compile(r"marker:(\.[\w.-]+)")
NO_ACCESS = "listen: set tls_cert_file and tls_key_file, or behind_proxy, to let other machines in"


class Address(NamedTuple):
    """Where a server listens."""

    host: str  # "": all addresses of this machine
    port: int  # 0: one that is free


class Complete(NamedTuple):
    """When a file in a folder is complete."""

    marker: str | None = None  # as soon as a file of the same name with this ending is beside it
    quiet: float | None = None  # seconds in which it did not change; both None: as soon as it has its name


def parse_size(value: Raw) -> int:
    """Return bytes for a number, or for a text with a unit such as "32 MiB"."""
    match = _SIZE.fullmatch(str(value)) if isinstance(value, int | str) else None
    if not match or isinstance(value, bool):
        raise ValueError('must be a number of bytes, or a size such as "32 MiB"')
    return int(match[1]) * UNITS[match[2] or ""]


def parse_address(value: "Raw | Address") -> Address:
    """Return the host and the port of a text such as "127.0.0.1:8470" or "[::1]:8470"."""
    match = _ADDRESS.fullmatch(value) if isinstance(value, str) else None
    if match and int(match[3]) <= LAST_PORT:
        return Address(match[1] or match[2], int(match[3]))
    if isinstance(value, Address):
        return value
    raise ValueError('must be a host and a port, such as "127.0.0.1:8470"')


def parse_complete(value: "Raw | Complete") -> Complete:
    """Return when a file is complete, for "rename", "marker:.done" or "quiet:60s"."""
    if isinstance(value, Complete):
        return value
    text = value if isinstance(value, str) else ""
    if text == "rename":
        return Complete()
    if match := _MARKER.fullmatch(text):
        return Complete(marker=match[1])
    kind, _, duration = text.partition(":")
    if kind == "quiet":
        seconds = float(parse_duration(duration))
        if seconds > 0:
            return Complete(quiet=seconds)
    raise ValueError('must be "rename", or such as "marker:.done" or "quiet:60s"')


Size = Annotated[int, BeforeValidator(parse_size), Field(ge=1)]
Listen = Annotated[Address, BeforeValidator(parse_address)]
CompleteWhen = Annotated[Complete, BeforeValidator(parse_complete)]


class AccessToken(Section):
    """Who may use the service with a token, and for what."""

    sha256: str  # of the token's UTF-8, in hex
    roles: Annotated[list[Role], Field(min_length=1)]
    targets: list[str] | None = None  # names; None: all

    @field_validator("sha256")
    @classmethod
    def _is_digest(cls, value: str) -> str:
        if not _SHA256.fullmatch(value):
            raise ValueError("must be 64 hex digits. `presence-worker token` prints them")
        return value


class Inbox(Section):
    """A folder that jobs are taken from."""

    folder: HomePath
    target: str | None = None  # None: the only one
    complete: CompleteWhen = Complete()
    every: Seconds = 5.0  # how often the folder is read


class Serve(Section):
    """The service: where it listens, and what it takes."""

    listen: Listen = Address("127.0.0.1", 8470)
    public_url: str | None = None  # as people reach it; without a path
    tls_cert_file: Path | None = None  # PEM
    tls_key_file: Path | None = None  # PEM
    behind_proxy: bool = False  # a proxy on the way does TLS
    runs: int = Field(8, ge=1, le=1000)  # side by side
    tokens: dict[ChannelName, AccessToken] = {}
    webhook_secret: SigningSecret | None = None  # one or several, with spaces between; of Standard Webhooks
    webhook_secret_file: Path | None = None
    four_eyes: bool = True  # the token that submitted a job may not apply its run
    max_body: Size = 32 * MIB
    receive_timeout: Seconds = 60.0
    max_waiting: int = Field(100, ge=1)  # jobs
    session: Seconds = 8 * 3600.0  # of a browser
    drain: SecondsOrNone = 60.0  # for runs after SIGTERM
    tries: int = Field(2, ge=1)  # how often a run that died is resumed without progress
    inbox: list[Inbox] = []

    @property
    def secrets(self) -> list[SecretStr]:
        """Return the secrets that stand in the configuration itself."""
        return [self.webhook_secret] if self.webhook_secret else []

    @property
    def is_secure(self) -> bool:
        """Return whether browsers reach it by https."""
        return self.behind_proxy or self.tls_cert_file is not None

    @field_validator("public_url")
    @classmethod
    def _is_root(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            host, _ = parts.hostname, parts.port
        except ValueError:
            host = None
        is_root = host and parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in value)
        if not is_root or parts.scheme not in ("http", "https"):
            raise ValueError('must be an address without a path, such as "https://presence.example.com"')
        return value.rstrip("/")

    @field_validator("inbox")
    @classmethod
    def _has_each_once(cls, value: list[Inbox]) -> list[Inbox]:
        folders = [inbox.folder.absolute() for inbox in value]
        if twice := next((folder for folder in folders if folders.count(folder) > 1), None):
            raise ValueError(f"{twice} is in two tables; keep one")
        return value

    @model_validator(mode="after")
    def _safe(self) -> "Serve":
        if bool(self.tls_cert_file) != bool(self.tls_key_file):
            raise ValueError("set both tls_cert_file and tls_key_file, or none of them")
        if self.webhook_secret and self.webhook_secret_file:
            raise ValueError("webhook_secret and webhook_secret_file are both set; keep one")
        if not is_loopback(self.listen.host) and not self.is_secure:
            raise ValueError(NO_ACCESS)
        return self
