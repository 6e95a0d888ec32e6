"""What people read of a message, in parts: each format arranges and escapes them in its own way."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from ...errors import ExitCode
from ...next_step import command_line
from ...report.reason_texts import REASONS
from ...sanitize import clean
from ...wording import amount, figure
from ..message import Message

LONGEST = 300  # characters of a line
MOST_REASONS = 3


class Mood(StrEnum):
    """How urgent a message is."""

    GOOD = "good"
    WAITING = "waiting"  # a person has to decide or to correct something
    BAD = "bad"


MOODS: dict[int, Mood] = {  # every other exit code is bad
    ExitCode.DONE: Mood.GOOD,
    ExitCode.INCOMPLETE: Mood.WAITING,
    ExitCode.REFUSED: Mood.WAITING,
    ExitCode.HELD: Mood.WAITING,
}


class ShownLine(NamedTuple):
    """One line below the headline."""

    name: str
    text: str


class ShownParts(NamedTuple):
    """The parts of a message in their order. All are plain text on one line, and nothing is escaped."""

    title: str  # with the target: a subject
    headline: str
    lines: tuple[ShownLine, ...]
    command: str | None
    link: str | None
    origin: str  # which run, which program
    mood: Mood


def parts_of(message: Message) -> ShownParts:
    """Return what people read of a message."""
    headline = clean(message.headline, LONGEST)
    return ShownParts(
        title=clean(f"presence-worker {message.target}: {headline}", LONGEST),
        headline=headline,
        lines=tuple(ShownLine(name, clean(text, LONGEST)) for name, text in _lines(message) if text),
        command=command_line(message.next) if message.next else None,
        link=message.link,
        origin=_origin(message),
        mood=Mood.BAD if message.exit_code is None else MOODS.get(message.exit_code, Mood.BAD),
    )


def plain_text(parts: ShownParts) -> str:
    """Return all parts but the headline as plain text; the command stands on a line of its own."""
    lines = [f"{line.name}: {line.text}" for line in parts.lines]
    if parts.command:
        lines += ["", "Next command:", parts.command]
    if parts.link:
        lines += ["", f"Report: {parts.link}"]
    return "\n".join([*lines, "", parts.origin])


def _lines(message: Message) -> Iterator[tuple[str, str]]:
    label = f", label {message.label}" if message.label else ""
    yield "Target", f"{message.target}{label}"
    rows = [f"{figure(number)} {_plain(result)}" for result, number in message.counts.items() if number]
    yield "Rows", ", ".join(rows)
    yield "Trouble", "; ".join(_trouble(message))
    yield "Details", message.detail or ""
    yield "Row numbers", ", ".join(map(str, message.rows or ()))


def _trouble(message: Message) -> Iterator[str]:
    most = sorted(message.reasons.items(), key=lambda each: -each[1])
    if most:
        yield ", ".join(f"{_reason(code)} ({figure(number)})" for code, number in most[:MOST_REASONS])
    if len(most) > MOST_REASONS:
        yield amount(len(most) - MOST_REASONS, "more reason")
    if message.since:
        is_over = message.exit_code == ExitCode.DONE
        began = f"{message.since[:10]} {message.since[11:16]} UTC"
        yield f"it began {began} and is over" if is_over else f"since {began}"
    if message.repeated:
        yield f"{amount(message.repeated, 'repeat')} not sent"


def _reason(code: str) -> str:
    words = REASONS.get(code)
    return words.what if words else _plain(code)


def _plain(code: str) -> str:
    return code.replace("_", " ")


def _origin(message: Message) -> str:
    code = "" if message.exit_code is None else f"Exit code {message.exit_code}. "
    run = f"Run {message.run_id}. " if message.run_id else ""
    return clean(f"{run}{code}presence-worker {message.version}", LONGEST)
