"""A summary as people read it: in a terminal of 80 columns, or in a mail from cron."""

import sys
from collections.abc import Iterable, Iterator, Sequence

from ..journal import DroppedEntry
from ..model import Result
from ..next_step import command_line
from ..report.fault_sentences import StatusTable, in_words, status_table_lines
from ..report.reason_texts import (
    MENDERS,
    WHY_DROPPED,
    WITHOUT_FAILED_CSV,
    is_trouble,
    mender,
    reason_words,
    result_words,
)
from ..report.summarise import filter_words
from ..report.summary import (
    DaysToCome,
    ExplainedColumn,
    ExplainedRow,
    Explanation,
    FaultSentence,
    FaultyNamedRow,
    FaultyRow,
    InputFile,
    PlannedChanges,
    ReasonCount,
    RowPlace,
    Summary,
    UpcomingLeave,
)
from ..sanitize import clean
from ..wording import amount
from .options import Options
from .output import is_terminal, print_json, print_lines, print_long_json, remark, who, wrap

WORST = 8  # reasons shown; the report has all
SENTENCES = 5  # of a reason, likewise
CHANGES = 500  # people named; `--json` names more
TOO_MANY = "are too long or too many to be statuses: is this the column with the statuses?"
NAME = 30  # characters of a column's name
MISSING = {"who": "a column that names people", "status": "a column with the statuses"}
LEAVE = 10  # rows of a kind to come; summary.json has more
Leave = UpcomingLeave | DroppedEntry


def show(
    summary: Summary, options: Options, *, faults: Iterable[FaultyRow | FaultyNamedRow] | None = None
) -> int:
    """Print a summary as the options ask for; return its exit code. *faults* are all rows that are wrong."""
    in_words = not (options.as_json or options.quiet)
    if options.as_json and faults is not None:
        print_long_json(summary, "faults", faults)
    elif options.as_json:
        print_json(summary)
    elif in_words:
        print_lines(summary_lines(summary))
    if options.quiet and not summary.exit_code:
        return 0
    both_on_screen = in_words and is_terminal(sys.stdout) and is_terminal(sys.stderr)
    if options.quiet and summary.exit_code:
        remark(f"presence-worker: {summary.message}")
    if summary.next and not both_on_screen:
        remark(f"Next: {command_line(summary.next)}")
    return int(summary.exit_code or 0)


def summary_lines(summary: Summary) -> Iterator[str]:
    """Yield the lines of a run's summary: how it went, why not, where to read more, what to do next."""
    if summary.run_id:
        yield f"Run {summary.run_id}: {summary.state}, exit code {summary.exit_code}"
    yield from wrap(str(summary.message))
    if summary.target:
        yield f"Target: {summary.target}"
    yield from _input(summary.input, summary.scheduled)
    counts = {result: number for result, number in summary.counts.items() if number}
    if counts:
        yield ""
    for result, number in counts.items():
        yield f"  {number:>7}  {result:<10} {result_words(result, summary.state)}"
    yield from _changes(summary.planned or PlannedChanges())
    yield from _reasons(summary)
    yield from lines_to_come(summary.coming or DaysToCome())
    yield from wrap(filter_words(summary.reading), indent=2)
    for note in summary.notes:
        yield from wrap(f"Note: {note}", indent=6)
    if summary.throughput:
        yield from wrap(f"Speed: {summary.throughput.words}", indent=7)
    yield from _unknown_statuses(summary)
    if summary.explained:
        yield from explanation_lines(summary.explained)
    yield from _ways_on(summary)


def _input(job: InputFile, earlier: int) -> Iterator[str]:
    """Yield how the job was read, and how many rows follow from earlier ones; a guess shall be seen."""
    if job.format:
        delimiter = "tab" if job.delimiter == "\t" else job.delimiter
        cut = f", delimiter {delimiter}" if delimiter else ""
        rows = amount(job.rows - earlier, "row") + (f" and {earlier} of earlier jobs" if earlier else "")
        encoding = f", {job.encoding}" if job.encoding else ""
        yield f"Input: {job.name}: {rows}, {job.format}{encoding}{cut}"


