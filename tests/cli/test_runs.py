"""`runs` and `report`: what there is, and what became of it."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from presence_worker.journal import JOURNAL
from presence_worker.sandbox import Sandbox
from tests.journal.given import REJECTED, UPDATED, tamper
from tests.run.given import Worker, away, wishes, write_csv
from tests.run.nights import BEGAN, CRM, OTHER, ago, kept

DAY = timedelta(days=1)
MANY = """INSERT INTO row (row, message, cells) WITH RECURSIVE many(row) AS
    (SELECT 2 UNION ALL SELECT row + 1 FROM many WHERE row < {rows}) SELECT row, '', '[]' FROM many"""


def job(worker: Worker, *numbers: int) -> Path:
    return write_csv(worker.folder / "job.csv", away(numbers))


def damage(worker: Worker) -> Path:
    """Spoil the journal of the newest run; give its place."""
    journal = max((worker.state / "runs").iterdir()) / "journal.sqlite"
    journal.write_bytes(b"spoilt" * 1000)
    return journal


@pytest.mark.parametrize("command", ["runs", "report last"])
def test_where_there_is_nothing_nothing_is_made(command: str, worker: Worker) -> None:
    """Looking does not make directories."""
    ended = worker(*command.split())

    assert ended.code == {"runs": 0}.get(command, 2)
    assert not worker.state.exists()
    assert worker.call("runs", "--state-dir", str(worker.state)).out == "No runs yet.\n"


def test_runs_are_listed_newest_first(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what counts, when they began here, and the next command's name; a target is not needed."""
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__TIMEZONE", "Europe/Oslo")
    some = {1: UPDATED, 2: UPDATED, 3: REJECTED}
    kept(worker.state, BEGAN)
    kept(worker.state, BEGAN + DAY, some, exit_code=3, next="presence-worker run failed.csv", seconds=8000)
    kept(
        worker.state,
        BEGAN + 2 * DAY,
        {},
        state="held",
        exit_code=5,
        next="presence-worker apply X",
        seconds=0,
    )

    listed = worker.call("runs", "--state-dir", str(worker.state))

    assert listed.out.splitlines() == [
        "RUN                   STATE    BEGAN     ROWS DONE OPEN  TOOK EXIT NEXT",
        "20251127T050000Z-0000 held     Thu 06:00    3    0    3          5 apply",
        "20251126T050000Z-0000 finished Wed 06:00    3    2    1 2h13m    3 run",
        "20251125T050000Z-0000 finished Tue 06:00    3    3    0   41s    0",
        "",
        "OPEN: rows that are not done. Times: Europe/Oslo. Times in the IDs: UTC.",
    ]
    assert (listed.code, listed.err) == (0, "")


def test_many_rows_fit_the_terminal(worker: Worker) -> None:
    """80 columns hold a run of 100 000 rows that took hours, and what is to be done with it."""
    folder = kept(
        worker.state, BEGAN, {}, rows=1, state="finished", exit_code=143, next="presence-worker resume"
    )
    tamper(folder / JOURNAL, MANY.format(rows=100_000))
    tamper(folder / JOURNAL, "UPDATE session SET seconds = 30000")

    lines = worker.call("runs", "--state-dir", str(worker.state)).out.splitlines()

    assert lines[1].split()[4:7] == ["100000", "0", "100000"]
    assert max(map(len, lines)) <= 80


def test_each_target_has_a_table_of_its_own(worker: Worker) -> None:
    """Where several share a state directory, nobody takes one's night for the other's."""
    kept(worker.state, BEGAN)
    kept(worker.state, BEGAN + DAY, target=OTHER)
    kept(worker.state, BEGAN + 2 * DAY)

    lines = worker.call("runs", "--state-dir", str(worker.state)).out.splitlines()

    assert [line.split()[0] for line in lines[:12] if line] == [
        "TARGET",
        CRM,
        OTHER,
        f"{CRM}:",
        "RUN",
        "20251127T050000Z-0000",
        "20251125T050000Z-0000",
        f"{OTHER}:",
        "RUN",
        "20251126T050000Z-0000",
    ]


