"""Commands at machines that share a database: what one has done, each of the others knows."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import psycopg
import pytest

from presence_worker.fleet.member import close_members
from presence_worker.sandbox import Sandbox
from tests.run.given import Ended, Worker, away, next_words, noon_of, read_csv, write_csv

DATABASE = "PRESENCE_WORKER_FLEET__DATABASE"
NOWHERE = "postgresql://postgres@127.0.0.1:1/nowhere"
Captured = pytest.CaptureFixture[str]
MONDAY = date(2026, 11, 30)
FILES = ("report.jsonl", "report.csv", "failed.csv")


class Shared(Worker):
    """One of the machines; each is a process of its own as far as the database knows."""

    def __init__(
        self,
        folder: Path,
        url: str,
        capsys: Captured,
        database: str,
        patch: pytest.MonkeyPatch,
    ) -> None:
        super().__init__(folder, url, capsys)
        folder.mkdir()
        self.database: str | None = database
        self._patch = patch

    def call(self, *words: str) -> Ended:
        """Call just what is given."""
        if self.database:
            self._patch.setenv(DATABASE, self.database)
        else:
            self._patch.delenv(DATABASE, raising=False)
        return super().call(*words)

    @property
    def where(self) -> tuple[str, str]:
        """What every command is given."""
        return "--state-dir", str(self.state)

    def runs(self) -> list[tuple[str, str]]:
        """List the runs and their states, newest first."""
        return [(run["run_id"], run["state"]) for run in self("runs").summary["runs"]]


Machines = Callable[[str], Shared]


@pytest.fixture
def machine(
    tmp_path: Path,
    sandbox: Sandbox,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
) -> Iterator[Machines]:
    """Makes a machine: another member for each name."""

    def make(name: str) -> Shared:
        address = f"{database_url}?application_name={name}"
        return Shared(tmp_path / name, sandbox.url, capsys, address, monkeypatch)

    yield make
    close_members()


@pytest.fixture
def here(machine: Machines) -> Shared:
    return machine("here")


@pytest.fixture
def there(machine: Machines) -> Shared:
    return machine("there")


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job of which one row cannot be done."""
    return write_csv(tmp_path / "job.csv", away([1, 2, 3, 5000]))


def dated(path: Path, rows: Sequence[str]) -> Path:
    path.write_text("\n".join(["associateId,status,message,from,until", *rows]))
    return path


def state(ended: Ended) -> tuple[int, str]:
    return ended.code, str(ended.summary["state"])


def test_a_run_is_reported_by_any_machine(here: Shared, there: Shared, job: Path) -> None:
    """Its files say the same, row by row, and its next command names the file where it is."""
    ran = here("run", job)
    reported = there("report", "last")

    assert reported.summary["counts"] == ran.summary["counts"]
    for name in FILES:
        assert (there.folder_of(reported) / name).read_bytes() == (here.folder_of(ran) / name).read_bytes()
    assert next_words(reported)[1] == str(there.folder_of(reported) / "failed.csv")


def test_both_list_the_same(here: Shared, there: Shared, job: Path) -> None:
    """Whoever carried them out; the files are where they were written."""
    for each in (here, there):
        each("run", job)

    (first, second), again = here("runs").summary["runs"], there("runs").summary["runs"]

    without_files = [{key: run[key] for key in run if key != "files"} for run in again]
    assert [{key: run[key] for key in run if key != "files"} for run in (first, second)] == without_files


def test_a_plan_is_applied_and_undone_elsewhere(here: Shared, there: Shared, tmp_path: Path) -> None:
    job = write_csv(tmp_path / "job.csv", away([1, 2, 3]))
    planned = here("plan", job)
    applied = there("apply", planned.summary["run_id"])
    undone = here("undo", "last")

    assert (state(planned), state(applied)) == ((0, "planned"), (0, "finished"))
    assert here.runs()[-1] == (planned.summary["run_id"], "finished")
    assert (undone.code, undone.summary["counts"]["updated"]) == (0, 3)


def test_a_failed_csv_comes_back_at_another_machine(here: Shared, there: Shared, job: Path) -> None:
    """Each machine knows which run corrects which."""
    failed = here.folder_of(here("run", job)) / "failed.csv"
    rows = read_csv(failed)
    text = failed.read_text("utf-8-sig").replace("5000", "4")
    (there.folder / "again.csv").write_text(text)

    again = there("run", there.folder / "again.csv")

    assert (len(rows), again.code) == (1, 0)
    listed = here("runs")
    assert [run["corrected_by"] for run in listed.summary["runs"]] == [None, again.summary["run_id"]]


