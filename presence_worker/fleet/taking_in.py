"""Runs of a state directory that the database does not have are taken in; the directory stays as it is."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..errors import PresenceWorkerError
from ..journal import JOURNAL, RUN_LOCK, Journal, is_held, is_run_folder
from .copies import Version, is_copy, read_version, write_version
from .member import FleetMember
from .run_file import insert

LOWEST = "SELECT least(coalesce(min(number), 1), 1) FROM run"
NEXT = "SELECT nextval('run_number')"
COUNT_ON = """SELECT max(nextval('run_number')) FROM run_number,
    generate_series(1, (SELECT max(number) FROM run) - last_value)"""  # to set it is the owner's right
AT_WORK = "a process works on it; take it in when it has ended"
NUMBER_TAKEN = "the database has another run with its number"
Describe = Callable[[Journal], bytes | None]  # gives the summary of a run as the index keeps it


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """How it went with the runs of a state directory."""

    taken: list[str] = field(default_factory=list)  # run ids, oldest first
    known: list[str] = field(default_factory=list)  # the database had them already
    left: dict[str, str] = field(default_factory=dict)  # run id: why


class _Run(NamedTuple):
    """A run that may be taken in."""

    folder: Path
    order: int | None  # its number; of all machines if it is a copy
    is_copy: bool  # the database has had it, and has lost it

    @property
    def name(self) -> str:
        return self.folder.name


def take_in(state_dir: Path, own: Path, member: FleetMember, describe: Describe) -> TakenIn:
    """Copy the runs of a state directory into the database; *own* is the folder of our runs.

    They count as older than those that the database has. If it had some of the directory already, what began
    later than those is the newest. It may be repeated, such as after it was cut off.
    """
    result = TakenIn()
    runs = _in_order(state_dir / "runs", result)
    missing = member.run_table.find_missing(run.name for run in runs)
    result.known.extend(run.name for run in runs if run.name not in missing)
    for run, number in _number(runs, missing, member):
        try:
            with _copied(run.folder) as journal:
                is_new = insert(member, journal, number, describe(journal))
        except PresenceWorkerError as fault:
            result.left[run.name] = str(fault)
            continue
        if not is_new:
            result.left[run.name] = NUMBER_TAKEN
            continue
        result.taken.append(run.name)
        if run.folder.parent == own:  # with its reports, it is a copy from now on
            write_version(run.folder, Version(1))
    _ask(COUNT_ON, member)
    return result


def _in_order(folders: Path, result: TakenIn) -> list[_Run]:
    """Return the runs that can be taken in, oldest first."""
    found = []
    for folder in folders.iterdir() if folders.is_dir() else ():
        if not is_run_folder(folder) or not (folder / JOURNAL).is_file() or read_version(folder) == Version():
            continue  # of the last ones, nothing was sent
        if is_held(folder / RUN_LOCK):
            result.left[folder.name] = AT_WORK
            continue
        try:
            with _copied(folder) as journal:
                found.append(_Run(folder, journal.run().order, is_copy(folder)))
        except PresenceWorkerError as fault:
            result.left[folder.name] = str(fault)
    return sorted(found, key=lambda run: (run.order or 0, run.name))


def _number(runs: Sequence[_Run], missing: set[str], member: FleetMember) -> Iterator[tuple[_Run, int]]:
    """Yield the runs that are *missing* with their numbers: lower than all; after a known one, higher."""
    known = max((place for place, run in enumerate(runs) if run.name not in missing), default=-1)
    older = [run for run in runs[: known + 1 or None] if run.name in missing and not run.is_copy]
    lower = {run.name: number for number, run in enumerate(older, _ask(LOWEST, member) - len(older))}
    for run in runs:
        if run.name in missing:
            number = run.order if run.is_copy else lower.get(run.name)
            yield run, _ask(NEXT, member) if number is None else number


def _ask(query: str, member: FleetMember) -> int:
    text = query.encode()
    found = member.database.work(lambda connection: connection.execute(text).fetchone())
    return int(found[0] or 0) if found else 0


@contextmanager
def _copied(folder: Path) -> Iterator[Journal]:
    """Yield the journal of a run, copied: opening one writes to it."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / JOURNAL
        for end in ("", "-wal"):
            if (file := folder / f"{JOURNAL}{end}").exists():
                shutil.copyfile(file, f"{copy}{end}")
        with closing(Journal.open(copy)) as journal:
            yield journal