def _changes(planned: PlannedChanges) -> Iterator[str]:
    """Show who would be changed, for somebody who has to sign it off."""
    if planned.changes:
        yield ""
        yield f"{'  To be changed':<26} {'now':<18} {'wanted':<18} comment"
    for change in planned.changes[:CHANGES]:
        now = change.before_status or "(not read)"
        comment = "leave over" if change.returns else change.comment or ""
        yield f"  {who(change):<24} {now:<18} {change.status:<18} {comment}".rstrip()
    left_out = len(planned.changes[CHANGES:]) + planned.changes_left_out
    if left_out:
        yield f"  and {left_out} more, which report.csv names"


def _reasons(summary: Summary) -> Iterator[str]:
    """Show what is not done, by who can fix it, as the page does."""
    state = summary.state
    reasons = [entry for entry in summary.reasons if is_trouble(entry.result, state)]
    if reasons:
        yield ""
        yield "Not done, and who can fix it"
    shown = reasons if state in WITHOUT_FAILED_CSV else reasons[:WORST]
    said = summary.sentences or ()
    place = place_of([row for sentence in said for row in sentence.first or ()])
    for somebody, hands in MENDERS.items():
        theirs = [entry for entry in shown if mender(entry.reason, entry.result) is somebody]
        if theirs:
            yield f"  {somebody}: {hands}"
        for entry in theirs:
            words = reason_words(entry.reason, entry.result, state)
            yield from wrap(f"  {entry.rows:>7}  {words.what}: {words.remedy}", indent=11)
            if entry.result == Result.INVALID:
                yield from _sentences([each for each in said if each.reason == entry.reason], entry, place)
    if len(reasons) > len(shown):
        yield f"           and {len(reasons) - len(shown)} more kinds, in the report"


def _sentences(said: Sequence[FaultSentence], entry: ReasonCount, place: str) -> Iterator[str]:
    """Show what is wrong: where, as long as the rows are few, else how often, and an example."""
    for sentence in said[:SENTENCES]:
        yield from wrap(f"{' ' * 11}{in_words(sentence, place)}", indent=13)
    others = entry.rows - sum(sentence.rows for sentence in said[:SENTENCES])
    if said and others:
        yield f"{' ' * 11}and {amount(others, 'row')} of which something else is said"


def _unknown_statuses(summary: Summary) -> Iterator[str]:
    """Show what statuses nobody understood, as a table to paste: its lines are never broken."""
    others = summary.reading.unmapped_others
    unmapped = () if summary.explained else summary.reading.unmapped  # then they are in the block
    if unmapped or others:
        yield ""
        yield "Unknown status values"
    if others:
        more = "more with words that" if summary.reading.unmapped else "with words that"
        yield from wrap(f"  {amount(others, 'row')} {more} {TOO_MANY}", indent=2)
    if unmapped:
        yield from wrap(f"  Say what they mean, and put this {_place(summary)}", indent=2)
        yield ""
        yield from status_table_lines(StatusTable.of(summary.reading))


def _place(summary: Summary) -> str:
    where = "in place of [input.statuses] in" if summary.reading.mapped else "at the end of"
    return f"{where} the configuration file:"


def _ways_on(summary: Summary) -> Iterator[str]:
    yield ""
    if page := summary.files.get("report.html"):
        yield f"Report: {page}"
    if summary.next:
        yield f"Next:   {command_line(summary.next)}"


