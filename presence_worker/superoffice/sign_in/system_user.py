"""Scheme `system-user`: a signed token is exchanged for a ticket, which comes inside a signed token."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import JsonValue

from ...errors import Suspect, UsageFault
from ...operator_files import WideError, remove_mark
from ...sanitize import clean
from ...settings import Auth, Settings
from ..answer_headers import http_date
from ..auth_secrets import origin, secret_now, why_unreadable
from ..body_formats import Parts
from ..login_host import LoginAnswer, LoginHost
from ..request_errors import RefusedError, refusal
from .credential import Credential, Scheme, SignIn, show_ticket
from .oauth import sendable

EXCHANGE = "/Login/api/PartnerSystemUser/Authenticate"
CLAIM = "http://schemes.superoffice.net/identity/"
TICKET_LIVES = 6 * 3600.0  # seconds; longer where it is used, which we do not count on
APPROVAL = "ask the tenant's administrator to approve the application again"
ERRORS = {  # SuperOffice's numbers: its names for them, and who can correct what; 6 is about clocks
    1: ("Revoked", f"the approval was withdrawn; {APPROVAL}"),
    2: (
        "InvalidRedirectUrl",
        "ask the tenant's administrator, and the partner who registered the application",
    ),
    3: ("Expired", f"the approval has expired; {APPROVAL}"),
    4: ("Denied", f"the approval was denied; {APPROVAL}"),
    5: ("NeedsReapproval", APPROVAL),
    6: ("InvalidTimestamp", ""),
    7: ("InvalidSignature", "auth.private_key_file is not the key that the application is registered with"),
}
BY_NAME = {name.lower(): number for number, (name, _) in ERRORS.items()}
INVALID_TIMESTAMP = 6
LONGEST_WORD = 7  # letters; longer names are not words of a language
NOTABLE = 60.0  # seconds two clocks may differ without our blaming them
KEYS = "/login/.well-known/jwks"
ISSUER = "SuperOffice AS"
MALFORMED = (jwt.PyJWTError, LookupError, TypeError, ValueError, OverflowError)  # strange claims, too
LEEWAY = 60.0  # seconds that two clocks may differ
WRONG: dict[type[jwt.PyJWTError], str] = {  # the first that fits
    jwt.ExpiredSignatureError: "it has expired; check this machine's clock",
    jwt.ImmatureSignatureError: "it is not valid yet; check this machine's clock",
    jwt.InvalidIssuerError: f"it was not issued by {ISSUER}",
    jwt.MissingRequiredClaimError: "it has no issuer or no end",
    jwt.InvalidAlgorithmError: "it is not signed with RS256",
    jwt.InvalidSignatureError: "the signature does not belong to the host",
}
ERROR_KEYS = ("ErrorCode", "Error", "ErrorType", "ErrorMessage", "Message")


def problems(auth: Auth) -> Iterator[str]:
    """Yield what is wrong with the private key."""
    try:
        private_key(auth)
    except UsageFault as fault:
        yield str(fault)


def make_sign_in(settings: Settings, login: LoginHost) -> SignIn:
    """Make the function that exchanges the system user's token for a ticket."""
    auth = settings.auth

    async def sign_in() -> Credential:
        key = _private_key_now(auth)
        token, client_secret = secret_now(auth, "system_user_token"), secret_now(auth, "client_secret")
        asked = {
            "SignedSystemToken": sign_token(token, key, datetime.now(UTC)),
            "ApplicationToken": client_secret,
            "ContextIdentifier": str(settings.target.tenant),
            "ReturnTokenType": "JWT",
        }
        answered = _read_token(auth, login, await login.post(EXCHANGE, asked))
        claims = validate_token(login, answered, await login.get(KEYS))
        if claims.ticket is None:
            raise refusal(f"{login.host} gave no ticket for the system user")
        credential = show_ticket(auth, claims.ticket)
        secrets = (answered, token, client_secret, asked["SignedSystemToken"])
        return replace(
            credential, life=TICKET_LIVES, root=claims.root, secrets=(*credential.secrets, *secrets)
        )

    return sign_in


def _private_key_now(auth: Auth) -> RSAPrivateKey:
    try:
        return private_key(auth)
    except UsageFault as fault:
        raise refusal(str(fault)) from None


