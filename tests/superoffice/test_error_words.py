"""What the service says about an error, fit to be shown to anybody."""

import html
import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presence_worker.superoffice.error_words import error_words
from tests.examples import examples

from .given import change

PRIVATE = 'Kränk & "müde", siehe O\'Brien/HR <1>'


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"Error": True, "ErrorType": "SoNotFoundException", "ErrorMessage": "Not found"}, "Not found"),
        ({"Error": True, "ErrorType": "SoNotFoundException", "Message": "Not found"}, "Not found"),
        ({"Message": "The request is invalid.", "MessageDetail": "No id."}, "The request is invalid. No id."),
        ({"Message": "The request is invalid.", "MessageDetail": None}, "The request is invalid."),
        ({"ErrorMessage": "First", "Message": "Second"}, "First"),
        ({"ErrorMessage": None, "Message": "Second"}, "Second"),
        ({"errors": {"Status": ['"Away" is\nnot one']}}, '{"errors":{"Status":[""Away" is not one"]}}'),
        ({"ErrorMessage": "", "Message": "Second"}, "Second"),
        ({"ErrorMessage": {"odd": 1}, "Message": "Second"}, "Second"),
        ({"Status": 400, "Message": "Bad"}, "Bad"),
        ({"title": "Bad Request", "status": 400}, '{"title":"Bad Request","status":400}'),
        (["one", "two"], '["one","two"]'),
        ("a bare text", "a bare text"),
        (12, "12"),
        (None, ""),
        ({}, ""),
        ([], ""),
    ],
)
def test_reads_the_documented_shapes(error: object, words: str) -> None:
    """`ErrorMessage`, else `Message` with `MessageDetail`, else what came; emptiness says nothing."""
    body = orjson.dumps(error)

    assert error_words(change(), body) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ""),
        (b"  \r\n ", ""),
        (b"  Access denied.\r\n", "Access denied."),
        (b'{"ErrorMessage": "cut of', '{"ErrorMessage": "cut of'),
        (b"bad \xff byte", "bad \ufffd byte"),
        (b'{"a": ' + b"[" * 500 + b"]" * 500 + b"}", '{"a": ' + "[" * 293 + "…"),
        (b"<!DOCTYPE html><body>secret", "the answer was an HTML page"),
        ("red \x1b[31m\u202ebidi\u200b\x00 line\nbreak".encode(), "red [31m bidi line break"),
    ],
)
def test_reads_bare_text_and_makes_it_harmless(body: bytes, words: str) -> None:
    """One line, and nothing in it that steers a terminal or hides."""
    assert error_words(change(), body) == words


@pytest.mark.parametrize("letter", ["x", "å", "\x00", " ", "x ", "🏖", "["])
def test_is_never_longer_than_300(letter: str) -> None:
    """However long the service talks, the report stays readable."""
    body = (letter * 500_000).encode()

    assert len(error_words(change(), body)) <= 300


def test_says_that_it_was_cut() -> None:
    """A text that goes on says so."""
    body = b"word " * 100

    assert error_words(change(), body).endswith("word word…")


def test_a_presence_says_nothing_about_an_error() -> None:
    """Its `Message` is somebody's reason of absence, and need not even be this row's."""
    body = b'{"Status": "StatusNotAvailable", "Message": "In hospital"}'

    assert error_words(change(), body) == ""


@pytest.mark.parametrize(
    "quoted",
    [
        pytest.param(PRIVATE, id="plain"),
        pytest.param(PRIVATE.upper(), id="another case"),
        pytest.param(html.escape(PRIVATE), id="HTML"),
        pytest.param(
            html.escape(PRIVATE).replace("&#x27;", "&#39;").replace("ä", "&#228;").replace("ü", "&#252;"),
            id="ASP.NET",
        ),
        pytest.param(json.dumps(PRIVATE), id="JSON"),
        pytest.param(json.dumps(PRIVATE, ensure_ascii=False), id="JSON with its letters"),
    ],
)
@pytest.mark.parametrize(
    "shape", ['{"ErrorMessage": %s}', '{"Message": %s}', '{"Message": "a", "MessageDetail": %s}']
)
def test_never_quotes_the_row_s_message(quoted: str, shape: str) -> None:
    """A message may be a reason of absence: it is blotted out however the service writes it."""
    body = (shape % json.dumps(f"The value [{quoted}] is too odd")).encode()

    words = error_words(change(message=PRIVATE), body)

    assert "[redacted]" in words
    assert not {"kränk", "brien"} & set(words.lower().replace("/", " ").replace("'", " ").split())
    assert words.endswith("is too odd")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(json.dumps({"ErrorMessage": PRIVATE}).encode()[:-1], id="JSON cut short"),
        pytest.param(json.dumps(html.escape(f"Value: {PRIVATE}")).encode()[:-1], id="HTML in JSON cut short"),
        pytest.param(json.dumps(json.dumps(json.dumps(PRIVATE))).encode()[:-1], id="JSON in JSON cut short"),
        pytest.param(f"Value: {PRIVATE}".encode("cp1252"), id="in cp1252"),
        pytest.param(json.dumps({"errors": {"Message": [PRIVATE]}}).encode(), id="in another shape"),
        pytest.param(f"{'x' * 280} {PRIVATE}".encode(), id="where the words are cut"),
        pytest.param(f"{'x ' * 10}{f'{PRIVATE} ' * 500}".encode(), id="again and again"),
        pytest.param(bytes(19_990) + PRIVATE.encode(), id="where the cleaning stops"),
    ],
)
def test_not_even_in_part(body: bytes) -> None:
    """Half a message is one half too many."""
    words = error_words(change(message=PRIVATE), body)

    assert "Kr" not in words
    assert "siehe" not in words


@pytest.mark.parametrize(
    "plain", [b"wrong: Back on 4 January \xf0\x9f\x8f\x96!", "wrong: Back\non  4\tJanuary 🏖!".encode()]
)
def test_newlines_of_a_message_do_not_hide_it(plain: bytes) -> None:
    """The words are cleaned before they are compared, and so is the message."""
    asked = change(message="Back\non  4\tJanuary 🏖")

    words = [error_words(asked, body) for body in (plain, json.dumps(plain.decode()).encode()[:-1])]

    assert words == ["wrong: [redacted]!", '"wrong: [redacted]!']


def test_a_short_message_is_blotted_out_where_it_stands_alone() -> None:
    """Else a message of one letter would riddle every answer with holes."""
    asked = change(message="ill")

    words = error_words(asked, b"still ill, ILL; ill_1 will")

    assert words == "still [redacted], [redacted]; [redacted]_1 will"


@given(st.binary(max_size=200), st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
@settings(max_examples=examples(200), deadline=None)
def test_no_answer_makes_it_stumble(body: bytes, message: str) -> None:
    """Whatever comes, the words are one short printable line."""
    words = error_words(change(message=message), body)

    assert len(words) <= 300
    assert "\n" not in words
