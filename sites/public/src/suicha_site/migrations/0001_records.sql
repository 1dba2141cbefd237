-- Every version of every record exactly as it was received, with the receipt that was given for it.
CREATE TABLE records (
    kind        TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    body        BLOB    NOT NULL,
    sha256      TEXT    NOT NULL,
    receipt_id  TEXT    NOT NULL,
    accepted_at TEXT    NOT NULL,
    PRIMARY KEY (kind, id, version)
);

-- What pages sort and filter by: the newest version only. All of it can be rebuilt from `records`.
CREATE TABLE plans (
    plan_id      TEXT PRIMARY KEY,
    number       TEXT NOT NULL,
    name         TEXT NOT NULL,
    year         INTEGER NOT NULL,
    org_name     TEXT NOT NULL,
    task_count   INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    published_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX plans_newest ON plans (published_at, plan_id);

CREATE TABLE draws (
    draw_id      TEXT PRIMARY KEY,
    org_name     TEXT NOT NULL,
    visits       INTEGER NOT NULL,
    pool         INTEGER NOT NULL,
    suite        TEXT NOT NULL,
    completed_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX draws_newest ON draws (completed_at, draw_id);

CREATE TABLE results (
    record_id     TEXT PRIMARY KEY,
    status        TEXT NOT NULL,
    version       INTEGER NOT NULL,
    draw_id       TEXT NOT NULL,
    object_name   TEXT NOT NULL,
    object_code   TEXT NOT NULL,
    authority     TEXT NOT NULL,
    result        TEXT NOT NULL,
    problem       INTEGER NOT NULL,
    withheld      INTEGER NOT NULL,
    finished_on   TEXT NOT NULL,
    published_at  TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX results_newest ON results (published_at, record_id);
CREATE INDEX results_by_object ON results (object_name, object_code, finished_on);
CREATE INDEX results_by_code ON results (object_code, finished_on);
CREATE INDEX results_by_draw ON results (draw_id, published_at);

-- One row for every (plan, result code, month) that a result falls under, for the filters and the figures.
-- A line whose result is withheld (依法不予公开) has the empty code.
CREATE TABLE result_facets (
    record_id   TEXT NOT NULL REFERENCES results (record_id) ON DELETE CASCADE,
    plan_number TEXT NOT NULL,
    plan_name   TEXT NOT NULL,
    result_code TEXT NOT NULL,
    month       TEXT NOT NULL,
    PRIMARY KEY (record_id, plan_number, result_code, month)
) WITHOUT ROWID;
CREATE INDEX facets_by_plan ON result_facets (plan_number, record_id);
CREATE INDEX facets_by_code ON result_facets (result_code, record_id);
CREATE INDEX facets_by_month ON result_facets (month, record_id);
