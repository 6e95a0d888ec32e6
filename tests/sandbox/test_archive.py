"""All users in one query: columns, order, pages, and values for people or for programs."""

from itertools import chain
from typing import Any

import pytest

from presence_worker.model import NOT_PRESENT, STATUSES, Presence
from presence_worker.sandbox import Sandbox
from presence_worker.sandbox.archive import LABELS

from .caller import Caller

USERS = "/api/v1/User"
pytestmark = pytest.mark.anyio


async def rows(caller: Caller, query: str) -> list[dict[str, Any]]:
    """Give the rows of a query that is understood."""
    status, answer = await caller.get(f"{USERS}?{query}")
    assert status == 200
    found: list[dict[str, Any]] = answer["value"]
    return found


async def test_full_mode_is_for_programs(caller: Caller, sandbox: Sandbox) -> None:
    """With $mode=full all columns come as programs want them: the status is its number."""
    sandbox.people.set_presence(2, Presence(status=NOT_PRESENT, message="secret"))

    found = await rows(caller, "$mode=full&$skip=1&$top=1")

    assert found == [
        {
            "PrimaryKey": "2",
            "EntityName": "associate",
            "associateDbId": 2,
            "assocName": "USER2",
            "userName": "user2@example.com",
            "personEmail": "user2@example.com",
            "isActive": True,
            "ejUserId": 2,
            "ejStatus": 2,
        }
    ]


async def test_logical_output_is_full_mode(caller: Caller) -> None:
    """$output=Logical is another way to ask for numbers."""
    found = await rows(caller, "$output=Logical&$select=ejStatus&$top=1")

    assert found[0]["ejStatus"] == 1


async def test_without_a_mode_values_are_for_people(caller: Caller, sandbox: Sandbox) -> None:
    """By default a status is its label, not its number."""
    sandbox.people.set_presence(2, Presence(status=NOT_PRESENT, message=""))

    found = await rows(caller, "$select=ejStatus,isActive&$top=2")

    assert [(row["ejStatus"], row["isActive"]) for row in found] == [
        ("Normal", "Yes"),
        ("Not available", "Yes"),
    ]


def test_every_status_has_a_label() -> None:
    """Labels and statuses are the same set."""
    assert LABELS.keys() == STATUSES.keys()


async def test_only_what_is_selected_comes(caller: Caller) -> None:
    """$select names the columns, in any case; the key of the row comes anyway."""
    found = await rows(caller, "%24select=associatedbid,%20EJUSERID&$top=1")

    assert list(found[0]) == ["PrimaryKey", "EntityName", "associateDbId", "ejUserId"]


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ("associateDbId", [1, 2, 3]),
        ("associateDbId desc", [1000, 999, 998]),
        ("assocName asc", [1, 10, 100]),
        ("assocName desc", [999, 998, 997]),
    ],
)
async def test_rows_come_in_the_order_asked_for(caller: Caller, order: str, ids: list[int]) -> None:
    """$orderBy takes any one column, ascending unless told otherwise."""
    found = await rows(caller, f"$orderBy={order}&$top=3")

    assert [row["associateDbId"] for row in found] == ids


async def test_pages_lead_through_everybody_once(caller: Caller, sandbox: Sandbox) -> None:
    """Following odata.nextLink gives every associate exactly once, and ends."""
    link: str | None = f"{sandbox.url}{USERS}?$select=associateDbId&$skip=0&$top=300"
    pages: list[list[int]] = []

    while link:
        _, answer = await caller.get(link)
        pages.append([row["associateDbId"] for row in answer["value"]])
        link = answer["odata.nextLink"]

    assert [len(page) for page in pages] == [300, 300, 300, 100]
    assert list(chain.from_iterable(pages)) == list(range(1, 1001))


async def test_a_page_has_500_rows_unless_told_otherwise(caller: Caller) -> None:
    """Without $top and $skip the first 500 come."""
    found = await rows(caller, "")

    assert [found[0]["associateDbId"], found[-1]["associateDbId"]] == [1, 500]


async def test_an_empty_page_leads_nowhere(caller: Caller) -> None:
    """Whoever asks for no rows is not sent round in circles."""
    answer = await caller.get(f"{USERS}?$top=0")

    assert answer == (200, {"odata.nextLink": None, "value": []})


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("$select=name", "associateDbId"),
        ("$select=", "associateDbId"),
        ("$orderBy=name", "associateDbId"),
        ("$orderBy=userName up", "$orderBy"),
        ("$top=-1", "$top"),
        ("$top=many", "$top"),
        ("$skip=1e3", "$skip"),
        ("$skip=99999999999", "$skip"),
        ("$filter=ejUserId gt 0", "$filter"),
    ],
)
async def test_what_is_not_understood_is_refused(caller: Caller, query: str, words: str) -> None:
    """A query is answered as it stands or not at all, never in part."""
    status, error = await caller.get(f"{USERS}?{query}")

    assert status == 400
    assert words in error["MessageDetail"]
