"""How long /healthz takes, and how much memory a service needs, seen from a process of its own.

python -m tests.campaigns.probe URL PID: one line of JSON when standard input ends. Beside each question to
the service another one goes to a server that does nothing: what that takes is the machine's.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

EVERY = 0.02  # seconds between two questions
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as a server that does nothing."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)
    await writer.drain()
    writer.close()


async def ask(host: str, port: int) -> float:
    """Ask for /healthz on a new connection; return the seconds it took."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET /healthz HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    took = time.perf_counter() - began
    writer.close()
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise AssertionError(head)
    return took


def memory(pid: int) -> int:
    """Give the proportional set size of a process, in bytes."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


async def probe(url: str, pid: int) -> dict[str, float | int]:
    """Probe until standard input ends."""
    parts, ended = urlsplit(url), asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    idle = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = idle.sockets[0].getsockname()[1]
    service: list[float] = []
    machine: list[float] = []
    most = memory(pid)
    while not ended.done():
        service.append(await ask(parts.hostname or "", parts.port or 80))
        machine.append(await ask("127.0.0.1", port))
        if len(service) % 10 == 0:
            most = max(most, memory(pid))
        await asyncio.sleep(EVERY)
    return {
        "asked": len(service),
        "longest": max(service),
        "late": sum(took > 0.05 for took in service),
        "median": sorted(service)[len(service) // 2],
        "machine_longest": max(machine),
        "machine_late": sum(took > 0.05 for took in machine),
        "memory": most,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(probe(sys.argv[1], int(sys.argv[2])))))  # noqa: T201
