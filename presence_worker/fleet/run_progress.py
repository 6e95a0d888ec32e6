"""How far the runs are that other processes work on, and how one of them is asked to stop."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from ..model import Result
from .connections import Connection, SharedDatabase
from .membership import RunProgress
from .run_file import unpack_outcomes
from .sealing import Sealing

READ = """SELECT lease.run_id, lease.token, lease.stop_by IS NOT NULL, run.saved,
        CASE WHEN run.saved IS DISTINCT FROM seen.saved THEN run.line END, log.seq, log.outcomes
    FROM lease JOIN run ON run.run_id = lease.run_id
    LEFT JOIN unnest(%(runs)s::text[], %(tokens)s::bigint[], %(saved)s::bigint[], %(seqs)s::int[])
        AS seen (run_id, token, saved, seq)
        ON seen.run_id = lease.run_id AND seen.token = lease.token
    LEFT JOIN log ON log.run_id = lease.run_id AND log.token = lease.token AND log.seq > coalesce(seen.seq, 0)
    WHERE lease.holder IS NOT NULL AND lease.holder <> %(me)s AND lease.until > now()
    ORDER BY lease.run_id, log.seq"""
STOP = """UPDATE lease SET stop_by = %s
    WHERE run_id = %s AND holder IS NOT NULL AND until > now() AND stop_by IS NULL"""


@dataclass(slots=True)
class _Seen:
    """What was read of a run under one lease."""

    token: int
    saved: int = -1  # how often the run was saved
    seq: int = 0  # of the newest line of the log
    total: int = 0
    is_stopping: bool = False
    results: dict[int, Result] = field(default_factory=dict)  # by row

    def progress(self, run_id: str) -> RunProgress:
        """Return what is known."""
        return RunProgress(
            run_id=run_id,
            token=self.token,
            is_sending=self.seq > 0,
            done=len(self.results),
            total=self.total,
            results=Counter(self.results.values()),
            is_stopping=self.is_stopping,
        )


class _Line(NamedTuple):
    """A run that another process works on, with a line of its log that is new to us, if there is one."""

    run_id: str
    token: int
    is_stopping: bool
    saved: int
    about: bytes | None  # sealed: what the index keeps of it, where that is new
    seq: int | None
    outcomes: bytes | None  # sealed


class RunsOfOthers:
    """Owns what this process knows of the runs of others; only what is new is read again."""

    def __init__(self, me: str, database: SharedDatabase, sealing: Sealing) -> None:
        self._me = me
        self._database = database
        self._sealing = sealing
        self._seen: dict[str, _Seen] = {}
        self._reading = threading.Lock()

    def read(self) -> Sequence[RunProgress]:
        """Return how far they are; raise DatabaseAway. It blocks."""
        with self._reading:
            rows = self._database.work(self._fetch)
            at_work: dict[str, _Seen] = {}
            for line in rows:
                known = at_work.get(line.run_id) or self._seen.get(line.run_id)
                if known is None or known.token != line.token:
                    known = _Seen(line.token)
                at_work[line.run_id] = known
                self._add(known, line)
            self._seen = at_work
            return [seen.progress(run_id) for run_id, seen in at_work.items()]

    def _fetch(self, connection: Connection) -> list[_Line]:
        asked = {
            "me": self._me,
            "runs": [*self._seen],
            "tokens": [seen.token for seen in self._seen.values()],
            "saved": [seen.saved for seen in self._seen.values()],
            "seqs": [seen.seq for seen in self._seen.values()],
        }
        return [*map(_Line._make, connection.execute(READ, asked))]

    def _add(self, seen: _Seen, line: _Line) -> None:
        seen.is_stopping = line.is_stopping
        if line.about is not None and line.saved != seen.saved:
            _, seen.total, _ = orjson.loads(self._sealing.open(line.about))
            seen.saved = line.saved
        seen.seq = max(seen.seq, line.seq or 0)
        if line.outcomes is not None:
            for row, outcome, _ in unpack_outcomes(self._sealing.open(line.outcomes)):
                seen.results[row] = outcome.result

    def ask_to_stop(self, run_id: str, by: str) -> bool:
        """Ask the process that works on a run to stop it; return False where none does, or was asked before.

        It hears of it when it renews its lease, within a third of `fleet.lease`. It blocks.
        """
        return bool(self._database.work(lambda connection: connection.execute(STOP, (by, run_id)).rowcount))
