"""Messages by mail: SMTP in a thread, encrypted unless the server is on this machine."""

import base64
import smtplib
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage

import structlog

from ...settings.notify import Mail
from ..message import Message
from .channel_secrets import secret_of
from .daemon import work_in_daemon
from .http_call import explain_tls, trust_of
from .kinds import NotDelivered
from .letter import write_letter

PATIENCE = 60.0  # seconds for each step; the caller's patience ends before
READY, SIGNED_IN = 220, 235
log = structlog.get_logger()


def make_mail(section: Mail) -> Callable[[Message], Awaitable[None]]:
    """Return what sends a message by mail.

    It is delivered when the server takes it for one recipient or more: the same mail again would come
    twice to those who have it. For how many others the server rejected it is logged.
    """

    async def send(message: Message) -> None:
        letter = write_letter(section, message, datetime.now(UTC))
        rejected = await at_post_office(section, lambda post: post.deliver(letter))
        if rejected:
            log.warning("notify.recipients_rejected", host=section.host, recipients=rejected)

    return send


async def at_post_office(section: Mail, work: Callable[["PostOffice"], int]) -> int:
    """Return what *work* returns with a mail server; raise NotDelivered, which names the host alone."""
    post = PostOffice(section)
    try:
        return await work_in_daemon(lambda: work(post))
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotDelivered(f"{section.host}: {_explain(error)}") from None
    finally:
        post.close()


class MailServer(smtplib.SMTP):
    """A conversation with a mail server, over a connection that was made before."""

    def __init__(self, host: str, connection: socket.socket) -> None:
        super().__init__(timeout=PATIENCE)  # it does not connect: it gets no host
        self._host = host  # that the certificate is for
        self.sock = connection

    def greet(self, context: ssl.SSLContext | None) -> None:
        """Take the server's greeting, and begin TLS where there is a *context* for it."""
        code, words = self.getreply()
        if code != READY:
            raise smtplib.SMTPConnectError(code, words)
        self.ehlo_or_helo_if_needed()
        if context and not self.has_extn("starttls"):
            raise NotDelivered(f"{self._host}: the server does not offer STARTTLS")
        if context:
            self.starttls(context=context)
            self.ehlo_or_helo_if_needed()

    def sign_in(self, username: str, password: str) -> None:
        """Sign in; the library can do so with ASCII alone."""
        if (username + password).isascii():
            self.login(username, password)
            return
        secret = base64.b64encode(f"\0{username}\0{password}".encode()).decode()
        code, words = self.docmd("AUTH", f"PLAIN {secret}")
        if code != SIGNED_IN:
            raise smtplib.SMTPAuthenticationError(code, words)

    def leave(self) -> None:
        """Close the connection in order, without a wait for the answer."""
        with suppress(OSError, smtplib.SMTPException):
            self.putcmd("quit")
        self.close()


class PostOffice:
    """Owns a connection to a mail server: one thread works with it, and another one may close it."""

    def __init__(self, section: Mail) -> None:
        self._section = section
        self._grip: socket.socket | None = None  # the same connection once more, which TLS does not replace
        self._is_closed = False

    def deliver(self, letter: EmailMessage) -> int:
        """Hand a mail over; return for how many recipients the server rejected it."""
        password = secret_of(self._section, "password")
        with self._open() as server:
            if password:
                server.sign_in(str(self._section.username), password)
            return len(server.send_message(letter))

    def greet(self) -> int:
        """Begin as for a mail, but neither sign in nor send; return 0."""
        with self._open():
            return 0

    def close(self) -> None:
        """End the connection, whatever is done with it now."""
        self._is_closed = True
        if self._grip:
            with suppress(OSError):
                self._grip.shutdown(socket.SHUT_RDWR)
            self._grip.close()

    @contextmanager
    def _open(self) -> Iterator[MailServer]:
        host, tls = self._section.host, self._section.tls
        context = None if tls == "none" else trust_of(self._section.ca_file)
        connection = socket.create_connection((host, self._section.port), PATIENCE)
        try:
            self._hold(connection)
            if context and tls == "tls":
                connection = context.wrap_socket(connection, server_hostname=host)
        except (OSError, ValueError):
            connection.close()
            raise
        server = MailServer(host, connection)
        try:
            server.greet(context if tls == "starttls" else None)
            yield server
        finally:
            server.leave()

    def _hold(self, connection: socket.socket) -> None:
        self._grip = connection.dup()
        if self._is_closed:  # while the connection was made
            self._grip.close()
            raise ConnectionAbortedError


def _explain(error: Exception) -> str:
    """Return what went wrong, in words of ours alone."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"the server rejected the user name or the password ({error.smtp_code})"
        case smtplib.SMTPRecipientsRefused():
            return "the server rejected all recipients"
        case smtplib.SMTPNotSupportedError():
            return "the server offers no sign-in, or takes only addresses in ASCII"
        case smtplib.SMTPResponseException():
            return f"the server answered {error.smtp_code}"
        case smtplib.SMTPException():
            return "the server ended the connection, or gave no valid answer"
        case ssl.SSLError():
            return explain_tls(error)
        case socket.gaierror():
            return "no address found for this name"
        case _:
            return "no connection"
