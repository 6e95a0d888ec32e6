"""`presence-worker prune`: old runs go whole, and those that somebody may still need stay."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from presence_worker.errors import UsageFault
from presence_worker.journal import JOURNAL, Archive, run_id, run_lock
from presence_worker.model import Outcome, Result
from presence_worker.run.commands import report_run
from presence_worker.run_context import RunContext
from presence_worker.runs.pruning import Pruning, prune_runs
from presence_worker.settings import Settings
from presence_worker.settings.configuration import load_settings
from tests.journal.given import end_as

from ..journal.given import FAILED, REJECTED, RUN, UNKNOWN, UPDATED, deliver, staged, tamper
from .given import WORKER, Ended, Worker, called

NOT_SENT = Outcome(result=Result.NOT_SENT)
TARGET = RUN.target
REPORTS = ("report.jsonl", "report.csv", "report.html", "failed.csv", "unprocessed.csv", "summary.json")
DIES = """
import os, signal, sys
from presence_worker.cli.main import main

left = [int(sys.argv.pop(1))]

def hook(event, _):
    if event == "os.remove":
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
main()
"""
Make = Callable[..., Path]
Prune = Callable[..., Pruning]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = Archive(tmp_path / "state")
    archive.prepare()
    return archive


@pytest.fixture
def make(archive: Archive) -> Make:
    """Make a run of so many days ago with the reports it had; of its two rows one is updated."""

    def make(days: float, state: str = "finished", second: Outcome = UPDATED, target: str = TARGET) -> Path:
        moment = datetime.now(UTC) - timedelta(days=days)
        folder = archive.runs / run_id(moment)
        folder.mkdir()
        created_at = moment.isoformat()
        journal = staged(folder / JOURNAL, 2, run_id=folder.name, created_at=created_at, target=target)
        with closing(journal):
            deliver(journal, {1: UPDATED, 2: second})
            end_as(journal, state=state)
        for name in REPORTS:
            (folder / name).write_text("who was away")
        return folder

    return make


@pytest.fixture
def context(archive: Archive) -> Callable[[Mapping[str, str]], RunContext]:
    """Give the surroundings of `prune` with these durations: keep and max_resume_age."""

    def context(durations: Mapping[str, str]) -> RunContext:
        flags = {
            "storage": {"keep": durations.get("keep", "90d")},
            "safety": {"max_resume_age": durations.get("max_resume_age", "24h")},
        }
        settings: Settings = load_settings(None, flags)
        return RunContext(
            day=date(2026, 12, 1),
            settings=settings,
            archive=archive,
            target="",
            options=(),
            input_options=(),
            open_service=lambda: pytest.fail("nothing to be sent"),
        )

    return context


@pytest.fixture
def prune(context: Callable[[Mapping[str, str]], RunContext]) -> Prune:
    def prune(**durations: str) -> Pruning:
        return prune_runs(context(durations))

    return prune


def left(archive: Archive) -> list[str]:
    return sorted(path.name for path in archive.runs.iterdir())


def ids(*folders: Path) -> list[str]:
    return [folder.name for folder in folders]


def test_only_old_runs_go(archive: Archive, make: Make, prune: Prune) -> None:
    """A run older than storage.keep goes with all its files; a day younger it stays."""
    oldest, older, young = make(200), make(91), make(89)

    pruning = prune()

    assert pruning == Pruning(deleted=ids(oldest, older), kept=1, kept_though_old={})
    assert left(archive) == ids(young)


def test_how_long_is_long_is_a_setting(archive: Archive, make: Make, prune: Prune) -> None:
    """What storage.keep says holds, also where it is longer than there is time."""
    make(0.1)
    make(10_000)

    kept = prune(keep="9999999d").kept
    deleted = prune(keep="1h").deleted

    assert (kept, len(deleted), left(archive)) == (2, 2, [])


@pytest.mark.parametrize("second", [FAILED, UNKNOWN, NOT_SENT])
@pytest.mark.parametrize("state", ["stopped", "running", "finished", "held", "planned"])
def test_what_can_go_on_stays(make: Make, prune: Prune, state: str, second: Outcome) -> None:
    """However short storage.keep is, a run with rows to send stays as long as it may be continued."""
    folder = make(0.5, state, second)

    first = prune(keep="1h")
    later = prune(keep="1h", max_resume_age="11h")

    assert first.kept_though_old == {folder.name: "resume or apply may still continue it"}
    assert later.deleted == ids(folder)


@pytest.mark.parametrize(
    ("state", "second"), [("finished", UPDATED), ("finished", REJECTED), ("refused", NOT_SENT)]
)
def test_what_cannot_go_on_goes(make: Make, prune: Prune, state: str, second: Outcome) -> None:
    """A run with nothing left to send, or one whose file was refused, is not worth keeping longer."""
    folder = make(0.5, state, second)

    assert prune(keep="1h").deleted == ids(folder)


def test_what_a_waiting_run_must_not_overwrite_is_remembered(make: Make, prune: Prune) -> None:
    """Resuming asks later runs of its target what they wrote: these stay as long as it can be resumed."""
    waiting = make(0.5, "stopped", NOT_SENT)
    later, elsewhere = make(0.4), make(0.3, target="https://other.example.com/")

    first = prune(keep="1h")
    afterwards = prune(keep="1h", max_resume_age="2h")

    assert first.deleted == ids(elsewhere)
    assert list(first.kept_though_old) == ids(waiting, later)
    assert afterwards.deleted == ids(waiting, later)


def test_a_run_at_work_stays(make: Make, prune: Prune) -> None:
    """Nobody's journal is taken away while a process works on it."""
    folder = make(100)

    with run_lock(folder):
        pruning = prune()

    assert pruning == Pruning(deleted=[], kept=1, kept_though_old={folder.name: "a process works on it"})
    assert (folder / "report.csv").exists()


