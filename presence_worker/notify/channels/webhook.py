"""Messages by webhook: a POST to an address that is a secret."""

import base64
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from ...settings.channel_values import read_signing_keys
from ...settings.notify import Webhook
from ..message import Message
from .channel_secrets import secret_of
from .chat_formats import FORMATS
from .http_call import HttpCall, make_call, url_of
from .kinds import NotDelivered

VISIBLE = "".join(map(chr, range(0x21, 0x7F)))  # of ASCII


def make_webhook(section: Webhook) -> Callable[[Message], Awaitable[None]]:
    """Return what posts messages to a webhook, in its format, signed where there is a secret."""
    write = FORMATS[section.format]

    async def send(message: Message) -> None:
        headers, body = write(message)
        headers |= {name: value.get_secret_value() for name, value in section.headers.items()}
        if secret := secret_of(section, "secret"):
            headers |= sign(message.id, time.time(), body, secret)
        await make_call(HttpCall("POST", url_of(section), headers, body), section)

    return send


def sign(message_id: str, now: float, body: bytes, secret: str) -> dict[str, str]:
    """Return the headers of Standard Webhooks; *secret* may be several keys, while one replaces another."""
    try:
        keys = read_signing_keys(secret)
    except ValueError as error:
        raise NotDelivered(f"secret_file: {error}") from None
    label, moment = quote(message_id, safe=VISIBLE), str(int(now))
    signed = f"{label}.{moment}.".encode() + body
    digests = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys]
    signatures = " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
    return {"webhook-id": label, "webhook-timestamp": moment, "webhook-signature": signatures}
