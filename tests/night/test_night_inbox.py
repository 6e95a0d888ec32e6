"""The inbox script: every complete file is run, none is lost, none is run again once its run is stored."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

INBOX_SH = Path(__file__).parents[2] / "config" / "systemd" / "inbox.sh"
RUN = "20261123T061000Z-7f3a"
FAKE = f"""#!{sys.executable} -S
# Stands in for presence-worker: notes what it is called with, then answers as told, one line a call.
import os, pathlib, signal, sys

class Told(Exception):
    pass

def told(*_):
    raise Told

signal.signal(signal.SIGTERM, told)
fake = pathlib.Path(os.environ["FAKE"])
with (fake / "calls").open("a") as calls:
    print(repr(sys.argv[1:]), file=calls)
if (fake / "started").exists():
    try:
        (fake / "started").write_text("yes")
        (fake / "go").read_text()
    except Told:
        pass
answers = (fake / "answers").read_text().splitlines()
code, _, summary = answers[len((fake / "calls").read_text().splitlines()) - 1].partition(" ")
if (fake / "replacement").exists():
    (fake / "replacement").rename(sys.argv[2])
print(summary, end="")
sys.exit(int(code))
"""
SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]

pytestmark = pytest.mark.skipif(
    not (SHELLS and shutil.which("flock")), reason="needs a POSIX shell and flock, as every Linux server has"
)
Inbox = Callable[..., subprocess.CompletedProcess[str]]


def summary(run: str | None = RUN, *, spaced: bool = False, next_command: str | None = None) -> str:
    """Give what `presence-worker run --json` prints, as far as the script looks at it."""
    fields = {"schema_version": 1, "run_id": run, "message": 'not the "run_id": "x" of a message'}
    fields["next"] = next_command
    return json.dumps(fields, separators=None if spaced else (",", ":"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part in ("inbox", "done", "refused", "fake", "bin"):
        (tmp_path / part).mkdir()
    program = tmp_path / "bin" / "presence-worker"
    program.write_text(FAKE)
    program.chmod(0o755)
    return tmp_path


@pytest.fixture(params=SHELLS)
def command(request: pytest.FixtureRequest, folder: Path) -> list[str]:
    """The script in each shell there is, as a program and its arguments."""
    shell = ["busybox", "sh"] if request.param == "busybox" else [str(request.param)]
    return [*shell, str(INBOX_SH), str(folder)]


@pytest.fixture
def environment(folder: Path) -> dict[str, str]:
    return {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "FAKE": str(folder / "fake")}


@pytest.fixture
def inbox(folder: Path, command: list[str], environment: dict[str, str]) -> Inbox:
    """Run the script once; presence-worker gives the answers "CODE SUMMARY", one after another."""

    def run(*answers: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        (folder / "fake" / "answers").write_text("".join(f"{answer}\n" for answer in answers))
        return subprocess.run(
            [*command, *options], env=environment, capture_output=True, text=True, timeout=240, check=False
        )

    return run


def put(folder: Path, name: str, text: str = "job") -> None:
    (folder / "inbox" / name).write_text(text)


def files(folder: Path, part: str) -> dict[str, str]:
    """Give what lies in a part of the folder: path below it, and content."""
    return {
        str(path.relative_to(folder / part)): path.read_text()
        for path in sorted((folder / part).rglob("*"))
        if path.is_file()
    }


def calls(folder: Path) -> list[str]:
    noted = folder / "fake" / "calls"
    return noted.read_text().splitlines() if noted.exists() else []


@pytest.mark.parametrize("code", [0, 1, 3, 5, 6, 130, 143])
def test_a_stored_run_moves_its_file_to_done(folder: Path, inbox: Inbox, code: int) -> None:
    """Once the summary names a run, the file is in done/<run> and is never run again."""
    put(folder, "new hires.csv")

    ended = inbox(f"{code} {summary()}")
    again = inbox(f"0 {summary()}")

    assert (ended.returncode, again.returncode) == (code, 0)
    assert files(folder, "inbox") == {}
    assert files(folder, "done") == {f"{RUN}/new hires.csv": "job"}
    assert len(calls(folder)) == 1


@pytest.mark.parametrize(
    ("next_command", "stays"),
    [("presence-worker run /in/a.csv", True), ("presence-worker resume x", False), (None, False)],
)
def test_a_file_that_has_to_be_run_anew_stays(
    folder: Path, inbox: Inbox, next_command: str | None, *, stays: bool
) -> None:
    """Its run went to a wrong address, and nothing was applied: the corrected address gets the file again."""
    put(folder, "a.csv")

    ended = inbox(f"6 {summary(next_command=next_command)}")

    assert ended.returncode == 6
    assert bool(files(folder, "inbox")) == stays
    assert bool(files(folder, "done")) != stays


@pytest.mark.parametrize("code", [1, 2, 6, 7, 130, 137, 143])
def test_a_run_that_was_not_stored_leaves_its_file(folder: Path, inbox: Inbox, code: int) -> None:
    """Without a stored run the file stays, the script fails, and the next one tries the file again."""
    put(folder, "new hires.csv")

    ended = inbox(f"{code} {summary(None)}")
    kept = files(folder, "inbox")
    again = inbox("", f"0 {summary()}")

    assert (ended.returncode, again.returncode) == (code, 0)
    assert kept == {"new hires.csv": "job"}
    assert files(folder, "done") == {f"{RUN}/new hires.csv": "job"}


@pytest.mark.parametrize("run", [None, RUN])
def test_a_refused_file_goes_to_refused(folder: Path, inbox: Inbox, run: str | None) -> None:
    """Exit code 4 moves the file out of the way, for somebody to mend; the files after it are run."""
    put(folder, "a.csv", "broken")
    put(folder, "b.csv")

    ended = inbox(f"4 {summary(run)}", f"0 {summary('later')}")

    assert ended.returncode == 4
    assert list(files(folder, "refused").values()) == ["broken"]
    assert files(folder, "done") == {"later/b.csv": "job"}
    assert files(folder, "inbox") == {}


@pytest.mark.parametrize("code", [0, 3, 5])
def test_these_exit_codes_say_by_themselves_that_the_run_is_stored(
    folder: Path, inbox: Inbox, code: int
) -> None:
    """After 0, 3 and 5 the file is done even if the summary got lost on its way."""
    put(folder, "new hires.csv")

    inbox(f"{code} ")

    assert files(folder, "inbox") == {}
    assert list(files(folder, "done").values()) == ["job"]


def test_only_complete_files_are_taken(folder: Path, inbox: Inbox) -> None:
    """What is still being uploaded, hidden, a link, a folder or no job is neither run nor touched."""
    for name in (".hidden.csv", "a.csv.part", "b.tmp", "c.csv.filepart", "notes.txt", "csv"):
        put(folder, name)
    (folder / "inbox" / "link.csv").symlink_to("/etc/hostname")
    (folder / "inbox" / "folder.csv").mkdir()
    before = sorted((folder / "inbox").iterdir())

    ended = inbox()

    assert (ended.returncode, calls(folder)) == (0, [])
    assert sorted((folder / "inbox").iterdir()) == before


def test_every_kind_of_job_is_taken_under_its_own_name(folder: Path, inbox: Inbox) -> None:
    """CSV, JSON, JSON lines, XLSX and what is packed are taken, whatever characters are in their names."""
    names = ["-q.csv", "1 a'b\".CSV", "2 *.json", "3\n.jsonl", "4 æøå.xlsx", "5.csv.gz", "6.zst", "7.ZIP"]
    for name in names:
        put(folder, name, name)

    ended = inbox(*(f"0 {summary(f'run-{number}')}" for number in range(9)))

    assert ended.returncode == 0
    assert sorted(files(folder, "done").values()) == sorted(names)
    assert {path.split("/", 1)[1] for path in files(folder, "done")} == set(names)


@pytest.mark.parametrize("run", [RUN, "another"])
def test_a_file_in_done_is_never_overwritten(folder: Path, inbox: Inbox, run: str) -> None:
    """A second file of the same name gets a place of its own, even if the run's name were the same."""
    put(folder, "changes.csv", "first")
    inbox(f"0 {summary()}")
    put(folder, "changes.csv", "second")

    inbox("", f"0 {summary(run)}")

    assert sorted(files(folder, "done").values()) == ["first", "second"]


