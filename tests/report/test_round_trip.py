"""failed.csv and unprocessed.csv go back into `run`: what they ask for is what was asked the first time."""

import csv
import json
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from presence_worker.errors import InputRefused
from presence_worker.failed_csv import RESULT_COLUMNS
from presence_worker.intake.columns import ALIASES
from presence_worker.intake.job import Job, open_job
from presence_worker.intake.rows_below import USUAL
from presence_worker.intake.spelling import bare, plain
from presence_worker.intake.status_words import GRANTED, NOT_GRANTED
from presence_worker.journal import JobInput
from presence_worker.model import Origin, Outcome, Reason, Result, Row
from presence_worker.report import write_reports
from presence_worker.run.staging import job_input
from presence_worker.settings import Input, Settings
from tests.examples import examples
from tests.intake.workbooks import workbook
from tests.journal.given import RUN_ID, UPDATED, deliver, staged

NAMES = ["associateId", "status", "message"]
WAYS = st.sampled_from(["associateId", "login", "email"])  # to name people
SETTINGS = Settings(
    input=Input(
        statuses={"SICK": "StatusNotAvailable", "F": "ignore", "true": "StatusNormal"}, default_message="Away"
    )
)
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = (
    st.text(LETTERS, max_size=12)
    | st.text("'=+-@\t\r\n\uff1d\"\\,;|ab ", max_size=8)
    | st.text(LETTERS, max_size=8).map("={}".format)
    | st.text(LETTERS, max_size=8).map("'{}".format)
).filter(lambda text: plain(text) not in USUAL)  # a row of such words is another header
IDS = st.integers(1, 40).map(str) | st.just("12 ") | TEXTS | TEXTS.map("{}@x".format)
STATUSES = st.sampled_from(["StatusNormal", "Away", "SICK", "F", " Holiday"]) | TEXTS.filter(
    lambda text: bare(text) not in GRANTED | NOT_GRANTED  # nothing else is refused as a whole
)
KNOWN = {name for names in ALIASES.values() for name in names}
COLUMNS = st.lists(
    TEXTS.map(str.strip).filter(lambda name: name not in RESULT_COLUMNS and plain(name) not in KNOWN),
    unique=True,
    max_size=2,
).filter(lambda names: not names or names[-1] != "")  # behind the last name, there is no column
BACK = ("failed.csv", "unprocessed.csv")
PROPERTY = settings(max_examples=examples(40), deadline=None, derandomize=True)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Give a header and rows; some have more cells than the header, and some fewer."""
    header = [draw(WAYS), *NAMES[1:], *draw(COLUMNS)]
    rest = st.lists(TEXTS, min_size=len(header) - 2, max_size=len(header) - 2)
    whole = st.tuples(IDS, STATUSES, rest).map(lambda parts: [parts[0], parts[1], *parts[2]])
    longer = st.tuples(whole, st.lists(TEXTS, max_size=2)).map(lambda parts: parts[0] + parts[1])
    shorter = st.tuples(whole, st.integers(1, len(header))).map(lambda parts: parts[0][: parts[1]])
    rows = draw(st.lists(whole | longer | shorter, min_size=1, max_size=4).filter(_is_job))
    return [header, *rows]


def _is_job(rows: list[list[str]]) -> bool:
    """Whether there is anything but blank lines."""
    return any(cell and not cell.isspace() for row in rows for cell in row)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all examples share."""
    return tmp_path_factory.mktemp("round")


def read(path: Path, settings: Settings = SETTINGS) -> tuple[Job, list[Row]]:
    """Give a job and its rows, as `run` reads them."""
    with open_job(str(path), settings, date(2026, 12, 1)) as opened:
        return opened, list(opened.rows)


def accepting(header: Sequence[str]) -> Settings:
    """Give the settings with which no column of a job leads to a question."""
    return Settings(input=SETTINGS.input.model_copy(update={"unused": [*header]}))


def run(path: Path, folder: Path, header: Sequence[str] = ()) -> list[Row]:
    """Run a job, in which every other row fails and one in four is done; give the rows that go back."""
    opened, rows = read(path, accepting(header))
    fates = [
        Outcome(result=Result.FAILED, reason=Reason.CONNECTION, detail="=no"),
        None,
        Outcome(result=Result.REJECTED, reason=Reason.REFUSED, detail='"', http_status=404),
        UPDATED,
    ]
    outcomes = {r.row: fate for r in rows if not r.result and (fate := fates[r.row % 4])}
    with closing(
        staged("", rows, input=job_input(opened, JobInput(name=str(path), rows=len(rows))))
    ) as journal:
        deliver(journal, outcomes)
        write_reports(folder, journal)
    done = [number for number, fate in outcomes.items() if fate is UPDATED]
    left = [r for r in rows if r.row not in done and r.result is not Result.SKIPPED]
    return [r._replace(origin=Origin(RUN_ID, r.line)) for r in left]  # that is where they come back from


