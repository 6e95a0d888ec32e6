"""Nights killed between the end of a run and the delivery of its messages: none is lost, none comes twice."""

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from presence_worker.journal import Archive
from presence_worker.sandbox import Sandbox
from tests.raw_server import Peer, Request, framed
from tests.run.given import (
    FAST,
    away,
    called,
    own_surroundings,
    raw_up,
    sandbox,
    started,
    write_csv,
)

from .size import LONG

__all__ = ["own_surroundings", "sandbox"]
pytestmark = pytest.mark.campaign
KILLS = 100 if LONG else 12
SEED = int(os.environ.get("CAMPAIGN_SEED") or random.randrange(2**32))
AIMS = ("run.delivering", "run.ended")  # lines of the log after which a process is killed soon
LONGEST = {"run.delivering": 0.25, "run.ended": 0.08}  # seconds until then
CHANNELS = ("/one", "/two")
HALF = 0.5


class Receivers:
    """Owns what two webhooks have received; while unwell they answer late, and lose some answers."""

    def __init__(self, luck: random.Random) -> None:
        self._luck = luck
        self.is_unwell = True
        self.received = Counter[tuple[str, str]]()  # by channel and id of a message
        self.lost = Counter[tuple[str, str]]()  # of these: those that got no answer

    async def answer(self, peer: Peer, request: Request) -> None:
        """Take a message, and answer it in one way or another."""
        key = (request.path, str(json.loads(request.body)["id"]))
        self.received[key] += 1
        if self.is_unwell:
            await anyio.sleep(self._luck.random() * 0.03)
            if self._luck.random() < 0.2:
                self.lost[key] += 1
                await peer.reset()
                return
        await peer.send(framed(200, b"ok"))


@pytest.fixture
def luck() -> random.Random:
    """What decides when a process dies, and what a receiver does."""
    return random.Random(SEED)


@pytest.fixture
def receivers(luck: random.Random, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receivers]:
    """Two webhooks, set in variables."""
    found = Receivers(luck)
    with raw_up(found.answer) as server:
        hooks = [{"url": f"{server.url}{path}"} for path in CHANNELS]
        monkeypatch.setenv("PRESENCE_WORKER_NOTIFY__WEBHOOK", json.dumps(hooks))
        yield found


def kill_soon(luck: random.Random, *words: str | Path) -> int:
    """Start a run, and kill it after a line of its log; return 1 if it was still there."""
    (aim,) = luck.choices(AIMS, (1, 3))
    with started(*words) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if aim in line:
                break
        return kill(process, luck.random() * LONGEST[aim])


def kill(process: "subprocess.Popen[str]", after: float) -> int:
    """Kill a process after so many seconds; return 1 if it was still there."""
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    return int(process.wait() == -signal.SIGKILL)


def ids_due(state: Path) -> set[str]:
    """Give the ids of the messages that the run of a state directory must have sent."""
    runs = [run.record for run in Archive(state).index.runs()]
    return {f"{run.run_id}.{run.state}.{run.endings}" for run in runs if run.endings}


def test_no_message_is_lost(
    tmp_path: Path, luck: random.Random, receivers: Receivers, sandbox: Sandbox
) -> None:
    """Killed at any moment: `notify` sends what is missing, each message once for each channel.

    Only where a receiver's answer was lost, or came to a process that was killed, it comes again.
    """
    kills, nights = 0, 0
    job = write_csv(tmp_path / "job.csv", away([1, 2, 5000]))
    while kills < KILLS:
        nights += 1
        state = tmp_path / f"state-{nights}"
        where = ("--base-url", sandbox.url, "--state-dir", state)
        receivers.is_unwell = True
        killed = kill_soon(luck, "run", job, *where, *FAST)
        if luck.random() < HALF:
            with started("notify", *where) as process:
                killed += kill(process, luck.random() * HALF)
        receivers.is_unwell = False
        assert called("notify", *where).code == 0

        due = {(path, each) for path in CHANNELS for each in ids_due(state)}
        again = {key: times - receivers.lost[key] - 1 for key, times in receivers.received.items()}
        assert receivers.received.keys() == due, SEED
        assert max(again.values(), default=0) <= killed, SEED
        receivers.received.clear()
        receivers.lost.clear()
        kills += killed
