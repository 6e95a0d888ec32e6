"""Fields of JSON below other fields."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presence_worker.errors import InputRefused
from presence_worker.intake.json.nested import ABSENT, look_up
from tests.examples import examples

from .reading import Write, cells, read, refusal

PERSONIO = {
    "type": "TimeOffPeriod",
    "attributes": {
        "status": "approved",
        "start_date": "2026-11-27T00:00:00+0100",
        "end_date": "2026-12-02T00:00:00+0100",
        "employee": {"attributes": {"email": {"label": "Email", "value": "user12@example.com"}}},
    },
}


@pytest.mark.parametrize(
    ("path", "row", "found"),
    [
        ("a.b", {"a": {"b": 1}}, 1),
        ("a.b", {"a.b": 2, "a": {"b": 1}}, 2),
        ("a.b.c", {"a": {"b": 0, "b.c": 1}}, 1),
        ("a.b.c", {"a.b": {}, "a": {"b": {"c": 1}}}, 1),
        ("urn:x:2.0:User.number", {"urn:x:2.0:User": {"number": 5}}, 5),
        ("mails.0.value", {"mails": [{"value": "x"}]}, "x"),
        ("mails.1.value", {"mails": [{"value": "x"}]}, None),
        ("mails.0", {"mails": ["x"]}, "x"),
        ("mails.0.value", {"mails": []}, None),
        ("mails.0.value", {"mails": None}, None),
        ("mails.first", {"mails": ["x"]}, ABSENT),
        ("mails.-1", {"mails": ["x"]}, ABSENT),
        ("mails.9999999999999999999999999", {"mails": ["x"]}, None),
        ("a.c", {"a": {"b": 1}}, ABSENT),
        ("a.b.c", {"a": {"b": "x"}}, ABSENT),
        ("a.b", {}, ABSENT),
    ],
)
def test_a_path_leads_to_a_value(path: str, row: dict[str, Any], found: Any) -> None:
    """A name that has dots itself wins; null and an array too short have nothing; else there is no field."""
    assert look_up(row, path) == found


def test_columns_by_their_path(write: Write) -> None:
    """A name of the configuration that leads into a row is a column of the table."""
    path = write(json.dumps({"data": [PERSONIO, {"type": "x", "attributes": None}]}))

    job, rows = read(
        path,
        email="attributes.employee.attributes.email.value",
        status="attributes.status",
        statuses={"approved": "StatusNotAvailable"},
        coverage="everyone",
        timezone="Europe/Oslo",
        until_means="last_day",
        **{"from": "attributes.start_date", "until": "attributes.end_date"},
    )

    assert job.columns == [
        *("type", "attributes", "attributes.employee.attributes.email.value"),
        *("attributes.status", "attributes.start_date", "attributes.end_date"),
    ]
    assert [(row.identity, row.status, row.reason) for row in rows] == [
        ("user12@example.com", "StatusNotAvailable", None),
        (None, None, "no_identity"),
    ]
    assert cells(rows)[1] == ["x", None, None, None, None, None]


def test_a_field_that_only_later_rows_have(write: Write) -> None:
    """It becomes a column where it first appears, as any name does."""
    path = write(
        '[{"login": "a", "status": "Away"}, {"login": "b", "status": "Away", "x": {"until": "2026-12-05"}}]'
    )

    job, rows = read(path, until="x.until", coverage="changes")

    assert job.columns == ["login", "status", "x", "x.until"]
    assert [row.period and row.period.ends and row.period.ends.isoformat() for row in rows] == [
        None,
        "2026-12-05",
    ]


def test_a_name_with_dots_wins(write: Write) -> None:
    """What a row has as it is needs no path."""
    path = write('[{"e.mail": "a@b.example", "e": {"mail": "no"}, "status": "Away"}]')

    job, (row,) = read(path, email="e.mail")

    assert (job.columns, row.identity) == (["e.mail", "e", "status"], "a@b.example")


def test_a_template_may_have_a_path(write: Write) -> None:
    """Its columns are like all others."""
    path = write('[{"login": "a", "status": "Away", "deputy": {"name": "Bo"}}]')

    _, (row,) = read(path, message_template="Contact {deputy.name}")

    assert row.message == "Contact Bo"


def test_a_row_alone_by_a_path(write: Write) -> None:
    """An object that names a person where the configuration says is a row."""
    job, rows = read(write('{"user": {"mail": "a@b.example"}, "status": "Away"}'), email="user.mail")

    assert (job.format, [row.identity for row in rows]) == ("jsonl", ["a@b.example"])


@pytest.mark.parametrize(
    ("row", "settings"),
    [
        (PERSONIO, ('input.status = "attributes.status", input.from = "attributes.start_date", '
         'input.until = "attributes.end_date", input.email = "attributes.employee.attributes.email.value"')),
        ({"emails": [{"value": "a@b.example", "type": "work"}], "status": "Away"},
         'input.email = "emails.0.value"'),
        ({"email": "a@b.example", "x": {"status": {"id": 1, "value": "Away"}}},
         'input.status = "x.status.value"'),
        ({"user": {"login": "a", "mail": "b"}, "status": "Away", "start": "2026-12-01",
          "end": {"dateTime": "2026-12-05", "timeZone": "UTC"}},
         'input.email = "user.mail", input.until = "end.dateTime"'),
    ],
)  # fmt: skip
def test_deeper_fields_are_named(row: dict[str, Any], settings: str, write: Write) -> None:
    """Where a row itself lacks a column, a refusal has the paths that look like it as lines to paste."""
    path = write(json.dumps([row]))

    said = refusal(path)
    with pytest.raises(InputRefused) as caught:
        read(path)

    assert said.startswith("FILE, line 1, column 2: no column ")
    assert said.endswith(f". Fields inside other fields need their path: set {settings}")
    assert ", ".join(f'input.{key} = "{path}"' for key, path in caught.value.ways[0].items()) == settings


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"login": "a", "status": {"status": "Away", "id": 1}}, ('status.status not used. Set input.status = '
         '"status.status", or input.unused = ["status.status"]')),
        ({"login": "a", "status": "Away", "leave": {"start": "2026-12-01", "returnDate": "2026-12-05"}},
         ('leave.start and leave.returnDate not used. Set input.from = "leave.start", '
         'input.until_means = "first_day_back", input.until = "leave.returnDate", or '
         'input.unused = ["leave.start", "leave.returnDate"]')),
        ({"login": "a", "status": "Away", "from": "2026-12-01", "end": {"dateTime": "2026-12-05"}},
         'end.dateTime not used. Set input.until = "end.dateTime", or input.unused = ["end.dateTime"]'),
    ],
)  # fmt: skip
def test_days_below_are_never_overlooked(row: dict[str, Any], said: str, write: Write) -> None:
    """A leave whose days are in an object would have no end; a status that is an object would be none."""
    assert refusal(write(json.dumps([row]))) == f"FILE, line 1, column 2: {said}"


def test_an_object_with_a_field_that_is_used_is_used(write: Write) -> None:
    """The list of columns that are not used is for those that the settings forgot."""
    row = {"user": {"mail": "a@example.com"}, "leave": {"status": {"name": "Away"}}, "site": {"id": 1}}

    job, _ = read(write(json.dumps([row])), email="user.mail", status="leave.status.name")

    assert job.reader.facts().unused == ("site",)


def test_days_below_may_be_knowingly_unused(write: Write) -> None:
    """Then the file is read: by the object's name, or by each path."""
    path = write('[{"login": "a", "status": "Away", "contract": {"start": "2020-01-01"}}]')

    for unused in (["contract"], ["contract.start"]):
        assert len(read(path, unused=unused)[1]) == 1
    assert len(read(path, **{"from": ""})[1]) == 1


