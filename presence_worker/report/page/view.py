"""What a page says beside its rows."""

from collections.abc import Mapping
from typing import Any

from ...journal import Journal, RunRecord
from ...model import Result, State
from ..changes import waiting_changes
from ..headline import Trouble, headline
from ..mapping import mapping_lines
from ..rows import more_fields
from ..summary import summarise
from ..to_come import to_come
from ..words import MENDERS, NOTHING_SENT, mender
from .about import beside_the_last, settings_in_force
from .bar import stacked
from .course import course
from .picture import panels

MOST_TOLD = 100  # lines of a list; report.csv has all
LEAST_STRETCHES = 3  # of which there is a picture
View = dict[str, Any]


def view(journal: Journal, run: RunRecord, counts: Mapping[Result, int]) -> View:
    """Give what the template has to say, by its names for it."""
    summary = summarise(journal, {})
    return {
        "run": run,
        "summary": summary,
        "mapping": "\n".join(mapping_lines(summary)),
        "no_failed_csv": run.state == State.REFUSED,  # then the file itself is to be mended
        "settings": list(settings_in_force(run)),
        "compared": beside_the_last(run.compared),
        **_answer(journal, run, counts),
        **_lists(journal, run),
        **_pictures(journal, counts),
    }


def troubles(journal: Journal) -> list[Trouble]:
    """Give why rows are not done, most rows first."""
    people = journal.people()
    return [
        Trouble(result, reason, rows, people[result, reason], detail)
        for result, reason, rows, detail in journal.reasons()
    ]


def _answer(journal: Journal, run: RunRecord, counts: Mapping[Result, int]) -> View:
    """Give whether it worked, and who can mend what."""
    found = troubles(journal)
    waits = run.state in NOTHING_SENT  # then `not_sent` is nobody's fault
    faults = [each for each in found if not (waits and each.result == Result.NOT_SENT)]
    mine = {who: [each for each in faults if mender(each.reason, each.result) is who] for who in MENDERS}
    return {
        "headline": headline(run.state, counts, journal.done(), found),
        "troubles": [(who, has, mine[who]) for who, has in MENDERS.items() if mine[who]],
    }


def _lists(journal: Journal, run: RunRecord) -> View:
    """Give what is to be changed, is still to come, or is not understood."""
    coming = to_come(journal)
    return {
        "changes": _begun(waiting_changes(journal), "changes"),
        "upcoming": _begun(coming, "upcoming"),
        "dropped": _begun(coming, "dropped"),
        "unmapped": run.input.get("unmapped") or [],
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
