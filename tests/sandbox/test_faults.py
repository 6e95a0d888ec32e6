"""Faults: read exactly, befalling the share they are given, and what they leave behind."""

import asyncio
import sys
from collections import Counter

import aiohttp
import pytest

from presence_worker.model import NOT_PRESENT, PRESENT
from presence_worker.sandbox import Faults, People, Setup, read_faults, serve
from presence_worker.sandbox.fault_injection import KINDS, FaultInjector

from .caller import WasResetError, calling, presence_path

LOOPS = [
    ("asyncio", {"use_uvloop": False}),
    pytest.param(
        ("asyncio", {"use_uvloop": True}),
        marks=pytest.mark.skipif(sys.platform == "win32", reason="there is no uvloop there"),
    ),
]


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_faults_are_read_as_they_are_written() -> None:
    """Names take shares, outages take seconds; several of a kind are several."""
    faults = read_faults(["429:0.1", " Reset:.02", "timeout:0", "429:0.2", "outage:10-20.5", "outage:0-1"])

    assert faults.shares == (("429", 0.1), ("reset", 0.02), ("timeout", 0.0), ("429", 0.2))
    assert faults.outages == ((10.0, 20.5), (0.0, 1.0))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "429",
        "429:",
        "429:x",
        "429:-0.1",
        "429:1.1",
        "429:nan",
        "404:0.1",
        "outage:5",
        "outage:9-3",
        "outage:-1-3",
    ],
)
def test_what_is_no_fault_is_refused_naming_what_is(text: str) -> None:
    """An error names every text that is wrong, and all that is allowed."""
    with pytest.raises(ValueError, match="expected 429:SHARE, ") as caught:
        read_faults(["500:0.1", text, "nonsense"])

    assert str(caught.value).startswith(f"{text!r}, 'nonsense': ")
    assert all(name in str(caught.value) for name in [*KINDS, "outage:START-END"])


def test_there_are_no_more_faults_than_requests() -> None:
    """Shares may add up to all requests, and not to more."""
    whole = read_faults(["429:0.7", "503:0.1", "reset:0.2"])

    assert len(whole.shares) == 3
    with pytest.raises(ValueError, match=r"add up to 1\.2"):
        read_faults(["429:0.6", "503:0.6"])


def test_each_fault_befalls_its_share() -> None:
    """Of many requests, every fault gets about what it was given, its two halves alike."""
    luck = FaultInjector(Faults(shares=(("429", 0.1), ("timeout", 0.4)), seed=1))

    drawn = Counter(luck.draw(each, is_put=True) for each in range(10_000))

    (throttled,), (before, after) = KINDS["429"].ways, KINDS["timeout"].ways
    assert drawn[throttled] == pytest.approx(1000, rel=0.1)
    assert drawn[before] == pytest.approx(2000, rel=0.1)
    assert drawn[after] == pytest.approx(2000, rel=0.1)
    assert drawn[None] == pytest.approx(5000, rel=0.1)


def test_a_seed_repeats_faults_whoever_comes_first() -> None:
    """With the same seed each associate's requests meet the same faults, in any order of associates."""
    faults = Faults(shares=(("429", 0.5),), seed=7)
    one, other = FaultInjector(faults), FaultInjector(faults)

    ascending = {each: [one.draw(each, is_put=True) for _ in range(3)] for each in range(50)}
    descending = {each: [other.draw(each, is_put=True) for _ in range(3)] for each in range(49, -1, -1)}

    assert ascending == descending
    assert len({tuple(lots) for lots in ascending.values()}) > 4  # an associate's tries differ, too


