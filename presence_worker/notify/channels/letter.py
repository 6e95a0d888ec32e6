"""A message as a mail, with a part of plain text and a page."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import quote

from markupsafe import Markup

from ...report.pieces import NOTHING, Pieces, inline
from ...settings.notify import Mail
from ..message import Message
from .shown_parts import ShownParts, parts_of, plain_text

PIECES = Pieces("mail.html")


def write_letter(section: Mail, message: Message, now: datetime) -> EmailMessage:
    """Return the mail that carries a message."""
    parts = parts_of(message)
    sender = _with_ascii_host(section.from_)
    letter = EmailMessage(policy=SMTP)
    letter["Subject"] = parts.title
    letter["From"] = sender
    letter["To"] = ", ".join(map(_with_ascii_host, section.to))
    letter["Date"] = now
    letter["Message-ID"] = f"<{quote(message.id, safe='')}@{sender.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(f"{parts.headline}\n\n{plain_text(parts)}\n")
    letter.add_alternative(write_page(parts), subtype="html")
    return letter


def write_page(parts: ShownParts) -> Markup:
    """Return the page of a mail: it loads nothing, and can be read without its style."""
    lines = (PIECES.fill("line", name=line.name, text=line.text) for line in parts.lines)
    return PIECES.fill(
        "page",
        title=parts.title,
        style=inline("mail.css"),
        mood=parts.mood,
        headline=parts.headline,
        lines=NOTHING.join(lines),
        command=PIECES.fill("command", command=parts.command) if parts.command else NOTHING,
        link=PIECES.fill("link", link=parts.link) if parts.link else NOTHING,
        origin=parts.origin,
    )


def _with_ascii_host(address: str) -> str:
    """Return an address that every server takes, where only its host has other letters."""
    mailbox, _, host = address.rpartition("@")
    return address if host.isascii() else f"{mailbox}@{host.encode('idna').decode()}"
