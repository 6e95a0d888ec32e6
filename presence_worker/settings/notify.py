"""Who is notified of how runs end, and how."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from ..wording import series
from .channel_values import ChannelName, Host, Mailbox, ProxyUrl, SecretHeaders, SecretUrl, SigningSecret
from .section import Section
from .value_types import Seconds, SecondsOrNone, is_loopback

Policy = Literal["trouble", "all", "never"]
NOT_BOTH = "{name} and {name}_file are both set; keep one"
KINDS = ("mail", "webhook", "ping", "command")
ONE_OF_THEM = "set {name} or {name}_file"


class ChannelSection(Section):
    """What every channel has."""

    name: ChannelName | None = None  # None: its kind, with a number from the second one on


def name_channels(kind: str, channels: Sequence[ChannelSection]) -> list[str]:
    """Return the name of each channel of a *kind*: its own, or one such as `mail-2`."""
    places = [kind, *(f"{kind}-{place}" for place in range(2, len(channels) + 1))]
    return [channel.name or usual for channel, usual in zip(channels, places, strict=False)]


class MessageChannel(ChannelSection):
    """What a channel has that carries messages."""

    on: Policy | None = None  # None: as notify.on
    details: bool | None = None  # None: as notify.details


class Mail(MessageChannel):
    """A mail server, and the addresses that get each message."""

    to: Annotated[list[Mailbox], Field(min_length=1)]
    from_: Mailbox
    host: Host
    port: int = Field(587, ge=1, le=65535)
    tls: Literal["starttls", "tls", "none"] = "starttls"  # none: loopback only
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    ca_file: Path | None = None  # PEM with the authority that signed the server's certificate

    @model_validator(mode="after")
    def _one_password(self) -> "Mail":
        if self.password and self.password_file:
            raise ValueError(NOT_BOTH.format(name="password"))
        if bool(self.username) != bool(self.password or self.password_file):
            raise ValueError("set both username and password (or password_file), or none of them")
        return self

    @field_validator("tls")
    @classmethod
    def _safe_tls(cls, value: str, found: ValidationInfo) -> str:
        if value == "none" and not is_loopback(found.data.get("host", "localhost")):
            raise ValueError('must be "starttls" or "tls". "none" is only for a mail server on this machine')
        return value


class HttpChannel(Section):
    """What a channel has that makes HTTP requests."""

    url: SecretUrl | None = None  # a secret: it is all that is needed to send
    url_file: Path | None = None
    ca_file: Path | None = None  # PEM with the authority that signed the server's certificate
    proxy: ProxyUrl | None = None  # http://host:port; may have a user and a password

    @model_validator(mode="after")
    def _one_url(self) -> "HttpChannel":
        if self.url and self.url_file:
            raise ValueError(NOT_BOTH.format(name="url"))
        if not (self.url or self.url_file):
            raise ValueError(ONE_OF_THEM.format(name="url"))
        return self


class Webhook(HttpChannel, MessageChannel):
    """An address that gets each message as a POST."""

    format: Literal["json", "slack", "teams", "ntfy"] = "json"
    secret: SigningSecret | None = None  # signs each message by Standard Webhooks
    secret_file: Path | None = None
    headers: SecretHeaders = {}

    @model_validator(mode="after")
    def _one_secret(self) -> "Webhook":
        if self.secret and self.secret_file:
            raise ValueError(NOT_BOTH.format(name="secret"))
        return self


class Ping(HttpChannel, ChannelSection):
    """A dead man's switch: it raises an alarm when no ping comes."""

    kind: Literal["healthchecks", "plain"] = "healthchecks"


class CommandChannel(MessageChannel):
    """A program that gets each message as JSON on standard input."""

    argv: Annotated[list[str], Field(min_length=1)]  # no shell


class Notify(Section):
    """Who is notified of how a run ended."""

    on: Policy = "trouble"
    repeat: SecondsOrNone = 20 * 3600.0  # the same trouble is not sent again within this
    timeout: Seconds = 10.0  # for all channels together
    keep_trying: SecondsOrNone = 86400.0  # what was not delivered is tried again so long
    details: bool = False  # adds the sentence of a refusal, and row numbers
    mail: list[Mail] = []
    webhook: list[Webhook] = []
    ping: list[Ping] = []
    command: list[CommandChannel] = []

    @model_validator(mode="after")
    def _unlike_names(self) -> "Notify":
        names = [name for kind in KINDS for name in name_channels(kind, getattr(self, kind))]
        twice = [name for name, times in Counter(names).items() if times > 1]
        if twice:
            raise ValueError(f"two channels have the name {series(twice, 'and')}; change one")
        return self

    @property
    def is_used(self) -> bool:
        """Return whether there is any channel."""
        return bool(self.mail or self.webhook or self.ping or self.command)
