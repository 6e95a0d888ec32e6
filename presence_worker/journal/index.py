"""Which runs there are, and which began later: an index that can be built again from their journals."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

import orjson
import structlog

from ..errors import PresenceWorkerError
from .filesystem import primary_code
from .index_lines import (
    Line,
    mark_of,
    open_index,
    read_line,
    read_lines,
    take_number,
    transaction,
    write_lines,
)
from .journal import JOURNAL, Journal
from .run_record import RunRecord

INDEX = "runs.sqlite"  # beside the folder of all runs
IN_MEMORY = ":memory:"
READ_AT_ONCE = 1000  # records that are kept in memory
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
Faults = dict[str, PresenceWorkerError]  # by the name of the folder: why its journal cannot be read
T = TypeVar("T")
log = structlog.get_logger()


class KnownRun(NamedTuple):
    """A staged run, as far as it is known without opening its journal."""

    runs: Path  # the folder of all runs
    name: str  # of its own folder in there
    order: int  # of two runs, the one with the higher number began later
    text: str | None  # its record as JSON; None: the journal cannot be read
    to_send: int  # rows that `resume` would send
    summary: bytes | None  # JSON; None: it was not kept
    fault: PresenceWorkerError | None  # why the journal cannot be read
    mark: str | None = None  # changes with the journal; None: it may have changed since
    follows: tuple[str, ...] = ()  # the runs that it corrects, or undoes
    corrected: bytes | None = None  # JSON: how far later runs have done its rows; None: it was not kept
    fetch: Callable[[str], None] | None = None  # has the journal here as it was saved last; None: it is here
    done: int | None = None  # another machine works on it, and has settled so many rows since it was saved

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self.runs / self.name

    def open_journal(self) -> Journal:
        """Fetch and open the run's journal."""
        if self.fetch:
            self.fetch(self.name)
        return Journal.open(self.folder / JOURNAL)

    @property
    def record(self) -> RunRecord:
        """The run's record; raise the fault where the journal cannot be read."""
        if self.fault:
            raise self.fault
        return _read_record(self.text or "null")


@lru_cache(READ_AT_ONCE)
def _read_record(text: str) -> RunRecord:
    """Return a record; a list of runs asks for that of each run several times."""
    return RunRecord.from_json(orjson.loads(text))


class RunIndex:
    """Owns STATE/runs.sqlite. Only the journals count: a missing or damaged index is built again.

    Where it cannot be written, it is built in memory, each time.
    """

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / INDEX
        self._runs = state_dir / "runs"

    def runs(self, target: str | None = None) -> list[KnownRun]:
        """Return all staged runs, newest first, also those whose journals cannot be read.

        Who asks for those of a *target* alone, by its address, may get others as well.
        """
        del target  # for others
        return self._in_index(self._list_known) if self._runs.is_dir() else []

    def take_number(self, name: str, runs: Sequence[KnownRun]) -> int:
        """Return the number of the run called *name*, which begins now: higher than that of any before it.

        Hold the lock of its target since before you listed the *runs*: then no other run of this target
        takes one. The journal must keep it.
        """
        highest = runs[0].order if runs else 0
        return self._in_index(lambda database: take_number(database, name, highest))

    def keep_summaries(self, summaries: Iterable[tuple[KnownRun, bytes]]) -> None:
        """Keep summaries of runs until their journals change; where that fails, nothing is lost."""
        query = "UPDATE run SET summary = ? WHERE name = ? AND record = ? AND mark IS NOT NULL"
        self._keep(query, summaries)

    def keep_corrected(self, corrected: Iterable[tuple[KnownRun, bytes]]) -> None:
        """Keep how far later runs have done the rows of runs, in the same way."""
        query = "UPDATE run SET corrected = ? WHERE name = ? AND record = ? AND mark IS NOT NULL"
        self._keep(query, corrected)

    def _keep(self, query: str, texts: Iterable[tuple[KnownRun, bytes]]) -> None:
        values = [(text, run.name, run.text) for run, text in texts]
        if not values:
            return
        with (
            suppress(OSError, sqlite3.Error),
            closing(open_index(self._path)) as database,
            transaction(database),
        ):
            database.executemany(query, values)

    def _in_index(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with closing(open_index(self._path)) as database:
                return work(database)
        except (OSError, sqlite3.Error) as error:
            log.debug("index.not_used", detail=str(error))
            if primary_code(error) in DAMAGED:
                with suppress(OSError):
                    self._path.unlink()  # the next command builds it again
        with closing(open_index(IN_MEMORY)) as database:
            return work(database)

    def _list_known(self, database: sqlite3.Connection) -> list[KnownRun]:
        lines, faults = self._refresh(database)
        return [
            KnownRun(
                runs=self._runs,
                name=line.name,
                order=order,
                text=line.record,
                to_send=line.to_send,
                summary=line.summary,
                fault=faults.get(line.name),
                mark=line.mark,
                follows=tuple(orjson.loads(line.follows)) if line.follows else (),
                corrected=line.corrected,
            )
            for line, order in reversed(in_order(lines))
            if line.record or line.name in faults
        ]

    def _refresh(self, database: sqlite3.Connection) -> tuple[list[Line], Faults]:
        """Return the line of each run that is staged or has a number; read and note what has changed."""
        known, marks = read_lines(database), dict(self._marks())
        changed = [name for name, mark in marks.items() if not (mark and _is_read(known.get(name), mark))]
        read, faults = self._read(changed, known)
        read |= {name: Line(name, line.number) for name, line in known.items() if name not in marks}
        gone = [name for name in known if name not in marks and not (self._runs / name).is_dir()]
        new = [line for name, line in read.items() if line != known.get(name) and name not in gone]
        if new or gone:
            write_lines(database, new, gone)
        lines = [line for name, line in (known | read).items() if name not in gone]
        return [
            each for each in lines if each.record or each.number is not None or each.name in faults
        ], faults

    def _read(self, names: Iterable[str], known: Mapping[str, Line]) -> tuple[dict[str, Line], Faults]:
        """Read the journals in the folders called so; return their lines, and why some cannot be read."""
        read: dict[str, Line] = {}
        faults: Faults = {}
        for name in names:
            number = known[name].number if name in known else None
            found = read_line(self._runs / name, number)
            if isinstance(found, PresenceWorkerError):
                faults[name], found = found, Line(name, number)
            read[name] = found
        return read, faults

    def _marks(self) -> Iterator[tuple[str, str | None]]:
        """Yield the folders that have a journal, with the mark of that; None: read it."""
        with os.scandir(self._runs) as entries:
            for entry in entries:
                with suppress(FileNotFoundError, NotADirectoryError):
                    yield entry.name, mark_of(f"{entry.path}{os.sep}{JOURNAL}")


def _is_read(line: Line | None, mark: str) -> bool:
    return line is not None and line.mark == mark


def in_order(lines: Iterable[Line]) -> list[tuple[Line, int]]:
    """Return lines with their numbers, oldest first.

    Journals from before there were numbers come first, in the order of their ids. They get the same numbers
    each time, as long as the oldest ones are deleted first.
    """
    later: list[tuple[int, Line]] = []
    older: list[Line] = []
    for line in lines:
        if line.number is None:
            older.append(line)
        else:
            later.append((line.number, line))
    later.sort(key=lambda each: (each[0], each[1].name))
    older.sort(key=lambda line: line.name)
    first = (later[0][0] if later else len(older) + 1) - len(older)
    return [*((line, first + place) for place, line in enumerate(older)), *((line, n) for n, line in later)]
