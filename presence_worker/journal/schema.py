"""The journal's tables, one SQLite file for each run."""

VERSION = 8
OR_NULL = "nullif(?, '')"  # for what is NULL nearly always: Python takes long to hand a None over

BEFORE = """CREATE TABLE before (  -- what the service held when it was read, or what an undo expects of it
    row     INTEGER PRIMARY KEY,
    status  TEXT,           -- NULL: it showed no presence
    message TEXT            -- NULL: not known; it is not read of users who are present
);
"""

SCHEDULED = """CREATE TABLE scheduled (  -- rows no file brought: they follow from what one had asked for
    row     INTEGER PRIMARY KEY,
    run_id  TEXT NOT NULL,  -- of the run that had asked for it,
    of_row  INTEGER NOT NULL,  -- with this row
    kind    TEXT NOT NULL,  -- start: its first day has come, or it counts again; return: it is over
    status  TEXT,           -- what must still be there, with the message; NULL: whatever is there
    message TEXT
);
"""

CLOSED = """CREATE TABLE closed (  -- rows with days that nothing follows from any more, whatever was to come
    row INTEGER PRIMARY KEY
);
"""

LOGGED = """CREATE TABLE logged (  -- rows of which the log has an event
    row    INTEGER PRIMARY KEY,
    result TEXT NOT NULL    -- that it was about
);
"""

ORIGIN = """CREATE TABLE origin (  -- rows that came back in a failed.csv or unprocessed.csv
    row    INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL,   -- of the run that wrote that file
    line   INTEGER          -- in that run's own file; NULL: not known
);
"""

FATE = """CREATE VIEW fate AS
SELECT
    row.row, row.line, row.associate_id, row.status, row.message, row.cells, row.duplicate_of,
    row.identity, row.starts, row.ends, scheduled.run_id AS scheduled_by, before.status AS before_status,
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
LEFT JOIN lost ON lost.row = row.row
LEFT JOIN before ON before.row = row.row
LEFT JOIN scheduled ON scheduled.row = row.row;
"""

MIGRATIONS: dict[int, tuple[str, ...]] = {  # version: what makes the next one of it
    1: ("ALTER TABLE run ADD COLUMN compared TEXT NOT NULL DEFAULT 'null'",),
    2: (
        "ALTER TABLE run ADD COLUMN intent TEXT NOT NULL DEFAULT 'run'",
        "ALTER TABLE run ADD COLUMN step TEXT NOT NULL DEFAULT 'send'",
        "ALTER TABLE run ADD COLUMN undoes TEXT",
        "ALTER TABLE row ADD COLUMN identity TEXT",
        "ALTER TABLE row ADD COLUMN known_as TEXT",
        BEFORE,
    ),
    3: (
        "ALTER TABLE row ADD COLUMN starts TEXT",
        "ALTER TABLE row ADD COLUMN ends TEXT",
        SCHEDULED,
        CLOSED,
        "DROP VIEW fate",
        FATE,
    ),
    4: ("ALTER TABLE run ADD COLUMN number INTEGER", LOGGED),
    5: ("ALTER TABLE session ADD COLUMN worked REAL",),
    6: (
        "ALTER TABLE run ADD COLUMN target_name TEXT",
        "ALTER TABLE run ADD COLUMN endings INTEGER NOT NULL DEFAULT 0",
    ),
    7: (ORIGIN,),
}

STAGED = """
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
    compared   TEXT NOT NULL,   -- JSON: how the job differs from the last one of the target, or null
    intent     TEXT NOT NULL,   -- what it is for: run, plan, undo
    step       TEXT NOT NULL,   -- what it has to do next: read, compare, send
    undoes     TEXT,            -- the run that it undoes
    number     INTEGER,         -- its place in the order of runs; NULL: older than such numbers
    target_name TEXT,           -- of the target in the configuration; NULL: it has only one
    endings    INTEGER NOT NULL DEFAULT 0  -- how often it has ended
);

CREATE TABLE session (          -- one for each time a command worked on the run
    session    INTEGER PRIMARY KEY,
    command    TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at   TEXT,            -- NULL: at work, or died at work
    seconds    REAL NOT NULL DEFAULT 0,  -- of delivery
    rate       REAL NOT NULL,   -- requests per second, configured
    gets       INTEGER NOT NULL DEFAULT 0,
    handed_out INTEGER NOT NULL DEFAULT 0,  -- rows up to this one may have been sent in this session
    worked     REAL             -- seconds of delivery in which there were requests to make; NULL: all
);

CREATE TABLE row (              -- what was asked; never changes once the first row is sent
    row          INTEGER PRIMARY KEY,
    line         INTEGER,
    associate_id,               -- INTEGER where it is one, else TEXT as found
    status       TEXT,
    message      TEXT NOT NULL,
    cells        TEXT NOT NULL, -- JSON list
    result       TEXT,          -- NULL: to be sent
    reason       TEXT,
    detail       TEXT,
    duplicate_of INTEGER,
    identity     TEXT,          -- login or e-mail, where the job names people so
    known_as     TEXT,          -- the same as it is compared: without case
    starts       TEXT,          -- first day on which it is due, ISO 8601; NULL: since ever
    ends         TEXT           -- last one; NULL: for ever
);

CREATE TABLE outcome (          -- its result; written after the answer was judged
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
"""

TABLES = STAGED + BEFORE + SCHEDULED + CLOSED + LOGGED + ORIGIN + FATE
