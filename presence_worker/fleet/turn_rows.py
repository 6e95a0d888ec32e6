"""The turns of targets, in the tables of the engine: which are missing, and which belong to the dead."""

import hashlib
from collections.abc import Mapping
from typing import LiteralString

from procrastinate import App
from procrastinate.jobs import Status

TASK = "turn"  # of the engine
LONGEST = 40  # bytes of a queue's name: the engine makes the name of a channel of it
GIVE_BACK: LiteralString = """WITH free AS (
        SELECT target, queue, wait FROM unnest(%(targets)s::text[], %(queues)s::text[], %(waits)s::float8[])
            AS given (target, queue, wait)
        WHERE NOT EXISTS (SELECT FROM procrastinate_jobs WHERE lock = target AND status = 'doing')
    ), added AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, scheduled_at)
        SELECT queue, 'turn', target, target,
            CASE WHEN wait > 0 THEN now() + make_interval(secs => wait) END
        FROM free
        ON CONFLICT DO NOTHING
    )
    SELECT target, pg_notify('procrastinate_queue_v1#' || queue, '{"type": "job_inserted", "job_id": 0}')
    FROM free"""
REPAIR: LiteralString = """WITH free AS (
        SELECT target, queue FROM unnest(
            %(targets)s::text[], %(queues)s::text[], %(addresses)s::text[]
        ) AS served (target, queue, address)
        WHERE EXISTS (SELECT FROM job WHERE job.target = served.target AND state IN ('waiting', 'working'))
            AND NOT EXISTS (SELECT FROM lease WHERE lease.target = address
                AND holder IS NOT NULL AND until > now())
    ), added AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock)
        SELECT queue, 'turn', target, target FROM free
        WHERE NOT EXISTS (
            SELECT FROM procrastinate_jobs WHERE queueing_lock = target AND status = 'todo'
        ) AND NOT EXISTS (SELECT FROM procrastinate_jobs WHERE lock = target AND status = 'doing')
        ON CONFLICT DO NOTHING
    )
    SELECT turn.id FROM free JOIN procrastinate_jobs AS turn ON lock = target AND status = 'doing'
    LEFT JOIN procrastinate_workers AS worker ON worker.id = turn.worker_id
    WHERE worker.id IS NULL OR last_heartbeat < now() - make_interval(secs => %(silent)s)"""


def queue_of(target: str) -> str:
    """Return the name of the engine's queue for the turns of a target."""
    name = target.encode()
    return target if len(name) <= LONGEST else hashlib.sha256(name).hexdigest()[:LONGEST]


async def give_back(waits: Mapping[str, float], app: App) -> set[str]:
    """Let the turns of targets come again in so many seconds; return those that are done.

    The others have a turn still, which is about to end.
    """
    rows = await app.connector.execute_query_all_async(
        GIVE_BACK, targets=[*waits], queues=[queue_of(each) for each in waits], waits=[*waits.values()]
    )
    return {str(row["target"]) for row in rows}


async def repair(served: Mapping[str, str], silent: float, app: App) -> int:
    """Make the turns that are missing, of targets with work that no machine has; return how many were freed.

    Targets are *served* by name, with their addresses. The turn of a worker is over when it was *silent* for
    so many seconds, and its lease has ended. Nothing else follows from that silence.
    """
    named = {"targets": [*served], "queues": [queue_of(each) for each in served]}
    addresses = [*served.values()]
    found = await app.connector.execute_query_all_async(REPAIR, **named, addresses=addresses, silent=silent)
    for row in found:
        await app.job_manager.finish_job_by_id_async(row["id"], Status.ABORTED, delete_job=True)
    if found:
        await app.connector.execute_query_all_async(REPAIR, **named, addresses=addresses, silent=silent)
    return len(found)
