"""Night after night with kills in it, and what is wrong with what came of them."""

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

from .evidence import Evidence, read_lines
from .ledger import service
from .night import AIMS, CONCURRENCY, COPIES, OFTEN, RATE, ROWS, WORKER, WRONG_WORKER, Ended, Night
from .tally import BEYOND, ENDING, FALSE, LOST, NEEDLESS, Tally

LONGEST_WRITE = 0.125  # seconds a group of outcomes may take to get on disk, on a machine that is at work
BOUND = CONCURRENCY + 2 * round(RATE * LONGEST_WRITE)
"""Rows that may be in doubt after one kill: those in flight, those whose outcomes are being written, and
those answered meanwhile. No group is ever full at this rate: its time, 20 ms, is over long before."""
MOST_KILLS = 6  # of one night
Strike = Callable[[Night, random.Random], bool]  # what else befalls the disk; whether it was a power loss
SetClock = Callable[[Path, random.Random], None]  # before each process of the night in a folder
Surroundings = Callable[[Path], dict[str, str]]  # environment variables for the night in a folder


def only_the_process(_: Night, __: random.Random) -> bool:
    """The kernel lives on, and so does what was written."""
    return False


def no_more(_: Path) -> dict[str, str]:
    """Nothing special is in a process's environment."""
    return {}


def leave_it(_: Path, __: random.Random) -> None:
    """The clock is right."""


class Campaign:
    """Owns the luck and the tally of many nights."""

    def __init__(self, name: str, seed: int, folder: Path, *, wrong: str | None = None) -> None:
        self.tally = Tally(name=name, seed=seed)
        self._luck = random.Random(seed)
        self._folder = folder
        self._program = (*WRONG_WORKER, wrong) if wrong else WORKER

    def wage(
        self,
        kills: int,
        *,
        strike: Strike = only_the_process,
        env: Surroundings = no_more,
        set_clock: SetClock = leave_it,
    ) -> Tally:
        """Have nights with so many kills, or until something is found to be wrong; give the tally."""
        while self.tally.kills.total() < kills and not self.tally.faults:
            folder = self._folder / f"night-{self.tally.nights}"
            with service(random.Random(self._luck.random())) as ledger:
                night = Night(folder, ledger, program=self._program, env=env(folder))
                night.before_each = partial(set_clock, folder, self._luck)
                story = Story(night, self.tally, self._luck, strike)
                story.tell(min(kills, self._luck.randint(2, MOST_KILLS)))
        return self.tally


