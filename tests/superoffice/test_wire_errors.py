"""Errors as they come over the wire: each shape that was seen of the service, in JSON and in XML."""

from collections.abc import Callable
from xml.sax.saxutils import escape

import orjson
import pytest

from presence_worker.model import Outcome, Reason, Result
from tests.raw_server import answer, raw_server

from .given import change, put_once, settings

PRIVATE = "In hospital & away"
PAGE = b"\xef\xbb\xbf<!DOCTYPE html>\r\n<html><title>403 - Forbidden</title><body>IIS</body></html>"
XHTML = (
    b'<?xml version="1.0" encoding="iso-8859-1"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">'
    b'<html xmlns="http://www.w3.org/1999/xhtml"><body>IIS</body></html>'
)

Write = Callable[[dict[str, str]], bytes]

pytestmark = pytest.mark.anyio


def as_json(error: dict[str, str]) -> bytes:
    return orjson.dumps({"Error": True, "ErrorType": "SoException", **error})


def as_xml(error: dict[str, str]) -> bytes:
    parts = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in error.items())
    return f'<Error xmlns="http://example.com/">{parts}</Error>'.encode()


BODIES = pytest.mark.parametrize(
    ("write", "content_type"),
    [
        pytest.param(as_json, "application/json; charset=utf-8", id="JSON"),
        pytest.param(as_xml, "application/xml; charset=utf-8", id="XML"),
    ],
)


async def answered(status: int, body: bytes, content_type: str) -> Outcome:
    """Make a PUT that is answered so."""
    async with raw_server(answer(status, body, {"Content-Type": content_type})) as server:
        return await put_once(settings(server.url), change(message=PRIVATE))


def assert_told(outcome: Outcome) -> None:
    """The service's words are told, without the row's message."""
    assert (outcome.result, outcome.reason) == (Result.REJECTED, Reason.REFUSED)
    assert (outcome.detail, outcome.html) == ("Not found: [redacted]", False)


@BODIES
@pytest.mark.covers("error with `ErrorMessage`")
async def test_an_error_message(write: Write, content_type: str) -> None:
    """The shape of SuperOffice's own errors."""
    error = {"ErrorMessage": f"Not found: {PRIVATE}", "Message": "something else"}

    assert_told(await answered(404, write(error), content_type))


@BODIES
@pytest.mark.covers("error with `Message` instead")
async def test_a_message_instead(write: Write, content_type: str) -> None:
    """The same with its text under another name, which a presence has, too."""
    error = {"Message": f"Not found: {PRIVATE}"}

    assert_told(await answered(404, write(error), content_type))


@BODIES
@pytest.mark.covers("error with `Message` and `MessageDetail`")
async def test_a_message_with_its_detail(write: Write, content_type: str) -> None:
    """The shape of the framework beneath SuperOffice."""
    error = {"Message": "Not found:", "MessageDetail": PRIVATE}

    assert_told(await answered(404, write(error), content_type))


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", ""])
@pytest.mark.covers("error as bare text")
async def test_bare_text(content_type: str) -> None:
    """What has no shape is told as it is, on one line."""
    body = f"  Not\r\n found: {PRIVATE}\n".encode()

    assert_told(await answered(404, body, content_type))


@pytest.mark.parametrize("status", [200, 403, 502])
@pytest.mark.parametrize("content_type", ["text/html", "application/json", "application/xml"])
@pytest.mark.parametrize("body", [PAGE, XHTML], ids=["HTML", "XHTML"])
@pytest.mark.covers("error as an HTML page")
async def test_a_page_for_people(status: int, content_type: str, body: bytes) -> None:
    """IIS and proxies answer with pages: never a success, never quoted."""
    outcome = await answered(status, body, content_type)

    assert outcome.result is not Result.UPDATED
    assert "an HTML page" in str(outcome.detail)
    assert "IIS" not in str(outcome.detail)