def test_states_are_picked(worker: Worker) -> None:
    """--state may be repeated; where nothing is like that, that is said."""
    for days, state in enumerate(("finished", "stopped", "held")):
        kept(worker.state, BEGAN + days * DAY, state=state, exit_code=6)

    picked = worker("runs", "--state", "held", "--state", "finished")
    none = worker.call("runs", "--state", "planned", "--state-dir", str(worker.state))

    assert [run["state"] for run in picked.summary["runs"]] == ["held", "finished"]
    assert none.out == "No such runs.\n"


@pytest.mark.parametrize(
    ("since", "found"), [("36h", 1), ("3d", 2), ("99999999d", 3), ("2025-11-25", 3), ("2100-01-01", 0)]
)
def test_older_runs_are_left_out(since: str, found: int, worker: Worker) -> None:
    """--since takes a duration or a day, which begins where the operator says."""
    for began in (BEGAN, ago(days=2), ago(days=1)):
        kept(worker.state, began)

    listed = worker("runs", "--since", since)

    assert len(listed.summary["runs"]) == found


def test_a_day_begins_where_the_operator_says(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """05:00 in Greenwich is the day before in Honolulu."""
    kept(worker.state, BEGAN)
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__TIMEZONE", "Pacific/Honolulu")

    listed = [len(worker("runs", "--since", day).summary["runs"]) for day in ("2025-11-24", "2025-11-25")]

    assert listed == [1, 0]


@pytest.mark.parametrize("since", ["yesterday", "20.11.2026", "", "0001-01-01", "2026-02-30"])
def test_what_is_no_moment_is_refused(since: str, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 2, with an example of either way to say it."""
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__TIMEZONE", "Asia/Tokyo")  # east of the year 1

    listed = worker("runs", "--since", since)

    assert listed.code == 2
    assert "7d, or a date such as 2026-11-24" in listed.summary["message"]


@pytest.mark.parametrize(("options", "where"), [(("--json",), "out"), ((), "out"), (("-q",), "err")])
def test_a_missing_run_is_told(
    options: tuple[str, ...], where: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In all ways to list runs; quietly nothing else is said, and cron mails that. It is no error."""
    monkeypatch.setenv("PRESENCE_WORKER_REPORT__EXPECTED_EVERY", "24h")
    kept(worker.state, ago(days=3), target=worker.url)

    listed = worker.call("runs", "--state-dir", str(worker.state), "--base-url", worker.url, *options)

    assert (listed.code, {"out": listed.err, "err": listed.out}[where]) == (0, "")
    assert "72 h ago; one is expected every 24 h" in " ".join(getattr(listed, where).split())


def test_where_nothing_is_missing_quiet_is_quiet(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail that comes every night is read by nobody."""
    monkeypatch.setenv("PRESENCE_WORKER_REPORT__EXPECTED_EVERY", "24h")
    kept(worker.state, ago(hours=23))

    listed = worker.call("runs", "-q", "--state-dir", str(worker.state))

    assert (listed.code, listed.out, listed.err) == (0, "", "")


def test_the_overview_is_written_where_it_is_said(worker: Worker) -> None:
    """Without a place, into the state directory; for its owner alone. The list is printed as well."""
    kept(worker.state)

    listed = worker.call("runs", "--html", "--state-dir", str(worker.state))

    page = worker.state / "runs.html"
    assert listed.out.splitlines()[-1] == f"Overview: {page}"
    assert "20251125T050000Z-0000" in page.read_text("utf-8")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


def test_the_overview_may_go_elsewhere(worker: Worker) -> None:
    """To a file under the working directory, of the very name that it has else; JSON says where."""
    kept(worker.state)

    listed = worker("runs", "--html", "runs.html")

    assert listed.summary["overview"] == str(Path.cwd() / "runs.html")
    assert Path("runs.html").is_file()
    assert not (worker.state / "runs.html").exists()


def test_the_first_overview_makes_the_state_directory(worker: Worker) -> None:
    """Where there is no run yet, the page says so."""
    listed = worker("runs", "--html")

    assert "No runs yet." in Path(listed.summary["overview"]).read_text("utf-8")


def test_nothing_else_is_written_over(worker: Worker) -> None:
    """A name that was meant for something else, such as the job's, is refused."""
    mine = job(worker, 1)
    content = mine.read_bytes()

    listed = worker("runs", "--html", mine)

    assert (listed.code, mine.read_bytes()) == (2, content)


def test_an_overview_that_cannot_be_written_is_told(worker: Worker) -> None:
    """Exit 2; the next command writes it where it can be."""
    kept(worker.state)

    listed = worker("runs", "--html", "nowhere/runs.html")

    assert listed.code == 2
    assert "No such file or directory" in listed.summary["message"]
    assert worker.follow(listed).code == 0


def test_entries_are_summaries(worker: Worker) -> None:
    """Each entry says of its run what its summary.json says, without the lists of rows, files aside."""
    ended = worker("run", job(worker, 1, 4711))

    (entry,) = worker("runs").summary["runs"]

    kept = json.loads((worker.folder_of(ended) / "summary.json").read_bytes())
    assert kept | entry | {"files": kept["files"]} == kept
    lists = ("changes", "upcoming", "dropped")
    assert {*kept} - {*entry} == {*lists, *(f"{name}_left_out" for name in lists), "sentences"}


def test_a_run_that_cannot_be_read_is_listed_as_such(worker: Worker) -> None:
    """It hides no other one, and nothing is guessed of it."""
    worker("run", job(worker, 1))
    worker("run", job(worker, 1))
    damaged = damage(worker).parent.name

    listed, shown = worker("runs"), worker.call("runs", *worker.options_of("runs"))

    assert (listed.code, shown.code) == (0, 0)
    assert [run["state"] for run in listed.summary["runs"]] == ["unreadable", "finished"]
    assert "the journal cannot be read" in listed.summary["runs"][0]["message"]
    (line,) = [line for line in shown.out.splitlines() if line.startswith(damaged)]
    assert line.split()[1] == "unreadable:"


@pytest.mark.parametrize("command", ["report", "resume", "apply"])
def test_a_damaged_run_is_refused(command: str, worker: Worker) -> None:
    """Exit 2, saying what to do; nothing is guessed at, and the file is left as it is."""
    worker("run", job(worker, 1))
    journal = damage(worker)
    content = journal.read_bytes()

    ended = worker(command, journal.parent.name)

    assert ended.code == 2
    assert "restore it from a backup, or start a new run" in ended.summary["message"]
    assert journal.read_bytes() == content


def test_a_damaged_run_is_not_in_a_new_one_s_way(worker: Worker) -> None:
    """Tonight's job is delivered, whatever became of yesterday's journal."""
    worker("run", job(worker, 1))
    damage(worker)

    ended = worker("run", job(worker, 1))

    assert ended.code == 0


def test_a_later_run_that_cannot_be_read_is_told(worker: Worker, sandbox: Sandbox) -> None:
    """What it has written is not known, so nothing is overwritten; moved away, it is in nobody's way."""
    held = worker("run", job(worker, 1, 2), "--max-changes", "1")
    worker("run", job(worker, 1))
    later = damage(worker).parent

    refused = worker.follow(held)
    listed = worker.follow(refused)
    later.rename(worker.folder / later.name)
    applied = worker.follow(held)

    assert (refused.code, listed.code, applied.code) == (2, 0, 0)
    assert f"move {later} away" in refused.summary["message"]
    assert len(wishes(sandbox)) == 3


def test_a_report_is_shown_again(worker: Worker) -> None:
    """`report` prints what was printed at the end of the run; that it could is its own exit code."""
    ran = worker.call("run", str(job(worker, 1, 4711)), *worker.options)

    shown = worker.call("report", "last", "--state-dir", str(worker.state))

    assert (ran.code, shown.code) == (3, 0)
    assert shown.out == ran.out
    assert shown.err.splitlines() == ran.err.splitlines()[-2:]


@pytest.mark.parametrize("name", ["2", "20991231"])
def test_a_run_is_named_without_doubt(name: str, worker: Worker) -> None:
    """What names none, or several, is refused, and the next command lists them."""
    for _ in range(2):
        worker("run", job(worker, 1))
    ended = worker("report", name)

    listed = worker.follow(ended)

    assert (ended.code, listed.code) == (2, 0)
    assert ended.summary["next"].startswith("presence-worker runs ")


def test_a_run_that_undid_another_says_so(worker: Worker) -> None:
    """Its rows are those of the run before; without a word it looks like a second night."""
    worker.read_before = "each"
    ran = worker("run", job(worker, 1, 2))
    worker("undo", "last")

    listed = worker.call("runs", "--state-dir", str(worker.state))

    assert f"  undo of {ran.summary['run_id']}" in listed.out.splitlines()
