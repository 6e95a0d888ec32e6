"""Bodies: seven forms are read, six are written, and what is none of them is refused."""

import json
from urllib.parse import urlencode
from xml.etree.ElementTree import fromstring

import pytest

from presence_worker.model import NOT_PRESENT, Presence
from presence_worker.sandbox import Assumptions, People, Sandbox, Setup, serve
from presence_worker.sandbox.bodies import READERS, WRITERS, choose_type

from .caller import Caller, calling, presence_path

pytestmark = pytest.mark.anyio
MESSAGE = "Zurück <am> 4. & 5.\r\n\tJänner 🎿"
PARTS = {"Status": NOT_PRESENT, "Message": MESSAGE}
XML_MESSAGE = MESSAGE.replace("&", "&amp;").replace("<", "&lt;").replace("\r", "&#13;")
XML = (
    f"<UserPresenceStatus xmlns='urn:x'><Status>{NOT_PRESENT}</Status>"
    f"<Message>{XML_MESSAGE}</Message></UserPresenceStatus>"
)
PATH = presence_path(7)


def body_as(media: str) -> bytes:
    """Give the presence in one of the forms."""
    text = XML if media.endswith("/xml") else urlencode(PARTS) if "form" in media else json.dumps(PARTS)
    return text.encode()


async def put(caller: Caller, body: bytes, **headers: str) -> tuple[int, str, str]:
    """Give the answer's status, type and text."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    async with caller.session.put(PATH, data=body, headers=names) as response:
        return response.status, response.content_type, await response.text()


@pytest.mark.parametrize("media", READERS)
async def test_each_form_is_read(media: str, caller: Caller, sandbox: Sandbox) -> None:
    """The whole presence comes through, by whatever type, with whatever parameters and case."""
    status, _, text = await put(
        caller, body_as(media), Content_Type=f"{media.title()}; charset=utf-8", Accept="*/*"
    )

    assert (status, json.loads(text)) == (200, PARTS)
    assert sandbox.people.presence(7) == Presence(status=NOT_PRESENT, message=MESSAGE)
    assert sandbox.record[0].asked == sandbox.people.presence(7)


@pytest.mark.parametrize("media", WRITERS)
async def test_each_form_is_written(media: str, caller: Caller) -> None:
    """An answer comes in the form that was asked for, and so does an error."""
    answers = [
        await put(caller, body_as("application/json"), Content_Type="application/json", Accept=media),
        await put(caller, b"{}", Content_Type="application/json", Accept=media),
    ]

    (status, content_type, text), (refused, error_type, error) = answers
    assert (status, content_type, refused, error_type) == (200, media, 400, media)
    if media.endswith("/xml"):
        root, error_root = fromstring(text), fromstring(error)
        assert {part.tag: part.text for part in root} == PARTS
        assert (root.tag, error_root.tag) == ("UserPresenceStatus", "Error")
        assert [part.tag for part in error_root] == ["Message", "MessageDetail"]
    else:
        assert json.loads(text) == PARTS
        assert set(json.loads(error)) == {"Message", "MessageDetail"}


async def test_xml_tells_errors_nothing_and_truth(caller: Caller) -> None:
    """SuperOffice's own errors keep their keys; truths are lower case; what XML cannot hold is replaced."""
    headers = {"Accept": "text/xml"}
    async with caller.session.get(presence_path(1001), headers=headers) as response:
        error = fromstring(await response.text())
    await caller.put(7, message="\x0bx")
    async with caller.session.get(PATH, headers=headers) as response:
        message = fromstring(await response.text()).findtext("Message")

    assert error.tag == "SoErrorInfo"
    assert [part.tag for part in error] == ["Error", "ErrorType", "ErrorMessage", "ErrorSource"]
    assert error.findtext("Error") == "true"
    assert message == "\N{REPLACEMENT CHARACTER}x"


async def test_nothing_in_xml_is_nil() -> None:
    """Where an unknown id is answered with null, XML says so in its own way."""
    unknowns = Assumptions(unknown_id="null")
    async with serve(People(1), Setup(assumptions=unknowns)) as sandbox, calling(sandbox) as caller:
        status, _, text = await put(
            caller, body_as("text/xml"), Content_Type="text/xml", Accept="application/xml"
        )

    assert status == 200
    assert fromstring(text).attrib == {"{http://www.w3.org/2001/XMLSchema-instance}nil": "true"}


