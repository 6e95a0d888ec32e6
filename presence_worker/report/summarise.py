"""The summary of a run, made from its journal."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import islice

from ..help_pages import page_of_run
from ..journal import JobInput, Journal, PendingRow, RowResult, RunRecord, SendingFigures, Work
from ..model import PRESENT, Reason, same_text
from ..run_states import State
from ..sanitize import clean
from ..wording import SECOND, amount, as_sentence, figure, milliseconds, plain_duration, two_digits
from .summary import (
    Effort,
    InputFile,
    JobReading,
    PlannedAbsences,
    PlannedChange,
    PlannedChanges,
    Rate,
    ReasonCount,
    Requests,
    Summary,
    Throughput,
    UpcomingLeave,
)

MOST = 1000  # changes, and planned absences, that a summary lists; report.csv has all
MOST_NAMED = 10  # columns, or values, in a sentence
NAME = 60  # characters
WAITING = (State.PLANNED, State.HELD)
LEAST = 10.0  # seconds; of what is shorter there is nothing to say
NEARLY_ALL, EXACTLY = 0.9, 1.1  # of a run's time: between them, a cause explains it
HALF = 0.5
MORE = 1.2  # times the rate: what could be done beyond it is worth a word
SILENCE, INTERVALS = 3.0, 5  # seconds, or so many requests' time, without an answer: the run waited
DECISION = "is your decision: the limit of SuperOffice is not known"


def summarise(journal: Journal) -> Summary:
    """Return the summary of a run, without its files and what only they list."""
    run, counts, not_done = journal.run(), journal.results.counts(), journal.results.count_not_done()
    done = journal.results.count_done(counts)
    return replace(
        _of_record(run),
        done=done,
        open=sum(counts.values()) - done,
        counts={str(result): number for result, number in counts.items()},
        reasons=[ReasonCount(result=each.result, reason=each.reason, rows=each.rows) for each in not_done],
        effort=_effort(journal, run),
        throughput=throughput(journal),
        help=page_of_run(run.exit_code, run.input.suspect, (each.reason for each in not_done)),
    )


def _of_record(run: RunRecord) -> Summary:
    return Summary(
        run_id=run.run_id,
        order=run.order,
        state=run.state,
        exit_code=run.exit_code,
        target=run.target,
        target_name=run.target_name,
        label=run.input.label,
        approved_by=run.input.approved_by,
        input=_input_file(run.input),
        next=run.next,
        help=None,
        message=run.message,
        notes=[*run.notes, *notes_on_input(run.input)],
        scheduled=run.input.scheduled or 0,
        reading=_job_reading(run),
        compared=run.compared,
    )


def _input_file(job: JobInput) -> InputFile:
    return InputFile(
        name=job.name,
        sha256=job.sha256,
        rows=job.rows,
        format=job.format,
        encoding=job.encoding,
        delimiter=job.delimiter,
    )


def _effort(journal: Journal, run: RunRecord) -> Effort:
    work, (puts, repeats) = journal.sessions.work(), journal.results.puts()
    return Effort(
        requests=Requests(put=puts, get=work.gets, retried=repeats),
        rate=Rate(configured=work.rate, achieved=_requests_per_second(work, puts + work.gets)),
        started_at=work.started_at or run.created_at,
        finished_at=work.ended_at if work.started_at else run.created_at,
        duration_s=round(work.seconds, 3),
    )


def _requests_per_second(work: Work, requests: int) -> float | None:
    return round(requests / work.worked, 2) if work.worked else None


def _job_reading(run: RunRecord) -> JobReading:
    job = run.input
    return JobReading(
        unused_columns=job.unused,
        rows_without_end=job.without_end,
        filtered=job.filtered,
        filtered_others=job.filtered_others,
        unmapped=job.unmapped,
        unmapped_others=job.unmapped_others,
        mapped=run.settings.statuses,
        allowed=run.settings.allowed_statuses,
    )


def notes_on_input(job: JobInput) -> Iterator[str]:
    """Yield what a reader should know of how the rows were read, without any value of a cell."""
    if job.unused:
        yield f"columns not used: {_list_names(job.unused)} (kept for failed.csv)"
    rows = job.without_end
    if rows and job.dated:  # else no row has days: each counts until the next file
        has = "has" if rows == 1 else "have"
        yield f"{amount(rows, 'row')} {has} no last day: the status stays until another row changes it"


def _list_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(clean(name, NAME) or "(no name)" for name in names[:MOST_NAMED]) + more


def filter_words(reading: JobReading) -> str:
    """Return which rows input.only skipped, by column and value; "" for none."""
    entries, others = reading.filtered, reading.filtered_others
    rows = sum(entry.rows for entry in entries) + others
    if not rows:
        return ""
    shown = entries[:MOST_NAMED]
    more = rows - sum(entry.rows for entry in shown)
    shown_values = []
    for column in dict.fromkeys(entry.column for entry in shown):
        values = [(clean(each.value, NAME), each.rows) for each in shown if each.column == column]
        counts = ", ".join(f"{value or '(empty)'} {number}" for value, number in values)
        shown_values.append(f"{clean(column, NAME)}: {counts}")
    shown_values += [f"{amount(more, 'row')} with other values"] if more else []
    return f"Skipped by input.only: {amount(rows, 'row')} ({'; '.join(shown_values)})"


def changes_to_apply(journal: Journal) -> PlannedChanges:
    """Return the changes of a run that waits for `apply`; none for other runs."""
    if journal.run().state not in WAITING:
        return PlannedChanges()
    changes = [_change_of(wish) for wish in islice(journal.rows.each_pending(MOST), MOST)]
    return PlannedChanges(changes=changes, changes_left_out=journal.results.to_send() - len(changes))


def _change_of(wish: PendingRow) -> PlannedChange:
    return PlannedChange(
        row=wish.row,
        associate_id=wish.associate_id,
        identity=wish.identity,
        before_status=wish.before and wish.before.status,
        status=wish.wanted.status,
        comment=_comment(wish),
        returns=wish.expected is not None and wish.wanted.status == PRESENT,
    )


def _comment(wish: PendingRow) -> str | None:
    """Return whether the comment is set, changed, removed or kept; None where there is none."""
    if wish.before and wish.before.status != PRESENT and not wish.knows_comment:
        return "(not read)"
    before = wish.before.message if wish.before and wish.knows_comment else ""
    if same_text(wish.wanted.message, before):
        return "kept" if before else None
    if not wish.wanted.message:
        return "removed"
    return "changed" if before else "set"


def list_planned_absences(journal: Journal) -> PlannedAbsences:
    """Return the rows that wait for their first day, and those dropped; none of a job without days."""
    job = journal.run().input
    if not (job.dated or job.scheduled):
        return PlannedAbsences()
    waiting = journal.dated.next_to_begin(MOST)
    return PlannedAbsences(
        upcoming=list(map(_leave_of, waiting)),
        upcoming_left_out=journal.results.number_of(Reason.NOT_YET_DUE) - len(waiting),
        dropped=job.dropped,
        dropped_left_out=job.dropped_rows - len(job.dropped),
    )


def _leave_of(fate: RowResult) -> UpcomingLeave:
    return UpcomingLeave(
        row=fate.row,
        associate_id=fate.associate_id,
        identity=fate.identity,
        status=fate.status,
        starts=fate.starts,
        ends=fate.ends,
    )


class Bottleneck(StrEnum):
    """What a run's time was spent on."""

    RATE = "rate"
    CONCURRENCY = "concurrency"
    SERVICE = "service"


