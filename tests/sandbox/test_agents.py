"""Agents: the remote procedures SuperOffice's own client calls."""

from typing import Any

import pytest

from presence_worker.model import NOT_PRESENT, PRESENT, Presence
from presence_worker.sandbox import Assumptions, People, Person, Sandbox, Setup, read_faults, serve

from .caller import Caller, calling

pytestmark = pytest.mark.anyio
USER, ASSOCIATE = "/api/v1/Agents/User", "/api/v1/Agents/Associate"
ASKED = {"Status": NOT_PRESENT, "Message": "away"}
NONE = {"Status": "StatusNone", "Message": ""}


@pytest.mark.parametrize(
    "body",
    [
        {"AssociateId": 7, "UserPresenceStatus": ASKED},
        {"associateId": 7, "userPresenceStatus": {"status": NOT_PRESENT, "message": "away"}},
    ],
)
async def test_presences_are_set_and_shown(caller: Caller, sandbox: Sandbox, body: dict[str, Any]) -> None:
    """Arguments come in the body, in any case; the answer is that of the plain call."""
    echo = await caller.call("POST", f"{USER}/SetUserPresenceStatus", body)
    shown = await caller.call("POST", f"{USER}/GetUserPresenceStatus", {"ASSOCIATEID": 7})

    assert echo == shown == (200, ASKED)
    entry = sandbox.record[0]
    assert (entry.associate_id, entry.applied, entry.method) == (7, True, "POST")
    assert entry.asked == Presence(status=NOT_PRESENT, message="away")


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("SetUserPresenceStatus", b"{"),
        ("SetUserPresenceStatus", []),
        ("SetUserPresenceStatus", {"AssociateId": "7", "UserPresenceStatus": ASKED}),
        ("SetUserPresenceStatus", {"AssociateId": True, "UserPresenceStatus": ASKED}),
        ("SetUserPresenceStatus", {"AssociateId": 7}),
        ("SetUserPresenceStatus", {"AssociateId": 7, "UserPresenceStatus": {"Status": "secret"}}),
        ("GetUserPresenceStatus", {}),
        ("../Associate/GetAssociateList", {}),
        ("../Associate/GetAssociateList", ["1"]),
        ("../Associate/GetAssociateList", b"["),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    caller: Caller, sandbox: Sandbox, call: str, body: Any
) -> None:
    """400, in the framework's shape, and nothing is changed."""
    status, error = await caller.call("POST", f"{USER}/{call}", body)

    assert (status, error["Message"]) == (400, "The request is invalid.")
    assert sandbox.people.changes() == {}


async def test_associates_are_listed_by_id() -> None:
    """In the order asked for, without strangers, with all that tells who they are."""
    described = {2: Person(name="ANN", full_name="Ann Sund", is_active=False, ej_user_id=0)}
    async with serve(People(3, described)) as sandbox, calling(sandbox) as caller:
        status, found = await caller.call("POST", f"{ASSOCIATE}/GetAssociateList", [3, 2, 4])

    assert (status, [each["AssociateId"] for each in found]) == (200, [3, 2])
    assert found[1] == {
        "AssociateId": 2,
        "Name": "ANN",
        "PersonId": 2,
        "Type": "InternalAssociate",
        "FullName": "Ann Sund",
        "Deleted": True,
        "EjUserId": 0,
        "UserName": "user2@example.com",
    }


async def test_associates_in_xml(caller: Caller) -> None:
    """A list is an element with an item for each."""
    async with caller.session.post(
        f"{ASSOCIATE}/GetAssociateList", json=[1], headers={"Accept": "text/xml"}
    ) as response:
        text = await response.text()

    assert "<Associates><item><AssociateId>1</AssociateId>" in text
    assert "<Deleted>false</Deleted>" in text


async def test_a_new_user_is_nobody_yet(caller: Caller) -> None:
    """The creator of a default entity gives an empty one."""
    status, user = await caller.call("POST", f"{USER}/CreateDefaultUser")

    assert (status, user["AssociateId"], user["Type"]) == (200, 0, "InternalAssociate")


async def test_they_are_behind_the_same_switches_and_faults() -> None:
    """What holds for a presence holds for its twin: rights, unknown ids, faults, the outage's start."""
    get, put = f"{USER}/GetUserPresenceStatus", f"{USER}/SetUserPresenceStatus"
    wish = {"AssociateId": 9, "UserPresenceStatus": {"Status": PRESENT}}
    forbidding = Assumptions(forbid=frozenset({"put"}), unknown_id="none")
    async with serve(People(3), Setup(assumptions=forbidding)) as sandbox, calling(sandbox) as caller:
        shown, refused = await caller.call("POST", get, wish), await caller.call("POST", put, wish)
    async with (
        serve(People(9), Setup(faults=read_faults(["outage:0-100"]))) as sandbox,
        calling(sandbox) as caller,
    ):
        out = [(await caller.call("POST", path, wish))[0] for path in (get, put, get)]

    assert shown == (200, NONE)
    assert refused[0] == 403
    assert out == [200, 503, 503]


@pytest.mark.parametrize(("choice", "answer"), [("404", None), ("null", None), ("none", NONE)])
async def test_an_unknown_id_is_no_404(choice: str, answer: Any) -> None:
    """Agents answer 200 `null` where the REST calls answer 404; other choices hold for both."""
    wish = {"AssociateId": 4, "UserPresenceStatus": ASKED}
    people = People(3)
    async with (
        serve(people, Setup(assumptions=Assumptions(unknown_id=choice))) as sandbox,
        calling(sandbox) as caller,
    ):
        answers = [
            await caller.call("POST", f"{USER}/{call}UserPresenceStatus", wish) for call in ("Get", "Set")
        ]

    assert answers == [(200, answer)] * 2
    assert people.changes() == {}
