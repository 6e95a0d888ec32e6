"""The sections of a run's page above its rows: results, troubles, lists, and pictures."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from markupsafe import Markup

from ..clock import LocalClock
from ..journal import DroppedEntry, ResultCount
from ..model import Reason, Result
from ..wording import amount, figure, plain_duration
from .charts import MARKS, Course, Panel, draw_panels, kind, stack_bar
from .pieces import NOTHING, Pieces, Value, keep_numbers_whole
from .reason_texts import OWNERS, WHY_DROPPED, owner_of, reason_words, result_words
from .summary import JobReading, PlannedAbsences, PlannedChange, PlannedChanges, Throughput, UpcomingLeave

LEFT_OUT = (  # reasons of rows that count as not in the file, or take something back
    Reason.FILTERED_OUT,
    Reason.HIDDEN_ROW,
    Reason.IGNORED_BY_MAPPING,
    Reason.WITHDRAWN,
)
ROWS = "#rows"  # in the same page
TO_BE_CHANGED = "To be changed"
MOST_SHOWN = 100  # lines of a list; report.csv has all
MOST_SESSIONS = 10  # that are named
LEAST_STRETCHES = 3  # with rows, for a picture
LONGEST = 300  # characters of a text in a table; the script has the same
CUT = "…"
SENTENCE_END = re.compile(r"(?<=\.) ")
PIECES = Pieces("page.html")
fill = PIECES.fill


def fill_each(piece: str, values: Iterable[Value]) -> Markup:
    """Return a piece once for each *value*, one behind the other."""
    return NOTHING.join(fill(piece, value=value) for value in values)


def shorten(value: Value) -> str:
    """Return what a table shows of a value."""
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - len(CUT)]}{CUT}"


def name_person(associate_id: Value, identity: Value) -> Markup:
    """Return how a table names a user."""
    name = fill("small", words=shorten(identity)) if identity else NOTHING
    return fill("pair", first=shorten(associate_id), second=name)


def show_sentences(words: str) -> Markup:
    """Return sentences that begin on lines of their own where they do not fit on one."""
    return Markup(" ").join(
        fill("sentence", words=keep_numbers_whole(each)) for each in SENTENCE_END.split(words)
    )


def show_results(counts: Mapping[Result, int], state: str, rows_at: str = ROWS) -> Markup:
    """Return how many rows have each result; the rows stand at an address."""
    present = [(result, number) for result, number in counts.items() if number]
    if not present:
        return NOTHING
    segments = [
        fill("segment", start=each.start, width=each.width, kind=kind(each.name))
        for each in stack_bar(present)
    ]
    counted = [
        fill(
            "count",
            result=result,
            number=figure(number),
            words=result_words(result, state),
            rows_at=rows_at,
            **_looks(result),
        )
        for result, number in present
    ]
    return fill("results", segments=NOTHING.join(segments), counts=NOTHING.join(counted))


def _looks(result: str) -> dict[str, str]:
    return {"kind": kind(result), "mark": MARKS[kind(result)]}


def show_result(result: str) -> Markup:
    """Return the cell of a row's result."""
    return fill("result", result=result, **_looks(result))


def show_troubles(reasons: Iterable[ResultCount], state: str, said: Mapping[str | None, list[str]]) -> Markup:
    """Return what needs attention, by who must act; *said* has the sentences about rows that are wrong."""
    found = [each for each in reasons if each.result != Result.NOT_SENT]
    owners = []
    for who, has in OWNERS.items():
        theirs = [each for each in found if owner_of(each.reason, each.result) is who]
        if theirs:
            name = f"{who[:1].upper()}{who[1:]}"
            steps = NOTHING.join(_steps(theirs, state, said))
            owners.append(fill("owner", who=name, has=has, steps=steps))
    return fill("troubles", owners=NOTHING.join(owners)) if owners else NOTHING


def _steps(
    troubles: Iterable[ResultCount], state: str, said: Mapping[str | None, list[str]]
) -> Iterator[Markup]:
    """Yield each remedy once, with all that it helps against."""
    by_remedy: dict[str, list[Markup]] = {}
    for each in troubles:
        remedy = reason_words(each.reason, each.result, state).remedy
        by_remedy.setdefault(remedy, []).append(_trouble(each, state, said))
    for remedy, helped in by_remedy.items():
        yield fill("step", remedy=remedy, troubles=NOTHING.join(helped))


