"""report.html: the run on one page that needs nothing but a browser."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from markupsafe import Markup

from ..clock import LocalClock
from ..journal import Comparison, Journal, RunRecord
from ..json_form import Json
from ..model import Result
from ..next_step import command_line
from ..private_settings import SECRETS, is_of_absence
from ..sanitize import clean
from ..settings.value_types import Limit
from ..wording import amount, duration_of_setting, figure, plain_duration
from .charts import course
from .fault_sentences import StatusTable, in_words, says_more, status_table_lines
from .headline import advice_words, headline_of
from .page_rows import PageRows, clock_of
from .page_sections import (
    fill,
    name_person,
    shorten,
    show_changes,
    show_coming,
    show_left_out,
    show_notes,
    show_over_time,
    show_result,
    show_results,
    show_sentences,
    show_troubles,
    show_unknown_statuses,
)
from .pieces import NOTHING, Value, digest, inline, keep_options_whole
from .reason_texts import reason_words
from .row_files import NEEDS_ATTENTION, Story, Writer, more_fields, names_of
from .summary import FaultSentence, PlannedAbsences, PlannedChanges, Summary

HIDDEN = (*SECRETS, "proxy")
EMPTY: tuple[Json, ...] = (None, "", {}, [])
RATE = "rate"  # of `delivery`: the one setting with a fraction that is not a duration
KEPT_BACK = "(set; not shown)"
MOST_SENTENCES = 5  # of a reason
NOTHING_SENT = "Nothing was sent. "  # the headline says so, too
NOTHING_HERE = "Nothing to do in this run."
A_NUMBER = Markup(' class="number"')


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
    "message": Column("message", "Comment"),
}
LAST = (
    Column("attempts", "Tries", is_number=True),
    Column("http_status", "HTTP", is_number=True),
    Column("duration_ms", "ms", is_number=True),
    Column("finished_at", "At"),
    Column("line", "Line", is_number=True),
)


def page(story: Story) -> Writer:
    """Return the writer of the report for a browser."""
    rows = PageRows(story.run, story.journal.results.counts())
    if not rows.number:
        return Writer(lambda _: b"", begin=_encode(_top(story)), end=lambda: _encode(_end()))
    numbers = {"shown": rows.shown, "number": rows.number, "left": rows.number - rows.shown}
    cut = fill("cut", **{name: figure(number) for name, number in numbers.items()})
    above = _top(story) + fill("rows", cut=cut if rows.number > rows.shown else NOTHING).rstrip()
    return Writer(
        rows.add,
        begin=_encode(above) + rows.begin(),
        end=lambda: rows.end() + _encode(_plain(rows, story.run) + _end()),
    )


def _encode(text: Markup) -> bytes:
    return text.encode(errors="replace")


def _top(story: Story) -> Markup:
    """Return all that is above the rows."""
    journal, run, summary = story
    found, style = journal.results, inline("page.css")
    with_messages = "message" in more_fields(run)
    return fill(
        "page",
        style=style,
        style_digest=digest(style),
        script_digest=digest(inline("page.js")),
        run_id=run.run_id,
        which=_which(run, summary),
        **_how_it_went(story),
        files=_files(journal, run),
        results=show_results(found.counts(), run.state),
        **_what_is_wrong(story),
        left_out=show_left_out(found.count(), summary.reading, with_values=with_messages),
        notes=show_notes(summary.notes),
        changes=show_changes(summary.planned or PlannedChanges()),
        coming=show_coming(summary.coming or PlannedAbsences()),
        over_time=show_over_time(course(journal), summary.throughput, clock_of(run)),
        facts=_facts(run, summary),
    )


def _what_is_wrong(story: Story) -> dict[str, Markup]:
    """Return what needs attention; nothing where later runs have all of it."""
    journal, run, summary = story
    if summary.is_handed_on:
        return {"troubles": NOTHING, "unknown_statuses": NOTHING}
    lines = status_table_lines(StatusTable.of(summary.reading)) if "message" in more_fields(run) else None
    said = _by_reason(summary.sentences or ())
    return {
        "troubles": show_troubles(journal.results.reasons(), run.state, said),
        "unknown_statuses": show_unknown_statuses(
            summary.reading, None if lines is None else "\n".join(lines)
        ),
    }


def _how_it_went(story: Story) -> dict[str, Markup | str]:
    """Return whether it worked, and what to do now."""
    journal, run, summary = story
    said, to_do = headline_of(journal, run.state), advice_words(journal, run.state)
    why = (run.message or "").removeprefix(said).removesuffix(to_do).strip()
    why = why.replace(NOTHING_SENT, "") if NOTHING_SENT.strip() in said else why
    if summary.corrected_by:
        said, why = summary.message or "", ""
        to_do = NOTHING_HERE if summary.is_handed_on else to_do
    command = NOTHING if to_do else fill("nothing")
    if summary.next:
        command = fill("command", id="next", text=keep_options_whole(command_line(summary.next)))
    return {
        "title": said,
        "headline": show_sentences(said),
        "why": fill("why", words=why) if why else NOTHING,
        "advice": fill("advice", words=to_do) if to_do else NOTHING,
        "next": command,
    }


def _which(run: RunRecord, summary: Summary) -> Markup:
    """Return which night, SuperOffice, file and label the page is about, and who approved the run."""
    clock = clock_of(run)
    began = f"{clock.date_and_time(summary.effort.started_at or run.created_at)} ({clock.place})"
    file = clean(run.input.name.replace("\\", "/").rpartition("/")[2])
    approval = summary.approved_by and f"approved by {summary.approved_by}"
    named = (run.target, file, run.input.label, approval)
    return fill("which", began=began, named=NOTHING.join(fill("named", words=each) for each in named if each))


def _files(journal: Journal, run: RunRecord) -> Markup:
    """Return links to the files beside the page; those for corrections exist only with rows."""
    found, counts = journal.results, journal.results.counts()
    failed = sum(each.of_file for each in found.count() if each.result in NEEDS_ATTENTION)
    unsent = found.number_not_sent_of_file() if run.input.scheduled else counts[Result.NOT_SENT]
    rows = {"failed.csv": failed, "unprocessed.csv": unsent, "report.csv": sum(counts.values())}
    links = [
        fill("file", name=name, rows=amount(number, "row"))
        for name, number in rows.items()
        if number or name == "report.csv"
    ]
    return fill("files", links=NOTHING.join(links)) if any(rows.values()) else NOTHING


def _facts(run: RunRecord, summary: Summary) -> Markup:
    settings = (
        fill("fact", name=fill("code", words=name), value=fill("words", words=value))
        for name, value in settings_of(run)
    )
    facts = (fill("fact", name=name, value=value) for name, value in _each_fact(run, summary))
    return fill("facts", facts=NOTHING.join(facts), settings=NOTHING.join(settings))


def _each_fact(run: RunRecord, summary: Summary) -> Iterator[tuple[str, str]]:
    job, effort, compared = run.input, summary.effort, comparison_words(run.compared)
    clock, made = clock_of(run), effort.requests
    yield "Run", fill("code", words=run.run_id)
    yield "State", run.state if run.exit_code is None else f"{run.state}, exit code {run.exit_code}"
    yield "Started", f"{clock.date_and_time(effort.started_at or run.created_at)}, {clock.place}"
    ended = clock.date_and_time(effort.finished_at) if effort.finished_at else "not yet"
    yield "Ended", f"{ended}; the run worked for {plain_duration(effort.duration_s or 0)}"
    yield "SuperOffice", fill("words", words=run.target)
    read = f", {amount(job.rows, 'row')}, {job.format}, {job.encoding}" if job.format else ""
    yield "File", fill("pair", first=fill("words", words=job.name), second=read)
    if compared:
        yield "Compared with the last job", fill("words", words=compared)
    if run.undoes:
        yield "Undoes", f"run {run.undoes}"
    repeated = f" ({figure(made.retried or 0)} of them repeated)"
    yield "Requests", f"{figure(made.put or 0)} PUT{repeated}, {figure(made.get or 0)} GET"
    if job.sha256:
        yield "SHA-256 of the file", fill("code", words=job.sha256)


def _plain(rows: PageRows, run: RunRecord) -> Markup:
    """Return the rows that are readable without script, below the data of the script."""
    columns = [*FIRST, *(MORE[name] for name in names_of(run) if name in MORE), *LAST]
    plain, clock = rows.plain(), clock_of(run)
    heads = (
        fill("column", field=each.field, looks=A_NUMBER if each.is_number else NOTHING, title=each.title)
        for each in columns
    )
    lines = (
        fill("row", row=number, cells=NOTHING.join(_cell(each, row, clock) for each in columns))
        for number, row in plain
    )
    return fill(
        "plain",
        cut=fill("plain_cut", number=len(plain)) if len(plain) < rows.shown else NOTHING,
        head=NOTHING.join(heads),
        rows=NOTHING.join(lines),
    )


def _cell(column: Column, row: Mapping[str, Value], clock: LocalClock) -> Markup:
    value = row[column.field]
    match column.field:
        case "row":
            return fill("row_number", row=value)
        case "associate_id":
            return fill("cell", value=name_person(value, row["identity"]))
        case "result":
            return show_result(str(value))
        case "reason":
            return fill("cell", value=_why(str(row["result"]), row["reason"], row["detail"]))
        case "duration_ms":
            return fill("number", value="" if value is None else round(float(value)))
        case "finished_at":
            return fill("cell", value=clock.time(str(value)) if value else "")
    return fill("number" if column.is_number else "cell", value=shorten(value))


def _why(result: str, reason: Value, detail: Value) -> Markup:
    words = reason_words(None if reason is None else str(reason), result).what
    said = fill("small", words=shorten(detail)) if detail and detail != words else NOTHING
    return fill("pair", first=words if reason else "", second=said)


def _end() -> Markup:
    return fill("end", script=inline("page.js")).rstrip()


def _by_reason(said: Sequence[FaultSentence]) -> dict[str | None, list[str]]:
    words: dict[str | None, list[str]] = {}
    for sentence in said:
        if says_more(sentence, reason_words(sentence.reason, Result.INVALID).what):
            words.setdefault(sentence.reason, []).append(in_words(sentence))
    return {reason: found[:MOST_SENTENCES] for reason, found in words.items()}


def settings_of(run: RunRecord) -> Iterator[tuple[str, str]]:
    """Yield the settings of a run as (name, value), in the order of the configuration file."""
    with_messages = run.settings.include_messages
    for section, keys in run.settings.sections.items():
        for key, value in keys.items():
            if key in HIDDEN or value in EMPTY:
                continue
            name = f"{section}.{key}"
            hidden = is_of_absence(name) and not with_messages
            yield name, KEPT_BACK if hidden else _text(value, key)


def comparison_words(compared: Comparison | None) -> str | None:
    """Return how the job differs from the last one of its target; None where there is none."""
    if not compared:
        return None
    if compared.same_file:
        return f"the same file as in run {compared.run_id}"
    before = f"{figure(compared.rows_before)} in run {compared.run_id}"
    said = [f"{amount(compared.rows, 'row')}, {before}"]
    for words, names in (("new columns", compared.columns_added), ("missing columns", compared.columns_gone)):
        if names:
            said.append(f"{words}: {', '.join(names)}")
    return "; ".join(said if len(said) > 1 else [*said, "the same columns"])


def _text(value: Any, key: str) -> str:
    if isinstance(value, float) and key != RATE:
        return duration_of_setting(value)
    if isinstance(value, dict) and value.keys() == {"count", "percent"}:
        return str(Limit(**value))
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_text(each, name)}" for name, each in value.items())
    return value if isinstance(value, str) else orjson.dumps(value).decode()
