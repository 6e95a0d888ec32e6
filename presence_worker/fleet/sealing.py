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
MAGIC = b"\x28\xb5\x2f\xfd"  # begins what Zstandard has compressed
LEVEL = 3
LARGEST = 1 << 30  # bytes of a payload that are unpacked
NO_KEY = (
    "fleet.encryption_key_file: not set, but the database has encrypted data. Set it to the file with the "
    "key that the other machines have"
)
WRONG_KEY = (
    "fleet.encryption_key_file: none of its keys fits the data in the database. Add the key that encrypted "
    "it as one more line"
)


class Sealing:
    """Owns the keys of payloads. The first one encrypts; each can decrypt, so that keys can be changed."""

    def __init__(self, keys: Sequence[str] = (), file: Path | None = None) -> None:
        """Take these keys, or those of a *file*; without any, nothing is encrypted."""
        self._file = file
        self._take(keys)
        self.read_again()

    @property
    def is_used(self) -> bool:
        """Return whether there is a key."""
        return bool(self._keys)

    def read_again(self) -> None:
        """Take the keys that the file has now; where it has none, raise UsageFault and keep those we have."""
        if self._file:
            self._take(read_keys(self._file))

    def _take(self, keys: Sequence[str]) -> None:
        self._keys = tuple(map(Fernet, keys))
        self._raw = [base64.urlsafe_b64decode(key) for key in keys]

    def derive(self, purpose: str) -> list[bytes]:
        """Return a key for another purpose from each of ours, in their order."""
        return [hmac.digest(key, purpose.encode(), "sha256") for key in self._raw]

    def seal(self, payload: bytes) -> bytes:
        """Return a payload as the database keeps it; any thread may call this."""
        return self._encrypt(zstandard.ZstdCompressor(level=LEVEL).compress(payload))

    def open(self, kept: bytes) -> bytes:
        """Return a payload; raise UsageFault where none of our keys fits."""
        packed = self._decrypt(kept)
        return zstandard.ZstdDecompressor().decompress(packed, max_output_size=LARGEST)

    def decrypt(self, kept: bytes) -> bytes:
        """Return a payload as it is kept without a key; as it is, where none of ours fits."""
        try:
            return PLAIN + self._decrypt(kept)
        except UsageFault:
            return kept

    def reseal(self, kept: bytes) -> bytes:
        """Return what the database keeps, encrypted with the first key: now, and not as it was."""
        return self._encrypt(self._decrypt(kept))

    def is_newest(self, kept: bytes) -> bool:
        """Return whether a payload is as we seal it now: with the first key, or without any."""
        if not self._keys or not is_sealed(kept):
            return not self._keys and not is_sealed(kept)
        try:
            self._keys[0].decrypt(base64.urlsafe_b64encode(kept[1:]))
        except InvalidToken:
            return False
        return True

    def _encrypt(self, packed: bytes) -> bytes:
        keys = self._keys  # another thread may read them again
        if not keys:
            return PLAIN + packed
        return SEALED + base64.urlsafe_b64decode(keys[0].encrypt(packed))

    def _decrypt(self, kept: bytes) -> bytes:
        token = bytes(kept[1:])
        if not is_sealed(kept):
            return token
        if not self._keys:
            raise UsageFault(NO_KEY)
        try:
            return MultiFernet(self._keys).decrypt(base64.urlsafe_b64encode(token))
        except InvalidToken:
            return self._decrypt_with_newer(token)

    def _decrypt_with_newer(self, token: bytes) -> bytes:
        """Another machine may have got a new key first: look whether our file has it by now."""
        self.read_again()
        try:
            return MultiFernet(self._keys).decrypt(base64.urlsafe_b64encode(token))
        except InvalidToken:
            raise UsageFault(WRONG_KEY) from None


def is_sealed(kept: bytes) -> bool:
    """Return whether a payload is encrypted."""
    return bytes(kept[:1]) == SEALED


def is_payload(kept: bytes) -> bool:
    """Return whether bytes look as if we had sealed them."""
    return is_sealed(kept) or bytes(kept[:5]) == PLAIN + MAGIC


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
