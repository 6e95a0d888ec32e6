"""Sessions: what is still to be sent, what was handed out, and what became of it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from presence_worker.journal import Journal, RowResult
from presence_worker.model import Change, Outcome, Reason, Result, Verdict
from presence_worker.run_states import State

from .given import (
    AWAY,
    FAILED,
    MOMENT,
    PAGE,
    REJECTED,
    RUN,
    UNKNOWN,
    UPDATED,
    deliver,
    each_change,
    end_as,
    invalid,
    record,
    results,
    results_on_disk,
    row,
    same,
    staged,
)

UNSETTLED = {Result.NOT_SENT, Result.FAILED, Result.UNKNOWN}
NOT_SENT = Outcome(result=Result.NOT_SENT, reason=Reason.STOPPED, attempts=0, wire_puts=0)


def test_what_is_asked_is_handed_out(journal: Journal) -> None:
    """Each row to be sent comes once, in order, with all that its PUT needs."""
    journal.sessions.begin("run", rate=10)

    changes = list(each_change(journal))

    assert changes == [Change(row=n, associate_id=n, wanted=AWAY) for n in range(1, 6)]


@pytest.mark.parametrize("page", [1, 2, 3, 5, 500, 10**9])
def test_pages_do_not_show(journal: Journal, page: int) -> None:
    """However many rows are read at once, the same rows come, also when they are settled meanwhile."""
    journal.sessions.begin("run", rate=10)
    rows = []

    for change in each_change(journal, page):
        record(journal, {change.row: UPDATED})
        rows.append(change.row)

    assert rows == [1, 2, 3, 4, 5]
    assert results(journal) == same(Result.UPDATED, 5)


def test_large_jobs_are_handed_out_whole(path: Path) -> None:
    """No row is left out or comes twice where one page ends and the next begins."""
    rows = 2 * PAGE + 1
    with closing(staged(path, rows)) as journal:
        journal.sessions.begin("run", rate=10)

        assert [change.row for change in each_change(journal)] == list(range(1, rows + 1))


def test_rows_that_are_not_to_be_sent_are_not_handed_out(path: Path) -> None:
    """What the input settled, no session sends."""
    rows = [invalid(1), row(2), row(3, result=Result.SKIPPED), row(4)]
    with closing(staged(path, rows)) as journal:
        journal.sessions.begin("run", rate=10)

        assert [change.row for change in each_change(journal)] == [2, 4]
        assert journal.results.to_send() == 2


@pytest.mark.parametrize("result", Result)
def test_only_what_is_unsettled_comes_again(journal: Journal, result: Result) -> None:
    """A later session sends rows that were not sent, failed or are unknown, and no others."""
    deliver(journal, {**dict.fromkeys(range(1, 6), UPDATED), 3: Outcome(result=result)})

    journal.sessions.begin("resume", rate=10)

    assert journal.results.to_send() == (result in UNSETTLED)
    assert [change.row for change in each_change(journal)] == ([3] if result in UNSETTLED else [])


@pytest.mark.parametrize("result", sorted(UNSETTLED))
def test_doubt_is_handed_on(journal: Journal, result: Result) -> None:
    """A row whose answer was lost is sent again as one that may already be done."""
    deliver(journal, {3: Outcome(result=result)})

    journal.sessions.begin("resume", rate=10)

    doubts = {change.row: change.in_doubt for change in each_change(journal)}
    assert doubts == {**dict.fromkeys(range(1, 6), False), 3: result is Result.UNKNOWN}


def test_a_row_is_in_doubt_before_anybody_gets_it(journal: Journal, path: Path) -> None:
    """When a change is yielded, the disk holds that it may have been sent; of later ones it does not."""
    journal.sessions.begin("run", rate=10)

    for change in each_change(journal, page=1):
        expected = {n: "unknown" if n <= change.row else "not_sent" for n in range(1, 6)}
        assert results_on_disk(path) == expected


@pytest.mark.parametrize("page", [2, 500])
def test_doubt_reaches_a_page_ahead_at_most(path: Path, page: int) -> None:
    """Of a session that dies, rows beyond the page it was reading were certainly not sent."""
    with closing(staged(path, 1200)) as journal:
        journal.sessions.begin("run", rate=10)
        next(each_change(journal, page))

        found = results_on_disk(path)

    assert found[1] == "unknown"
    assert list(found.values()).count("unknown") <= page


def test_an_outcome_settles_a_row(journal: Journal) -> None:
    """A row has the outcome that was recorded for it, to the last field."""
    deliver(journal, {2: REJECTED})

    fate = list(journal.results.all())[1]
    assert (fate.result, fate.reason, fate.detail, fate.http_status) == (
        "rejected",
        "refused",
        "no such user",
        404,
    )
    assert (fate.attempts, fate.wire_puts, fate.duration_ms, fate.finished_at) == (1, 1, 0.0, MOMENT)


def test_a_row_never_sent_has_no_figures(journal: Journal) -> None:
    """What never had a turn has no tries, no duration and no end."""
    fate = next(journal.results.all())

    assert (fate.attempts, fate.wire_puts, fate.duration_ms, fate.finished_at) == (0, 0, None, None)


def test_a_row_has_one_outcome(journal: Journal) -> None:
    """A later session's outcome takes the place of the earlier one."""
    deliver(journal, {2: FAILED})
    deliver(journal, {2: UPDATED})

    assert results(journal) == {**same(Result.NOT_SENT, 5), 2: "updated"}
    assert [fate.row for fate in journal.results.all()] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("rows", [1, 49, 50, 51, 1001])
