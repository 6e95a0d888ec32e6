"""What nobody knows of SuperOffice: a switch for each, and each choice does what it says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from presence_worker.model import NOT_PRESENT, PRESENT
from presence_worker.sandbox import FLAGS, SWITCHES, Assumptions, People, Person, Setup, read_faults, serve
from presence_worker.sandbox.bodies import ERROR_FORMATS
from presence_worker.sandbox.calls import FAULTY
from presence_worker.superoffice.answer_headers import retry_after_of

from .caller import Answer, Caller, calling, presence_path

pytestmark = pytest.mark.anyio
NONE = {"Status": "StatusNone", "Message": ""}
ASKED = {"Status": NOT_PRESENT, "Message": "away"}
OF_NOBODY: list[tuple[str, tuple[int, Any], tuple[int, Any]]] = [  # choice, answer to a PUT, to a GET
    ("404", (404, "SoNotFoundException"), (404, "SoNotFoundException")),
    ("400", (400, "SoArgumentException"), (400, "SoArgumentException")),
    ("500", (500, "NullReferenceException"), (500, "NullReferenceException")),
    ("null", (200, None), (200, None)),
    ("none", (200, NONE), (200, NONE)),
    ("echo", (200, ASKED), (200, {"Status": PRESENT, "Message": ""})),
]


@asynccontextmanager
async def asked(people: People | None = None, **unknowns: Any) -> AsyncIterator[Caller]:
    """Somebody who calls a sandbox with some switches set."""
    async with (
        serve(people or People(), Setup(assumptions=Assumptions(**unknowns))) as sandbox,
        calling(sandbox) as caller,
    ):
        yield caller


def told(answer: Answer) -> tuple[int, Any]:
    """Give the status, and the value or the kind of error."""
    status, value = answer
    return status, value["ErrorType"] if status >= 400 else value


def test_each_choice_is_one_that_can_be_made() -> None:
    """The table of switches and the settings are the same; the first choice is the default."""
    unknowns = Assumptions()

    assert {name: switch.choices[0] for name, switch in SWITCHES.items()} == {
        each.name: getattr(unknowns, each.name) for each in fields(unknowns) if each.name in SWITCHES
    }
    assert {each.name for each in fields(unknowns)} == {*SWITCHES, *FLAGS, "forbid", "paging", "version"}
    assert set(SWITCHES["error_shape"].choices) == {"mixed", *ERROR_FORMATS}
    with pytest.raises(
        ValueError, match=r"unknown_id: expected one of 404, .*; forbid: expected some of put"
    ):
        Assumptions(unknown_id="418", forbid=frozenset({"breathe"}))


@pytest.mark.parametrize(("choice", "put", "get"), OF_NOBODY)
async def test_an_id_nobody_has(choice: str, put: tuple[int, Any], get: tuple[int, Any]) -> None:
    """A PUT and a GET of a stranger are answered as was chosen, and nothing is stored."""
    people = People(3)
    async with asked(people, unknown_id=choice) as caller:
        answers = [await caller.put(4, NOT_PRESENT, "away"), await caller.get(presence_path(4))]

    assert [told(answer) for answer in answers] == [put, get]
    assert people.changes() == {}


@pytest.mark.parametrize(("choice", "put", "get"), OF_NOBODY[:-1])
async def test_somebody_without_a_user_in_service(
    choice: str, put: tuple[int, Any], get: tuple[int, Any]
) -> None:
    """An associate whose ejUserId is 0 is answered as was chosen; others are not concerned."""
    async with asked(People(3, {2: Person(ej_user_id=0)}), no_service_user=choice) as caller:
        answers = [await caller.put(2, NOT_PRESENT, "away"), await caller.get(presence_path(2))]
        other = await caller.put(1)

    assert [told(answer) for answer in answers] == [put, get]
    assert other[0] == 200


async def test_by_default_everybody_who_exists_has_a_presence() -> None:
    """Unless switched, a missing user in Service does not show in a presence."""
    async with asked(People(3, {2: Person(ej_user_id=0)})) as caller:
        answer = await caller.put(2, NOT_PRESENT, "away")

    assert answer == (200, ASKED)


@pytest.mark.parametrize("status", ["STATUSnotavailable", 2, "2"])
async def test_a_loose_status(status: str | int) -> None:
    """A number or another case is understood, and echoed as the exact name, only where switched on."""
    body = {"Status": status, "Message": ""}
    async with asked(loose_status=True) as caller:
        loose = await caller.call("PUT", presence_path(7), body)
        nonsense = await caller.call("PUT", presence_path(7), {"Status": "9"})
    async with asked() as caller:
        exact = await caller.call("PUT", presence_path(7), body)

    assert loose == (200, {"Status": NOT_PRESENT, "Message": ""})
    assert (nonsense[0], exact[0]) == (400, 400)


@pytest.mark.parametrize(("choice", "length"), [("cut", 255), ("accept", 300)])
async def test_a_long_message(choice: str, length: int) -> None:
    """It is cut or kept whole, and the echo shows which."""
    async with asked(long_message=choice) as caller:
        status, echo = await caller.put(7, NOT_PRESENT, "x" * 300)

    assert (status, len(echo["Message"])) == (200, length)


async def test_an_omitted_message_that_is_kept() -> None:
    """What was stored stays, where a PUT works like a PATCH."""
    async with asked(omitted_message="keep") as caller:
        await caller.put(7, NOT_PRESENT, "away")
        echo = await caller.call("PUT", presence_path(7), {"Status": PRESENT})

    assert echo == (200, {"Status": PRESENT, "Message": "away"})


async def test_account_states_that_are_refused() -> None:
    """The two statuses of presence are all that is taken."""
    async with asked(account_states="refuse") as caller:
        statuses = [(await caller.put(7, each))[0] for each in ("StatusDeleted", NOT_PRESENT, PRESENT)]

    assert statuses == [400, 200, 200]


BODIES = {
    "so": '{"Error":true,"ErrorType":"SoNotFoundException","ErrorMessage":"No associate',
    "so-message": '{"Error":true,"ErrorType":"SoNotFoundException","Message":"No associate',
    "aspnet": '{"Message":"The request is invalid.","MessageDetail":"No associate',
    "html": "<!DOCTYPE html>\n<html><head><title>No associate",
    "empty": "",
}


@pytest.mark.parametrize("shape", BODIES)
async def test_the_shape_of_errors(shape: str) -> None:
    """Every error comes in the shape that was chosen; pages and nothing are no JSON."""
    async with asked(error_shape=shape) as caller:
        async with caller.session.get(presence_path(1001)) as response:
            body, content_type = await response.text(), response.content_type
        async with caller.session.get(presence_path(1), headers={"Authorization": ""}) as response:
            status = response.status

    assert body.startswith(BODIES[shape])
    assert bool(body) is (shape != "empty")
    assert content_type == ("text/html" if shape in ("html", "empty") else "application/json")
    assert status == 401


@pytest.mark.parametrize("form", SWITCHES["throttle_form"].choices)
async def test_the_form_of_throttling(form: str) -> None:
    """A 429 asks for patience in seconds, by a date, not at all, or by a rate limit that is used up."""
    async with (
        serve(
            People(), Setup(faults=read_faults(["429:1"]), assumptions=Assumptions(throttle_form=form))
        ) as sandbox,
        calling(sandbox) as caller,
        caller.session.get(presence_path(7)) as response,
    ):
        waits, asked_for = response.headers.get("Retry-After"), retry_after_of(429, response.headers)

    assert response.status == 429
    assert (waits is not None) is (form in ("seconds", "date"))
    assert form != "date" or parsedate_to_datetime(str(waits)).year > 2000
    assert (asked_for is None) if form == "bare" else (0 <= (asked_for or 0) <= 2)
    assert {reply.status for reply in FAULTY.values()} == {429, 500, 503}


USERS = "/api/v1/User"
PRINCIPAL = f"{USERS}/currentPrincipal"


@pytest.mark.parametrize(
    ("unknowns", "statuses"),  # of a PUT, a GET, the query, and of who one is
    [
        ({}, [200, 200, 200, 200]),
        ({"forbid": frozenset({"put"})}, [403, 200, 200, 200]),
        ({"forbid": frozenset({"get", "query"})}, [200, 403, 403, 200]),
        ({"forbid": frozenset({"all"})}, [403, 403, 403, 403]),
        ({"no_presence": True}, [404, 404, 200, 200]),
        ({"no_query": True}, [200, 200, 404, 200]),
    ],
)
async def test_what_is_not_to_be_had(unknowns: dict[str, Any], statuses: list[int]) -> None:
    """A right that is lacking is answered 403, what is not there 404; GET /api is open to all."""
    async with asked(**unknowns) as caller:
        answers = [
            await caller.put(7),
            await caller.get(presence_path(7)),
            await caller.get(USERS),
            await caller.get(PRINCIPAL),
            await caller.get("/api"),
        ]

    assert [status for status, _ in answers] == [*statuses, 200]


async def test_the_version_it_claims_to_be() -> None:
    """GET /api tells the version that was chosen."""
    async with asked(version="8.5 R1") as caller:
        answer = await caller.get("/api")

    assert answer == (200, {"NetServerVersion": "8.5 R1"})
