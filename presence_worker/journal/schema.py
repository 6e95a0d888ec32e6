"""The journal's tables, one SQLite file for each run."""

VERSION = 2
MIGRATIONS = {  # version: what makes the next one of it
    1: "ALTER TABLE run ADD COLUMN compared TEXT NOT NULL DEFAULT 'null'",
}

TABLES = """
CREATE TABLE schema (version INTEGER NOT NULL);

CREATE TABLE run (              -- exactly one
    run_id     TEXT NOT NULL,
    created_at TEXT NOT NULL,   -- UTC, ISO 8601
    target     TEXT NOT NULL,   -- the service's root
    state      TEXT NOT NULL,
    exit_code  INTEGER,
    message    TEXT,
    next       TEXT,            -- the command to run next
    input      TEXT NOT NULL,   -- JSON: name, sha256, rows, format, encoding, delimiter, columns, stdin
    settings   TEXT NOT NULL,   -- JSON, without secrets
    notes      TEXT NOT NULL,   -- JSON list: what the reader should know, beside the results
    compared   TEXT NOT NULL    -- JSON: how the job differs from the last one of the target, or null
);

CREATE TABLE session (          -- one for each time somebody set to work on the run
    session    INTEGER PRIMARY KEY,
    command    TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at   TEXT,            -- NULL: at work, or died at work
    seconds    REAL NOT NULL DEFAULT 0,  -- of delivery
    rate       REAL NOT NULL,   -- requests per second, configured
    gets       INTEGER NOT NULL DEFAULT 0,
    handed_out INTEGER NOT NULL DEFAULT 0  -- rows up to this one may have been sent in this session
);

CREATE TABLE row (              -- what was asked; never changes once the run is staged
    row          INTEGER PRIMARY KEY,
    line         INTEGER,
    associate_id,               -- INTEGER where it is one, else TEXT as found
    status       TEXT,
    message      TEXT NOT NULL,
    cells        TEXT NOT NULL, -- JSON list
    result       TEXT,          -- NULL: to be sent
    reason       TEXT,
    detail       TEXT,
    duplicate_of INTEGER
);

CREATE TABLE outcome (          -- what became of it; written after the answer was judged
    row         INTEGER PRIMARY KEY,
    session     INTEGER NOT NULL,
    result      TEXT NOT NULL,
    reason      TEXT,
    detail      TEXT,
    http_status INTEGER,
    attempts    INTEGER NOT NULL,
    wire_puts   INTEGER NOT NULL,
    duration_ms REAL NOT NULL,
    finished_at TEXT NOT NULL
);

-- A row that was handed out in a session that never ended (killed, power lost), and has no outcome
-- from it, may have been sent: it is unknown.
CREATE VIEW lost AS
SELECT row.row FROM row
JOIN session ON session.session = (SELECT max(session) FROM session) AND session.ended_at IS NULL
LEFT JOIN outcome ON outcome.row = row.row
WHERE row.result IS NULL AND row.row <= session.handed_out
  AND (outcome.row IS NULL
       OR (outcome.session < session.session AND outcome.result IN ('not_sent', 'failed', 'unknown')));

CREATE VIEW fate AS
SELECT
    row.row, row.line, row.associate_id, row.status, row.message, row.cells, row.duplicate_of,
    CASE WHEN row.result IS NOT NULL THEN row.result
         WHEN lost.row IS NOT NULL THEN 'unknown'
         ELSE coalesce(outcome.result, 'not_sent') END AS result,
    CASE WHEN row.result IS NOT NULL THEN row.reason
         WHEN lost.row IS NOT NULL THEN 'stopped'
         ELSE outcome.reason END AS reason,
    CASE WHEN row.result IS NOT NULL THEN row.detail
         WHEN lost.row IS NOT NULL THEN 'the program ended while this row may have been on its way'
         ELSE outcome.detail END AS detail,
    outcome.http_status,
    coalesce(outcome.attempts, 0) AS attempts,
    coalesce(outcome.wire_puts, 0) AS wire_puts,
    outcome.duration_ms,
    outcome.finished_at
FROM row
LEFT JOIN outcome ON outcome.row = row.row
LEFT JOIN lost ON lost.row = row.row;
"""
