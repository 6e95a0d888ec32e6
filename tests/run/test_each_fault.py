"""After each kind of fault: where and what it is, the page that helps, and a next command that works then.

A cause is a generator: it provokes the fault, gives how the command ended, and corrects what was wrong.
"""

import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from presence_worker.errors import ExitCode
from presence_worker.journal import JOURNAL, target_lock
from tests.raw_server import Peer, Request, answer, echo

from .given import (
    FAST,
    PASSWORD,
    WORKER,
    Ended,
    Worker,
    after,
    away,
    called,
    ended,
    raw_up,
    slowly,
    started,
    wait_until,
    write_csv,
)
from .small_disk import small_disk

NOT_FOUND = answer(404, b"<html><body>Not Found</body></html>")
CONFIG = Path("config", "presence-worker.toml")  # below the directory where the tests work
NO_SUCH_HOST = "http://no-such-host.invalid/SuperOffice"
OTHER_USER = 54321
Cause = Callable[[Worker, pytest.MonkeyPatch], Iterator[Ended]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A kind of fault, and what a person learns of it."""

    cause: Cause
    code: int
    words: tuple[str, ...]  # of the message: where, what, what to do
    following: str  # how the next command begins
    page: str
    then: int = 0  # exit code of the next command, once the cause is corrected

    @property
    def name(self) -> str:
        """The cause in words."""
        return self.cause.__name__


def job(*numbers: int) -> Path:
    return write_csv(Path("job.csv"), away(numbers or [1, 2, 3])).absolute()


def configure(text: str) -> None:
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text(text)


def run_at_configured_address(worker: Worker) -> Ended:
    return worker.call("run", str(job(*range(1, 26))), "--state-dir", str(worker.state), *FAST, "--json")


def missing_file(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    yield worker("run", "job.csv")
    job()


def unreadable_file(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    Path("job.csv").write_bytes("associateId,status,message\n1,Away,å\n2,Away,".encode() + b"\xe5\n")
    yield worker("run", "job.csv")
    job()


def empty_file(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    Path("job.csv").touch()
    yield worker("run", "job.csv")
    job()


def wrong_columns(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    Path("job.csv").write_text("name,colour\nAnna,red\n")
    yield worker("run", "job.csv")
    job()


def undecided_dates(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    days = "".join(f"{number},Away,0{number}/05/2020\n" for number in range(1, 8))
    Path("job.csv").write_text(f"associateId,status,until\n{days}")
    yield worker("run", "job.csv")
    configure('[input]\ndate_format = "%d/%m/%Y"\n')


def too_many_invalid_rows(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    write_csv(Path("job.csv"), [(f"x{number}", "Away", "") for number in range(9)])
    yield worker("run", "job.csv")
    job()


def unknown_option(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    yield worker("run", job(), "--speed", "9")


def bad_option(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    yield worker("run", job(), "--max-changes", "5x")


def unknown_setting(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    configure(f"[target]\nbase_ulr = '{worker.url}'\n")
    yield run_at_configured_address(worker)
    configure(f"[target]\nbase_url = '{worker.url}'\n")


def broken_configuration(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    configure(f"[target\nbase_url = '{worker.url}'\n")
    yield run_at_configured_address(worker)
    configure(f"[target]\nbase_url = '{worker.url}'\n")


def no_target(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    yield run_at_configured_address(worker)
    configure(f"[target]\nbase_url = '{worker.url}'\n")


def no_password(worker: Worker, patch: pytest.MonkeyPatch) -> Iterator[Ended]:
    patch.delenv("PRESENCE_WORKER_AUTH__PASSWORD")
    yield worker("run", job())
    patch.setenv("PRESENCE_WORKER_AUTH__PASSWORD", PASSWORD)


def wrong_address(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    with raw_up(NOT_FOUND) as server:
        configure(f"[target]\nallow_http = true\nbase_url = '{server.url}'\n")
        yield run_at_configured_address(worker)
    configure(f"[target]\nbase_url = '{worker.url}'\n")


def not_reachable(worker: Worker, patch: pytest.MonkeyPatch) -> Iterator[Ended]:
    patch.setenv("PRESENCE_WORKER_DELIVERY__OUTAGE_PATIENCE", "0.01")
    configure(f"[target]\nallow_http = true\nbase_url = '{NO_SUCH_HOST}'\n")
    yield run_at_configured_address(worker)
    configure(f"[target]\nbase_url = '{worker.url}'\n")


def wrong_password(worker: Worker, patch: pytest.MonkeyPatch) -> Iterator[Ended]:
    right: list[bool] = []

    async def guarded(peer: Peer, request: Request) -> None:
        await (echo if right else answer(401))(peer, request)

    with raw_up(guarded) as server:
        worker.url = server.url
        yield worker("run", job())
        right.append(True)
        patch.setenv("PRESENCE_WORKER_AUTH__PASSWORD", "another")
        yield worker.call()


def outage(worker: Worker, patch: pytest.MonkeyPatch) -> Iterator[Ended]:
    patch.setenv("PRESENCE_WORKER_DELIVERY__OUTAGE_PATIENCE", "0.05")
    patch.setenv("PRESENCE_WORKER_DELIVERY__PROBE_INTERVAL", "0.01")
    there: list[bool] = []

    async def away_at_first(peer: Peer, request: Request) -> None:
        await (echo if there else answer(503))(peer, request)

    with raw_up(away_at_first) as server:
        worker.url = server.url
        yield worker("run", job())
        there.append(True)
        yield worker.call()


def deadline(worker: Worker, patch: pytest.MonkeyPatch) -> Iterator[Ended]:
    patch.setenv("PRESENCE_WORKER_DELIVERY__DEADLINE", "50ms")
    patch.setenv("PRESENCE_WORKER_DELIVERY__DRAIN", "0")
    with raw_up(after(1, slowly(echo, 0.2))) as server:
        worker.url = server.url
        yield worker("run", job())
        patch.delenv("PRESENCE_WORKER_DELIVERY__DEADLINE")
        yield worker.call()


def stopped_by_a_signal(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    with raw_up(slowly(echo, 0.1)) as server:
        worker.url = server.url
        with started("run", job(), *worker.options_of("run"), "--concurrency", "1", "--json") as process:
            wait_until(lambda: len(server.requests) == 1)
            process.send_signal(signal.SIGINT)
            yield ended(process)
        yield worker.call()


def failed_rows(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    worker.read_before = "auto"
    ran = worker("run", job(1, 4711))
    yield ran
    file = worker.folder_of(ran) / "failed.csv"
    file.write_text(file.read_text("utf-8-sig").replace("4711", "7"), "utf-8")


def held_by_a_limit(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    yield worker("run", job(), "--max-changes", "1")


def lock_held(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    with target_lock(worker.url, worker.state):
        yield worker("run", job())


def damaged_journal(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    ran = worker("run", job())
    journal = worker.folder_of(ran) / JOURNAL
    whole = journal.read_bytes()
    journal.write_bytes(b"no journal" * 999)
    yield worker("report", ran.summary["run_id"])
    journal.write_bytes(whole)


def no_run_to_resume(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    yield worker("resume")


def no_such_run(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    yield worker("apply", "2031")


def directory_of_another_user(worker: Worker, _: pytest.MonkeyPatch) -> Iterator[Ended]:
    if sys.platform == "win32" or os.geteuid() != 0:
        pytest.skip("only root gives a directory away")
    worker.state.mkdir()
    os.chown(worker.state, OTHER_USER, OTHER_USER)
    yield worker("run", job())
    os.chown(worker.state, 0, 0)


FAULTS = (
    Fault(
        cause=missing_file,
        code=4,
        words=("job.csv: the file does not exist. Check its name",),
        following="check",
        page="hr-files",
    ),
    Fault(
        cause=unreadable_file,
        code=4,
        words=("job.csv, line 3", "UTF-8"),
        following="check",
        page="hr-files",
    ),
    Fault(
        cause=empty_file, code=4, words=("job.csv: the file is empty",), following="check", page="hr-files"
    ),
    Fault(
        cause=wrong_columns,
        code=4,
        words=(
            "job.csv, line 1",
            "no column for people (associateId, login or e-mail address)",
            "Found: name, colour",
        ),
        following="check",
        page="hr-files",
    ),
    Fault(
        cause=undecided_dates,
        code=4,
        words=("7 of 7 rows are invalid", "safety.max_invalid"),
        following="check",
        page="leave-and-dates",
    ),
    Fault(
        cause=too_many_invalid_rows,
        code=4,
        words=("9 of 9 rows are invalid", "safety.max_invalid", "correct the file"),
        following="check",
        page="hr-files",
    ),
    Fault(cause=unknown_option, code=2, words=("--speed",), following="run --help", page="commands"),
    Fault(
        cause=bad_option,
        code=2,
        words=("option --max-changes", "a number"),
        following="run --help",
        page="commands",
    ),
    Fault(
        cause=unknown_setting,
        code=2,
        words=("presence-worker.toml, line 2", "target.base_ulr", "did you mean base_url"),
        following="run",
        page="settings",
    ),
    Fault(
        cause=broken_configuration,
        code=2,
        words=("presence-worker.toml", "not valid TOML"),
        following="run",
        page="settings",
    ),
    Fault(cause=no_target, code=2, words=("set target.base_url",), following="run", page="first-run"),
    Fault(
        cause=no_password,
        code=2,
        words=("auth.password: not set", "auth.password_file"),
        following="run",
        page="sign-in",
    ),
    Fault(
        cause=wrong_address,
        code=6,
        words=("target.base_url", "presence-worker.toml, line 3"),
        following="run",
        page="first-run",
    ),
    Fault(
        cause=not_reachable,
        code=6,
        words=("no-such-host.invalid", "target.base_url", "presence-worker.toml, line 3"),
        following="run",
        page="first-run",
    ),
    Fault(
        cause=wrong_password,
        code=6,
        words=("401", "auth.password (PRESENCE_WORKER_AUTH__PASSWORD)", "lock the account"),
        following="resume",
        page="sign-in",
    ),
    Fault(
        cause=outage,
        code=6,
        words=("0 of 3", "no useful answer for", "Resume the run"),
        following="resume",
        page="troubleshooting",
    ),
    Fault(
        cause=deadline,
        code=6,
        words=("delivery.deadline", "Resume the run"),
        following="resume",
        page="troubleshooting",
    ),
    Fault(
        cause=stopped_by_a_signal,
        code=130,
        words=("1 of 3", "stopped by a signal", "Resume the run"),
        following="resume",
        page="exit-codes",
    ),
    Fault(
        cause=failed_rows,
        code=3,
        words=("1 of 2", "1 needs attention", "failed.csv"),
        following="run",
        page="results-and-reasons",
    ),
    Fault(
        cause=held_by_a_limit,
        code=5,
        words=("Nothing was sent", "3 changes are more than safety.max_changes (1) allows"),
        following="apply",
        page="exit-codes",
    ),
    Fault(cause=lock_held, code=7, words=("another run is at work",), following="run", page="every-night"),
    Fault(
        cause=damaged_journal,
        code=2,
        words=(JOURNAL, "not a database"),
        following="report",
        page="troubleshooting",
    ),
    Fault(cause=no_run_to_resume, code=2, words=("has no run yet",), following="runs", page="reports"),
    Fault(cause=no_such_run, code=2, words=("2031: no such run",), following="runs", page="reports"),
    Fault(
        cause=directory_of_another_user,
        code=2,
        words=("state directory", "belongs to", "--state-dir"),
        following="run",
        page="troubleshooting",
    ),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_next_command_works(fault: Fault, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """As printed, once what the message names is corrected."""
    causing = fault.cause(worker, monkeypatch)
    found = next(causing)
    summary = found.summary

    next(causing, None)
    done = worker.follow(found) if not fault.following.endswith("--help") else _helped(worker, found)

    assert (found.code, summary["exit_code"], summary["help"]) == (fault.code, fault.code, fault.page)
    missing = [words for words in fault.words if words.lower() not in summary["message"].lower()]
    assert not missing, summary["message"]
    assert summary["next"].startswith(f"presence-worker {fault.following}")
    assert found.err.splitlines()[-2:] == [
        f"Help: presence-worker manual {fault.page}",
        f"Next: {summary['next']}",
    ]
    assert done.code == fault.then, done


def _helped(worker: Worker, found: Ended) -> Ended:
    return worker.call(*shlex.split(found.summary["next"])[1:])


def test_a_full_disk(worker: Worker) -> None:
    """There the same: once there is room, the next command does it."""
    with small_disk(worker.folder / "disk", "4m") as disk:
        disk.fill()
        worker.state = disk.place / "state"
        options = worker.options_of("run")
        found = called("run", job(), *options, "--json", before=[*disk.command, *WORKER])
        disk.empty()
        _, *following = shlex.split(found.summary["next"])
        done = called(*following, before=[*disk.command, *WORKER])

    assert (found.code, found.summary["help"], done.code) == (6, "troubleshooting", 0)
    assert "No space left on device" in found.summary["message"]


def test_the_list_is_whole() -> None:
    """Each exit code that asks for something is among them; a bug is not to be provoked."""
    assert {fault.code for fault in FAULTS} == {*ExitCode} - {0, 1, ExitCode.TERMINATED}
    assert len(FAULTS) >= 20