def test_leaves_in_an_array_are_never_overlooked(write: Write) -> None:
    """A person with a list of leaves is no row: the first of them is not all."""
    leave = {"start": "2026-12-01", "end": "2026-12-05"}
    row = {"login": "a", "absences": [leave, {"start": "2026-12-10", "end": "2026-12-11"}]}
    path = write(json.dumps([row, row | {"absences": [leave]}]))
    deep = {"from": "absences.0.start", "until": "absences.0.end", "coverage": "everyone"}

    said = refusal(path, default_status="StatusNotAvailable")
    _, rows = read(path, default_status="StatusNotAvailable", **deep)

    assert said == (
        "FILE, line 1, column 2: arrays absences with days in each row. Write one row for each leave, "
        'or set input.unused = ["absences"]'
    )
    assert [row.reason for row in rows] == ["bad_date", None]


def test_a_row_on_each_line_with_its_person_below(write: Write) -> None:
    """Lines are rows also where the configuration has yet to say where the person is."""
    path = write('{"user": {"email": "a@b.example"}, "status": "Away"}\n' * 2)

    assert refusal(path).endswith('need their path: set input.email = "user.email"')


def test_answers_in_an_array(write: Write) -> None:
    """Pages put together have rows inside rows: no path to the first row of each is suggested."""
    path = write(json.dumps([{"value": [LEAVE, LEAVE], "next": "x"}, {"value": [LEAVE]}]))

    said = refusal(path)

    assert said.endswith(". Each object has an array of objects (value). Write their rows into one array")
    assert "value.0" not in said


