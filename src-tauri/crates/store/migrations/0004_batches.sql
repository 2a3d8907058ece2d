-- Many cards at once. A batch gives its cards their jobs in turn; a card's row and its job are
-- written in one transaction, so that no kill in between gives it two.
CREATE TABLE batch (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    rules      TEXT NOT NULL,   -- JSON: BatchRules
    state      TEXT NOT NULL,   -- JSON: BatchState
    active     BIGINT NOT NULL, -- 0: it is over
    version    BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    ended_at   TEXT
);
CREATE INDEX batch_active ON batch (created_at, id) WHERE active = 1;
CREATE INDEX batch_newest ON batch (created_at, id);

-- As a job, it outlives its card: `dpu` refers to nothing.
CREATE TABLE batch_card (
    batch    TEXT NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
    dpu      TEXT NOT NULL,
    position BIGINT NOT NULL,
    wave     BIGINT NOT NULL,
    spec     TEXT NOT NULL, -- JSON: JobSpec, of the job that it gets
    state    TEXT NOT NULL, -- JSON: BatchCardState
    job      TEXT UNIQUE REFERENCES job (id), -- that of the state
    earlier  TEXT NOT NULL, -- JSON: array of job ids
    PRIMARY KEY (batch, dpu)
);
CREATE INDEX batch_card_order ON batch_card (batch, position);
