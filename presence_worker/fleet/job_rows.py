"""The jobs of all machines as rows of the database: each statement may be repeated after a lost answer.

Each change of a job has a number, and no change gets one before the last one is committed. So a reader that
has seen a change has seen all with smaller numbers, and asks for later ones alone.
"""

from collections.abc import Sequence
from typing import NamedTuple

from .connections import Connection
from .turn_rows import queue_of

CHANGED = """SELECT id, number, changed, state, body FROM job WHERE changed > %(seen)s
    UNION ALL SELECT '', 0, changed, '', '' FROM job_deleted
    ORDER BY number"""
FIND = "SELECT id, number, changed, state, body FROM job WHERE id = %(id)s OR key = %(key)s"
INSERT = """WITH added AS (
        INSERT INTO job (id, number, changed, target, state, key, body, content)
        SELECT %(id)s, %(number)s, next_job_change(), %(target)s, %(state)s, %(key)s, %(body)s, %(content)s
        WHERE %(most)s::int IS NULL OR (SELECT count(*) FROM job WHERE state = 'waiting') < %(most)s
        ON CONFLICT DO NOTHING
        RETURNING target
    )
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock)
    SELECT %(queue)s, 'turn', target, target FROM added
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE SET scheduled_at = NULL
    WHERE procrastinate_jobs.scheduled_at IS NOT NULL"""  # one statement: no process can die in its middle
UPDATE = """UPDATE job SET changed = next_job_change(), state = %(state)s, body = %(body)s,
        content = CASE WHEN %(keep)s THEN content END
    WHERE id = %(id)s AND changed = %(before)s"""
DELETE = """WITH n AS MATERIALIZED (SELECT next_job_change() AS changed),
    gone AS (DELETE FROM job USING n WHERE id = %(id)s AND job.changed = %(before)s RETURNING n.changed)
    INSERT INTO job_deleted SELECT changed FROM gone
    ON CONFLICT (is_only) DO UPDATE SET changed = excluded.changed"""


class JobRow(NamedTuple):
    """A job as it is kept."""

    id: str
    number: int
    changed: int
    state: str
    body: bytes


class NewRow(NamedTuple):
    """A job as it is put in."""

    id: str
    number: int
    target: str
    state: str
    key: str | None
    body: bytes
    content: bytes | None


def read_changed(seen: int, connection: Connection) -> tuple[list[JobRow], int]:
    """Return what changed after number *seen*, in the order of jobs, and the number of the last deletion."""
    found = connection.execute(CHANGED, {"seen": seen})
    rows = [JobRow._make(row) for row in found]
    return [row for row in rows if row.id], max((row.changed for row in rows if not row.id), default=0)


def read_ids(connection: Connection) -> set[str]:
    """Return the ids of all jobs."""
    return {job_id for (job_id,) in connection.execute("SELECT id FROM job")}


def find_row(job_id: str | None, key: str | None, connection: Connection) -> JobRow | None:
    """Return the job with an id, else with a key."""
    rows = [JobRow._make(row) for row in connection.execute(FIND, {"id": job_id, "key": key})]
    return min(rows, key=lambda row: row.id != job_id, default=None)


def next_number(connection: Connection) -> int:
    """Return the number of a new job."""
    row = connection.execute("SELECT nextval('job_number')").fetchone()
    return int(row[0]) if row else 0


def insert(new: NewRow, most: int | None, connection: Connection) -> None:
    """Put a job in, with a turn of its target, unless it or its key is there, or *most* jobs wait."""
    connection.execute(INSERT, {**new._asdict(), "most": most, "queue": queue_of(new.target)})


def update(row: JobRow, before: int, connection: Connection, *, keep_content: bool) -> bool:
    """Write a job, if its last change is still number *before*; return whether it was."""
    values = {"id": row.id, "state": row.state, "body": row.body, "before": before, "keep": keep_content}
    return connection.execute(UPDATE, values).rowcount > 0


def delete(job_id: str, before: int, connection: Connection) -> bool:
    """Delete a job, if its last change is still number *before*; return whether it was."""
    values = {"id": job_id, "before": before}
    return connection.execute(DELETE, values).rowcount > 0


def read_content(job_id: str, connection: Connection) -> bytes | None:
    """Return what a job has brought, as it is kept."""
    row = connection.execute("SELECT content FROM job WHERE id = %s", [job_id]).fetchone()
    return row[0] if row else None


def keep_text(name: str, value: bytes, connection: Connection) -> None:
    """Keep a text of the service under a name."""
    connection.execute(
        "INSERT INTO memory VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [name, value],
    )


def keep_first(name: str, value: bytes, connection: Connection) -> bool:
    """Keep a text of the service under a name without one; return whether it had none, or has this one."""
    connection.execute("INSERT INTO memory VALUES (%s, %s) ON CONFLICT DO NOTHING", [name, value])
    found = connection.execute("SELECT value FROM memory WHERE name = %s", [name]).fetchone()
    return found is not None and bytes(found[0]) == value


def read_texts(beginning: str, connection: Connection) -> Sequence[tuple[str, bytes]]:
    """Return the texts whose names have this beginning, by name."""
    query = "SELECT name, value FROM memory WHERE starts_with(name, %s)"
    return connection.execute(query, [beginning]).fetchall()


def forget_text(name: str, connection: Connection) -> None:
    """Forget the text of a name."""
    connection.execute("DELETE FROM memory WHERE name = %s", [name])