def _trouble(each: ResultCount, state: str, said: Mapping[str | None, list[str]]) -> Markup:
    what = reason_words(each.reason, each.result, state).what
    examples = [f"For example: {each.detail}"] if each.detail and each.detail != what else []
    if each.result == Result.INVALID:
        examples = said.get(each.reason, [])
    people = "1 person" if each.people == 1 else f"{figure(each.people)} people"
    return fill(
        "trouble",
        people=people,
        result=each.result,
        reason=each.reason or "",
        what=what,
        rows=fill("trouble_rows", rows=amount(each.rows, "row")) if each.rows != each.people else NOTHING,
        examples=fill_each("example", map(shorten, examples)),
    )


def show_unknown_statuses(reading: JobReading, table: str | None) -> Markup:
    """Return how many status values are unknown, with the *table* to paste where it may be shown."""
    number = len(reading.unmapped)
    if not number:
        return NOTHING
    return fill(
        "unknown_statuses",
        values=amount(number, "unknown value"),
        them="it" if number == 1 else "them",
        elsewhere=fill("values_elsewhere") if table is None else NOTHING,
        table=NOTHING if table is None else fill("command", id="mapping", text=table),
    )


def show_left_out(found: Sequence[ResultCount], reading: JobReading, *, with_values: bool) -> Markup:
    """Return which rows the settings skip."""
    numbers = {reason: sum(each.rows for each in found if each.reason == reason) for reason in LEFT_OUT}
    counts = [
        fill(
            "left_out_count",
            reason=reason,
            mark=MARKS["same"],
            number=figure(number),
            noun="row" if number == 1 else "rows",
            words=reason_words(reason, Result.SKIPPED).what,
        )
        for reason, number in numbers.items()
        if number
    ]
    filtered = _table_of_filtered(reading, with_values=with_values) if reading.filtered else NOTHING
    return fill("left_out", counts=NOTHING.join(counts), filtered=filtered) if counts else NOTHING


def _table_of_filtered(reading: JobReading, *, with_values: bool) -> Markup:
    name = "Rows that input.only skips"
    heads = fill_each("head", ["Column", "Value"] if with_values else ["Column"])
    lines = [
        fill("filtered", column=shorten(column), value=value, rows=figure(rows))
        for column, value, rows in (_by_value(reading) if with_values else _by_column(reading))
    ]
    others = amount(reading.filtered_others, "row")
    return NOTHING.join(
        (
            _table(name, heads + fill("head_of_numbers", value="Rows"), lines),
            fill("other_values", rows=others) if reading.filtered_others else NOTHING,
            NOTHING if with_values else fill("values_kept_back"),
            "\n",
        )
    )


def _by_value(reading: JobReading) -> Iterator[tuple[str, Markup, int]]:
    for each in reading.filtered:
        yield each.column, fill("cell", value=shorten(each.value) or "(empty)"), each.rows


def _by_column(reading: JobReading) -> Iterator[tuple[str, Markup, int]]:
    """Yield how many rows each column skips, whatever the case of its name."""
    rows, names = Counter[str](), dict[str, str]()
    for each in reading.filtered:
        rows[each.column.lower()] += each.rows
        names.setdefault(each.column.lower(), each.column)
    for column in sorted(rows):
        yield names[column], NOTHING, rows[column]


def _table(name: str, heads: Markup, lines: Iterable[Markup]) -> Markup:
    return fill(
        "table", name=name, head=heads, rows=NOTHING.join(fill("line", cells=cells) for cells in lines)
    )


def show_notes(notes: Iterable[str]) -> Markup:
    """Return what the reader should know beside the results."""
    shown = fill_each("note", notes)
    return fill("notes", notes=shown) if shown else NOTHING


def show_changes(planned: PlannedChanges) -> Markup:
    """Return what a run that waits would change."""
    shown = planned.changes[:MOST_SHOWN]
    left = planned.changes_left_out + len(planned.changes) - len(shown)
    return _show_list(TO_BE_CHANGED, table_of_changes(shown), left) if shown else NOTHING