def not_a_journal(path: Path) -> None:
    path.write_bytes(b"not a journal\n" * 1000)


def of_another_version(path: Path) -> None:
    tamper(path, "UPDATE schema SET version = 99")


def without_its_run(path: Path) -> None:
    tamper(path, "DROP TABLE run")


@pytest.mark.parametrize("damage", [not_a_journal, of_another_version, without_its_run])
@pytest.mark.parametrize("keep", ["90d", "1h"])
def test_what_cannot_be_read_stays_and_is_said(
    make: Make, prune: Prune, damage: Callable[[Path], None], keep: str
) -> None:
    """What a damaged journal holds nobody knows: it is left to somebody who looks at it."""
    damaged, sound = make(100), make(99)
    damage(damaged / JOURNAL)

    pruning = prune(keep=keep)

    assert pruning.deleted == ids(sound)
    assert pruning.kept_though_old[damaged.name].startswith("it cannot be read or deleted: ")
    assert (damaged / "report.csv").exists()


def test_what_others_put_there_stays(tmp_path: Path, archive: Archive, make: Make, prune: Prune) -> None:
    """Deleted are only folders that have a run's name: no copies, no files, nothing behind a link."""
    run = make(100)
    copy = run.rename(archive.runs / f"{run.name}.copy")
    elsewhere = make(100).rename(tmp_path / "elsewhere")
    link = archive.runs / "20200101T020000Z-7f3a"
    link.symlink_to(elsewhere)
    (archive.runs / "20200101T020000Z-7f3b").touch()

    pruning = prune()

    assert (pruning.deleted, pruning.kept) == ([], 2)
    assert left(archive) == sorted([copy.name, link.name, "20200101T020000Z-7f3b"])
    assert (elsewhere / JOURNAL).exists()


def test_what_a_power_cut_left_goes(archive: Archive, make: Make, prune: Prune) -> None:
    """The reports of a run that was half deleted tell who was away, too; a run being made stays."""
    (make(100) / JOURNAL).unlink()
    being_made = archive.new_folder()

    pruning = prune()

    assert pruning == Pruning(deleted=[], kept=0, kept_though_old={})
    assert left(archive) == ids(being_made)


