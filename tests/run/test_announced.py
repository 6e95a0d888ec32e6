"""How many requests a run takes: what is announced before the first PUT is what the service gets."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presence_worker.errors import UsageFault
from presence_worker.events import Announced
from presence_worker.model import NOT_PRESENT, PRESENT, Presence
from presence_worker.run.commands import run_job, undo_run
from presence_worker.sandbox import People, Person
from tests.examples import examples
from tests.raw_server import Peer, Request, answer, echo, raw_server

from .crm import Crm, Held, absent, here
from .given import Ended, On, Row, Worker, away, raw_up, sandbox_up, write_csv
from .test_hosted import Host

HOWS = ("auto", "each", "query", "off")
ROWS: Sequence[Row] = [
    *away(range(1, 4)),  # who are away so already
    *[(each, NOT_PRESENT, "another word") for each in range(4, 9)],  # likewise, but for the comment
    *[(each, NOT_PRESENT, "") for each in range(9, 11)],  # who are away, with a comment
    *[(each, PRESENT, "") for each in range(11, 31)],  # twelve of them are away, the others present
    *away(range(31, 61)),  # who are present; of the last ones each has something special
]


def people() -> People:
    """Give sixty people: some away, and some whom the query forgets, or who have no presence."""
    gone = {each: Presence(status=NOT_PRESENT, message=f"back on {each}") for each in range(1, 23)}
    described = {each: Person(presence=presence) for each, presence in gone.items()}
    described |= {58: Person(in_query=False), 59: Person(is_active=False), 60: Person(ej_user_id=0)}
    return People(60, described)


def job(worker: Worker, column: str) -> Path:
    """Write the rows; by login where the *column* is that."""
    name = {"login": "user{}@example.com", "associateId": "{}"}[column]
    path = worker.folder / "job.csv"
    lines = [",".join((name.format(who), status, words)) for who, status, words in ROWS]
    path.write_text("\n".join([f"{column},status,message", *lines, ""]), "utf-8")
    return path


def announced(ended: Ended) -> list[tuple[bool, int]]:
    """Give what a command has announced: whether it is final, and the number of requests."""
    told = [event for event in ended.events if event["event"] == "run.announced"]
    assert all(each["seconds"] == round(each["requests"] / each["rate"], 1) for each in told)
    return [(each["final"], each["requests"]) for each in told]


def made(ended: Ended) -> int:
    """Give the requests a run made in all, by its summary."""
    requests = ended.summary["requests"]
    return int(requests["put"] + requests["get"])


@pytest.mark.parametrize(
    ("column", "verify"),
    [("associateId", "off"), ("associateId", "sample"), ("associateId", "all"), ("login", "off")],
)
@pytest.mark.parametrize("how", HOWS)
def test_the_final_number_is_what_the_service_gets(
    how: str, verify: str, column: str, on: On, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By every command and every way of reading; the first one is never less, and a plan has no final one."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__VERIFY", verify)
    with sandbox_up(people()) as sandbox:
        worker = on(sandbox)
        worker.read_before = how

        planned, so_far = worker("plan", job(worker, column)), len(sandbox.record)
        assert [final for final, _ in announced(planned)] == [False]
        assert announced(planned)[0][1] >= made(planned) == so_far
        for begun, command in ((0, "apply"), (None, "undo"), (None, "run"), (None, "run")):
            before = len(sandbox.record) if begun is None else begun
            ended = worker(command, job(worker, column) if command == "run" else "last")

            _check(ended, requests=len(sandbox.record) - before)


def _check(ended: Ended, *, requests: int) -> None:
    assert made(ended) == requests
    *first, (final, last) = announced(ended)
    assert [each[0] for each in first] in ([], [False])
    assert all(each[1] >= requests for each in first)
    if final:
        assert last == requests
    else:  # nothing was left to send, so nothing was final
        assert (first, ended.summary["requests"]["put"]) == ([], 0)


@pytest.mark.parametrize("how", HOWS)
def test_after_the_query_no_more_is_announced_than_may_come(how: str, on: On) -> None:
    """With `query` nothing but who is missing is uncertain; whoever has what is wanted gets no PUT."""
    with sandbox_up(people()) as sandbox:
        worker = on(sandbox)
        worker.read_before = how

        said = announced(worker("run", job(worker, "associateId")))

    numbers = {"auto": [76, 73], "each": [120, 109], "query": [54, 54], "off": [60]}
    assert [number for _, number in said] == numbers[how]


@pytest.mark.parametrize("how", HOWS)
def test_who_is_named_by_login_is_looked_up_before_it_is_announced(how: str, on: On) -> None:
    """The query is made whatever `read_before` says, and behind it stands how many requests there are."""
    with sandbox_up(people()) as sandbox:
        worker = on(sandbox)
        worker.read_before = how

        said = announced(worker("run", job(worker, "login")))

    assert [final for final, _ in said] == [False, True]


@pytest.mark.parametrize("how", HOWS)
def test_a_held_run_announces_its_puts_again(how: str, on: On, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is applied, the requests that held it are among those of the run."""
    with sandbox_up(people()) as sandbox:
        worker = on(sandbox)
        worker.read_before = how
        monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_CHANGES", "1")
        held = worker("run", job(worker, "associateId"))

        applied = worker("apply", "last")

    assert (held.code, applied.summary["state"]) == (5, "finished")
    _check(applied, requests=len(sandbox.record))


