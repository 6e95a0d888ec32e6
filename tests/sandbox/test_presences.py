"""Single presences: what is set stays set, and what cannot be meant is refused."""

import io
import time
from typing import Any

import anyio
import pytest

from presence_worker.model import NOT_PRESENT, PRESENT, STATUSES, Presence
from presence_worker.sandbox import People, Sandbox, Setup, serve

from .caller import Caller, WasClosedError, calling, presence_path

pytestmark = pytest.mark.anyio


async def test_somebody_is_present_until_told_otherwise(caller: Caller) -> None:
    """Who was never changed is present and has no comment."""
    answer = await caller.get(presence_path(1000))

    assert answer == (200, {"Status": PRESENT, "Message": ""})


@pytest.mark.parametrize("status", STATUSES)
async def test_what_is_put_is_echoed_and_kept(caller: Caller, status: str) -> None:
    """A PUT answers 200 with what is stored, and a GET shows it from then on."""
    wanted = {"Status": status, "Message": "Zurück am 4. Jänner 🎿"}

    echo = await caller.put(7, **{name.lower(): text for name, text in wanted.items()})
    shown = await caller.get(presence_path(7))

    assert echo == shown == (200, wanted)


async def test_others_are_left_alone(caller: Caller, sandbox: Sandbox) -> None:
    """A PUT changes exactly one associate."""
    await caller.put(7, message="away")

    assert sandbox.people.presence(7) == Presence(status=NOT_PRESENT, message="away")
    assert {sandbox.people.presence(other).status for other in (1, 6, 8, 1000)} == {PRESENT}


@pytest.mark.parametrize("message", [{}, {"Message": None}], ids=["left out", "null"])
async def test_a_missing_message_clears_the_stored_one(caller: Caller, message: dict[str, None]) -> None:
    """A PUT replaces all there is: without a message, none is kept."""
    await caller.put(7, message="away")

    echo = await caller.call("PUT", presence_path(7), {"Status": NOT_PRESENT, **message})

    assert echo == (200, {"Status": NOT_PRESENT, "Message": ""})


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("associate_id", [0, 1001, 2_147_483_648])
async def test_who_does_not_exist_is_not_found(caller: Caller, method: str, associate_id: int) -> None:
    """An unknown associate is answered 404 in SuperOffice's own shape."""
    status, error = await caller.call(method, presence_path(associate_id), {"Status": PRESENT})

    assert (status, error["Error"], error["ErrorType"]) == (404, True, "SoNotFoundException")
    assert str(associate_id) in error["ErrorMessage"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff",
        b'{"Message": "secret"}',
        {"Status": "statusnormal", "Message": "secret"},
        {"Status": 1, "Message": "secret"},
        {"Status": PRESENT, "Message": ["secret"]},
        {"Status": PRESENT, "Message": "secret" * 50},
    ],
)
async def test_bodies_that_cannot_be_meant_are_refused(caller: Caller, sandbox: Sandbox, body: Any) -> None:
    """A bad body is answered 400 in the framework's shape, changes nothing, and is not quoted."""
    await caller.put(7, message="kept")

    status, error = await caller.call("PUT", presence_path(7), body)

    assert (status, error["Message"]) == (400, "The request is invalid.")
    assert "secret" not in error["MessageDetail"]
    assert sandbox.people.presence(7).message == "kept"


async def test_a_body_beyond_all_sense_is_refused(caller: Caller) -> None:
    """A body of more than a megabyte is not even looked at."""
    async with caller.session.put(presence_path(7), data=io.BytesIO(bytes(2**20 + 1))) as response:
        status = response.status

    assert status == 413


async def test_addresses_are_read_without_case(caller: Caller) -> None:
    """Paths mean the same in any case, and with a slash at the end."""
    await caller.put(7)

    answer = await caller.get("/API/V1/user/7/userpresencestatus/")

    assert answer == (200, {"Status": NOT_PRESENT, "Message": ""})


@pytest.mark.parametrize(
    "path", ["/", "/api/v2", "/api/v1/User/7", presence_path("x"), presence_path(-1), presence_path("7.0")]
)
async def test_what_is_not_there_is_not_found(caller: Caller, path: str) -> None:
    """An unknown resource is answered 404 in SuperOffice's own shape."""
    status, error = await caller.get(path)

    assert (status, error["ErrorType"]) == (404, "SoNotFoundException")


async def test_only_get_and_put(caller: Caller) -> None:
    """There is no other method, PATCH included."""
    status, error = await caller.call("PATCH", presence_path(7), {"Status": PRESENT})

    assert (status, error["MessageDetail"]) == (405, "expected PUT or GET")


async def test_latency_holds_back_the_answer_only() -> None:
    """A request is carried out at once and answered later."""
    async with serve(People(), Setup(latency=0.02)) as sandbox, calling(sandbox) as caller:
        await caller.put(7)
        answered = time.monotonic()

    assert sandbox.record[0].applied
    assert answered - sandbox.record[0].at >= 0.02


async def test_a_sandbox_ends_with_requests_in_flight() -> None:
    """Whoever is not answered yet when the sandbox ends is disconnected, and nobody waits for them."""
    lost = anyio.Event()

    async def put(sandbox: Sandbox) -> None:
        async with calling(sandbox) as caller:
            with pytest.raises(WasClosedError):
                await caller.put(7)
        lost.set()

    async with anyio.create_task_group() as tasks:
        async with serve(People(), Setup(latency=60)) as sandbox:
            tasks.start_soon(put, sandbox)
            while not sandbox.record:
                await anyio.lowlevel.checkpoint()
        with anyio.fail_after(240):
            await lost.wait()

    assert len(sandbox.record) == 1
