"""Which rows of a run are still open after its failed.csv came back, and which run has corrected it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import NamedTuple

import orjson
import structlog

from ..errors import ExitCode, PresenceWorkerError
from ..journal import Journal, KnownRun, OpenRow, Person, ReturnedRow, RunIndex, RunRecord
from ..model import UNSETTLED, Reason
from ..report.hr_rows import RowKind
from ..report.run_list import Corrected
from ..run_states import Intent, State

CARRIED_OUT = (State.RUNNING, State.STOPPED, State.FINISHED)  # the others have sent nothing
Returned = Mapping[int, Sequence[ReturnedRow]]  # by the row that it was in the earlier run
log = structlog.get_logger()


class Standing(Enum):
    """Why a row is not done, as far as later runs know."""

    OPEN = "open"  # no later run has it
    TAKEN_OVER = "taken over"  # a later run has it, and shows it as its own
    UNDONE = "undone"  # it was done, and a later run has put back what was before


HANDED_ON = {None: RowKind.CORRECTED, Standing.TAKEN_OVER: RowKind.SENT_AGAIN}  # None: it is done


@dataclass(slots=True)
class Aftermath:
    """How it stands with the rows of a run after later runs."""

    standings: dict[int, Standing]  # by row; rows that are done are not in it
    newest: KnownRun | None = None  # of the runs that correct it


class _Kept(NamedTuple):
    """What the index keeps of a run, and what that depends on."""

    key: str
    corrected: Corrected


def find_corrected(runs: Sequence[KnownRun], index: RunIndex) -> dict[str, Corrected]:
    """Return how far later runs have done the rows of each run, by name, of all *runs*, newest first.

    The index keeps that until one of the later runs changes, so that their journals stay closed.
    """
    later, found, new = CorrectedRuns(runs), dict[str, Corrected](), list[tuple[KnownRun, bytes]]()
    for run in filter(later.has_followers, runs):
        key = later.key_of(run)
        kept = _read_kept(run.corrected)
        corrected = kept.corrected if kept and kept.key == key else later.of(run)
        if corrected is None:
            continue
        found[run.name] = corrected
        if key and not (kept and kept.key == key):
            new.append((run, orjson.dumps([key, *corrected])))
    index.keep_corrected(new)
    return found


def find_undone(runs: Sequence[KnownRun]) -> dict[str, str]:
    """Return which runs stopped early and were undone whole, of all *runs*, newest first, and by which run.

    An undo that left a change alone does not count, nor one that was undone itself.
    """
    known, undone = {run.name: run for run in runs}, dict[str, str]()
    for later in runs:
        if later.follows and not later.fault and later.name not in undone:
            run = known.get(later.record.undoes or "")
            if run and not run.fault and _undoes_whole(later.record, run.record):
                undone.setdefault(run.name, later.name)
    return {name: by for name, by in undone.items() if known[name].record.state == State.STOPPED}


def _undoes_whole(later: RunRecord, run: RunRecord) -> bool:
    is_whole = (later.intent, later.state, later.exit_code) == (Intent.UNDO, State.FINISHED, ExitCode.DONE)
    return is_whole and _may_follow(later, run)


def _read_kept(text: bytes | None) -> _Kept | None:
    if text is None:
        return None
    key, *corrected = orjson.loads(text)
    return _Kept(key, Corrected(*corrected))


class CorrectedRuns:
    """Owns how far the rows of runs are done by later runs, as far as that was asked for."""

    def __init__(self, runs: Sequence[KnownRun]) -> None:
        """Take all *runs* of a state directory, newest first."""
        self._later: defaultdict[str, list[KnownRun]] = defaultdict(list)
        for run in reversed(runs):
            for name in run.follows:
                self._later[name].append(run)
        self._known: dict[str, Aftermath] = {}

    def has_followers(self, run: KnownRun) -> bool:
        """Return whether a later run corrects *run*, or undoes it."""
        return bool(self._followers(run))

    def of(self, run: KnownRun) -> Corrected | None:
        """Return how far later runs have done the rows of *run*; None where none of them came back."""
        try:
            newest = self._aftermath(run).newest
            return newest and self._count(run, newest.name)
        except PresenceWorkerError as error:  # nothing is claimed to be done
            log.warning("run.unreadable", earlier=run.name, detail=str(error))
            return None

    def key_of(self, run: KnownRun) -> str | None:
        """Return what changes whenever that may; None while one of the later runs may still change."""
        marks, ahead = dict[str, str | None](), [run]
        while ahead:
            found = [later for later in self._followers(ahead.pop()) if later.name not in marks]
            marks |= {later.name: later.mark for later in found}
            ahead += found
        return orjson.dumps(marks).decode() if all(marks.values()) else None

    def _followers(self, run: KnownRun) -> list[KnownRun]:
        """Return the runs that correct *run*, or undo it, oldest first; those of other targets are none."""
        found = self._later.get(run.name, ()) if not run.fault else ()
        return [
            later
            for later in found
            if later.order > run.order and not later.fault and _may_follow(later.record, run.record)
        ]

    def rows_handed_on(self, run: KnownRun) -> dict[int, RowKind]:
        """Return the rows of *run* that later runs have done, or have as their own; none if in doubt."""
        try:
            found = self._standings(run) if self.has_followers(run) else {}
        except PresenceWorkerError as error:
            log.warning("run.unreadable", earlier=run.name, detail=str(error))
            return {}
        return {row: HANDED_ON[standing] for row, standing in found.items() if standing in HANDED_ON}

    def leaves_to_resume(self, run: KnownRun) -> bool:
        """Return whether *run* has rows to send that no later run has."""
        gone = self.rows_handed_on(run)
        if not gone:
            return run.to_send > 0
        with _open_journal(run) as journal:
            return run.to_send > sum(
                row.row in gone and row.result in UNSETTLED for row in journal.open_rows.all()
            )

    def _count(self, run: KnownRun, by: str) -> Corrected:
        found = [*self._standings(run).values()]
        return Corrected(by=by, done=found.count(None), taken_over=found.count(Standing.TAKEN_OVER))

    def _standings(self, run: KnownRun) -> dict[int, Standing | None]:
        """Return how it stands with each row that was not done when *run* ended; None: it is done by now."""
        standings = self._aftermath(run).standings
        with _open_journal(run) as journal:
            rows = {row.row for row in journal.open_rows.all()}
            rows |= {row for row, first in journal.open_rows.duplicates().items() if first in rows}
        return {row: standings.get(row) for row in rows}

    def _aftermath(self, run: KnownRun) -> Aftermath:
        if run.name not in self._known:
            with _open_journal(run) as journal:
                self._known[run.name] = self._look_back(run, journal)
        return self._known[run.name]

    def _look_back(self, run: KnownRun, journal: Journal) -> Aftermath:
        rows = journal.open_rows.all()
        found = Aftermath(dict.fromkeys((row.row for row in rows), Standing.OPEN))
        for later in self._followers(run):
            if later.record.intent == Intent.UNDO:
                undone = _rows_put_back(journal, self._people_put_back(later))
                found.standings |= dict.fromkeys(undone, Standing.UNDONE)
            elif self._correct(found.standings, rows, journal, later):
                newer = self._aftermath(later).newest or later
                found.newest = max(found.newest or newer, newer, key=attrgetter("order"))
        copies = journal.open_rows.duplicates().items()
        found.standings |= {row: found.standings[first] for row, first in copies if first in found.standings}
        return found

    def _correct(
        self, standings: dict[int, Standing], rows: Sequence[OpenRow], journal: Journal, later: KnownRun
    ) -> bool:
        """Note how it stands with the rows that *later* has again; return whether it has any."""
        theirs = self._aftermath(later).standings
        with _open_journal(later) as correction:
            returned = correction.open_rows.rows_from(journal.run().run_id)
        rows = [row for row in rows if row.row in standings]
        pairs = pair_rows(rows, returned, journal.open_rows.people)
        found = {row: {theirs.get(each.row) for each in back} for row, back in pairs.items()}
        done = {row for row, those in found.items() if those == {None}}
        for row in (*done, *find_decided_conflicts(rows, pairs, done)):
            standings.pop(row, None)
        kept = [row for row, those in found.items() if row not in done and Standing.UNDONE not in those]
        standings |= dict.fromkeys(kept, Standing.TAKEN_OVER)
        return bool(done or kept)

    def _people_put_back(self, undo: KnownRun) -> set[int]:
        """Return the users whom an undo has put back, or may have, unless it was undone itself."""
        with _open_journal(undo) as journal:
            people = set(journal.results.associates_written())
            people |= {person for person, _ in journal.results.associates_unchanged()}
        for later in self._followers(undo):
            if later.record.intent == Intent.UNDO:
                people -= self._people_put_back(later)
        return people


def _may_follow(later: RunRecord, run: RunRecord) -> bool:
    """Return whether a later run has sent something to the same target."""
    names = {later.target_name, run.target_name} - {None}
    return later.state in CARRIED_OUT and later.target == run.target and len(names) <= 1


def _open_journal(run: KnownRun) -> closing[Journal]:
    return closing(run.open_journal())


def _rows_put_back(journal: Journal, people: set[int]) -> Iterator[int]:
    """Yield the rows that an undo took back: those of *people*, and planned absences."""
    yield from (row for person, row in journal.open_rows.rows_by_user().items() if person in people)
    yield from journal.open_rows.rows_planned()


def pair_rows(
    rows: Iterable[OpenRow],
    returned: Iterable[ReturnedRow],
    people: Callable[[], Mapping[Person, int | None]],
) -> Returned:
    """Return which rows came back as what, of the open *rows* of a run; what is not certain is left out.

    A line that has one row is certain. Else the person is, by the row of each of the *people* in the run.
    Rows whose person was corrected come back in order. They count if all of them came back.
    """
    rows = list(rows)
    lines = {row.line: row.row for row in rows if row.line is not None}
    pairs: defaultdict[int, list[ReturnedRow]] = defaultdict(list)
    others = list[ReturnedRow]()
    for each in returned:
        if each.line in lines:
            pairs[lines[each.line]].append(each)
        else:
            others.append(each)
    if others:
        known, numbers = people(), {row.row for row in rows}
        for each in others:
            if (row := known.get(each.person)) in numbers and row is not None:
                pairs[row].append(each)
        strangers = [each for each in others if each.person not in known]
        left = [row.row for row in rows if row.line is None and row.row not in pairs]
        if len(left) == len(strangers) == len({each.person for each in strangers}):
            pairs.update(zip(left, ([each] for each in strangers), strict=True))
    return pairs


def find_decided_conflicts(rows: Sequence[OpenRow], pairs: Returned, done: set[int]) -> list[int]:
    """Return the rows that a person left out, as another row for the same person is right, and *done*."""
    conflicts = [row for row in rows if row.reason == Reason.CONFLICT]
    decided = {
        row.person
        for row in conflicts
        if row.row in done and all(each.person == row.person for each in pairs[row.row])
    }
    return [row.row for row in conflicts if row.person in decided and row.row not in pairs]