def test_a_group_may_have_any_size(path: Path, rows: int) -> None:
    """However many outcomes are written together, each is there, and its fields are its own."""
    with closing(staged(path, rows)) as journal:
        journal.sessions.begin("run", rate=10)
        list(each_change(journal))
        record(journal, {n: UPDATED._replace(attempts=n, detail=str(n)) for n in range(1, rows + 1)})

        found = [(fate.result, fate.attempts, fate.detail) for fate in journal.results.all()]

    assert found == [("updated", n, str(n)) for n in range(1, rows + 1)]


def test_nothing_to_write_is_no_write(journal: Journal) -> None:
    """An empty group changes nothing."""
    journal.sessions.begin("run", rate=10)

    record(journal, {})

    assert results(journal) == same(Result.NOT_SENT, 5)


def test_tries_add_up_over_sessions(journal: Journal) -> None:
    """Tries, PUTs on the wire and time spent are of all sessions; the rest is as it was told last."""
    deliver(journal, {1: UNKNOWN._replace(attempts=3, wire_puts=2, duration_ms=100)})
    deliver(journal, {1: NOT_SENT._replace(http_status=503)})
    deliver(journal, {1: UPDATED._replace(attempts=2, wire_puts=1, duration_ms=0.5)})

    fate = next(journal.results.all())
    assert (fate.attempts, fate.wire_puts, fate.duration_ms) == (5, 3, 100.5)
    assert (fate.result, fate.reason, fate.detail, fate.http_status) == ("updated", None, None, 200)


def test_an_ended_session_leaves_no_doubt(journal: Journal, path: Path) -> None:
    """Rows that were handed out and still waited when the session ended in order were not sent."""
    deliver(journal, {1: UPDATED, 2: UNKNOWN})

    assert results_on_disk(path) == {**same(Result.NOT_SENT, 5), 1: "updated", 2: "unknown"}


def test_a_dead_session_leaves_its_rows_in_doubt(journal: Journal, path: Path) -> None:
    """Of a session that never ended, what was handed out is unknown and says why; the rest was not sent."""
    journal.sessions.begin("run", rate=10)
    changes = each_change(journal, page=1)
    for _ in range(3):
        next(changes)
    record(journal, {1: UPDATED})

    with closing(Journal.open(path)) as later:
        fates = list(later.results.all())

    assert [fate.result for fate in fates] == ["updated", "unknown", "unknown", "not_sent", "not_sent"]
    assert [fate.reason for fate in fates] == [None, "stopped", "stopped", None, None]
    assert fates[1].detail == "the program ended while this row may have been on its way"
    assert later_figures(fates[1]) == (None, 0, 0, None)


def later_figures(fate: RowResult) -> tuple[object, ...]:
    """Give HTTP status, tries, PUTs and duration of a fate."""
    return fate.http_status, fate.attempts, fate.wire_puts, fate.duration_ms