def test_a_stopped_run_is_resumed_elsewhere(here: Shared, there: Shared, tmp_path: Path) -> None:
    """With what it had done."""
    job = write_csv(tmp_path / "job.csv", away(range(1, 41)))
    slowly = ("--base-url", here.url, "--read-before", "off", "--rate", "20")
    stopped = here.call("run", str(job), *here.where, *slowly, "--set", "delivery.deadline=1", "--json")
    resumed = there("resume", "last")

    assert (state(stopped), state(resumed)) == ((6, "stopped"), (0, "finished"))
    assert resumed.summary["counts"]["updated"] == 40
    assert here("report", "last").summary["counts"] == resumed.summary["counts"]


def test_planned_absences_are_known_and_cancelled_everywhere(
    here: Shared, there: Shared, tmp_path: Path
) -> None:
    rows = ["5,Away,holiday,2026-12-05,2026-12-09", "6,Away,,2026-11-29,2026-12-09"]
    file = dated(tmp_path / "days.csv", rows)
    with noon_of(MONDAY):
        here("run", file, "--set", "input.coverage=changes")
        first, second = there("schedule").summary["schedule"]
        there("schedule", "cancel", first["id"])
        left = here("schedule").summary["schedule"]

    assert [each["id"] for each in left] == [second["id"]]


def test_what_is_due_is_sent_by_any_machine(here: Shared, there: Shared, tmp_path: Path) -> None:
    file = dated(tmp_path / "days.csv", ["6,Away,,2026-11-29,2026-12-09"])
    with noon_of(MONDAY):
        here("run", file)
    with noon_of(date(2026, 12, 10)):
        due = there("run", write_csv(tmp_path / "job.csv", away([1])))

    assert (due.summary["counts"]["updated"], due.summary["scheduled"]) == (2, 1)
    assert here("schedule").summary["schedule"] == []


def test_old_runs_are_deleted_by_any_machine(here: Shared, there: Shared, job: Path) -> None:
    here("run", job)
    there.call("prune", *there.where, "--set", "storage.keep=0.001")

    assert here.runs() == []


def test_a_target_is_held_on_all_machines(here: Shared, there: Shared, job: Path, database_url: str) -> None:
    """As long as the lease is renewed; then the target is free."""
    here("run", job)
    with psycopg.connect(database_url, options="-c search_path=presence_worker") as database:
        database.execute("UPDATE lease SET holder = 'other', run_id = NULL, until = now() + interval '1 h'")
        database.commit()
        held = there("run", job)
        database.execute("UPDATE lease SET until = now() - interval '1 h'")
        database.commit()
    free = there("run", job)

    assert (held.code, free.code) == (7, 3)


@pytest.mark.parametrize("command", ["run", "runs", "report", "resume", "schedule", "metrics", "prune"])
def test_without_the_database_a_command_ends_and_says_why(command: str, here: Shared, job: Path) -> None:
    """With exit code 6, and without the address."""
    here.database = NOWHERE
    words = {"run": [str(job)], "report": ["last"], "resume": ["last"]}.get(command, [])

    ended = here.call(command, *words, *here.options_of(command))

    assert (ended.code, "cannot be reached" in ended.err) == (6, True)
    assert "127.0.0.1:1" not in ended.err + ended.out


def test_the_sandbox_needs_no_database(here: Shared, job: Path) -> None:
    here.database = NOWHERE

    assert here.call("run", str(job), "--sandbox", *here.where).code == 3


def test_a_state_directory_is_imported(machine: Machines, here: Shared, there: Shared, job: Path) -> None:
    """From then on, every machine has its runs."""
    alone = machine("alone")
    alone.database = None
    ran = alone("run", job)

    imported = here.call("queue", "add", "--import", str(alone.state), *here.where, "--json")

    assert json.loads(imported.out) == {"imported": [ran.summary["run_id"]], "known": [], "left": {}}
    assert there("report", "last").summary["counts"] == ran.summary["counts"]


@pytest.mark.parametrize("words", [[], ["job.csv", "--import", "."]], ids=["neither", "both"])
def test_either_a_job_is_added_or_a_directory(words: list[str], here: Shared) -> None:
    (here.folder.parent / "job.csv").touch()

    assert here.call("queue", "add", *words, *here.where).code == 2
