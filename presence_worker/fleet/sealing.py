"""What the database keeps of jobs and rows: compressed, and encrypted where a key is given."""

import base64
import hmac
from collections.abc import Sequence
from pathlib import Path

import zstandard
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from ..errors import UsageFault
from ..operator_files import read_text

PLAIN, SEALED = b"\x00", b"\x01"  # the first byte of a payload
LEVEL = 3
LARGEST = 1 << 30  # bytes of a payload that are unpacked


class Sealing:
    """Owns the keys of payloads. The first one encrypts; each can decrypt, so that keys can be changed."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._keys = MultiFernet([Fernet(key) for key in keys]) if keys else None
        self._raw = [base64.urlsafe_b64decode(key) for key in keys]

    def seal(self, payload: bytes) -> bytes:
        """Return a payload as the database keeps it; any thread may call this."""
        packed = zstandard.ZstdCompressor(level=LEVEL).compress(payload)
        if self._keys is None:
            return PLAIN + packed
        return SEALED + base64.urlsafe_b64decode(self._keys.encrypt(packed))

    def open(self, kept: bytes) -> bytes:
        """Return a payload; raise UsageFault where none of our keys fits."""
        packed = bytes(kept[1:])
        if kept[:1] == SEALED:
            packed = self._decrypt(packed)
        return zstandard.ZstdDecompressor().decompress(packed, max_output_size=LARGEST)

    def derive(self, purpose: str) -> list[bytes]:
        """Return a key for another purpose from each of ours, in their order."""
        return [hmac.digest(key, purpose.encode(), "sha256") for key in self._raw]

    def _decrypt(self, token: bytes) -> bytes:
        if self._keys is None:
            raise UsageFault(
                "fleet.encryption_key_file: not set, but the database has encrypted data. Set it to the "
                "file with the key that the other machines have"
            )
        try:
            return self._keys.decrypt(base64.urlsafe_b64encode(token))
        except InvalidToken:
            raise UsageFault(
                "fleet.encryption_key_file: none of its keys fits the data in the database. Add the key "
                "that encrypted it as one more line"
            ) from None


def read_keys(path: Path) -> list[str]:
    """Return the keys of a file, one a line; raise UsageFault for a line that is not a key."""
    keys = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    for number, key in enumerate(keys, 1):
        try:
            Fernet(key)
        except ValueError:
            raise UsageFault(
                f"fleet.encryption_key_file: line {number} of {path} is not a key: it must be 32 bytes in "
                "URL-safe base64"
            ) from None
    if not keys:
        raise UsageFault(f"fleet.encryption_key_file: {path} has no key")
    return keys