class Story:
    """Owns what is known of one night from outside: what was on disk, and what was sent since."""

    def __init__(self, night: Night, tally: Tally, luck: random.Random, strike: Strike) -> None:
        self._night = night
        self._tally = tally
        self._luck = luck
        self._strike = strike
        self._seen = Evidence()
        self._safe: set[int] = set()  # rows `updated` on a disk that keeps them without power
        self._is_safe = False  # whether what is there now is kept without power

    def tell(self, kills: int) -> None:
        """Kill so often, then let it finish, then compare."""
        self._tally.nights += 1
        self._tally.rows += ROWS
        for _ in range(kills):
            if self._seen.state != "finished" or self._luck.random() < 0.5:
                self._kill()
        if self._is_forgotten():
            self._tally.blame(LOST, "the run is gone although PUTs were sent", ROWS)
        else:
            self._finish()
        puts, rows = self._night.ledger.puts, ROWS - len(COPIES)
        self._tally.puts += len(puts)
        self._tally.again += max(len(puts) - rows, 0)

    def _command(self) -> str:
        return "run" if self._seen.state is None else "resume"

    def _is_forgotten(self) -> bool:
        return self._seen.state is None and bool(self._night.ledger.puts)

    # -- one kill ------------------------------------------------------------------------------------------

    def _kill(self) -> None:
        if self._is_forgotten():
            return
        before, sent = self._seen, len(self._night.ledger.puts)
        (aim,) = self._luck.choices(AIMS, OFTEN)
        ended = self._night.kill(self._command(), aim, self._luck)
        alive = self._night.evidence()
        if ended.code is None:
            self._lose_power()
        self._seen = self._night.evidence()
        self._compare(before, sent, is_killed=ended.code is None)
        if ended.code is None:
            self._tally.kills[self._phase(before, alive, sent)] += 1
        else:
            self._tally.escapes += 1
            self._judge_code(ended)

    def _phase(self, before: Evidence, alive: Evidence, sent: int) -> str:
        """Tell from the traces what the process was at."""
        command = "run" if before.state is None else "resume"
        return f"{command}: {self._place(before, alive, sent)}"

    def _place(self, before: Evidence, alive: Evidence, sent: int) -> str:
        if before.state == "finished":
            return "report again"
        if alive.sessions == before.sessions:
            return "before delivery" if alive.state else "staging" if self._night.run else "start"
        if alive.state == "finished":
            return "report"
        if alive.updated >= self._night.wanted.keys() - set(COPIES):
            return "end of delivery"
        answered = {put.associate_id for put in self._night.ledger.puts[sent:] if put.answered}
        return "delivery amid a commit" if answered - alive.updated else "delivery"

    def _compare(self, before: Evidence, sent: int, *, is_killed: bool) -> None:
        """Compare what is on disk after a session with what the service saw of it."""
        self._damage()
        self._false(self._seen.updated)
        again = set(self._night.ledger.times(sent)) & before.updated
        self._tally.blame(NEEDLESS, f"rows {sorted(again)[:9]} were updated on disk", len(again))
        self._forgotten()
        doubt = len(set(self._night.ledger.times(sent)) - self._seen.updated)
        self._tally.most_in_doubt = max(self._tally.most_in_doubt, doubt)
        if doubt > (BOUND if is_killed else 0):
            self._tally.blame(BEYOND, f"{doubt} rows were sent and are not on disk")

    def _lose_power(self) -> None:
        """Let the campaign's strike come; what is on disk after a power loss has been synced."""
        is_lost = self._strike(self._night, self._luck)
        self._tally.power_losses += is_lost
        self._is_safe = is_lost or self._strike is only_the_process

    def _forgotten(self) -> None:
        gone = self._safe - self._seen.updated
        self._tally.blame(LOST, f"the outcomes of rows {sorted(gone)[:9]} are on disk no more", len(gone))
        if self._is_safe:
            self._safe = self._seen.updated

    def _damage(self) -> None:
        if self._seen.damage:
            self._tally.blame(LOST, f"the journal is damaged: {self._seen.damage}", ROWS)
        folder = self._night.run
        if folder and (folder / "report.jsonl").exists():
            try:
                lines = len(read_lines(folder))
            except ValueError:
                lines = 0
            self._tally.blame(ENDING, f"report.jsonl has {lines} whole lines", int(lines != ROWS))

    def _false(self, updated: set[int]) -> None:
        for row in sorted(updated):
            associate_id, wish = self._night.wanted[row]
            if self._night.ledger.holds(associate_id) != wish:
                self._tally.blame(FALSE, f"row {row} is `updated`")

    # -- the end -------------------------------------------------------------------------------------------

    def _judge_code(self, ended: Ended) -> None:
        if ended.code != 0:
            words = f"exit code {ended.code}: {ended.out[-300:]} {self._night.err.read_text()[-300:]}"
            self._tally.blame(ENDING, words)

    def _finish(self) -> None:
        """Let it finish; compare the report with what was asked, and with the service's own record."""
        sent = len(self._night.ledger.puts)
        ended = self._night.finish(self._command())
        self._judge_code(ended)
        self._lose_power()
        before, self._seen = self._seen, self._night.evidence()
        self._compare(before, sent, is_killed=False)
        folder = self._night.run
        if ended.code != 0 or folder is None:
            return
        if (ended.summary["state"], self._seen.state) != ("finished", "finished"):
            self._tally.blame(ENDING, f"state {ended.summary['state']}")
        gone = [name for name, path in ended.summary["files"].items() if not Path(path).is_file()]
        self._tally.blame(LOST, f"files that were promised: {gone}", len(gone))
        self._judge_lines(folder)

    def _judge_lines(self, folder: Path) -> None:
        if not (folder / "report.jsonl").exists():
            return
        lines, wanted, times = read_lines(folder), self._night.wanted, self._night.ledger.times()
        expected = ["duplicate" if row in COPIES else "updated" for row in wanted]
        if [line["row"] for line in lines] != list(wanted) or [line["result"] for line in lines] != expected:
            self._tally.blame(LOST, f"{len(lines)} lines for {ROWS} rows")
        for line in lines:
            associate_id, wish = wanted[line["row"]]
            if self._night.ledger.holds(associate_id) != wish:
                self._tally.blame(FALSE if line["result"] == "updated" else LOST, f"row {line['row']}")
            if line["wire_puts"] > times[associate_id]:
                self._tally.blame(
                    FALSE, f"row {line['row']}: {line['wire_puts']} PUTs, came {times[associate_id]}"
                )
