-- The first shape of Slipway's database.
--
-- In the subset that SQLite and PostgreSQL both take, but for one word: AUTOINCREMENT, which is
-- GENERATED ALWAYS AS IDENTITY there. Texts compare by their bytes (COLLATE "C" there). Moments are
-- RFC 3339 in UTC with three decimals, so that they sort as text; truths are 0 and 1; columns
-- named in a comment as JSON hold the type of slipway-core of that name.
--
-- No secret is in here: a credential is a name and a user name, its value is in the secret store.

CREATE TABLE credential (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    user_name  TEXT NOT NULL,
    created_at TEXT NOT NULL
);

CREATE TABLE dpu (
    id             TEXT NOT NULL PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    imc_redfish    TEXT NOT NULL UNIQUE,
    imc_ssh        TEXT NOT NULL,
    acc            TEXT NOT NULL, -- JSON: AccRoute
    imc_credential TEXT NOT NULL REFERENCES credential (id),
    acc_credential TEXT REFERENCES credential (id),
    host           TEXT,
    labels         TEXT NOT NULL, -- JSON: array of strings
    identity       TEXT NOT NULL, -- JSON: ImcIdentity
    added_at       TEXT NOT NULL
);
CREATE INDEX dpu_imc_credential ON dpu (imc_credential);
CREATE INDEX dpu_acc_credential ON dpu (acc_credential);

CREATE TABLE dpu_facts (
    dpu   TEXT NOT NULL PRIMARY KEY REFERENCES dpu (id) ON DELETE CASCADE,
    facts TEXT NOT NULL -- JSON: DpuFacts
);

-- What the fleet's list is filtered and sorted by, taken from the two above and from the jobs.
-- A table of its own because its rows are short: a search reads all of them, and the facts would
-- be a page each.
CREATE TABLE dpu_line (
    dpu               TEXT NOT NULL PRIMARY KEY REFERENCES dpu (id) ON DELETE CASCADE,
    headline          TEXT NOT NULL,   -- HeadlineState's word
    headline_rank     BIGINT NOT NULL, -- worst first
    name_key          TEXT NOT NULL,   -- natural order: dpu-2 before dpu-10
    host_key          TEXT NOT NULL,
    version_key       TEXT NOT NULL,
    last_seen         TEXT NOT NULL,   -- '' for never
    search            TEXT NOT NULL,   -- lower case, one line each
    booted_digest     TEXT,
    version           TEXT,
    available_version TEXT
);
-- The first two hold all that the usual page and the counts ask for, so that the table itself is
-- not read.
CREATE INDEX dpu_line_name ON dpu_line (name_key, dpu, search);
CREATE INDEX dpu_line_headline ON dpu_line (headline_rank, name_key, dpu, headline, search);
CREATE INDEX dpu_line_host ON dpu_line (host_key, name_key, dpu);
CREATE INDEX dpu_line_version ON dpu_line (version_key, name_key, dpu);
CREATE INDEX dpu_line_last_seen ON dpu_line (last_seen, name_key, dpu);
CREATE INDEX dpu_line_booted ON dpu_line (booted_digest, version);

CREATE TABLE pin (
    kind             TEXT NOT NULL,
    peer             TEXT NOT NULL,
    fingerprint      TEXT NOT NULL,
    accepted_because TEXT NOT NULL,
    first_seen       TEXT NOT NULL,
    last_seen        TEXT NOT NULL,
    PRIMARY KEY (kind, peer)
);

CREATE TABLE iso (
    id          TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    path        TEXT NOT NULL,
    sha256      TEXT NOT NULL UNIQUE,
    facts       TEXT NOT NULL, -- JSON: IsoFacts
    imported_at TEXT NOT NULL
);

-- A job outlives its card: it is the card's history. So `dpu` refers to nothing.
CREATE TABLE job (
    id               TEXT NOT NULL PRIMARY KEY,
    dpu              TEXT NOT NULL,
    spec             TEXT NOT NULL, -- JSON: JobSpec
    state            TEXT NOT NULL, -- JSON: JobState
    active           BIGINT NOT NULL,
    facts            TEXT NOT NULL, -- JSON: JobFacts
    state_since      TEXT NOT NULL,
    wait             TEXT,          -- JSON: Wait
    attempt          BIGINT NOT NULL,
    version          BIGINT NOT NULL,
    wake_at          TEXT NOT NULL,
    created_at       TEXT NOT NULL,
    ended_at         TEXT,
    cancel_requested BIGINT NOT NULL,
    seen             BIGINT NOT NULL
);
CREATE UNIQUE INDEX job_one_active_per_dpu ON job (dpu) WHERE active = 1;
CREATE INDEX job_wake ON job (wake_at) WHERE active = 1;
CREATE INDEX job_of_dpu ON job (dpu, created_at, id);
CREATE INDEX job_newest ON job (created_at, id);

CREATE TABLE job_event (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
    job  TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    at   TEXT NOT NULL,
    kind TEXT NOT NULL,
    step TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX job_event_of_job ON job_event (job, seq);

CREATE TABLE lease (
    name       TEXT NOT NULL PRIMARY KEY,
    owner      TEXT NOT NULL,
    held_until TEXT NOT NULL
);

CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL -- JSON
);
