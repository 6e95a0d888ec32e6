"""Signs that a JSON document has only a part of a list."""

import json
import re
from typing import Any

import pytest

from .reading import Write, read, refusal

ROW = {"associateId": 5, "status": "Away"}
LINK = "https://hr.example/?page=2"
ERROR = re.compile("error|status|result is")
PARTS: list[tuple[dict[str, Any], str]] = [  # what is beside the rows, and what is said of it
    ({"@odata.nextLink": LINK}, "@odata.nextLink"),
    ({"odata.nextLink": LINK}, "odata.nextLink"),
    ({"nextLink": LINK}, "nextLink"),
    ({"next": LINK}, "next"),
    ({"next": 2}, "next"),
    ({"next": {"href": LINK}}, "next.href"),
    ({"next_page": 2}, "next_page"),
    ({"nextPageToken": "x"}, "nextPageToken"),
    ({"next_cursor": "x"}, "next_cursor"),
    ({"nextRecordsUrl": "/x"}, "nextRecordsUrl"),
    ({"cursor": "x"}, "cursor"),
    ({"previous": LINK}, "previous"),
    ({"links": {"next": LINK}}, "links.next"),
    ({"links": [{"rel": "self", "href": "x"}, {"rel": "next", "href": LINK}]}, "links.next"),
    ({"link": [{"relation": "next", "url": LINK}]}, "link.next"),
    ({"_meta": {"links": {"next": {"href": LINK}}}}, "_meta.links.next.href"),
    ({"paging": {"next": LINK}}, "paging.next"),
    ({"has_more": True}, "has_more"),
    ({"hasMore": "true"}, "hasMore"),
    ({"pageInfo": {"hasNextPage": True}}, "pageInfo.hasNextPage"),
    ({"more": 1}, "more"),
    ({"truncated": True}, "truncated"),
    ({"isLast": False}, "isLast is false"),
    ({"done": False}, "done is false"),
    ({"success": False}, "success is false"),
    ({"total": 340}, "total is 340, but there is 1 row"),
    ({"total_count": "340"}, "total_count is 340, but there is 1 row"),
    ({"total": {"value": 340}}, "total.value is 340, but there is 1 row"),
    ({"@odata.count": 2}, "@odata.count is 2, but there is 1 row"),
    ({"__count": "2"}, "__count is 2, but there is 1 row"),
    ({"count": 2}, "count is 2, but there is 1 row"),
    ({"meta": {"total": 340, "per_page": 1}}, "meta.total is 340, but there is 1 row"),
    ({"totalResults": 3, "startIndex": 1, "itemsPerPage": 1}, "totalResults is 3, but there is 1 row"),
    ({"page": {"number": 0, "totalElements": 3, "size": 1}}, "page.totalElements is 3, but there is 1 row"),
    ({"page": 1, "pages": 17}, "pages is 17"),
    ({"page": {"number": 16, "totalPages": 17}}, "page.totalPages is 17"),
    ({"current_page": 1, "last_page": 2}, "last_page is 2"),
    ({"current_page": 2, "last_page": 2}, "current_page is 2, last_page is 2"),
    ({"page": {"current": 1, "last": 4}}, "page.last is 4"),
    ({"pagination": {"page": 1, "of": 4}}, "pagination.of is 4"),
    ({"meta": {"count": 340}}, "meta.count is 340, but there is 1 row"),
    ({"numFound": 340, "start": 0}, "numFound is 340, but there is 1 row"),
    ({"remaining": 5}, "remaining"),
    ({"exceededTransferLimit": True}, "exceededTransferLimit"),
    ({"status": "partial_success"}, "status is partial_success"),
    ({"meta": {"result": "Error"}}, "meta.result is error"),
    ({"page": 2}, "page is 2"),
    ({"offset": 50, "limit": 50}, "offset is 50"),
    ({"startIndex": 51, "itemsPerPage": 50}, "startIndex is 51"),
    ({"errors": [{"message": "page 2 timed out"}]}, "errors"),
    ({"errors": ["page 2 timed out"]}, "errors"),
    ({"error": "timed out"}, "error"),
    ({"meta": {"errors": {"code": 5}}}, "meta.errors.code"),
]
WHOLE: list[dict[str, Any]] = [
    {"@odata.nextLink": None, "next": "", "nextPage": 0, "has_more": False, "errors": [], "error": None},
    {"next": {"href": None}, "links": {"next": False, "self": LINK}, "links_": [], "cursor": ""},
    {"hasMore": "false", "next": "null", "isLast": True, "success": True, "truncated": 0},
    {"total": 1, "count": 1, "@odata.count": "1", "meta": {"total": 1, "total_pages": 1, "page": 1}},
    {"total": 1, "pages": 17, "page": 3, "cursor": "x", "offset": 5},  # put together by whoever exports
    {"page": 0, "totalPages": 1, "size": 50, "limit": 50, "offset": 0, "startIndex": 1},
    {"totalResults": 1, "startIndex": 1, "itemsPerPage": 50},
    {"first": True, "last": True, "links": {"first": LINK, "last": LINK, "self": LINK}},
    {"links": [{"rel": "self", "href": "x"}, {"rel": "last", "href": "x"}]},
    {"zone": {"offset": 60}, "filter": {"count": 900}, "stats": {"employees": 900}},
    {"warnings": [{"text": "x"}], "total_days": 900, "limit": 1},
    {"last": [], "done": [], "total": None},
    {"status": "ok", "state": "complete", "page": {"current": 1, "last": 1, "of": 1}, "last": 900},
    {"tags": {"count": 900}, "result": "success", "remaining": 0},
]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("beside", "said"), PARTS, ids=[said for _, said in PARTS])
def test_a_part_is_not_the_whole_list(
    beside: dict[str, Any],
    said: str,
    first: bool,  # noqa: FBT001 - from pytest
    write: Write,
) -> None:
    """Who is missing from a part may still be in the list: with "everyone" the file is refused."""
    rows = {"value": [ROW]}
    path = write(json.dumps(beside | rows if first else rows | beside))

    assert refusal(path, coverage="everyone").split(": ", 1)[1] == (
        f"the file is only a part of the list ({said}), but input.coverage is "
        '"everyone". Export all pages into one file, without errors, or set input.coverage = "changes"'
    )


