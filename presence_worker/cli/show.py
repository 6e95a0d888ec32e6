"""A summary as people read it: in a terminal of 80 columns, or in a mail from cron."""

import sys
from collections.abc import Iterable, Iterator, Sequence

from ..model import Result
from ..next_step import command_line
from ..report.fault_sentences import in_words
from ..report.reason_texts import MENDERS, WITHOUT_FAILED_CSV, is_trouble, mender, reason_words, result_words
from ..report.statuses_to_paste import StatusTable, status_table_lines
from ..report.summarise import filter_words
from ..report.summary import (
    DaysToCome,
    FaultSentence,
    FaultyNamedRow,
    FaultyRow,
    InputFile,
    PlannedChanges,
    ReasonCount,
    Summary,
)
from ..wording import amount
from .explanation import explanation_lines, place_of
from .options import Options
from .output import is_terminal, print_json, print_lines, print_long_json, remark, wrap
from .upcoming import lines_to_come, who

WORST = 8  # reasons shown; the report has all
SENTENCES = 5  # of a reason, likewise
CHANGES = 500  # people named; `--json` names more
TOO_MANY = "are too long or too many to be statuses: is this the column with the statuses?"


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
