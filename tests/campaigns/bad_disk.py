"""One small run on a disk that fails once or from then on, and what is wrong with what came of it."""

import json
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presence_worker.errors import PresenceWorkerError
from presence_worker.journal import JOURNAL, Archive, Journal, is_run_folder
from presence_worker.model import Presence
from presence_worker.sandbox import Sandbox
from tests.run.given import Ended, Row, called, read_report, results, sandbox_up, write_csv

from .failing_calls import Fault, surroundings

AWAY = "StatusNotAvailable"
ROWS: list[Row] = [
    (1, AWAY, "back on 1"),
    (2, AWAY, "back on 2"),
    (3, "StatusNormal", ""),
    (2, AWAY, "back on 2"),
    ("x", AWAY, ""),
    (4, AWAY, "back on 4"),
]
WANTED = {
    number: Presence(status=status, message=words)
    for number, status, words in ROWS
    if isinstance(number, int)
}
RESULTS = ["updated", "updated", "updated", "duplicate", "invalid", "updated"]
FILES = {"failed.csv", "report.csv", "report.html", "report.jsonl", "summary.json"}
SESSIONS = 4  # at the most, until a run is finished


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fault, and a disk and a service for it alone."""

    fault: Fault
    library: Path
    folder: Path
    sandbox: Sandbox

    @property
    def disk(self) -> Path:
        """Where state and locks are: the fault befalls it."""
        return self.folder / "disk"

    @property
    def told(self) -> Path:
        """Holds the path of the first call that failed; not there where none did."""
        return self.folder / "told"

    def call(self, *words: str, healthy: bool = True) -> Ended:
        """Call a command, on a healthy disk or on the bad one."""
        env = surroundings(self.library, self.fault, under=self.disk, told=self.told)
        if healthy:
            del env["LD_PRELOAD"]
        return called(*words, env={**env, "HOME": str(self.disk / "home")})

    def sent(self) -> list[int]:
        """Give the associates of the PUTs that came in."""
        return [e.associate_id for e in self.sandbox.record if e.method == "PUT" and e.associate_id]

    def applied(self) -> set[int]:
        """Give the associates the service has stored a presence for."""
        return {e.associate_id for e in self.sandbox.record if e.applied and e.associate_id}

    def runs(self) -> list[Path]:
        """Give the folders of all runs."""
        return sorted((self.disk / "state" / "runs").glob("*"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one fault."""

    fault: Fault
    place: str | None  # name of the file the call was about; None: no call failed
    code: int | None  # the run's exit code; None: it hung
    wrong: list[str]

    def __str__(self) -> str:
        return f"{self.fault} ({self.place}), exit code {self.code}: {'; '.join(self.wrong) or 'right'}"


def befall(fault: Fault, library: Path, folder: Path) -> Verdict:
    """Let *fault* befall a run, have it finished on a healthy disk, and judge both."""
    (folder / "disk" / "home").mkdir(parents=True)
    job = write_csv(folder / "job.csv", ROWS)
    with sandbox_up(people=4) as sandbox:
        sandbox.people.set_presence(3, Presence(status=AWAY, message="back on 3"))  # all is to be sent
        case = Case(fault=fault, library=library, folder=folder, sandbox=sandbox)
        words = ["--base-url", sandbox.url, "--state-dir", str(case.disk / "state"), "--rate", "1000"]
        try:
            ended = case.call("run", str(job), *words, "--json", healthy=False)
            wrong = [*_wrong_at_once(case, ended), *_wrong_in_the_end(case, ended)]
            code = ended.code
        except subprocess.TimeoutExpired:
            code, wrong = None, ["hangs"]
    place = _name_of(Path(case.told.read_text())) if case.told.exists() else None
    return Verdict(fault=fault, place=place, code=code, wrong=wrong)


def _name_of(path: Path) -> str:
    return "the run's folder" if is_run_folder(path) else path.name


