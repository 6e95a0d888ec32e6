-- What several machines share. All of it stands in the schema "presence_worker"; that of the engine, too.
-- Payloads (bytea) are compressed, and encrypted where fleet.encryption_key_file is set. Names of targets,
-- ids, states, times and numbers are not.

CREATE TABLE version (
    version int NOT NULL,         -- exactly one row: how many steps the tables have come
    oldest  int NOT NULL,         -- a program that knows fewer steps than this must not use the tables
    mark    bytea                 -- an empty payload: whoever can open it has a key that fits
);

CREATE TABLE engine_step (        -- which changes of its own tables the engine has got
    name text PRIMARY KEY
);

CREATE TABLE worker (             -- a process that works on targets: `worker`, `serve`, or a command
    id         text PRIMARY KEY,  -- host, process and a random part
    host       text NOT NULL,
    kind       text NOT NULL,     -- serve, worker, command
    program    text NOT NULL,     -- version of presence-worker
    targets    text[],            -- names or patterns; NULL: all
    places     int NOT NULL,      -- runs that it can have side by side
    lease      interval NOT NULL, -- if it is not seen for so long, it has died
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE lease (              -- who works on a target
    target     text PRIMARY KEY,  -- the address, as runs have it
    token      bigint NOT NULL DEFAULT 0,  -- grows each time the target is taken
    holder     text,              -- worker.id; NULL: nobody
    run_id     text,              -- that is at work, or was when its worker died
    until      timestamptz,       -- the holder must have renewed it by then
    grace      interval NOT NULL DEFAULT '0',  -- total_timeout of the holder's requests
    quiet_until timestamptz,      -- nothing is sent before: a late request may still come
    quiet_run  text,              -- but by the run that it belongs to; NULL: not even by that
    stop_by    text               -- who asks that the run is stopped; NULL: nobody
) WITH (fillfactor = 50);

CREATE SEQUENCE run_number;

CREATE TABLE run (
    run_id   text PRIMARY KEY,
    number   bigint NOT NULL UNIQUE,  -- of two runs, the one with the higher number began later
    target   text NOT NULL,
    target_name text,
    state    text NOT NULL,
    saved    bigint NOT NULL,     -- how often it was saved; the copy of a machine is as old as its number
    changed  xid8 NOT NULL DEFAULT pg_current_xact_id(),  -- what a reader has not seen yet
    line     bytea NOT NULL,      -- what the index of runs has of it
    summary  bytea,               -- as the index keeps it; NULL: not known
    corrected bytea,
    file     bytea NOT NULL       -- its journal as it was saved last
);
ALTER TABLE run ALTER COLUMN file SET STORAGE EXTERNAL;
CREATE INDEX run_by_target ON run (target, number DESC);
CREATE INDEX run_changed ON run (changed);

CREATE TABLE log (                -- what has come of a run since it was saved
    run_id     text NOT NULL,     -- of a run; a foreign key would cost a fifth of what a row costs
    token      bigint NOT NULL,   -- of the lease under which it was written
    seq        int NOT NULL,
    handed_out int NOT NULL,      -- rows up to this one may have been sent
    done       int NOT NULL,      -- rows with an outcome in this session
    outcomes   bytea,             -- NULL: permission alone
    PRIMARY KEY (run_id, token, seq)
);
ALTER TABLE log ALTER COLUMN outcomes SET STORAGE EXTERNAL;

CREATE SEQUENCE job_number;
CREATE SEQUENCE job_change;
CREATE FUNCTION next_job_change() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN  -- one change at a time until it is committed: a reader that sees a number has seen the smaller ones
    PERFORM pg_advisory_xact_lock(x'6a6f6220717565'::bigint);
    RETURN nextval('job_change');
END $$;

CREATE TABLE job (
    id       text PRIMARY KEY,
    number   bigint NOT NULL UNIQUE,  -- its place in the order of jobs
    changed  bigint NOT NULL,     -- grows with each change of any job: what a reader has not seen yet
    target   text NOT NULL,       -- its name in the configuration, else its address
    state    text NOT NULL,
    submitted_at timestamptz NOT NULL DEFAULT now(),
    key      text,                -- a digest of who sent it and of the idempotency key
    body     bytea NOT NULL,      -- the job
    content  bytea                -- what it has brought
);
ALTER TABLE job ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX job_by_key ON job (key) WHERE key IS NOT NULL;
CREATE INDEX job_open ON job (target, number) WHERE state IN ('waiting', 'working');
CREATE INDEX job_changed ON job (changed);

CREATE TABLE job_deleted (
    changed bigint NOT NULL,      -- the number of the last deletion of a job: readers look which are gone
    is_only bool PRIMARY KEY DEFAULT true CHECK (is_only)
);

CREATE TABLE memory (             -- what the service keeps, such as the last moment of a schedule
    name  text PRIMARY KEY,
    value bytea NOT NULL
);

CREATE TABLE noted_run (          -- at work, or ended, and not every ending is among the messages yet
    number   bigint GENERATED ALWAYS AS IDENTITY,
    name     text NOT NULL,
    target   text NOT NULL,
    reported int,                 -- how many of its endings are; NULL: all but the last one
    noted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, target)
);
CREATE INDEX noted_run_by_target ON noted_run (target);

CREATE TABLE last_trouble (       -- what a channel has sent of a target, unless all is well
    target  text NOT NULL,
    channel text NOT NULL,
    trouble bytea NOT NULL,
    PRIMARY KEY (target, channel)
);

CREATE TABLE message (            -- that is not delivered yet
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target      text NOT NULL,
    channel     text NOT NULL,
    id          text NOT NULL,
    message     bytea NOT NULL,
    queued      float8 NOT NULL,  -- seconds since 1970, like the next one
    first_tried float8,
    tries       int NOT NULL DEFAULT 0,
    held_by     text,             -- who is sending it, until then at most
    held_until  timestamptz,
    UNIQUE (target, channel, id)
);