def come_back(folder: Path, settings: Settings = SETTINGS) -> tuple[list[Row], list[Job]]:
    """Read the files that go back; give their rows, and the jobs."""
    found = [read(folder / name, settings) for name in BACK if (folder / name).exists()]
    return [row for _, rows in found for row in rows], [opened for opened, _ in found]


def asked(rows: Sequence[Row]) -> list[Row]:
    """Give rows without their places in the file."""
    return sorted((row._replace(row=0, line=None) for row in rows), key=repr_of)


def repr_of(row: Row) -> str:
    """Give a text to sort rows by; their own is silent about messages."""
    return f"{row.cells} {row.detail}"


@PROPERTY
@given(table=tables(), delimiter=st.sampled_from(",;\t|"))
@example(table=[[*NAMES, "=x", "'"], ["5", "Away", "'=1", "\r\n", '"']], delimiter=";")
@example(table=[[*NAMES], ["0", "Away", "x", "", "=beyond"]], delimiter="|")
def test_any_csv_goes_round(table: list[list[str]], delimiter: str, place: Path) -> None:
    """Row by row, the files ask for exactly what the job asked for, to the last cell and delimiter."""
    path = place / "changes.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(table)

    expected = run(path, place, table[0])
    found, jobs = come_back(place)

    assert asked(found) == asked(expected)
    assert {(tuple(j.columns), j.delimiter, j.encoding) for j in jobs} <= {
        (tuple(table[0]), delimiter, "utf-8-sig")
    }


@PROPERTY
@given(table=tables())
def test_what_went_round_goes_round_again(table: list[list[str]], place: Path) -> None:
    """A failed.csv that fails again is told of as the first one was, however often."""
    path, again = place / "changes.csv", place / "again"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*table, ["none", "", ""]])  # one that fails every time
    again.mkdir(exist_ok=True)

    run(path, place, table[0])
    expected = run(place / "failed.csv", again)
    found, _ = come_back(again)

    assert asked(found) == asked(expected)


FOR_THE_JOB = {"skip_lines": 2, "comment": "5", "delimiter": "|", "encoding": "cp1252", "sheet": "Leave"}


@PROPERTY
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    saved=st.sampled_from([None, ",", ";", "\t"]),
    tail=st.integers(0, 2),
    encoding=st.sampled_from(["utf-8-sig", "utf-8", "utf-16"]),
)
def test_a_spreadsheet_may_be_in_between(
    table: list[list[str]], delimiter: str, saved: str | None, tail: int, encoding: str, place: Path
) -> None:
    """However a spreadsheet saves the files, and whatever was meant for the job, they ask for the same."""
    path = place / "changes.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(table)

    expected = run(path, place, table[0])
    for name in BACK:
        if saved and (place / name).exists():
            _save_again(place / name, delimiter, (saved, tail, encoding))
    found, _ = come_back(place, Settings(input=SETTINGS.input.model_copy(update=FOR_THE_JOB)))

    assert sorted(map(_asks_for, found)) == sorted(map(_asks_for, expected))


