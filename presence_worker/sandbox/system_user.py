"""The system user's host: a token that the application has signed is good for a ticket."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

import orjson

from .ask import Ask
from .claims import SCHEME, claims
from .desk import TICKET
from .loading import load
from .replies import Reply, success
from .site import Site

ISSUER = "SuperOffice AS"
LATEST = 300  # seconds that a timestamp may be off
FORM = "%Y%m%d%H%M"
DENIED, TIMESTAMP, SIGNATURE = 4, 6, 7  # of the documented error codes
MALFORMED = None  # no code is documented for it
NEEDED = ("SignedSystemToken", "ApplicationToken", "ContextIdentifier")


def post_authenticate(ask: Ask, _: int, site: Site) -> Reply:
    """Give a ticket for a signed token."""
    try:
        value = orjson.loads(ask.body)
    except ValueError:
        value = None
    asked = {name.lower(): part for name, part in value.items()} if isinstance(value, dict) else {}
    parts: dict[str, Any] = {name: asked.get(name.lower()) for name in NEEDED}
    wrong = [name for name, part in parts.items() if not isinstance(part, str) or not part]
    if asked.get("returntokentype") != "JWT":
        wrong.append("ReturnTokenType")
    if wrong:
        return _failed(MALFORMED, f"Missing or wrong: {', '.join(wrong)}.")
    return _judged(parts, site) or _ticket(ask, parts["ContextIdentifier"], site)


def _judged(parts: dict[str, Any], site: Site) -> Reply | None:
    """Give what is wrong with a signed token; None where nothing is."""
    message, _, signature = parts["SignedSystemToken"].rpartition(".")
    token, _, timestamp = message.rpartition(".")
    try:
        at = datetime.strptime(timestamp, FORM).replace(tzinfo=UTC).timestamp()
        octets = base64.b64decode(signature, validate=True)
    except (ValueError, binascii.Error):
        return _failed(MALFORMED, "SignedSystemToken: expected TOKEN.yyyyMMddHHmm.SIGNATURE")
    if abs(site.desk.online.now() - at) > LATEST:
        return _failed(TIMESTAMP, "InvalidTimestamp")
    key = site.desk.online.app_key
    if key is not None and not load("signatures").verifies(key, message.encode(), octets):
        return _failed(SIGNATURE, "InvalidSignature")
    known = {"system_user_token": token, "ApplicationToken": parts["ApplicationToken"]}
    wrong = [name for name, part in known.items() if not site.desk.expected(name, part)]
    return _failed(DENIED, f"Denied: {', '.join(wrong)}.") if wrong else None


def _ticket(ask: Ask, tenant: str, site: Site) -> Reply:
    told = claims(ask, site, tenant, ISSUER) | {f"{SCHEME}ticket": site.desk.issued(TICKET)}
    return success({"IsSuccessful": True, "Token": load("signatures").signed(told), "ErrorMessage": None})


def _failed(code: int | None, words: str) -> Reply:
    return success({"IsSuccessful": False, "Token": None, "ErrorMessage": words, "ErrorCode": code})
