"""A summary as people read it: in a terminal of 80 columns, or in a mail from cron."""

import sys
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace

from ..journal import DroppedEntry
from ..manual_pages import manual_command
from ..model import Reason, Result
from ..next_step import command_line
from ..report.fault_sentences import StatusTable, in_words, says_more, status_table_lines
from ..report.reason_texts import (
    OWNERS,
    WHY_DROPPED,
    WITHOUT_FAILED_CSV,
    is_trouble,
    owner_of,
    reason_words,
    result_words,
)
from ..report.summarise import filter_words
from ..report.summary import (
    FaultSentence,
    FaultyNamedRow,
    FaultyRow,
    InputFile,
    PlannedAbsences,
    PlannedChanges,
    ReasonCount,
    Summary,
    UpcomingLeave,
)
from ..run_states import State
from ..wording import amount, as_sentence
from .explanation import DELIMITERS, explanation_lines, unit_of
from .options import Options
from .output import (
    HELP,
    NEXT,
    CommandFailure,
    is_terminal,
    label_of,
    print_json,
    print_lines,
    print_long_json,
    remark,
    remark_at_length,
    wrap,
)
from .remarks import shown

WORST = 8  # reasons shown; the report has all
SENTENCES = 5  # of a reason
CHANGES, HELD_CHANGES = 500, 10  # users named of a plan, and of a job that is held; `--json` names more
TOO_MANY = "are too long or too many to be statuses. Is this the column with the statuses?"
LEAVE = 10  # planned absences of a kind; summary.json has more
OWN_LISTS = {"check": "faults", "doctor": "checks"}  # by command: what it has besides a summary
Leave = UpcomingLeave | DroppedEntry


def show(
    summary: Summary, options: Options, *, faults: Iterable[FaultyRow | FaultyNamedRow] | None = None
) -> int:
    """Print a summary as the options ask for; return its exit code. *faults* are all rows that are wrong."""
    in_words = not (options.as_json or options.quiet)
    on_one_screen = in_words and is_terminal(sys.stdout) and is_terminal(sys.stderr)
    if options.as_json and faults is not None:
        print_long_json(summary, "faults", faults)
    elif options.as_json:
        print_json(summary)
    elif in_words:
        print_lines(summary_lines(summary, shown if on_one_screen else ()))
    if options.quiet and not summary.exit_code:
        return 0
    if options.quiet:
        remark_at_length(f"presence-worker: {summary.message}")
        for line in [*_reasons(summary), *_report(summary)]:  # a mail of a bad night is this, and no more
            remark(line)
    if not on_one_screen:
        for line in _ways_on(summary, width=0):
            remark(line)
    return int(summary.exit_code or 0)


def show_failure(command: str, failure: CommandFailure) -> None:
    """Print a summary in which nothing else is known, with all keys of the *command* when it succeeds."""
    summary = Summary(**failure._asdict())
    if command == "check":  # it plans nothing
        summary = replace(summary, planned=None, coming=None)
    if name := OWN_LISTS.get(command):
        print_long_json(summary, name, ())
    else:
        print_json(summary)


def summary_lines(summary: Summary, shown: Container[str] = ()) -> Iterator[str]:
    """Yield the lines of a summary: how it went, what needs attention, what there is to read, what is next.

    Notes that are *shown* on the same screen already are left out.
    """
    yield from wrap(str(summary.message))
    yield from _reasons(summary)
    yield from _unknown_statuses(summary)
    yield from _changes(summary)
    yield from lines_to_come(summary.coming or PlannedAbsences())
    yield from _counts(summary)
    facts = [*_facts(summary)]
    if facts or not summary.explained:  # the explanation begins with a blank line of its own
        yield ""
    yield from facts
    for note in summary.notes:
        if note not in shown:
            yield from wrap(f"Note: {note}", indent=6)
    if summary.throughput:
        yield from wrap(f"Speed: {summary.throughput.words}", indent=7)
    yield from _report(summary)
    if summary.explained:
        yield from explanation_lines(summary.explained)
        yield ""
    yield from _ways_on(summary, width=len("Report:"))


def _counts(summary: Summary) -> Iterator[str]:
    counts = {result: number for result, number in summary.counts.items() if number}
    if counts:
        yield ""
    for result, number in counts.items():
        yield f"  {number:>7}  {result:<10} {result_words(result, summary.state)}"


def _facts(summary: Summary) -> Iterator[str]:
    """Yield which run it was, where it went, and how the file was read: a guess must be visible."""
    if summary.run_id:
        yield f"Run {summary.run_id}: {summary.state}, exit code {summary.exit_code}"
    if summary.label:
        yield from wrap(f"Label: {summary.label}", indent=7)
    if summary.approved_by:
        yield f"Approved by: {summary.approved_by}"
    if summary.target:
        yield f"Target: {', '.join(filter(None, (summary.target_name, summary.target)))}"
    yield from _input(summary.input, summary.scheduled)
    yield from wrap(filter_words(summary.reading), indent=2)


def _input(job: InputFile, earlier: int) -> Iterator[str]:
    """Yield how the job was read, and how many rows follow from earlier ones."""
    if job.format and job.rows is not None:
        delimiter = DELIMITERS.get(job.delimiter or "", job.delimiter)
        cut = f", delimiter {delimiter}" if delimiter else ""
        rows = amount(job.rows - earlier, "row") + (f" and {earlier} of earlier jobs" if earlier else "")
        encoding = f", {job.encoding}" if job.encoding else ""
        yield f"Input: {job.name}: {rows}, {job.format}{encoding}{cut}"


