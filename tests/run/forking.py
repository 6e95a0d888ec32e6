"""Commands as processes that start at once: each is forked from a process that has loaded the program.

To load it takes ten times as long as most of what tests have commands do. See `started` in given.py.
"""

import atexit
import gc
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import presence_worker
from presence_worker.cli.main import main

ROOT = Path(__file__).parents[2]
AT_START = ("PYTHON", "LD_", "LC_", "LANG", "SSL", "OPENSSL")  # variables that count when a process starts


class Forked(subprocess.Popen[str]):
    """A process of ours like any other, but that the nursery is its parent."""

    def _execute_child(self, args: list[str], *how: Any) -> None:
        cwd, env, pipes = how[4] or str(Path.cwd()), how[5] or os.environ, how[9:15]
        theirs = (pipes[0], pipes[3], pipes[5])
        streams = [number if pipe == -1 else pipe for number, pipe in enumerate(theirs)]
        self.pid, _ = nursery().ask({"words": args, "cwd": str(cwd), "env": dict(env)}, streams)
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]  # as Popen does when it has started one

    def _try_wait(self, options: int) -> tuple[int, int]:
        return nursery().ask({"pid": self.pid, "options": options})

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        if self.returncode is None:
            pid, status = self._try_wait(os.WNOHANG)
            if pid == self.pid:
                self._handle_exitstatus(status)  # type: ignore[attr-defined]  # as Popen does
        return self.returncode


class Nursery:
    """Owns the process that forks, and the line to it; it ends with us."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", __name__, str(theirs.fileno())]
        self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()])
        self.environment = at_start(os.environ)
        self._line = ours
        self._asking = threading.Lock()  # campaigns start processes from several threads
        self._answers = ours.makefile("rb")
        theirs.close()
        atexit.register(self.close)

    def close(self) -> None:
        """End the process."""
        self._answers.close()
        self._line.close()
        self._process.wait()

    def ask(self, request: dict[str, Any], streams: list[int] | None = None) -> tuple[int, int]:
        """Have a process forked, or waited for; give its number and its status."""
        with self._asking:
            socket.send_fds(self._line, [json.dumps(request).encode() + b"\n"], streams or [])
            pid, status = json.loads(self._answers.readline())
        return pid, status


@cache
def nursery() -> Nursery:
    """Give the nursery of this process."""
    return Nursery()


def can_fork(env: Mapping[str, str] | None) -> bool:
    """Whether a process with this environment is like one that is started anew."""
    return sys.platform == "linux" and at_start(env or os.environ) == nursery().environment


def at_start(env: Mapping[str, str]) -> dict[str, str]:
    """Give what counts only when a process starts."""
    return {name: value for name, value in env.items() if name.startswith(AT_START)}


# -- in the nursery ------------------------------------------------------------------------------------------


def serve(line: socket.socket) -> None:
    """Fork and wait as asked; return when nobody asks any more, and in each forked process."""
    for module in pkgutil.walk_packages(presence_worker.__path__, "presence_worker."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    gc.freeze()
    while True:
        text, streams, *_ = socket.recv_fds(line, 1 << 16, 3)
        while text and not text.endswith(b"\n"):
            text += line.recv(1 << 16)
        if not text:
            return None
        request = json.loads(text)
        if "words" in request:
            answer = [os.fork(), 0]
            if answer[0] == 0:
                line.close()
                return become(streams, **request)
            for stream in streams:
                os.close(stream)
        else:
            answer = list(os.waitpid(request["pid"], request["options"]))
        line.sendall(json.dumps(answer).encode() + b"\n")


def become(streams: list[int], words: list[str], cwd: str, env: dict[str, str]) -> None:
    """Be the command, as if this process had been started for it."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 1 << 10)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the suite may run under nohup
    sys.argv = ["presence-worker", *words]
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)  # noqa: SIM115
    main()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
