"""What the sandbox signs with its own key, and what it verifies with the application's."""

import json
from functools import cache
from typing import Any

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from jwt.algorithms import RSAAlgorithm

BITS = 2048
KEY_ID = "presence-worker-sandbox"


@cache
def _own_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=BITS)


def signed(claims: dict[str, Any]) -> str:
    """Give a JWT of *claims*, signed with the sandbox's key."""
    return jwt.encode(claims, _own_key(), algorithm="RS256", headers={"kid": KEY_ID})


def key_set() -> dict[str, Any]:
    """Give the public half of the sandbox's key, as a JSON Web Key Set."""
    key = json.loads(RSAAlgorithm.to_jwk(_own_key().public_key()))
    return {"keys": [{**key, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}


def public_key(pem: bytes) -> rsa.RSAPublicKey:
    """Read an application's key, of which either half will do; raise ValueError if it is no RSA key."""
    try:
        private = serialization.load_pem_private_key(pem, password=None)
        key: object = private.public_key()
    except (ValueError, TypeError):  # a public one; or a private one that a password protects
        key = serialization.load_pem_public_key(pem)
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("no RSA key")  # noqa: TRY004 - one kind for callers
    return key


def verifies(pem: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature of *message* (PKCS#1 v1.5, SHA-256) is that of an application's key."""
    try:
        public_key(pem).verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def new_key() -> bytes:
    """Make an application's private key, as PEM."""
    return rsa.generate_private_key(public_exponent=65537, key_size=BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
