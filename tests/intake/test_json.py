"""JSON: its shapes, and what is refused."""

import json
import re
from typing import Any

import orjson
import pytest

from presence_worker.errors import InputRefused
from presence_worker.failed_csv import no_text_detail
from presence_worker.intake.json import json_text
from presence_worker.intake.json.find_rows import MOST_NAMES
from presence_worker.model import Reason, Result

from .reading import Write, cells, read, refusal

EXAMPLE = '{"associateId": 12, "status": "StatusNormal"}'
NO_ROWS = "no rows. Check the export: an empty file is usually a failed export"
CUT_OFF = "the text ends too early. Is it cut off?"
NOWHERE = f"no row such as {EXAMPLE}, and no array of objects. Found: "
JOINED = (
    "more text after the end of the rows. If several answers were joined, "
    "write their rows into one array, or one row on each line"
)
EXPECTED = f"not an object. Write one object for each row, such as {EXAMPLE}"
TWICE = "twice in one object. Keep one of them"
ROW = '{"associateId": 5, "status": "Away"}'


@pytest.mark.parametrize(
    ("content", "kind", "lines"),
    [
        (f"[{ROW},\n{ROW}]", "json", [1, 2]),
        (f"\n [\n\n{ROW}\n,{ROW}]\n", "json", [4, 5]),
        (f"{ROW}\n\n{ROW}\n", "jsonl", [1, 3]),
        (f"{ROW}{ROW}", "jsonl", [1, 1]),
        ('{"dep": "HR", "login_id": 1, "associateId": 5, "status": "Away"}\n', "jsonl", [1]),
        ('{\n"5": "Away",\n"6": "Away"}', "json", [2, 3]),
        (f'{{"value": [\n{ROW}]}}', "json", [2]),
        (f'{{"rows": [{ROW}], "next": null}}', "json", [1]),
        (f'{{"@odata.context": "x", "count": 1, "items": [{ROW}]}}', "json", [1]),
        (f'{{"status": "ok", "message": "", "data": [{ROW}]}}', "json", [1]),
        (f'{{"value": null, "users": [\n\n{ROW}]}}', "json", [3]),
        (f'{{"data": {{"a": 1}}, "we\\u0069rd": 1, "rows": [{ROW}]}}', "json", [1]),
    ],
)  # fmt: skip
def test_shapes(content: str, kind: str, lines: list[int], write: Write) -> None:
    """An array, lines, a map by associateId, and an array inside an object are told by their content."""
    path = write(content)

    job, rows = read(path)

    assert (job.format, job.delimiter, [row.line for row in rows]) == (kind, None, lines)
    assert {(row.associate_id, row.status) for row in rows} <= {
        (5, "StatusNotAvailable"),
        (6, "StatusNotAvailable"),
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", f"FILE: {NO_ROWS}"),
        ("{}", f"FILE, line 1, column 3: {NOWHERE}nothing"),
        ('{"value": [\n]}', f"FILE: {NO_ROWS}"),
        ('{"value": {"a": []}}', f"FILE: {NO_ROWS}"),
        ('{"value": {"a": {"b": []}}}',
         f"FILE, line 1, column 28: {NOWHERE}value; in value: a; in value.a: b"),
        ('{"status": "Away"}\n', f"FILE, line 1, column 19: {NOWHERE}status"),
        ("[", f"FILE, line 1, column 2: {CUT_OFF}"),
        ("{", f"FILE, line 1, column 2: {CUT_OFF}"),
        ('{"value"', f"FILE, line 1, column 9: {CUT_OFF}"),
        (f"[{ROW},\n", f"FILE, line 2, column 1: {CUT_OFF}"),
        (f"[{ROW},\n{{", f"FILE, line 2, column 2: {CUT_OFF}"),
        (f'[{ROW},\n{{"status": "Aw', f"FILE, line 2, column 12: {CUT_OFF}"),
        (f'[{ROW},\n{{"status":', f"FILE, line 2, column 11: {CUT_OFF}"),
        (f"{ROW}\n{ROW[:-1]}", f"FILE, line 2, column {len(ROW)}: {CUT_OFF}"),
        (f"[{ROW}]\r\r\n\r x", f"FILE, line 4, column 2: {JOINED}"),
        (f'{{"rows": [{ROW}]}}{ROW}',
         f"FILE, line 1, column {len(ROW) + 13}: {JOINED}"),
        (f"[{ROW}\n{ROW}]", "FILE, line 2, column 1: expected , or ], found '{'"),
        (f"[{ROW},]", (f"FILE, line 1, column {len(ROW) + 3}: not valid JSON: Expecting value. "
         f"Correct that place")),
        ("{'a': 1}", "FILE, line 1, column 2: expected a name in double quotes"),
        ('{"5" "Away"}', "FILE, line 1, column 6: expected :, found '\"'"),
        ('[\n{"associateId": 5, "status": "A\nway"}]', ("FILE, line 2, column 32: not valid JSON: "
         "Invalid control character. Correct that place")),
        ('[\n {"status": 1, "status": 2}]', f"FILE, line 2, column 2: the name 'status' {TWICE}"),
        ('{"associateId": 5,\n"associateId": 6, "status": "Away"}',
         f"FILE, line 2, column 1: the name 'associateId' {TWICE}"),
        (f'{{"rows": [{ROW}],\n"rows": [{ROW}]}}', f"FILE, line 2, column 1: the name 'rows' {TWICE}"),
        (f'{{"rows": [{ROW}],\n"data": [{ROW}]}}', ("FILE, line 2, column 9: arrays of objects under rows "
         'and data. Choose one, such as input.rows = "rows"')),
        ('[{"associateId": NaN}]', "FILE, line 1, column 2: NaN is not JSON. Write null or a number"),
        ('{"associateId": 5, "x": -Infinity}', ("FILE, line 1, column 25: -Infinity is not JSON. "
         "Write null or a number")),
        (f'[{ROW},\r{{"x": {{"a": [1, 1e999]}}}}]', ("FILE, line 2, column 1: a number that is too "
         "large. Correct it")),
        (f'[{ROW},\r\n{{"x": -1E999}}]', "FILE, line 2, column 1: a number that is too large. Correct it"),
        (f'[{ROW},\n{{"x": [{{"y\u202e": 1, "y\u202e": 2}}]}}]',
         f"FILE, line 2, column 1: the name 'y' {TWICE}"),
        (f'[{{"associateId": {"9" * 5000}}}]', ("FILE, line 1, column 2: a number with too many "
         "digits. Correct it")),
        ("[" * 100_000, "FILE, line 1, column 2: a row with too many levels. Write one object for each row"),
        ('{"x":' * 100_000, ("FILE, line 1, column 41: a row with too many levels. Write one "
         "object for each row")),
        ("[1]", f"FILE, line 1, column 2: {EXPECTED}"),
        (f"[{ROW},\n[{ROW}]]", f"FILE, line 2, column 1: {EXPECTED}"),
        (f"{ROW}\nnull", f"FILE, line 2, column 1: {EXPECTED}"),
        ('[\n {"associateId": 5}]', ("FILE, line 2, column 2: "
         "no column for the status. Found: associateId. "
         "If a column has another name, set input.associate_id, input.login or input.email, and "
         "input.status")),
        (f'[{ROW},\n{{"associateId": 5, "status": 1, "login": "x"}}]', ("FILE, line 2, column 1: "
         "associateId and login both name people. Choose one: set input.associate_id or input.login")),
        (f'[{ROW},\n{{"\\ud800": 5}}]', ("FILE, line 2, column 1: a name with half a character "
         "(a lone surrogate). Correct the export")),
    ],
)  # fmt: skip
def test_what_is_no_job(content: str, said: str, write: Write) -> None:
    """What is cut off, ambiguous or no JSON is refused with line and column, nothing of it is sent."""
    path = write(content)

    assert refusal(path) == said