def private_key(auth: Auth) -> RSAPrivateKey:
    """Read the application's key; raise UsageFault for what is none."""
    file = auth.private_key_file or Path()  # never without one: it is needed
    try:
        key = load_pem_private_key(remove_mark(file.read_bytes()), password=None)
    except (OSError, WideError) as error:
        raise UsageFault(f"auth.private_key_file: {file}: {why_unreadable(error)}") from None
    except TypeError:
        raise UsageFault(
            f"auth.private_key_file: {file}: has a password; use a key file without a password"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise UsageFault(f"auth.private_key_file: {file}: not a private key in PEM format") from None
    if not isinstance(key, RSAPrivateKey):
        raise UsageFault(f"auth.private_key_file: {file}: not an RSA key")
    return key


def sign_token(token: str, key: RSAPrivateKey, moment: datetime) -> str:
    """Return the system user's token with the time and the application's signature behind it."""
    stamped = f"{token}.{moment:%Y%m%d%H%M}"
    signature = key.sign(stamped.encode(), PKCS1v15(), SHA256())
    return f"{stamped}.{base64.b64encode(signature).decode()}"


def _read_token(auth: Auth, login: LoginHost, reply: LoginAnswer) -> str:
    parts = reply.parts or {}
    token = _printable(parts.get("Token"))
    if reply.status == 200 and parts.get("IsSuccessful") is True and token:  # noqa: PLR2004 - as documented
        return token
    if not parts:
        raise refusal(f"{login.host} answered {reply.status} without a usable answer; check auth.login_url")
    raise _refusal(auth, login, reply, [parts.get(key) for key in ERROR_KEYS])


def _refusal(auth: Auth, login: LoginHost, reply: LoginAnswer, errors: list[JsonValue]) -> RefusedError:
    """Return why the host gave no ticket. The host's own words are left out: they may quote what we sent."""
    known = next((number for each in errors if (number := _error_number(each)) in ERRORS), None)
    if known == INVALID_TIMESTAMP:
        return refusal(f"{login.host} rejected the time stamp (error 6): {_compare_clocks(reply.date)}")
    if known is None:
        numbers = [str(each) for each in errors if isinstance(each, int) and not isinstance(each, bool)]
        why = f"error {', '.join(numbers)}" if numbers else str(reply.status)
        remedy = "check target.tenant, and that the tenant's administrator has approved the application"
    else:
        name, remedy = ERRORS[known]
        why = f"error {known}, {name}"
    return refusal(
        f"{login.host} rejected the system user ({why}): {remedy}; the credentials come from {origin(auth)}",
        Suspect.SIGN_IN,
    )


def _error_number(error: JsonValue) -> int | None:
    """Return the number of an error that is given as a number, in digits, or by its name."""
    if isinstance(error, int) and not isinstance(error, bool):
        return error
    if not isinstance(error, str):
        return None
    words = error.replace(" ", "").lower()
    if words.isascii() and words.isdecimal() and len(words) == 1:
        return int(words)
    # a name that is a plain word, such as Expired, may as well be part of another sentence
    inside = (number for name, number in BY_NAME.items() if name in words and len(name) > LONGEST_WORD)
    return BY_NAME.get(words, next(inside, None))


def _compare_clocks(date: str) -> str:
    """Return how far this machine's clock is from the host's."""
    theirs = http_date(date)
    if theirs is None:
        return "set this machine's clock (in UTC)"
    ahead = (datetime.now(UTC) - theirs).total_seconds()
    if abs(ahead) < NOTABLE:
        return "but this machine's clock agrees with the host's"
    return (
        f"this machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} it; set it right"
    )


def _printable(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value and clean(value, len(value)) == value else None


class Claims(NamedTuple):
    """What a token says of a system user."""

    ticket: str | None
    root: str | None  # of SuperOffice


def validate_token(login: LoginHost, token: str, keys: LoginAnswer) -> Claims:
    """Return what a token says, once its signature, issuer, algorithm and times are found right.

    Raise RefusedError where one of them is not. Its audience (`aud`) is not checked: it names the
    tenant's serial number, which we do not know.
    """
    try:
        claims: Parts = jwt.decode(
            token,
            _find_key(token, keys.parts or {}),
            algorithms=["RS256"],
            issuer=ISSUER,
            leeway=LEEWAY,
            options={"require": ["exp", "iss"], "verify_aud": False},
        )
    except MALFORMED as error:
        why = next((words for kind, words in WRONG.items() if isinstance(error, kind)), "")
        raise refusal(f"{login.host} gave a token that is not trusted: {why or _fault(error)}") from None
    return Claims(sendable(claims.get(f"{CLAIM}ticket")), _printable(claims.get(f"{CLAIM}webapi_url")))


def _fault(error: Exception) -> str:
    return "no key of the host fits it" if isinstance(error, LookupError) else "it is malformed"


def _find_key(token: str, published: Parts) -> jwt.PyJWK:
    """Return the key that the token names, else the only one; raise LookupError where there is none."""
    listed = published.get("keys")
    found = listed if isinstance(listed, list) else []
    keys = [key for key in found if isinstance(key, dict) and key.get("kty") == "RSA"]
    name = jwt.get_unverified_header(token).get("kid")
    fitting = [key for key in keys if name is None or key.get("kid") == name]
    if len(fitting) != 1:
        raise LookupError
    return jwt.PyJWK({"kty": "RSA", "n": fitting[0].get("n"), "e": fitting[0].get("e")}, algorithm="RS256")


SYSTEM_USER = Scheme(
    needed=("target.tenant", "auth.client_secret", "auth.system_user_token", "auth.private_key_file"),
    make_sign_in=make_sign_in,
    problems=problems,
)
