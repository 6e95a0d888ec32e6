"""A night of several machines that share a database: their services, the orders, and what befalls them."""

import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.fleet.postgres import Postgres
from tests.fleet.proxy import proxy_to
from tests.run.given import WORKER
from tests.serve.outside.raw_client import Cut
from tests.serve.outside.served import Caller, Place, token_of

from .fleet_judge import AWAY, FROZEN, KILLED, RESTARTED, STARTED, STOPPED, Blow, FleetOrder
from .fleet_machine import COMMON, PATIENCE, RULES, Machine
from .fleet_witness import Witness, now, owner_of, witness
from .service_night import free_port

OPEN = ("waiting", "working", "running")


class FleetNight:
    """Owns the machines, the services of their targets, what was ordered, and what befell whom."""

    def __init__(self, machines: Sequence[Machine], services: Mapping[str, Witness]) -> None:
        self.machines = machines
        self.services = services
        self.orders: list[FleetOrder] = []
        self.blows: list[Blow] = []

    @property
    def front(self) -> Caller:
        """Who hands jobs in."""
        listen = self.machines[0].place.serve["listen"]
        return Caller(url=f"http://{listen}", token=token_of("boss"))

    @property
    def puts(self) -> int:
        """How many PUTs came, of all targets."""
        return sum(len(service.puts) for service in self.services.values())

    def start(self) -> None:
        """Let all machines work that do not."""
        for machine in self.machines:
            if not machine.is_up:
                machine.start()
                self._note(STARTED, machine)
        self.wait_until(lambda: self._status("/readyz") == 200, "the front is not ready")

    def _status(self, path: str) -> int:
        try:
            return self.front.get(path).status
        except (OSError, Cut):
            return 0

    def wait_until(self, true: Callable[[], bool], words: str) -> None:
        """Wait for what the machines do."""
        end = time.monotonic() + PATIENCE
        while not true():
            ended = [m.name for m in self.machines if m.process and m.process.poll() is not None]
            assert not ended, f"{ended} ended by itself: {self.last_words()}"
            assert time.monotonic() < end, f"{words}: {self.last_words()}"
            time.sleep(0.05)

    def last_words(self) -> dict[str, str]:
        """Return what each machine has logged last."""
        return {m.name: m.log.read_text("utf-8")[-1500:] for m in self.machines if m.log.exists()}

    def order(self, rows: int) -> None:
        """Hand a job in for each target."""
        for target in self.services:
            order = FleetOrder(number=len(self.orders) + 1, target=target, rows=rows)
            order.location = self.front.hand_in(order.body, f"?target={target}&label=order-{order.number}")
            self.orders.append(order)

    def wait_for_puts(self, more: int) -> None:
        """Wait until so many more PUTs came, or all is done."""
        wanted = self.puts + more
        self.wait_until(lambda: self.puts >= wanted or self.is_over, "nothing is sent")

    @property
    def is_over(self) -> bool:
        """Whether each row that was ordered is carried out."""
        wanted = ((self.services[o.target], o.wishes) for o in self.orders)
        return all(service.holds(who)[1] == words for service, its in wanted for who, words in its.items())

    def busiest(self) -> Machine:
        """Return the machine that has sent to most targets lately; the front only where no other has."""
        last = [service.calls[-1].sender for service in self.services.values() if service.calls]
        up = [machine for machine in self.machines if machine.is_up]
        busy = [machine for machine in up if machine.sender in last] or up
        return max(busy, key=lambda machine: (not machine.is_front, last.count(machine.sender)))

    # -- blows ---------------------------------------------------------------------------------------------

    def kill(self, machine: Machine) -> None:
        """Kill its process, as when it is unplugged."""
        self._note(KILLED, machine)
        machine.end()

    def stop(self, machine: Machine) -> tuple[int, float]:
        """Tell it to stop; return its exit code, and after how many seconds it had ended."""
        self._note(STOPPED, machine)
        began = time.monotonic()
        code = machine.end(signal.SIGTERM)
        return code, time.monotonic() - began

    def freeze(self, machine: Machine, seconds: float) -> None:
        """Let its process stand still for a while."""
        assert machine.process
        self._note(FROZEN, machine)
        machine.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self._end_blows()
        machine.process.send_signal(signal.SIGCONT)

    @contextmanager
    def away(self, machines: Sequence[Machine] | None = None, *, is_silent: bool = False) -> Iterator[None]:
        """Let the database be away for these machines, or for all; *is_silent*: nobody says so."""
        for machine in machines or self.machines:
            (machine.proxy.block if is_silent else machine.proxy.go_away)()
            self._note(AWAY, machine)
        try:
            yield
        finally:
            self._end_blows()
            for machine in machines or self.machines:
                machine.proxy.come_back()

    def restart(self, server: Postgres, away: float = 0.0) -> None:
        """Let the database crash, and start it again; who gets its lease back first is chance."""
        for machine in self.machines:
            self._note(RESTARTED, machine)
        server.restart(away=away, how=signal.SIGQUIT)
        self._end_blows(RULES.lease)

    def _note(self, kind: str, machine: Machine) -> None:
        self.blows.append(Blow(kind=kind, sender=machine.sender, at=now()))

    def _end_blows(self, later: float = 0.0) -> None:
        until = now() + later
        self.blows[:] = [b if b.until < until else replace(b, until=until) for b in self.blows]

    # -- the end -------------------------------------------------------------------------------------------

    def finish(self) -> list[dict[str, Any]]:
        """Wait until all jobs are over; return them in the order in which they were handed in."""
        self.start()
        jobs = list[dict[str, Any]]()
        rows = sum(order.rows for order in self.orders) / len(self.services)
        end = time.monotonic() + PATIENCE + 2 * rows / RULES.rate
        while time.monotonic() < end:
            answers = [self.front.get(order.location) for order in self.orders]
            jobs = [each.json if each.status == 200 else {"state": OPEN[0]} for each in answers]
            if not any(job["state"] in OPEN for job in jobs):
                break
            time.sleep(0.2)
        return jobs


@contextmanager
def fleet_night(
    folder: Path,
    server: Postgres,
    *,
    targets: int = 4,
    machines: int = 3,
    program: Sequence[str] = WORKER,
    env: Callable[[str], Mapping[str, str]] = lambda _: {},
    options: str = "",
) -> Iterator[FleetNight]:
    """Let services answer, and give the machines of a night: the first is a front, the others workers."""
    found: list[Machine] = []

    def find(port: int) -> str:
        return owner_of(port, {m.sender: m.process.pid for m in found if m.process})

    with ExitStack() as opened:
        address = opened.enter_context(server.new_database(options=options))
        services = {
            f"tenant-{number}": opened.enter_context(witness(random.Random(number), find))
            for number in range(targets)
        }
        for number in range(machines):
            name = chr(ord("a") + number)
            proxy = opened.enter_context(proxy_to(server.port))
            place = Place(
                folder=folder / name,
                targets={name: service.server.url for name, service in services.items()},
                common=COMMON % server.url(address.rpartition("/")[2], port=proxy.port),
                serve={"tries": 1000, **({"listen": f"127.0.0.1:{free_port()}"} if number == 0 else {})},
            )
            place.write()
            found.append(Machine(name=name, place=place, proxy=proxy, program=program, env=env(name)))
            opened.callback(found[-1].end)
        yield FleetNight(found, services)
