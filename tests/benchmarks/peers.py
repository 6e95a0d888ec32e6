"""What people would take instead: programs and libraries that send the same PUTs, where they are there."""

import importlib.util
import json
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from .bare_loop import HEADERS, read_puts
from .child import CLIENT_CORE, BrokenTrialError, said
from .trial import Client, service

ROOT = Path(__file__).parents[2]
IN_FLIGHT = 32
SECONDS = 8  # that wrk is at work
REQUESTS = re.compile(r"^Requests/sec:\s*([\d.]+)", re.MULTILINE)
REFUSED = "Non-2xx"  # what wrk says where not all answers were good


def peers() -> dict[str, Client]:
    """Give the clients that can be had here, by name; what is lacking is left out."""
    found: dict[str, Client] = {}
    if shutil.which("curl"):
        found["curl --parallel"] = curl
    for library, program in (("requests", "requests_threads"), ("httpx", "httpx_loop")):
        if importlib.util.find_spec(library):
            found[program.replace("_", ", ")] = _script(program)
    return found


def curl(job: Path, url: str) -> Sequence[str]:
    """Give curl's command for a job, of which it gets a list of transfers first."""
    transfers = job.with_suffix(".curl")
    with transfers.open("w", encoding="utf-8") as file:
        for number, (address, body) in enumerate(read_puts(job, url)):
            file.write("next\n" if number else "")
            file.write(_transfer(f"{address}", body))
    return ["curl", "--silent", "--parallel", "--parallel-max", f"{IN_FLIGHT}", "--config", f"{transfers}"]


def _transfer(url: str, body: bytes) -> str:
    headers = (f"header = {json.dumps(f'{name}: {value}')}" for name, value in HEADERS.items())
    data = f"data-binary = {json.dumps(body.decode(), ensure_ascii=False)}"
    rest = ('output = "/dev/null"', "fail", "")
    return "\n".join((f'url = "{url}"', 'request = "PUT"', *headers, data, *rest))


def _script(program: str) -> Client:
    def command(job: Path, url: str) -> Sequence[str]:
        module = f"tests.benchmarks.{program}"
        return ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", module, f"{job}", url, f"{IN_FLIGHT}"]

    return command


def wrk(*, in_flight: int, manners: Sequence[str]) -> float | None:
    """Give the PUTs that wrk gets answered in a second; None where it is not installed."""
    if not shutil.which("wrk"):
        return None
    with TemporaryDirectory(prefix="benchmark-") as name:
        script = Path(name, "put.lua")
        script.write_text(
            'wrk.method = "PUT"\nwrk.headers["Content-Type"] = "application/json"\n'
            'wrk.body = \'{"Status":"StatusNotAvailable","Message":"Away"}\'\n'
        )
        with service(Path(name, "arrivals"), manners) as url:
            address = f"{url}/api/v1/User/7/UserPresenceStatus"
            load = ["-t1", f"-c{in_flight}", f"-d{SECONDS}s", "-s", f"{script}"]
            words = said(["wrk", *load, address], core=CLIENT_CORE)
    found = REQUESTS.search(words)
    if not found or REFUSED in words:
        raise BrokenTrialError(f"wrk said: {words}")
    return float(found[1])
