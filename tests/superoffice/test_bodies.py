"""Presences as bodies: seven formats to write, and whatever comes to be read."""

import typing
from collections.abc import Callable
from urllib.parse import parse_qs

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presence_worker.model import NOT_PRESENT, Change, Outcome, Presence, Reason, Result
from presence_worker.settings import Accept, ContentType, Delivery
from presence_worker.superoffice import open_client
from presence_worker.superoffice.body_formats import ENCODERS, as_xml, read_presence
from presence_worker.superoffice.xml_texts import UnwritableError
from tests.examples import examples
from tests.raw_server import Request, answer, raw_server

from .given import change, put_once
from .given import settings as settings_for

ODD = "Sjuk å\n\t<b> & \"so' ]]> \r\n 🏖"
AS_JSON = orjson.dumps({"Status": NOT_PRESENT, "Message": ODD})
AS_XML = (
    "<UserPresenceStatus><Status>StatusNotAvailable</Status><Message>Sjuk å\n\t&lt;b&gt; &amp; "
    "\"so' ]]&gt; &#13;\n 🏖</Message></UserPresenceStatus>"
).encode()
AS_FORM = (
    b"Status=StatusNotAvailable&Message=Sjuk+%C3%A5%0A%09%3Cb%3E+%26+%22so%27+%5D%5D%3E+%0D%0A+%F0%9F%8F%96"
)
BODIES = {
    "application/json": AS_JSON,
    "text/json": AS_JSON,
    "application/xml": AS_XML,
    "text/xml": AS_XML,
    "application/x-www-form-urlencoded": AS_FORM,
    "application/json-patch+json": AS_JSON,
    "application/merge-patch+json": AS_JSON,
}
FORM = "application/x-www-form-urlencoded"
LETTERS = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
MESSAGES = st.text(LETTERS | st.sampled_from("\t\n\r&<>]+%"), max_size=60)


def read_form(body: bytes) -> Presence:
    """Read a form as servers do."""
    parts = parse_qs(body.decode(), keep_blank_values=True, strict_parsing=True)
    return Presence(status=parts["Status"][0], message=parts["Message"][0])


READERS: dict[str, Callable[[bytes], Presence | None]] = {FORM: read_form}


def delivery(**wanted: object) -> Delivery:
    """Return settings with some formats of bodies."""
    return Delivery.model_validate(wanted)


def test_every_type_that_can_be_configured_can_be_written() -> None:
    """Table and settings name the same seven types; six of them are answers, too."""
    flat = typing.get_args(ContentType)

    assert sorted(flat) == sorted(ENCODERS) == sorted(BODIES)
    assert set(flat) - {FORM} == set(typing.get_args(Accept))


@pytest.mark.anyio
@pytest.mark.parametrize("content_type", BODIES)
@pytest.mark.covers("request as `application/json`")
@pytest.mark.covers("request as `text/json`")
@pytest.mark.covers("request as `application/xml`")
@pytest.mark.covers("request as `text/xml`")
@pytest.mark.covers("request as `application/x-www-form-urlencoded`")
@pytest.mark.covers("request as `application/json-patch+json`")
@pytest.mark.covers("request as `application/merge-patch+json`")
async def test_each_type_goes_out_as_configured(content_type: str) -> None:
    """The body is of the type its header names, in UTF-8, with both parts."""
    setting = delivery(content_type=content_type)

    async with raw_server() as server:
        await put_once(settings_for(server.url, delivery=setting), change(message=ODD))

    (seen,) = server.puts
    assert seen.body == BODIES[content_type]
    assert seen.header("Content-Type") == f"{content_type}; charset=utf-8"


