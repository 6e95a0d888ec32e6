"""How a message reads in a mail, in Slack, in Teams, in ntfy, and as JSON."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.next_step import NextStep
from presence_worker.notify.channels.chat_formats import FORMATS, write_ntfy, write_slack, write_teams
from presence_worker.notify.channels.letter import write_letter
from presence_worker.notify.channels.shown_parts import parts_of, plain_text
from presence_worker.notify.message import Message
from presence_worker.settings.notify import Mail

from .given import MESSAGE

NOW = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)
COMMAND = """presence-worker run '/srv/hr'"'"'s files/failed.csv' --target acme"""
TEXT = f"""\
Target: acme, label HR-4711
Rows: 930 updated, 2 invalid, 8 rejected
Trouble: no SuperOffice user has this associate ID (8), date is wrong or ambiguous (2); since 2026-11-22 \
02:00 UTC; 2 repeats not sent

Next command:
{COMMAND}

Report: https://presence.example.com/runs/20261123T020000Z-7f3a

Run 20261123T020000Z-7f3a. Exit code 3. presence-worker 0.2.0"""
WELL_AGAIN = replace(
    MESSAGE, exit_code=0, headline="All 940 rows done.", counts={"updated": 940}, reasons={}, next=None
)
LATE = replace(
    WELL_AGAIN, run_id=None, label=None, exit_code=None, state="late", counts={}, link=None, repeated=0
)
EVIL = '<!channel> <script>alert(1)</script> & *x* [a](javascript:x)\r\nBcc: all@example.com\r\n\u202e"'
FULL = replace(MESSAGE, detail="12 values are not known.", rows=(4, 5, 17))


def mail(message: Message, **more: Any) -> EmailMessage:
    """Write a mail and read it as a mail program does."""
    section = {"to": ["crm@example.com"], "from": "presence@example.com", "host": "localhost", **more}
    written = write_letter(Mail.model_validate(section), message, NOW)
    read = message_from_bytes(written.as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    return read


def part(letter: EmailMessage, kind: str) -> str:
    """Give one part of a mail."""
    body = letter.get_body((kind,))
    assert isinstance(body, EmailMessage)
    content: str = body.get_content()
    return content.replace("\r\n", "\n")


def texts(value: Any) -> Iterator[str]:
    """Yield each text in JSON."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


def test_three_lines_say_it() -> None:
    """Below the headline stand target, rows and trouble, then what to do, where to look, and the origin."""
    assert plain_text(parts_of(MESSAGE)) == TEXT


def test_details_are_two_lines_more() -> None:
    """With `details`, the sentence and the numbers of rows are shown as well."""
    lines = plain_text(parts_of(FULL)).splitlines()

    assert lines[3:5] == ["Details: 12 values are not known.", "Row numbers: 4, 5, 17"]


def test_well_again() -> None:
    """A message that all is well again says when the trouble began, and how often it was not repeated."""
    lines = plain_text(parts_of(WELL_AGAIN)).splitlines()

    assert lines[2] == "Trouble: it began 2026-11-22 02:00 UTC and is over; 2 repeats not sent"
    assert "Next command:" not in lines


def test_a_message_without_a_run() -> None:
    """What is not known is left out."""
    lines = plain_text(parts_of(LATE)).splitlines()

    assert lines == ["Target: acme", "Trouble: since 2026-11-22 02:00 UTC", "", "presence-worker 0.2.0"]


def test_many_reasons_are_not_all_shown() -> None:
    """The reasons with most rows come first, and only some of them; one without words is shown as it is."""
    reasons = {"no_words_yet": 9, "timeout": 1, "connection": 2, "protected": 3, "throttled": 1}

    line = parts_of(replace(MESSAGE, reasons=reasons, since=None, repeated=0)).lines[2]

    assert line.text == "no words yet (9), protected user (3), connection failed (2); 2 more reasons"


