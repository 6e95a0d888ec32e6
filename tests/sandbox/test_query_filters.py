"""$filter: the comparisons that make sense of users, and a refusal of all others."""

from collections.abc import Mapping

import pytest

from presence_worker.model import NOT_PRESENT, Presence
from presence_worker.sandbox import People, Person, serve
from presence_worker.sandbox.query_filters import read_filter
from presence_worker.sandbox.user_archive import COLUMNS, read_row

from .caller import calling

PEOPLE = People(
    5,
    {
        2: Person(name="O'Hara", is_active=False),
        3: Person(ej_user_id=0, login="Ann@Example.com"),
        4: Person(presence=Presence(status=NOT_PRESENT, message="")),
    },
)
ROWS: list[Mapping[str, str | int]] = [read_row(PEOPLE, each) for each in range(1, 6)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("associateDbId eq 2", [2]),
        ("ASSOCIATEDBID = 2", [2]),
        ("associateDbId equals 2 or associateDbId is 3", [2, 3]),
        ("associateDbId ne 2", [1, 3, 4, 5]),
        ("associateDbId gt 3", [4, 5]),
        ("associateDbId ge 3 and associateDbId lt 5", [3, 4]),
        ("associateDbId le 2", [1, 2]),
        ("associateDbId greater 4", [5]),
        ("associateDbId less 2", [1]),
        ("ejUserId gt 0", [1, 2, 4, 5]),
        ("ejUserId eq -1", []),
        ("ejStatus eq 2", [4]),
        ("isActive eq false", [2]),
        ("isActive eq 1", [1, 3, 4, 5]),
        ("userName eq 'ANN@example.COM'", [3]),
        ("userName isNot 'ann@example.com'", [1, 2, 4, 5]),
        ("assocName eq 'o''hara'", [2]),
        ("assocName begins 'o'", [2]),
        ("assocName notBegins 'user'", [2]),
        ("userName contains 'nn@'", [3]),
        ("userName notContains 'user'", [3]),
        ("startswith(userName,'ann')", [3]),
        ("endswith(assocName, 'hara')", [2]),
        ("substringof('nn@', userName)", [3]),
        ("contains(userName,'nn@')", [3]),
        ("associateDbId oneOf (1, 4,5)", [1, 4, 5]),
        ("associateDbId notOneOf (1,4,5)", [2, 3]),
        ("associateDbId in (2)", [2]),
        ("not isActive eq true", [2]),
        ("associateDbId eq 1 or associateDbId eq 2 and isActive eq true", [1]),
        ("(associateDbId eq 1 or associateDbId eq 2) and isActive eq true", [1]),
        ("not (associateDbId eq 1 or associateDbId eq 2)", [3, 4, 5]),
        ("userName eq 'or'", []),
    ],
)
def test_rows_are_picked_as_asked(text: str, ids: list[int]) -> None:
    """Numbers, truths, texts without case, lists, functions, and, or, not, brackets."""
    wanted = read_filter(text, COLUMNS)

    assert [each["associateDbId"] for each in ROWS if wanted(each)] == ids


@pytest.mark.parametrize(
    "text",
    [
        "",
        "associateDbId",
        "associateDbId eq",
        "associateDbId about 2",
        "associateDbId eq 2 associateDbId eq 3",
        "associateDbId eq 2 and",
        "(associateDbId eq 2",
        "associateDbId oneOf 2",
        "associateDbId oneOf (2",
        "startswith(userName)",
        'userName eq "ann"',
        "userName eq 'ann",
        "nobody eq 2",
        "startswith(nobody,'a')",
        "'associateDbId' eq",
    ],
)
def test_what_is_no_filter_is_refused_naming_what_is(text: str) -> None:
    """Whatever is not understood is told with what is."""
    with pytest.raises(ValueError, match=r"\$filter: expected"):
        read_filter(text, COLUMNS)


@pytest.mark.parametrize(
    "text", ["ejUserId eq 'ann'", "associateDbId contains 2", "isActive eq maybe", "ejUserId gt true"]
)
def test_numbers_are_compared_with_numbers(text: str) -> None:
    """A comparison that cannot be made is an error, not an empty answer."""
    wanted = read_filter(text, COLUMNS)

    with pytest.raises(ValueError, match=r"\$filter: \w+ is compared by"):
        wanted(ROWS[0])


@pytest.mark.anyio
async def test_pages_are_of_who_was_asked_for() -> None:
    """Over the wire, $filter goes before $top, and the last page of them is the last; nonsense is 400."""
    async with serve(People(10)) as sandbox, calling(sandbox) as caller:
        first = await caller.get("/api/v1/User?$filter=associateDbId%20gt%205&$top=3&$select=associateDbId")
        last = await caller.get(first[1]["odata.nextLink"])
        refused = await caller.get("/api/v1/User?$filter=ejUserId%20eq%20x")

    assert [row["associateDbId"] for row in first[1]["value"]] == [6, 7, 8]
    assert [row["associateDbId"] for row in last[1]["value"]] == [9, 10]
    assert last[1]["odata.nextLink"] is None
    assert (refused[0], refused[1]["Message"]) == (400, "The request is invalid.")
