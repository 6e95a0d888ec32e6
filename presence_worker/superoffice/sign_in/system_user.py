"""Scheme `system-user`: a signed token is exchanged for a ticket, which comes inside a signed answer."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ...errors import UsageFault
from ...settings import Auth
from ...text import clean
from ..auth import secret_now
from ..credential import Credential, SignIn
from ..held_up import RefusedError, refused
from ..login import Login, Reply
from ..waiting import http_date
from .oauth import usable
from .soticket import with_ticket
from .trust import KEYS, trusted

NEEDED = (
    "target.tenant",
    "auth.client_secret",
    "auth.system_user_token",
    "auth.private_key_file",
)
EXCHANGE = "/Login/api/PartnerSystemUser/Authenticate"
CLAIM = "http://schemes.superoffice.net/identity/"
TICKET_LIVES = 6 * 3600.0  # seconds; longer where it is used, which we do not count on
INVALID_TIMESTAMP = 6  # the service's number for it
NOTABLE = 60.0  # seconds two clocks may differ without our blaming them
ERROR_KEYS = ("ErrorCode", "Error", "ErrorType", "ErrorMessage", "Message")


def problems(auth: Auth) -> Iterator[str]:
    """Yield what is wrong with the private key."""
    try:
        private_key(auth)
    except UsageFault as fault:
        yield str(fault)


def signing_in(auth: Auth, login: Login, *, tenant: str) -> SignIn:
    """Make the function that exchanges the system user's token for a ticket."""

    async def sign_in() -> Credential:
        try:
            key = private_key(auth)
        except UsageFault as fault:
            raise refused(str(fault)) from None
        token, client_secret = secret_now(auth, "system_user_token"), secret_now(auth, "client_secret")
        asked = {
            "SignedSystemToken": signed(token, key, datetime.now(UTC)),
            "ApplicationToken": client_secret,
            "ContextIdentifier": tenant,
            "ReturnTokenType": "JWT",
        }
        answered = _token(login, await login.post(EXCHANGE, asked))
        claims = trusted(login, answered, await login.get(KEYS))
        ticket = usable(claims.get(f"{CLAIM}ticket"))
        if ticket is None:
            raise refused(f"{login.host} gave no ticket for the system user")
        credential = with_ticket(auth, ticket)
        return replace(
            credential,
            life=TICKET_LIVES,
            root=_text(claims.get(f"{CLAIM}webapi_url")),
            secrets=(*credential.secrets, answered, token, client_secret, asked["SignedSystemToken"]),
        )

    return sign_in


def private_key(auth: Auth) -> RSAPrivateKey:
    """Read the application's key; raise UsageFault for what is none."""
    file = auth.private_key_file or Path()  # never without one: it is NEEDED
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise UsageFault(f"auth.private_key_file: {file}: {error.strerror}") from None
    except TypeError:
        raise UsageFault(f"auth.private_key_file: {file}: has a password; keep it without one") from None
    except (ValueError, UnsupportedAlgorithm):
        raise UsageFault(f"auth.private_key_file: {file}: no private key in PEM format") from None
    if not isinstance(key, RSAPrivateKey):
        raise UsageFault(f"auth.private_key_file: {file}: not an RSA key")
    return key


def signed(token: str, key: RSAPrivateKey, moment: datetime) -> str:
    """Give the system user's token with the time and the application's signature behind it."""
    stamped = f"{token}.{moment:%Y%m%d%H%M}"
    signature = key.sign(stamped.encode(), PKCS1v15(), SHA256())
    return f"{stamped}.{base64.b64encode(signature).decode()}"


def _token(login: Login, reply: Reply) -> str:
    value = reply.value if isinstance(reply.value, dict) else {}
    token = _text(value.get("Token"))
    if reply.status == 200 and value.get("IsSuccessful") is True and token:  # noqa: PLR2004 - as documented
        return token
    if not value:
        raise refused(
            f"{login.host} answered {reply.status} with no answer of its own; is auth.login_url right?"
        )
    raise _refusal(login, reply, [value.get(key) for key in ERROR_KEYS])


def _refusal(login: Login, reply: Reply, told: list[Any]) -> RefusedError:
    """Say why there is no ticket. The host's own words are not told: they may quote what we sent."""
    if any(_is_about_time(each) for each in told):
        return refused(f"{login.host} found our time stamp invalid (error 6): {_compared(reply.date)}")
    numbers = [str(each) for each in told if isinstance(each, int) and not isinstance(each, bool)]
    why = f" (error {', '.join(numbers)})" if numbers else f" ({reply.status})"
    return refused(
        f"{login.host} did not sign the system user in{why}: check target.tenant, auth.system_user_token, "
        "auth.client_secret and auth.private_key_file, and that the tenant has approved the application"
    )


def _is_about_time(told: Any) -> bool:
    if isinstance(told, str):
        return told.strip() == str(INVALID_TIMESTAMP) or "invalidtimestamp" in told.replace(" ", "").lower()
    return told is not True and told == INVALID_TIMESTAMP


def _compared(date: str) -> str:
    """Say how far this machine's clock is from the host's."""
    theirs = http_date(date)
    if theirs is None:
        return "set this machine's clock (UTC counts)"
    ahead = (datetime.now(UTC) - theirs).total_seconds()
    if abs(ahead) < NOTABLE:
        return "though this machine's clock agrees with the host's"
    return (
        f"this machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} it; set it right"
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value and clean(value, len(value)) == value else None
