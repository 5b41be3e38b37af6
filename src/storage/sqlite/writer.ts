/**
 * The writer: the only one that writes the database. WAL commits come first: they are done as their message
 * arrives. Everything long (flush, compaction, retention) goes into one queue of background work that is done in
 * slices of some milliseconds, so that a commit waits for a slice at most.
 */

import { randomBytes } from 'node:crypto';
import { ByteReader } from '../../base/bytes.ts';
import { TriliteError } from '../../model/errors.ts';
import { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { BlockBuilder } from '../block/block-builder.ts';
import { mergeBlocks, planCompaction } from '../compact.ts';
import { flushLogs } from '../flush-logs.ts';
import { flushMetrics } from '../flush-metrics.ts';
import { flushTraces } from '../flush-traces.ts';
import type { BlockInfo, CancelOutcome, LoadEntryPredicates, Signal } from '../interface.ts';
import { markEpoch } from '../marks.ts';
import { mergeTraceBlocks } from '../merge-traces.ts';
import { answerProbes } from '../probe.ts';
import { blockBytesMax, SIGNAL_NAMES } from '../retention.ts';
import { Deletions } from '../select/deletions.ts';
import { type AlertStateTable, alertStateTable } from './alert-state-table.ts';
import {
  type BlockReader,
  type BlockRow,
  type BlockWriter,
  blockReader,
  blockWriter,
} from './block-table.ts';
import { copyWindow } from './copy-window.ts';
import { brokenStructure, isCorruption, noteCorruption, type Report } from './corruption.ts';
import { type Connection, type OpenOptions, openForWriting } from './database.ts';
import { type DeadSeries, deadSeries } from './dead-series.ts';
import { DeletePass, mergeEpochs } from './delete-pass.ts';
import { type DeleteRequestTable, deleteRequestTable } from './delete-request-table.ts';
import { type ExemplarTable, exemplarTable } from './exemplar-table.ts';
import { forgetUpTo } from './forget-pass.ts';
import type { IncidentWindow } from './incident-setting.ts';
import { type JournalRow, type JournalTable, journalTable } from './journal-table.ts';
import { passingError } from './passing-error.ts';
import { RetentionPass, type RetentionTools } from './retention-pass.ts';
import { type RuleTable, ruleTable } from './rule-table.ts';
import { SIGNAL } from './schema.ts';
import { type SeriesReader, type SeriesWriter, seriesReader, seriesWriter } from './series-table.ts';
import { type SilenceTable, silenceTable } from './silence-table.ts';
import { FileSpace } from './space.ts';
import { type SpanTable, spanTable } from './span-table.ts';
import { cleanTombstones, pruneTombstones, type TombstoneTools } from './tombstone-pass.ts';
import { tombstoneTable } from './tombstone-table.ts';
import { verifyDatabase } from './verify.ts';
import { metricsOfCommit, packCommit, unpackCommit } from './wal-commit.ts';
import { inspectAfter, inspectBefore } from './wal-file.ts';
import { type WalTable, walTable } from './wal-table.ts';
import type {
  AddDeleteRequest,
  BlockRange,
  CancelDeleteRequest,
  CarriedOut,
  CarryOutDeletesRequest,
  CompactRequest,
  DeleteRequest,
  FlushRequest,
  JournalAppendRequest,
  JournalCutRequest,
  JournalReadRequest,
  ListedDeleteRequest,
  OpenAnswer,
  OpenRequest,
  ProbeRequest,
  ProbeResult,
  RemoveSeriesRequest,
  RetentionRequest,
  SeriesIds,
  SetRetentionRequest,
  SnapshotRequest,
  StatsAnswer,
  WalRequest,
} from './writer-protocol.ts';

/** How long background work runs before commits get their turn, in ms. */
const SLICE_MS = 5;
/** Rows deleted in one transaction by background work. */
const SWEEP_ROWS = 64;
/** A file that was closed in good order is checked again after a week. */
const CHECK_INTERVAL_MS = 7 * 86_400_000;
/** Pages copied in one go for a snapshot: about a millisecond. */
const BACKUP_PAGES = 64;
/** Bytes of a journal that are read at a time. */
const JOURNAL_READ_BYTES = 4 * 1024 * 1024;
/** A delete request's id is as long as the original's. */
const DELETE_ID_BYTES = 4;
/** After so long without a commit the file gives its free pages back. */
const IDLE_MS = 2000;

export class Writer {
  readonly #lock: Connection;
  readonly #report: Report;
  readonly #db: Connection;
  readonly #wal: WalTable;
  readonly #journals: JournalTable;
  readonly #blocks: BlockReader;
  readonly #blockWriter: BlockWriter;
  readonly #series: SeriesWriter;
  readonly #reader: SeriesReader;
  readonly #dead: DeadSeries;
  readonly #exemplars: ExemplarTable;
  readonly #spans: SpanTable;
  readonly #space: FileSpace;
  readonly #retentionTools: RetentionTools;
  #retention: RetentionPass;
  readonly #tombstones: TombstoneTools;
  readonly #deletes: DeleteRequestTable;
  readonly #deletePass: DeletePass;
  /** Small and seldom written, so not part of the background work. */
  readonly rules: RuleTable;
  readonly silences: SilenceTable;
  readonly alertState: AlertStateTable;
  /** Ends of generations across which no blocks are merged. */
  marks: readonly number[] = [];
  /** What came in generations up to this one is to be gone. */
  #forgotten = 0;
  readonly #openOptions: OpenOptions;
  #snapshots = new Set<Promise<void>>();
  #background: Promise<unknown> = Promise.resolve();
  readonly #wasKilled: boolean;
  #checkedMs: number | undefined;
  #closing = false;
  /** Rows of the WAL behind this number stay after their flush, for who sends metrics on; undefined: none do. */
  #keepAfter: number | undefined;
  /** Of those, rows up to this number hold metrics alone by now. */
  #strippedUpTo = 0;
  /** Whether there may be rows that are flushed and stay. */
  #holdsFlushed = true;
  /** Background work failed, and its rows were not removed yet. */
  #leftOver = false;
  #committedAtMs = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #damaged = new Set<string>();

  /** `lock` is given back by `close`; damage throws what `isCorruption` knows. */
  constructor(
    request: OpenRequest,
    lock: Connection,
    report: Report,
    loadPredicates: LoadEntryPredicates | undefined,
  ) {
    this.#lock = lock;
    this.#report = report;
    const before = inspectBefore(request.path);
    // Closing in good order empties SQLite's WAL.
    this.#wasKilled = before.walBytes > 0;
    this.#db = openForWriting(request.path, request, () => {
      const lost = inspectAfter(request.path, before);
      if (lost) this.damaged('wal file', lost);
    });
    this.#wal = walTable(this.#db);
    if (request.keepsMetricLog) this.#keepAfter = 0;
    this.#journals = journalTable(this.#db, (what) => this.damaged(what, what));
    this.#blocks = blockReader(this.#db);
    this.#blockWriter = blockWriter(this.#db);
    this.#series = seriesWriter(this.#db);
    this.#reader = seriesReader(this.#db, (place) => this.damaged(place, `${place} is damaged`));
    this.#dead = deadSeries(this.#db, this.#blocks, this.#reader);
    this.#exemplars = exemplarTable(this.#db, (what) => this.damaged(what, what));
    this.#spans = spanTable(this.#db);
    this.#space = new FileSpace(this.#db);
    this.#openOptions = request;
    this.rules = ruleTable(this.#db, (what) => this.damaged(what, what));
    this.silences = silenceTable(this.#db, (what) => this.damaged(what, what));
    this.alertState = alertStateTable(this.#db, (what) => this.damaged(what, what));
    const tools = {
      blocks: this.#blocks,
      writer: this.#blockWriter,
      onDamage: this.#onDamage,
      transaction: (work: () => void) => this.#db.transaction(work)(),
      sliced: <T>(work: Generator<void, T>) => this.#sliced(work),
      sweep: () => this.#sweep(),
    };
    const tombstones = tombstoneTable(this.#db, (what) => this.damaged(what, what));
    const select = (matchers: readonly Matcher[]) => this.#reader.select(SIGNAL.metrics, matchers);
    this.#tombstones = { ...tools, tombstones, deletions: new Deletions(tombstones, select) };
    this.#deletes = deleteRequestTable(this.#db, (what) => this.damaged(what, what));
    const streams = {
      select: (matchers: readonly Matcher[]) => this.#reader.select(SIGNAL.logs, matchers),
      labels: (stream: number) => {
        const bytes = this.#reader.labels(stream);
        return bytes ? Labels.readFrom(new ByteReader(bytes)) : Labels.EMPTY;
      },
    };
    this.#deletePass = new DeletePass(this.#deletes, streams, loadPredicates, tools);
    this.#retentionTools = {
      ...tools,
      exemplars: this.#exemplars,
      labelsOf: (id) => this.#reader.labels(id),
      liveBytes: () =>
        this.#space.totalBytes - this.#space.freeBytes - this.#wal.bytes() - this.#journals.bytes(),
    };
    this.#retention = new RetentionPass(request.retention ?? { keepMs: {} }, this.#retentionTools);
  }

  /** Sends the WAL's rows to `replay`, oldest first, and says what the database holds. */
  recover(replay: (generation: number, records: Uint8Array) => void): OpenAnswer {
    let walGeneration = 0;
    let walBytes = 0;
    const flushedGeneration = this.#flushedGeneration();
    let expected: number | undefined;
    for (const row of this.#wal.rows(flushedGeneration)) {
      if (expected !== undefined && row.seq !== expected)
        this.damaged(`wal ${expected}`, `WAL rows ${expected} to ${row.seq - 1} are missing`);
      expected = row.seq + 1;
      walBytes += row.data.length;
      try {
        replay(row.generation, unpackCommit(row.data, row.generation));
        walGeneration = Math.max(walGeneration, row.generation);
      } catch (error) {
        // What else the WAL holds is replayed all the same.
        const reason = error instanceof Error ? error.message : String(error);
        this.damaged(`wal ${row.seq}`, `WAL row ${row.seq} is damaged and skipped: ${reason}`);
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
      oldestDeleteMs: this.#oldestDeleteMs(),
      lastJournalRow: this.#journals.lastNumber(),
      lastWalRow: this.#wal.lastSeq(),
    };
  }

  /** Whether `verify` is worth its time: after a kill, where something was found damaged, or once a week. */
  isCheckDue(nowMs: number): boolean {
    if (this.#wasKilled || this.#damaged.size > 0) return true;
    const checkedMs = this.#wal.checkedMs();
    return !(Number(checkedMs) > nowMs - CHECK_INTERVAL_MS && Number(checkedMs) <= nowMs);
  }

  /** Checks what checksums do not cover, in idle time. Resolves when it is done or the writer closes. */
  async verify(pauseMs: number): Promise<void> {
    const parts = {
      db: this.#db,
      blocks: this.#blocks,
      spans: this.#spans,
      series: this.#series,
      reader: this.#reader,
      damaged: (place: string, what: string) => this.damaged(place, what),
    };
    const work = verifyDatabase(parts);
    for (;;) {
      const until = performance.now() + SLICE_MS;
      while (performance.now() < until) {
        if (this.#closing) return;
        const step = this.#met(() => work.next());
        if (step?.done) this.#checkedMs = Date.now();
        if (step?.done !== false) return;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  /** Runs work of the background that may come upon a damaged database, which is noted for the next start. */
  #met<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (isCorruption(error)) this.corrupt(error);
      // A full disk, or a file that another program keeps locked: the work is left to the next start.
      else if (!passingError(error)) throw error;
      return undefined;
    }
  }

  /** Notes that the database's structure is damaged: the next start salvages what can be read. */
  corrupt(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const path = this.#db.name;
    noteCorruption(path, `database ${path} was found damaged: ${reason}`);
    this.damaged(
      'structure',
      `the structure of database ${path} is damaged (${reason}): the next start salvages what can be read`,
    );
  }

  /** Where the setting itself is damaged, blocks say the same: a flush publishes them with it. */
  #flushedGeneration(): number {
    if (this.#wal.flushedGenerationIsWhole()) return this.#wal.flushedGeneration();
    const generation = Math.max(0, ...this.#blocks.all().map((b) => b.generation));
    this.#wal.setFlushedGeneration(generation);
    this.damaged('flushed generation', 'the number of the flushed generation was damaged and is put right');
    return generation;
  }

  /** Bytes of the row. */
  wal(request: WalRequest): number {
    const data = packCommit(request.records, request.generation);
    this.#wal.append(request.generation, data);
    this.#committedAtMs = performance.now();
    return data.length;
  }

  journalAppend({ name, number, records }: JournalAppendRequest): void {
    this.#journals.append(name, number, records);
    this.#committedAtMs = performance.now();
  }

  journalCut({ name, before }: JournalCutRequest): Promise<void> {
    return this.#inBackground(async () => {
      while (this.#journals.cut(name, before, SWEEP_ROWS) > 0) await turn();
      this.#awaitIdle();
    });
  }

  journalRead({ name, after }: JournalReadRequest): readonly JournalRow[] {
    return this.#journals.read(name, after, JOURNAL_READ_BYTES);
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
      await this.#sliced(this.#addExemplars(request));
      const built = [
        ...(await this.#sliced(flushMetrics(request.metrics, this.#blockWriter))),
        ...(await this.#sliced(flushLogs(request.logs, request.generation, this.#blockWriter))),
      ];
      const traces = await this.#sliced(
        flushTraces(request.traces, request.generation, this.#blockWriter, this.#spans),
      );
      this.#db.transaction(() => {
        for (const block of [...built, ...traces]) block.publish();
        for (const m of request.metadata) this.#exemplars.addMetadata(m);
        this.#wal.setFlushedGeneration(request.generation);
      })();
      await this.#cut(request.generation);
      this.#space.adapt();
      return this.#ranges();
    });
  }

  /** Removes the WAL rows of generations that are in visible blocks; what is to be sent on yet stays. */
  async #cut(generation: number): Promise<void> {
    const seq = this.#keepAfter ?? Number.MAX_SAFE_INTEGER;
    while (this.#wal.cut(generation, SWEEP_ROWS, seq) > 0) await turn();
    if (this.#keepAfter !== undefined) await this.#strip(generation);
    this.#holdsFlushed = this.#wal.cuttable(generation, 0, 1).length > 0;
  }

  /** Of rows that stay although they are flushed, only the metrics stay. */
  async #strip(generation: number): Promise<void> {
    for (;;) {
      const after = Math.max(this.#strippedUpTo, this.#keepAfter ?? 0);
      const rows = this.#wal.cuttable(generation, after, SWEEP_ROWS);
      if (rows.length === 0) return;
      this.#db.transaction(() => {
        for (const row of rows) {
          const metrics = metricsOfCommit(row, (what) => this.damaged(what, what));
          if (metrics !== row.data) this.#wal.replace(row.seq, metrics);
        }
      })();
      this.#strippedUpTo = rows.at(-1)!.seq;
      await turn();
    }
  }

  /** Says up to where the WAL's metrics have been sent on; undefined: nobody sends them. */
  keepMetricLog(after: number | undefined): Promise<void> {
    this.#keepAfter = after;
    // The others go when they are flushed.
    if (!this.#holdsFlushed) return Promise.resolve();
    return this.#inBackground(() => this.#cut(this.#wal.flushedGeneration()));
  }

  /** Before the blocks become visible: queries drop what they see in the head as well. */
  *#addExemplars(request: FlushRequest): Generator<void, void> {
    const { exemplars } = request.metrics;
    const generation = request.isMarked ? request.generation : 0;
    for (let from = 0; from < exemplars.length; from += SWEEP_ROWS) {
      this.#db.transaction(() => {
        for (const e of exemplars.slice(from, from + SWEEP_ROWS))
          this.#exemplars.add({ ...e, series: e.id, generation });
      })();
      yield;
    }
  }

  *#addSeries({ definitions }: FlushRequest): Generator<void, void> {
    yield* this.#series.add(SIGNAL.metrics, definitions.metrics);
    yield* this.#series.add(SIGNAL.logs, definitions.logs);
  }

  compact(request: CompactRequest): Promise<BlockRange[]> {
    return this.#inBackground(async () => {
      const merged = new Set<number>();
      this.#tombstones.deletions.refresh();
      for (let plan = this.#plan(request.all); plan; plan = this.#plan(request.all)) {
        await this.#merge(plan);
        await this.#sweep();
        // In a damaged file a block may stay though it was hidden: merging would never end.
        if (plan.some((b) => merged.has(b.id))) throw brokenStructure('a merged block cannot be hidden');
        for (const b of plan) merged.add(b.id);
      }
      pruneTombstones(this.#tombstones);
      if (request.all) await this.#settle();
      return this.#ranges();
    });
  }

  #plan(all: boolean): BlockRow[] | undefined {
    const bytesMax = (signal: Signal) => blockBytesMax(this.#retention.policy, signal);
    const deleteEpoch = mergeEpochs(this.#deletes.pending());
    const marks = this.marks;
    const epochOf = (b: BlockRow) => deleteEpoch(b) * (marks.length + 1) + markEpoch(marks, b.generation);
    return planCompaction(this.#blocks.all(), all, bytesMax, epochOf)[0];
  }

  async #merge(sources: readonly BlockRow[]): Promise<void> {
    const { deletions } = this.#tombstones;
    const target: Pick<BlockBuilder, 'publish'> =
      sources[0]!.signal === SIGNAL.traces
        ? await this.#sliced(mergeTraceBlocks(sources, this.#blockWriter, this.#spans, this.#onDamage))
        : await this.#sliced(
            mergeBlocks(sources, this.#blocks, this.#blockWriter, this.#onDamage, { deletions }),
          );
    this.#db.transaction(() => {
      target.publish();
      for (const s of sources) this.#blockWriter.hide(s.id);
    })();
  }

  /** From the next pass on. */
  async setRetention({ policy }: SetRetentionRequest): Promise<undefined> {
    await this.#inBackground(async () => {
      this.#retention = new RetentionPass(policy, this.#retentionTools);
    });
  }

  retention({ nowMs }: RetentionRequest): Promise<BlockRange[]> {
    return this.#inBackground(async () => {
      await this.#retention.run(nowMs);
      pruneTombstones(this.#tombstones);
      return this.#ranges();
    });
  }

  /**
   * Deletes what blocks hold now; returns the generation up to which it did. Never beside a merge, whose result would be
   * of a newer generation than what it took from its sources.
   */
  delete({ selectors, minMs, maxMs, nowMs }: DeleteRequest): Promise<number> {
    return this.#inBackground(async () => {
      const generation = this.#wal.flushedGeneration();
      const { tombstones } = this.#tombstones;
      this.#db.transaction(() => {
        for (const matchers of selectors) tombstones.add({ generation, minMs, maxMs, matchers }, nowMs);
      })();
      return generation;
    });
  }

  /** Probes know it at once; the rest is done beside no merge, whose result would be there again. */
  forget(generation: number): Promise<BlockRange[]> {
    this.#forgotten = Math.max(this.#forgotten, generation);
    const ranges = this.#inBackground(async () => {
      forgetUpTo(generation, {
        db: this.#db,
        blocks: this.#blocks,
        writer: this.#blockWriter,
        exemplars: this.#exemplars,
        seriesMayBeDead: () => {
          this.#dead.expect(SIGNAL.metrics);
          this.#dead.expect(SIGNAL.logs);
        },
      });
      return this.#ranges();
    });
    // Nobody waits for the room.
    this.#inBackground(() => this.#sweep()).catch(() => {});
    return ranges;
  }

  cleanTombstones(): Promise<BlockRange[]> {
    return this.#inBackground(async () => {
      await cleanTombstones(this.#tombstones);
      return this.#ranges();
    });
  }

  /** Hides log entries that blocks hold now; returns the request's id. Like `delete`, never beside a merge. */
  addDeleteRequest({ kind: _, nowMs, ...order }: AddDeleteRequest): Promise<string> {
    return this.#inBackground(async () => {
      const generation = this.#wal.flushedGeneration();
      let id: string;
      do id = randomBytes(DELETE_ID_BYTES).toString('hex');
      while (this.#deletes.find(id));
      this.#db.transaction(() => this.#deletes.add({ id, ...order, generation, createdMs: nowMs }))();
      return id;
    });
  }

  /** At once, beside what is being carried out: of that only what is left comes back. */
  cancelDeleteRequest({ id, lateMs, force }: CancelDeleteRequest): CancelOutcome {
    const request = this.#deletes.find(id);
    if (!request) return 'unknown';
    if (request.processedMs !== null) return 'processed';
    const isLate = request.createdMs < lateMs || this.#deletePass.progressOf(id) > 0;
    if (isLate && !force) return 'late';
    this.#db.transaction(() => this.#deletes.remove(id))();
    return 'cancelled';
  }

  deleteRequests(): ListedDeleteRequest[] {
    return this.#deletes.all().map((r) => ({ ...r, progress: this.#deletePass.progressOf(r.id) }));
  }

  carryOutDeletes({ dueMs, nowMs }: CarryOutDeletesRequest): Promise<CarriedOut> {
    return this.#inBackground(async () => {
      const more = await this.#deletePass.step(dueMs, nowMs);
      return { more, oldestDeleteMs: this.#oldestDeleteMs(), blocks: this.#ranges() };
    });
  }

  #oldestDeleteMs(): number {
    return this.#deletes.pending()[0]?.createdMs ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Copies the database, some pages at a time, beside all other work: SQLite takes what is written meanwhile into the copy,
   * which so is of the moment at which it is done.
   */
  async snapshot(request: SnapshotRequest): Promise<void> {
    const { path, skipHead, window } = request;
    if (window) return this.#copyWindow(path, window, request.nowMs ?? Date.now());
    const progress = () => {
      if (this.#closing) throw new TriliteError('overloaded', 'the server is stopping');
      return BACKUP_PAGES;
    };
    const copied = this.#db.backup(path, { progress }).then(() => {
      if (skipHead) dropWal(path, this.#openOptions);
    });
    this.#snapshots.add(copied);
    await copied.finally(() => this.#snapshots.delete(copied));
  }

  async #copyWindow(path: string, window: IncidentWindow, createdMs: number): Promise<void> {
    const { nativeBinding } = this.#openOptions;
    const copied = this.#sliced(
      this.#untilClosing(copyWindow(this.#db.name, path, { window, createdMs, nativeBinding })),
    );
    this.#snapshots.add(copied);
    await copied.finally(() => this.#snapshots.delete(copied));
  }

  *#untilClosing(work: Generator<void, void>): Generator<void, void> {
    for (const step of work) {
      if (this.#closing) throw new TriliteError('overloaded', 'the server is stopping');
      yield step;
    }
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
    const { deletions } = this.#tombstones;
    deletions.refresh();
    const blocks: BlockReader = {
      ...this.#blocks,
      overlapping: (...range) =>
        this.#blocks.overlapping(...range).filter((b) => b.generation > this.#forgotten),
    };
    return answerProbes(request, blocks, deletions, this.#onDamage);
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

  blocks(signal: Signal): BlockInfo[] {
    return this.#blocks
      .all()
      .filter((b) => SIGNAL_NAMES[b.signal] === signal)
      .map(({ id, level, minMs, maxMs, items, bytes }) => ({ id, level, minMs, maxMs, items, bytes }))
      .sort((a, b) => a.minMs - b.minMs || a.id - b.id);
  }

  /** Waits for background work and closes the database. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearTimeout(this.#idleTimer);
    await Promise.allSettled(this.#snapshots);
    await this.#background;
    this.#met(() => {
      // Noted now: a process that is killed is followed by a check anyway.
      if (this.#checkedMs !== undefined) this.#wal.setCheckedMs(this.#checkedMs);
      // Disk full: SQLite's WAL stays beside the file, which is as good.
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
    });
    this.abandon();
    this.#lock.close();
  }

  /** Closes what is open of a database that cannot be used; the lock stays. */
  abandon(): void {
    try {
      this.#db.close();
    } catch (error) {
      if (!isCorruption(error)) throw error;
    }
  }

  /** Counts and reports damage, each `place` once. */
  damaged(place: string, what: string): void {
    if (this.#damaged.has(place)) return;
    this.#damaged.add(place);
    this.#report(what);
  }

  readonly #onDamage = (block: number, page: number, reason: string): void => {
    this.damaged(`${block}:${page}`, `page ${page} of block ${block} is damaged and skipped: ${reason}`);
  };

  #ranges(): BlockRange[] {
    return this.#blocks.all().map(({ signal, generation, minMs, maxMs, bytes }) => {
      return { signal: SIGNAL_NAMES[signal], generation, minMs, maxMs, bytes };
    });
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

/** Takes what no block holds out of a copy. */
function dropWal(path: string, options: OpenOptions): void {
  const copy = openForWriting(path, options);
  try {
    copy.exec('DELETE FROM wal; DELETE FROM journal');
  } finally {
    copy.close();
  }
}

/** Lets waiting messages be handled. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
