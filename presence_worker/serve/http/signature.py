"""Jobs that are signed by Standard Webhooks: the signature is checked while the body comes in."""

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Mapping, Sequence

from ...notify.channels.channel_secrets import secret_of
from ...notify.channels.kinds import NotDelivered
from ...settings.channel_values import read_signing_keys
from ...settings.serve import Serve
from .problem import HttpProblem

ID, TIME, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = 300.0  # seconds, by which a signature may be old, or the clocks may differ
SECONDS = re.compile(r"\d{1,12}", re.ASCII)  # since 1970
VERSION = "v1,"
MOST = 20  # signatures in one header
WRONG = "The signature is missing, wrong, or not of the last five minutes"


class SignedBody:
    """Owns what was counted of a signed body so far, with each secret."""

    def __init__(self, keys: Sequence[bytes], start: bytes, given: Sequence[bytes]) -> None:
        self._digests = [hmac.new(key, start, hashlib.sha256) for key in keys]
        self._given = given

    def add(self, block: bytes) -> None:
        """Count a block of the body."""
        for digest in self._digests:
            digest.update(block)

    def is_right(self) -> bool:
        """Return whether one of the signatures fits one of the secrets, in constant time."""
        pairs = [(digest.digest(), given) for digest in self._digests for given in self._given]
        return sum(hmac.compare_digest(*pair) for pair in pairs) > 0  # all are compared


def read_keys(settings: Serve) -> list[bytes]:
    """Return the secrets as they are now, none where none is set; raise HttpProblem 503. It blocks."""
    try:
        secret = secret_of(settings, "webhook_secret")
        return read_signing_keys(secret) if secret else []
    except (NotDelivered, ValueError):
        words = (
            "The service cannot read its webhook secret. Its administrator must correct webhook_secret_file"
        )
        raise HttpProblem(503, words, {"Retry-After": "60"}) from None


def open_signature(headers: Mapping[str, str], keys: Sequence[bytes]) -> SignedBody:
    """Return what checks the body that follows; raise HttpProblem 401 for an old or impossible signature."""
    label, moment = headers.get(ID, ""), headers.get(TIME, "")
    is_recent = bool(SECONDS.fullmatch(moment)) and abs(time.time() - int(moment)) <= TOLERANCE
    given = [
        each.removeprefix(VERSION) for each in headers.get(SIGNATURE, "").split() if each.startswith(VERSION)
    ]
    if not (keys and label and is_recent and given):
        raise HttpProblem(401, WRONG)
    start = f"{label}.{moment}.".encode("utf-8", "surrogateescape")
    return SignedBody(keys, start, [*map(_decode, given[:MOST])])


def _decode(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""
