"""Where the rows of a JSON document are."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presence_worker.errors import InputRefused
from tests.examples import examples

from .reading import Write, cells, read, refusal

ROW = '{"associateId": 5, "status": "Away"}'
OTHER = '{"id": 1, "name": "x"}'
FOUND = "(the only array of objects)"


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (f'{{"Report_Entry": [{ROW}]}}', "Report_Entry"),
        (f'{{"d": {{"results": [{ROW}]}}}}', "d.results"),
        (f'{{"a": [1, 2], "b": [[{ROW}]], "c": {{"d": ["x"]}}, "rows": [{ROW}]}}', "rows"),
        (f'{{"Errors": [{OTHER}], "data": [{ROW}], "warnings": [{OTHER}], "_links": [{OTHER}]}}', "data"),
        (f'{{"errors": {{"list": [{OTHER}]}}, "data": [{ROW}]}}', "data"),
        (f'{{"a.b": {{"c": [{ROW}]}}}}', "a.b.c"),
        (f'{{"user": {{"email": "a@b.example"}}, "data": [{ROW}]}}', "data"),
    ],
)
def test_the_only_array_of_objects_is_taken(content: str, path: str, write: Write) -> None:
    """At most two levels down, whatever its name; a note says which it is, and errors are no rows."""
    job, rows = read(write(content))

    assert [row.associate_id for row in rows] == [5]
    assert job.notes[0] == f"the rows are in {path} {FOUND}"


def test_an_empty_array_beside_the_rows_is_named(write: Write) -> None:
    """Another night the rows may be there: so the note names it."""
    job, _ = read(write(f'{{"absences": [], "errors": [], "people": [{ROW}]}}'))

    assert job.notes == [f"the rows are in people {FOUND[:-1]}; empty: absences)"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f'{{"data": [{ROW}],\n"x": {{"y": [{ROW}]}}}}', ("FILE, line 2, column 12: arrays of objects under "
         'data and x.y. Choose one, such as input.rows = "data"')),
        (f'{{"fields": [{OTHER}],\n"employees": [{ROW}]}}', ("FILE, line 2, column 14: arrays of objects "
         'under fields and employees. Choose one, such as input.rows = "employees"')),
        (f'{{"a": {{"b": {{"c": [{ROW}]}}}}}}', ("FILE, line 1, column 60: no array of objects within 2 "
         'levels. Arrays of objects: a.b.c. Set input.rows = "a.b.c"')),
        (f'{{"a.b": [{ROW}],\n"a": {{"b": [{ROW}]}}}}',
         "FILE, line 2, column 12: another array under a.b. Keep one of them"),
        ('{"error": {"code": 5}, "x": [1]}', ("FILE, line 1, column 33: no row such as "
         '{"associateId": 12, "status": "StatusNormal"}, and no array of objects. '
         "Found: error, x; in error: code")),
    ],
)  # fmt: skip
def test_rows_that_may_be_elsewhere(content: str, said: str, write: Write) -> None:
    """A refusal names the arrays found, and has the line that chooses one: of people, if there is any."""
    assert refusal(write(content)) == said


def test_a_refusal_knows_the_arrays(write: Write) -> None:
    """Whoever asks how a job was understood gets the choices, the array of people first."""
    with pytest.raises(InputRefused) as caught:
        read(write(f'{{"fields": [{OTHER}], "employees": [{ROW}]}}'))

    assert caught.value.ways == ({"rows": "employees"}, {"rows": "fields"})


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("d.results", f'{{"d": {{"results": [{ROW}], "other": [{OTHER}]}}}}'),
        ("a.b.c.d", f'{{"a": {{"b": {{"c": {{"d": [{ROW}]}}}}}}, "x": [{OTHER}]}}'),
        ("d.results", f'{{"d.results": [{ROW}], "d": {{"results": null}}}}'),
        ("errors", f'{{"errors": [{ROW}]}}'),
        (".", f"[{ROW}]"),
        ("", f"[{ROW}]"),
        ("", f'{{"data": [{ROW}]}}'),
    ],
)
def test_rows_by_their_path(path: str, content: str, write: Write) -> None:
    """A setting wins over what would be found, at any depth; "." is the top, and "" is no setting."""
    _, rows = read(write(content), rows=path)

    assert [row.associate_id for row in rows] == [5]


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("d.result", f'{{"d": {{"results": [{ROW}]}}}}', ('input.rows = "d.result" leads nowhere: d has '
         'results. Arrays of objects: d.results. Set input.rows = "d.results"')),
        ("data", f'{{"rows": [{ROW}]}}', ('input.rows = "data" leads nowhere: the document has rows. '
         'Arrays of objects: rows. Set input.rows = "rows"')),
        ("d", '{"d": {"a": 1, "b": 2}}', ('input.rows = "d" leads to an object, not to an array of rows. '
         "It has a, b")),
        ("d", '{"d": null}', 'input.rows = "d" leads to null, not to an array of rows'),
        ("d", '{"d": "secret"}', 'input.rows = "d" leads to a text, not to an array of rows'),
        ("pages.0.rows", f'{{"pages": [{{"rows": [{ROW}]}}]}}', ('input.rows = "pages.0.rows" leads nowhere: '
         'the document has pages. Arrays of objects: pages. Set input.rows = "pages"')),
        (".", f'{{"rows": [{ROW}]}}', ('input.rows = "." leads nowhere: the document has rows. '
         'Arrays of objects: rows. Set input.rows = "rows"')),
        ("data", f"[{ROW}]", 'the rows are an array at the top. Remove input.rows, or set input.rows = "."'),
        ("data", '{"data": [1]}', ("not an object. Write one object for each row, such as "
         '{"associateId": 12, "status": "StatusNormal"}')),
    ],
)  # fmt: skip
def test_a_path_that_leads_to_no_rows(path: str, content: str, said: str, write: Write) -> None:
    """A refusal says how far it leads and what is there, by names alone."""
    assert refusal(write(content), rows=path).split(": ", 1)[1] == said


@pytest.mark.parametrize("content", ['{"data": []}', '{"data": [], "errors": []}', '{"d": {"results": []}}'])
def test_no_rows(content: str, write: Write) -> None:
    """An empty array of rows is probably a broken export."""
    assert (
        refusal(write(content)) == "FILE: no rows. Check the export: an empty file is usually a failed export"
    )


def test_several_answers_are_no_job(write: Write) -> None:
    """Answers put together may be any pages of a list: only rows may follow one another."""
    said = refusal(write(f'{{"value": [{ROW}], "nextLink": "x"}}\n{{"value": [{ROW}]}}'))

    assert said.startswith("FILE, line 2, column 1: more text after the end of the rows. If several answers")


def test_lines_have_no_path(write: Write) -> None:
    """The two settings contradict each other."""
    said = refusal(write(ROW), rows="data", format="jsonl")

    assert said == (
        "FILE, line 1, column 1: input.rows has no meaning for JSON Lines. Remove input.rows, or input.format"
    )


# -- objects of rows -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "content", "people"),
    [
        ({"associate_id": "*key"}, '{"5": {"status": "Away"}, "6": {"status": "Away"}}', [5, 6]),
        ({"login": "*key"}, '{"USER5": {"status": "Away"}, "USER6": {"status": "Away"}}', ["USER5", "USER6"]),
        ({"email": "*key"}, '{"a@b.example": "Away", "c@d.example": "Away"}', ["a@b.example", "c@d.example"]),
        ({"login": "*key", "rows": "d.all"}, '{"d": {"n": 1, "all": {"a": {"status": "Away"}}}}', ["a"]),
        ({"associate_id": "*key"}, '{"5": {"status": "Away", "associateId": 5}}', [5]),
    ],
)
def test_keys_that_are_people(config: dict[str, Any], content: str, people: list[Any], write: Write) -> None:
    """The configuration may say that the key of each object is the associateId, login or address."""
    _, rows = read(write(content), **config)

    assert [row.associate_id or row.identity for row in rows] == people
    assert {row.status for row in rows} == {"StatusNotAvailable"}


@pytest.mark.parametrize(
    "content",
    [
        '{"1001": {"status": "Away"}, "17": {"status": "Away"}}',
        '{"0": {"associateId": 5, "status": "Away"}}',
        '{"5": "Away", "6": {"status": "Away"}}',
    ],
)
def test_numbers_above_objects_name_nobody(content: str, write: Write) -> None:
    """They may be HR's numbers, or those of rows: nobody is named for certain."""
    said = refusal(write(content)).split(": ", 1)[1]

    assert said == (
        "an object under a number, which may be HR's own number or a row number. Write one "
        'object for each row (pandas: orient="records"). If the keys are the associate IDs of '
        'SuperOffice, set input.associate_id = "*key" (input.login or input.email for logins or '
        "addresses)"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"associateId": {"0": 12, "1": 13}, "status": {"0": "Away", "1": "Away"}}',
         ("Found columns as pandas writes them by default, with row numbers: associateId, status. "
         'Write one object for each row (pandas: orient="records")')),
        ('{"columns": ["associateId"], "index": [0], "data": [[12]]}', ("Found columns and data as pandas "
         'writes them with orient="split". Write one object for each row (pandas: orient="records")')),
        ('{"A": {"status": "Away"}, "b@c.example": {"status": "Away"}}', ("Found only objects: A, (an "
         'address). If the keys are the associate IDs of SuperOffice, set input.associate_id = "*key" '
         "(input.login or input.email for logins or addresses)")),
        ('{"all": {"12": {"status": "Away"}}}', ("Found objects under numbers in all. If the keys are "
         'the associate IDs of SuperOffice, set input.rows = "all" and input.associate_id = "*key" '
         "(input.login or input.email for logins or addresses)")),
    ],
)  # fmt: skip
def test_objects_that_are_no_rows(content: str, said: str, write: Write) -> None:
    """Shapes that programs write are called by name."""
    assert refusal(write(content)).endswith(f"no array of objects. {said}")


