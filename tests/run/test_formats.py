"""400 rows, in whatever form they come, arrive exactly as they were written."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from presence_worker.model import NOT_PRESENT, PRESENT
from presence_worker.sandbox import Sandbox

from .given import FAST, HEADER, Ended, Row, Wish, Worker, called, wishes

MESSAGES = (
    "Sjuk – åter 4 januari",
    'Föräldraledig; åter "snart", kanske',
    "Forældreorlov\nKontakt: Søren Bjørn, lokal 114",
    "Fæðingarorlof\r\nÞór",
    '=HYPERLINK("http://x")',
    "@SUM(A1:A9)|x",
    "+46 8 123 45",
    "-5\tgrader",
    "'=1+1",
    "'",
    "null",
)
BEYOND_CP1252 = ("Õppepuhkus 🎉", "休暇", "Żółć")
WORDS = {"StatusNotAvailable": NOT_PRESENT, "Away": NOT_PRESENT, "not  AVAILABLE": NOT_PRESENT}


def rows(*more: str) -> list[Row]:
    """Give 400 rows with all there is in messages; every fifth is present."""
    messages, words = [*MESSAGES, *more], list(WORDS)
    return [
        (number, "Normal", "")
        if number % 5 == 0
        else (number, words[number % 3], messages[number % len(messages)])
        for number in range(1, 401)
    ]


def wanted(rows: list[Row]) -> list[Wish]:
    """Give what the service is to be asked."""
    return sorted((int(number), WORDS.get(word, PRESENT), message) for number, word, message in rows)


def as_csv(delimiter: str) -> Callable[[list[Row]], str]:
    def write(rows: list[Row]) -> str:
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=delimiter)
        writer.writerow(HEADER)
        writer.writerows(rows)
        return text.getvalue()

    return write


def objects(rows: list[Row]) -> list[dict[str, int | str]]:
    return [dict(zip(HEADER, row, strict=True)) for row in rows]


def as_map(rows: list[Row]) -> str:
    """Give {"12": "StatusNormal"} for who has no message, else {"12": {…}}."""
    fields = {number: {"status": word, "message": text} if text else word for number, word, text in rows}
    return json.dumps(fields)


FORMS = {
    "comma": (as_csv(","), "utf-8"),
    "semicolon, with a mark": (as_csv(";"), "utf-8-sig"),
    "tab": (as_csv("\t"), "utf-16"),
    "bar": (as_csv("|"), "utf-8"),
    "array": (lambda rows: json.dumps(objects(rows), ensure_ascii=False, indent=1), "utf-8"),
    "wrapped": (lambda rows: json.dumps({"total": 400, "value": objects(rows), "next": None}), "utf-8-sig"),
    "map": (as_map, "utf-16"),
    "lines": (lambda rows: "\n".join(map(json.dumps, objects(rows))), "utf-8"),
}


def assert_delivered(ended: Ended, sandbox: Sandbox, asked: list[Row]) -> None:
    """Each row was sent once, as it was meant, and the run says so."""
    assert (ended.code, ended.summary["state"], ended.summary["next"]) == (0, "finished", None)
    assert ended.summary["counts"]["updated"] == 400
    assert ended.summary["requests"] == {"put": 400, "get": 0, "retried": 0}
    assert sorted(wishes(sandbox)) == wanted(asked)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_arrives(
    form: str, worker: Worker, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nordic letters, quotes, line breaks and what looks like a formula are sent as they were written."""
    write, encoding = FORMS[form]
    if form == "map":  # only its owner knows that its keys are associate IDs
        monkeypatch.setenv("PRESENCE_WORKER_INPUT__ASSOCIATE_ID", "*key")
    asked = rows(*BEYOND_CP1252)
    (worker.folder / "job").write_bytes(write(asked).encode(encoding))

    ended = worker("run", "job")

    assert_delivered(ended, sandbox, asked)
    assert ended.summary["input"]["encoding"] == encoding


def test_an_older_windows_program_is_understood(worker: Worker, sandbox: Sandbox) -> None:
    """cp1252 is recognised by itself, and said."""
    asked = rows()
    (worker.folder / "job.csv").write_bytes(as_csv(";")(asked).encode("cp1252"))

    ended = worker("run", "job.csv")

    assert_delivered(ended, sandbox, asked)
    assert ended.summary["input"]["encoding"] == "cp1252"
    assert ended.summary["input"]["delimiter"] == ";"


def test_standard_input_is_a_job_as_well(tmp_path: Path, sandbox: Sandbox) -> None:
    """Whatever can be a file can be piped in."""
    write, encoding = FORMS["lines"]
    asked = rows(*BEYOND_CP1252)
    with (tmp_path / "job").open("w+b") as job:
        job.write(write(asked).encode(encoding))
        job.seek(0)

        ended = called("run", "-", "--base-url", sandbox.url, *FAST, "--json", stdin=job)

    assert_delivered(ended, sandbox, asked)
    assert ended.summary["input"]["name"] == "standard input"
