"""A message as services for chats and phones take it, and as JSON.

Nothing in it may become a mention, a link or a header. We use plain text where a format has it. In all
others, characters with a meaning are escaped.
"""

import base64
from collections.abc import Callable
from typing import TypeAlias

import orjson

from ...json_form import Json, to_json
from ..message import Message
from .shown_parts import Mood, ShownParts, parts_of, plain_text

Written: TypeAlias = tuple[dict[str, str], bytes]  # headers and body
JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
LONGEST_BLOCK = 2900  # characters; Slack rejects blocks of more than 3000
TEAMS_COLORS = {Mood.GOOD: "Good", Mood.WAITING: "Warning", Mood.BAD: "Attention"}
NTFY_TAGS = {Mood.GOOD: "white_check_mark", Mood.WAITING: "warning", Mood.BAD: "rotating_light"}
NTFY_PRIORITIES = {Mood.GOOD: "default", Mood.WAITING: "default", Mood.BAD: "high"}
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def write_json(message: Message) -> Written:
    """Return the message itself."""
    return {**JSON}, orjson.dumps(to_json(message))


def write_slack(message: Message) -> Written:
    """Return a message with blocks, as Slack's incoming webhooks take it."""
    parts = parts_of(message)
    lines = "\n".join(f"*{line.name}:* {_slack(line.text)}" for line in parts.lines)
    blocks = [_section(f"*{_slack(parts.headline)}*"), _section(lines[:LONGEST_BLOCK])]
    if parts.command:
        blocks.append(_section(f"*Next command:*\n```{_slack(parts.command)[:LONGEST_BLOCK]}```"))
    if parts.link:
        blocks.append(_section(f"<{_slack(parts.link).replace('|', '%7C')}|Open the report>"))
    blocks.append({"type": "context", "elements": [_mrkdwn(_slack(parts.origin))]})
    return {**JSON}, orjson.dumps({"text": _slack(parts.title), "blocks": blocks})


def _slack(text: str) -> str:
    return text.translate(_SLACK)


def _section(text: str) -> dict[str, Json]:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> dict[str, Json]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}  # verbatim: names and addresses stay text


def write_teams(message: Message) -> Written:
    """Return an Adaptive Card, as the workflow "When a Teams webhook request is received" takes it.

    Its texts are runs of rich text: Teams reads Markdown in all others.
    """
    parts = parts_of(message)
    head: dict[str, Json] = {"size": "Large", "weight": "Bolder", "color": TEAMS_COLORS[parts.mood]}
    body = [_paragraph(_run(parts.headline, **head))]
    body += [_paragraph(_run(f"{line.name}: ", weight="Bolder"), _run(line.text)) for line in parts.lines]
    if parts.command:
        body += [_paragraph(_run("Next command:", weight="Bolder"))]
        body += [_paragraph(_run(parts.command, fontType="Monospace"))]
    body += [_paragraph(_run(parts.origin, size="Small", isSubtle=True))]
    return {**JSON}, orjson.dumps({"type": "message", "attachments": [_attachment(body, parts)]})


def _attachment(body: list[Json], parts: ShownParts) -> dict[str, Json]:
    card: dict[str, Json] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "fallbackText": parts.title,
        "body": body,
    }
    if parts.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the report", "url": parts.link}]
    return {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}


def _paragraph(*runs: Json) -> Json:
    return {"type": "RichTextBlock", "inlines": runs}


def _run(text: str, **style: Json) -> Json:
    return {"type": "TextRun", "text": text, **style}


def write_ntfy(message: Message) -> Written:
    """Return a text with headers, as ntfy takes it at the address of a topic."""
    parts = parts_of(message)
    headers = {
        **TEXT,
        "Title": _ascii(parts.title),
        "Priority": NTFY_PRIORITIES[parts.mood],
        "Tags": NTFY_TAGS[parts.mood],
    }
    if parts.link:
        headers["Click"] = _ascii(parts.link)
    return headers, plain_text(parts).encode()


def _ascii(text: str) -> str:
    """Return the value of a header, as RFC 2047 writes other letters."""
    return text if text.isascii() else f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


FORMATS: dict[str, Callable[[Message], Written]] = {  # by notify.webhook's format
    "json": write_json,
    "slack": write_slack,
    "teams": write_teams,
    "ntfy": write_ntfy,
}
