"""A service that is killed again and again while jobs come in, and what is wrong with what came of them."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.run.given import WORKER
from tests.serve.outside.served import Caller, token_of

from .ledger import Ledger, service
from .service_night import PATIENCE, TARGETS, WRONG_SERVICE, Orders, Sender, ServiceNight
from .service_traces import Traces
from .tally import ENDING, FALSE, LOST, NEEDLESS, TWICE, Tally

SENDERS = 4
MOST_KILLS = 10  # of one night
OPEN = ("waiting", "working", "running")
Strike = Callable[[Any, random.Random], bool]  # what else befalls the disk; whether it was a power loss
Surroundings = Callable[[Path], Mapping[str, str]]


def only_the_service(_: Any, __: random.Random) -> bool:
    """The kernel lives on, and so does what was written."""
    return False


def no_more(_: Path) -> Mapping[str, str]:
    """Nothing special is in the service's environment."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What to wait for, and the seconds within which the blow then comes."""

    name: str
    reached: Callable[[ServiceNight, Orders, random.Random], Callable[[], bool]]
    spread: float
    is_up: bool = True  # whether the service has said its root before


def _at_once(_: ServiceNight, __: Orders, ___: random.Random) -> Callable[[], bool]:
    return lambda: True


def _acknowledged(_: ServiceNight, orders: Orders, luck: random.Random) -> Callable[[], bool]:
    wanted = orders.acknowledged + luck.randint(1, 3)
    return lambda: orders.acknowledged >= wanted


def _sent(night: ServiceNight, _: Orders, luck: random.Random) -> Callable[[], bool]:
    wanted = night.puts + luck.randint(1, 40)
    return lambda: night.puts >= wanted


def _new_files(pattern: str) -> Callable[[ServiceNight, Orders, random.Random], Callable[[], bool]]:
    def new(night: ServiceNight, _: Orders, luck: random.Random) -> Callable[[], bool]:
        count = len(list(night.disk.glob(pattern))) + luck.randint(1, 2)
        return lambda: len(list(night.disk.glob(pattern))) >= count

    return new


MOMENTS = (
    Moment(name="start", reached=_at_once, spread=0.8, is_up=False),
    Moment(name="any", reached=_at_once, spread=1.0),
    Moment(name="acknowledged", reached=_acknowledged, spread=0.02),
    Moment(name="staged", reached=_new_files("runs/*Z-*/journal.sqlite"), spread=0.03),
    Moment(name="sending", reached=_sent, spread=0.02),
    Moment(name="ended", reached=_new_files("runs/*Z-*/summary.json"), spread=0.03),
)
OFTEN = (1, 1, 2, 3, 2, 2)  # how often each is aimed at


class ServiceCampaign:
    """Owns the luck and the tally of many nights of a service."""

    def __init__(self, name: str, seed: int, folder: Path, *, wrong: str | None = None) -> None:
        self.tally = Tally(name=name, seed=seed)
        self._luck = random.Random(seed)
        self._folder = folder
        self._program = (*WRONG_SERVICE, wrong) if wrong else WORKER

    def wage(self, kills: int, *, strike: Strike = only_the_service, env: Surroundings = no_more) -> Tally:
        """Have nights with so many kills, or until something is found to be wrong; give the tally."""
        while self.tally.kills.total() < kills and not self.tally.faults:
            folder = self._folder / f"night-{self.tally.nights}"
            folder.mkdir()
            with superoffices(self._luck) as ledgers:
                night = ServiceNight(folder, ledgers, program=self._program, env=env(folder))
                left = kills - self.tally.kills.total()
                Siege(night, self.tally, self._luck, strike).wage(min(left, MOST_KILLS))
        return self.tally


@contextmanager
def superoffices(luck: random.Random) -> Iterator[Mapping[str, Ledger]]:
    """Let a SuperOffice for each target answer."""
    with ExitStack() as opened:
        yield {name: opened.enter_context(service(random.Random(luck.random()))) for name in TARGETS}