def _wrong_at_once(case: Case, ended: Ended) -> Iterator[str]:
    """Judge what the run says when it ends, and what it leaves on the disk."""
    try:
        summary = ended.summary
    except ValueError:
        yield f"prints {ended.out!r}, {ended.err[-300:]!r}"
        return
    if summary["exit_code"] != ended.code or ended.code not in (2, 3, 6):
        yield f"exit code {ended.code}: {summary['message']}"
    if ended.code in (2, 6) and str(case.disk) not in summary["message"]:
        yield f"does not say where: {summary['message']}"
    if ended.code == 2 and case.sent():
        yield "exit code 2, but something was sent"
    yield from _claims(case, summary)
    for folder in case.runs():
        yield from _damage(folder)
        yield from _false_reports(folder, case)


def _claims(case: Case, summary: dict[str, Any]) -> Iterator[str]:
    """Compare what a summary claims with what the service knows."""
    counts = summary.get("counts", {})
    if counts.get("updated", 0) > len(case.applied()):
        yield f"claims {counts['updated']} updated, the service has {len(case.applied())}"
    if counts.get("not_sent", 0) > len(WANTED) - len(set(case.sent())):
        yield f"claims {counts['not_sent']} not sent, the service got {len(set(case.sent()))}"
    if counts and sum(counts.values()) != len(ROWS):
        yield f"results do not add up: {counts}"
    missing = [path for path in summary.get("files", {}).values() if not Path(path).is_file()]
    if missing:
        yield f"names files that are not there: {missing}"


def _damage(folder: Path) -> Iterator[str]:
    """Open a journal as another process does, and look for damage."""
    if not (folder / JOURNAL).is_file():
        return
    try:
        with closing(Journal(folder / JOURNAL)) as journal:
            journal.check()
    except (PresenceWorkerError, OSError) as error:
        yield f"journal: {error}"


def _false_reports(folder: Path, case: Case) -> Iterator[str]:
    """Read what is there of the report: each file is whole, and no row is falsely `updated`."""
    if (folder / "report.jsonl").exists():
        lines = read_report(folder)
        updated = {line["associate_id"] for line in lines if line["result"] == "updated"}
        if len(lines) != len(ROWS) or not updated <= case.applied():
            yield f"report.jsonl: {len(lines)} lines, falsely updated: {updated - case.applied()}"
    if (folder / "summary.json").exists():
        yield from _claims(case, json.loads((folder / "summary.json").read_text("utf-8")))


def _wrong_in_the_end(case: Case, ended: Ended) -> Iterator[str]:
    """Do as each ending says until the run is finished, and judge what the report says then."""
    said = [ended]
    while not _is_finished(ended) and len(said) < SESSIONS:
        words = shlex.split(ended.summary["next"])[1:]  # the first one is the program's name
        ended = case.call(*dict.fromkeys([*words, "--json"]))
        said.append(ended)
    if not _is_finished(ended):
        yield f"is never finished: {[(each.code, each.summary['message']) for each in said]}"
        return
    yield from _incomplete(case, case.disk / "state" / "runs" / ended.summary["run_id"])


def _is_finished(ended: Ended) -> bool:
    return bool(ended.summary["state"] == "finished" and ended.summary["files"])


def _incomplete(case: Case, folder: Path) -> Iterator[str]:
    """Judge the report of the finished run against the service's own record."""
    if results(folder) != RESULTS:
        yield f"in the end: {results(folder)}"
    held = {number: case.sandbox.people.presence(number) for number in WANTED}
    if held != WANTED:
        yield f"the service has {held}"
    files = {path.name for path in folder.iterdir()}
    if not files >= FILES or "unprocessed.csv" in files:
        yield f"files: {sorted(files)}"
    sent, wire_puts = len(case.sent()), sum(line["wire_puts"] for line in read_report(folder))
    if wire_puts > sent or sent > 2 * len(WANTED):
        yield f"{sent} PUTs came in, {wire_puts} are reported"
    states = [_state(folder) for folder in Archive(case.disk / "state").folders()]
    if states != ["finished"]:
        yield f"runs: {states}"


def _state(folder: Path) -> str:
    with closing(Journal.open(folder / JOURNAL)) as journal:
        return journal.run().state
