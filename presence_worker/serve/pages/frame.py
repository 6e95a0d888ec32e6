"""What all pages of the service share: the frame, the headers, and the files beside them."""

from functools import cache
from typing import NamedTuple

from aiohttp import web
from markupsafe import Markup

from ...report.pieces import NOTHING, TEMPLATES, Pieces, Value

fill = Pieces("service.html").fill
POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
STATIC = {  # what pages load: content types by the names of our files
    "page.css": "text/css",
    "live.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


class Reader(NamedTuple):
    """For whom a page is made."""

    name: str  # of the token
    form_token: str  # of all forms in the page
    may_approve: bool
    may_watch: bool  # hear of events, so that the page is live


def show_page(title: str, body: Markup, reader: Reader | None = None, status: int = 200) -> web.Response:
    """Return a page; it is live for a *reader* who may watch."""
    text = fill(
        "page",
        title=title,
        script=fill("script") if reader and reader.may_watch else NOTHING,
        who=fill("who", name=reader.name, token=reader.form_token) if reader else NOTHING,
        body=body,
    )
    return web.Response(
        status=status, text=text.rstrip(), content_type="text/html", charset="utf-8", headers=POLICY
    )


def show_sign_in(form_token: str, to: str, problem: Value = None, status: int = 200) -> web.Response:
    """Return the page on which a token is typed; then it leads *to* where the reader was going."""
    body = fill(
        "sign_in",
        token=form_token,
        to=to,
        problem=fill("wrong", words=problem) if problem else NOTHING,
        described="wrong hint" if problem else "hint",
    )
    return show_page("Sign in. presence-worker", body, status=status)


def give_file(name: str) -> web.Response | None:
    """Return a file that pages load; None for any other name."""
    kind = STATIC.get(name)
    if kind is None:
        return None
    return web.Response(
        text=_read(name), content_type=kind, charset="utf-8", headers={"Cache-Control": "no-cache"}
    )


@cache
def _read(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")