class Siege:
    """Owns what is known of one night from outside: who ordered what, what was sent, what was on disk."""

    def __init__(self, night: ServiceNight, tally: Tally, luck: random.Random, strike: Strike) -> None:
        self._night = night
        self._tally = tally
        self._luck = luck
        self._strike = strike
        self._traces = Traces(state_dir=night.disk)
        self._orders = Orders(luck)
        self._sent: Counter[str] = Counter()  # by message, until the last look

    def wage(self, kills: int) -> None:
        """Kill so often while jobs come in, let all be finished, then compare."""
        self._tally.nights += 1
        senders = [
            Sender(self._orders, self._night.url, random.Random(self._luck.random())) for _ in range(SENDERS)
        ]
        try:
            for _ in range(kills):
                self._kill()
        finally:
            for sender in senders:
                sender.stop()
        self._finish(senders)
        self._look()
        self._compare()

    # -- one kill ------------------------------------------------------------------------------------------

    def _kill(self) -> None:
        (moment,) = self._luck.choices(MOMENTS, OFTEN)
        with self._night.at_work() as process:
            if moment.is_up:
                self._night.wait_for(process)
            reached, end = moment.reached(self._night, self._orders, self._luck), time.monotonic() + 10
            while process.poll() is None and not reached() and time.monotonic() < end:
                time.sleep(0.001)
            time.sleep(self._luck.uniform(0, moment.spread))
            has_ended = process.poll() is not None
            process.kill()
            process.wait()
        if has_ended:
            self._tally.blame(ENDING, f"it ended by itself: {self._night.log.read_text('utf-8')[-600:]}")
        self._night.settle()
        self._tally.kills[moment.name] += 1
        self._tally.power_losses += self._strike(self._night, self._luck)
        self._look()

    def _look(self) -> None:
        """Compare what came since the last look with what was on disk then."""
        sent: Counter[str] = Counter()
        for ledger in self._night.ledgers.values():
            sent.update(put.wish[1] for put in tuple(ledger.puts))
        again = (sent - self._sent).keys() & self._traces.updated
        self._tally.blame(NEEDLESS, f"rows {sorted(again)[:9]} were updated on disk", len(again))
        self._sent = sent
        self._traces.look()
        for words in self._traces.damage:
            self._tally.blame(LOST, f"a journal is damaged: {words}")
        for order, runs in self._traces.by_order.items():
            if len(runs) > 1:
                self._tally.blame(TWICE, f"order {order} has the runs {', '.join(runs)}")

    # -- the end -------------------------------------------------------------------------------------------

    def _finish(self, senders: Sequence[Sender]) -> None:
        """Let all orders be handed in and carried out, then stop the service in order."""
        boss = Caller(url=self._night.url, token=token_of("boss"))
        with self._night.at_work() as process:
            self._night.wait_for(process)
            for sender in senders:
                sender.join()
            jobs = self._wait_for_all(boss)
            self._judge_jobs(boss, jobs)
            process.send_signal(signal.SIGTERM)
            code = process.wait(PATIENCE)
        self._tally.blame(ENDING, f"exit code {code} after SIGTERM", int(code != 0))

    def _wait_for_all(self, boss: Caller) -> list[dict[str, Any]]:
        """Wait until no job is open; give all."""
        end = time.monotonic() + PATIENCE
        while True:
            jobs: list[dict[str, Any]] = boss.get("/api/v1/jobs").json["jobs"]
            late = [job for job in jobs if job["state"] in OPEN]
            if not late:
                return jobs
            if time.monotonic() > end:
                self._tally.blame(LOST, f"jobs never end: {late[:2]}", len(late))
                return jobs
            time.sleep(0.05)

    def _judge_jobs(self, boss: Caller, jobs: list[dict[str, Any]]) -> None:
        """Compare what was acknowledged with what the service says of it."""
        applied = sum(order.is_applied for order in self._orders.all)
        if len(jobs) < len(self._orders.all) + applied:
            self._tally.blame(LOST, f"{len(jobs)} jobs for {len(self._orders.all)} orders, {applied} applied")
        for order in self._orders.all:
            if len(order.locations) != 1:
                self._tally.blame(TWICE, f"order {order.number} is at {sorted(order.locations)}")
                continue
            (location,) = order.locations
            answer = boss.get(location)
            job = answer.json if answer.status == 200 else {"state": answer.status, "exit_code": None}
            if (job["state"], job["exit_code"]) != ("finished", 0):
                self._tally.blame(ENDING, f"order {order.number} (plan: {order.is_plan}): {job}")

    def _compare(self) -> None:
        """Compare the SuperOffices' record with what was ordered."""
        for words in self._orders.complaints:
            self._tally.blame(ENDING, words)
        runs = self._traces.by_order
        for order in self._orders.all:
            self._tally.rows += len(order.messages)
            if len(runs.get(order.number, [])) != 1:
                self._tally.blame(LOST, f"order {order.number} has the runs {runs.get(order.number)}")
            ledger = self._night.ledgers[order.target]
            for words, who in order.messages.items():
                is_there = ledger.holds(who) == ("StatusNotAvailable", words)
                self._tally.blame(FALSE, f"row {words} is not there", int(not is_there))
        self._tally.puts += self._sent.total()
        self._tally.again += self._sent.total() - len(self._sent)
        left = [str(path) for path in self._night.disk.glob("queue/content/*")]
        self._tally.blame(ENDING, f"files of jobs are left: {left[:3]}", len(left))
