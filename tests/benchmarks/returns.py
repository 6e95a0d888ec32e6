"""What a night costs on which people come back: each who is away is looked at before the PUT, or none is."""

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from .child import BrokenTrialError, run
from .figures import Figure, at_most
from .job import write_job_of_present
from .trial import Extent, environment, worker
from .unchanged import sandbox, summary_of

USERS, RETURNS = 5_000, 400
RATE = 100  # requests a second, ten times the usual, so that it is over soon
LONGER = 1.1  # times what the requests take at the rate
FEWER = 0.5  # of the requests, with read_before = "query"


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Let people come back in both ways, in turn; start-up and reports are not in a run's time."""
    returns, rounds = extent.of(RETURNS, quick=20), extent.of(3, quick=1)
    job, ways = write_job_of_present(folder, returns), ("auto", "query")
    nights = [[_night(extent.worker, job, returns, way) for way in ways] for _ in range(rounds)]
    figures = []
    for way, runs in zip(ways, zip(*nights, strict=True), strict=True):
        ratios = [seconds * RATE / requests for requests, seconds in runs]
        goal = at_most(LONGER, median(ratios), "median")
        label = f"returns: {returns} among {USERS}, {way}: time / (requests / rate)"
        figures.append(Figure(label=label, unit="times", samples=ratios, goal=goal))
    fewer = [by_query[0] / usual[0] for usual, by_query in nights]
    goal = at_most(FEWER, median(fewer), "median", near=0.02)
    return [
        *figures,
        Figure(label="returns: requests by query / by auto", unit="times", samples=fewer, goal=goal),
    ]


def _night(program: Path, job: Path, returns: int, way: str) -> tuple[int, float]:
    """Give the requests and the seconds of a run; raise BrokenTrialError unless everybody is back."""
    away = [option for person in range(1, returns + 1) for option in ("--away", f"{person}")]
    with TemporaryDirectory(prefix="benchmark-") as name, sandbox(program, USERS, *away) as url:
        reading = {"PRESENCE_WORKER_DELIVERY__READ_BEFORE": way}
        run(worker(program, rate=RATE)(job, url), Path(name), environment(Path(name)) | reading)
        summary = summary_of(Path(name))
    if summary["counts"]["updated"] != returns:
        raise BrokenTrialError(f"{summary['counts']} of {returns} who come back")
    return summary["requests"]["put"] + summary["requests"]["get"], summary["duration_s"]
