/**
 * SQL of exemplars and of metric metadata, each row under a checksum: an exemplar's stands before its labels (`0xff,
 * crc32 u32, labels`, or `0xfe, crc32 u32, generation u48, labels` where it was flushed while there were marks), a family's in
 * the high part of its position. Rows of older files have none.
 */

import zlib from 'node:zlib';
import type { Connection } from './database.ts';

export interface ExemplarRow {
  readonly series: number;
  readonly timestampMs: number;
  readonly value: number;
  readonly labels: Uint8Array;
  /** Of the head, in which it came; 0 is not known: before any mark that is. */
  readonly generation: number;
}

export type MetadataRow = readonly [family: string, type: string, help: string, unit: string];

export interface ExemplarTable {
  add(row: ExemplarRow): void;
  /** Of one series, ascending in time. */
  of(series: number, minMs: number, maxMs: number): ExemplarRow[];
  /** Drops exemplars older than `beforeMs` of some series from `from` on; returns where to go on, undefined at the end. */
  dropBefore(beforeMs: number, from: number): number | undefined;
  /** Drops those of one series that are older. */
  dropOf(series: number, beforeMs: number): void;
  /** The next series, by id, that has exemplars. */
  nextSeries(after: number): number | undefined;
  /** Drops the exemplars of a series. */
  dropSeries(series: number): void;
  addMetadata(row: MetadataRow): void;
  metadata(): MetadataRow[];
}

/** Exemplars looked at in one go: they are in no order of time. */
const DROP_ROWS = 2000;

const SEALED = 0xff;
const SEAL_BYTES = 5;
const SEALED_IN_GENERATION = 0xfe;
const GENERATION_BYTES = 6;
/** A position is below this; the checksum is multiplied by it. */
const POSITIONS = 2 ** 20;

/** Over all of the row, values as SQLite gives them back: NaN as one, -0 as 0. */
function exemplarCrc(series: number, timestampMs: number, value: number, labels: Uint8Array): number {
  const numbers = Float64Array.of(series, timestampMs, Number.isNaN(value) ? 0 : value + 0);
  return zlib.crc32(labels, zlib.crc32(new Uint8Array(numbers.buffer), Number.isNaN(value) ? 1 : 0));
}

type StoredExemplar = Omit<ExemplarRow, 'value' | 'generation'> & { readonly value: number | null };

function sealed(row: ExemplarRow): Uint8Array {
  const { series, timestampMs, value, generation } = row;
  let { labels } = row;
  if (generation > 0) {
    const bytes = Buffer.alloc(GENERATION_BYTES + labels.length);
    bytes.writeUIntLE(generation, 0, GENERATION_BYTES);
    bytes.set(labels, GENERATION_BYTES);
    labels = bytes;
  }
  const out = Buffer.alloc(SEAL_BYTES + labels.length);
  out[0] = generation > 0 ? SEALED_IN_GENERATION : SEALED;
  out.writeUInt32LE(exemplarCrc(series, timestampMs, value, labels), 1);
  out.set(labels, SEAL_BYTES);
  return out;
}

/** The row as it was added; undefined where it is damaged. */
function unsealed(stored: StoredExemplar): ExemplarRow | undefined {
  // Damage makes anything of a column: no bytes, a text.
  if (!(stored.labels instanceof Uint8Array)) return undefined;
  const row = { ...stored, value: stored.value ?? Number.NaN, generation: 0 };
  const [form] = row.labels;
  if (form !== SEALED && form !== SEALED_IN_GENERATION) return row;
  const headBytes = form === SEALED ? SEAL_BYTES : SEAL_BYTES + GENERATION_BYTES;
  if (row.labels.length < headBytes) return undefined;
  const bytes = Buffer.from(row.labels);
  const sealedBytes = bytes.subarray(SEAL_BYTES);
  if (exemplarCrc(row.series, row.timestampMs, row.value, sealedBytes) !== bytes.readUInt32LE(1))
    return undefined;
  const generation = form === SEALED ? 0 : bytes.readUIntLE(SEAL_BYTES, GENERATION_BYTES);
  return { ...row, labels: bytes.subarray(headBytes), generation };
}

const metadataCrc = (row: MetadataRow) => zlib.crc32(row.join('\0'));

/** `onDamage` is told what is damaged, in one line; the row is left out. */
export function exemplarTable(db: Connection, onDamage: (what: string) => void = () => {}): ExemplarTable {
  const add = db.prepare(
    'INSERT OR IGNORE INTO exemplar (series, timestamp_ms, value, labels) VALUES (?, ?, ?, ?)',
  );
  const of = db.prepare(
    'SELECT series, timestamp_ms AS timestampMs, value, labels FROM exemplar WHERE series = ? AND timestamp_ms BETWEEN ? AND ? ORDER BY timestamp_ms',
  );
  const drop = db.prepare('DELETE FROM exemplar WHERE series >= ? AND series < ? AND timestamp_ms < ?');
  const behind = db
    .prepare(`SELECT series + 1 FROM exemplar WHERE series >= ? ORDER BY series LIMIT 1 OFFSET ${DROP_ROWS}`)
    .pluck();
  const dropOf = db.prepare('DELETE FROM exemplar WHERE series = ? AND timestamp_ms < ?');
  const next = db.prepare('SELECT series FROM exemplar WHERE series > ? ORDER BY series LIMIT 1').pluck();
  const dropSeries = db.prepare('DELETE FROM exemplar WHERE series = ?');
  const addMetadata = db.prepare(
    'INSERT OR IGNORE INTO metric_metadata (family, type, help, unit, position) VALUES (?, ?, ?, ?, ? + (SELECT count(*) FROM metric_metadata))',
  );
  const metadata = db
    .prepare(
      `SELECT family, type, help, unit, position FROM metric_metadata ORDER BY position % ${POSITIONS}`,
    )
    .raw();
  return {
    // SQLite keeps a NaN as NULL.
    add: (row) => void add.run(row.series, row.timestampMs, row.value, sealed(row)),
    of: (series, minMs, maxMs) =>
      (of.all(series, minMs, maxMs) as StoredExemplar[]).flatMap((stored) => {
        const row = unsealed(stored);
        if (!row) onDamage(`an exemplar of series ${series} is damaged and skipped`);
        return row ?? [];
      }),
    dropBefore(beforeMs, from) {
      const next = behind.get(from) as number | undefined;
      drop.run(from, next ?? Number.MAX_SAFE_INTEGER, beforeMs);
      return next;
    },
    dropOf: (series, beforeMs) => void dropOf.run(series, beforeMs),
    nextSeries: (after) => next.get(after) as number | undefined,
    dropSeries: (series) => void dropSeries.run(series),
    addMetadata: (row) => void addMetadata.run(...row, metadataCrc(row) * POSITIONS),
    metadata: () =>
      (metadata.all() as [string, string, string, string, number][]).flatMap(
        ([family, type, help, unit, position]) => {
          const own = [family, type, help, unit] as const;
          const crc = Math.floor(position / POSITIONS);
          // A page that counts more rows than it has gives some without values.
          const isText = own.every((text) => typeof text === 'string');
          if ((crc === 0 && isText) || crc === metadataCrc(own)) return [own];
          onDamage(`what was said of metric family ${family} is damaged and skipped`);
          return [];
        },
      ),
  };
}