@pytest.mark.parametrize("earlier", [FAILED, UNKNOWN, NOT_SENT])
def test_a_dead_session_casts_doubt_on_earlier_outcomes(
    journal: Journal, path: Path, earlier: Outcome
) -> None:
    """What an earlier session said of a row no longer holds once it was handed out again; its tries do."""
    deliver(journal, {1: earlier._replace(attempts=4, wire_puts=3)})
    journal.sessions.begin("resume", rate=10)
    next(each_change(journal, page=1))

    with closing(Journal.open(path)) as later:
        fate = next(later.results.all())

    assert (fate.result, fate.reason, fate.attempts, fate.wire_puts) == ("unknown", "stopped", 4, 3)


@pytest.mark.parametrize("settled", [UPDATED, REJECTED])
def test_a_dead_session_casts_no_doubt_on_what_was_settled(
    journal: Journal, path: Path, settled: Outcome
) -> None:
    """A row that needed no further sending keeps its result, though rows after it were handed out."""
    deliver(journal, {1: settled, 2: FAILED})
    journal.sessions.begin("resume", rate=10)
    list(each_change(journal))

    assert results_on_disk(path)[1] == settled.result


@pytest.mark.parametrize("outcome", [UPDATED, REJECTED, FAILED, UNKNOWN, NOT_SENT])
def test_what_a_dead_session_recorded_stands(journal: Journal, path: Path, outcome: Outcome) -> None:
    """An answer that was judged and written before the end is known, whatever it was."""
    journal.sessions.begin("run", rate=10)
    list(each_change(journal))
    record(journal, {1: outcome})

    assert results_on_disk(path) == {**same(Result.UNKNOWN, 5), 1: str(outcome.result)}


def test_a_dead_session_without_rows_changes_nothing(journal: Journal, path: Path) -> None:
    """Who dies before a row was handed out has sent nothing."""
    deliver(journal, {1: UPDATED, 2: FAILED})
    journal.sessions.begin("resume", rate=10)

    assert results_on_disk(path) == {**same(Result.NOT_SENT, 5), 1: "updated", 2: "failed"}


def test_the_next_session_keeps_the_doubt(journal: Journal) -> None:
    """What a dead session may have sent stays unknown through later ones, until somebody finds out."""
    journal.sessions.begin("run", rate=10)
    next(each_change(journal, page=2))
    before = list(journal.results.all())

    journal.sessions.begin("resume", rate=10)
    changes = each_change(journal, page=1)
    doubts = [next(changes).in_doubt for _ in range(3)]
    record(journal, {2: UPDATED})
    journal.sessions.end(seconds=1, gets=0)

    assert [fate.result for fate in before] == ["unknown", "unknown", "not_sent", "not_sent", "not_sent"]
    assert doubts == [True, True, False]
    after = list(journal.results.all())
    assert [fate.result for fate in after] == ["unknown", "updated", "not_sent", "not_sent", "not_sent"]
    assert after[0][:13] == before[0][:13]


def test_doubt_outlives_many_dead_sessions(journal: Journal) -> None:
    """Killed again and again: no row handed out in any of the sessions is ever said not to be sent."""
    for row_number in range(1, 4):
        journal.sessions.begin("resume", rate=10)
        changes = each_change(journal, page=1)
        for _ in range(row_number):
            next(changes)

    journal.sessions.begin("resume", rate=10)

    assert list(results(journal).values()) == ["unknown"] * 3 + ["not_sent"] * 2


def test_beginning_opens_the_run_again(journal: Journal) -> None:
    """While a session is at work, the run is running, and says no more than that it has ended before."""
    end_as(journal, state=State.STOPPED, exit_code=6, message="disk full", next="resume")

    journal.sessions.begin("resume", rate=10)

    assert journal.run() == RUN._replace(endings=1)


