"""Staging: the whole job is on disk before anything is sent, or nothing of it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from presence_worker.errors import ExitCode, InputRefused, Stopped
from presence_worker.journal import Ending, JobInput, Journal
from presence_worker.journal.archive import is_staged
from presence_worker.model import PRESENT, Asked, Presence, Reason, Result, Row, Verdict
from presence_worker.next_step import NextStep
from presence_worker.run_states import State

from .given import AWAY, RUN, deliver, each_change, invalid, results, results_on_disk, row, same, staged

RESUME = NextStep(("resume", "20261123T020000Z-7f3a", "--state-dir", "/a b"))
HERE = Presence(status=PRESENT, message="")


def breaking(rows: int, error: BaseException) -> Iterator[Row]:
    """Give some rows, and then the error."""
    yield from map(row, range(1, rows + 1))
    raise error


def test_what_was_asked_is_all_there(path: Path) -> None:
    """Whoever opens the journal later finds the run and all its rows, to be sent."""
    staged(path).close()

    with closing(Journal.open(path)) as journal:
        assert journal.run() == RUN
        assert results(journal) == same(Result.NOT_SENT, 5)
        assert journal.results.to_send() == 5


def test_rows_are_kept_as_they_were_asked(path: Path) -> None:
    """Numbers stay numbers, texts stay texts, and what is missing stays missing."""
    rows = [
        row(1, message="Påske 🐣\n'=1+1'\t", cells='["1","Away",""]'),
        invalid(2, line=None, associate_id="007", cells='["007",null]'),
        invalid(3, associate_id=None, message="", cells="[]"),
        row(4, result=Result.SKIPPED, reason=Reason.IGNORED_BY_MAPPING, detail="mapped to ignore"),
    ]

    with closing(staged(path, rows)) as journal:
        fates = list(journal.results.all())

    assert [fate[:6] for fate in fates] == [
        (r.row, r.line, r.associate_id, r.status, r.message, r.cells) for r in rows
    ]
    assert [(fate.result, fate.reason, fate.detail) for fate in fates] == [
        (r.result or Result.NOT_SENT, r.reason, r.detail) for r in rows
    ]


@pytest.mark.parametrize("error", [InputRefused("line 3"), OSError("gone"), KeyboardInterrupt()], ids=repr)
def test_a_job_that_breaks_midway_leaves_nothing(path: Path, error: BaseException) -> None:
    """No part of a job that could not be read to its end is kept, and its error comes through as it is."""
    with closing(Journal.create(path)) as journal:
        with pytest.raises(type(error)) as caught, journal.transaction():
            journal.stage(RUN, breaking(3, error))

        assert caught.value is error
        assert not journal.is_staged()
    assert not is_staged(path)


def test_a_job_that_broke_can_still_be_told_of(path: Path) -> None:
    """After a job that could not be read, the run is staged without rows, so that it has a report."""
    with closing(Journal.create(path)) as journal:
        with pytest.raises(InputRefused), journal.transaction():
            journal.stage(RUN, breaking(3, InputRefused("line 3")))
        with journal.transaction():
            journal.stage(RUN, ())

        assert journal.is_staged()
        assert results(journal) == {}


def test_nobody_sees_half_a_job(path: Path) -> None:
    """While a job is being read, the journal is empty to everybody else."""
    seen = []

    def watched() -> Iterator[Row]:
        for number in range(1, 4):
            seen.append(is_staged(path))
            yield row(number)

    staged(path, watched()).close()

    assert (seen, is_staged(path)) == ([False] * 3, True)


def stage_and_refuse(journal: Journal) -> None:
    """Stage a job, settle a row of it, and find that it must not be sent."""
    with journal.transaction():
        journal.stage(RUN, map(row, range(1, 4)))
        journal.rows.mark_settled([Verdict(2, Result.DUPLICATE, None, "same as line 2", 1)])
        raise InputRefused("too many invalid rows")


def test_what_is_settled_while_staging_is_part_of_it(path: Path) -> None:
    """Where judging the staged rows fails, the rows go too."""
    with closing(Journal.create(path)) as journal:
        with pytest.raises(InputRefused):
            stage_and_refuse(journal)

        assert not journal.is_staged()


def test_a_row_is_there_once(path: Path) -> None:
    """Two rows with the same ordinal would share one fate: refused, with nothing kept."""
    with closing(Journal.create(path)) as journal:
        with pytest.raises(Stopped, match="cannot be written"), journal.transaction():
            journal.stage(RUN, [row(1), row(1)])

        assert not journal.is_staged()


def test_the_record_of_a_run_is_kept_up(journal: Journal, path: Path) -> None:
    """Columns of the run's record take texts, numbers, nothing, and what JSON can hold."""
    with journal.transaction():
        journal.save_ending(Ending(State.STOPPED, ExitCode.STOPPED, "disk full", RESUME))
        journal.save_ending(Ending(State.STOPPED, ExitCode.STOPPED, None, RESUME))
        journal.save_notes(["a"])
        journal.save_input(JobInput(name="-", format="csv", stdin=True))

    with closing(Journal.open(path)) as later:
        assert later.run() == RUN._replace(
            state="stopped",
            exit_code=6,
            next=RESUME,
            notes=["a"],
            input=JobInput(name="-", format="csv", stdin=True),
            endings=2,
        )


def test_clashes_are_all_who_are_asked_for_twice(path: Path) -> None:
    """For each associate with several rows to be sent, all of these come, in order; others do not count."""
    rows = [
        row(1, associate_id=7),
        row(2),
        row(3, associate_id=9),
        row(4, associate_id=7, status=HERE.status, message=HERE.message, line=None),
        invalid(5, associate_id=9),
        row(6, associate_id=7),
        row(7, associate_id=8),
        row(8, associate_id=8),
    ]
    with closing(staged(path, rows)) as journal:
        clashes = sorted(journal.by_person.clashes())

    assert clashes == [
        [Asked(1, AWAY, 2), Asked(4, HERE, None), Asked(6, AWAY, 7)],
        [Asked(7, AWAY, 8), Asked(8, AWAY, 9)],
    ]


def test_most_jobs_have_no_clashes(journal: Journal) -> None:
    """Where everybody is asked for once, nothing clashes."""
    assert list(journal.by_person.clashes()) == []


def test_rows_settled_by_another_row(journal: Journal) -> None:
    """A row that another one decides is not sent, and says which one it shares its fate with."""
    with journal.transaction():
        journal.rows.mark_settled([Verdict(2, Result.DUPLICATE, Reason.CONFLICT, "overruled by line 2", 1)])
    deliver(journal, {})

    fate = list(journal.results.all())[1]
    assert (fate.result, fate.reason, fate.detail) == ("duplicate", "conflict", "overruled by line 2")
    assert (fate.duplicate_of, fate.attempts, fate.wire_puts) == (1, 0, 0)
    assert [change.row for change in each_change(journal)] == [1, 3, 4, 5]


def test_a_journal_without_a_file(tmp_path: Path) -> None:
    """`check` stages as `run` does, and leaves nothing behind."""
    with closing(staged("")) as journal:
        assert results(journal) == same(Result.NOT_SENT, 5)

    assert list(tmp_path.iterdir()) == []


def test_staged_again_it_is_whole_as_before(journal: Journal, path: Path) -> None:
    """A journal has one run: staging another one into it fails and changes nothing."""
    with pytest.raises(Stopped, match="cannot be written"), journal.transaction():
        journal.stage(RUN._replace(run_id="another"), [row(6)])

    assert journal.run() == RUN
    assert results_on_disk(path) == same(Result.NOT_SENT, 5)
