"""What a page says beside its rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...journal import Journal, RunRecord
from ...model import Reason, Result
from ...next_step import command_line
from ..advice import advice_words
from ..changes import waiting_changes
from ..faults import in_words, sentences
from ..headline import headline_of, troubles_of
from ..mapping import mapping_lines
from ..rows import more_fields
from ..summary import summarise
from ..to_come import to_come
from ..words import MENDERS, is_trouble, mender
from .about import beside_the_last, settings_in_force
from .bar import stacked
from .course import course
from .picture import panels

LEFT_OUT = (  # reasons of rows that count as not in the file, or take something back
    Reason.FILTERED_OUT,
    Reason.HIDDEN_ROW,
    Reason.IGNORED_BY_MAPPING,
    Reason.WITHDRAWN,
)
MOST_SENTENCES = 5  # of a reason
MOST_TOLD = 100  # lines of a list; report.csv has all
LEAST_STRETCHES = 3  # of which there is a picture
View = dict[str, Any]


def view(journal: Journal, run: RunRecord, counts: Mapping[Result, int]) -> View:
    """Give what the template has to say, by its names for it."""
    summary = summarise(journal, {})
    return {
        "run": run,
        "next": run.next and command_line(run.next),
        "summary": summary,
        "mapping": "\n".join(mapping_lines(summary)),
        "settings": list(settings_in_force(run)),
        "compared": beside_the_last(run.compared),
        "sentences": _by_reason(sentences(journal)),
        **_answer(journal, run),
        **_lists(journal, run),
        "left_out": [(reason, number) for reason in LEFT_OUT if (number := journal.number_of(reason))],
        **_pictures(journal, counts),
    }


def _by_reason(said: Sequence[dict[str, Any]]) -> dict[str | None, list[str]]:
    words: dict[str | None, list[str]] = {}
    for sentence in said:
        words.setdefault(sentence["reason"], []).append(in_words(sentence))
    return {reason: found[:MOST_SENTENCES] for reason, found in words.items()}


def _answer(journal: Journal, run: RunRecord) -> View:
    """Give whether it worked, what to do now, and who can mend what."""
    said, to_do = headline_of(journal, run.state), advice_words(journal, run.state)
    found = [each for each in troubles_of(journal) if is_trouble(each.result, run.state)]
    mine = {who: [each for each in found if mender(each.reason, each.result) is who] for who in MENDERS}
    return {
        "headline": said,
        "why": (run.message or "").removeprefix(said).removesuffix(to_do).strip(),
        "advice": to_do,
        "troubles": [(who, has, mine[who]) for who, has in MENDERS.items() if mine[who]],
    }


def _lists(journal: Journal, run: RunRecord) -> View:
    """Give what is to be changed, is still to come, or is not understood."""
    coming = to_come(journal)
    return {
        "changes": _begun(waiting_changes(journal), "changes"),
        "upcoming": _begun(coming, "upcoming"),
        "dropped": _begun(coming, "dropped"),
        "unmapped": run.input.unmapped,
        "with_messages": "message" in more_fields(run),
    }


def _begun(found: View, name: str) -> tuple[list[Any], int]:
    """Give what a list begins with, and how much of it is left out."""
    every = found.get(name, [])
    return every[:MOST_TOLD], len(every[MOST_TOLD:]) + found.get(f"{name}_left_out", 0)


def _pictures(journal: Journal, counts: Mapping[Result, int]) -> View:
    present = [(result, number) for result, number in counts.items() if number]
    time = course(journal)
    return {
        "counts": present,
        "bar": stacked(present),
        "time": time,
        "panels": panels(time) if len(time.stretches) >= LEAST_STRETCHES else [],
    }
