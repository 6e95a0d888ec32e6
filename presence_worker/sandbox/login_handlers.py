"""The hosts where one signs in: a refresh token brings an access token, a signed one a ticket."""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime

from ..loading import load
from .bodies import FORM, lower_names, media_type, parse_json, read_form
from .calls import Incoming, Json, Reply, success
from .state import SandboxState
from .tokens import TENANT, TICKET, TOKEN, IssuedTokens

SCHEME = "http://schemes.superoffice.net/identity/"
AUDIENCE = "presence-worker-sandbox"
TOKEN_NEEDS = {
    "client_id": "invalid_client",
    "client_secret": "invalid_client",
    "refresh_token": "invalid_grant",
}
ISSUER = "SuperOffice AS"
LATEST = 300  # seconds that a timestamp may be off
TIMESTAMP_FORM = "%Y%m%d%H%M"
DENIED, TIMESTAMP, SIGNATURE = 4, 6, 7  # of the documented error codes
MALFORMED = None  # no code is documented for it
TICKET_NEEDS = ("SignedSystemToken", "ApplicationToken", "ContextIdentifier")
EARLY = 60  # seconds that a token holds already, for clocks that are late


def token_claims(ask: Incoming, state: SandboxState, tenant: str, issuer: str) -> dict[str, Json]:
    """Return the claims about the user who signs in for a tenant."""
    now, root = int(state.tokens.online.now()), f"{state.tenant.origin(ask)}/{tenant}"
    named = {
        "ctx": tenant,
        "webapi_url": f"{root}/api/",
        "netserver_url": f"{root}/Remote/Services88/",
        "identityprovider": "presence-worker-sandbox",
        "is_administrator": "False",
    }
    dated = {"iat": now, "nbf": now - EARLY, "exp": now + max(EARLY, int(state.tokens.online.token_life))}
    return {
        "iss": issuer,
        "aud": AUDIENCE,
        **dated,
        **{f"{SCHEME}{name}": value for name, value in named.items()},
    }


def post_token(ask: Incoming, _: int, state: SandboxState) -> Reply:
    """Return an access token for a refresh token."""
    try:
        fields = read_form(ask.body) if media_type(ask.content_type) == FORM else {}
    except ValueError:
        fields = {}
    wrong = _find_error(fields, state.tokens)
    if wrong:
        return Reply(status=400, value={"error": wrong, "error_description": "The sandbox refuses it."})
    following = state.tokens.replace_refresh_token(fields["refresh_token"])
    return success(
        {
            "token_type": "Bearer",
            "access_token": state.tokens.issue(TOKEN),
            "expires_in": int(state.tokens.online.token_life),
            "id_token": _sign(token_claims(ask, state, TENANT, ask.origin)),
            **({"refresh_token": following} if following else {}),
        }
    )


def get_keys(_: Incoming, __: int, ___: SandboxState) -> Reply:
    """Show the keys with which tokens are signed."""
    return success(load(".sandbox.keys:key_set")())


def _find_error(fields: Mapping[str, str], tokens: IssuedTokens) -> str | None:
    """Return the code of what is wrong with a request; None where nothing is."""
    if not fields:
        return "invalid_request"
    if fields.get("grant_type") != "refresh_token":
        return "unsupported_grant_type"
    if tokens.is_used_up(fields.get("refresh_token")):
        return "invalid_grant"
    return next(
        (error for name, error in TOKEN_NEEDS.items() if not tokens.is_expected(name, fields.get(name))), None
    )


def post_authenticate(ask: Incoming, _: int, state: SandboxState) -> Reply:
    """Return a ticket for a signed token."""
    asked = lower_names(parse_json(ask.body))
    parts = {name: part for name in TICKET_NEEDS if isinstance(part := asked.get(name.lower()), str) and part}
    wrong = [name for name in TICKET_NEEDS if name not in parts]
    if asked.get("returntokentype") != "JWT":
        wrong.append("ReturnTokenType")
    if wrong:
        return _failure(MALFORMED, f"Missing or wrong: {', '.join(wrong)}.")
    return _find_fault(parts, state) or _issue_ticket(ask, parts["ContextIdentifier"], state)


def _find_fault(parts: Mapping[str, str], state: SandboxState) -> Reply | None:
    """Return what is wrong with a signed token; None where nothing is."""
    message, _, signature = parts["SignedSystemToken"].rpartition(".")
    token, _, timestamp = message.rpartition(".")
    try:
        at = datetime.strptime(timestamp, TIMESTAMP_FORM).replace(tzinfo=UTC).timestamp()
        octets = base64.b64decode(signature, validate=True)
    except (ValueError, binascii.Error):
        return _failure(MALFORMED, "SignedSystemToken: expected TOKEN.yyyyMMddHHmm.SIGNATURE")
    if abs(state.tokens.online.now() - at) > LATEST:
        return _failure(TIMESTAMP, "InvalidTimestamp")
    key = state.tokens.online.app_key
    if key is not None and not load(".sandbox.keys:is_valid_signature")(key, message.encode(), octets):
        return _failure(SIGNATURE, "InvalidSignature")
    known = {"system_user_token": token, "ApplicationToken": parts["ApplicationToken"]}
    wrong = [name for name, part in known.items() if not state.tokens.is_expected(name, part)]
    return _failure(DENIED, f"Denied: {', '.join(wrong)}.") if wrong else None


def _issue_ticket(ask: Incoming, tenant: str, state: SandboxState) -> Reply:
    claims = token_claims(ask, state, tenant, ISSUER) | {f"{SCHEME}ticket": state.tokens.issue(TICKET)}
    return success({"IsSuccessful": True, "Token": _sign(claims), "ErrorMessage": None})


def _sign(claims: Mapping[str, Json]) -> str:
    token: str = load(".sandbox.keys:sign_token")(claims)
    return token


def _failure(code: int | None, words: str) -> Reply:
    return success({"IsSuccessful": False, "Token": None, "ErrorMessage": words, "ErrorCode": code})


def get_state(ask: Incoming, _: int, state: SandboxState) -> Reply:
    """Show the state of the tenant in the path."""
    return success(state.tenant.describe(ask, ask.path.rstrip("/").rpartition("/")[2]))
