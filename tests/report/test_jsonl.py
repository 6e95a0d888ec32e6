"""report.jsonl: what programs read."""

from pathlib import Path

from presence_worker.journal import Journal
from presence_worker.report import write_reports
from tests.journal.given import MOMENT, RUN_ID, UPDATED, invalid, row

from .given import NIGHT, lines, reported, with_messages

FIELDS = [
    "run_id",
    "row",
    "line",
    "associate_id",
    "status",
    "result",
    "reason",
    "detail",
    "http_status",
    "attempts",
    "wire_puts",
    "duration_ms",
    "duplicate_of",
    "before_status",
    "finished_at",
]  # as the contract has them


def test_fields_are_those_of_the_contract(told: Path) -> None:
    """Each line has exactly these fields, in this order."""
    assert [list(line) for line in lines(told / "report.jsonl")] == [FIELDS] * 9


def test_each_row_has_its_line(told: Path) -> None:
    """All rows are told of, once each, in the order of the job, whatever became of them."""
    told_rows = lines(told / "report.jsonl")

    assert [line["row"] for line in told_rows] == list(range(1, 10))
    assert [line["result"] for line in told_rows] == NIGHT


def test_a_row_that_was_sent(told: Path) -> None:
    """Everything that is known of it is there."""
    first = lines(told / "report.jsonl")[0]

    assert first == {
        "run_id": RUN_ID,
        "row": 1,
        "line": 2,
        "associate_id": 1,
        "status": "StatusNotAvailable",
        "result": "updated",
        "reason": None,
        "detail": None,
        "http_status": 200,
        "attempts": 2,
        "wire_puts": 2,
        "duration_ms": 31.5,
        "duplicate_of": None,
        "before_status": None,
        "finished_at": MOMENT,
    }


def test_rows_that_were_not_sent(told: Path) -> None:
    """What has no answer says why, and has no figures."""
    by_result = {line["result"]: line for line in lines(told / "report.jsonl")}

    silent = {"http_status": None, "attempts": 0, "wire_puts": 0, "duration_ms": None, "finished_at": None}
    for result in ("skipped", "invalid", "not_sent", "duplicate"):
        assert silent.items() <= by_result[result].items()
    assert by_result["duplicate"]["duplicate_of"] == 1
    assert (by_result["invalid"]["reason"], by_result["invalid"]["detail"]) == ("unknown_status", "no status")


def test_an_associate_is_a_number_where_it_is_one(folder: Path) -> None:
    """What was found instead is a text, and what was missing is null."""
    rows = [
        row(1, associate_id=2**31 - 1),
        *(invalid(n, associate_id=i) for n, i in ((2, "007"), (3, "x"), (4, None))),
    ]

    reported(folder, rows, {1: UPDATED})

    assert [line["associate_id"] for line in lines(folder / "report.jsonl")] == [2147483647, "007", "x", None]


def test_a_row_without_a_line_has_null(folder: Path) -> None:
    """Where the format has no lines, none is made up."""
    reported(folder, [row(1, line=None), row(2, line=7)], {})

    assert [line["line"] for line in lines(folder / "report.jsonl")] == [None, 7]


def test_hostile_texts_stay_in_their_line(folder: Path) -> None:
    """Line breaks, quotes and letters from anywhere are told as they are, one object to a line."""
    texts = ['"},\n{"row": 2', "a\r\nb\u2028c\x00", "\u202eevil", "🐣", "},{", '},{"row":']
    rows = [invalid(n, detail=text, associate_id=text) for n, text in enumerate(texts, 1)]

    reported(folder, rows, {})

    found = lines(folder / "report.jsonl")
    assert [(line["detail"], line["associate_id"]) for line in found] == [(text, text) for text in texts]


def test_messages_come_last_where_they_are_wanted(folder: Path) -> None:
    """With include_messages, each line ends with the row's message; the other fields stay as they are."""
    reported(folder, [row(1, message="Påske\n🐣"), row(2, message="")], {}, **with_messages())

    found = lines(folder / "report.jsonl")
    assert [list(line) for line in found] == [[*FIELDS, "message"]] * 2
    assert [line["message"] for line in found] == ["Påske\n🐣", ""]


def test_later_sessions_are_told_in_their_place(folder: Path, journal: Journal) -> None:
    """Written again after another session, each row still has one line, with what is known now."""
    write_reports(folder, journal)
    journal.sessions.begin("resume", rate=10)
    journal.outbox.record([(8, UPDATED, MOMENT)])
    journal.sessions.end(seconds=1, gets=0)

    write_reports(folder, journal)

    assert [line["result"] for line in lines(folder / "report.jsonl")] == [
        "updated" if result == "not_sent" else result for result in NIGHT
    ]