def test_sessions_are_taken_together(journal: Journal) -> None:
    """Times and reads add up; the first start, the last end and the last rate are the run's.

    All of a session was work, unless it says how much.
    """
    untouched = journal.sessions.work()
    journal.sessions.begin("run", rate=10)
    first = journal.sessions.work()
    journal.sessions.end(seconds=2.5, gets=3)
    journal.sessions.begin("resume", rate=5)
    journal.sessions.end(seconds=1.5, gets=4, worked=0.5)

    work = journal.sessions.work()

    assert untouched == (None, None, 0.0, 0.0, None, 0)
    assert first[1:] == (None, 0.0, 0.0, 10.0, 0)
    assert (work.started_at, work.seconds, work.rate, work.gets) == (first.started_at, 4.0, 5.0, 7)
    assert work.worked == 3.0
    assert first.started_at is not None
    assert work.ended_at is not None
    assert work.ended_at >= first.started_at


def test_counts_add_up_to_the_rows(path: Path) -> None:
    """All results are named, also those no row has, and together they are the rows."""
    with closing(staged(path, [invalid(1), *map(row, range(2, 7))])) as journal:
        deliver(journal, {2: UPDATED, 3: UPDATED, 4: REJECTED, 5: UNKNOWN})

        counts = journal.results.counts()

    assert list(counts) == list(Result)
    assert {result: number for result, number in counts.items() if number} == {
        Result.INVALID: 1,
        Result.UPDATED: 2,
        Result.REJECTED: 1,
        Result.UNKNOWN: 1,
        Result.NOT_SENT: 1,
    }


def test_counts_follow_every_change(journal: Journal, path: Path) -> None:
    """Rows are counted again after whatever changed them: this connection, another one, or a step back."""
    found = [journal.results.counts()[Result.UPDATED]]
    deliver(journal, {1: UPDATED})
    found.append(journal.results.counts()[Result.UPDATED])
    with closing(Journal.open(path)) as other:
        deliver(other, {2: UPDATED})
    found.append(journal.results.counts()[Result.UPDATED])
    with suppress(ZeroDivisionError), journal.transaction():
        journal.rows.mark_settled([Verdict(3, Result.INVALID, None, None)])
        found.append(journal.results.counts()[Result.INVALID])
        raise ZeroDivisionError
    found.append(journal.results.counts()[Result.INVALID])

    assert found == [0, 1, 2, 1, 0]


def test_changes_are_counted_by_what_they_ask_for(path: Path) -> None:
    """Rows to be sent count by their status, whatever became of them since; settled ones do not."""
    rows = [row(1), row(2, status="StatusNormal"), invalid(3), row(4), row(5, result=Result.SKIPPED)]
    with closing(staged(path, rows)) as journal:
        deliver(journal, {1: UPDATED, 4: REJECTED})

        assert journal.rows.changes_by_status() == {"StatusNotAvailable": 2, "StatusNormal": 1}


@pytest.mark.parametrize("result", sorted({*Result} - {Result.DUPLICATE}))
def test_what_is_done_and_a_duplicate_with_it(journal: Journal, result: Result) -> None:
    """Done is what needs nobody any more, by the contract; a duplicate is done as its row is."""
    with journal.transaction():
        journal.rows.mark_settled([Verdict(5, Result.DUPLICATE, None, "same as line 2", 1)])
    deliver(journal, {1: Outcome(result=result), 2: UPDATED})

    is_done = result in {Result.UPDATED, Result.UNCHANGED, Result.SKIPPED}
    assert journal.results.count_done(journal.results.counts()) == (3 if is_done else 1)


def test_fates_come_in_row_order(path: Path) -> None:
    """Rows are told of in the order of the job, whatever order they were staged and settled in."""
    with closing(staged(path, [row(3), invalid(1), row(2)])) as journal:
        journal.sessions.begin("run", rate=10)
        list(each_change(journal))
        record(journal, {3: UPDATED})
        record(journal, {2: REJECTED})

        assert results(journal) == {1: "invalid", 2: "rejected", 3: "updated"}
        assert [fate.row for fate in journal.results.all()] == [1, 2, 3]


def test_fates_of_some_results(journal: Journal) -> None:
    """Asked for some results, only rows with one of these come."""
    deliver(journal, {1: UPDATED, 3: REJECTED, 4: UNKNOWN})

    assert [fate.row for fate in journal.results.all(Result.NOT_SENT, Result.REJECTED)] == [2, 3, 5]
    assert list(journal.results.all(Result.INVALID)) == []