@pytest.mark.parametrize("spaced", [False, True])
def test_the_summary_is_understood_compact_and_spaced(folder: Path, inbox: Inbox, *, spaced: bool) -> None:
    """The run's id is found however the JSON is set, and is not mistaken for words in a message."""
    put(folder, "changes.csv")

    ended = inbox(f"6 {summary(spaced=spaced)}")

    assert list(files(folder, "done")) == [f"{RUN}/changes.csv"]
    assert json.loads(ended.stdout)["run_id"] == RUN


TRAPS: list[dict[str, object]] = [
    {"run_id": RUN, "compared": {"run_id": "earlier", "names": ['"run_id":"text"']}},
    {"compared": {"run_id": "earlier"}, "reasons": [{"run_id": "listed"}], "run_id": RUN},
    {"label": '","run_id":"label"', "message": '{"run_id": "x"}', "word": "run_id", "run_id": RUN, "a": "z"},
    {"label": '\\","run_id":"label', "undoes": [], "run_id": RUN, "notes": ['"run_id":"note"', "}}}]"]},
    {"label": "run_id", "input": {"columns": ["run_id", "x", "{", "run_id"]}, "run_id": RUN},
]


@pytest.mark.parametrize("spaced", [False, True])
@pytest.mark.parametrize("trap", TRAPS)
def test_no_other_run_of_the_summary_is_taken_for_the_files(
    folder: Path, inbox: Inbox, trap: dict[str, object], *, spaced: bool
) -> None:
    """The file goes under the id of its own run, whatever other runs, labels and names the summary has."""
    put(folder, "changes.csv")

    inbox(f"0 {json.dumps(trap, separators=None if spaced else (',', ':'))}")

    assert list(files(folder, "done")) == [f"{RUN}/changes.csv"]


