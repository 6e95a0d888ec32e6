"""What a reader of the database sees where a key is set: ids, targets, states, times and numbers."""

from contextlib import closing
from typing import LiteralString

import psycopg
from psycopg import sql

from presence_worker.fleet.connections import SCHEMA

from .test_views_of_machines import TOKEN, Machines, machines

__all__ = ("machines",)
COLUMNS: LiteralString = """SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema = %s AND table_name NOT LIKE 'procrastinate%%'"""
SEALED = 1  # the first byte of what was encrypted
LABEL, COMMENT = "label-of-this-job", "reason-of-absence"
JOB = f"associateId,status,message\n1,StatusNotAvailable,{COMMENT}\n2,StatusNormal,{COMMENT}\n"
BYTES: LiteralString = "SELECT {column} FROM {table} WHERE {column} IS NOT NULL"
TEXTS: LiteralString = "SELECT {column}::text FROM {table} WHERE {column} IS NOT NULL"


def read(connection: psycopg.Connection, *, payloads: bool) -> dict[tuple[str, str], list[bytes | str]]:
    """Give all values of the tables: the payloads, or the others as text."""
    found = {}
    for table, column, kind in connection.execute(COLUMNS, [SCHEMA]).fetchall():
        if (kind == "bytea") is payloads:
            names = {"column": sql.Identifier(column), "table": sql.Identifier(SCHEMA, table)}
            query = sql.SQL(BYTES if payloads else TEXTS).format(**names)
            found[table, column] = [value for (value,) in connection.execute(query)]
    return found


def test_nothing_private_is_in_plain(machines: Machines, database_url: str) -> None:
    """While one run is at work and another one has ended: rows, jobs, results and messages are encrypted."""
    machines.front.hear(lambda kind, run: kind == "progress" and run["done"] > 0)
    machines.front.ask("POST", f"/api/v1/jobs?target=oslo&label={LABEL}", JOB.encode())
    run = machines.front.ask("GET", f"/api/v1/jobs/{machines.job}")[1]["run_id"]
    machines.front.ask("POST", f"/api/v1/runs/{run}/stop")
    machines.front.hear(lambda kind, _: kind == "ended")
    with closing(psycopg.connect(database_url, autocommit=True)) as connection:
        payloads = read(connection, payloads=True)
        plain = read(connection, payloads=False)

    open_ones = {
        place
        for place, values in payloads.items()
        for value in values
        if bytes(value)[0] != SEALED  # type: ignore[arg-type]
    }
    words = " ".join(str(value) for values in plain.values() for value in values)
    assert open_ones <= {("memory", "value")}  # a number of deletions, of no meaning
    assert all(payloads["run", each] for each in ("line", "file"))
    assert all(payloads["job", each] for each in ("body", "content"))
    assert run in words
    assert [each for each in (LABEL, COMMENT, TOKEN, "reason") if each in words] == []
