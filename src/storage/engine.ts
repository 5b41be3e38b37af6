/**
 * The local storage engine, front side: heads in memory, the WAL and blocks through the writer thread.
 *
 *   append   decode's batch → head (visible) → WAL group commit → `durable` resolves → acknowledged
 *   flush    seal the generation → send the rest of its WAL records → writer builds blocks → publish → retire
 *   start    writer replays the WAL → heads → ready
 *
 * A sealed generation is retired when its blocks are visible and every query that may have opened its snapshot
 * before that has ended (`jobStarted`, `jobEnded`).
 */

import { ByteReader } from '../base/bytes.ts';
import { inSlices } from '../base/slices.ts';
import type { WorkerThread } from '../base/worker-pool.ts';
import type { LogBatch, MetricBatch, SpanBatch } from '../model/batch.ts';
import { DAY_MS } from '../model/duration.ts';
import { TriliteError } from '../model/errors.ts';
import { type Labels, METRIC_NAME } from '../model/labels.ts';
import type { MetricType } from '../model/metadata.ts';
import { ArrivalFeed } from './arrival-feed.ts';
import { PARTITION_MS } from './block/partition.ts';
import { pooledBytes, recycleSlabs, shrinkPool } from './head/arena.ts';
import { Evictor } from './head/evictor.ts';
import { HeadServer } from './head/head-server.ts';
import { headStatistics } from './head/head-statistics.ts';
import { IdExtents } from './head/id-extents.ts';
import { LogFollowers } from './head/log-followers.ts';
import { LogHead } from './head/log-head.ts';
import { MetricHead } from './head/metric-head.ts';
import { type Probe, type ProbeAnswer, probeKey, type Verdict } from './head/metric-verdict.ts';
import { OrderWindow } from './head/order-window.ts';
import { packExemplars, packHistograms, packRuns, packSegments, packSpans } from './head/pack.ts';
import { SeriesIndex } from './head/series-index.ts';
import { type SeriesLimitOptions, SeriesLimits } from './head/series-limits.ts';
import { TraceHead } from './head/trace-head.ts';
import { decodeMetricRecord, encodeMetricRecord, isMetricKind, WAL_KIND } from './head/wal-record.ts';
import type {
  AlertStateKey,
  AlertStateStore,
  AppendOptions,
  AppendOutcome,
  BlockInfo,
  HeadStatistics,
  Journal,
  JournalStore,
  LabelQuery,
  LogAppender,
  LogFeed,
  MetricAppender,
  MetricLog,
  RuleGroupSelector,
  RuleGroupStore,
  Signal,
  SilenceKey,
  SilenceStore,
  Storage,
  StorageAdmin,
  StorageStats,
  StoredAlertState,
  StoredRuleGroup,
  StoredSilence,
  TraceAppender,
} from './interface.ts';
import { LocalJournal } from './journal.ts';
import { LocalLogDeletes } from './log-deletes.ts';
import { Marks } from './marks.ts';
import { readProbeAnswers } from './probe.ts';
import { hasRetention, hasSizeLimit, type PerSignal, type RetentionPolicy } from './retention.ts';
import { notedCorruption } from './sqlite/corruption.ts';
import type { IncidentWindow } from './sqlite/incident-setting.ts';
import { PersistedSeries } from './sqlite/persisted-series.ts';
import { SIGNAL, type SignalNumber } from './sqlite/schema.ts';
import type { BlockRange, FlushRequest, OpenAnswer } from './sqlite/writer-protocol.ts';
import { WriterClient, type WriterSide } from './writer-client.ts';

/** What can change while the storage is open. */
export interface StorageSettings {
  /** Milliseconds each signal is kept; 0 or absent: for ever. */
  readonly retentionMs: PerSignal;
  /** What else of retention there is: by selector, by size. */
  readonly retention?: Omit<RetentionPolicy, 'keepMs'> | undefined;
  /**
   * Metric samples that are out of order in their series may be this much older than the newest sample of the database
   * (`head/order-window.ts`); absent: samples of any age and order are taken.
   */
  readonly outOfOrderWindowMs?: number | undefined;
}