def test_a_mail() -> None:
    """A mail names target and headline, answers to no answer, and has the same words twice."""
    letter = mail(MESSAGE, to=["crm@example.com", "it@exämple.no"])

    assert letter["Subject"] == f"presence-worker acme: {MESSAGE.headline}"
    assert letter["To"] == "crm@example.com, it@xn--exmple-cua.no"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"] == "<20261123T020000Z-7f3a.finished.1@example.com>"
    assert letter["Date"].datetime == NOW
    assert part(letter, "plain") == f"{MESSAGE.headline}\n\n{TEXT}\n"
    page = part(letter, "html")
    assert "<p><b>Rows:</b> 930 updated, 2 invalid, 8 rejected</p>" in page
    assert '<a href="https://presence.example.com/runs/20261123T020000Z-7f3a">' in page


def test_slack() -> None:
    """Slack gets blocks with the command as code, and a line for notifications."""
    headers, body = write_slack(MESSAGE)

    found = orjson.loads(body)
    assert headers == {"Content-Type": "application/json"}
    assert found["text"] == f"presence-worker acme: {MESSAGE.headline}"
    assert [block["type"] for block in found["blocks"]] == ["section"] * 4 + ["context"]
    assert found["blocks"][2]["text"]["text"] == f"*Next command:*\n```{COMMAND}```"
    assert found["blocks"][3]["text"]["text"] == f"<{MESSAGE.link}|Open the report>"


def test_teams() -> None:
    """Teams gets one Adaptive Card, in which Markdown is read nowhere."""
    _, body = write_teams(MESSAGE)

    found = orjson.loads(body)
    (attachment,) = found["attachments"]
    card = attachment["content"]
    assert found["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert {"type": "TextRun", "text": COMMAND, "fontType": "Monospace"} in card["body"][5]["inlines"]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open the report", "url": MESSAGE.link}]


def test_ntfy() -> None:
    """A phone gets a title, how urgent it is, and what a tap opens."""
    headers, body = write_ntfy(MESSAGE)

    assert headers == {
        "Content-Type": "text/plain; charset=utf-8",
        "Title": f"presence-worker acme: {MESSAGE.headline}",
        "Priority": "default",
        "Tags": "warning",
        "Click": MESSAGE.link,
    }
    assert body.decode() == TEXT


def test_other_letters_in_a_header() -> None:
    """A title in other letters than ASCII is written as a mail would."""
    headers, _ = write_ntfy(replace(MESSAGE, target="Børsen"))

    assert headers["Title"].isascii()
    assert headers["Title"].startswith("=?utf-8?b?")


def test_json_is_the_message() -> None:
    """The JSON format has the members of a message in their order; those of `details` only with it."""
    _, body = FORMATS["json"](MESSAGE)
    found = orjson.loads(body)

    assert [*found] == [
        *("id", "target", "run_id", "label", "state", "exit_code", "headline", "counts", "reasons", "since"),
        *("repeated", "link", "next", "version"),
    ]
    assert found["next"] == COMMAND


@pytest.mark.parametrize(
    "message",
    [
        replace(FULL, headline=EVIL),
        replace(FULL, target=EVIL),
        replace(FULL, label=EVIL),
        replace(FULL, detail=EVIL),
    ],
)
def test_nothing_in_a_message_steers(message: Message) -> None:
    """No text becomes a mention, a tag, a header or a turn of the writing, in whatever format."""
    slack = [*texts(orjson.loads(write_slack(message)[1]))]
    letter = mail(message)
    headers, _ = write_ntfy(message)

    assert not any("<!" in text or "<script" in text for text in slack)
    assert "<script" not in part(letter, "html")
    assert "Bcc" not in letter
    assert not any(set("\r\n") & set(value) for value in headers.values())
    written = [part(letter, "plain"), part(letter, "html"), letter["Subject"], *slack]
    assert not any("\u202e" in text for text in written)


SOME = st.text(max_size=400)


@given(headline=SOME, target=SOME, label=SOME, link=SOME)
def test_any_text_can_be_written(headline: str, target: str, label: str, link: str) -> None:
    """Whatever a message says, every format can write it, and no block is longer than Slack takes."""
    message = replace(
        FULL, headline=headline, target=target, label=label, link=link, next=NextStep(("run", headline))
    )

    mail(message)
    for write in FORMATS.values():
        headers, _ = write(message)
        assert all(value.isascii() for value in headers.values())
    blocks = orjson.loads(write_slack(message)[1])["blocks"]
    assert all(len(text) <= 3000 for text in texts(blocks))
