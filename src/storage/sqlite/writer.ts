/**
 * The writer: the only one that writes the database. WAL commits come first: they are done as their message
 * arrives. Everything long (flush, compaction, retention) goes into one queue of background work that is done in
 * slices of some milliseconds, so that a commit waits for a slice at most.
 */

import { wordsOf } from '../../model/sample.ts';
import type { BlockBuilder } from '../block/block-builder.ts';
import { PageCursor } from '../block/page-cursor.ts';
import { decodeSeriesChunk } from '../chunkenc/series-chunk.ts';
import { mergeBlocks, planCompaction } from '../compact.ts';
import { flushLogs } from '../flush-logs.ts';
import { flushMetrics } from '../flush-metrics.ts';
import { flushTraces } from '../flush-traces.ts';
import { SampleColumns } from '../interface.ts';
import { mergeTraceBlocks } from '../merge-traces.ts';
import { blockBytesMax, SIGNAL_NAMES } from '../retention.ts';
import {
  type BlockReader,
  type BlockRow,
  type BlockWriter,
  blockReader,
  blockWriter,
} from './block-table.ts';
import { type Connection, openForWriting } from './database.ts';
import { type DeadSeries, deadSeries } from './dead-series.ts';
import { type ExemplarTable, exemplarTable } from './exemplar-table.ts';
import { lockForWriting } from './lock.ts';
import { passingError } from './passing-error.ts';
import { RetentionPass } from './retention-pass.ts';
import { SIGNAL } from './schema.ts';
import { type SeriesWriter, seriesReader, seriesWriter } from './series-table.ts';
import { FileSpace } from './space.ts';
import { type SpanTable, spanTable } from './span-table.ts';
import { packCommit, unpackCommit } from './wal-commit.ts';
import { type WalTable, walTable } from './wal-table.ts';
import type {
  BlockRange,
  CompactRequest,
  FlushRequest,
  OpenAnswer,
  OpenRequest,
  ProbeRequest,
  ProbeResult,
  RemoveSeriesRequest,
  RetentionRequest,
  SeriesIds,
  StatsAnswer,
  WalRequest,
} from './writer-protocol.ts';

/** How long background work runs before commits get their turn, in ms. */
const SLICE_MS = 5;
/** Rows deleted in one transaction by background work. */
const SWEEP_ROWS = 64;
/** After so long without a commit the file gives its free pages back. */
const IDLE_MS = 2000;

export class Writer {
  readonly #lock: Connection;
  readonly #db: Connection;
  readonly #wal: WalTable;
  readonly #blocks: BlockReader;
  readonly #blockWriter: BlockWriter;
  readonly #series: SeriesWriter;
  readonly #dead: DeadSeries;
  readonly #exemplars: ExemplarTable;
  readonly #spans: SpanTable;
  readonly #space: FileSpace;
  readonly #retention: RetentionPass;
  #background: Promise<unknown> = Promise.resolve();
  /** Background work failed, and its rows were not removed yet. */
  #leftOver = false;
  #committedAtMs = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #damaged = new Set<string>();