@pytest.mark.anyio
@pytest.mark.parametrize("accept", typing.get_args(Accept))
@pytest.mark.covers("answer as `application/json`")
@pytest.mark.covers("answer as `text/json`")
@pytest.mark.covers("answer as `application/xml`")
@pytest.mark.covers("answer as `text/xml`")
@pytest.mark.covers("answer as `application/json-patch+json`")
@pytest.mark.covers("answer as `application/merge-patch+json`")
async def test_each_type_is_asked_for_and_understood(accept: str) -> None:
    """The echo of a PUT and the answer to a GET are read in every type of the reference."""
    body = BODIES[accept]
    shows = answer(200, body, {"Content-Type": f"{accept}; charset=utf-8"})
    async with (
        raw_server(otherwise=shows) as server,
        open_client(settings_for(server.url, delivery=delivery(accept=accept))) as client,
    ):
        outcome = await client.put(change(message=ODD))
        shown = await client.read_back(7)

    assert outcome.result is Result.UPDATED
    assert shown == Presence(status=NOT_PRESENT, message=ODD)
    assert [seen.header("Accept") for seen in server.requests] == [accept, accept]


@pytest.mark.anyio
@pytest.mark.parametrize("header", ["application/json", "application/xml", "text/html", "", "nonsense/;="])
@pytest.mark.parametrize("body", [AS_JSON, AS_XML], ids=["JSON", "XML"])
async def test_a_header_that_lies_does_no_harm(header: str, body: bytes) -> None:
    """The body itself tells its format: no text is both JSON and XML."""
    async with raw_server(answer(200, body, {"Content-Type": header})) as server:
        outcome = await put_once(settings_for(server.url), change(message=ODD))

    assert outcome.result is Result.UPDATED


async def put_odd(character: str, content_type: str) -> tuple[Outcome, list[Request], Change]:
    """Make a PUT of a message with an odd character in it."""
    asked = change(message=f"In hospital{character}")
    async with raw_server() as server:
        setting = settings_for(server.url, delivery=delivery(content_type=content_type))
        return await put_once(setting, asked), server.requests, asked


@pytest.mark.anyio
@pytest.mark.parametrize("character", ["\ufffe", "\uffff", "\x00", "\x0b", "\x1b", "\ud83c"])
@pytest.mark.parametrize("content_type", ["application/xml", "text/xml"])
async def test_what_xml_cannot_hold_is_never_sent(character: str, content_type: str) -> None:
    """XML has no way to write some characters: the row is rejected, says so, and nothing is quoted."""
    outcome, requests, _ = await put_odd(character, content_type)

    assert (outcome.result, outcome.reason) == (Result.REJECTED, Reason.CONTROL_CHARACTERS)
    assert (outcome.attempts, outcome.wire_puts, outcome.trouble, outcome.stop) == (0, 0, None, None)
    assert "delivery.content_type" in str(outcome.detail)
    assert "hospital" not in repr(outcome)
    assert requests == []


@pytest.mark.anyio
@pytest.mark.parametrize("content_type", [kind for kind in BODIES if not kind.endswith("/xml")])
async def test_the_other_formats_hold_every_character(content_type: str) -> None:
    """What is no character at all (U+FFFE) goes out where the format can hold it."""
    outcome, requests, asked = await put_odd("\ufffe", content_type)

    assert READERS.get(content_type, read_presence)(requests[0].body) == asked.wanted
    assert outcome.wire_puts == 1


@given(message=MESSAGES, content_type=st.sampled_from(sorted(ENCODERS)))
@settings(max_examples=examples(200), deadline=None)
def test_what_is_written_can_be_read(message: str, content_type: str) -> None:
    """Every message a row may have comes back whole from every format."""
    presence = Presence(status=NOT_PRESENT, message=message)

    body = ENCODERS[content_type](presence)

    assert READERS.get(content_type, read_presence)(body) == presence


@given(message=st.text(st.characters()))
@settings(max_examples=examples(300), deadline=None)
def test_xml_is_whole_or_refused(message: str) -> None:
    """Whatever the characters: either all come back, or the format says that it cannot hold them."""
    presence = Presence(status=NOT_PRESENT, message=message)

    try:
        body = as_xml(presence)
    except UnwritableError as error:
        assert str(error) == ""  # noqa: PT017 - refusing is one of the two right answers
    else:
        assert read_presence(body) == presence
