"""A child process on a core of its own, and what it cost."""

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))
PINNED = len(CORES) > 1  # with a single core everybody shares it
CLIENT_CORE, SERVER_CORE = CORES[0], CORES[-1]
PATIENCE = 900.0  # seconds until a child that does not end is killed


class BrokenTrialError(Exception):
    """Something did not do its work, so that its figures mean nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a process used from its start to its end, its own children included."""

    cpu: float  # seconds, user and system
    wall: float  # seconds
    peak: float  # MiB of memory at most
    started: float  # time.monotonic, which all processes of this machine share


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """When a process gets SIGSTOP, and for how long, in seconds."""

    after: float
    lasting: float


def pin(process: subprocess.Popen[bytes], core: int) -> None:
    """Keep a process that has just been started on one core."""
    if PINNED:
        os.sched_setaffinity(process.pid, {core})


def run(command: Sequence[str], folder: Path, env: Mapping[str, str], frozen: Freeze | None = None) -> Cost:
    """Run *command* in *folder* to its end; raise BrokenTrialError, with its last words, if it fails.

    It may keep what it compiles, whatever is so for us: a program that is installed has its caches.
    """
    words, env = folder / "stderr", {name: env[name] for name in env if name != "PYTHONDONTWRITEBYTECODE"}
    with words.open("wb") as stderr:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr
        )
        pin(process, CLIENT_CORE)
        with _freezing(process, frozen):
            usage = _reap(process)
        wall = time.monotonic() - began
    if process.returncode:
        last_words = words.read_text("utf-8", "replace").strip()[-1000:]
        raise BrokenTrialError(f"{' '.join(command)}\nexited with {process.returncode}: {last_words}")
    return Cost(cpu=usage.ru_utime + usage.ru_stime, wall=wall, peak=mib(usage), started=began)


@contextmanager
def _freezing(process: subprocess.Popen[bytes], frozen: Freeze | None) -> Iterator[None]:
    if frozen is None:
        yield
        return
    stop = threading.Timer(frozen.after, process.send_signal, (signal.SIGSTOP,))
    go_on = threading.Timer(frozen.after + frozen.lasting, process.send_signal, (signal.SIGCONT,))
    for timer in (stop, go_on):
        timer.start()
    try:
        yield
    finally:
        for timer in (stop, go_on):
            timer.cancel()


def _reap(process: subprocess.Popen[bytes]) -> resource.struct_rusage:
    """Wait for a process; only wait4 tells what this one used, and not what all children did together."""
    watchdog = threading.Timer(PATIENCE, os.kill, (process.pid, signal.SIGKILL))
    watchdog.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        raise
    finally:
        watchdog.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


def mib(usage: resource.struct_rusage) -> float:
    """Give the peak memory in MiB; Linux counts it in KiB."""
    return usage.ru_maxrss / 1024


def said(command: Sequence[str], *, core: int) -> str:
    """Run a program on a core to its end; give what it printed."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        pin(process, core)
        words, _ = process.communicate(timeout=PATIENCE)
    return words.decode("utf-8", "replace")
