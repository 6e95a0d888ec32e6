"""All users, page by page: however the pages come, everybody is found, and it ends."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presence_worker.model import NOT_PRESENT, PRESENT
from presence_worker.superoffice.user_query import MOST_WITHOUT_NEW, OVERLAP, PAGE, User, UserDirectory
from tests.examples import examples

Cells = dict[str, Any]
Show = Callable[[int, int], Iterable[int]]  # (skip, top): the ids of a page
MOST_PAGES = 200  # far more than any of these archives has


def row(associate_id: int | str | None, **cells: Any) -> Cells:
    usual = {"associateDbId": associate_id, "isActive": True, "ejUserId": 5, "ejStatus": 1}
    return usual | cells


def page(*rows: object, **more: Any) -> bytes:
    return orjson.dumps({"value": rows, **more})


def met(**cells: Any) -> User:
    """Return what is made of the one user of a page."""
    census = UserDirectory()
    assert census.add(page(row(7, **cells)))
    return census.users[7]


def asked(census: UserDirectory) -> dict[str, str]:
    """Return the options of the query for the next page."""
    return {name: values[0] for name, values in parse_qs(urlsplit(census.path).query).items()}


def turned(show: Show, census: UserDirectory | None = None, **more: Any) -> tuple[UserDirectory, int]:
    """Turn the pages that *show* shows until the census has had enough; give it, and how many there were."""
    census = census or UserDirectory()
    for number in range(1, MOST_PAGES):
        options = asked(census)
        ids = show(int(options["$skip"]), int(options["$top"]))
        goes_on = census.add(page(*map(row, ids), **more))
        if census.is_whole or not goes_on:
            return census, number
    pytest.fail("it never ends")


def archive(ids: Sequence[int], *, largest: int = PAGE) -> Show:
    """Return an archive that shows its pages as it should, of *largest* rows at most."""
    return lambda skip, top: ids[skip : skip + min(top, largest)]


@pytest.mark.parametrize(
    ("people", "queries"), [(1, 2), (300, 3), (PAGE, 3), (PAGE + 1, 4), (5000, 8), (7000, 10)]
)
def test_few_queries_show_everybody(people: int, queries: int) -> None:
    """5 000 users take less than ten queries, and the last of them only prove that nobody else is there."""
    census, asked_for = turned(archive(range(1, people + 1)))

    assert (len(census.users), asked_for) == (people, queries)
    assert census.is_whole


def test_what_is_asked_for() -> None:
    """Exactly the columns that are needed, in the order of the ids, and values rather than words."""
    path = UserDirectory("userName", "assocName").path

    assert path == (
        "/api/v1/User?$select=associateDbId,isActive,ejUserId,ejStatus,userName,assocName"
        "&$orderBy=associateDbId&$mode=full&$top=1000&$skip=0"
    )


@pytest.mark.parametrize(
    "link", [{}, {"odata.nextLink": None}, {"odata.nextLink": "http://internal-7/User?$skip=9999"}]
)
def test_the_link_to_the_next_page_does_not_count(link: Cells) -> None:
    """It may be missing, say that there is nothing more, or lead to a host that we cannot reach."""
    census, _ = turned(archive(range(1, 2501)), **link)

    assert len(census.users) == 2500


@pytest.mark.parametrize("largest", [1, 2, 3, 19, 40, 500])
def test_a_service_may_show_less_than_we_ask_for(largest: int) -> None:
    """Its pages are as large as it likes."""
    census, _ = turned(archive(range(1, 61), largest=largest))

    assert len(census.users) == 60


@pytest.mark.parametrize("order", [range(2500, 0, -1), [*range(1, 2501, 2), *range(2, 2501, 2)]])
def test_the_order_does_not_matter(order: Sequence[int]) -> None:
    """As long as it stays the same."""
    census, _ = turned(archive(order))

    assert (census.is_whole, len(census.users)) == (True, 2500)


def test_a_person_on_two_pages_counts_once() -> None:
    """And what came last of them is what they are."""
    census = UserDirectory()
    census.add(page(row(1), row(2)))

    census.add(page(row(2, ejStatus=2), row(3)))

    assert {number: user.status for number, user in census.users.items()} == {
        1: PRESENT,
        2: NOT_PRESENT,
        3: PRESENT,
    }


def test_who_leaves_between_two_pages_hides_nobody() -> None:
    """All others move up by as many places: pages overlap, so that nobody slips through."""
    ids = list(range(1, 2501))

    def show(skip: int, top: int) -> Sequence[int]:
        found = ids[skip : skip + top]
        del ids[:OVERLAP]
        return found

    census, _ = turned(show)

    assert census.users.keys() >= set(range(200, 2501))


@pytest.mark.parametrize("pages", [{2}, {3}, {2, 3}, {2, 4}, {5}, {2, 3, 4}])
@pytest.mark.parametrize("people", [2500, 60])
def test_a_page_that_comes_again_does_no_harm(pages: set[int], people: int) -> None:
    """The same page once more is no sign of the end."""
    good, last, number = archive(range(1, people + 1), largest=people // 2), [0], 0

    def show(skip: int, top: int) -> Iterable[int]:
        nonlocal last, number
        number += 1
        last = last if number in pages else list(good(skip, top))
        return last

    census, _ = turned(show)

    assert (census.is_whole, len(census.users)) == (True, people)


@pytest.mark.parametrize("pages", [{1}, {2}, {3}, {1, 2, 3}, set(range(1, 9))])
@pytest.mark.parametrize(("largest", "people"), [(2, 60), (30, 600), (1000, 1500)])
def test_a_page_that_is_cut_short_does_no_harm(pages: set[int], largest: int, people: int) -> None:
    """Nor is a short page one, the last one of all included."""
    good, number = archive(range(1, people + 1), largest=largest), 0

    def show(skip: int, top: int) -> Iterable[int]:
        nonlocal number
        number += 1
        found = list(good(skip, top))
        return found[: (len(found) + 1) // 2] if number in pages else found

    census, _ = turned(show)

    assert (census.is_whole, len(census.users)) == (True, people)


def test_pages_that_do_not_turn_are_not_to_be_had() -> None:
    """Whoever answers every query alike does not show everybody, as far as we know; and it ends."""
    census, asked_for = turned(lambda _, __: range(1, 501))

    assert not census.is_whole
    assert asked_for == 2 + MOST_WITHOUT_NEW


def test_an_archive_without_an_end_is_not_to_be_had() -> None:
    """A service that shows new users for ever would fill the memory, and no run would begin."""
    census, asked_for = turned(
        lambda skip, top: range(skip + 1, skip + top + 1), UserDirectory(most=5 * PAGE)
    )

    assert not census.is_whole
    assert asked_for == 6


def test_an_archive_of_nobody_is_none() -> None:
    """Whoever asks is a user: an empty list hides them all."""
    census = UserDirectory()

    assert not census.add(page())
    assert not census.is_whole


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>sign in</html>",
        b'{"value": [',
        b"{}",
        b'{"value": null}',
        b'{"value": {"associateDbId": 1}}',
        b'{"value": [1, 2]}',
        b'{"value": [{"id": 1}]}',
        b'{"value": [{"associateDbId": null}]}',
        b'{"Error": true, "ErrorMessage": "no such archive"}',
        b'{"Error": true, "value": [{"associateDbId": 7}]}',
        b'{"error": "true", "value": []}',
    ],
)
def test_what_is_no_page_is_refused(body: bytes) -> None:
    """Garbage, another shape, or rows without an id: nobody is made up out of them."""
    census = UserDirectory()

    assert not census.add(body)
    assert not census.users


@pytest.mark.parametrize(
    ("value", "found"),
    [
        *[(7, 7), ("7", 7), ("2147483647", 2147483647)],
        *[(0, None), (-7, None), (7.0, None), (True, None), (2147483648, None), ("7a", None), (None, None)],
        *[("１２", None), (" 7", None), ("99999999999999", None), ([7], None)],
    ],
)
def test_ids_are_whole_numbers_or_their_digits(value: Any, found: int | None) -> None:
    """An id that is none is nobody's, and takes nobody else along."""
    census = UserDirectory()

    assert census.add(page(row(value), row(1)))

    assert census.users.keys() - {1} == ({found} if found else set())