def test_without_a_seed_faults_differ_every_time() -> None:
    """Only a seed makes faults predictable."""
    faults = Faults(shares=(("429", 0.5),))

    nights = {
        tuple(injector.draw(each, is_put=True) for each in range(100))
        for injector in (FaultInjector(faults), FaultInjector(faults))
    }

    assert len(nights) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_refused_put_is_not_applied(status: int) -> None:
    """A fault that answers does nothing else, to presence calls and to the query of all users."""
    async with (
        serve(People(), Setup(faults=read_faults([f"{status}:1"]))) as sandbox,
        calling(sandbox) as caller,
    ):
        answers = [
            await caller.put(7),
            await caller.get(presence_path(7)),
            await caller.get("/api/v1/User"),
            await caller.put(1001),
        ]

    assert [(number, error["Error"]) for number, error in answers] == [(status, True)] * 4
    assert sandbox.people.presence(7).status == PRESENT


@pytest.mark.anyio
async def test_throttling_says_how_long() -> None:
    """An answer of 429 asks for one second of patience."""
    async with (
        serve(People(), Setup(faults=read_faults(["429:1"]))) as sandbox,
        calling(sandbox) as caller,
        caller.session.get(presence_path(7)) as response,
    ):
        asked = response.headers["Retry-After"]

    assert asked == "1"


@pytest.mark.anyio
async def test_who_the_service_is_can_always_be_asked() -> None:
    """Faults spare GET /api and the question who we are."""
    async with serve(People(), Setup(faults=read_faults(["reset:1"]))) as sandbox, calling(sandbox) as caller:
        answers = [await caller.get("/api"), await caller.get("/api/v1/User/currentPrincipal")]

    assert [status for status, _ in answers] == [200, 200]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", LOOPS, ids=["asyncio", "uvloop"])
async def test_half_of_the_reset_puts_are_applied() -> None:
    """A reset gives no answer; what is stored afterwards is what the record says was applied."""
    faults = Faults(shares=(("reset", 1.0),), seed=3)
    async with serve(People(), Setup(faults=faults)) as sandbox, calling(sandbox) as caller:
        for each in range(1, 31):
            with pytest.raises(WasResetError):
                await caller.put(each)

    applied = {entry.associate_id for entry in sandbox.record if entry.applied}
    assert applied == {each for each in range(1, 31) if sandbox.people.presence(each).status == NOT_PRESENT}
    assert 8 < len(applied) < 22
    assert [entry.status for entry in sandbox.record] == [None] * 30


@pytest.mark.anyio
async def test_half_of_the_puts_that_time_out_are_applied() -> None:
    """A request that is never answered hangs until its client leaves, and may have been applied."""
    faults = Faults(shares=(("timeout", 1.0),), seed=3)
    timeout = aiohttp.ClientTimeout(total=0.5)
    async with serve(People(), Setup(faults=faults)) as sandbox, calling(sandbox) as caller:
        puts = [
            caller.call("PUT", presence_path(each), {"Status": NOT_PRESENT}, timeout=timeout)
            for each in range(1, 31)
        ]
        answers = await asyncio.gather(*puts, return_exceptions=True)

    assert {type(answer) for answer in answers} == {TimeoutError}
    assert 8 < sum(entry.applied for entry in sandbox.record) < 22


@pytest.mark.anyio
async def test_a_put_that_cannot_be_applied_is_not_applied_by_a_fault() -> None:
    """A fault after applying applies nothing where there is nothing to apply."""
    async with serve(People(), Setup(faults=read_faults(["reset:1"]))) as sandbox, calling(sandbox) as caller:
        for each in range(10):
            with pytest.raises(WasResetError):
                await caller.put(each + 1, status="nonsense")

    assert not any(entry.applied for entry in sandbox.record)


@pytest.mark.anyio
async def test_an_outage_counts_from_the_first_put() -> None:
    """Between its two moments every request is answered 503; the clock starts with the first PUT."""
    clock = Clock()
    faults = Faults(outages=((10.0, 20.0),), clock=clock)
    seen: list[tuple[int, int]] = []

    async with serve(People(), Setup(faults=faults)) as sandbox, calling(sandbox) as caller:
        await caller.get(presence_path(7))
        clock.now += 1000
        for _ in range(5):
            seen.append(((await caller.put(7))[0], (await caller.get("/api/v1/User?$top=1"))[0]))
            clock.now += 5

    assert seen == [(200, 200), (200, 200), (503, 503), (503, 503), (200, 200)]