def test_a_key_and_a_number_inside_must_agree(write: Write) -> None:
    """Two people in one row are a fault of the export."""
    path = write('{"5": {"associateId": 5, "status": "Away"},\n"6": {"associateId": 7, "status": "Away"}}')

    said = refusal(path, associate_id="*key")

    assert said == "FILE, line 2, column 1: 6 has another associateId inside. Keep one of them"


# -- any document --------------------------------------------------------------------------------------------

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=".\0"), min_size=1, max_size=6)
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=3)
BESIDE = st.recursive(
    SCALARS | st.lists(SCALARS, max_size=3), lambda inner: st.dictionaries(NAMES, inner, max_size=3)
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"associateId": st.integers(1, 999), "status": st.just("Away")}, optional={"x": BESIDE}
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=examples(150))
@given(
    rows=ROWS,
    way=st.lists(NAMES.filter(lambda name: not name.isdigit()), min_size=1, max_size=2),
    beside=st.lists(st.dictionaries(NAMES, BESIDE, max_size=3), min_size=2, max_size=2),
    first=st.booleans(),
)
def test_the_rows_of_any_document(
    rows: list[dict[str, Any]],
    way: list[str],
    beside: list[dict[str, Any]],
    first: bool,  # noqa: FBT001 - Hypothesis gives it by name
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Of a document with one array of objects in its first two levels, just that array is read."""
    document: Any = rows
    for name, others in zip(reversed(way), beside, strict=False):
        own, rest = {name: document}, {key: value for key, value in others.items() if key != name}
        document = own | rest if first else rest | own
    path = tmp_path_factory.getbasetemp() / "document.json"
    path.write_text(json.dumps({"-": 0} | document), "utf-8")

    job, found = read(path, rows=None if _is_likely(way) else ".".join(way))

    read_back = [dict(zip(job.columns, values, strict=False)) for values in cells(found)]
    assert [{name: row.get(name) for name in job.columns} for row in rows] == [
        {name: row.get(name) for name in job.columns} for row in read_back
    ]


def _is_likely(way: list[str]) -> bool:
    return not {"error", "errors", "warning", "warnings", "link", "links"} & {name.lower() for name in way}
