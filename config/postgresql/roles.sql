-- Roles of the database that several machines share. Run it once, as an administrator of the database:
--   psql presence -f config/postgresql/roles.sql
-- Set the passwords with \password in psql. Then run `presence-worker fleet init` with a configuration whose
-- fleet.database names presence_owner.

CREATE ROLE presence_owner LOGIN;   -- makes and upgrades the tables: only `fleet init`
CREATE ROLE presence_worker LOGIN;  -- works: `serve`, `worker` and all commands
CREATE ROLE presence_reader LOGIN;  -- looks: `fleet status`, and your own questions about states and times

CREATE SCHEMA presence_worker AUTHORIZATION presence_owner;
GRANT USAGE ON SCHEMA presence_worker TO presence_worker, presence_reader;

-- For all tables that presence_owner makes, also at a later upgrade.
ALTER DEFAULT PRIVILEGES FOR ROLE presence_owner IN SCHEMA presence_worker
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO presence_worker;
ALTER DEFAULT PRIVILEGES FOR ROLE presence_owner IN SCHEMA presence_worker
    GRANT USAGE, SELECT ON SEQUENCES TO presence_worker;
ALTER DEFAULT PRIVILEGES FOR ROLE presence_owner IN SCHEMA presence_worker
    GRANT SELECT ON TABLES TO presence_reader;

-- A reader sees ids, names of targets, states, times and numbers. With fleet.encryption_key_file, it sees no row,
-- no comment and no file without the key.
