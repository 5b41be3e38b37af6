/**
 * The metrics of the WAL, row by row, for a thread that sends them on: over a connection of its own, one short read at a
 * time. A series is named by id; its labels are in the series table once it was flushed, and until then in the row that used
 * it first, so definitions are remembered as they go by.
 */

import { ByteReader } from '../../base/bytes.ts';
import { Labels } from '../../model/labels.ts';
import type { MetricMetadata, MetricType } from '../../model/metadata.ts';
import { decodeMetricRecord, isMetricKind } from '../head/wal-record.ts';
import type { AppendedMetrics, MetricLogReader, MetricLogRow } from '../interface.ts';
import { type Connection, openForReading } from '../sqlite/database.ts';
import { exemplarTable } from '../sqlite/exemplar-table.ts';
import { SIGNAL } from '../sqlite/schema.ts';
import { type SeriesReader, seriesReader } from '../sqlite/series-table.ts';
import { unpackCommit } from '../sqlite/wal-commit.ts';
import { type WalRow, type WalTable, walTable } from '../sqlite/wal-table.ts';

/** Rows kept decoded: several remotes that are in step read each. */
const ROWS_KEPT = 2;
/** Every so many rows it is looked which definitions the series table has by now. */
const PRUNE_ROWS = 256;

interface Definition {
  readonly canonical: Uint8Array;
  readonly row: number;
}

export class LocalMetricLog implements MetricLogReader {
  readonly #db: Connection;
  readonly #wal: WalTable;
  readonly #series: SeriesReader;
  /** By series, in the order of the rows. */
  readonly #definitions = new Map<number, Definition>();
  readonly #metadata = new Map<string, MetricMetadata>();
  /** What followed a number, as it was read last. */
  readonly #kept: { readonly after: number; readonly row: MetricLogRow }[] = [];
  readonly #damaged: (what: string) => void;
  #sincePruned = 0;

  /** Rows up to number `after` are not asked for, but define series. `damaged` is told of rows that cannot be read. */
  constructor(
    path: string,
    after: number,
    nativeBinding?: string,
    damaged: (what: string) => void = () => {},
  ) {
    this.#db = openForReading(path, nativeBinding);
    this.#wal = walTable(this.#db);
    this.#series = seriesReader(this.#db, (place) => damaged(`${place} is damaged`));
    this.#damaged = damaged;
    for (const [family, type, help, unit] of exemplarTable(this.#db).metadata())
      this.#metadata.set(family, { type: type as MetricType, help, unit });
    // Rows of before that are in no block yet.
    for (let row = this.#wal.next(0); row && row.seq <= after; row = this.#wal.next(row.seq))
      this.#decode(row);
  }

  next(after: number): MetricLogRow | undefined {
    const known = this.#kept.find((kept) => kept.after === after);
    if (known) return known.row;
    const found = this.#wal.next(after);
    if (!found) return undefined;
    const row = { number: found.seq, bytes: found.data.length, appended: this.#decode(found) };
    this.#kept.push({ after, row });
    if (this.#kept.length > ROWS_KEPT) this.#kept.shift();
    if (++this.#sincePruned >= PRUNE_ROWS) this.#prune();
    return row;
  }

  #decode(row: WalRow): AppendedMetrics[] {
    const appended: AppendedMetrics[] = [];
    try {
      const records = unpackCommit(row.data, row.generation);
      // A buffer's own `slice` copies nothing.
      const input = new ByteReader(new Uint8Array(records.buffer, records.byteOffset, records.length));
      while (!input.done) {
        const end = input.u32() + input.pos;
        const kind = input.u8();
        if (isMetricKind(kind)) {
          const record = new ByteReader(input.buf, input.pos, end);
          appended.push(
            decodeMetricRecord(kind, record, (id, canonical) => this.#define(id, canonical, row.seq)),
          );
        }
        input.pos = end;
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#damaged(`WAL row ${row.seq} is damaged and is not sent on: ${reason}`);
    }
    for (const { metadata } of appended)
      for (const { family, type, help, unit } of metadata) this.#metadata.set(family, { type, help, unit });
    return appended;
  }

  #define(id: number, canonical: Uint8Array, row: number): void {
    // Copied: the bytes are a part of all that the row holds.
    this.#definitions.set(id, { canonical: canonical.slice(), row });
  }

  /** Forgets what the series table has: what rows define that are in blocks. */
  #prune(): void {
    this.#sincePruned = 0;
    const first = this.#wal.firstSeq(this.#wal.flushedGeneration()) ?? Number.POSITIVE_INFINITY;
    for (const [id, { row }] of this.#definitions) {
      if (row >= first) return;
      this.#definitions.delete(id);
    }
  }

  lastRow(): number {
    return this.#wal.lastSeq();
  }

  keptBytes(after: number): number {
    const first = this.#wal.firstSeq(this.#wal.flushedGeneration()) ?? Number.MAX_SAFE_INTEGER;
    return this.#wal.bytesBetween(after, first);
  }

  labels(id: number): Labels | undefined {
    const canonical = this.#definitions.get(id)?.canonical ?? this.#series.chunks.labels(SIGNAL.metrics, id);
    return canonical && Labels.fromBytes(canonical);
  }

  metadata(): ReadonlyMap<string, MetricMetadata> {
    return this.#metadata;
  }

  close(): void {
    this.#db.close();
  }
}