def explanation_lines(explained: Explanation) -> Iterator[str]:
    """Yield the lines: how the file is read, its columns, its first rows, and what to paste."""
    yield ""
    yield from wrap(f"How it is read: {_how_read(explained) or 'not found out'}", indent=4)
    yield from _columns(explained.columns)
    for what in explained.missing:
        yield f"  missing: {MISSING[what]}"
    if explained.rows:
        yield ""
        yield "First rows, and what becomes of them today"
    place = place_of(explained.rows)
    for row in explained.rows:
        number = row.line if place == "line" else row.row
        yield from wrap(f"  {place} {number}: {_row(row)}", indent=4)
    yield ""
    yield from _configuration(explained.configuration, explained.still_refused)


def _configuration(section: str, still_refused: str | None) -> Iterator[str]:
    """Yield what to paste; of a file that no setting helps, only that."""
    if still_refused and "=" not in section:
        yield "No setting would let this file be read"
        return
    yield "Paste this into the configuration file, in place of its [input]"
    if "\n# " in section:
        yield "Lines that begin with # are for you to decide: take the # away where one is right"
    if still_refused:
        yield from wrap(f"It may not be enough yet: {still_refused}", indent=2)
    yield ""
    yield from section.splitlines()


def _how_read(explained: Explanation) -> str:
    delimiter = "tab" if explained.delimiter == "\t" else explained.delimiter
    said = {
        "{}": explained.format,
        "encoding {}": explained.encoding,
        "sheet {}": explained.sheet,
        "rows under {}": explained.rows_path,
        "delimiter {}": delimiter,
        "columns named on line {}": explained.header,
    }
    return ", ".join(words.format(clean(str(value), 60)) for words, value in said.items() if value)


def _columns(columns: Sequence[ExplainedColumn]) -> Iterator[str]:
    if columns:
        yield ""
        yield "Columns"
    names = [clean(column.name, NAME) or "(no name)" for column in columns]
    width = max(map(len, names), default=0)
    for name, column in zip(names, columns, strict=True):
        meaning = f"{column.meaning} ({column.why})" if column.meaning else column.why
        yield f"  {name:<{width}}  {meaning}"


def _row(row: ExplainedRow) -> str:
    days = [f"{word} {day}" for word, day in (("from", row.starts), ("until", row.ends)) if day]
    parts = [str(row.identity or row.associate_id or "nobody"), row.status or "no status"]
    return f"{', '.join([*parts, *_message(row), *days])}: {row.today}"


def place_of(rows: Sequence[ExplainedRow | RowPlace]) -> str:
    """Return by what *rows* are told apart: "line", or "row" where there are none, or several rows on one."""
    lines = {row.line for row in rows if row.line is not None and row.line >= row.row}
    return "line" if len(lines) == len(rows) and lines != {1} else "row"


def _message(row: ExplainedRow) -> list[str]:
    if row.message is not None:
        return [f"message {clean(row.message, 60)!r}"] if row.message else []
    return [f"message of {amount(row.message_length, 'character')}"] if row.message_length else []


def lines_to_come(coming: DaysToCome) -> Iterator[str]:
    """Yield who waits for their first day, and who no longer does, with why."""
    yield from _leave_lines(
        "Waiting for their first day", coming.upcoming, coming.upcoming_left_out, "`schedule` names"
    )
    yield from _leave_lines(
        "Planned absences that will not begin", coming.dropped, coming.dropped_left_out, "summary.json names"
    )


def _leave_lines(words: str, rows: Sequence[Leave], left_out: int, place: str) -> Iterator[str]:
    number = len(rows) + left_out
    if rows:
        yield ""
        yield f"{words}: {number}"
    for row in rows[:LEAVE]:
        yield f"  {row.starts or '':<10}  {who(row):<24} {row.status}{_until(row)}"
    if number > LEAVE:
        yield f"  and {number - LEAVE} more, which {place}"


def _until(row: Leave) -> str:
    until = f" until {row.ends}" if row.ends else ""
    why = WHY_DROPPED.get(row.why or "") if isinstance(row, DroppedEntry) else None
    return f"{until} ({why})" if why else until