@pytest.mark.parametrize(
    ("value", "status"),
    [
        *[(1, PRESENT), (2, NOT_PRESENT), (0, "StatusNone"), (127, "StatusSystem")],
        *[
            (9, None),
            ("1", None),
            ("Normal", None),
            ("Til stede", None),
            (True, None),
            (1.0, None),
            (None, None),
        ],
    ],
)
def test_only_a_number_is_a_status(value: Any, status: str | None) -> None:
    """What people read may be in any language: it is not understood, and such a user is looked at."""
    assert met(ejStatus=value).status == status


@pytest.mark.parametrize(
    ("value", "is_active"),
    [
        (True, True),
        (1, True),
        (False, False),
        (0, False),
        ("No", True),
        ("0", True),
        (None, True),
        ([], True),
    ],
)
def test_odd_values_make_nobody_inactive(value: Any, is_active: bool) -> None:  # noqa: FBT001
    """Only a boolean or a number says that somebody is not active."""
    assert met(isActive=value).is_active is is_active


@pytest.mark.parametrize(
    ("value", "has_service"),
    [(5, True), (0, False), (-1, True), (False, True), ("0", True), ("", True), (None, True), ({}, True)],
)
def test_odd_values_take_nobody_s_service_away(value: Any, has_service: bool) -> None:  # noqa: FBT001
    """Only the number 0 says that somebody has no part in Service."""
    assert met(ejUserId=value).has_service is has_service


