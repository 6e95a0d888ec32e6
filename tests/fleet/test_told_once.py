"""What one machine finds out, the others know: wrong secrets, and what was sent. With real processes."""

import base64
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from presence_worker.fleet.member import FleetMember
from presence_worker.queue.job_queue import JobState
from presence_worker.settings.fleet import Fleet
from tests.raw_server import Peer, RawServer, Request, answer, echo
from tests.run.given import away, called, raw_up, started, wait_until, write_csv

RIGHT = f"Basic {base64.b64encode(b'night:right').decode()}"
CONFIG = """[target]
base_url = "{url}"
[auth]
username = "night"
password_file = "{folder}/password"
[delivery]
read_before = "off"
[fleet]
database = "{database}"
lease = 10
[[notify.webhook]]
url = "{receiver}"
"""


async def gate(peer: Peer, request: Request) -> None:
    """Take changes with the right password alone."""
    act = echo if request.header("Authorization") == RIGHT else answer(401)
    await act(peer, request)


@dataclass(frozen=True, slots=True)
class Night:
    """Two machines, what they work on, and who hears of it."""

    service: RawServer
    receiver: RawServer
    machines: "list[subprocess.Popen[str]]"
    config: Path
    database: str
    refusals: list[int]  # while there is one, the receiver takes nothing

    def add_jobs(self, number: int) -> None:
        """Put jobs in."""
        job = write_csv(self.config.parent / "changes.csv", away([1]))
        for _ in range(number):
            assert self.call("queue", "add", job).code == 0

    def call(self, *words: str | Path) -> Any:
        """Call a command on a third machine."""
        place = self.config.parent
        return called(*words, "--config", self.config, "--state-dir", place / "third", "--json")

    def jobs(self) -> list[tuple[JobState, int | None]]:
        """Give where all jobs are, and how they ended."""
        with closing(FleetMember(Fleet.model_validate({"database": self.database}))) as member:
            jobs = member.queue_in(self.config.parent / "fourth").jobs()
            return [(job.state, job.exit_code) for job in jobs]

    @property
    def messages(self) -> list[tuple[int, bool]]:
        """What the receiver has heard: exit codes, and whether there was trouble before."""
        found = [json.loads(request.body) for request in self.receiver.requests]
        return [(each["exit_code"], each["since"] is not None) for each in found]


@pytest.fixture
def night(tmp_path: Path, database_url: str) -> Iterator[Night]:
    """Two machines with the same wrong password."""
    with ExitStack() as stack:
        refusals: list[int] = []

        async def receive(peer: Peer, request: Request) -> None:
            await answer(500 if refusals else 204)(peer, request)

        service, receiver = (stack.enter_context(raw_up(act)) for act in (gate, receive))
        (tmp_path / "password").write_text("wrong")
        (tmp_path / "password").chmod(0o600)
        config = tmp_path / "config.toml"
        config.write_text(
            CONFIG.format(folder=tmp_path, url=service.url, receiver=receiver.url, database=database_url)
        )
        words = ("worker", "--config", config, "--state-dir")
        machines = [stack.enter_context(started(*words, tmp_path / name)) for name in ("first", "second")]
        for machine in machines:
            assert machine.stdout
            assert machine.stdout.readline(), machine.stderr and machine.stderr.read()
        yield Night(service, receiver, machines, config, database_url, refusals)


def test_a_wrong_password_is_tried_once(night: Night) -> None:
    """By all machines together, and reported once; when a person has corrected it, one says "well again"."""
    night.add_jobs(2)
    wait_until(lambda: len(night.messages) == 1)
    tries = len(night.service.requests)
    first, second = night.machines
    for _ in range(2):
        night.add_jobs(1)  # which brings the turn of the target
        with pytest.raises(subprocess.TimeoutExpired):
            first.wait(2.0)

    assert len(night.service.requests) == tries <= 2
    assert night.jobs() == [(JobState.ENDED, 6), *[(JobState.WAITING, None)] * 3]
    assert night.messages == [(6, True)]

    (night.config.parent / "password").write_text("right")
    second.send_signal(signal.SIGHUP)
    night.add_jobs(1)
    wait_until(lambda: {state for state, _ in night.jobs()} == {JobState.ENDED})
    wait_until(lambda: len(night.messages) == 2)

    assert night.jobs()[1:] == [(JobState.ENDED, 0)] * 4
    assert night.messages[1] == (0, True)


def test_a_dead_machine_leaves_its_messages_to_the_others(night: Night) -> None:
    """What could not be delivered goes out from any machine, once."""
    night.refusals.append(1)
    night.add_jobs(1)
    wait_until(lambda: len(night.receiver.requests) == 1 and night.jobs() == [(JobState.ENDED, 6)])
    for machine in night.machines:
        machine.kill()
    night.refusals.clear()

    sent, again = (night.call("notify") for _ in range(2))

    assert (sent.code, again.code) == (0, 0)
    assert [json.loads(each.body)["id"] for each in night.receiver.requests][1:] == [
        json.loads(night.receiver.requests[0].body)["id"]
    ]
