-- Every Redfish service that Slipway knows, credential profiles, and what was refused.
--
-- In the same subset of SQL as 0001. A card's IMC is a row of `bmc` too, with the id of its card;
-- its name, address and labels are the card's and change with them.

ALTER TABLE credential ADD COLUMN kind TEXT NOT NULL DEFAULT 'password';
-- 0: one machine's own, made and removed with it. 1: a profile that people named.
ALTER TABLE credential ADD COLUMN shared BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credential ADD COLUMN scope TEXT NOT NULL DEFAULT '{}'; -- JSON: CredentialScope

-- How the IMC's SSH is logged in to. Neither: as its Redfish.
ALTER TABLE dpu ADD COLUMN imc_ssh_credential TEXT REFERENCES credential (id);
ALTER TABLE dpu ADD COLUMN imc_ssh_empty BIGINT NOT NULL DEFAULT 0;
CREATE INDEX dpu_imc_ssh_credential ON dpu (imc_ssh_credential);

CREATE TABLE bmc (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    address    TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL, -- JSON: BmcKind
    dpu        TEXT UNIQUE REFERENCES dpu (id) ON DELETE CASCADE,
    credential TEXT REFERENCES credential (id),
    labels     TEXT NOT NULL, -- JSON: array of strings
    added_at   TEXT NOT NULL
);
CREATE INDEX bmc_credential ON bmc (credential);

CREATE TABLE bmc_facts (
    bmc       TEXT NOT NULL PRIMARY KEY REFERENCES bmc (id) ON DELETE CASCADE,
    facts     TEXT NOT NULL, -- JSON: BmcFacts
    next_look TEXT NOT NULL, -- '' for as soon as there is time
    name_key  TEXT NOT NULL, -- natural order
    search    TEXT NOT NULL  -- lower case, one line each
);
CREATE INDEX bmc_facts_next_look ON bmc_facts (next_look);
CREATE INDEX bmc_facts_name ON bmc_facts (name_key, bmc);

-- The last crawl: rows of some hundred kilobytes, so they are read one at a time only.
CREATE TABLE bmc_inventory (
    bmc       TEXT NOT NULL PRIMARY KEY REFERENCES bmc (id) ON DELETE CASCADE,
    read_at   TEXT NOT NULL,
    inventory TEXT NOT NULL, -- JSON: Inventory
    raw       TEXT NOT NULL  -- JSON: array of [path, body]
);

-- Serial numbers and MAC addresses by which a card and its host find each other.
CREATE TABLE bmc_mark (
    bmc  TEXT NOT NULL REFERENCES bmc (id) ON DELETE CASCADE,
    side TEXT NOT NULL, -- 'card': the card's own; 'host': of a part of the host
    mark TEXT NOT NULL,
    PRIMARY KEY (bmc, side, mark)
);
CREATE INDEX bmc_mark_mark ON bmc_mark (mark, side, bmc);

CREATE TABLE pairing (
    dpu       TEXT NOT NULL PRIMARY KEY REFERENCES dpu (id) ON DELETE CASCADE,
    host      TEXT NOT NULL REFERENCES bmc (id) ON DELETE CASCADE,
    paired_by TEXT NOT NULL, -- JSON: PairedBy
    since     TEXT NOT NULL
);
CREATE INDEX pairing_host ON pairing (host);

-- What a peer showed instead of what is pinned; goes away when a person has decided.
CREATE TABLE refused_key (
    kind        TEXT NOT NULL,
    peer        TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    at          TEXT NOT NULL,
    PRIMARY KEY (kind, peer)
);

INSERT INTO bmc (id, name, address, kind, dpu, credential, labels, added_at)
    SELECT id, name, imc_redfish, '{"kind":"intel_imc"}', id, NULL, labels, added_at FROM dpu;
INSERT INTO bmc_facts (bmc, facts, next_look, name_key, search)
    SELECT dpu.id, '{}', '', dpu_line.name_key, LOWER(dpu.name) || '
' || LOWER(dpu.imc_redfish)
    FROM dpu JOIN dpu_line ON dpu_line.dpu = dpu.id;