def test_puts_are_those_on_the_wire(journal: Journal) -> None:
    """PUTs count over all rows and sessions; a row's second and later ones are repeats, its tries are not."""
    deliver(
        journal, {1: UPDATED, 2: UNKNOWN._replace(attempts=9, wire_puts=3), 3: FAILED._replace(wire_puts=0)}
    )
    deliver(journal, {2: UPDATED, 3: UPDATED})

    assert journal.results.puts() == (1 + 4 + 1, 3)


def test_no_puts_before_anything_is_sent(journal: Journal) -> None:
    """A run that sent nothing counts nothing."""
    assert journal.results.puts() == (0, 0)


def test_reasons_name_what_is_not_done(path: Path) -> None:
    """Rows that are not done are told by result and reason, the most frequent first, with one detail each."""
    with closing(staged(path, [invalid(1), *map(row, range(2, 8))])) as journal:
        deliver(journal, {2: UPDATED, 3: REJECTED, 4: REJECTED, 5: Outcome(result=Result.UNCHANGED)})

        assert [(*each[:3], each.detail) for each in journal.results.reasons()] == [
            ("not_sent", None, 2, None),
            ("rejected", "refused", 2, "no such user"),
            ("invalid", "unknown_status", 1, "no status"),
        ]


def test_written_is_what_may_have_been_applied(path: Path) -> None:
    """A later run must leave alone whom this one wrote, or may have written; also when it died amid it."""
    rows = [row(n, associate_id=100 + n) for n in range(1, 7)]
    with closing(staged(path, rows)) as journal:
        deliver(journal, {1: UPDATED, 2: UNKNOWN, 3: REJECTED, 4: Outcome(result=Result.UNCHANGED)})
        before = sorted(journal.results.associates_written())
        journal.sessions.begin("resume", rate=10)
        list(each_change(journal))

        after = sorted(journal.results.associates_written())

    assert before == [101, 102]
    assert after == [101, 102, 105, 106]


def test_many_threads_may_write(path: Path) -> None:
    """Outcomes recorded from several threads, while rows are handed out, are all there."""
    with closing(staged(path, 120)) as journal:
        journal.sessions.begin("run", rate=10)
        with ThreadPoolExecutor(4) as pool:
            written = [
                pool.submit(record, journal, {change.row: UPDATED}) for change in each_change(journal, page=7)
            ]
        for write in written:
            write.result()

        assert results(journal) == same(Result.UPDATED, 120)
        assert journal.results.puts() == (120, 0)


def test_rows_of_some_associates_are_in_doubt(journal: Journal) -> None:
    """Their answers may be another's: whatever was recorded, they come once more, and nobody else does."""
    deliver(journal, {2: UPDATED})

    found = list(journal.outbox.changes_of({2, 4, 99}))

    assert [(change.row, change.wanted, change.in_doubt) for change in found] == [
        (2, AWAY, True),
        (4, AWAY, True),
    ]


def test_how_the_requests_went_is_told_of_one_session(journal: Journal) -> None:
    """Rows, tries and time of a run that was sent in one go; of several sessions nothing is certain."""
    before = journal.sessions.figures_of_sending()
    deliver(journal, {1: UPDATED._replace(attempts=3, duration_ms=500), 2: FAILED._replace(duration_ms=500)})
    sent = journal.sessions.figures_of_sending()
    deliver(journal, {2: UPDATED})

    assert before is None
    assert sent is not None
    assert (sent.rows, sent.tries, sent.busy, sent.latency, sent.span) == (2, 4, 1.0, 0.25, 0.25)
    assert [each.command for each in journal.sessions.all()] == ["run", "run"]


def test_silence_is_time_without_outcomes(journal: Journal) -> None:
    """Only what is longer than asked for counts, all such times together."""
    journal.sessions.begin("run", rate=10)
    list(each_change(journal))
    seconds = {1: 0, 2: 1, 3: 9, 4: 29}
    journal.outbox.record(
        (number, UPDATED, f"2026-11-23T02:00:{second:02d}.000Z") for number, second in seconds.items()
    )

    assert journal.sessions.silence(longer_than=5) == pytest.approx(28, abs=0.01)
    assert journal.sessions.silence(longer_than=30) == 0
