"""How a night of several machines begins, and how it is judged in the morning."""

import os
import random
from collections.abc import Sequence

from .fleet_judge import STARTED, Judge
from .fleet_machine import RULES
from .fleet_night import FleetNight
from .size import LONG
from .tally import ENDING, FALSE, TWICE, Tally

SEED = int(os.environ.get("CAMPAIGN_SEED") or random.randrange(2**32))
ROWS = 600 if LONG else 200  # of a job; ten seconds' work at the rate of a target
FEW = 8  # runs
ROUNDS = 8 if LONG else 1  # blows of a kind, one after another


def finish(night: FleetNight, name: str, blows: Sequence[str] = ()) -> tuple[Tally, list[str]]:
    """Let all be carried out, ask each machine for the reports, compare; return the figures."""
    tally = Tally(name=name, seed=SEED, nights=1)
    tally.kills.update(blows or [blow.kind for blow in night.blows if blow.kind != STARTED])
    jobs = night.finish()
    for order, job in zip(night.orders, jobs, strict=True):
        if (job["state"], job.get("exit_code")) != ("finished", 0):
            tally.blame(ENDING, f"order {order.number}: {job}")
    judge = Judge(rules=RULES, tally=tally, blows=night.blows)
    judge.judge(night.services, night.orders)
    judge_reports(night, [str(job.get("run_id")) for job in jobs], tally)
    return tally, judge.lines()


def judge_reports(night: FleetNight, runs: Sequence[str], tally: Tally) -> None:
    """Ask each machine for all runs, and for the report of each; where there are many, one for each run."""
    if len(set(runs)) != len(runs):
        tally.blame(TWICE, f"runs of the jobs: {sorted(runs)}")
    for number, machine in enumerate(night.machines):
        listed = {run["run_id"] for run in machine.ask("runs").summary["runs"]}
        if listed != set(runs):
            tally.blame(TWICE, f"{machine.name} lists {sorted(listed)}, the jobs have {sorted(runs)}")
        share = slice(None) if len(runs) <= FEW else slice(number, None, len(night.machines))
        for order, run in [*zip(night.orders, runs, strict=True)][share]:
            ended = machine.ask("report", run, "--target", order.target)
            counts = ended.summary["counts"] if ended.out else {}
            if counts.get("updated", 0) != order.rows:
                tally.blame(FALSE, f"{machine.name} reports of order {order.number}: {counts} {ended.err}")


def begin(night: FleetNight) -> None:
    """Start the machines, hand the jobs in, and wait until rows are sent."""
    night.start()
    night.order(ROWS)
    night.wait_for_puts(40)