def _changes(summary: Summary) -> Iterator[str]:
    """Show which users change and how, for the person who has to agree; a held job shows only the first."""
    planned = summary.planned or PlannedChanges()
    shown = planned.changes[: HELD_CHANGES if summary.state == State.HELD else CHANGES]
    if shown:
        yield ""
        yield f"{'  To be changed':<26} {'now':<18} {'wanted':<18} comment"
    for change in shown:
        now = change.before_status or "(not read)"
        comment = "leave over" if change.returns else change.comment or ""
        yield f"  {label_of(change):<24} {now:<18} {change.status:<18} {comment}".rstrip()
    left_out = len(planned.changes) - len(shown) + planned.changes_left_out
    if left_out:
        yield f"  and {left_out} more; report.csv lists all"


def _reasons(summary: Summary) -> Iterator[str]:
    """Show what is not done by who can correct it, each remedy once."""
    state = summary.state
    reasons = [entry for entry in summary.reasons if _needs_words(entry, summary)]
    if reasons:
        yield ""
        yield "Needs attention"
    shown = reasons if state in WITHOUT_FAILED_CSV else reasons[:WORST]
    said = summary.sentences or ()
    unit = unit_of([row for sentence in said for row in sentence.first or ()])
    for who, hands in OWNERS.items():
        theirs = [entry for entry in shown if owner_of(entry.reason, entry.result) is who]
        if theirs:
            yield f"  {who}: {hands}"
        for remedy, entries in _by_remedy(theirs, state).items():
            for entry in entries:
                what = reason_words(entry.reason, entry.result, state).what
                yield from wrap(f"  {entry.rows:>7}  {what}", indent=11)
                if entry.result == Result.INVALID:
                    words = [each for each in said if each.reason == entry.reason and says_more(each, what)]
                    yield from _sentences(words, entry, unit)
            yield from wrap(f"{' ' * 9}{as_sentence(remedy)}", indent=9)
    if len(reasons) > len(shown):
        yield f"           and {len(reasons) - len(shown)} more kinds, in the report"


def _report(summary: Summary) -> Iterator[str]:
    if page := summary.files.get("report.html"):
        yield f"Report: {page}"


def _needs_words(entry: ReasonCount, summary: Summary) -> bool:
    """Return whether a kind of row is explained; rows whose turn did not come are in the headline."""
    is_unsent = entry.result == Result.NOT_SENT and entry.reason in (None, Reason.STOPPED)
    return is_trouble(entry.result, summary.state) and not (is_unsent or summary.is_handed_on)


def _by_remedy(entries: Iterable[ReasonCount], state: str) -> dict[str, list[ReasonCount]]:
    found: dict[str, list[ReasonCount]] = {}
    for entry in entries:
        found.setdefault(reason_words(entry.reason, entry.result, state).remedy, []).append(entry)
    return found


def _sentences(said: Sequence[FaultSentence], entry: ReasonCount, unit: str) -> Iterator[str]:
    """Show what is wrong: where, as long as the rows are few, else how often, and an example."""
    for sentence in said[:SENTENCES]:
        yield from wrap(f"{' ' * 13}{in_words(sentence, unit)}", indent=15)
    others = entry.rows - sum(sentence.rows for sentence in said[:SENTENCES])
    if said and others:
        yield f"{' ' * 13}and {amount(others, 'row')} with other faults"


def _unknown_statuses(summary: Summary) -> Iterator[str]:
    """Show the unknown status values, as a table to paste: its lines are never broken."""
    others = summary.reading.unmapped_others
    if summary.is_handed_on:
        return
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


def _ways_on(summary: Summary, *, width: int) -> Iterator[str]:
    """Yield the page of the manual that helps, then the next command; *width* columns for their names."""
    if summary.help:
        yield f"{HELP:<{width}} {manual_command(summary.help)}"
    if summary.next:
        yield f"{NEXT:<{width}} {command_line(summary.next)}"


def lines_to_come(coming: PlannedAbsences) -> Iterator[str]:
    """Yield the planned absences, and those that were dropped, with why."""
    dropped, left_out = coming.dropped, coming.dropped_left_out
    yield from _leave_lines(
        "Planned absences", coming.upcoming, coming.upcoming_left_out, "`schedule` lists them"
    )
    yield from _leave_lines(
        "Planned absences that were dropped", dropped, left_out, "summary.json lists them"
    )


def _leave_lines(words: str, rows: Sequence[Leave], left_out: int, place: str) -> Iterator[str]:
    number = len(rows) + left_out
    if rows:
        yield ""
        yield f"{words}: {number}"
    for row in rows[:LEAVE]:
        yield f"  {row.starts or '':<10}  {label_of(row):<24} {row.status}{_until(row)}"
    if number > LEAVE:
        yield f"  and {number - LEAVE} more; {place}"


def _until(row: Leave) -> str:
    until = f" until {row.ends}" if row.ends else ""
    why = WHY_DROPPED.get(row.why or "") if isinstance(row, DroppedEntry) else None
    return f"{until} ({why})" if why else until
