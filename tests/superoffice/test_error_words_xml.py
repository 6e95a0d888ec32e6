"""Errors told in XML: the same words as in JSON, and as little of the row's message."""

import html
from collections.abc import Callable
from xml.sax.saxutils import escape

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presence_worker.model import Reason, Result
from presence_worker.settings import Auth
from presence_worker.superoffice.error_words import error_words
from presence_worker.superoffice.http_messages import Answer
from presence_worker.superoffice.put_answers import judge_put
from tests.examples import examples
from tests.raw_server import answer, raw_server

from .given import change, put_once
from .given import settings as settings_for

PRIVATE = "Kränkel & O'Brien <siehe §12>"
TRACES = ("ränke", "#228", "#xE4", "Brien", "siehe")
INSTANCE = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'


def in_cdata(text: str) -> str:
    """Return a text as XML takes it literally."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def in_hex(text: str) -> str:
    """Return a text as .NET writes XML in a narrow encoding."""
    return "".join(c if c.isascii() else f"&#x{ord(c):X};" for c in escape(text))


SPELLINGS: dict[str, Callable[[str], str]] = {
    "escaped": escape,
    "all escaped": lambda text: html.escape(text).replace("&#x27;", "&apos;"),
    "numbers": lambda text: escape(text).encode("ascii", "xmlcharrefreplace").decode(),
    "hexadecimal": in_hex,
    "zeros in front": lambda text: in_hex(text).replace("&#x", "&#x0000"),
    "CDATA": in_cdata,
    "escaped twice": lambda text: escape(escape(text)),
    "hexadecimal, escaped": lambda text: escape(in_hex(text)),
    "hexadecimal, escaped twice": lambda text: escape(escape(in_hex(text))),
    "in CDATA as it is escaped": lambda text: in_cdata(in_hex(text)),
    "capitals": lambda text: escape(text.upper()),
}
SHAPES = {
    "ErrorMessage": "<SoErrorInfo><Error>true</Error><ErrorMessage>%s</ErrorMessage></SoErrorInfo>",
    "Message": "<SoErrorInfo><Error>true</Error><Message>%s</Message></SoErrorInfo>",
    "MessageDetail": "<Error><Message>No.</Message><MessageDetail>%s</MessageDetail></Error>",
    "another shape": "<Fault><Reason><Text>%s</Text></Reason></Fault>",
    "cut": "<Error><Message>%s",
    "a DTD": "<!DOCTYPE Error><Error><Message>%s</Message></Error>",
}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<E><ErrorType>SoNotFound</ErrorType><ErrorMessage>Not found</ErrorMessage></E>", "Not found"),
        ("<E><ErrorType>SoNotFound</ErrorType><Message>Not found</Message></E>", "Not found"),
        ("<E><Message>Invalid.</Message><MessageDetail>No id.</MessageDetail></E>", "Invalid. No id."),
        (f'<E {INSTANCE}><Message>Bad.</Message><MessageDetail i:nil="true"/></E>', "Bad."),
        (f'<E {INSTANCE}><ErrorMessage i:nil="true"/><Message>Bad.</Message></E>', "Bad."),
        ("<E><ErrorMessage><odd/></ErrorMessage><Message>Bad.</Message></E>", "Bad."),
        ('<x:E xmlns:x="urn:x"><x:Message>5 &lt; 7 &amp; 8</x:Message></x:E>', "5 < 7 & 8"),
        ('<string xmlns="http://schemas.example.com/">A bare\ntext</string>', "A bare text"),
        ("<Fault>\n <Code>7</Code>\n <Reason>Too odd</Reason>\n</Fault>", "7 Too odd"),
        ("<E><Message>cut of", "<E><Message>cut of"),
        ("<E/>", ""),
        ("<P><Status>StatusNormal</Status><Message>In hospital</Message></P>", ""),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_reads_the_documented_shapes(body: str, words: str, encoding: str) -> None:
    """`ErrorMessage`, else `Message` with `MessageDetail`, else all texts; of a presence nothing."""
    assert error_words(change(), body.encode(encoding)) == words


@pytest.mark.parametrize("status", [400, 403, 404, 422, 429, 500, 503])
def test_an_error_is_told_in_the_service_s_own_words(status: int) -> None:
    """Whoever reads the report sees what the service said, and no angle brackets."""
    outcome = judge_put(
        change(), Answer(status, {}, b"<Error><Message>No such &lt;thing&gt;</Message></Error>")
    )

    assert outcome.detail == "No such <thing>"


def test_says_nothing_of_a_page() -> None:
    """XHTML is a page for people, as HTML is."""
    body = b'<?xml version="1.0"?><html><body>secret</body></html>'

    assert error_words(change(), body) == "the answer was an HTML page"


def test_an_echo_among_errors_is_none() -> None:
    """The status is looked at first, in XML as in JSON."""
    echo = b"<X><Status>StatusNotAvailable</Status><Message>Back on 4 January</Message></X>"

    outcome = judge_put(change(), Answer(400, {}, echo))

    assert (outcome.result, outcome.reason) == (Result.REJECTED, Reason.REFUSED)
    assert outcome.detail == "SuperOffice answered 400"


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_never_quotes_the_row_s_message(spelling: Callable[[str], str], shape: str, encoding: str) -> None:
    """A reason of absence is blotted out however XML writes it, also where the XML cannot be read."""
    body = (shape % f"The value [{spelling(PRIVATE)}] is odd").encode(encoding)

    words = error_words(change(message=PRIVATE), body)

    assert "The value [[redacted]] is odd" in words
    assert not [trace for trace in TRACES if trace.lower() in words.lower()]


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_nor_does_json_that_holds_xml(spelling: Callable[[str], str]) -> None:
    """An error may quote the whole request, in whatever it was written."""
    quoted = f"<Message>{spelling(PRIVATE)}</Message>"

    words = error_words(change(message=PRIVATE), orjson.dumps({"ErrorMessage": quoted}))

    assert "[redacted]" in words
    assert not [trace for trace in TRACES if trace.lower() in words.lower()]


@pytest.mark.parametrize("private", ["a &amp; b &#228;", "x ]]> y", "]]>", "<![CDATA[x]]>"])
@pytest.mark.parametrize("ending", ["</Message></Error>", ""], ids=["whole", "cut"])
@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_message_that_looks_like_markup_is_blotted_out(
    private: str, spelling: Callable[[str], str], ending: str
) -> None:
    """What is taken off in order to compare may stand in the message itself."""
    body = f"<Error><Message>[{spelling(private)}]{ending}".encode()

    words = error_words(change(message=private), body)

    assert words.upper().removeprefix("<ERROR><MESSAGE>") == "[[REDACTED]]"


@pytest.mark.anyio
async def test_a_password_that_looks_like_markup_is_blotted_out() -> None:
    """What is looked through for the message is not changed: a secret is still found in it as it is."""
    auth = Auth.model_validate({"username": "night", "password": "x&lt;y&#228;z"})
    async with raw_server(answer(400, b'{"ErrorMessage": "who is x&lt;y&#228;z?"}')) as server:
        outcome = await put_once(settings_for(server.url, auth=auth))

    assert outcome.detail == "who is [redacted]?"


@given(st.text(max_size=60), st.sampled_from(sorted(SPELLINGS)), st.sampled_from(sorted(SHAPES)))
@settings(max_examples=examples(200), deadline=None)
def test_no_answer_makes_it_stumble(text: str, spelling: str, shape: str) -> None:
    """Whatever comes, the words are one short line."""
    body = (SHAPES[shape] % SPELLINGS[spelling](text)).encode("utf-8", "replace")

    words = error_words(change(message=text), body)

    assert len(words) <= 300
    assert "\n" not in words