@pytest.mark.parametrize("trap", TRAPS)
def test_a_run_that_was_not_stored_takes_no_id_from_elsewhere(
    folder: Path, inbox: Inbox, trap: dict[str, object]
) -> None:
    """Where the summary's own run is null, no earlier one stands in for it: the file stays."""
    put(folder, "changes.csv")

    inbox(f"6 {json.dumps({**trap, 'run_id': None})}")

    assert (files(folder, "inbox"), files(folder, "done")) == ({"changes.csv": "job"}, {})


def test_a_hard_link_is_left_alone(folder: Path, inbox: Inbox) -> None:
    """It may be a foreign file that only the service may read: it is not run, and that is said."""
    (folder / "secret").write_text("a secret in its first line")
    (folder / "inbox" / "a.csv").hardlink_to(folder / "secret")
    put(folder, "b.csv")

    ended = inbox(f"0 {summary()}")

    assert ended.returncode == 4
    assert "a.csv has a second name (a hard link)" in ended.stderr
    assert "a secret" not in ended.stdout + ended.stderr
    assert (list(files(folder, "inbox")), list(files(folder, "done"))) == (["a.csv"], [f"{RUN}/b.csv"])
    assert len(calls(folder)) == 1


@pytest.fixture
def real(folder: Path, inbox: Inbox, environment: dict[str, str]) -> Inbox:
    """The script with the real program, on its own sandbox."""
    program = folder / "bin" / "presence-worker"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m presence_worker "$@"\n')
    environment["HOME"] = str(folder)
    return lambda: inbox(options=("--sandbox", "--state-dir", str(folder / "state")))


@pytest.mark.parametrize("command", SHELLS[:1], indirect=True)
def test_each_file_lies_under_its_own_run(folder: Path, real: Inbox) -> None:
    """Of two files that are run one after the other, each has the id of the run that read it."""
    for name, numbers in (("a.csv", "12"), ("b.csv", "345")):
        rows = "".join(f"{number},Away,\n" for number in numbers)
        put(folder, name, f"associateId,status,message\n{rows}")

    ended = real()

    runs = {path.parent.name: path for path in (folder / "state").glob("runs/*/summary.json")}
    names = {run: Path(json.loads(path.read_text())["input"]["name"]).name for run, path in runs.items()}
    assert ended.returncode == 0
    assert sorted(names.values()) == ["a.csv", "b.csv"]
    assert set(files(folder, "done")) == {f"{run}/{name}" for run, name in names.items()}


def test_options_reach_the_run(folder: Path, inbox: Inbox) -> None:
    """What follows the folder is handed to `presence-worker run`, which is asked for its summary."""
    put(folder, "changes.csv")

    inbox(f"0 {summary()}", options=("--config", "/etc/a b.toml"))

    assert calls(folder) == [
        repr(["run", f"{folder}/inbox/changes.csv", "--config", "/etc/a b.toml", "--json"]),
    ]


