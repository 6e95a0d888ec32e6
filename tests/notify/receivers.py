"""Receivers of notifications on this machine, on real sockets: good ones, and each kind of broken one.

`mail_receiver` is a mail server (aiosmtpd) with STARTTLS; `tests.raw_server.raw_server` receives HTTP, and
TROUBLES has what it may do instead of a good answer. A test that waits for another process runs them in a
thread, by `portal.wrap_async_context_manager`.
"""
# ruff: noqa: ARG002, N802 - aiosmtpd's names and signatures

import asyncio
import email
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import NamedTuple, TypeVar

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.raw_server import CLOSE, HANG, RESET, Act, answer, drip, framed, gzip_bomb, say

T = TypeVar("T")
HOST = "localhost"  # the receivers' certificates are for it and for 127.0.0.1
GOOD = answer(200, b"ok")
TROUBLES: dict[str, Act] = {  # what an HTTP receiver may do; none of it means "delivered"
    "500": answer(500, b"token-in-the-answer"),
    "404": answer(404),
    "redirect": answer(302, headers={"Location": "/elsewhere"}),
    "close": CLOSE,
    "reset": RESET,
    "garbage": say(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "half an answer": say(framed(200, b"o", length=2), then=lambda peer: peer.close()),
    "gzip bomb, 500": answer(500, gzip_bomb(8), {"Content-Encoding": "gzip"}),
}
SLOW: dict[str, Act] = {  # what never comes to an end
    "hang": HANG,
    "drip": drip(framed(200, b"o" * 10_000)),
    "drip of the head": drip(b"HTTP/1.1 200 OK\r\nX-Filler: " + b"o" * 10_000),
}


class Received(NamedTuple):
    """A mail as it came in."""

    sender: str
    recipients: Sequence[str]
    letter: EmailMessage

    @property
    def text(self) -> str:
        """Its part of plain text."""
        return self._part("plain")

    @property
    def page(self) -> str:
        """Its HTML part."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.letter.get_body((kind,))
        assert isinstance(part, EmailMessage)
        content: str = part.get_content()
        return content


class MailReceiver:
    """Owns what a mail server has received; made by `mail_receiver`."""

    def __init__(self, rejecting: Sequence[str], passwords: dict[str, str]) -> None:
        self._rejecting = rejecting
        self._passwords = passwords
        self.received: list[Received] = []
        self.commands: list[str] = []  # of mails alone: EHLO, AUTH, MAIL, RCPT, DATA
        self.port = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Take a greeting."""
        self.commands.append("EHLO")
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender."""
        self.commands.append("MAIL")
        if self._passwords and not session.authenticated:
            return "530 sign in first"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or reject a recipient."""
        self.commands.append("RCPT")
        if address in self._rejecting:
            return f"550 no such mailbox {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail."""
        self.commands.append("DATA")
        assert isinstance(envelope.content, bytes)
        letter = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.received.append(Received(str(envelope.mail_from), [*envelope.rcpt_tos], letter))
        return "250 OK"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object
    ) -> AuthResult:
        """Check a password."""
        self.commands.append("AUTH")
        assert isinstance(login, LoginPassword)
        is_right = self._passwords.get(login.login.decode()) == login.password.decode()
        return AuthResult(success=is_right, handled=False)


@asynccontextmanager
async def mail_receiver(
    *,
    tls: ssl.SSLContext | None = None,
    is_wrapped: bool = False,
    rejecting: Sequence[str] = (),
    passwords: dict[str, str] | None = None,
) -> AsyncIterator[MailReceiver]:
    """Receive mail on a free port: with *tls* by STARTTLS alone, or *is_wrapped* in TLS from the beginning.

    With *passwords* (by login) it takes mail only from who signs in.
    """
    receiver = MailReceiver(rejecting, passwords or {})

    def make() -> SMTP:
        return SMTP(
            receiver,
            enable_SMTPUTF8=True,
            tls_context=None if is_wrapped else tls,
            require_starttls=bool(tls) and not is_wrapped,
            authenticator=receiver.authenticate,
            auth_require_tls=not is_wrapped,
        )

    loop = asyncio.get_running_loop()
    listener = await loop.create_server(make, "127.0.0.1", 0, ssl=tls if is_wrapped else None)
    receiver.port = listener.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        listener.close()


class Authority(NamedTuple):
    """An authority of our own: what servers show, and the file that clients trust."""

    server: ssl.SSLContext
    ca_file: Path


def make_authority(folder: Path, *names: str) -> Authority:
    """Make an authority in a folder, and a certificate of it for names, by default for this machine."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or (HOST, "127.0.0.1"))).configure_cert(context)
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return Authority(context, file)