@pytest.mark.parametrize("coverage", ["changes", None])
@pytest.mark.parametrize(("beside", "said"), PARTS, ids=[said for _, said in PARTS])
def test_a_part_of_the_news_is_read(
    beside: dict[str, Any], said: str, coverage: str | None, write: Write
) -> None:
    """Otherwise the rows are right for themselves; a note names the sign."""
    path = write(json.dumps({"value": [ROW]} | beside))

    job, rows = read(path, coverage=coverage)

    pages = f"the file says that there are more pages ({said}). Only this one was read"
    errors = f"the file reports errors ({said}). Rows may be missing"
    assert len(rows) == 1
    assert job.notes[1:] == [errors if ERROR.search(said) else pages]


@pytest.mark.parametrize("beside", WHOLE, ids=str)
def test_a_whole_list_is_read(beside: dict[str, Any], write: Write) -> None:
    """Nothing beside the rows says that one is missing; what is empty, null or false says nothing."""
    path = write(json.dumps({"value": [ROW]} | beside))

    job, rows = read(path, coverage="everyone", rows="value")

    assert (len(rows), job.notes) == (1, [])


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_signs_at_any_level(depth: int, write: Write) -> None:
    """Beside the rows, above them, and in objects beside them."""
    document: dict[str, Any] = {"d": {"results": [ROW]}}
    place = [document, document["d"], document["d"].setdefault("meta", {})][depth]
    place["hasMore"] = True

    said = refusal(write(json.dumps(document)), coverage="everyone")

    assert "".join(["d.meta.", "d.", ""][2 - depth : 3 - depth]) + "hasMore)" in said


def test_a_map_that_is_a_part(write: Write) -> None:
    """What stands among the people of a map says it as well."""
    path = write('{"5": "Away", "6": "Away",\n"has_more": true, "total": 7}')

    assert refusal(path, coverage="everyone").startswith("FILE, line 2, column 1: the file is only a part")


def test_rows_have_no_signs(write: Write) -> None:
    """What is in the rows is about the rows, also where an array of them is not used."""
    row = ROW | {"next": LINK, "errors": [1], "x": {"hasMore": True}}
    path = write(json.dumps({"value": [row], "other": [row]}))

    job, _ = read(path, rows="value", coverage="everyone")

    assert job.notes == []


def test_a_refusal_says_where_the_sign_is(write: Write) -> None:
    """Line and column lead to it."""
    path = write('{"value": [{"associateId": 5, "status": "Away"}],\n "meta": {\n  "total": 340}}')

    assert refusal(path, coverage="everyone").startswith("FILE, line 3, column 12: the file is only a part")