async def test_a_nil_message_is_none(caller: Caller) -> None:
    """xsi:nil is null, and an element without text is a text without characters."""
    nil = "<Message xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'>x</Message>"
    body = f"<UserPresenceStatus><Status>{NOT_PRESENT}</Status>{nil}</UserPresenceStatus>"

    status, _, text = await put(caller, body.encode(), Content_Type="text/xml")

    assert (status, json.loads(text)) == (200, {"Status": NOT_PRESENT, "Message": ""})


TRAP = f"<!DOCTYPE x [<!ENTITY e 'secret'>]>{XML.replace(NOT_PRESENT, '&e;')}"


@pytest.mark.parametrize(
    ("media", "body", "status"),
    [
        ("text/plain", "secret", 415),
        ("application/octet-stream", "{}", 415),
        ("application/xml", "{}", 400),
        ("application/xml", "<Presence><Status>secret</Status></Presence>", 400),
        ("application/xml", TRAP, 400),
        ("application/xml", f"<!DOCTYPE UserPresenceStatus>{XML}", 400),
        ("application/xml", "<?xml version='1.0' encoding='secret'?><x/>", 400),
        ("application/json", XML, 400),
        ("application/json-patch+json", '[{"op": "replace", "path": "/Status", "value": "secret"}]', 400),
        ("application/x-www-form-urlencoded", '{"Status": "secret"}', 400),
        ("application/x-www-form-urlencoded", "Status=%ff", 400),
        ("application/x-www-form-urlencoded", "", 400),
    ],
)
async def test_a_body_that_is_not_what_its_type_says(
    caller: Caller, sandbox: Sandbox, media: str, body: str, status: int
) -> None:
    """It is refused, not guessed at, and not quoted."""
    answered, _, text = await put(caller, body.encode(), Content_Type=media)

    assert answered == status
    assert "secret" not in text
    assert sandbox.people.changes() == {}
    assert sandbox.record[0].asked is None


async def test_a_body_without_a_type_is_json(caller: Caller) -> None:
    """Whoever leaves it out is understood."""
    async with caller.session.put(
        PATH, data=body_as("application/json"), skip_auto_headers=["Content-Type"]
    ) as response:
        status = response.status

    assert status == 200


async def test_forms_that_are_switched_off() -> None:
    """Without XML and forms, such bodies are refused and answers are JSON, whatever was asked for."""
    unknowns = Assumptions(xml="off", form="off")
    async with serve(People(), Setup(assumptions=unknowns)) as sandbox, calling(sandbox) as caller:
        answers = [
            await put(caller, body_as("text/xml"), Content_Type="text/xml"),
            await put(
                caller, body_as("form"), Content_Type="application/x-www-form-urlencoded", Accept="text/xml"
            ),
            await put(caller, body_as("text/json"), Content_Type="text/json", Accept="text/xml"),
        ]

    assert [each[:2] for each in answers] == [
        (415, "application/json"),
        (415, "application/json"),
        (200, "application/json"),
    ]


async def test_the_query_is_json_whatever_was_asked_for(caller: Caller) -> None:
    """Pages of all users come in one form only."""
    async with caller.session.get("/api/v1/User?$top=1", headers={"Accept": "text/xml"}) as response:
        content_type = response.content_type

    assert content_type == "application/json"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("image/png", "application/json"),
        ("text/xml", "text/xml"),
        ("TEXT/XML;q=0.5, application/xml", "application/xml"),
        ("text/xml;q=0.9, application/json;q=0.1", "text/xml"),
        ("text/xml, text/json", "text/xml"),
        ("text/xml;q=0, */*", "application/json"),
        ("text/xml;q=much", "application/json"),
        ("text/xml;charset=utf-8", "text/xml"),
    ],
)
def test_the_best_liked_form_is_written(accept: str, wanted: str) -> None:
    """By weight, then by order; JSON where none of ours is named."""
    assert choose_type(accept) == wanted
