"""A process that must end in time does so, whatever its event loop waits for."""

import signal
import subprocess
import sys

import pytest

SOON = 60.0  # seconds until something is taken for never to happen
HELD_UP = """
import anyio, time
from presence_worker.cli import hosting

hosting.LONGEST_END = 0.2

async def work():
    with hosting.listen_to_signals() as process:
        process.limit_end()
        print("ready", flush=True)
        await process.stop.wait()
        time.sleep(600)

anyio.run(work)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM there")
def test_a_loop_that_is_held_up_does_not_hold_up_the_end() -> None:
    """Such as by a database that says nothing."""
    command = [sys.executable, "-c", HELD_UP]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(SOON)
        finally:
            process.kill()

    assert code == 0
