-- Jobs that are about no card: a build's subject is what it makes. A card's word is its id, so that
-- the rows that are there stay as they are.
ALTER TABLE job RENAME COLUMN dpu TO subject;
DROP INDEX job_one_active_per_dpu;
CREATE UNIQUE INDEX job_one_active_per_subject ON job (subject) WHERE active = 1;
DROP INDEX job_of_dpu;
CREATE INDEX job_of_subject ON job (subject, created_at, id);

-- How an ISO came into the library.
ALTER TABLE iso ADD COLUMN made TEXT NOT NULL DEFAULT '{"how":"imported","by":null}'; -- JSON: IsoOrigin

-- What is served to whoever has the URL. The token is not in here: the process that serves has it.
CREATE TABLE publication (
    id           TEXT NOT NULL PRIMARY KEY,
    iso          TEXT NOT NULL REFERENCES iso (id) ON DELETE CASCADE,
    place        TEXT NOT NULL, -- https://host:port
    file_name    TEXT NOT NULL,
    since        TEXT NOT NULL,
    expires_at   TEXT,
    served_until TEXT NOT NULL, -- the process that serves it moves this on
    withdrawn    BIGINT NOT NULL
);
CREATE INDEX publication_of_iso ON publication (iso);
