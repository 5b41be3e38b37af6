/**
 * A reader thread's view of storage for one job: a SQLite read transaction and, asked for afterwards, the part of
 * the heads that the transaction does not hold. All reads of a job see the same moment of the database.
 */

import { indexInAscending } from '../../base/sorted.ts';
import { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { PackedLabels, type PackedSeries } from '../head/packed-labels.ts';
import type { AskHead } from '../head/snapshot.ts';
import type { LoadEntryPredicates } from '../interface.ts';
import { type BlockReader, type BlockRow, blockReader } from '../sqlite/block-table.ts';
import { beginRead, type Connection, endRead, openForReading } from '../sqlite/database.ts';
import { deleteRequestTable } from '../sqlite/delete-request-table.ts';
import { type ExemplarTable, exemplarTable } from '../sqlite/exemplar-table.ts';
import { type IdTable, idTable } from '../sqlite/id-table.ts';
import { SIGNAL, type SignalNumber } from '../sqlite/schema.ts';
import { keepingSeriesReader, type SeriesReader } from '../sqlite/series-table.ts';
import { type SpanTable, spanTable } from '../sqlite/span-table.ts';
import { tombstoneTable } from '../sqlite/tombstone-table.ts';
import { type WalTable, walTable } from '../sqlite/wal-table.ts';
import { Deletions } from './deletions.ts';
import { seriesById } from './id-order.ts';
import type { IdSet } from './id-set.ts';
import type { KnownBlocks } from './label-lookup.ts';
import { LabelsDecoder } from './labels-decoder.ts';
import { LogDeletions } from './log-deletions.ts';
import { MetricPages } from './metric-pages.ts';

/** The one label of a series whose own are lost to damage: its data answers, and is taken for no other's. */
const LOST_LABELS = 'trilite_damaged_series';
/** Label sets kept between jobs: ids are never reused and labels never change. */
const LABELS_CACHE_MAX = 200_000;

export class BlockSnapshot {
  readonly #db: Connection;
  readonly #wal: WalTable;
  readonly blocks: BlockReader;
  readonly series: SeriesReader & { begin(): void };
  readonly spans: SpanTable;
  readonly ids: IdTable;
  readonly exemplars: ExemplarTable;
  readonly deletions: Deletions;
  readonly logDeletions: LogDeletions;
  readonly ask: AskHead;
  readonly #labels = new Map<number, Labels>();
  /** Series of the job that the snapshot's series table does not have. */
  #fresh: (PackedSeries & { readonly labels: PackedLabels })[] = [];
  /** For `LabelLookup`: kept from job to job. */
  readonly knownBlocks: KnownBlocks = new Map();
  /** Pages of metric blocks, kept from job to job. */
  readonly metricPages: MetricPages;
  readonly #decoder = new LabelsDecoder();
  flushedGeneration = 0;
  /** What came in generations up to this one is not there for the job (`marks.ts`). */
  after = 0;
  /** Bodies of pages, and lines of such, that were read. */
  pagesRead = 0;
  /** Places found damaged since the thread began, each once. */
  readonly #damaged = new Set<string>();
  readonly #report: (what: string) => void;

  constructor(
    path: string,
    ask: AskHead,
    nativeBinding?: string,
    report: (what: string) => void = () => {},
    loadPredicates?: LoadEntryPredicates,
  ) {
    this.#report = report;
    this.#db = openForReading(path, nativeBinding);
    this.#wal = walTable(this.#db);
    const blocks = blockReader(this.#db);
    this.blocks = {
      ...blocks,
      overlapping: (signal, minMs, maxMs) => this.#later(blocks.overlapping(signal, minMs, maxMs)),
      all: () => this.#later(blocks.all()),
      oldestMs: (signal) => this.#oldestMs(blocks, signal),
      body: (block, number) => {
        this.pagesRead++;
        return blocks.body(block, number);
      },
      lines: (block, number) => {
        this.pagesRead++;
        return blocks.lines(block, number);
      },
    };
    this.metricPages = new MetricPages(this.blocks, (block, page, reason) =>
      this.onDamage(block, page, reason),
    );
    this.ids = idTable(this.#db);
    this.series = keepingSeriesReader(this.#db, (place) => this.#damage(place, `${place} is damaged`));
    this.spans = spanTable(this.#db);
    this.exemplars = exemplarTable(this.#db, (what) => this.#damage(what, what));
    this.deletions = new Deletions(
      tombstoneTable(this.#db, (what) => this.#damage(what, what)),
      (matchers) => this.series.select(SIGNAL.metrics, matchers),
    );
    this.logDeletions = new LogDeletions(
      deleteRequestTable(this.#db, (what) => this.#damage(what, what)),
      {
        select: (matchers) => this.series.select(SIGNAL.logs, matchers),
        labels: (stream) => this.labels(SIGNAL.logs, stream),
      },
      loadPredicates,
    );
    this.ask = ask;
  }

  #later(blocks: BlockRow[]): BlockRow[] {
    return this.after > 0 ? blocks.filter((b) => b.generation > this.after) : blocks;
  }

  #oldestMs(blocks: BlockReader, signal: SignalNumber): number | undefined {
    if (this.after === 0) return blocks.oldestMs(signal);
    const times = this.#later(blocks.all()).filter((b) => b.signal === signal);
    return times.length > 0 ? Math.min(...times.map((b) => b.minMs)) : undefined;
  }

  /**
   * Opens the transaction. The first read in it fixes the moment that it sees. What came in generations up to `after` is left
   * out.
   */
  begin(after = 0): void {
    this.after = after;
    if (this.#labels.size > LABELS_CACHE_MAX) this.#labels.clear();
    beginRead(this.#db);
    this.series.begin();
    this.flushedGeneration = this.#wal.flushedGeneration();
    this.deletions.refresh();
    this.logDeletions.refresh();
  }

  end(): void {
    // The index may use the pieces for other series as soon as the job has ended.
    this.#fresh = [];
    endRead(this.#db);
  }

  close(): void {
    this.#db.close();
  }

  /** How many pages and other rows were found damaged. */
  get damagedPages(): number {
    return this.#damaged.size;
  }

  #damage(place: string, what: string): void {
    if (this.#damaged.has(place)) return;
    this.#damaged.add(place);
    this.#report(what);
  }

  readonly onDamage = (block: number, page: number, reason: string): void => {
    this.#damage(`${block}:${page}`, `page ${page} of block ${block} is damaged and skipped: ${reason}`);
  };

  readonly onDamagedGroup = (group: number, piece: string): void => {
    this.#damage(`group ${group}`, `piece ${piece} of span group ${group} is damaged: the group is skipped`);
  };

  /** Labels of a series that is in the series table, or among those that the head sent. */
  labels(signal: SignalNumber, id: number): Labels {
    const known = this.#labels.get(id);
    if (known) return known;
    const labels = this.#freshLabels(id) ?? this.#persistedLabels(signal, id);
    this.#labels.set(id, labels);
    return labels;
  }

  #persistedLabels(signal: SignalNumber, id: number): Labels {
    const bytes = this.series.chunks.labels(signal, id);
    if (bytes) return this.#decoder.decode(bytes);
    this.#damage(`labels ${id}`, `the labels of series ${id} are lost`);
    return Labels.from({ [LOST_LABELS]: String(id) });
  }

  #freshLabels(id: number): Labels | undefined {
    for (const { ids, refs, labels } of this.#fresh) {
      const at = indexInAscending(ids, id);
      if (at >= 0) return labels.labels(refs[at]!);
    }
    return undefined;
  }

  /** Keeps the refs that the head sent until the job's end. */
  addNewSeries(fresh: PackedSeries): void {
    if (fresh.ids.length === 0) return;
    this.#fresh.push({ ...seriesById(fresh), labels: new PackedLabels(fresh.slabs) });
  }

  /** Calls `visit` with the distinct pairs of those series that the head sent and `wanted` has. */
  eachFreshPair(wanted: IdSet, visit: (pair: readonly [name: string, value: string]) => void): void {
    const pairs: number[] = [];
    for (const { ids, refs, labels } of this.#fresh) {
      const seen = new Set<number>();
      // Neighbours share most of their pairs, each at its place.
      const before: number[] = [];
      for (let i = 0; i < ids.length; i++) {
        if (!wanted.has(ids[i]!)) continue;
        const n = labels.pairsOf(refs[i]!, pairs);
        for (let k = 0; k < n; k++) {
          const pair = pairs[k]!;
          if (pair === before[k]) continue;
          before[k] = pair;
          if (seen.has(pair)) continue;
          seen.add(pair);
          visit(labels.pair(pair));
        }
      }
    }
  }

  /** Ids of the persisted series that every matcher accepts, ascending. */
  persisted(signal: SignalNumber, matchers: readonly Matcher[]): Uint32Array {
    return this.series.select(signal, matchers, (id) => {
      const labels = this.labels(signal, id);
      return labels.get(LOST_LABELS) === '' ? labels : undefined;
    });
  }
}