@pytest.mark.parametrize("code", [2, 6, 7, 130, 143])
def test_the_rest_waits_when_the_next_would_fare_alike(folder: Path, inbox: Inbox, code: int) -> None:
    """After 2, 6, 7 and a signal no other file is tried: a refused password is not tried once per file."""
    put(folder, "a.csv")
    put(folder, "b.csv")

    ended = inbox(f"{code} {summary(None)}", f"0 {summary()}")

    assert ended.returncode == code
    assert sorted(files(folder, "inbox")) == ["a.csv", "b.csv"]
    assert len(calls(folder)) == 1


def test_one_bad_file_does_not_block_the_others(folder: Path, inbox: Inbox) -> None:
    """A file that makes the program crash stays and is tried once each time; the others are run."""
    put(folder, "a.csv", "poison")
    put(folder, "b.csv")

    ended = inbox(f"1 {summary(None)}", f"0 {summary()}")

    assert ended.returncode == 1
    assert files(folder, "inbox") == {"a.csv": "poison"}
    assert files(folder, "done") == {f"{RUN}/b.csv": "job"}
    assert len(calls(folder)) == 2


def test_a_file_that_takes_the_name_meanwhile_is_run_too(folder: Path, inbox: Inbox) -> None:
    """A new file renamed over one that is being run is not moved away unrun."""
    put(folder, "changes.csv", "old")
    (folder / "fake" / "replacement").write_text("new one")

    ended = inbox(f"0 {summary('first')}", f"0 {summary('second')}")

    assert ended.returncode == 0
    assert files(folder, "done") == {"second/changes.csv": "new one"}
    assert len(calls(folder)) == 2


@pytest.mark.parametrize("missing", ["inbox", "done", "refused"])
def test_nothing_is_run_that_could_not_be_moved(folder: Path, inbox: Inbox, missing: str) -> None:
    """A missing folder is found before anything is run, and ends in exit code 2."""
    put(folder, "changes.csv")
    shutil.move(folder / missing, folder / "elsewhere")

    ended = inbox(f"0 {summary()}")

    assert (ended.returncode, calls(folder)) == (2, [])
    assert missing in ended.stderr


def test_a_second_script_leaves_the_inbox_to_the_first(
    folder: Path, command: list[str], environment: dict[str, str], inbox: Inbox
) -> None:
    """While one script is at work, another ends with 7, so that no file is run twice."""
    put(folder, "changes.csv")
    (folder / "fake" / "answers").write_text(f"0 {summary()}\n")
    os.mkfifo(folder / "fake" / "started")
    os.mkfifo(folder / "fake" / "go")
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as first:
        (folder / "fake" / "started").read_text()

        second = inbox(f"0 {summary()}")
        (folder / "fake" / "go").write_text("on\n")

    assert (first.returncode, second.returncode) == (0, 7)
    assert len(calls(folder)) == 1
    assert list(files(folder, "done")) == [f"{RUN}/changes.csv"]


def test_told_to_stop_it_still_moves_the_file_away(
    folder: Path, command: list[str], environment: dict[str, str]
) -> None:
    """SIGTERM to the whole service stops the run; its file is in done/ and the next file waits."""
    put(folder, "a.csv")
    put(folder, "b.csv")
    (folder / "fake" / "answers").write_text(f"143 {summary()}\n")
    os.mkfifo(folder / "fake" / "started")
    os.mkfifo(folder / "fake" / "go")
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    ) as script:
        (folder / "fake" / "started").read_text()

        os.killpg(script.pid, signal.SIGTERM)

    assert script.returncode == 143
    assert list(files(folder, "done")) == [f"{RUN}/a.csv"]
    assert list(files(folder, "inbox")) == ["b.csv"]


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing() -> None:
    """The script is plain POSIX shell."""
    found = subprocess.run(
        ["shellcheck", "--shell=sh", INBOX_SH], capture_output=True, text=True, check=False
    )

    assert found.stdout == ""


def test_the_script_may_be_executed_and_is_not_for_bash_alone() -> None:
    """systemd starts it as it is: executable, with a POSIX shell."""
    first_line = INBOX_SH.read_text().splitlines()[0]

    assert first_line == "#!/bin/sh"
    assert os.access(INBOX_SH, os.X_OK)