@pytest.mark.parametrize(
    ("named", "content", "said"),
    [
        ("json", "associateId,status\n", "FILE, line 1, column 1: expected {, found 'a'"),
        ("jsonl", f"[{ROW}]", f"FILE, line 1, column 1: {EXPECTED}"),
        ("jsonl", "\n", f"FILE: {NO_ROWS}"),
    ],
)
def test_a_named_format_is_kept_to(named: str, content: str, said: str, write: Write) -> None:
    """A format the operator names is not doubted."""
    path = write(content)

    assert refusal(path, format=named) == said


@pytest.mark.parametrize("spoiled", ['"', '"x": [' + "1," * 600_000], ids=["quote", "bracket"])
def test_a_row_without_end(spoiled: str, write: Write) -> None:
    """A row longer than a CSV field may be is not read on and on, and the error says what is missing."""
    path = write(f'[{ROW},\n{{"name": "Bo", {spoiled}{"x" * 3 * json_text.LONGEST}')

    said = refusal(path)

    if spoiled == '"':
        assert said == (
            "FILE, line 2, column 1: a row of more than 131072 characters. Is a quote or a bracket missing?"
        )
    else:
        assert said.startswith("FILE, line 2, column 1")


def test_an_early_fault_in_a_large_file_is_named_where_it_is(write: Write) -> None:
    """Reading on in search of the end does not blur where the fault is."""
    path = write(f"[{ROW},\n{{associateId: 5}},\n" + f"{ROW},\n" * 60_000)

    assert refusal(path) == (
        "FILE, line 2, column 2: not valid JSON: Expecting property name enclosed in double "
        "quotes. Correct that place"
    )


