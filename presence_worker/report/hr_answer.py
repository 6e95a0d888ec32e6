"""The answer to HR about a file: what was done, and which rows need a correction."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType

from ..clock import local_time
from ..journal import Journal, RunRecord
from ..run_states import Intent, State
from ..sanitize import clean
from ..wording import amount, figure, is_or_are, series
from .hr_rows import RowKind, SortedRows, sort_rows
from .hr_words import FOR_ADMINISTRATOR, LINE, refusal_of

WIDTH = 72  # columns of a mail
NAME = 60  # characters of the file's name
PLACES = 50  # lines, or groups of lines, that are named for one correction
UNITS = {"csv": "line", "jsonl": "line", "xlsx": "row"}  # by format; else entries are counted
NO_ACTION = "You do not need to do anything."
NOT_FOR_HR = "You do not need to do anything about this."
NONE: Mapping[int, RowKind] = MappingProxyType({})
DETAILS = {
    RowKind.CHANGED: "{}: the status was changed.",
    RowKind.RIGHT: "{}: the status was right already.",
    RowKind.REPEATED: "{}: the same as another row.",
    RowKind.CORRECTED: "{}: done with a later file.",
    RowKind.SENT_AGAIN: "{}: came again in a later file. See the answer about that file.",
    RowKind.WAITS: "{}: the first day is in the future. The status changes on that day.",
    RowKind.NOTHING: "{}: nothing to do now, for example because the last day is over.",
    RowKind.PLANNED: "{}: the status will be changed.",
    RowKind.LEFT_ALONE: "{}: not changed, because the status was changed later.",
    RowKind.ADMINISTRATOR: "{}: our administrator corrects something first. " + NOT_FOR_HR,
    RowKind.TRIED_AGAIN: "{}: we try again. " + NOT_FOR_HR,
}
STOPPED = "{}: our administrator goes on, or asks you for the file again."
STOPPED_UNDO = "{}: our administrator goes on."
DETAILS_OF_UNDO = DETAILS | {
    RowKind.CHANGED: "{}: the earlier status is back.",
    RowKind.RIGHT: "{}: the earlier status was back already.",
}


def answer_lines(journal: Journal, handed_on: Mapping[int, RowKind] = NONE) -> Iterator[str]:
    """Yield the lines of the answer, to paste into a mail; it has no value of a cell.

    Rows that are *handed_on* to later runs need no correction any more.
    """
    run, found = journal.run(), sort_rows(journal, handed_on)
    yield from _wrap(_title(run))
    yield ""
    yield from _wrap(" ".join(_first_sentences(run, found)))
    yield from _corrections(run, found)
    yield from _details(run, found)


def _title(run: RunRecord) -> str:
    day = local_time(datetime.fromisoformat(run.created_at), run.settings.of_input("timezone"))
    when = f"{day.day} {day:%B %Y}"
    if run.intent == Intent.UNDO:
        return f"Changes that were taken back, {when}"
    if not run.input.name:
        return f"Planned absences, {when}"
    name = clean(run.input.name.replace("\\", "/").rpartition("/")[2], NAME)
    return f"Your file, {when}" if run.input.stdin or not name else f"Your file {name}, {when}"


def _first_sentences(run: RunRecord, found: SortedRows) -> Iterator[str]:
    """Yield how the file went, in a few sentences."""
    planned = amount(found.kinds[RowKind.PLANNED], "row")
    if run.state == State.REFUSED:
        yield from _refusal(run)
    elif run.state == State.HELD:
        yield f"Nothing was changed yet. {planned} would change a status. That is unusual."
        yield "We check it first. Please write to us if this is the wrong file."
    elif run.state == State.PLANNED:
        yield f"Nothing was changed yet. {planned} will change a status."
    else:
        yield from _progress(run, found)
    if found.to_correct:
        yield f"{figure(found.to_correct)} {'needs' if found.to_correct == 1 else 'need'} a correction."
    elif run.state in (State.FINISHED, State.PLANNED, State.STOPPED):
        yield NO_ACTION


def _refusal(run: RunRecord) -> Iterator[str]:
    words = run.message or ""
    refusal, line = refusal_of(words), LINE.search(words)
    yield f"Your file was not used, and nothing was changed. {refusal.why}"
    if line and refusal is not FOR_ADMINISTRATOR:
        yield f"See {UNITS.get(run.input.format or '', 'line')} {line[1]}."
    if refusal.how:
        yield refusal.how


def _progress(run: RunRecord, found: SortedRows) -> Iterator[str]:
    rows, done = found.of_file, found.done
    thing, what = ("change", "taken back") if run.intent == Intent.UNDO else ("row", "done")
    if run.state != State.FINISHED:
        yield "We have not finished yet."
    if not rows:
        yield "This time, no file came."
    elif rows == 1:
        yield f"The {thing} is {'' if done else 'not '}{what}."
    elif done == rows:
        yield f"All {amount(rows, thing)} are {what}."
    else:
        of = f"Of {'your ' if thing == 'row' else ''}{amount(rows, thing)}"
        yield f"{of}, {figure(done)} {is_or_are(done)} {what}."


def _corrections(run: RunRecord, found: SortedRows) -> Iterator[str]:
    """Yield which rows are wrong, and what to do; the group with the first row comes first."""
    if not found.corrections:
        return
    rest = " Rows that are done stay as they are." if found.done and run.state == State.FINISHED else ""
    yield ""
    yield from _wrap(f"Please correct these rows, and send the file again.{rest}")
    unit = UNITS.get(run.input.format or "", "entry")
    for correction, places in sorted(found.corrections.items(), key=lambda each: each[1][0]):
        yield ""
        yield from _wrap(f"{_places(places, unit)}: {correction.what}", "  ")
        yield from _wrap(correction.how, "    ")
    if found.repeating:
        rows = f"{amount(found.repeating, 'row')} {is_or_are(found.repeating)}"
        yield ""
        yield from _wrap(f"{rows} the same as one that is not done.", "  ")


def _places(places: Sequence[int], unit: str) -> str:
    """Return where rows are: "Line 5", "Lines 5, 7 to 12 and 40"; only the first of very many."""
    starts = [places[0], *(after for before, after in pairwise(places) if after != before + 1)]
    ends = [*(before for before, after in pairwise(places) if after != before + 1), places[-1]]
    ranges = list(zip(starts, ends, strict=True))
    shown = [words for first, last in ranges[:PLACES] for words in _range(first, last)]
    left_out = sum(last - first + 1 for first, last in ranges[PLACES:])
    more = [f"{figure(left_out)} more"] if left_out else []
    units = unit if len(places) == 1 else "entries" if unit == "entry" else f"{unit}s"
    return f"{units.capitalize()} {series([*shown, *more], 'and')}"


def _range(first: int, last: int) -> list[str]:
    return [f"{first} to {last}"] if last - first > 1 else [*map(str, range(first, last + 1))]


def _details(run: RunRecord, found: SortedRows) -> Iterator[str]:
    """Yield how many rows of each kind there are."""
    is_undo = run.intent == Intent.UNDO
    details = DETAILS_OF_UNDO if is_undo else DETAILS
    if run.state == State.STOPPED:  # a person decides
        details = {**details, RowKind.TRIED_AGAIN: STOPPED_UNDO if is_undo else STOPPED}
    shown = [(words, found.kinds[kind]) for kind, words in details.items() if found.kinds[kind]]
    if shown:
        yield ""
        yield "In numbers:"
    for words, number in shown:
        yield from _wrap(words.format(amount(number, "change" if is_undo else "row")), "  ")
    if earlier := found.kinds[RowKind.EARLIER]:
        yield from _wrap(f"{amount(earlier, 'planned absence')} of earlier files: done.", "  ")


def _wrap(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
