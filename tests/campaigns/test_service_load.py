"""Everybody comes at once: what the service answers, what it needs, and whether anything gets lost."""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.run.given import WORKER, started
from tests.serve.outside.raw_client import request_bytes
from tests.serve.outside.served import Outside, Place, serving, token_of

from .night import ROOT
from .size import LONG, waits_long

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc"),
]
TARGETS = tuple(f"target-{number}" for number in range(10))
JOBS = 200 if LONG else 40
ROWS = 10 if LONG else 5  # of a job
WATCHERS = 100
SLOW = 40  # senders who drip
HALF = 40  # senders who fall silent
MIB = 1024 * 1024
MEMORY = 150 * MIB
AT_MOST = 0.05  # seconds for /healthz
COMMON = '[delivery]\nrate = 100\nread_before = "off"\n[safety]\nmax_changes = "none"\n'


@dataclass(slots=True)
class Crowd:
    """Owns what everybody who came was told."""

    url: str
    locations: dict[int, str] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    heard: Counter[str] = field(default_factory=Counter)

    async def ask(self, method: str, path: str, body: bytes, *headers: tuple[str, str]) -> tuple[int, bytes]:
        """Ask once; give the status and the whole answer."""
        reader, writer = await self._connect()
        writer.write(self._request("importer", method, path, body, *headers, ("Connection", "close")))
        answer = await reader.read()
        writer.close()
        return int(answer.split(b" ", 2)[1]), answer

    async def hand_in(self, number: int) -> None:
        """Hand a job in, until it is acknowledged."""
        key = ("Idempotency-Key", f"key-{number}")
        path = f"/api/v1/jobs?target={TARGETS[number % len(TARGETS)]}"
        while number not in self.locations:
            status, answer = await self.ask("POST", path, body_of(number), key)
            self.statuses[f"job {status}"] += 1
            if status == 202:
                head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
                lines = dict(line.partition(": ")[::2] for line in head.split("\r\n")[1:])
                self.locations[number] = lines["Location"]
            else:
                await anyio.sleep(0.2)

    async def drip(self, number: int) -> None:
        """Hand a job in byte by byte: it is acknowledged, or told that it takes too long."""
        reader, writer = await self._connect()
        body = body_of(JOBS + number)
        length = ("Content-Length", str(len(body)))
        writer.write(self._request("importer", "POST", f"/api/v1/jobs?target={TARGETS[0]}", b"", length))
        for byte in body:
            writer.write(bytes([byte]))
            await anyio.sleep(0.1)
            if reader.at_eof() or writer.is_closing():
                break
        with anyio.move_on_after(30):
            try:
                answer = await reader.read(100)
                self.statuses[f"drip {answer[9:12].decode()}"] += 1
            except ConnectionError:
                self.statuses["drip cut off"] += 1  # it was still sending when it was answered
        writer.close()

    async def fall_silent(self, _: int) -> None:
        """Send half a job, and wait for what is said of that."""
        reader, writer = await self._connect()
        path, length = f"/api/v1/jobs?target={TARGETS[0]}", ("Content-Length", "999")
        writer.write(self._request("importer", "POST", path, b"", length) + b"x" * 99)
        with anyio.move_on_after(60):
            answer = await reader.read(100)
            self.statuses[f"half {answer[9:12].decode()}"] += 1
        writer.close()

    async def watch(self, _: int) -> None:
        """Watch until cancelled."""
        reader, writer = await self._connect()
        writer.write(self._request("watcher", "GET", "/api/v1/events", b""))
        try:
            while line := await reader.readline():
                if line.startswith(b"event:"):
                    self.heard[line.decode().split(":")[1].strip()] += 1
            self.heard["cut off"] += 1
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return await asyncio.open_connection(host, int(port))

    def _request(self, name: str, method: str, path: str, body: bytes, *headers: tuple[str, str]) -> bytes:
        access = ("Authorization", f"Bearer {token_of(name)}")
        return request_bytes(method, path, body, [access, *headers])


def body_of(number: int) -> bytes:
    """Give a job: no other one is about the same people."""
    rows = (f"{number * ROWS + row},StatusNotAvailable,x\n" for row in range(1, ROWS + 1))
    return "".join(["associateId,status,message\n", *rows]).encode()