def test_objects_may_differ(write: Write) -> None:
    """Later objects may lack names and bring new ones; the columns are all of them, as they appear."""
    path = write(
        '[{"associateId": 5, "status": "Away"}, {"status": "Away", "message": "x", "associateId": 6},'
        ' {"associateId": 7, "name": "Bo"}]'
    )

    job, rows = read(path)

    assert job.columns == ["associateId", "status", "message", "name"]
    assert cells(rows) == [[5, "Away"], [6, "Away", "x"], [7, None, None, "Bo"]]
    assert [(row.message, row.reason) for row in rows] == [("", None), ("x", None), ("", "unknown_status")]


def test_a_map_keeps_what_it_does_not_know(write: Write) -> None:
    """The objects of a map have the names of any row: configured, usual, and unknown ones."""
    path = write(
        '{"5": "Away", "6": {"Status": "x", "Tilstand": "Away", "comment": "Ferie", "name": "Bo", "Nr": 6}}'
    )

    job, rows = read(path, associate_id="*key", status="Tilstand")

    assert job.columns == ["*key", "Tilstand", "Status", "comment", "name", "Nr"]
    assert cells(rows) == [["5", "Away"], ["6", "Away", "x", "Ferie", "Bo", 6]]
    assert [(row.associate_id, row.message) for row in rows] == [(5, ""), (6, "Ferie")]


@pytest.mark.parametrize("key", ["0", "-5", "+5", "012", "2147483648", "five"])
def test_the_keys_of_a_map_are_judged_as_ids(key: str, write: Write) -> None:
    """A key that is no associateId makes an invalid row, not an invalid file."""
    path = write(f'{{"5": "Away", "{key}": "Away"}}')

    _, rows = read(path)

    assert (rows[1].associate_id, rows[1].reason) == (key, Reason.BAD_ASSOCIATE_ID)


def test_the_same_key_twice_in_a_map_is_two_rows(write: Write) -> None:
    """Two rows for one associate are settled like those of any job, so neither is lost."""
    path = write('{"5": "Away", "5": "Present"}')

    _, rows = read(path)

    assert [(row.associate_id, row.status) for row in rows] == [
        (5, "StatusNotAvailable"),
        (5, "StatusNormal"),
    ]


@pytest.mark.parametrize("value", ["5.0", "5e0", "true", "null", "[5]", '{"a": 5}', "9" * 30])
def test_json_values_that_are_no_id(value: str, write: Write) -> None:
    """Only a whole number, or its digits in quotes, is an associateId."""
    path = write(f'[{{"associateId": {value}, "status": "Away"}}]')

    _, rows = read(path)

    assert (rows[0].result, rows[0].reason) == (Result.INVALID, Reason.BAD_ASSOCIATE_ID)
    assert isinstance(rows[0].associate_id, str)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ('"\\ud800x"', "\\ud800x"),
        ("9" * 30, "9" * 30),
        ('{"a": "\\ud800"}', '{"a": "\\ud800"}'),
        ("null", None),
        ("[1]", [1]),
    ],
)
def test_strange_values_can_be_kept(value: str, kept: Any, write: Write) -> None:
    """Whatever JSON a row has, the journal can keep it and give it back for failed.csv."""
    path = write(f'[{{"associateId": 5, "status": "Away", "x": {value}}}]')

    _, rows = read(path)

    assert orjson.loads(rows[0].cells)[2] == kept