export interface StorageOptions extends StorageSettings {
  readonly path: string;
  readonly durability: 'process' | 'disk';
  readonly nativeBinding?: string | undefined;
  /** The file is only read, and nothing is written beside it: whatever would change it is refused (`forbidden`). */
  readonly isSealed?: boolean | undefined;
  /** The head is flushed when it passes this; appends are refused (`overloaded`) at `headBytesHard`. */
  readonly headBytesSoft?: number;
  readonly headBytesHard?: number;
  /** Whether appended metrics stay in the WAL until `metricLog` says that they have been sent on. */
  readonly keepsMetricLog?: boolean;
  /** How long a request to delete log entries may be cancelled before it is carried out; absent: a day. */
  readonly deleteCancelPeriodMs?: number | undefined;
  readonly now?: () => number;
  /** One that was started before, for this storage. */
  readonly writerThread?: WorkerThread | undefined;
  /** By which retention counts; `now` where it is absent. */
  readonly retentionNow?: () => number;
  /** Told when nothing can be stored any more: the process should end. */
  readonly onCrash?: (error: Error) => void;
  /** Told when background work failed that will be tried again. */
  readonly onProblem?: (what: string, error: Error) => void;
  /** Told of damage in the database, each once, in one line: what is damaged and what became of it. */
  readonly onDamage?: (what: string) => void;
}

/** After this time a head that holds anything is flushed, so that replay after a crash takes seconds. */
const FLUSH_INTERVAL_MS = 5 * 60_000;
/** How often the head's age and size, and retention, are looked at. */
const TICK_MS = 1000;
const RETENTION_INTERVAL_MS = 60_000;
/** A flush that failed is tried again after this, not at once: a full disk stays full for a while. */
const FLUSH_RETRY_MS = 5000;
/** The head is flushed, too, when its WAL has this share of all blocks' bytes, but not before so many. */
const WAL_SHARE = 1 / 8;
const WAL_BYTES_MIN = 16 * 1024 * 1024;
/** Marks wait for a flush when more generations than this are sealed: each takes a slab of each signal, however little is in it. */
const SEALED_MAX = 16;
/** Under this name streams get their ids. */
const STREAMS = '';
/** A series in memory: labels, keys, postings; of it labels of a usual size. */
const SERIES_BYTES = 1000;
const USUAL_LABELS_BYTES = 200;
/** Less than this is not worth a flush when memory is short. */
const RELIEVE_BYTES_MIN = 8 * 1024 * 1024;
/** A head of this size is flushed early, and at the hard limit appends are refused until a flush is done. */
const HEAD_BYTES_SOFT = 64 * 1024 * 1024;
const HEAD_BYTES_HARD = 512 * 1024 * 1024;

/**
 * Opens the database and replays its WAL. Throws `TriliteError` where that cannot be. A broken structure that only
 * replaying comes upon is noted, and opening again salvages what can be read.
 */
export async function openStorage(options: StorageOptions): Promise<LocalStorage> {
  try {
    return await openOnce(options, options.writerThread);
  } catch (error) {
    if (notedCorruption(options.path) === undefined) throw error;
    return openOnce(options);
  }
}

async function openOnce(options: StorageOptions, thread?: WorkerThread): Promise<LocalStorage> {
  const writer: WriterSide = options.isSealed
    ? new (await import('./sealed-writer.ts')).SealedWriter(options.path, options.nativeBinding)
    : new WriterClient(thread);
  writer.onCrash = options.onCrash ?? (() => {});
  const replay: { records: Uint8Array; generation: number }[] = [];
  writer.onReplay = (records, generation) => replay.push({ records, generation });
  writer.onReplayAgain = () => replay.splice(0);
  writer.onDamage = options.onDamage ?? (() => {});
  try {
    const opened = await writer.request({
      kind: 'open',
      path: options.path,
      durability: options.durability,
      nativeBinding: options.nativeBinding,
      retention: retentionOf(options),
      keepsMetricLog: options.keepsMetricLog,
    });
    return new LocalStorage(options, writer, opened, replay);
  } catch (error) {
    // The thread would keep the process alive.
    await writer.abandon();
    throw error;
  }
}

function retentionOf(options: StorageSettings): RetentionPolicy {
  return { ...options.retention, keepMs: options.retentionMs };
}

