"""report.html: the run on one page that needs nothing but a browser."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import orjson

from ..journal import Comparison, DroppedEntry, Journal, ResultCount, RunRecord
from ..json_form import Json
from ..model import Reason, Result
from ..next_step import command_line
from ..settings import SECRETS
from ..settings.value_types import Limit
from ..wording import amount
from .advice import advice_words
from .charts import MARKS, Course, Panel, Segment, course, draw_panels, kind, stack_bar
from .fault_sentences import in_words
from .headline import headline_of
from .overview import ENVIRONMENT
from .page_rows import PageRows
from .reason_texts import MENDERS, WHY_DROPPED, Mender, is_trouble, mender, reason_words, result_words
from .row_files import Story, Writer, more_fields, names_of
from .statuses_to_paste import StatusTable, status_table_lines
from .summary import DaysToCome, FaultSentence, PlannedChange, PlannedChanges, Summary, UpcomingLeave

COMMENTS = ("default_message", "message_template")  # of `input`: may be a reason of absence
HIDDEN = (*SECRETS, "proxy")
EMPTY: tuple[Json, ...] = (None, "", {}, [])
KEPT_BACK = "(set; not shown)"
LEFT_OUT = (  # reasons of rows that count as not in the file, or take something back
    Reason.FILTERED_OUT,
    Reason.HIDDEN_ROW,
    Reason.IGNORED_BY_MAPPING,
    Reason.WITHDRAWN,
)
MOST_SENTENCES = 5  # of a reason
MOST_TOLD = 100  # lines of a list; report.csv has all
LEAST_STRETCHES = 3  # of which there is a picture
T = TypeVar("T")
Beginning = tuple[Sequence[T], int]  # what a list begins with, and how much of it is left out
LONGEST = 300  # characters of a text in a table; the script has the same
WORDS = {
    "kind": kind,
    "longest": LONGEST,
    "marks": MARKS,
    "result_words": result_words,
    "why_dropped": WHY_DROPPED,
    "words": reason_words,
}


class Column(NamedTuple):
    """A column of the table."""

    field: str
    title: str
    is_number: bool = False


FIRST = (
    Column("row", "Row", is_number=True),
    Column("associate_id", "Associate"),
    Column("result", "Result"),
    Column("reason", "Why"),
    Column("before_status", "Before"),
    Column("status", "Wanted"),
)
MORE = {
    "from": Column("from", "From"),
    "until": Column("until", "Until"),
    "message": Column("message", "Message"),
}
LAST = (
    Column("attempts", "Tries", is_number=True),
    Column("http_status", "HTTP", is_number=True),
    Column("duration_ms", "ms", is_number=True),
    Column("finished_at", "At (UTC)"),
    Column("line", "Line", is_number=True),
)


class HowItWent(NamedTuple):
    """How it went: whether it worked, what to do now, and who can mend what."""

    headline: str
    why: str
    advice: str
    next: str | None  # a command line
    troubles: Sequence[tuple[Mender, str, Sequence[ResultCount]]]  # who, what they have, what is wrong


class Lists(NamedTuple):
    """What is to be changed, or is still to come."""

    changes: Beginning[PlannedChange]
    upcoming: Beginning[UpcomingLeave]
    dropped: Beginning[DroppedEntry]


class Pictures(NamedTuple):
    """How many rows, and how fast."""

    counts: Sequence[tuple[Result, int]]
    bar: Sequence[Segment]
    time: Course
    panels: Sequence[Panel]


@dataclass(frozen=True, kw_only=True)  # without slots: the template has its fields by their names
class Contents:
    """All that the template has to say."""

    run: RunRecord
    summary: Summary
    answer: HowItWent
    lists: Lists
    pictures: Pictures
    mapping: str
    with_messages: bool
    settings: Sequence[tuple[str, str]]
    compared: str | None
    sentences: Mapping[str | None, Sequence[str]]  # by reason
    left_out: Sequence[tuple[Reason, int]]
    columns: Sequence[Column]


def page(story: Story) -> Writer:
    """Return the writer of the report for a browser."""
    rows = PageRows(story.run, story.journal.results.counts())
    values = {**vars(_contents(story)), "rows": rows}

    def render(name: str) -> bytes:
        text: str = ENVIRONMENT.get_template(name, globals=WORDS).render(values)
        return text.encode(errors="replace")

    if not rows.number:
        return Writer(lambda _: b"", begin=render("page.html.j2"), end=lambda: render("page_end.html.j2"))
    return Writer(
        rows.add,
        begin=render("page.html.j2") + rows.begin(),
        end=lambda: rows.end() + render("page_end.html.j2"),
    )


def _contents(story: Story) -> Contents:
    """Return what the template has to say, by its names for it."""
    journal, run, summary = story
    return Contents(
        run=run,
        summary=summary,
        answer=_how_it_went(journal, run),
        lists=_lists(summary),
        pictures=_pictures(journal),
        mapping="\n".join(status_table_lines(StatusTable.of(summary.reading))),
        with_messages="message" in more_fields(run),
        settings=list(settings_in_force(run)),
        compared=comparison_words(run.compared),
        sentences=_by_reason(summary.sentences or ()),
        columns=[*FIRST, *(MORE[name] for name in names_of(run) if name in MORE), *LAST],
        left_out=[(reason, number) for reason in LEFT_OUT if (number := journal.results.number_of(reason))],
    )


def _by_reason(said: Sequence[FaultSentence]) -> dict[str | None, list[str]]:
    words: dict[str | None, list[str]] = {}
    for sentence in said:
        words.setdefault(sentence.reason, []).append(in_words(sentence))
    return {reason: found[:MOST_SENTENCES] for reason, found in words.items()}


def _how_it_went(journal: Journal, run: RunRecord) -> HowItWent:
    said, to_do = headline_of(journal, run.state), advice_words(journal, run.state)
    found = [each for each in journal.results.reasons() if is_trouble(each.result, run.state)]
    mine = {who: [each for each in found if mender(each.reason, each.result) is who] for who in MENDERS}
    return HowItWent(
        headline=said,
        why=(run.message or "").removeprefix(said).removesuffix(to_do).strip(),
        advice=to_do,
        next=command_line(run.next) if run.next else None,
        troubles=[(who, has, mine[who]) for who, has in MENDERS.items() if mine[who]],
    )


def _lists(summary: Summary) -> Lists:
    planned, coming = summary.planned or PlannedChanges(), summary.coming or DaysToCome()
    return Lists(
        changes=_cut(planned.changes, planned.changes_left_out),
        upcoming=_cut(coming.upcoming, coming.upcoming_left_out),
        dropped=_cut(coming.dropped, coming.dropped_left_out),
    )


def _cut(every: Sequence[T], left_out: int) -> Beginning[T]:
    return every[:MOST_TOLD], len(every[MOST_TOLD:]) + left_out


def _pictures(journal: Journal) -> Pictures:
    present = [(result, number) for result, number in journal.results.counts().items() if number]
    time = course(journal)
    return Pictures(
        counts=present,
        bar=stack_bar(present),
        time=time,
        panels=draw_panels(time) if len(time.stretches) >= LEAST_STRETCHES else [],
    )


def settings_in_force(run: RunRecord) -> Iterator[tuple[str, str]]:
    """Yield the settings of a run as (name, value), in the order of the configuration file."""
    with_messages = run.settings.include_messages
    for section, keys in run.settings.sections.items():
        for key, value in keys.items():
            if key in HIDDEN or value in EMPTY:
                continue
            hidden = key in COMMENTS and not with_messages
            yield f"{section}.{key}", KEPT_BACK if hidden else _text(value)


def comparison_words(compared: Comparison | None) -> str | None:
    """Return how the job differs from the last one of its target; None where there is none."""
    if not compared:
        return None
    if compared.same_file:
        return f"the very file of run {compared.run_id}"
    said = [f"{amount(compared.rows, 'row')}, {compared.rows_before} in run {compared.run_id}"]
    for words, names in (("new", compared.columns_added), ("gone", compared.columns_gone)):
        if names:
            said.append(f"columns {words}: {', '.join(names)}")
    return "; ".join(said if len(said) > 1 else [*said, "the same columns"])


def _text(value: Any) -> str:
    if isinstance(value, dict) and value.keys() == {"count", "percent"}:
        return str(Limit(**value))
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_text(each)}" for name, each in value.items())
    return value if isinstance(value, str) else orjson.dumps(value).decode()
