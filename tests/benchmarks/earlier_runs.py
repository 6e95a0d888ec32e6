"""What earlier runs cost: commands beside a thousand of them and beside none, and one TAB."""

import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.run.nights import ago, kept

from .child import run
from .figures import Figure, at_most
from .job import write_job
from .trial import Extent, environment

MOST = 0.2  # seconds of CPU more than without earlier runs
TAB = 0.15  # seconds of CPU that one TAB may take
TARGET = "sandbox"


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Call each command in turn on an empty state directory and on a full one, which has an index."""
    runs, rounds, job = extent.of(1000, quick=20), extent.of(7, quick=1), write_job(folder, 10)
    empty, full = folder / "empty", folder / "full"
    _keep(full, runs)
    send = ["run", f"{job}", "--max-changes", "none"]
    textfile = f"metrics.textfile={folder / 'textfile.prom'}"
    commands = {
        "runs": ["runs"],
        "schedule": ["schedule"],
        "run": send,
        "run with metrics.textfile": [*send, "--set", textfile],
    }
    figures = [_built_anew(extent.worker, full, folder, runs)]
    for name, words in commands.items():
        pairs = [
            [_cpu(extent.worker, words, state, folder) for state in (full, empty)] for _ in range(rounds)
        ]
        more = [with_runs - without for with_runs, without in pairs]
        goal = at_most(MOST, median(more), "median")
        figures.append(
            Figure(label=f"{name}: beside {runs} runs", unit="s of CPU more", samples=more, goal=goal)
        )
    tabs = [_tab(extent.worker, full, folder) for _ in range(rounds)]
    goal = at_most(TAB, median(tabs), "median")
    return [*figures, Figure(label=f"TAB: ids of {runs} runs", unit="s of CPU", samples=tabs, goal=goal)]


def _keep(state: Path, runs: int) -> None:
    """Keep earlier runs, one a night, long settled."""
    for days in range(1, runs + 1):
        journal = kept(state, ago(days=days), target=TARGET) / "journal.sqlite"
        moment = ago(days=days).timestamp()
        os.utime(journal, (moment, moment))


def _built_anew(program: Path, state: Path, folder: Path, runs: int) -> Figure:
    (state / "runs.sqlite").unlink(missing_ok=True)
    built = _cpu(program, ["runs"], state, folder)
    return Figure(label=f"runs: the index of {runs} built anew", unit="s of CPU", samples=[built])


def _tab(program: Path, state: Path, folder: Path) -> float:
    asked = {"_PRESENCE_WORKER_COMPLETE": "bash_complete", "COMP_CWORD": "2"}
    words = {"COMP_WORDS": "presence-worker report 2", "PRESENCE_WORKER_STORAGE__STATE_DIR": f"{state}"}
    return run([f"{program}"], folder, environment(folder) | asked | words).cpu


def _cpu(program: Path, words: Sequence[str], state: Path, folder: Path) -> float:
    command = [f"{program}", *words, "--sandbox", "--state-dir", f"{state}", "-q"]
    return run(command, folder, environment(folder)).cpu
