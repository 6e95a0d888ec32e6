"""What is read of a process at work is what the process itself says."""

import subprocess
import sys

import pytest

from .readings import cpu_of, pss_of

BUSY = """
import resource, sys
kept = bytes(range(256)) * 4096 * int(sys.argv[1])
while resource.getrusage(resource.RUSAGE_SELF).ru_utime < 0.2:
    pass
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, flush=True)
input()
"""


def test_cpu_and_memory_are_of_that_process() -> None:
    """CPU to a few milliseconds; memory grows by what it keeps."""
    small, large = (_started(mib) for mib in (1, 21))

    with small, large:
        said = [float(process.stdout.readline()) for process in (small, large) if process.stdout]
        read = [cpu_of(process.pid) for process in (small, large)]
        more = pss_of(large.pid) - pss_of(small.pid)
        for process in (small, large):
            process.communicate(b"\n")

    assert read == pytest.approx(said, abs=0.05)
    assert more == pytest.approx(20, abs=2)
    assert cpu_of(small.pid) == 0.0  # it is gone


def _started(mib: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", BUSY, f"{mib}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