def table_of_changes(changes: Iterable[PlannedChange]) -> Markup:
    """Return changes that wait, as a table."""
    heads = fill_each("head", ("Associate", "Now", "Wanted", "Comment"))
    return _table(TO_BE_CHANGED, heads, map(_change, changes))


def _change(each: PlannedChange) -> Markup:
    cells = (each.before_status or "(not read)", each.status, each.comment or "")
    return fill("name", value=name_person(each.associate_id, each.identity)) + fill_each("cell", cells)


def _show_list(title: str, table: Markup, left: int) -> Markup:
    return fill(
        "listed", title=title, table=table, more=fill("more", number=figure(left)) if left else NOTHING
    )


def show_coming(coming: PlannedAbsences) -> Markup:
    """Return the planned absences, and those that were dropped."""
    return _leaves("Planned absences", coming.upcoming, coming.upcoming_left_out) + _leaves(
        "Planned absences that were dropped", coming.dropped, coming.dropped_left_out
    )


def _leaves(title: str, leaves: Sequence[UpcomingLeave | DroppedEntry], left_out: int) -> Markup:
    if not leaves:
        return NOTHING
    shown = leaves[:MOST_SHOWN]
    whys = [each.why if isinstance(each, DroppedEntry) else None for each in shown]
    heads = fill_each("head", ("Associate", "From", "Until", "Status", *(["Why"] if any(whys) else [])))
    lines = []
    for each, why in zip(shown, whys, strict=True):
        cells = [each.starts or "", each.ends or "", each.status or ""]
        cells += [WHY_DROPPED.get(why or "", "")] if any(whys) else []
        lines.append(
            fill("name", value=name_person(each.associate_id, each.identity)) + fill_each("cell", cells)
        )
    return _show_list(title, _table(title, heads, lines), left_out + len(leaves) - len(shown))


def show_over_time(course: Course, throughput: Throughput | None, clock: LocalClock) -> Markup:
    """Return the pictures of the run, and what took its time."""
    panels = (
        draw_panels(course) if sum(1 for each in course.stretches if each.rows) >= LEAST_STRETCHES else []
    )
    pictures = [
        _picture(panel, course, axis=_axis(course, clock) if panel is panels[-1] else NOTHING)
        for panel in panels
    ]
    words = fill("advice", words=throughput.words) if throughput else NOTHING
    sessions = _sessions(course, clock) if pictures and len(course.sessions) > 1 else NOTHING
    if not (pictures or words):
        return NOTHING
    return fill("over_time", sessions=sessions, pictures=NOTHING.join(pictures), throughput=words)


def _sessions(course: Course, clock: LocalClock) -> Markup:
    """Return when each session began, and how long nothing ran before it."""
    first, *others = [session for _, session in course.sessions]
    began = [clock.time(first.started_at)]
    pauses = zip(others, course.between, strict=True)
    began += [f"{clock.time(each.started_at)} ({plain_duration(pause)} later)" for each, pause in pauses]
    more = f" and {len(began) - MOST_SESSIONS} more" if len(began) > MOST_SESSIONS else ""
    words = f"The run had {amount(len(began), 'session')}: {', '.join(began[:MOST_SESSIONS])}{more}."
    return fill("advice", words=f"{words} A gap in the charts stands for the time between two sessions.")


def _picture(panel: Panel, course: Course, axis: Markup) -> Markup:
    paths = [
        *panel.paths,
        *(("level", f"M{start} {height}H{end}") for start, end, height in panel.levels),
    ]
    bands = [
        fill("band", name=band.name, start=band.start, width=band.width)
        for band in (*panel.bands, *course.gaps())
    ]
    return fill(
        "picture",
        title=panel.title,
        said=panel.said,
        top=panel.top,
        width=len(course.stretches),
        shapes=NOTHING.join((*bands, *(fill("path", looks=looks, path=path) for looks, path in paths))),
        axis=axis,
    )


def _axis(course: Course, clock: LocalClock) -> Markup:
    (_, first), (_, last) = course.sessions[0], course.sessions[-1]
    ended = f"{clock.time(last.last_at)} {clock.place}"
    return fill("axis", began=clock.time(first.started_at), ended=ended)