@pytest.mark.parametrize("value", ["5", "true", "[]", "{}", "1.5"])
def test_a_message_that_is_no_text(value: str, write: Write) -> None:
    """A number as a message is probably a mistake of the export; it is not turned into text."""
    path = write(f'[{{"associateId": 5, "status": "Away", "message": {value}}}]')

    _, rows = read(path)

    assert (rows[0].reason, rows[0].detail) == ("bad_message", no_text_detail("the comment"))


def test_lines_end_as_editors_show_them(write: Write) -> None:
    """A line may end in CR, LF or both; a row's line is where somebody would look for it."""
    path = write(f"\ufeff[\r{ROW},\r\n{ROW},\n\r{ROW}\r\r\n,{ROW}]\r")

    _, rows = read(path)

    assert [row.line for row in rows] == [2, 3, 5, 7]


def test_names_that_are_values(write: Write) -> None:
    """Where each row brings names of its own, they are no columns; so many do not fill the memory."""
    rows = [{"associateId": 5, "status": "Away"} | {f"{i} {j}": 0 for j in range(99)} for i in range(20)]
    path = write(",\n".join(map(json.dumps, rows)).join("[]"))

    assert refusal(path) == (
        f"FILE, line 11, column 1: more than {MOST_NAMES} names in all rows up to here. "
        "Are some of them values?"
    )


def test_an_object_without_rows_is_not_read_on_and_on(write: Write) -> None:
    """An object with names beyond number is not searched for an array of rows any longer."""
    names = ",\n".join(f'"x{i}": 1' for i in range(MOST_NAMES + 9))
    path = write(f"{{{names}}}")

    assert refusal(path).startswith(
        f"FILE, line 1001, column 1: more than {MOST_NAMES} names, and no array of objects. Found: x0, x1, "
    )


WHOLE = {
    "array": f'[{ROW}, {ROW[:-1]}, "x": [1.5e3, true, null, {{}}]}}]',
    "wrapped": f'{{"n": 12, "meta": {{"a": [1]}}, "rows": [{ROW}, {ROW}], "next": "x"}}',
    "map": '{"5": "Away", "6": "\\u00e5\\ud83d\\ude00"}',
    "lines": f'{ROW}\n{ROW}\n{ROW[:-1]}, "message": "å"}}',
}


@pytest.mark.parametrize("shape", WHOLE)
def test_a_file_that_was_cut_off(shape: str, write: Write) -> None:
    """Wherever a file ends too early, it is refused, or all that is in it are whole lines with a row each."""
    content = WHOLE[shape].encode()
    whole = cells(read(write(content))[1])
    read_as_if_whole = {}

    for length in range(1, len(content)):
        path = write(content[:length])
        try:
            read_as_if_whole[length] = cells(read(path, encoding="utf-8")[1])
        except InputRefused as refused:
            said = str(refused)
            assert re.match(r", line \d+(, column \d+: |: byte 0x)", said.removeprefix(str(path)))

    ends = [length for length in range(1, len(content)) if content[: length + 1].endswith((b"}\n", b"\n{"))]
    assert read_as_if_whole == (
        {end: whole[: content[:end].count(b"}")] for end in ends} if shape == "lines" else {}
    )


@pytest.mark.parametrize("value", ["true", "-1", "1.5", "1e0", "1000000000000000000000"])
def test_a_status_that_is_no_text(value: str, write: Write) -> None:
    """Codes may be numbers or true and false; only the configuration says what they mean."""
    path = write(f'[{{"associateId": 5, "status": {value}}}]')
    word = json.dumps(json.loads(value))

    _, (unknown,) = read(path)
    _, (known,) = read(path, statuses={word: "StatusNotAvailable"})

    assert (unknown.reason, known.status) == (Reason.UNKNOWN_STATUS, "StatusNotAvailable")


def test_files_put_together(write: Write) -> None:
    """A byte-order mark between lines is space, as it is at the start; inside an array it is a fault."""
    lines = write(f"\ufeff{ROW}\n\ufeff{ROW}\ufeff\n".encode())
    assert len(read(lines)[1]) == 2

    amid = "a byte-order mark (U+FEFF) inside the text. Were two files joined? Remove it"
    for array in (f"[{ROW},\n\ufeff{ROW}]", f"[{ROW}\n\ufeff,{ROW}]"):
        assert refusal(write(array)) == f"FILE, line 2, column 1: {amid}"
    assert refusal(write(f"[{ROW}]\n\ufeff[{ROW}]")) == f"FILE, line 2, column 2: {JOINED}"