def throughput(journal: Journal) -> Throughput | None:
    """Return what took a run's time; None where that was short, or is not certain."""
    sent = journal.sessions.figures_of_sending()
    if sent is None or sent.seconds < LEAST or sent.busy <= 0:
        return None
    concurrency = journal.run().settings.concurrency if sent.is_as_staged else None
    if _explains((sent.tries + sent.gets) / sent.rate, sent.seconds):
        limit, words = Bottleneck.RATE, _of_the_rate(sent, concurrency)
    elif concurrency and _explains(sent.busy / concurrency, sent.span):
        limit, words = Bottleneck.CONCURRENCY, _of_concurrency(sent, concurrency)
    elif (silent := _silence(journal, sent)) >= HALF * sent.seconds:
        limit, words = Bottleneck.SERVICE, _of_silence(sent, silent)
    else:
        return None
    return Throughput(limit=limit, latency_ms=round(sent.latency * SECOND, 1), words=words)


def could_do(concurrency: int, latency: float, rate: float) -> str | None:
    """Return what so many requests at once could do, of *latency* seconds each; None if hardly more."""
    possible = concurrency / latency
    if possible < MORE * rate:
        return None
    return f"{took_words(latency)}, so {concurrency} at once could do up to {roughly(possible)}/s"


def roughly(number: float) -> str:
    """Return the two digits that matter."""
    return two_digits(float(f"{number:.2g}"))


def took_words(latency: float) -> str:
    """Return how long a request took that took *latency* seconds on average."""
    return f"a request took {milliseconds(latency * SECOND)} on average"


def _explains(needed: float, seconds: float) -> bool:
    return NEARLY_ALL * seconds <= needed <= EXACTLY * seconds


def _silence(journal: Journal, sent: SendingFigures) -> float:
    """Return the seconds the service was waited for: without a try repeated, silence is not its doing."""
    if sent.tries == sent.rows:
        return 0.0
    return journal.sessions.silence(longer_than=max(SILENCE, INTERVALS / sent.rate))


def _of_the_rate(sent: SendingFigures, concurrency: int | None) -> str:
    number, took = figure(sent.tries + sent.gets), plain_duration(sent.seconds)
    words = f"The limit of {sent.rate:g} requests/s took the time: {number} requests in {took}."
    more = concurrency and could_do(concurrency, sent.latency, sent.rate)
    return f"{words} {as_sentence(more)} A higher delivery.rate {DECISION}." if more else words


def _of_concurrency(sent: SendingFigures, concurrency: int) -> str:
    words = f"The limit of {concurrency} requests at once took the time: {took_words(sent.latency)}."
    sent_words = f"Only {roughly(sent.tries / sent.span)} of {sent.rate:g} requests/s were sent."
    return f"{words} {sent_words} A higher delivery.concurrency {DECISION}."


def _of_silence(sent: SendingFigures, silent: float) -> str:
    words = f"nothing came back for {plain_duration(silent)} of {plain_duration(sent.seconds)}"
    return f"The run waited for SuperOffice: {words}. A higher rate would not help."
