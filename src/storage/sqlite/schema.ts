/**
 * The database's tables (docs/format/database.md draws them). One file holds the WAL, the label index, the
 * blocks of all three signals, the ID index, and what else there is: exemplars, metadata, tombstones, rule
 * groups, silences, alerts, journals. `user_version` is the format's version: a newer one than this is refused, an older one migrated.
 */

/** The version of the tables below. Raise it with every change of form and add a step to `MIGRATIONS`. */
export const SCHEMA_VERSION = 11;

/** Number of a signal in `signal` columns. */
export const SIGNAL = { metrics: 1, logs: 2, traces: 3 } as const;
export type SignalNumber = (typeof SIGNAL)[keyof typeof SIGNAL];

/** Block states: rows of a block that is still being written are invisible to readers and removed at start. */
export const BLOCK_STATE = { building: 0, visible: 1 } as const;

/** Statements that bring an empty database to version 1; entry i brings version i to i+1, with what `migrations.ts` adds. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE setting (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

  -- Accepted batches that no visible block holds yet; one row per group commit.
  CREATE TABLE wal (seq INTEGER PRIMARY KEY, generation INTEGER NOT NULL, data BLOB NOT NULL);

  -- Label index: every series and stream ever stored. hash: 64 bits of the canonical label bytes.
  CREATE TABLE series (
    id INTEGER PRIMARY KEY, signal INTEGER NOT NULL, tenant INTEGER NOT NULL DEFAULT 0,
    hash INTEGER NOT NULL, labels BLOB NOT NULL);
  CREATE INDEX series_by_hash ON series (hash);
  CREATE TABLE label_pair (
    id INTEGER PRIMARY KEY, signal INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    UNIQUE (signal, name, value));
  CREATE TABLE posting (pair INTEGER NOT NULL, series INTEGER NOT NULL, PRIMARY KEY (pair, series)) WITHOUT ROWID;

  -- Blocks: immutable; one time partition each.
  CREATE TABLE block (
    id INTEGER PRIMARY KEY, signal INTEGER NOT NULL, tenant INTEGER NOT NULL DEFAULT 0,
    state INTEGER NOT NULL, level INTEGER NOT NULL, partition_ms INTEGER NOT NULL,
    min_ms INTEGER NOT NULL, max_ms INTEGER NOT NULL,
    items INTEGER NOT NULL, bytes INTEGER NOT NULL, generation INTEGER NOT NULL);
  CREATE TABLE page (
    block INTEGER NOT NULL, number INTEGER NOT NULL,
    first_series INTEGER NOT NULL, last_series INTEGER NOT NULL,
    min_ms INTEGER NOT NULL, max_ms INTEGER NOT NULL,
    directory BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (block, number));

  -- Groups of spans, one row per column.
  CREATE TABLE span_group (
    id INTEGER PRIMARY KEY, block INTEGER NOT NULL, spans INTEGER NOT NULL,
    min_ms INTEGER NOT NULL, max_ms INTEGER NOT NULL);
  CREATE INDEX span_group_by_block ON span_group (block);
  CREATE TABLE span_column (span_group INTEGER NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (span_group, name));

  -- Where a trace's spans and log entries are. kind 0: span group, 1: log page (block << 20 | page number).
  CREATE TABLE trace_index (trace_id BLOB NOT NULL, kind INTEGER NOT NULL, place INTEGER NOT NULL,
    PRIMARY KEY (trace_id, kind, place)) WITHOUT ROWID;
  CREATE INDEX trace_index_by_place ON trace_index (kind, place);

  CREATE TABLE exemplar (
    series INTEGER NOT NULL, timestamp_ms INTEGER NOT NULL, value REAL,
    labels BLOB NOT NULL, PRIMARY KEY (series, timestamp_ms, labels)) WITHOUT ROWID;
  CREATE TABLE metric_metadata (
    family TEXT NOT NULL, type TEXT NOT NULL, help TEXT NOT NULL, unit TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (family, type, help, unit)) WITHOUT ROWID;

  -- Deletions, and the state of rules and alerts, for the features that bring them.
  CREATE TABLE tombstone (
    id INTEGER PRIMARY KEY, signal INTEGER NOT NULL, tenant INTEGER NOT NULL DEFAULT 0,
    selector TEXT NOT NULL, min_ms INTEGER NOT NULL, max_ms INTEGER NOT NULL, created_ms INTEGER NOT NULL);
  CREATE TABLE rule_state (name TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
  `,
  `
  -- IDs in log entries: runs of a block's pages, and their buckets (place: run << 12 | bucket).
  CREATE TABLE id_run (id INTEGER PRIMARY KEY, block INTEGER NOT NULL, header BLOB NOT NULL);
  CREATE INDEX id_run_by_block ON id_run (block);
  CREATE TABLE id_bucket (place INTEGER PRIMARY KEY, data BLOB NOT NULL);
  `,
  // Span groups say between which trace ids theirs lie, which took the place of an index row for each trace.
  `
  ALTER TABLE span_group ADD COLUMN first_trace BLOB NOT NULL DEFAULT x'';
  ALTER TABLE span_group ADD COLUMN last_trace BLOB NOT NULL DEFAULT x'';
  UPDATE span_group SET
    first_trace = coalesce((SELECT min(trace_id) FROM trace_index WHERE kind = 0 AND place = span_group.id), x''),
    last_trace = coalesce((SELECT max(trace_id) FROM trace_index WHERE kind = 0 AND place = span_group.id), x'');
  DELETE FROM trace_index WHERE kind = 0;
  DROP INDEX span_group_by_block;
  CREATE INDEX span_group_by_trace ON span_group (block, first_trace);
  `,
  // Labels compressed in chunks, postings as lists of ids.
  `
  ALTER TABLE series RENAME TO series_1;
  DROP INDEX series_by_hash;
  DROP TABLE posting;
  DROP TABLE label_pair;

  -- Label index: chunks of series of one signal, ascending by id (docs/format/label-index.md).
  CREATE TABLE series_chunk (
    id INTEGER PRIMARY KEY, signal INTEGER NOT NULL, first INTEGER NOT NULL,
    ids BLOB NOT NULL, labels BLOB NOT NULL);
  CREATE UNIQUE INDEX series_chunk_by_first ON series_chunk (signal, first);
  -- hash: 48 bits of that of the canonical label bytes.
  CREATE TABLE series_hash (hash INTEGER NOT NULL, series INTEGER NOT NULL, PRIMARY KEY (hash, series)) WITHOUT ROWID;
  CREATE TABLE label_name (
    id INTEGER PRIMARY KEY, signal INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE (signal, name));
  -- Series that have the pair: first and those of ids, up to last (absent where it is the first).
  CREATE TABLE posting (
    label INTEGER NOT NULL, value TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER, ids BLOB,
    PRIMARY KEY (label, value, first)) WITHOUT ROWID;
  `,
  // Deletions: of samples in blocks up to a generation; the selector is its matchers as JSON.
  `
  ALTER TABLE tombstone ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE tombstone ADD COLUMN crc INTEGER NOT NULL DEFAULT 0;
  `,
  // The lines of a page of logs, behind what is read without them; which pieces of text they have.
  `
  ALTER TABLE page ADD COLUMN lines BLOB;
  CREATE TABLE page_grams (block INTEGER NOT NULL, number INTEGER NOT NULL, filter BLOB NOT NULL,
    PRIMARY KEY (block, number)) WITHOUT ROWID;
  `,
  // Rule groups as APIs brought them; what alerts remember is in the metrics that they write.
  `
  CREATE TABLE rule_group (
    tenant TEXT NOT NULL, language TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    definition TEXT NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (tenant, language, namespace, name)) WITHOUT ROWID;
  DROP TABLE rule_state;
  `,
  // Requests to delete log entries, which stay listed when they are carried out; the selector is its matchers as JSON.
  `
  CREATE TABLE delete_request (
    id TEXT PRIMARY KEY, query TEXT NOT NULL, filtered INTEGER NOT NULL, selector TEXT NOT NULL,
    min_ms INTEGER NOT NULL, max_ms INTEGER NOT NULL, generation INTEGER NOT NULL,
    created_ms INTEGER NOT NULL, processed_ms INTEGER, crc INTEGER NOT NULL);
  CREATE INDEX delete_request_pending ON delete_request (created_ms) WHERE processed_ms IS NULL;
  `,
  // Journals: what waits for something before it is stored as what it is.
  `
  CREATE TABLE journal (seq INTEGER PRIMARY KEY, name TEXT NOT NULL, data BLOB NOT NULL);
  CREATE INDEX journal_by_name ON journal (name, seq);
  `,
  // Silences of the built-in Alertmanager.
  `
  CREATE TABLE silence (
    tenant TEXT NOT NULL, id TEXT NOT NULL, definition TEXT NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)) WITHOUT ROWID;
  `,
  // What the built-in Alertmanager must not forget: alerts, and what receivers were told of them.
  `
  CREATE TABLE alert_state (
    tenant TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, definition TEXT NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, key)) WITHOUT ROWID;
  `,
];
