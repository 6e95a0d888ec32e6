"""What a loop with httpx costs: `httpx_loop.py JOB URL CONCURRENCY`."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

from .bare_loop import HEADERS, Put, read_puts


async def send_all(client: httpx.AsyncClient, puts: Iterator[Put]) -> None:
    """Send one PUT after the other; raise for any status but 200."""
    for url, body in puts:  # shared: each PUT goes to exactly one worker
        answer = await client.put(str(url), content=body)
        if answer.status_code != 200:
            raise RuntimeError(f"{url}: {answer.status_code}")


async def main(job: str, root: str, concurrency: str) -> None:
    """Send the whole job through one client."""
    puts = read_puts(Path(job), root)
    limits = httpx.Limits(max_connections=int(concurrency), max_keepalive_connections=int(concurrency))
    async with (
        httpx.AsyncClient(headers=HEADERS, limits=limits) as client,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(int(concurrency)):
            group.create_task(send_all(client, puts))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
