"""All users in one query: columns, order, pages, and values for people or for programs."""

from itertools import chain
from typing import Any

import pytest

from presence_worker.model import NOT_PRESENT, STATUSES, Presence
from presence_worker.sandbox import Assumptions, Paging, People, Person, Sandbox, Setup, serve
from presence_worker.sandbox.user_archive import LABELS

from .caller import Caller, calling

USERS = "/api/v1/User"
AWAY = Presence(status=NOT_PRESENT, message="secret")
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


@pytest.mark.parametrize("path", ["/api/v1/archive/AllUsers", "/Cust12345/api/v1/Archive/allusers"])
async def test_the_archive_has_an_address_of_its_own(caller: Caller, path: str) -> None:
    """The query of all users is the archive AllUsers: the same rows, and pages below its own address."""
    _, expected = await caller.get(f"{USERS}?$select=associateDbId&$top=2")

    status, found = await caller.get(f"{path}?$select=associateDbId&$top=2")

    assert (status, found["value"]) == (200, expected["value"])
    assert f"{path}?" in found["odata.nextLink"]


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
        ("ejStatus desc, associateDbId", [7, 1, 2]),
        ("ejStatus,associateDbId desc", [1000, 999, 998]),
    ],
)
async def test_rows_come_in_the_order_asked_for(
    caller: Caller, sandbox: Sandbox, order: str, ids: list[int]
) -> None:
    """$orderBy takes columns, the weightiest first, ascending unless told otherwise."""
    sandbox.people.set_presence(7, AWAY)

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
        ("$filter=ejUserId", "$filter"),
        ("$expand=person", "$expand"),
    ],
)
async def test_what_is_not_understood_is_refused(caller: Caller, query: str, words: str) -> None:
    """A query is answered as it stands or not at all, never in part."""
    status, error = await caller.get(f"{USERS}?{query}")

    assert status == 400
    assert words in error["MessageDetail"]


async def test_both_values_of_a_cell_where_full_mode_is_nested() -> None:
    """SuperOffice's page on filters shows $mode=full otherwise than we are used to: that is a switch."""
    unknowns = Assumptions(full_mode="nested")
    async with serve(People(), Setup(assumptions=unknowns)) as sandbox, calling(sandbox) as caller:
        nested = await rows(caller, "$mode=full&$select=ejStatus&$top=1")
        logical = await rows(caller, "$output=Logical&$select=ejStatus&$top=1")

    assert nested[0]["PrimaryKey"] == 1
    assert nested[0]["Column"] == {
        "ejStatus": {"RawValue": 1, "DisplayValue": "Normal", "TooltipHint": "", "LinkHint": ""}
    }
    assert logical[0]["ejStatus"] == 1


async def test_people_show_how_they_differ() -> None:
    """Who is not active, has no user in Service or shares an e-mail is seen to; who is missing is not."""
    described = {
        2: Person(is_active=False, email="shared@example.com"),
        3: Person(ej_user_id=0, email="shared@example.com"),
        4: Person(in_query=False),
        5: Person(name="ANN", login="ann", presence=AWAY),
    }
    async with serve(People(5, described)) as sandbox, calling(sandbox) as caller:
        found = await rows(
            caller, "$output=Logical&$select=assocName,userName,personEmail,isActive,ejUserId,ejStatus"
        )
        missing = await caller.get("/api/v1/User/4/UserPresenceStatus")

    assert [list(row.values())[2:] for row in found[1:]] == [
        ["USER2", "user2@example.com", "shared@example.com", False, 2, 1],
        ["USER3", "user3@example.com", "shared@example.com", True, 0, 0],
        ["ANN", "ann", "user5@example.com", True, 5, 2],
    ]
    assert missing[0] == 200


PAGINGS = [
    (Paging(), [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]),
    (Paging(largest=3), [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10]]),
    (Paging(short=frozenset({2})), [[1, 2, 3, 4], [5, 6], [9, 10]]),
    (Paging(repeated=frozenset({2})), [[1, 2, 3, 4], [1, 2, 3, 4], [9, 10]]),
    (Paging(repeated=frozenset({1})), [[], [5, 6, 7, 8], [9, 10]]),
    (Paging(vanishing=((1, 2), (1, 2), (2, 10))), [[1, 2, 3, 4], [6, 7, 8, 9], []]),
    (Paging(vanishing=((1, 3),), repeated=frozenset({2})), [[1, 2, 3, 4], [1, 2, 4], [10]]),
]


@pytest.mark.parametrize(("paging", "pages"), PAGINGS)
async def test_pages_may_disappoint(paging: Paging, pages: list[list[int]]) -> None:
    """A page may be smaller than asked, short, or shown twice, and people may go while it is turned."""
    unknowns = Assumptions(paging=paging)
    async with serve(People(10), Setup(assumptions=unknowns)) as sandbox, calling(sandbox) as caller:
        link: str | None = f"{sandbox.url}{USERS}?$select=associateDbId&$top=4"
        seen: list[list[int]] = []
        while link and len(seen) < len(pages):
            _, answer = await caller.get(link)
            seen.append([row["associateDbId"] for row in answer["value"]])
            link = answer["odata.nextLink"]

    assert seen == pages
