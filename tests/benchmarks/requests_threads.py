"""What a script with requests and threads costs: `requests_threads.py JOB URL THREADS`."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import local

import requests

from .bare_loop import HEADERS, Put, read_puts

own = local()


def send(put: Put) -> None:
    """Send a PUT through the session of this thread; raise for any status but 200."""
    url, body = put
    session = own.__dict__.setdefault("session", requests.Session())
    answer = session.put(str(url), data=body, headers=HEADERS, timeout=30)
    if answer.status_code != 200:
        raise RuntimeError(f"{url}: {answer.status_code}")


if __name__ == "__main__":
    job, root, threads = sys.argv[1:]
    with ThreadPoolExecutor(int(threads)) as pool:
        list(pool.map(send, read_puts(Path(job), root)))
