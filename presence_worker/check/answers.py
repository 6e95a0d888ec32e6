"""The answers that would let a job be read: settings that follow from why it is refused.

A job that is refused for one reason may be refused for another after it: it is read again and again with
the likeliest answers, until nothing is asked any more.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from ..errors import InputRefused, Way
from ..model import UnknownStatus
from ..settings import Input, Settings
from .inquiry import Question, Reading, questions

READ_ONCE = "standard input can be read only once; check a file for the complete section"
TRIES = 8  # times that a job is read again
TABLES = ("only", "statuses")  # settings to which an answer adds,
LISTS = ("empty", "unused")  # likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A job as it is read with the likeliest answers to all that is asked."""

    reading: Reading
    questions: Sequence[Question]  # all that were asked
    unmapped: Sequence[UnknownStatus]  # statuses that were not understood at first


Attempt = Callable[[Settings], Reading]


def answer_all(reading: Reading, settings: Settings, attempt: Attempt | None) -> Answered:
    """Ask, answer and *attempt* to read the job again, until nothing new is asked.

    A job that can be read only once (None) is asked once.
    """
    asked: list[Question] = []
    unmapped = [*reading.unmapped]
    for _ in range(TRIES):
        new = [*questions(reading)]
        answered = with_answers(settings, (question.ways[0] for question in new))
        if answered.input == settings.input:
            break
        asked += new
        settings = answered
        if attempt is None:
            reading = replace(reading, config=settings.input, refused=InputRefused(READ_ONCE))
            break
        reading = attempt(settings)
        known = {entry.value for entry in unmapped}
        unmapped += [entry for entry in reading.unmapped if entry.value not in known]
    return Answered(reading=reading, questions=asked, unmapped=unmapped)


def with_answers(settings: Settings, ways: Iterable[Way]) -> Settings:
    """Return the settings with some more of [input]; tables and lists grow by them."""
    for way in ways:
        said = settings.input.model_dump(by_alias=True, exclude_defaults=True)
        for key, value in way.items():
            if key in TABLES:
                said[key] = {**said.get(key, {}), **value}
            elif key in LISTS:
                said[key] = [*dict.fromkeys([*said.get(key, []), *value])]
            else:
                said[key] = value
        with suppress(ValueError):  # a sentence may quote what no setting can be
            settings = settings.model_copy(update={"input": Input.model_validate(said)})
    return settings
