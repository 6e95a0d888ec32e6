"""XML answers: read without trust, and taken for a presence only where they plainly are one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presence_worker.model import NOT_PRESENT, PRESENT, Presence, Reason, Result, Trouble
from presence_worker.superoffice.body_formats import read_presence
from presence_worker.superoffice.http_messages import Answer
from presence_worker.superoffice.put_answers import judge_put
from presence_worker.superoffice.xml_texts import read_xml
from tests.examples import examples

from .given import MESSAGE, change

GOOD = "<Status>StatusNotAvailable</Status><Message>Back on 4 January</Message>"
WHOLE = f"<UserPresenceStatus>{GOOD}</UserPresenceStatus>"
INSTANCE = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
SAME = {
    "plain": WHOLE,
    "declared": f'<?xml version="1.0" encoding="utf-8"?>\r\n{WHOLE}',
    "after blanks": f'\r\n  <?xml version="1.0"?>{WHOLE}\n',
    "indented": f"<UserPresenceStatus>\n  {GOOD}\n</UserPresenceStatus>",
    "namespaces": f'<p:X xmlns:p="u"><p:Status>{NOT_PRESENT}</p:Status><Message>{MESSAGE}</Message></p:X>',
    "a default namespace": f'<UserPresenceStatus xmlns="http://example.com/x">{GOOD}</UserPresenceStatus>',
    "attributes": WHOLE.replace("<Message>", '<Message lang="en" nil="true">'),
    "more parts": WHOLE.replace("<Status>", "<TableRight><Mask>Full</Mask></TableRight><Status>"),
    "comments": WHOLE.replace("Back", "Ba<!-- -->ck").replace("<Status>", "<!-- <Status/> --><?pi?><Status>"),
    "CDATA and references": WHOLE.replace("Back on", "<![CDATA[Back]]>&#x20;&#111;n"),
    "nil=false": WHOLE.replace("<Message>", f'<Message {INSTANCE} i:nil="false">'),
}
ENCODED = {
    "UTF-8 with a mark": b"\xef\xbb\xbf" + WHOLE.encode(),
    "UTF-16": WHOLE.encode("utf-16"),
    "UTF-16, declared": f'<?xml version="1.0" encoding="UTF-16"?>{WHOLE}'.encode("utf-16"),
    "UTF-16, big end first": "\ufeff".encode("utf-16-be") + WHOLE.encode("utf-16-be"),
    "UTF-16, only declared": f'<?xml version="1.0" encoding="utf-16"?>{WHOLE}'.encode("utf-16-le"),
    "UTF-8 that says UTF-16": f'<?xml version="1.0" encoding="utf-16"?>\r\n{WHOLE}'.encode(),
    "cp1252": f'<?xml version="1.0" encoding="windows-1252"?>{WHOLE}'.encode("cp1252"),
}
NO_PRESENCE = {
    "an entity": f'<!DOCTYPE x [<!ENTITY m "{MESSAGE}">]>{WHOLE.replace(MESSAGE, "&m;")}',
    "a bomb": f'<!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]>{WHOLE.replace("Back", "&l9;")}',
    "a foreign file": f'<!DOCTYPE x [<!ENTITY m SYSTEM "file:///etc/passwd">]>{WHOLE.replace("Back", "&m;")}',
    "a foreign DTD": f'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">{WHOLE}',
    "a DTD of its own": f"<!DOCTYPE UserPresenceStatus>{WHOLE}",
    "an unknown entity": WHOLE.replace(" on", "&nbsp;on"),
    "cut": WHOLE[:-3],
    "more after it": f"{WHOLE} and more",
    "two of them": WHOLE * 2,
    "a list of one": f"<ArrayOfUserPresenceStatus>{WHOLE}</ArrayOfUserPresenceStatus>",
    "two statuses": WHOLE.replace("<Message>", "<Status>StatusNotAvailable</Status><Message>"),
    "two messages": WHOLE.replace("<Message>", "<Message>Back on 4 January</Message><Message>"),
    "a status with parts": WHOLE.replace("Available", "<b>Available</b>"),
    "a message with parts": WHOLE.replace("Back", "<b>Back</b>"),
    "no status": "<UserPresenceStatus><Message>Back on 4 January</Message></UserPresenceStatus>",
    "a nil status": f'<X {INSTANCE}><Status i:nil="true"/><Message>Back on 4 January</Message></X>',
    "nil": f'<UserPresenceStatus {INSTANCE} i:nil="true"/>',
    "names in another case": WHOLE.lower(),
    "values as attributes": f'<UserPresenceStatus Status="StatusNotAvailable" Message="{MESSAGE}"/>',
    "an error": f"<Error><Message>{MESSAGE}</Message></Error>",
    "an unknown encoding": f'<?xml version="1.0" encoding="klingon"?>{WHOLE}',
    "an encoding of many bytes": f'<?xml version="1.0" encoding="big5"?>{WHOLE}',
    "a forbidden character": WHOLE.replace("Back", "&#0;"),
    "very deep": "<a>" * 9000 + "</a>" * 9000,
    "one tag of many": "<a " * 20_000,
}
NO_TEXT = {
    "not in UTF-8": WHOLE.replace("Back", "B\xe4ck").encode("latin-1"),
    "not in UTF-8, and says UTF-16": b'<?xml version="1.0" encoding="utf-16"?><a>\xe4</a>',
    "UTF-16, cut": WHOLE.encode("utf-16")[:-1],
    "UTF-32": WHOLE.encode("utf-32"),
}
PAGES = {
    "XHTML": '<html xmlns="http://www.w3.org/1999/xhtml"><body>Sign in</body></html>',
    "declared": '<?xml version="1.0" encoding="utf-8"?>\r\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0">',
    "after comments": "<!-- 403 --> <?xml-stylesheet?><!-- -->\n<!doctype\thtml><html>",
}


def outcome_of(body: bytes, message: str = MESSAGE) -> tuple[Result, Reason | None, bool]:
    """Judge an answer to a PUT: what it came to, and whether it was a page for people."""
    outcome = judge_put(change(message=message), Answer(200, {}, body))
    assert outcome.trouble is (None if outcome.result is Result.UPDATED else Trouble.OWN)
    return outcome.result, outcome.reason, outcome.html


@pytest.mark.parametrize("body", [*map(str.encode, SAME.values()), *ENCODED.values()], ids=[*SAME, *ENCODED])
def test_a_presence_is_read_however_it_is_dressed(body: bytes) -> None:
    """Namespaces, attributes, comments, encodings and parts we do not know make no difference."""
    assert outcome_of(body) == (Result.UPDATED, None, False)


@pytest.mark.parametrize(
    "body", [*map(str.encode, NO_PRESENCE.values()), *NO_TEXT.values()], ids=[*NO_PRESENCE, *NO_TEXT]
)
def test_anything_else_is_a_doubt(body: bytes) -> None:
    """Traps are not stepped into, and what might be read in two ways is not read at all."""
    assert outcome_of(body) == (Result.UNKNOWN, Reason.BAD_ANSWER, False)
    assert read_presence(body) is None


@pytest.mark.parametrize("body", [*map(str.encode, PAGES.values())], ids=PAGES)
def test_a_page_for_people_stays_one(body: bytes) -> None:
    """XHTML is XML, but three of its pages in a row stop the run like any others."""
    result, _, html = outcome_of(body)

    assert (result, html) == (Result.UNKNOWN, True)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("<Message/>", ""),
        ("<Message></Message>", ""),
        (f'<Message {INSTANCE} i:nil="true"/>', ""),
        (f'<Message {INSTANCE} i:nil="1">left over</Message>', ""),
        ("", ""),
        ("<Message> a \n\t b </Message>", " a \n\t b "),
        ("<Message>a&#13;&#10;b</Message>", "a\r\nb"),
        ("<Message>a\r\nb</Message>", "a\nb"),
        ("<Message>&lt;b&gt; &amp;amp; <![CDATA[<i> &amp;]]></Message>", "<b> &amp; <i> &amp;"),
    ],
)
def test_a_message_is_read_to_the_letter(part: str, message: str) -> None:
    """Nil and none are no message, like null in JSON; blanks within one are kept."""
    shown = read_presence(f"<X><Status>StatusNotAvailable</Status>{part}</X>".encode())

    assert shown == Presence(status=NOT_PRESENT, message=message)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (WHOLE.replace("Back", "back"), "another comment"),
        (WHOLE.replace(NOT_PRESENT, PRESENT), "SuperOffice answered with StatusNormal"),
        (WHOLE.replace(NOT_PRESENT, f" {NOT_PRESENT}"), "a status it does not document"),
    ],
)
def test_another_echo_is_a_doubt(body: str, told: str) -> None:
    """As in JSON, an echo that differs is no success."""
    outcome = judge_put(change(), Answer(200, {}, body.encode()))

    assert (outcome.result, outcome.reason) == (Result.UNKNOWN, Reason.ECHO_MISMATCH)
    assert told in str(outcome.detail)


PIECES = [
    "<Status>",
    "</Status>",
    "<Message>",
    "<![CDATA[",
    "]]>",
    "&#",
    "&amp;",
    "<!DOCTYPE x>",
    "<?xml",
    "<!--",
]


@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(PIECES) | st.text()).map("".join)))
@settings(max_examples=examples(300), deadline=None)
def test_nothing_makes_it_stumble(body: bytes | str) -> None:
    """Whatever bytes or scraps of XML come, they are a presence or none; nothing is raised."""
    body = body if isinstance(body, bytes) else body.encode("utf-8", "replace")

    for dressed in (body, b"<X>" + body + b"</X>", b"<?xml version='1.0' encoding='" + body + b"'?><X/>"):
        read_xml(dressed)
        assert isinstance(read_presence(dressed), Presence | None)
