"""What a browser sends with a form: read within limits, and only from pages of ours."""

import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import anyio
from aiohttp import web

from ...settings.serve import Serve
from ...settings.value_types import is_loopback
from ..http.problem import HttpProblem

MOST = 8192  # bytes of a form
MOST_FIELDS = 8
PATIENCE = 10.0  # seconds, for a form
FORM_TYPE = "application/x-www-form-urlencoded"
FROM_HERE = ("same-origin", "none")  # none: typed, or reloaded
FOREIGN = "This form does not come from a page of this service. Open the page again, and use its button"
TOO_SLOW = "The form did not arrive in time. Send it again"
TOO_LONG = f"A form may have {MOST} bytes"


def check_origin(request: web.Request, settings: Serve) -> None:
    """Raise HttpProblem 403 where a page of another origin has sent the request.

    Browsers say where a form comes from, in one header or in both.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site not in FROM_HERE:
        raise HttpProblem(403, FOREIGN)
    if origin is not None and not _is_ours(origin, request.headers.get("Host", ""), settings):
        raise HttpProblem(403, FOREIGN)


def _is_ours(origin: str, host: str, settings: Serve) -> bool:
    """Return whether an origin is the address under which people know the service, or the one they asked."""
    sent = origin.encode("utf-8", "surrogateescape")  # as a stranger may have sent it
    if hmac.compare_digest(sent, (settings.public_url or "").encode()):
        return True
    try:
        found = urlsplit(origin)
        is_safe = found.scheme == "https" or not settings.is_secure or is_loopback(found.hostname or "")
    except ValueError:
        return False
    return found.scheme in ("http", "https") and is_safe and found.netloc == host


async def read_form(request: web.Request) -> Mapping[str, str]:
    """Return the fields of a form; raise HttpProblem 408, 413 or 415."""
    if request.content_type != FORM_TYPE:
        raise HttpProblem(415, "Send the form as a browser does")
    body = bytearray()
    try:
        with anyio.fail_after(PATIENCE):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > MOST:
                    raise HttpProblem(413, TOO_LONG, {"Connection": "close"})
    except TimeoutError:
        raise HttpProblem(408, TOO_SLOW, {"Connection": "close"}) from None
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise HttpProblem(400, "The form cannot be read. Open the page again") from None