@pytest.mark.parametrize("how", HOWS)
def test_a_resumed_run_announces_what_it_made_before(how: str, on: On) -> None:
    """A stop amid the rows: those in doubt are looked at again, and all requests are of one run."""
    crm = Crm(here(range(1, 16)) | absent(range(16, 21)))

    async def act(peer: Peer, request: Request) -> None:
        stops = is_stopping and request.method == "PUT" and len(server.puts) > 5
        await (answer(401) if stops else crm)(peer, request)

    is_stopping = True
    with raw_up(act) as server:
        worker = on(server)
        worker.read_before = how
        stopped = worker("run", write_csv(worker.folder / "job.csv", away(range(1, 21))))
        is_stopping = False

        resumed = worker("resume")

    assert (stopped.code, resumed.code) == (6, 0)
    assert [final for final, _ in announced(resumed)] == [True]
    _check(resumed, requests=len(server.requests))


def test_tries_that_are_repeated_are_not_announced(on: On) -> None:
    """Nobody knows them before."""
    with raw_up(echo, answer(503)) as server:
        worker = on(server)
        worker.read_before = "off"

        ended = worker("run", write_csv(worker.folder / "job.csv", away(range(1, 6))))

    assert (announced(ended), made(ended)) == ([(True, 5)], 6)


# -- any night -----------------------------------------------------------------------------------------------

WHO = st.integers(1, 12)  # the last two are nobody
VALUES = st.tuples(st.sampled_from([PRESENT, NOT_PRESENT]), st.sampled_from(["", "ill", "away"]))


@settings(max_examples=examples(30))
@given(
    held=st.fixed_dictionaries(dict.fromkeys(range(1, 11), VALUES)),
    hidden=st.sets(st.integers(1, 10), max_size=2),
    rows=st.lists(st.tuples(WHO, VALUES), min_size=1, max_size=12, unique_by=lambda row: row[0]),
    how=st.sampled_from(HOWS),
    verify=st.sampled_from(["off", "sample", "all"]),
)
def test_any_night_is_announced_as_it_is(
    held: dict[int, Held], hidden: set[int], rows: list[tuple[int, Held]], how: str, verify: str
) -> None:
    """Whatever people hold, and whatever is asked for: by the run, and by its undo."""
    crm = Crm(held)
    crm.hidden = hidden
    job = [(who, status, words or "") for who, (status, words) in rows]

    for announced_final, made in asyncio.run(_run_and_undo(crm, job, read_before=how, verify=verify)):
        assert announced_final in (None, made)


async def _run_and_undo(crm: Crm, job: Sequence[Row], **delivery: str) -> list[tuple[int | None, int]]:
    """Give, of a run and of its undo, the final number that was announced, if any, and the requests made."""
    found = []
    with TemporaryDirectory() as folder:
        async with raw_server(otherwise=crm) as server:
            host = Host(Path(folder), server.url, **delivery)
            write_csv(host.job, job)
            for work in (partial(run_job, str(host.job)), partial(undo_run, "last")):
                host.events.clear()
                before = len(server.requests)
                with suppress(UsageFault):  # there may be nothing to undo
                    await work(host.context)
                told = [
                    each.requests for each in host.events if isinstance(each, Announced) and each.is_final
                ]
                found.append((next(iter(told), None), len(server.requests) - before))
    return found
