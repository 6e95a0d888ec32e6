"""What messages cost: a small run with a webhook and a dead man's switch, and the same without."""

import json
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.notify.receivers import GOOD
from tests.run.given import raw_up

from .child import run
from .figures import Figure, at_most
from .job import write_job
from .trial import Extent, environment, service, worker

ROWS = 12
MOST = 0.030  # seconds of CPU more than without messages


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Run the same job in turn with both and without; every ending is reported."""
    rounds, job = extent.of(15, quick=1), write_job(folder, ROWS)
    with raw_up(GOOD) as receiver:
        notify = {
            "PRESENCE_WORKER_NOTIFY__ON": "all",
            "PRESENCE_WORKER_NOTIFY__WEBHOOK": json.dumps([{"url": f"{receiver.url}/hook"}]),
            "PRESENCE_WORKER_NOTIFY__PING": json.dumps([{"url": f"{receiver.url}/ping"}]),
        }
        pairs = [[_cpu(extent.worker, job, more) for more in (notify, {})] for _ in range(rounds)]
    samples = [with_messages - without for with_messages, without in pairs]
    goal = at_most(MOST, median(samples), "median")
    return [Figure(label="notify: webhook and pings", unit="s of CPU more", samples=samples, goal=goal)]


def _cpu(program: Path, job: Path, more: dict[str, str]) -> float:
    with TemporaryDirectory(prefix="benchmark-") as name:
        place = Path(name)
        with service(place / "arrivals") as url:
            return run(worker(program)(job, url), place, environment(place) | more).cpu
