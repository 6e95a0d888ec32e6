"""Whether a token is the sign-in host's own, and what it says then."""

from typing import Any

import jwt

from ..login_host import LoginHost, Reply
from ..request_errors import refusal

KEYS = "/login/.well-known/jwks"
ISSUER = "SuperOffice AS"
MALFORMED = (jwt.PyJWTError, LookupError, TypeError, ValueError, OverflowError)  # strange claims, too
LEEWAY = 60.0  # seconds that two clocks may differ
WRONG: dict[type[jwt.PyJWTError], str] = {  # the first that fits
    jwt.ExpiredSignatureError: "it has expired; is this machine's clock right?",
    jwt.ImmatureSignatureError: "it is not valid yet; is this machine's clock right?",
    jwt.InvalidIssuerError: f"it was not issued by {ISSUER}",
    jwt.MissingRequiredClaimError: "it says too little of itself",
    jwt.InvalidAlgorithmError: "it is not signed with RS256",
    jwt.InvalidSignatureError: "its signature is not the host's",
}


def trusted(login: LoginHost, token: str, keys: Reply) -> dict[str, Any]:
    """Give what a token says, once its signature, issuer, algorithm and times are found right.

    Raise RefusedError where one of them is not. Whom it is for (`aud`) is not looked at: it names the
    tenant's serial number, which we do not know.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(token, keys.value),
            algorithms=["RS256"],
            issuer=ISSUER,
            leeway=LEEWAY,
            options={"require": ["exp", "iss"], "verify_aud": False},
        )
    except MALFORMED as error:
        why = next((words for kind, words in WRONG.items() if isinstance(error, kind)), "")
        raise refusal(f"{login.host} gave a token we do not trust: {why or _kind(error)}") from None
    return claims


def _kind(error: Exception) -> str:
    return "none of the host's keys fits it" if isinstance(error, LookupError) else "it is malformed"


def _key(token: str, found: Any) -> jwt.PyJWK:
    """Give the key that the token names, else the only one; raise LookupError where there is none."""
    listed = found.get("keys") if isinstance(found, dict) else None
    keys = [key for key in listed or () if isinstance(key, dict) and key.get("kty") == "RSA"]
    name = jwt.get_unverified_header(token).get("kid")
    fitting = [key for key in keys if name is None or key.get("kid") == name]
    if len(fitting) != 1:
        raise LookupError
    return jwt.PyJWK({"kty": "RSA", "n": fitting[0].get("n"), "e": fitting[0].get("e")}, algorithm="RS256")
