"""A service that is killed while others hand jobs in: its place, those who call it, and its process."""

import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.run.given import WORKER, started
from tests.serve.outside.raw_client import Cut
from tests.serve.outside.served import Caller, Place, first_line, surroundings, token_of

from .disk import Disk
from .ledger import Ledger

TARGETS = ("north", "south", "west")
ROWS = 30  # of a job
RATE = 200  # requests per second
PATIENCE = 120.0  # seconds until something is taken for never to happen
PAUSE = 0.01  # seconds between two tries
PLANS = 5  # one job in so many is a plan, which somebody applies
COMMON = f"""
[delivery]
rate = {RATE}
concurrency = 8
read_before = "off"
[safety]
max_changes = "none"
"""
WRONG_SERVICE = (sys.executable, "-m", "tests.campaigns.wrong_worker")  # and what is wrong with it


@dataclass(slots=True, kw_only=True)
class Order:
    """A job that somebody hands in, until it is acknowledged."""

    number: int
    target: str
    is_plan: bool
    locations: set[str] = field(default_factory=set)  # where it is, as the service said
    run: str | None = None  # of a plan, as soon as that is known
    is_applied: bool = False  # and acknowledged

    @property
    def messages(self) -> dict[str, int]:
        """What each row asks for, and of whom; no other order asks for the same."""
        return {f"{self.number}.{row}": self.number * 100 + row for row in range(1, ROWS + 1)}

    @property
    def body(self) -> bytes:
        """The file."""
        rows = (f"{who},StatusNotAvailable,{words}\n" for words, who in self.messages.items())
        return "".join(["associateId,status,message\n", *rows]).encode()


class Sender:
    """Owns a thread that hands jobs in, each until it is acknowledged, and applies the plans among them."""

    def __init__(self, orders: "Orders", url: str, luck: random.Random) -> None:
        self._orders = orders
        self._caller = Caller(url=url, token=token_of("importer"))
        self._admin = Caller(url=url, token=token_of("admin"))
        self._luck = luck
        self._thread = threading.Thread(target=self._work)
        self._is_over = threading.Event()
        self._thread.start()

    def stop(self) -> None:
        """Take no new order; the last one is handed in first."""
        self._is_over.set()

    def join(self) -> None:
        """Wait for the last order."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "a job is never acknowledged"

    def _work(self) -> None:
        while not self._is_over.is_set():
            order = self._orders.next()
            self._insist(lambda order=order: self._hand_in(order))  # type: ignore[misc]
            if order.is_plan:
                self._insist(lambda order=order: self._apply(order))  # type: ignore[misc]
            self._is_over.wait(self._luck.uniform(0, 0.15))

    def _insist(self, is_done: Callable[[], bool]) -> None:
        """Try again and again, whatever becomes of the service meanwhile."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if is_done():
                    return
            except (OSError, Cut):
                pass  # it is down
            time.sleep(PAUSE)

    def _hand_in(self, order: Order) -> bool:
        query = f"?target={order.target}&label=order-{order.number}{'&plan=true' * order.is_plan}"
        answer = self._caller.submit(order.body, query, [("Idempotency-Key", f"key-{order.number}")])
        if answer.status == 202:
            order.locations.add(answer.header("Location") or "none")
        elif answer.status != 503:
            self._orders.complain(f"{answer.status} for order {order.number}: {answer.text[:200]}")
        again = self._luck.random() < 0.2  # an answer that got lost is asked for again
        return bool(order.locations) and not again

    def _apply(self, order: Order) -> bool:
        job = self._admin.get(next(iter(order.locations)))
        found = job.json if job.status == 200 else {}
        if found.get("state") != "planned" and not order.run:
            return found.get("state") in ("failed", "refused", "stopped")
        order.run = order.run or found["run_id"]
        run = self._admin.get(f"/api/v1/runs/{order.run}")
        if run.status != 200 or run.json["state"] == "finished":
            return run.status == 200
        answer = self._admin.press(order.run or "", "apply", run.header("ETag"))
        order.is_applied |= answer.status == 202
        if answer.status not in (202, 409, 503):
            self._orders.complain(f"{answer.status} for applying {order.run}: {answer.text[:200]}")
        return order.is_applied


class Orders:
    """Owns all orders of a night, and what those who gave them complain of."""

    def __init__(self, luck: random.Random) -> None:
        self.all: list[Order] = []
        self.complaints: list[str] = []
        self._luck = luck
        self._lock = threading.Lock()

    def next(self) -> Order:
        """Make the next order."""
        with self._lock:
            number = len(self.all) + 1
            order = Order(
                number=number, target=self._luck.choice(TARGETS), is_plan=self._luck.random() < 1 / PLANS
            )
            self.all.append(order)
        return order

    def complain(self, words: str) -> None:
        """Note an answer that nobody should get."""
        self.complaints.append(words)

    @property
    def acknowledged(self) -> int:
        """How many are acknowledged."""
        return sum(bool(order.locations) for order in self.all)


class ServiceNight:
    """Owns the place of a service, the SuperOffices of its targets, and their record."""

    def __init__(
        self,
        folder: Path,
        ledgers: Mapping[str, Ledger],
        *,
        program: Sequence[str] = WORKER,
        env: Mapping[str, str] | None = None,
        tries: int = 1000,
    ) -> None:
        self.ledgers = ledgers
        self.port = free_port()
        self.place = Place(
            folder=folder,
            targets={name: ledger.server.url for name, ledger in ledgers.items()},
            common=COMMON,
            state_name="disk",
            serve={"listen": f"127.0.0.1:{self.port}", "max_waiting": 12, "tries": tries},
        )
        self.place.state.mkdir(parents=True, mode=0o700)
        self.place.write()
        self.safe = Disk(self.disk)  # as it was when power went last
        self._program = program
        self._env = {**surroundings(folder), **(env or {})}

    @property
    def disk(self) -> Path:
        """What a power loss is about."""
        return self.place.state

    @property
    def url(self) -> str:
        """The root of the service, whenever it is up."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What all its processes have logged."""
        return self.place.folder / "serve.log"

    @property
    def puts(self) -> int:
        """How many PUTs came, of all targets."""
        return sum(len(ledger.puts) for ledger in self.ledgers.values())

    @contextmanager
    def at_work(self) -> Iterator["subprocess.Popen[str]"]:
        """Let the service be up, or on its way to that."""
        with (
            self.log.open("ab") as errors,
            started(
                "serve", "--config", self.place.config, before=self._program, stderr=errors, env=self._env
            ) as process,
        ):
            yield process

    def wait_for(self, process: "subprocess.Popen[str]") -> None:
        """Wait until the service is up."""
        first_line(process, self.log)

    def settle(self) -> None:
        """Wait until the SuperOffices have noticed that their callers are gone."""
        end = time.monotonic() + PATIENCE
        while any(ledger.server.connections for ledger in self.ledgers.values()):
            assert time.monotonic() < end, "the SuperOffice hangs"
            time.sleep(0.001)


def free_port() -> int:
    """Find a port for a service that is started again and again."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