def _save_again(path: Path, delimiter: str, how: tuple[str, int, str]) -> None:
    """Save a table with another delimiter, and with all its rows as wide as the widest, and wider."""
    other, tail, encoding = how
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=delimiter))
    width = max(map(len, rows)) + tail
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=other).writerows([*row, *[""] * (width - len(row))] for row in rows)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | st.sampled_from(["a\0b", "\0"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=3,
)
PEOPLE = st.integers(1, 40) | st.floats(1, 9) | TEXTS | TEXTS.map("{}@x".format)
OTHERS = ("more", "more ", "\nmore", "")
OBJECTS = WAYS.flatmap(
    lambda way: st.lists(
        st.fixed_dictionaries(
            {way: PEOPLE if way == NAMES[0] else PEOPLE | VALUES, "status": st.booleans() | STATUSES},
            optional=dict.fromkeys(["message", *OTHERS], VALUES),
        ),
        min_size=1,
        max_size=4,
    )
)


@PROPERTY
@given(objects=OBJECTS)
def test_any_json_goes_round(objects: list[dict[str, Any]], place: Path) -> None:
    """Rows of JSON come back as CSV: who, what and why not are the same, whatever else is in the row."""
    path = place / "changes.json"
    path.write_text(json.dumps(objects), "utf-8")

    expected = run(path, place, [*OTHERS])
    found, _ = come_back(place)

    assert sorted(map(_asks_for, found)) == sorted(map(_asks_for, expected))


def _asks_for(row: Row) -> tuple[str, ...]:
    return (
        str(row.associate_id or row.identity),
        str(row.status),
        row.message,
        str(row.result),
        str(row.reason),
    )


def test_a_short_row_stays_short(place: Path) -> None:
    """A row that was refused because cells are missing is refused again, not sent with an empty message."""
    path = place / "short.csv"
    path.write_text("associateId,status,message\n5,Away\n", "utf-8")

    expected = run(path, place)
    found, _ = come_back(place)

    assert [(row.result, row.reason) for row in found] == [(row.result, row.reason) for row in expected]


def test_a_short_row_that_was_mended_is_taken(place: Path) -> None:
    """Who writes the missing cell into failed.csv has mended the row."""
    path = place / "short.csv"
    path.write_text("associateId,status,message\n5,Away\n", "utf-8")
    run(path, place)
    failed = place / "failed.csv"
    failed.write_text(failed.read_text("utf-8-sig").replace("5,Away,,", "5,Away,Ferie,"), "utf-8")

    _, rows = read(failed)

    assert [(row.message, row.result) for row in rows] == [("Ferie", None)]


@pytest.mark.parametrize("message", [5, ["a"], {"no": "text"}, True], ids=repr)
def test_a_message_that_is_no_text_stays_none(place: Path, message: object) -> None:
    """A row that was refused because its message is no text is refused again."""
    path = place / "message.json"
    path.write_text(json.dumps([{"associateId": 5, "status": "Away", "message": message}]), "utf-8")

    expected = run(path, place)
    found, _ = come_back(place)

    assert [(row.result, row.reason) for row in found] == [(row.result, row.reason) for row in expected]


def test_a_message_that_is_no_text_can_be_sent_as_it_stands(place: Path) -> None:
    """Its words say how: with _detail emptied, the text in failed.csv is the message, without any quotes."""
    path = place / "message.json"
    path.write_text(json.dumps([{"associateId": 5, "status": "Away", "message": 5}]), "utf-8")
    (refused,) = run(path, place)
    failed = place / "failed.csv"
    assert "in failed.csv: or empty _detail" in (refused.detail or "")

    failed.write_text(failed.read_text("utf-8-sig").replace(f'"{refused.detail}"', ""), "utf-8")
    _, rows = read(failed)

    assert [(row.message, row.result) for row in rows] == [("5", None)]


def test_a_row_too_large_to_come_back_is_not_taken(place: Path) -> None:
    """JSON may hold a picture in a column we do not need; what failed.csv cannot hold is refused at once."""
    path = place / "large.json"
    path.write_text(json.dumps([{"associateId": 0, "status": "Away", "photo": "x" * 200_000}]), "utf-8")

    with pytest.raises(InputRefused, match="more than 131072 characters"):
        run(path, place)


def test_a_workbook_goes_round(tmp_path: Path) -> None:
    """The rows of a workbook come back as CSV, with the texts that a person read in its cells."""
    path = tmp_path / "changes.xlsx"
    names = (*NAMES, "=note", "hired")
    rows = [(number, "Away", f"=1+{number}", 2.50, date(2026, 12, 4)) for number in range(1, 5)]
    path.write_bytes(
        workbook(names, *rows, (12.5, "Away", True, "beyond", "", "-1"), ("none", "", "", "", ""))
    )

    expected = run(path, tmp_path)
    found, jobs = come_back(tmp_path)

    assert asked(found) == asked(expected)
    assert {(tuple(job.columns), job.format, job.delimiter) for job in jobs} == {(names, "csv", ",")}
    assert json.loads(found[0].cells)[2:] == ["=1+2", "2.5", "2026-12-04"]


def test_a_failed_csv_goes_round_through_a_workbook(tmp_path: Path) -> None:
    """Who mends failed.csv in Excel may save it as a workbook: it asks for the same."""
    path = tmp_path / "changes.csv"
    path.write_text("associateId;status;message\n1;Away;=1+1\n2;Away;'x\n3;Away\nnone;Away;-;more\n", "utf-8")

    expected = run(path, tmp_path)
    for name in BACK:
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as file:
            content = workbook(*csv.reader(file, delimiter=";"))
        (tmp_path / name).write_bytes(content)
    found, jobs = come_back(tmp_path)

    assert asked(found) == asked(expected)
    assert {(job.format, job.came_back) for job in jobs} == {("xlsx", True)}
