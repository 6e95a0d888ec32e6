"""Sessions of work on a run: when each was at work, and how long what it sent took."""

from typing import NamedTuple

import orjson

from ..json_form import json_object
from ..run_states import JobOfRun
from .database import Database, now


class PastSession(NamedTuple):
    """A session in which something was sent."""

    session: int
    command: str
    started_at: str
    rate: float  # requests per second, configured
    last_at: str  # the moment of its last outcome


class SendingFigures(NamedTuple):
    """How the requests of a run went that was sent in one session."""

    rate: float  # requests per second, configured
    is_as_staged: bool  # else the settings may differ from those stored with the run
    seconds: float  # of the session, with what was read before; 0 while it is at work, or where it died
    gets: int
    rows: int  # that were tried
    tries: int
    busy: float  # seconds that all tries took together
    apart: float  # seconds between the first outcome and the last one

    @property
    def latency(self) -> float:
        """Seconds that a try took on average."""
        return self.busy / self.tries

    @property
    def span(self) -> float:
        """Seconds in which tries were under way."""
        return self.apart + self.latency


class Work(NamedTuple):
    """All sessions of a run taken together."""

    started_at: str | None
    ended_at: str | None
    seconds: float
    worked: float  # seconds in which there were requests to make
    rate: float | None
    gets: int


class Sessions:
    """Owns the sessions of a run."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, command: str, rate: float, job: JobOfRun | None = None) -> None:
        """Open a session; what a session that died may have sent stays in doubt.

        The *job* of the queue that asked for it stands in the run from the same moment.
        """
        with self._db.transaction():
            self._db.execute(
                """INSERT OR REPLACE INTO outcome
                SELECT row, (SELECT max(session) FROM session), result, reason, detail, http_status,
                       attempts, wire_puts, coalesce(duration_ms, 0), ?
                FROM fate WHERE row IN (SELECT row FROM lost)""",
                (now(),),
            )
            self._db.execute("UPDATE session SET ended_at = started_at WHERE ended_at IS NULL")
            self._db.execute(
                "INSERT INTO session (command, started_at, rate) VALUES (?, ?, ?)", (command, now(), rate)
            )
            self._db.execute(
                "UPDATE run SET state = 'running', exit_code = NULL, message = NULL, next = NULL"
            )
            if job:
                self._db.execute(
                    """UPDATE run SET input =
                    json_insert(json_insert(input, '$.jobs', json('[]')), '$.jobs[#]', json(?))""",
                    (orjson.dumps(json_object(job)).decode(),),
                )

    def end(self, *, seconds: float, gets: int, worked: float | None = None) -> None:
        """Close the session, all outcomes of which are written; *seconds* it delivered, *gets* it read.

        *worked*: seconds in which there were requests to make; None: all.
        """
        with self._db.transaction():
            self._db.execute(
                "UPDATE session SET ended_at = ?, seconds = ?, gets = ?, worked = ? "
                "WHERE session = (SELECT max(session) FROM session)",
                (now(), seconds, gets, worked),
            )

    def work(self) -> Work:
        """Return what all sessions did together."""
        return Work(
            *self._db.one(
                """SELECT min(started_at), iif(count(ended_at) < count(*), NULL, max(ended_at)),
                total(seconds), total(coalesce(worked, seconds)),
                (SELECT rate FROM session ORDER BY session DESC LIMIT 1), coalesce(sum(gets), 0)
                FROM session"""
            )
        )

    def all(self) -> list[PastSession]:
        """Return the sessions in which something was sent, in order, with their last outcomes."""
        query = """SELECT session, command, started_at, rate, last_at FROM session JOIN
            (SELECT session, max(finished_at) AS last_at FROM outcome WHERE attempts > 0 GROUP BY session)
            USING (session) ORDER BY session"""
        return [PastSession(*found) for found in self._db.all(query)]

    def figures_of_sending(self) -> SendingFigures | None:
        """Return how the requests went; None where more than one session sent some, or none has.

        What is applied was stored by a session that sent nothing.
        """
        query = """SELECT rate, command != 'apply', seconds, gets,
            count(*), sum(attempts), sum(duration_ms) / 1000,
            (julianday(max(finished_at)) - julianday(min(finished_at))) * 86400
            FROM session JOIN outcome USING (session) WHERE attempts > 0 AND command != 'resume'
            AND session = (SELECT max(session) FROM session) GROUP BY session"""
        found = self._db.all(query)
        return SendingFigures(*found[0]) if found else None

    def silence(self, *, longer_than: float) -> float:
        """Return the seconds in which no outcome came, all times together that were *longer_than* so many."""
        (seconds,) = self._db.one(
            """SELECT total(apart) FROM (SELECT 86400 * (julianday(finished_at)
                - lag(julianday(finished_at)) OVER (ORDER BY finished_at)) AS apart
            FROM outcome WHERE attempts > 0) WHERE apart > ?""",
            longer_than,
        )
        return float(seconds)