def test_who_can_have_a_presence_is_counted() -> None:
    """Active users with a part in Service: percentages are of them."""
    census = UserDirectory()
    census.add(page(row(1), row(2, isActive=False), row(3, ejUserId=0), row(4, ejStatus="Away")))

    assert census.service_users == 2


@pytest.mark.parametrize("inside", [{}, {"PrimaryKey": 7, "TooltipHint": "x"}])
@pytest.mark.parametrize("nested", [True, False])
def test_values_in_two_forms(inside: Cells, nested: bool) -> None:  # noqa: FBT001
    """With both their forms, the raw one counts, in a column of their own or side by side."""
    cells = {
        name: {"RawValue": raw, "DisplayValue": shown}
        for name, raw, shown in [
            ("associateDbId", 7, "7"),
            ("isActive", False, "Nei"),
            ("ejUserId", 0, "0"),
            ("ejStatus", 2, "Borte"),
            ("userName", "ann", "Ann"),
        ]
    }
    census = UserDirectory("userName")

    assert census.add(page({**inside, **({"Column": cells} if nested else cells)}))

    assert census.users == {7: User(status=NOT_PRESENT, is_active=False, has_service=False)}
    assert census.named == {"ann": {7}}


def test_names_are_compared_without_case() -> None:
    """Of several columns any will do; who shares a name is found with the others; no name is nobody's.

    An accent is the same whether it is written apart from its letter or with it.
    """
    census = UserDirectory("userName", "assocName")
    census.add(
        page(
            row(1, userName=" Ann@Example.COM ", assocName="ANN"),
            row(2, userName="STRASSE", assocName="ann"),
            row(3, userName="straße", assocName=None),
            row(4, userName="", assocName=12),
            row(5, userName="A\u030ase"),
        )
    )

    assert census.named == {
        "ann@example.com": {1},
        "ann": {1, 2},
        "strasse": {2},
        "straße": {3},
        "12": {4},
        "\u00e5se": {5},
    }


@settings(deadline=None, max_examples=examples(60))
@given(data=st.data(), people=st.integers(1, 150), largest=st.integers(1, 60))
def test_nobody_who_was_there_all_the_time_is_missed(data: st.DataObject, people: int, largest: int) -> None:
    """People come and go between pages, as far as the overlap allows, and pages come cut or twice."""
    ids, last = list(range(1, people + 1)), [1]
    stayed, joined = set(ids), 0

    def show(skip: int, _: int) -> Sequence[int]:
        nonlocal last, joined
        how = data.draw(st.sampled_from(["whole"] * 6 + ["again", "cut"]), label="page")
        found = ids[skip : skip + largest]
        last = {"whole": found, "again": last, "cut": found[: (len(found) + 1) // 2]}[how]
        most = min(len(found) // 2, OVERLAP, len(ids) - 1) if how == "whole" else 0
        for _ in range(data.draw(st.integers(0, most), label="leave")):
            stayed.discard(ids.pop(data.draw(st.integers(0, len(ids) - 1), label="who")))
        joined += 1 if joined < 20 else 0
        ids[len(ids) :] = [people + joined] if people + joined not in ids else []
        return last

    census, _ = turned(show)

    assert stayed <= census.users.keys() or not census.is_whole  # who gives up claims nothing