export class LocalStorage
  implements Storage, StorageAdmin, RuleGroupStore, SilenceStore, AlertStateStore, JournalStore
{
  readonly metrics: MetricAppender = { append: (batch, how) => this.#appendMetrics(batch, how) };
  readonly logs: LogAppender = { append: (batch) => this.#appendLogs(batch) };
  readonly traces: TraceAppender = { append: (batch) => this.#appendTraces(batch) };
  /** Deleting log entries. */
  readonly logDeletes: LocalLogDeletes;
  readonly #logFollowers = new LogFollowers((what, error) => this.#options.onProblem?.(what, error));
  readonly logFeed: LogFeed = this.#logFollowers;
  /** Told of everything that is appended. */
  readonly arrivals = new ArrivalFeed((what, error) => this.#options.onProblem?.(what, error));
  /** What is appended to metrics, for who sends it on. */
  readonly metricLog: MetricLog;
  readonly #logFollowed = new Set<() => void>();
  /** Answers readers' questions about the heads. */
  readonly heads: HeadServer;
  readonly #options: StorageOptions;
  #retention: RetentionPolicy;
  readonly #writer: WriterSide;
  readonly #metricHead: MetricHead;
  readonly #logHead: LogHead;
  readonly #traceHead: TraceHead;
  readonly #persisted: PersistedSeries;
  readonly #evictor: Evictor;
  readonly #now: () => number;
  readonly #seriesIds: IdExtents;
  readonly #journals: LocalJournal[] = [];
  readonly hadJournals: boolean;
  #lastJournalRow: number;
  #generation: number;
  /** The newest generation whose blocks are visible. */
  #flushedGeneration = 0;
  #blocks: readonly BlockRange[];
  #blockBytes = 0;
  #persistedMetadata = 0;
  #flushing: Promise<void> | undefined;
  /** Sealed generations whose blocks are not written yet, oldest first: several after marks, or after a flush failed. */
  #unflushed: FlushRequest[] = [];
  /** Resolves when all sealed generations are in `#unflushed`. */
  #packing: Promise<void> = Promise.resolve();
  readonly marks = new Marks();
  /** What came in generations up to this one is forgotten: no reader is to see it. */
  floor = 0;
  /** Whether anything was appended to the generation. */
  #touched = false;
  readonly #openedMs: number;
  #sealedAtMs: number;
  /** Not before this is a flush begun that nobody asked for. */
  #flushNotBeforeMs = 0;
  #retainedAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Undefined while none is known to be older: generations to retire by the jobs they wait for. */
  #jobs = new Set<number>();
  #nextJob = 1;
  #retiring: { generation: number; jobs: Set<number> }[] = [];

  constructor(
    options: StorageOptions,
    writer: WriterSide,
    opened: OpenAnswer,
    replay: readonly { records: Uint8Array; generation: number }[],
  ) {
    this.#options = options;
    this.#retention = retentionOf(options);
    this.#writer = writer;
    this.#now = options.now ?? Date.now;
    this.#blocks = opened.blocks;
    this.hadJournals = opened.lastJournalRow > 0;
    this.#lastJournalRow = opened.lastJournalRow;
    this.#generation = Math.max(opened.flushedGeneration + 1, opened.walGeneration);
    this.#seriesIds = new IdExtents(opened.maxSeriesId + 1);
    const metricId = (labels: Labels) => this.#seriesIds.next(labels.get(METRIC_NAME));
    this.#metricHead = new MetricHead(
      new SeriesIndex(metricId),
      this.#generation,
      options.outOfOrderWindowMs === undefined ? undefined : new OrderWindow(options.outOfOrderWindowMs),
    );
    const streamId = () => this.#seriesIds.next(STREAMS);
    this.#logHead = new LogHead(new SeriesIndex(streamId), this.#generation, PARTITION_MS.logs);
    this.#traceHead = new TraceHead(this.#generation);
    this.heads = new HeadServer(this.#metricHead, this.#logHead, this.#traceHead);
    this.#openedMs = this.#now();
    this.#sealedAtMs = this.#openedMs;
    this.#noteBlocks(opened.blocks);
    this.#persisted = new PersistedSeries(options.path, options.nativeBinding);
    if (opened.maxSeriesId > 0) this.#lookUpPersisted();
    this.#evictor = new Evictor([this.#metricHead, this.#logHead], this.heads, () => this.#lookUpPersisted());
    for (const [family, type, help, unit] of opened.metadata) {
      const entry = { type: type as MetricType, help, unit, generation: 0 };
      const list = this.#metricHead.metadata.get(family);
      if (list) list.push(entry);
      else this.#metricHead.metadata.set(family, [entry]);
      this.#persistedMetadata++;
    }
    this.logDeletes = new LocalLogDeletes({
      writer,
      cancelPeriodMs: options.deleteCancelPeriodMs ?? DAY_MS,
      now: this.#now,
      oldestMs: opened.oldestDeleteMs,
      flush: () => this.flush(),
      onBlocks: (blocks) => this.#noteBlocks(blocks),
      onProblem: (error) => options.onProblem?.('carrying out delete requests failed', error),
    });
    for (const r of replay) this.#replay(r.records);
    writer.walBytes = opened.walBytes;
    writer.keepsAll = options.keepsMetricLog === true;
    this.metricLog = {
      lastRow: opened.lastWalRow,
      keepAfter: (after) => this.#keepMetricLog(after),
      follow: (listener) => {
        this.#logFollowed.add(listener);
        return () => this.#logFollowed.delete(listener);
      },
    };
    writer.onCommitted = () => {
      this.#flushIfFull();
      for (const listener of this.#logFollowed) listener();
    };
    this.#metricHead.series.forgetIds();
    this.#logHead.series.forgetIds();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  /** From now on a series that is not in memory may be in SQLite. */
  #lookUpPersisted(): void {
    const persisted = this.#persisted;
    this.#metricHead.series.findPersisted = (low, high, bytes) =>
      persisted.find(SIGNAL.metrics, low, high, bytes);
    this.#logHead.series.findPersisted = (low, high, bytes) => persisted.find(SIGNAL.logs, low, high, bytes);
  }

  // ------------------------------------------------------------------------------------------ appending

  async #admit(): Promise<void> {
    if (this.#options.isSealed)
      throw new TriliteError('forbidden', `${this.#options.path} is only read: nothing is taken in`);
    if (this.#closed) throw new TriliteError('overloaded', 'the server is stopping');
    const bytes = this.#unflushedBytes() + this.#writer.queuedBytes;
    if (bytes >= (this.#options.headBytesHard ?? HEAD_BYTES_HARD)) {
      throw new TriliteError('overloaded', 'the head is full until a flush is done');
    }
    if (this.#writer.isStalled && !(await this.#writer.resume())) {
      throw new TriliteError('overloaded', 'nothing can be stored at present, the disk is full or fails');
    }
  }

  async #appendMetrics(batch: MetricBatch, options: AppendOptions): Promise<AppendOutcome> {
    await this.#admit();
    const head = this.#metricHead;
    let { slots, repeated, errors } = head.resolve(batch);
    const newer = repeated ? undefined : head.decideNewer(batch, slots);
    let verdict: Verdict;
    if (newer) verdict = newer;
    else {
      const skipLate = options.skipLateMarkers ?? false;
      const decided = this.#decide(batch, slots, errors, new Map(), skipLate);
      if (Array.isArray(decided)) {
        verdict = await this.#decideWithProbes(batch, decided, skipLate);
        // Another append may have resolved its series meanwhile, which reuses the slots.
        ({ slots, repeated, errors } = head.resolve(batch));
      } else verdict = decided;
      if (options.mode === 'atomic' && verdict.refused.length > 0) {
        return { accepted: 0, refused: verdict.refused, durable: Promise.resolve() };
      }
    }
    const record = head.apply(batch, slots, verdict);
    const { definitions, count, histograms, exemplars, metadata } = record;
    // Definitions alone matter too: the next record of the series counts on them.
    const items = definitions.ids.length + count + histograms.length + exemplars.length + metadata.length;
    if (items > 0) this.#arrived('metrics');
    // What was sent again may still be on its way to the WAL: it waits for the next commit.
    const durable =
      items === 0 && this.#writer.isIdle
        ? Promise.resolve()
        : this.#writer.commit(this.#generation, (out) => encodeMetricRecord(out, record), options.isPatient);
    return { accepted: verdict.accepted, refused: verdict.refused, durable };
  }

  #decide(
    batch: MetricBatch,
    slots: Int32Array,
    errors: ReadonlyMap<number, TriliteError>,
    probed: ReadonlyMap<string, ProbeAnswer>,
    skipLateMarkers: boolean,
  ): Verdict | Probe[] {
    const metricBlocks = this.#blocks.filter((b) => b.signal === 'metrics');
    const covers = (t: number) => metricBlocks.some((b) => b.minMs <= t && t <= b.maxMs);
    return this.#metricHead.decide(batch, slots, errors, covers, probed, skipLateMarkers);
  }

  /** Asks the writer for the samples in doubt until none is left; the last decision is made without a pause. */
  async #decideWithProbes(
    batch: MetricBatch,
    first: readonly Probe[],
    skipLateMarkers: boolean,
  ): Promise<Verdict> {
    const probed = new Map<string, ProbeAnswer>();
    for (let probes = first; ; ) {
      const result = await this.#writer.request({
        kind: 'probe',
        ids: Uint32Array.from(probes, (p) => p.id),
        timestamps: Float64Array.from(probes, (p) => p.timestampMs),
      });
      const answers = readProbeAnswers(result);
      probes.forEach((p, i) => {
        probed.set(probeKey(p.id, p.timestampMs), answers[i]);
      });
      const { slots, errors } = this.#metricHead.resolve(batch);
      const decided = this.#decide(batch, slots, errors, probed, skipLateMarkers);
      if (!Array.isArray(decided)) return decided;
      probes = decided;
    }
  }

  async #appendLogs(batch: LogBatch): Promise<AppendOutcome> {
    await this.#admit();
    let streamIds: readonly number[] = [];
    const durable = this.#writer.commit(this.#generation, (out) => {
      streamIds = this.#logHead.append(batch, out);
    });
    this.#logFollowers.tell(batch, streamIds);
    this.#arrived('logs');
    return { accepted: batch.count, refused: [], durable };
  }

  async #appendTraces(batch: SpanBatch): Promise<AppendOutcome> {
    await this.#admit();
    const durable = this.#writer.commit(this.#generation, (out) => this.#traceHead.append(batch, out));
    this.#arrived('traces');
    return { accepted: batch.spanCount, refused: [], durable };
  }

  #arrived(signal: Signal): void {
    this.#touched = true;
    this.arrivals.note(signal);
  }

  #replay(records: Uint8Array): void {
    const input = new ByteReader(records);
    while (!input.done) {
      const length = input.u32();
      const record = new ByteReader(records, input.pos, input.pos + length);
      input.bytes(length);
      const kind = record.u8();
      const isLogs = kind === WAL_KIND.logs || kind === WAL_KIND.packedLogs;
      const series = isLogs ? this.#logHead.series : this.#metricHead.series;
      const signal = isLogs ? SIGNAL.logs : SIGNAL.metrics;
      const define = (id: number, canonical: Uint8Array) => {
        series.restore(id, canonical, this.#generation);
        this.#seriesIds.use(id);
      };
      const slotOf = (id: number) => series.slotOfId(id) ?? this.#restorePersisted(series, signal, id);
      if (isMetricKind(kind)) this.#metricHead.replay(decodeMetricRecord(kind, record, define), slotOf);
      else if (isLogs) this.#logHead.replay(kind, record, define, slotOf);
      else this.#traceHead.replay(record);
    }
  }

  /**
   * A series that the WAL uses without defining it is in the series table; -1 where it is not, because the row that
   * defined it was damaged: what it says of the series is skipped.
   */
  #restorePersisted(series: SeriesIndex, signal: SignalNumber, id: number): number {
    const canonical = this.#persisted.labels(signal, id);
    return canonical ? series.restore(id, canonical, 0) : -1;
  }

  // ------------------------------------------------------------------------------------------- flushing

  async flush(options: { readonly compact?: boolean } = {}): Promise<void> {
    // A flush under way sealed its generation before this call: what came since needs one of its own.
    await this.#flushing?.catch(() => {});
    this.#flushing ??= this.#flushHead().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
    if (options.compact) this.#noteBlocks(await this.#writer.request({ kind: 'compact', all: true }));
  }

  async #flushHead(): Promise<void> {
    this.#sealedAtMs = this.#now();
    if (!this.#isEmpty()) this.#sealHead();
    await this.#packing;
    if (this.#unflushed.length === 0) return;
    // In order: a flushed generation says that all before it are flushed too.
    for (let request = this.#unflushed[0]; request; request = this.#unflushed[0]) {
      this.#noteBlocks(await this.#writer.request(request));
      this.#unflushed.shift();
      this.#writer.forgetUpTo(request.generation);
      this.#flushedGeneration = request.generation;
      this.#retire(request.generation);
    }
    this.#evictor.run(this.#now());
    await this.#writer.request({ kind: 'compact', all: false }).then(
      (blocks) => this.#noteBlocks(blocks),
      // What was flushed is flushed; the next flush tries to merge again.
      (error: Error) => this.#options.onProblem?.('compaction failed', error),
    );
    // What was just written may be more than there is room for.
    if (hasSizeLimit(this.#retention)) await this.applyRetention();
  }

  /** A mark of this moment: what is appended from now on is behind it. Only for items that are there a flush begins. */
  mark(): string {
    if (this.#touched || !this.#isEmpty()) this.#sealHead();
    const generation = this.#generation - 1;
    if (this.marks.add(generation)) {
      this.#writer.request({ kind: 'marks', generations: this.marks.generations }).catch(() => {});
    }
    // Memory comes in pieces that are large for what is between two marks.
    this.#flushSoon(this.#now());
    return this.marks.text(generation);
  }

  /** A mark as above; where very many follow each other, only when there is room for what comes after it. */
  async pacedMark(): Promise<string> {
    const mark = this.mark();
    if (this.#generation - this.#flushedGeneration > SEALED_MAX) await this.#flushing?.catch(() => {});
    return mark;
  }

  /** Ends the heads' generation at once; its blocks are built by the next flush. */
  #sealHead(): void {
    this.#writer.sendQueued();
    const sealed = this.#seal();
    sealed.catch(() => {});
    this.#packing = this.#packing.then(async () => {
      this.#unflushed.push(await sealed);
    });
    this.#packing.catch(() => {});
    this.#writer.walBytes = 0;
    this.#touched = false;
  }

  #isEmpty(): boolean {
    const { runs, histograms, exemplars } = this.#metricHead.current;
    const metricItems = runs.samples + histograms.size + exemplars.length;
    return metricItems + this.#logHead.current.segments.entries + this.#traceHead.current.store.spans === 0;
  }

  /** Seals the heads' generations at once, and packs what the writer needs of them in slices. */
  async #seal(): Promise<FlushRequest> {
    const next = this.#generation + 1;
    const metrics = this.#metricHead.seal(next);
    const logs = this.#logHead.seal(next);
    const traces = this.#traceHead.seal(next);
    this.#generation = next;
    const metricSeries = this.#metricHead.series;
    const logSeries = this.#logHead.series;
    const definitions = { metrics: metricSeries.takeFresh(), logs: logSeries.takeFresh() };
    const metadata = [...this.#metricHead.metadata].flatMap(([family, list]) =>
      list.map((m) => [family, m.type, m.help, m.unit] as const),
    );
    const metricSlots = new Uint32Array(metricSeries.slotCount);
    for (let slot = 0; slot < metricSlots.length; slot++) metricSlots[slot] = slot;
    return {
      kind: 'flush',
      generation: metrics.number,
      isMarked: this.marks.generations.length > 0,
      definitions,
      metrics: {
        ...(await inSlices(packRuns(metricSeries, metrics, metricSlots))),
        histograms: packHistograms(metricSeries, metrics, metricSlots),
        exemplars: packExemplars(metricSeries, metrics),
      },
      logs: {
        slabs: logs.segments.slabs,
        segments: await inSlices(packSegments(logSeries, logs, [...logs.segments.slots()])),
      },
      traces: packSpans(traces),
      metadata: metadata.length > this.#persistedMetadata ? metadata : [],
    };
  }

  #noteBlocks(all: readonly BlockRange[]): void {
    const blocks = all.filter((b) => b.generation > this.floor);
    this.#blocks = blocks;
    this.#blockBytes = blocks.reduce((n, b) => n + b.bytes, 0);
    const newest = blocks.filter((b) => b.signal === 'metrics').map((b) => b.maxMs);
    this.#metricHead.persistedMaxMs = Math.max(Number.NEGATIVE_INFINITY, ...newest);
  }

  /** Drops the generation once no query may need it. */
  #retire(generation: number): void {
    this.#retiring.push({ generation, jobs: new Set(this.#jobs) });
    this.#dropRetired();
  }

  #dropRetired(): void {
    while (this.#retiring[0]?.jobs.size === 0) {
      const { generation } = this.#retiring.shift()!;
      this.#recycle(generation);
      this.#metricHead.retire(generation);
      this.#logHead.retire(generation);
      this.#traceHead.retire(generation);
      this.#evictor.retired(generation, this.#now());
    }
  }

  /** Nobody looks at the generation's memory any more: it is used for the next ones. */
  #recycle(generation: number): void {
    for (const g of this.#metricHead.sealed) if (g.number <= generation) recycleSlabs(g.runs.slabs);
    for (const g of this.#logHead.sealed) if (g.number <= generation) recycleSlabs(g.segments.slabs);
    for (const g of this.#traceHead.sealed) if (g.number <= generation) recycleSlabs(g.store.slabs);
  }

  /** A query is handed to a reader: generations retired from now on stay until `jobEnded`. */
  jobStarted(): number {
    this.#jobs.add(this.#nextJob);
    return this.#nextJob++;
  }

  jobEnded(job: number): void {
    this.#jobs.delete(job);
    for (const r of this.#retiring) r.jobs.delete(job);
    this.#dropRetired();
  }

  /** Bytes of the heads: of all generations, or of those after the one given. */
  #headBytes(after = 0): number {
    let bytes = 0;
    for (const g of [...this.#metricHead.sealed, this.#metricHead.current]) {
      if (g.number > after) bytes += g.runs.bytes;
    }
    for (const g of [...this.#logHead.sealed, this.#logHead.current]) {
      if (g.number > after) bytes += g.segments.bytes;
    }
    for (const g of [...this.#traceHead.sealed, this.#traceHead.current]) {
      if (g.number > after) bytes += g.store.bytes;
    }
    return bytes;
  }

  /** What a flush can still make smaller: generations that only a query keeps do not count. */
  #unflushedBytes(): number {
    return this.#headBytes(this.#flushedGeneration);
  }

  /** Whether the head or its WAL is so large that it is better written out. */
  #isFull(): boolean {
    if (this.#unflushedBytes() > (this.#options.headBytesSoft ?? HEAD_BYTES_SOFT)) return true;
    return this.#writer.walBytes > Math.max(WAL_BYTES_MIN, this.#blockBytes * WAL_SHARE);
  }

  #flushIfFull(): void {
    if (!this.#flushing && !this.#closed && this.#isFull()) this.#flushSoon(this.#now());
  }

  #flushSoon(now: number): void {
    if (this.#flushing || now < this.#flushNotBeforeMs) return;
    this.flush().catch((error: Error) => {
      // The WAL still has everything.
      this.#flushNotBeforeMs = this.#now() + FLUSH_RETRY_MS;
      this.#options.onProblem?.('flush failed', error);
    });
  }

  #tick(): void {
    const now = this.#now();
    if (now - this.#sealedAtMs > FLUSH_INTERVAL_MS || this.#unflushed.length > 0) this.#flushSoon(now);
    else this.#flushIfFull();
    this.#evictor.run(now);
    this.logDeletes.tick();
    shrinkPool();
    if (now - this.#retainedAtMs > RETENTION_INTERVAL_MS) {
      this.#retainedAtMs = now;
      void this.applyRetention();
    }
  }

  /** Goes by another retention from the next pass on, and by another window for samples out of order at once. */
  change({ retentionMs, retention, outOfOrderWindowMs }: StorageSettings): void {
    this.#metricHead.setOrderWindow(outOfOrderWindowMs);
    const policy = retentionOf({ retentionMs, retention });
    if (JSON.stringify(policy) === JSON.stringify(this.#retention)) return;
    this.#retention = policy;
    this.#writer
      .request({ kind: 'set-retention', policy })
      .catch((error: Error) => this.#options.onProblem?.('changing retention failed', error));
  }

  /** From now on new series of metrics are held to limits; undefined: any number may come. */
  limitSeries(options: SeriesLimitOptions | undefined): void {
    const { series } = this.#metricHead;
    series.limits = options && new SeriesLimits(series, options, this.#openedMs, this.#now);
  }

  /** One pass of retention; the engine makes one every minute, and after a flush where a size is limited. */
  async applyRetention(): Promise<void> {
    if (!hasRetention(this.#retention)) return;
    try {
      this.#noteBlocks(
        await this.#writer.request({ kind: 'retention', nowMs: (this.#options.retentionNow ?? this.#now)() }),
      );
      await this.#removeDeadSeries();
    } catch (error) {
      this.#options.onProblem?.('retention failed', error as Error);
    }
  }

  /** Removes series that no block holds anything of from SQLite, but for those that are in memory. */
  async #removeDeadSeries(): Promise<void> {
    const dead = await this.#writer.request({ kind: 'dead-series' });
    const metrics = this.#metricHead.series.idsNotIn(dead.metrics);
    const logs = this.#logHead.series.idsNotIn(dead.logs);
    if (this.#closed || dead.metrics.length + dead.logs.length === 0) return;
    // Such a series that comes again from now on is a new one.
    this.#persisted.hide([metrics, logs]);
    this.#lookUpPersisted();
    await this.#writer.request({ kind: 'remove-series', metrics, logs });
    this.#persisted.hide([]);
  }

  // ------------------------------------------------------------------------------------- administration

  /**
   * Forgets everything that was stored: queries that begin after this call see nothing of it, and when this resolves it is
   * durably gone. What is appended meanwhile is there afterwards or not; what is appended later is.
   */
  async reset(): Promise<void> {
    this.mark();
    const generation = this.#generation - 1;
    this.floor = generation;
    this.#metricHead.forget(generation);
    this.#persistedMetadata = 0;
    this.#noteBlocks(this.#blocks);
    // Series that go on need their definitions in SQLite, whose log is cut by flushing.
    await this.flush();
    this.#noteBlocks(await this.#writer.request({ kind: 'forget', generation }));
    await this.#evictor.evictAll();
    await this.#removeDeadSeries();
  }

  async deleteSeries({ matcherSets, minMs, maxMs }: LabelQuery): Promise<void> {
    if (minMs > maxMs || matcherSets.length === 0) return;
    // A deletion is about blocks alone, by generation: so what comes after it is told from what it means.
    await this.flush();
    const selectors = matcherSets.map((set) => set.map((m) => m.toData()));
    const nowMs = this.#now();
    const generation = await this.#writer.request({ kind: 'delete', selectors, minMs, maxMs, nowMs });
    this.#metricHead.settle(generation);
  }

  async cleanTombstones(): Promise<void> {
    this.#noteBlocks(await this.#writer.request({ kind: 'clean-tombstones' }));
  }

  snapshot(path: string, { skipHead }: { readonly skipHead: boolean }): Promise<void> {
    return this.#writer.request({ kind: 'snapshot', path, skipHead });
  }

  async snapshotWindow(path: string, window: IncidentWindow): Promise<void> {
    // Blocks alone are copied.
    await this.flush();
    await this.#writer.request({ kind: 'snapshot', path, skipHead: true, window, nowMs: Date.now() });
  }

  // -------------------------------------------------------------------------------------------- rules

  ruleGroups(): Promise<readonly StoredRuleGroup[]> {
    return this.#writer.request({ kind: 'rules' });
  }

  putRuleGroup(group: StoredRuleGroup): Promise<void> {
    return this.#writer.request({ kind: 'put-rules', group });
  }

  removeRuleGroups(which: RuleGroupSelector): Promise<number> {
    return this.#writer.request({ kind: 'remove-rules', which });
  }

  // ----------------------------------------------------------------------------------------- silences

  silences(): Promise<readonly StoredSilence[]> {
    return this.#writer.request({ kind: 'silences' });
  }

  putSilences(silences: readonly StoredSilence[]): Promise<void> {
    return this.#writer.request({ kind: 'put-silences', silences });
  }

  removeSilences(keys: readonly SilenceKey[]): Promise<void> {
    return this.#writer.request({ kind: 'remove-silences', keys });
  }

  alertState(): Promise<readonly StoredAlertState[]> {
    return this.#writer.request({ kind: 'alert-state' });
  }

  changeAlertState(put: readonly StoredAlertState[], remove: readonly AlertStateKey[]): Promise<void> {
    return this.#writer.request({ kind: 'change-alert-state', put, remove });
  }

  // ----------------------------------------------------------------------------------------- journals

  async openJournal(name: string, each: (record: Uint8Array, number: number) => void): Promise<Journal> {
    const journal = new LocalJournal(name, this.#writer, () => ++this.#lastJournalRow);
    this.#journals.push(journal);
    await journal.replay(each);
    return journal;
  }

  #keepMetricLog(after: number | undefined): void {
    if (this.#closed) return;
    this.#writer.keepsAll = after !== undefined;
    // What is not removed now is when more is.
    this.#writer.request({ kind: 'keep-metric-log', after }).catch(() => {});
  }

  heldBytes(): number {
    const journals = this.#journals.reduce((n, j) => n + j.queuedBytes, 0);
    const series = seriesBytes(this.#metricHead.series) + seriesBytes(this.#logHead.series);
    return this.#headBytes() + pooledBytes() + this.#writer.queuedBytes + journals + series;
  }

  relieve(): void {
    if (!this.#closed && this.#unflushedBytes() > RELIEVE_BYTES_MIN) this.#flushSoon(this.#now());
  }

  async stats(): Promise<StorageStats> {
    const stats = await this.#writer.request({ kind: 'stats' });
    const headSeries = this.#metricHead.series.size + this.#logHead.series.size;
    return { headSeries, headBytes: this.#headBytes(), ...stats };
  }

  blocks(signal: Signal): Promise<readonly BlockInfo[]> {
    return this.#writer.request({ kind: 'blocks', signal });
  }

  headStatistics(limit: number, isBrief = false): HeadStatistics {
    return headStatistics(this.#metricHead, limit, isBrief);
  }

  /** Its thread does not keep the process alive any more. */
  unref(): void {
    this.#writer.unref();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    for (const journal of this.#journals) journal.close();
    try {
      await this.#flushing?.catch(() => {});
      await this.logDeletes.close();
      await this.#flushHead().catch((error: TriliteError) => {
        if (error.kind !== 'overloaded') throw error;
        this.#options.onProblem?.('the last flush failed, the write-ahead log has everything', error);
      });
      await this.#writer.close();
    } finally {
      this.#persisted.close();
      await this.#writer.abandon();
    }
  }
}

/** Memory of active series; labels that are longer than usual count with what they take. */
function seriesBytes({ size, slabBytes }: { readonly size: number; readonly slabBytes: number }): number {
  return size * SERIES_BYTES + Math.max(0, slabBytes - size * USUAL_LABELS_BYTES);
}
