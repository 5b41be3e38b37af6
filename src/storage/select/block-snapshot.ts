/**
 * A reader thread's view of storage for one job: a SQLite read transaction and, asked for afterwards, the part of
 * the heads that the transaction does not hold. All reads of a job see the same moment of the database.
 */

import { ByteReader } from '../../base/bytes.ts';
import { Labels } from '../../model/labels.ts';
import { type Matcher, matchesAll } from '../../model/matcher.ts';
import type { AskHead, NewSeries } from '../head/snapshot.ts';
import { type BlockReader, blockReader } from '../sqlite/block-table.ts';
import { beginRead, type Connection, endRead, openForReading } from '../sqlite/database.ts';
import { type ExemplarTable, exemplarTable } from '../sqlite/exemplar-table.ts';
import { type IdTable, idTable } from '../sqlite/id-table.ts';
import type { SignalNumber } from '../sqlite/schema.ts';
import { type SeriesReader, seriesReader } from '../sqlite/series-table.ts';
import { type SpanTable, spanTable } from '../sqlite/span-table.ts';
import { type WalTable, walTable } from '../sqlite/wal-table.ts';

/**
 * Label sets kept between jobs: ids are never reused and labels never change. Within a job all are kept, since the
 * head sends those of its new series once.
 */
const LABELS_CACHE_MAX = 200_000;

export class BlockSnapshot {
  readonly #db: Connection;
  readonly #wal: WalTable;
  readonly blocks: BlockReader;
  readonly series: SeriesReader;
  readonly spans: SpanTable;
  readonly ids: IdTable;
  readonly exemplars: ExemplarTable;
  readonly ask: AskHead;
  readonly #labels = new Map<number, Labels>();
  flushedGeneration = 0;
  damagedPages = 0;
  /** Bodies of pages that were read. */
  pagesRead = 0;

  constructor(path: string, ask: AskHead, nativeBinding?: string) {
    this.#db = openForReading(path, nativeBinding);
    this.#wal = walTable(this.#db);
    const blocks = blockReader(this.#db);
    this.blocks = {
      ...blocks,
      body: (block, number) => {
        this.pagesRead++;
        return blocks.body(block, number);
      },
    };
    this.ids = idTable(this.#db);
    this.series = seriesReader(this.#db);
    this.spans = spanTable(this.#db);
    this.exemplars = exemplarTable(this.#db);
    this.ask = ask;
  }

  /** Opens the transaction. The first read in it fixes the moment that it sees. */
  begin(): void {
    if (this.#labels.size > LABELS_CACHE_MAX) this.#labels.clear();
    beginRead(this.#db);
    this.flushedGeneration = this.#wal.flushedGeneration();
  }

  end(): void {
    endRead(this.#db);
  }

  close(): void {
    this.#db.close();
  }

  readonly onDamage = (): void => {
    this.damagedPages++;
  };

  /** Labels of a series that is in the series table, or among those that the head sent. */
  labels(id: number): Labels {
    const known = this.#labels.get(id);
    if (known) return known;
    const labels = Labels.fromBytes(this.series.labels(id) ?? new Uint8Array(1));
    this.#labels.set(id, labels);
    return labels;
  }

  addNewSeries(fresh: NewSeries): void {
    for (let i = 0; i < fresh.ids.length; i++) {
      const id = fresh.ids[i]!;
      if (this.#labels.has(id)) continue;
      const start = i === 0 ? 0 : fresh.ends[i - 1]!;
      this.#labels.set(id, Labels.readFrom(new ByteReader(fresh.bytes, start, fresh.ends[i]!)));
    }
  }

  /** Ids of the persisted series that every matcher accepts, ascending. */
  persisted(signal: SignalNumber, matchers: readonly Matcher[]): number[] {
    const ids = this.series.candidates(signal, matchers);
    const rest = matchers.filter((m) => m.matchesEmpty);
    return rest.length === 0 ? ids : ids.filter((id) => matchesAll(rest, this.labels(id)));
  }
}