LEAVE = {"login": "a", "status": "Away"}


@pytest.mark.parametrize(
    ("below", "said"),
    [
        ({"leave": {"state": {"approval": "rejected"}}}, "'leave.state.approval' says whether a leave is"),
        ({"Approval": {"Id": 1, "Value": "Rejected"}}, "'Approval.Value' says whether a leave is approved"),
        ({"meta": {"deleted": True}}, "'meta.deleted' says whether a row was changed, cancelled or deleted"),
        ({"leave": {"first": {"date_time": "2026-12-01T00:00:00"}}}, "'leave.first.date_time' holds dates"),
        ({"parts": [{"day": "2026-12-01"}, {"day": "2026-12-02"}]}, "'parts.0.day' holds dates, but is"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rows_before", [0, 50])
def test_fields_below_are_judged_like_columns(
    below: dict[str, Any], said: str, rows_before: int, write: Write
) -> None:
    """What is not used and may say which rows count, or when, refuses the file; also in a late row."""
    before = [LEAVE | {"meta": {"n": number}, "leave": {"n": 1}} for number in range(rows_before)]
    path = write(json.dumps([*before, LEAVE | below]))

    assert refusal(path).startswith(f"FILE: the column {said}")


def test_an_object_of_which_a_field_is_used(write: Write) -> None:
    """Its own name says nothing then: the field beside the value is no approval."""
    row = {"login": "a", "Approval": {"@odata.type": "x", "Id": 1, "Value": "Approved"}}
    path = write(json.dumps([row, row | {"login": "b", "Approval": None}]))

    _, rows = read(path, only={"Approval.Value": ["Approved"]}, default_status="StatusNotAvailable")

    assert [(row.status, row.reason) for row in rows] == [
        ("StatusNotAvailable", None),
        (None, "filtered_out"),
    ]


NAMES = st.sampled_from(["a", "b", "0", "a.b", "b.0"])
VALUES = st.recursive(
    st.none() | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=examples(300))
@given(row=st.dictionaries(NAMES, VALUES, max_size=4), path=st.lists(NAMES, min_size=1, max_size=4))
def test_any_path_is_looked_up(row: dict[str, Any], path: list[str]) -> None:
    """What is found is the first of all ways to read a path, those with the longest names first."""
    parts = ".".join(path).split(".")

    assert look_up(row, ".".join(parts)) == next(_readings(row, parts), ABSENT)


def _readings(value: Any, parts: list[str]) -> Any:
    """Yield what each way to take *parts* as names comes to."""
    if not parts or value is None:
        yield value
    elif isinstance(value, list) and parts[0].isdigit():
        rest = value[int(parts[0]) :]
        yield from _readings(rest[0], parts[1:]) if rest else iter([None])
    elif isinstance(value, dict):
        for end in range(len(parts), 0, -1):
            if (name := ".".join(parts[:end])) in value:
                yield from _readings(value[name], parts[end:])