@contextmanager
def crowded(folder: Path) -> Iterator[tuple[Outside, Path]]:
    """Start a service with ten targets; yield it and the record of its SuperOffice."""
    record = folder / "record.jsonl"
    people = (JOBS + SLOW + 1) * ROWS
    with started("sandbox", "--people", str(people), "--latency", "5ms", "--log", record) as sandbox:
        assert sandbox.stdout
        root = sandbox.stdout.readline().strip()
        place = Place(
            folder=folder,
            targets={name: f"{root}/{name}" for name in TARGETS},
            common=COMMON,
            serve={"max_waiting": JOBS + SLOW, "receive_timeout": 3.0, "runs": 8},
        )
        with serving(place, program=(*WORKER,)) as service:  # forked, its memory would be shared
            yield service, record


@contextmanager
def probed(service: Outside) -> Iterator[dict[str, Any]]:
    """Probe a service meanwhile; what was found is there afterwards."""
    command = [sys.executable, "-m", "tests.campaigns.probe", service.url, str(service.process.pid)]
    found: dict[str, Any] = {}
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as probe:
        yield found
        out, _ = probe.communicate("")
        found.update(json.loads(out))


async def come(crowd: Crowd) -> None:
    """Come all at once."""
    async with anyio.create_task_group() as watching:
        for number in range(WATCHERS):
            watching.start_soon(crowd.watch, number)
        await anyio.sleep(0.5)
        async with anyio.create_task_group() as sending:
            for number in range(max(SLOW, HALF)):
                sending.start_soon(crowd.drip, number)
                sending.start_soon(crowd.fall_silent, number)
            for number in range(JOBS):
                sending.start_soon(crowd.hand_in, number)
        await finished(crowd)
        watching.cancel_scope.cancel()


async def finished(crowd: Crowd) -> None:
    """Wait until no job waits or works any more."""
    end = time.monotonic() + 300
    while True:
        _, answer = await crowd.ask("GET", "/api/v1/jobs", b"")
        body = answer.partition(b"\r\n\r\n")[2]
        if b'"waiting"' not in body and b'"working"' not in body:
            return
        assert time.monotonic() < end, "jobs never end"
        await anyio.sleep(0.5)


def puts_of(record: Path) -> Counter[int]:
    """Count the PUTs of each associate."""
    lines = (json.loads(line) for line in record.read_text("utf-8").splitlines())
    return Counter(int(each["path"].split("/")[-2]) for each in lines if each["method"] == "PUT")


@waits_long
def test_a_crowd_is_served(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Many jobs at once, slow senders, half bodies and 100 watchers: nothing is lost, and it stays small."""
    with crowded(tmp_path) as (service, record):
        crowd = Crowd(service.url)
        with probed(service) as found:
            anyio.run(come, crowd)
        jobs = [service.by("importer").job(path) for path in crowd.locations.values()]

    puts = puts_of(record)
    with capsys.disabled():
        sys.stdout.write(f"\n{report(found)}\n  {dict(crowd.statuses)} {dict(crowd.heard)}\n")
    assert len(jobs) == JOBS
    assert Counter((job["state"], job["exit_code"]) for job in jobs) == {("finished", 0): JOBS}
    assert len({job["run_id"] for job in jobs}) == JOBS
    assert [puts[number] for number in range(1, JOBS * ROWS + 1)] == [1] * (JOBS * ROWS)
    assert crowd.statuses["half 408"] == HALF
    assert crowd.heard["cut off"] == 0
    assert min(crowd.heard["state"], crowd.heard["ended"]) >= WATCHERS
    assert found["memory"] <= MEMORY
    assert found["median"] <= AT_MOST
    if LONG:  # on a machine that does nothing else
        assert found["longest"] <= AT_MOST + found["machine_longest"]


def report(found: dict[str, Any]) -> str:
    """Give the figures in one line."""
    times = {key: f"{value * 1000:.1f} ms" for key, value in found.items() if isinstance(value, float)}
    return (
        f"crowd: {found['memory'] / MIB:.0f} MiB, {found['asked']} questions, {times}, late {found['late']}"
    )