def test_a_killed_run_is_read_like_any_other(archive: Archive, prune: Prune) -> None:
    """A journal all of which is still in the write-ahead log beside it is no damaged one."""
    folder, alive = archive.runs / "20200101T020000Z-7f3a", archive.runs / "20200101T020000Z-7f3a.alive"
    alive.mkdir()
    with closing(staged(alive / JOURNAL)):
        shutil.copytree(alive, folder)
    shutil.rmtree(alive)

    assert prune().deleted == ids(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no signal that cannot be caught there")
@pytest.mark.parametrize("removals", range(4))
def test_a_run_is_deleted_whole_or_is_none(archive: Archive, make: Make, prune: Prune, removals: int) -> None:
    """Killed before any of its removals, `prune` leaves a whole run, or one that nobody takes for a run."""
    folder = make(100)
    before = {path.name for path in folder.iterdir()}
    command = [sys.executable, "-c", DIES, str(removals), "prune", "--state-dir", str(archive.state_dir)]

    subprocess.run(command, capture_output=True, check=False)
    found = archive.folders()
    whole = folder.exists() and {path.name for path in folder.iterdir()} >= before

    assert found == ([folder] if whole else [])
    assert whole == (removals == 0)
    assert prune().kept == 0
    assert left(archive) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit on the size of files there")
def test_a_full_disk_can_be_cleared(archive: Archive, make: Make) -> None:
    """Where not a byte can be written any more, old runs still can be deleted."""
    make(100)
    limited = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *WORKER]

    ended = called("prune", "--state-dir", archive.state_dir, before=limited)

    assert (ended.code, ended.out) == (0, "1 run deleted, 0 kept.\n")
    assert left(archive) == []


def test_a_pruned_run_is_not_found(
    make: Make, prune: Prune, context: Callable[[Mapping[str, str]], RunContext]
) -> None:
    """Nobody is told anything of a run that was deleted but that it is not there."""
    folder = make(100)
    prune()

    with pytest.raises(UsageFault, match="no such run"):
        report_run(folder.name, context({}))


@pytest.fixture
def command(archive: Archive, make: Make, worker: Worker) -> Callable[..., Ended]:
    """The command, where two runs are to be deleted, a young one is kept and a damaged one as well."""
    for days in (300, 200, 1):
        make(days)
    not_a_journal(make(100) / JOURNAL)

    def command(*options: str) -> Ended:
        return worker.call("prune", "--state-dir", str(archive.state_dir), *options)

    return command


def test_says_how_many_went_and_why_the_others_stay(command: Callable[..., Ended], archive: Archive) -> None:
    """People read figures, and of an old run that was kept the reason; no target needs to be configured."""
    ended = command()

    damaged = left(archive)[0]
    first, *rest = ended.out.splitlines()
    assert ended.code == 0
    assert first == "2 runs deleted, 2 kept."
    assert rest[0].startswith(f"Kept though old: {damaged}: it cannot be read or deleted:")


def test_prints_one_object(command: Callable[..., Ended], archive: Archive) -> None:
    """Programs read the same as one JSON object."""
    before = left(archive)

    ended = command("--json")

    said = json.loads(ended.out)
    assert list(said) == ["pruned", "kept", "kept_though_old", "pruned_jobs"]
    assert (said["pruned"], said["kept"]) == (before[:2], 2)
    assert [set(entry) for entry in said["kept_though_old"]] == [{"run_id", "why"}]
    assert said["kept_though_old"][0]["run_id"] == before[2]


def test_is_quiet_when_told_so(command: Callable[..., Ended]) -> None:
    """Under cron, nothing printed is no mail: with -q only the run that should have gone is an error."""
    first = command("-q")

    errors = [json.loads(line)["event"] for line in first.err.splitlines()]
    assert (first.code, first.out, errors) == (0, "", ["run.not_deleted"])


def test_a_correction_stays_as_long_as_its_run(make: Make, prune: Prune) -> None:
    """Without it, rows that it has done would be open again; both go together."""
    first, second, other = make(120, second=REJECTED), make(110), make(100)
    tamper(second / JOURNAL, f"INSERT INTO origin VALUES (1, '{first.name}', 3)")

    with run_lock(first):
        kept = prune()
    gone = prune()

    assert kept.deleted == [other.name]
    assert kept.kept_though_old[second.name] == "it corrects or undoes an earlier run that is kept"
    assert gone.deleted == [first.name, second.name]


def test_a_correction_without_its_run(archive: Archive, make: Make, prune: Prune) -> None:
    """The first run may be gone: what it has sent stands in its own journal."""
    first, second = make(100, second=REJECTED), make(1)
    tamper(second / JOURNAL, f"INSERT INTO origin VALUES (1, '{first.name}', 3)")

    assert prune().deleted == [first.name]
    assert left(archive) == [second.name]
