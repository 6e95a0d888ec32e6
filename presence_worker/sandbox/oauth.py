"""The token host: a refresh token is good for an access token."""

from typing import Any

from .ask import Ask
from .bodies import FORM, media_type, read_form
from .claims import claims
from .desk import TENANT, TOKEN, Desk
from .loading import load
from .replies import Reply, success
from .site import Site

NEEDED = {"client_id": "invalid_client", "client_secret": "invalid_client", "refresh_token": "invalid_grant"}


def post_token(ask: Ask, _: int, site: Site) -> Reply:
    """Give an access token for a refresh token."""
    try:
        fields = read_form(ask.body) if media_type(ask.content_type) == FORM else {}
    except ValueError:
        fields = {}
    wrong = _wrong(fields, site.desk)
    if wrong:
        return Reply(status=400, value={"error": wrong, "error_description": "The sandbox refuses it."})
    following = site.desk.refreshed(fields["refresh_token"])
    return success(
        {
            "token_type": "Bearer",
            "access_token": site.desk.issued(TOKEN),
            "expires_in": int(site.desk.online.token_life),
            "id_token": load("signatures").signed(claims(ask, site, TENANT, ask.origin)),
            **({"refresh_token": following} if following else {}),
        }
    )


def get_keys(_: Ask, __: int, ___: Site) -> Reply:
    """Show the keys with which tokens are signed."""
    return success(load("signatures").key_set())


def _wrong(fields: Any, desk: Desk) -> str | None:
    """Give the code of what is wrong with a request; None where nothing is."""
    if not fields:
        return "invalid_request"
    if fields.get("grant_type") != "refresh_token":
        return "unsupported_grant_type"
    if desk.is_used_up(fields.get("refresh_token")):
        return "invalid_grant"
    return next((error for name, error in NEEDED.items() if not desk.expected(name, fields.get(name))), None)
