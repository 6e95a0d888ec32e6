"""`presence-worker sandbox`: comes up, says where, and leaves when told."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from urllib.request import urlopen

import click
import pytest
from click.testing import CliRunner

from presence_worker.cli.sandbox import command
from presence_worker.errors import UsageFault
from presence_worker.sandbox import KINDS, OUTAGE_FORM

ALONE = [sys.executable, "-c", "from presence_worker.cli.sandbox import command; command()"]


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(ALONE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def first_lines(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Give the first line of standard output and of standard error."""
    assert process.stdout
    assert process.stderr
    return process.stdout.readline(), process.stderr.readline()


def test_says_where_it_is_and_how_to_get_there(process: subprocess.Popen[str]) -> None:
    """The root URL comes first and alone; the line for people tells how to use it from another terminal."""
    url, words = first_lines(process)

    with urlopen(f"{url.strip()}/api") as answer:
        status = answer.status

    assert status == 200
    assert f"PRESENCE_WORKER_TARGET__BASE_URL={url.strip()} " in words
    assert "PRESENCE_WORKER_AUTH__USERNAME=" in words
    assert "PRESENCE_WORKER_AUTH__PASSWORD=" in words
    assert "Ctrl-C" in words


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another process do not exist there")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(process: subprocess.Popen[str], number: int) -> None:
    """Ending the sandbox is no failure, and leaves no traceback."""
    first_lines(process)

    process.send_signal(number)
    output, errors = process.communicate(timeout=10)

    assert (process.returncode, output, errors) == (0, "", "")


def test_a_port_that_is_taken_is_a_usage_fault(taken: int) -> None:
    """The error names the port, the reason and the way out."""
    with pytest.raises(UsageFault, match=f"port {taken}: something else listens there.* --port"):
        command.main(["--port", str(taken)], standalone_mode=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fault", "404:0.1"], "'404:0.1': expected 429:SHARE"),
        (["--fault", "429:0.6", "--fault", "503:0.6"], "add up to 1.2"),
        (["--latency", "5 parsecs"], "expected seconds"),
        (["--people", "0"], "0 is not in the range"),
        (["--port", "65536"], "65536 is not in the range"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: list[str], words: str) -> None:
    """A bad value of an option is told with what is allowed."""
    with pytest.raises(click.BadParameter, match=words):
        command.main(arguments, standalone_mode=False)


def test_help_tells_every_fault() -> None:
    """Each fault is in the help, as it is to be written, with what it does."""
    shown = CliRunner().invoke(command, ["--help"]).output

    assert all(f"{name}:SHARE" in shown and kind.words in shown for name, kind in KINDS.items())
    assert OUTAGE_FORM in shown
    assert max(map(len, shown.splitlines())) <= 80
