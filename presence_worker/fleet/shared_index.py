"""Which runs all machines have, and which began later, as the database says."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import orjson
import structlog

from ..errors import PresenceWorkerError
from ..journal import KnownRun, RunIndex
from ..journal.index_lines import read_line
from ..run_states import State
from .member import FleetMember
from .run_table import WRITTEN_BY, RunRow, WorkElsewhere

NUMBER = "SELECT nextval('run_number')"
log = structlog.get_logger()


class FleetIndex(RunIndex):
    """Owns the list of runs of all machines; a journal is fetched only where its run died."""

    def __init__(self, state_dir: Path, member: FleetMember, fetch: Callable[[str], None]) -> None:
        super().__init__(state_dir)
        self._member = member
        self._fetch = fetch

    def runs(self, target: str | None = None) -> list[KnownRun]:
        """Return all runs, newest first; see `RunIndex`."""
        table = self._member.run_table
        rows = table.all() if target is None else table.of_target(target)
        at_work = table.at_work()
        rows.sort(key=lambda row: row.number, reverse=True)
        return [self._describe(row, at_work.get(row.name)) for row in rows]

    def take_number(self, name: str, runs: Sequence[KnownRun]) -> int:
        """Return the number of a run that begins now: higher than that of any before it on any machine."""
        del name, runs  # the database counts
        found = self._member.database.work(lambda connection: connection.execute(NUMBER).fetchone())
        return int(found[0]) if found else 0

    def keep_summaries(self, summaries: Iterable[tuple[KnownRun, bytes]]) -> None:
        """Keep summaries of runs until they are saved again; where that fails, nothing is lost."""
        self._keep_in("summary", ((run, WRITTEN_BY + text) for run, text in summaries))

    def keep_corrected(self, corrected: Iterable[tuple[KnownRun, bytes]]) -> None:
        """Keep how far later runs have done the rows of runs, in the same way."""
        self._keep_in("corrected", ((run, WRITTEN_BY + text) for run, text in corrected))

    def _keep_in(self, column: str, texts: Iterable[tuple[KnownRun, bytes]]) -> None:
        with suppress(PresenceWorkerError):
            self._member.run_table.keep(
                column, ((run.name, run.mark, text) for run, text in texts if run.mark)
            )

    def _describe(self, row: RunRow, at_work: WorkElsewhere | None) -> KnownRun:
        try:
            record, to_send, follows = row.read_line(self._member.sealing)
        except PresenceWorkerError as fault:
            return self._make(row, None, 0, None)._replace(fault=fault)
        known = self._make(row, record, to_send, follows)
        if at_work and at_work.holder != self._member.id:
            return known._replace(done=at_work.done, mark=None)
        if row.state != State.RUNNING:
            return known
        return self._fetch_dead(known, row) if at_work is None else known._replace(mark=None)

    def _make(self, row: RunRow, record: str | None, to_send: int, follows: str | None) -> KnownRun:
        return KnownRun(
            runs=self._runs,
            name=row.name,
            order=row.number,
            text=record,
            to_send=to_send,
            summary=self._open(row.summary),
            fault=None,
            mark=str(row.saved),
            follows=tuple(orjson.loads(follows)) if follows else (),
            corrected=self._open(row.corrected),
            fetch=self._fetch,
        )

    def _open(self, kept: bytes | None) -> bytes | None:
        text = self._member.sealing.open(kept) if kept is not None else b""
        return text.removeprefix(WRITTEN_BY) if text.startswith(WRITTEN_BY) else None

    def _fetch_dead(self, known: KnownRun, row: RunRow) -> KnownRun:
        """Return a run whose process died, with what it had done until then."""
        known = known._replace(summary=None, corrected=None, mark=None)
        try:
            self._fetch(row.name)
        except PresenceWorkerError as fault:  # such as another process that goes on with it just now
            log.debug("run.not_fetched", earlier=row.name, detail=str(fault))
            return known
        line = read_line(known.folder, row.number)
        if isinstance(line, PresenceWorkerError) or line.record is None:
            return known
        return known._replace(text=line.record, to_send=line.to_send)