  constructor(request: OpenRequest) {
    this.#lock = lockForWriting(request.path, request.nativeBinding);
    this.#db = openForWriting(request.path, request);
    this.#wal = walTable(this.#db);
    this.#blocks = blockReader(this.#db);
    this.#blockWriter = blockWriter(this.#db);
    this.#series = seriesWriter(this.#db);
    const series = seriesReader(this.#db);
    this.#dead = deadSeries(this.#db, this.#blocks, series);
    this.#exemplars = exemplarTable(this.#db);
    this.#spans = spanTable(this.#db);
    this.#space = new FileSpace(this.#db);
    this.#retention = new RetentionPass(request.retention ?? { keepMs: {} }, {
      blocks: this.#blocks,
      writer: this.#blockWriter,
      exemplars: this.#exemplars,
      onDamage: this.#onDamage,
      labelsOf: (id) => series.labels(id),
      transaction: (work) => this.#db.transaction(work)(),
      sliced: (work) => this.#sliced(work),
      sweep: () => this.#sweep(),
      liveBytes: () => this.#space.totalBytes - this.#space.freeBytes - this.#wal.bytes(),
    });
  }

  /** Sends the WAL's rows to `replay`, oldest first, and says what the database holds. */
  recover(replay: (generation: number, records: Uint8Array) => void): OpenAnswer {
    let walGeneration = 0;
    let walBytes = 0;
    const flushedGeneration = this.#wal.flushedGeneration();
    for (const row of this.#wal.rows(flushedGeneration)) {
      walGeneration = Math.max(walGeneration, row.generation);
      walBytes += row.data.length;
      try {
        replay(row.generation, unpackCommit(row.data));
      } catch (error) {
        // What else the WAL holds is replayed all the same.
        this.#onDamage(0, row.seq, error instanceof Error ? error.message : String(error));
      }
    }
    // Rows whose blocks became visible just before a crash, and what one left half-built.
    this.#inBackground(async () => {
      await this.#cut(flushedGeneration);
      await this.#sweep();
    }).catch(() => {
      // On a full disk: done before the next background work.
    });
    return {
      flushedGeneration,
      walGeneration,
      maxSeriesId: this.#series.maxId(),
      blocks: this.#ranges(),
      walBytes,
      metadata: this.#exemplars.metadata(),
    };
  }

  /** Bytes of the row. */
  wal(request: WalRequest): number {
    const data = packCommit(request.records);
    this.#wal.append(request.generation, data);
    this.#committedAtMs = performance.now();
    return data.length;
  }

  flush(request: FlushRequest): Promise<BlockRange[]> {
    return this.#inBackground(async () => {
      // A flush that failed after its blocks became visible is asked for again.
      if (this.#wal.flushedGeneration() >= request.generation) {
        await this.#cut(request.generation);
        return this.#ranges();
      }
      await this.#sliced(this.#addSeries(request)).catch((error) => {
        this.#series.forget();
        throw error;
      });
      const built = [
        ...(await this.#sliced(flushMetrics(request.metrics, this.#blockWriter))),
        ...(await this.#sliced(flushLogs(request.logs, request.generation, this.#blockWriter))),
      ];
      const traces = await this.#sliced(
        flushTraces(request.traces, request.generation, this.#blockWriter, this.#spans),
      );
      this.#db.transaction(() => {
        for (const block of [...built, ...traces]) block.publish();
        for (const e of request.metrics.exemplars) this.#exemplars.add({ ...e, series: e.id });
        for (const m of request.metadata) this.#exemplars.addMetadata(m);
        this.#wal.setFlushedGeneration(request.generation);
      })();
      await this.#cut(request.generation);
      this.#space.adapt();
      return this.#ranges();
    });
  }

  /** Removes the WAL rows of generations that are in visible blocks. */
  async #cut(generation: number): Promise<void> {
    while (this.#wal.cut(generation, SWEEP_ROWS) > 0) await turn();
  }

  *#addSeries({ definitions }: FlushRequest): Generator<void, void> {
    yield* this.#series.add(SIGNAL.metrics, definitions.metrics);
    yield* this.#series.add(SIGNAL.logs, definitions.logs);
  }

  compact(request: CompactRequest): Promise<BlockRange[]> {
    return this.#inBackground(async () => {
      for (let plan = this.#plan(request.all); plan; plan = this.#plan(request.all)) {
        await this.#merge(plan);
        await this.#sweep();
      }
      if (request.all) await this.#settle();
      return this.#ranges();
    });
  }

  #plan(all: boolean): BlockRow[] | undefined {
    return planCompaction(this.#blocks.all(), all, (signal) =>
      blockBytesMax(this.#retention.policy, signal),
    )[0];
  }

  async #merge(sources: readonly BlockRow[]): Promise<void> {
    const target: Pick<BlockBuilder, 'publish'> =
      sources[0]!.signal === SIGNAL.traces
        ? await this.#sliced(mergeTraceBlocks(sources, this.#blockWriter, this.#spans, this.#onDamage))
        : await this.#sliced(mergeBlocks(sources, this.#blocks, this.#blockWriter, this.#onDamage));
    this.#db.transaction(() => {
      target.publish();
      for (const s of sources) this.#blockWriter.hide(s.id);
    })();
  }

  retention({ nowMs }: RetentionRequest): Promise<BlockRange[]> {
    return this.#inBackground(async () => {
      await this.#retention.run(nowMs);
      return this.#ranges();
    });
  }

  /** Series without data in any block, where retention took some away since the last time. */
  deadSeries(): Promise<SeriesIds> {
    return this.#inBackground(async () => ({
      metrics: await this.#sliced(this.#dead.find(SIGNAL.metrics)),
      logs: await this.#sliced(this.#dead.find(SIGNAL.logs)),
    }));
  }

  removeSeries(request: RemoveSeriesRequest): Promise<void> {
    return this.#inBackground(async () => {
      for (const signal of ['metrics', 'logs'] as const) {
        await this.#sliced(this.#series.remove(SIGNAL[signal], Array.from(request[signal])));
        this.#dead.removed(SIGNAL[signal]);
      }
      this.#db.transaction(() => {
        for (const id of request.metrics) this.#exemplars.dropSeries(id);
      })();
    });
  }

  /** Removes the rows of hidden blocks and gives freed pages back. Never runs while a block is being built. */
  async #sweep(): Promise<void> {
    while (this.#db.transaction(() => this.#blockWriter.sweep(SWEEP_ROWS))()) await turn();
    while (this.#space.giveBack(false)) await turn();
    this.#space.adapt();
    this.#awaitIdle();
  }

  /** Gives all free pages back once no commit has come for a while. */
  #awaitIdle(): void {
    if (this.#idleTimer) return;
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = undefined;
      if (performance.now() - this.#committedAtMs < IDLE_MS) this.#awaitIdle();
      else
        this.#inBackground(() => this.#settle()).catch(() => {
          // A full disk: the pages are used again, or given back after the next sweep.
        });
    }, IDLE_MS).unref();
  }

  async #settle(): Promise<void> {
    while (this.#space.giveBack(true)) await turn();
    this.#space.emptyWal();
  }

  probe(request: ProbeRequest): ProbeResult {
    const n = request.ids.length;
    const found = new Uint8Array(n);
    const words = new Uint32Array(2 * n);
    const columns = new SampleColumns();
    for (let i = 0; i < n; i++) {
      const id = request.ids[i]!;
      const t = request.timestamps[i]!;
      columns.count = 0;
      columns.histograms = undefined;
      for (const block of this.#blocks.overlapping(SIGNAL.metrics, t, t)) {
        const cursor = new PageCursor(
          this.#blocks,
          block.id,
          this.#blocks.pages(block.id, id, id, t, t),
          this.#onDamage,
        );
        cursor.each(id, t, t, (chunk) => {
          const page = chunk.open();
          if (page) decodeSeriesChunk(page.reader, columns, page.timestamps);
        });
      }
      const at = columns.timestamps.subarray(0, columns.count).indexOf(t);
      if (at < 0) continue;
      const own = wordsOf(columns.values);
      found[i] = 1;
      words[2 * i] = own[2 * at]!;
      words[2 * i + 1] = own[2 * at + 1]!;
    }
    return { found, words };
  }

  stats(): StatsAnswer {
    const blocks = { metrics: 0, logs: 0, traces: 0 };
    const blockBytes = { metrics: 0, logs: 0, traces: 0 };
    for (const b of this.#blocks.all()) {
      blocks[SIGNAL_NAMES[b.signal]]++;
      blockBytes[SIGNAL_NAMES[b.signal]] += b.bytes;
    }
    return {
      walBytes: this.#wal.bytes(),
      databaseBytes: this.#space.totalBytes,
      freeBytes: this.#space.freeBytes,
      blockBytes,
      blocks,
      damagedPages: this.#damaged.size,
    };
  }

  /** Waits for background work and closes the database. */
  async close(): Promise<void> {
    clearTimeout(this.#idleTimer);
    await this.#background;
    try {
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
    } catch (error) {
      // Disk full: SQLite's WAL stays beside the file, which is as good.
      if (!passingError(error)) throw error;
    }
    this.#db.close();
    this.#lock.close();
  }

  readonly #onDamage = (block: number, page: number, _reason: string): void => {
    this.#damaged.add(`${block}:${page}`);
  };

  #ranges(): BlockRange[] {
    return this.#blocks
      .all()
      .map((b) => ({ signal: SIGNAL_NAMES[b.signal], minMs: b.minMs, maxMs: b.maxMs, bytes: b.bytes }));
  }

  #inBackground<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#background.then(async () => {
      // What work that failed left half-built is room for what comes.
      if (this.#leftOver) await this.#sweep();
      this.#leftOver = true;
      const done = await work();
      this.#leftOver = false;
      return done;
    });
    this.#background = result.catch(() => {});
    return result;
  }

  /** Runs a generator to its end, giving way to commits every `SLICE_MS`. */
  async #sliced<T>(work: Generator<void, T>): Promise<T> {
    let until = performance.now() + SLICE_MS;
    for (;;) {
      const step = work.next();
      if (step.done) return step.value;
      if (performance.now() < until) continue;
      await turn();
      until = performance.now() + SLICE_MS;
    }
  }
}

/** Lets waiting messages be handled. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
