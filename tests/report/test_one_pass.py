"""All files of a run are written in one pass over its rows, and tell the same of each."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from presence_worker.journal import Ending, Journal, RowResult, Scheduled
from presence_worker.model import Outcome, Reason, Result, Row
from presence_worker.report import write_reports
from presence_worker.run_states import State
from tests.journal.given import INPUT, RUN_ID, UPDATED, connections, deliver, invalid, row, staged

from .given import lines, page, table, with_messages

ROWS = 1_203  # more than are read at once
ADDED = 27  # rows that no file brought
PERIOD = 13
SENT = {
    1: Outcome(result=Result.REJECTED, reason=Reason.REFUSED, detail="=1+1", http_status=404),
    2: Outcome(result=Result.FAILED, reason=Reason.THROTTLED, attempts=6, duration_ms=0.1 + 0.2),
    3: Outcome(result=Result.UNKNOWN, reason=Reason.TIMEOUT, detail='},{"row":'),
}  # by the row's number, modulo PERIOD
NEED_SOMEBODY = {*Result} - {Result.NOT_SENT, Result.UPDATED}
FIELDS = {"from": "starts", "until": "ends"}


def rows(first: int, last: int) -> Iterator[Row]:
    """Yield rows of all kinds; what a person or the file wants to hide stands in some."""
    for number in range(first, last + 1):
        kind = number % PERIOD
        message = "@home\r\n" if kind == 4 else "Påske </script>" if kind == 5 else ""
        made = row(number, message=message, identity=f"user{number}", line=None if kind == 6 else number)
        yield invalid(number, associate_id="-x", identity=None) if kind == 7 else made


@pytest.fixture
def journal() -> Iterator[Journal]:
    """The journal of a job the rows of which fared in all ways, some of which had no turn."""
    read = {**INPUT, "identity": "login", "dated": True}
    with closing(staged("", rows(1, ROWS - ADDED), **with_messages(input=read))) as journal:
        with journal.transaction():
            journal.dated.add(
                (each, Scheduled(each.row, RUN_ID, 1, "start", None)) for each in rows(ROWS - ADDED + 1, ROWS)
            )
        sent = {n: SENT.get(n % PERIOD, UPDATED) for n in range(100, ROWS + 1) if n % PERIOD != 7}
        deliver(journal, sent)
        yield journal


def test_each_file_has_what_the_journal_has(journal: Journal, folder: Path) -> None:
    """Read on its own, row by row, the journal says the same as every file."""
    write_reports(folder, journal)

    results = list(journal.results.all())
    told = lines(folder / "report.jsonl")
    assert len(told) == len(results) == ROWS
    for line, result in zip(told, results, strict=True):
        assert line == {"run_id": RUN_ID} | {name: of(result, name) for name in [*line][1:]}
    header, *cells = table(folder / "report.csv")
    assert cells == [[escaped(of(result, name)) for name in header] for result in results]
    assert [{"run_id": RUN_ID} | each for each in page(folder).rows()] == told
    for file, wanted in ("failed.csv", NEED_SOMEBODY), ("unprocessed.csv", {Result.NOT_SENT}):
        _, *back = table(folder / file)
        found = [each for each in results if each.result in wanted and not each.scheduled_by]
        assert [int(cells[0]) for cells in back] == [each.row for each in found]


def of(result: RowResult, name: str) -> object:
    """Give what files call by a name."""
    return getattr(result, FIELDS.get(name, name))


def escaped(value: object) -> str:
    """Give the text that a cell has."""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(("=", "-", "@")) else text


def test_rows_are_read_once(journal: Journal, folder: Path) -> None:
    """However many files there are: one statement asks for all rows, and one counts them."""
    statements = traced(journal)

    write_reports(folder, journal)

    assert len([each for each in statements if "FROM fate ORDER BY row" in each]) == 1
    assert len([each for each in statements if "GROUP BY result, reason" in each]) == 1


def test_an_ending_does_not_change_the_counts(journal: Journal) -> None:
    """Rows are counted once for a run's end and its files: what is written meanwhile is about no row."""
    statements = traced(journal)
    before = journal.results.counts()

    with journal.transaction():
        journal.save_ending(Ending(State.FINISHED, None, None, None))
        journal.save_notes(["a note"])

    assert journal.results.counts() == before
    assert len([each for each in statements if "GROUP BY result" in each]) == 1


def traced(journal: Journal) -> list[str]:
    """Give the list to which each statement is added from now on."""
    statements: list[str] = []
    (connection,) = connections(journal)
    connection.set_trace_callback(statements.append)
    return statements
