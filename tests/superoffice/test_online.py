"""SuperOffice Online: what it says of this part of its service is said where it may explain an answer."""

import pytest
import structlog

from presence_worker.model import Result
from presence_worker.superoffice import open_client
from presence_worker.superoffice.online_hints import WORDS
from tests.raw_server import Act, answer, raw_server

from .given import change
from .signing_in import STATE, in_turn, online, routed
from .test_tenant import PASSWORD, state

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.proves("SuperOffice Online does not open presence to the application (403, 404)")
async def test_the_first_refusal_says_what_it_may_mean(status: int) -> None:
    """Once, with whom to ask; the row is refused like any other."""
    words = b'{"ErrorMessage": "No such thing."}'
    acts: dict[str, Act] = {}
    async with raw_server(otherwise=routed(acts, answer(status, words))) as server:
        acts[STATE] = state(server.url)
        setting = online("", PASSWORD, server.url, tenant="Cust12345")
        with structlog.testing.capture_logs() as logs:
            async with open_client(setting) as client:
                first, second = await client.put(change()), await client.put(change())

    assert first.result is second.result is Result.REJECTED
    assert first.detail == f"{WORDS}; it answered: No such thing."
    assert second.detail == "No such thing."
    assert [event["event"] for event in logs].count("online.not_by_default") == 1


async def test_what_is_added_hides_no_secret_that_was_cut() -> None:
    """A secret that stands where the service's words end is blotted out, though only its half is left."""
    acts: dict[str, Act] = {}
    words = f'{{"ErrorMessage": "{"x" * 290} {PASSWORD["password"]}"}}'
    async with raw_server(otherwise=routed(acts, answer(404, words.encode()))) as server:
        acts[STATE] = state(server.url)
        async with open_client(online("", PASSWORD, server.url, tenant="Cust12345")) as client:
            outcome = await client.put(change())

    assert WORDS in str(outcome.detail)
    assert "correct" not in str(outcome.detail)


@pytest.mark.parametrize("status", [400, 500])
async def test_other_answers_are_not_explained_by_it(status: int) -> None:
    """They mean something else, and the hint is kept for who needs it."""
    acts: dict[str, Act] = {}
    act = in_turn(answer(status), answer(404))
    async with raw_server(otherwise=routed(acts, act)) as server:
        acts[STATE] = state(server.url)
        async with open_client(online("", PASSWORD, server.url, tenant="Cust12345")) as client:
            other, refused = await client.put(change()), await client.put(change())

    assert WORDS not in str(other.detail)
    assert WORDS in str(refused.detail)


async def test_an_installation_of_ones_own_is_not_told_of_it() -> None:
    """There 404 means the person."""
    async with (
        raw_server(otherwise=answer(404)) as server,
        open_client(online(server.url, PASSWORD)) as client,
    ):
        outcome = await client.put(change())

    assert WORDS not in str(outcome.detail)


def test_it_names_whom_to_ask() -> None:
    """What cannot be mended here is somebody's to mend."""
    assert "Ask SuperOffice" in WORDS
    assert "partner" in WORDS
