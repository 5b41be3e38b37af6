/**
 * The storage seam: all that queries and receivers know of storage. The local engine (heads in memory, blocks in
 * SQLite) implements it; a distributed one would implement the same. The contract stands on the members:
 *
 * - both time bounds are inclusive, in integer milliseconds;
 * - a reader may be given more than it asked for (pages are coarse), never less: bounds and predicates that a
 *   store does not apply exactly are applied again by the query;
 * - label sets and strings outlive the cursor they came from; columns belong to the cursor and are overwritten;
 * - everything that was acknowledged before a read began is in it;
 * - asynchronous only at batch boundaries, so that a synchronous SQLite and a networked engine share one
 *   interface without promises in inner loops.
 */

import type { FamilyMetadata, LogBatch, MetricBatch, SpanBatch } from '../model/batch.ts';
import type { EntryChunk } from '../model/entry-chunk.ts';
import type { IdDemand } from '../model/entry-id.ts';
import { TriliteError } from '../model/errors.ts';
import type { Exemplar } from '../model/exemplar.ts';
import type { Histogram } from '../model/histogram.ts';
import type { Labels } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import type { MetricMetadata } from '../model/metadata.ts';
import { wordsOf } from '../model/sample.ts';
import type { SelectHints } from '../model/select-hints.ts';
import type { SpanGroup } from '../model/span-group.ts';
import type { Instant } from '../model/time.ts';

export type Signal = 'metrics' | 'logs' | 'traces';

/** What a reader thread holds: everything that can be asked. */
export interface StorageReader {
  readonly metrics: MetricReader;
  readonly logs: LogReader;
  readonly traces: TraceReader;
  /** What is missing from the answers that were given so far, in words; absent where nothing ever is. */
  warnings?(): readonly string[];
}

/** What the front holds: appending too. */
export interface Storage {
  readonly metrics: MetricAppender;
  readonly logs: LogAppender;
  readonly traces: TraceAppender;
  /** Writes the heads to blocks and, with `compact`, merges blocks; resolves when it is on disk. */
  flush(options?: { readonly compact?: boolean }): Promise<void>;
  stats(): Promise<StorageStats>;
  /** The blocks of a signal, oldest first. */
  blocks(signal: Signal): Promise<readonly BlockInfo[]>;
  /** Bytes of memory that what is not written to blocks yet takes. */
  heldBytes(): number;
  /** Memory is short: what is held may be written out early. */
  relieve(): void;
  /**
   * The metric head's series ranked by name, label and pair; at most `limit` entries a ranking. `isBrief`: by metric and label
   * alone, which does not take a look at every pair.
   */
  headStatistics(limit: number, isBrief?: boolean): HeadStatistics;
  /** Flushes and closes; appends after this are refused with kind `overloaded`. */
  close(): Promise<void>;
}

/** What an administrator may do to what is stored. */
export interface StorageAdmin {
  /**
   * Deletes the samples in the range of every series that one of the matcher sets matches: those that are there now.
   * What is appended later is there, whatever its time; exemplars and metadata stay. Queries see it at once, and it is
   * durable when this resolves; the bytes go when blocks are merged.
   */
  deleteSeries(query: LabelQuery): Promise<void>;
  /** Takes deleted samples out of the blocks now. */
  cleanTombstones(): Promise<void>;
  /**
   * Copies everything that is acknowledged to a database file of its own, whose directory is there; `skipHead` leaves
   * out what no block holds yet.
   */
  snapshot(path: string, options: { readonly skipHead: boolean }): Promise<void>;
  /**
   * Copies what was acknowledged of the window, both bounds inclusive and in ms, to a new file that is read where it lies. Where it
   * fails parts of the file may be left.
   */
  snapshotWindow(path: string, window: { readonly startMs: number; readonly endMs: number }): Promise<void>;
}

/** What a request to delete log entries asks for. */
export interface DeleteOrder {
  /** LogQL: a selector, perhaps with stages. Kept as it is, for lists and to be compiled (`LoadEntryPredicates`). */
  readonly query: string;
  /** Those of the query's selector, and any that narrow it further. */
  readonly matchers: readonly Matcher[];
  /** Whether the query looks at entries; without, all entries of the streams within the times are meant. */
  readonly filtered: boolean;
  /** Both inclusive, to the nanosecond: an entry half a millisecond after `maxMs` stays. */
  readonly minMs: number;
  readonly maxMs: number;
}

export interface DeleteRequest extends DeleteOrder {
  readonly id: string;
  readonly createdMs: number;
  /** `received` until what it deletes is gone from the blocks too. */
  readonly status: 'received' | 'processed';
  /** How much of the work is done, 0 to 1, while it is being carried out. */
  readonly progress: number;
}

/** Why a request cannot be cancelled: there is none of that id, it is done, or its time to be cancelled is over. */
export type CancelOutcome = 'cancelled' | 'unknown' | 'processed' | 'late';

/** Deleting log entries. */
export interface LogDeletes {
  /**
   * Hides the entries that are there now and that the order means from every answer. They are taken out of the blocks
   * when the time in which the request may be cancelled is over. Durable when this resolves, with the request's id.
   */
  add(order: DeleteOrder): Promise<string>;
  /** Every request that was not cancelled, oldest first. */
  list(): Promise<readonly DeleteRequest[]>;
  /** Shows again what the request hides. `force`: also when it is late, which shows what is still in the blocks. */
  cancel(id: string, options: { readonly force: boolean }): Promise<CancelOutcome>;
}

/** Sets `hits[i]` for the entries of `chunk[from, to)`, of a stream with the labels, that a query selects. */
export type EntryPredicate = (
  stream: Labels,
  chunk: EntryChunk,
  from: number,
  to: number,
  hits: Uint8Array,
) => void;

/**
 * Gets what compiles the queries of delete requests. Storage knows nothing of LogQL: each thread that reads or rewrites
 * blocks is given this by its entry, and asks for it when there is a request that looks at entries.
 */
export type LoadEntryPredicates = () => Promise<(query: string) => EntryPredicate>;

/**
 * A durable list of records, for what has to survive a crash before it is stored as what it is. Its owner reads it at
 * start, adds to it, and cuts off what it is done with; storage does not know what is in a record.
 */
export interface Journal {
  /** Adds a record, which is copied. Throws `overloaded` once the storage closes. */
  append(record: Uint8Array): JournalEntry;
  /** Records with numbers below are not wanted any more. They go in time, a crash may bring some of them back. */
  cut(before: number): void;
}

export interface JournalEntry {
  /** Never below that of a record before it, whichever journal; records that are added together may share one. */
  readonly number: number;
  /** Resolves when the record survives a crash. Rejects with `TriliteError`: it is not in the journal then. */
  readonly durable: Promise<void>;
}

export interface JournalStore {
  /** Whether any journal had a record when the storage was opened. */
  readonly hadJournals: boolean;
  /** Opens the journal of that name, once a process, and hands `each` the records that it has, oldest first. */
  openJournal(name: string, each: (record: Uint8Array, number: number) => void): Promise<Journal>;
}

/**
 * The metrics of the write-ahead log, for who sends them on: every sample that was appended, once, in the order of the
 * commits, in rows with ascending numbers that are never used again. A thread of the sender's own reads them
 * (`MetricLogReader`); here it is said what has to stay, which outlives flushes and restarts.
 */
export interface MetricLog {
  /** Number of the newest row when the storage was opened. */
  readonly lastRow: number;
  /** Rows behind number `row` stay until this is called anew; undefined: none does once it is in a block. */
  keepAfter(row: number | undefined): void;
  /** Calls `listener` after commits until the function that is returned is called; it must be quick. */
  follow(listener: () => void): () => void;
}

/** What one append added. */
export interface AppendedMetrics {
  readonly count: number;
  /** Series, time and value bits (word 2i the low half) of each sample. */
  readonly ids: Uint32Array;
  readonly timestamps: Float64Array;
  readonly valueWords: Uint32Array;
  /** In ms, 0 where unknown; undefined where no sample has one. */
  readonly startTimestamps?: Float64Array | undefined;
  readonly histograms: readonly AppendedHistogram[];
  readonly exemplars: readonly { readonly id: number; readonly exemplar: Exemplar }[];
  readonly metadata: readonly FamilyMetadata[];
}

export interface AppendedHistogram {
  readonly id: number;
  readonly timestampMs: number;
  /** 0 unknown. */
  readonly startMs: number;
  readonly histogram: Histogram;
}

export interface MetricLogRow {
  readonly number: number;
  /** On disk. */
  readonly bytes: number;
  /** In the order in which they were appended; none where the row is damaged. */
  readonly appended: readonly AppendedMetrics[];
}

export interface MetricLogReader {
  /** The row that follows number `after`, undefined at the end. */
  next(after: number): MetricLogRow | undefined;
  /** Number of the newest row that there ever was. */
  lastRow(): number;
  /** Bytes on disk of the rows behind number `after` that stay for the sender alone, being in blocks already. */
  keptBytes(after: number): number;
  /** Labels of a series that a row names; undefined where they are lost. */
  labels(id: number): Labels | undefined;
  /** Metric family → what was said of it last, up to the rows that were read. */
  metadata(): ReadonlyMap<string, MetricMetadata>;
  close(): void;
}

/** What names a rule group. */
export interface RuleGroupKey {
  readonly tenant: string;
  /** Of its expressions. */
  readonly language: string;
  readonly namespace: string;
  readonly name: string;
}

/** A group, or all of a namespace where there is no name. */
export type RuleGroupSelector = Omit<RuleGroupKey, 'name'> & { readonly name?: string | undefined };

export interface StoredRuleGroup extends RuleGroupKey {
  /** Text that the store does not look into. */
  readonly definition: string;
}

/** Keeps rule groups that came over an API. What resolves is committed. */
export interface RuleGroupStore {
  /** In the order of their keys. */
  ruleGroups(): Promise<readonly StoredRuleGroup[]>;
  /** Adds it, or replaces the one of its key. */
  putRuleGroup(group: StoredRuleGroup): Promise<void>;
  /** Resolves to how many there were. */
  removeRuleGroups(which: RuleGroupSelector): Promise<number>;
}

/** What names a silence. */
export interface SilenceKey {
  readonly tenant: string;
  readonly id: string;
}

export interface StoredSilence extends SilenceKey {
  /** Text that the store does not look into. */
  readonly definition: string;
}

/** Keeps silences of alerts. What resolves is committed. */
export interface SilenceStore {
  /** In the order of their keys. */
  silences(): Promise<readonly StoredSilence[]>;
  /** Adds them, or replaces those of their keys: all or none. */
  putSilences(silences: readonly StoredSilence[]): Promise<void>;
  removeSilences(keys: readonly SilenceKey[]): Promise<void>;
}

/** What names a part of what the built-in Alertmanager must not forget. */
export interface AlertStateKey {
  readonly tenant: string;
  /** `alert`: one that somebody is to be told of. `notified`: what a receiver was told of a group last. */
  readonly kind: 'alert' | 'notified';
  readonly key: string;
}

export interface StoredAlertState extends AlertStateKey {
  /** Text that the store does not look into. */
  readonly definition: string;
}

/** Keeps alerts and what was told of them. What resolves is committed. */
export interface AlertStateStore {
  /** In the order of their keys. */
  alertState(): Promise<readonly StoredAlertState[]>;
  /** Adds some, or replaces those of their keys, and removes others: all or nothing. */
  changeAlertState(put: readonly StoredAlertState[], remove: readonly AlertStateKey[]): Promise<void>;
}

export interface StorageStats {
  readonly headSeries: number;
  readonly headBytes: number;
  readonly walBytes: number;
  readonly databaseBytes: number;
  /** Of those, bytes that are free: used by what is written next, or given back in idle time. */
  readonly freeBytes: number;
  readonly blockBytes: Readonly<Record<Signal, number>>;
  readonly blocks: Readonly<Record<Signal, number>>;
  /** Damaged pages and WAL rows that the writer came upon and skipped. */
  readonly damagedPages: number;
}

/** A block as it lies in the database. Times of its oldest and newest item, both inclusive. */
export interface BlockInfo {
  /** Never used again. */
  readonly id: number;
  /** 0 as flushed; merging makes one of the next level. */
  readonly level: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly items: number;
  readonly bytes: number;
}

/** A name and its count in a ranking. */
export interface NamedCount {
  readonly name: string;
  readonly value: number;
}

/** Of the series in memory, as Prometheus' `status/tsdb` shows them. Bounds are 0 while there is no sample. */
export interface HeadStatistics {
  readonly numSeries: number;
  readonly numLabelPairs: number;
  readonly chunkCount: number;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly seriesCountByMetricName: readonly NamedCount[];
  readonly labelValueCountByLabelName: readonly NamedCount[];
  readonly memoryInBytesByLabelName: readonly NamedCount[];
  readonly seriesCountByLabelValuePair: readonly NamedCount[];
}

// ---------------------------------------------------------------------------------------------- appending

/** Why one item was not stored. */
export type RefusalReason =
  | 'out_of_order'
  | 'duplicate_timestamp'
  | 'too_old'
  | 'too_far_in_future'
  | 'invalid_labels'
  | 'invalid_sample'
  | 'invalid_histogram'
  | 'invalid_id'
  | 'limit'
  // Limits of a tenant, as Mimir and Tempo count what they discard.
  | 'rate_limited'
  | 'per_user_series_limit'
  | 'per_metric_series_limit'
  | 'max_label_names_per_series'
  | 'label_name_too_long'
  | 'label_value_too_long'
  | 'trace_too_large'
  | 'live_traces_exceeded';

export interface Refusal {
  /** Index of the item (sample, histogram, entry, span) in its batch. */
  readonly item: number;
  readonly reason: RefusalReason;
  readonly message: string;
}

/** Why a series is not taken: thrown by `MetricBatch.labels`, it refuses the series' samples for this reason. */
export class SeriesRefusal extends TriliteError {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super('limit', message);
    this.reason = reason;
  }
}

export interface AppendOutcome {
  readonly accepted: number;
  readonly refused: readonly Refusal[];
  /** Resolves when the accepted items are in the WAL: only then may the request be acknowledged. */
  readonly durable: Promise<void>;
}

export interface AppendOptions {
  /** `atomic`: one refused item refuses the whole batch. `partial`: the good part is stored. */
  readonly mode: 'atomic' | 'partial';
  /**
   * Passes a stale marker over, in silence, where its series has a sample of its time or a newer one: whoever writes it
   * ends what it wrote itself, and somebody else has gone on with the series meanwhile.
   */
  readonly skipLateMarkers?: boolean;
  /** `durable` may take somewhat longer: nobody waits for an acknowledgement, so the WAL is written for several batches at once. */
  readonly isPatient?: boolean;
}

export interface MetricAppender {
  /**
   * Appends a batch. A sample whose timestamp is there already is accepted as a no-op when its bits are equal
   * and refused as `duplicate_timestamp` otherwise. Resolves once the verdict stands; the data is visible to
   * queries from then on.
   */
  append(batch: MetricBatch, options: AppendOptions): Promise<AppendOutcome>;
  /** Handles that were filled in are good for as long as this is the same. */
  readonly epoch?: object | undefined;
  /** The labels under which a series is stored, where those are others than it comes with; undefined where it is not. */
  shown?(labels: Labels): Labels | undefined;
}

export interface LogAppender {
  /** Appends entries. An entry equal to one that is there (time, line, metadata) is stored once. */
  append(batch: LogBatch): Promise<AppendOutcome>;
}

/** Takes a batch that was appended; `streamIds[i]` is for ever the number of the batch's stream i. */
export type LogListener = (batch: LogBatch, streamIds: readonly number[]) => void;

/** Tells of log entries as they are stored, by whatever way they came. */
export interface LogFeed {
  /**
   * Calls `listener` with every batch until the function that is returned is called: at once when its entries can be
   * queried, before its `append` resolves, in the order of appending. What an entry is that is there already is not
   * looked at: it comes again. The listener must be quick, and the batch is not its own: it copies what it keeps.
   */
  follow(listener: LogListener): () => void;
}

export interface TraceAppender {
  append(batch: SpanBatch): Promise<AppendOutcome>;
}

/** Told which signals something arrived of. Must be quick. */
export type ArrivalListener = (signals: ReadonlySet<Signal>) => void;

// ------------------------------------------------------------------------------------------------- metrics

export interface TimeRange {
  readonly minMs: number;
  readonly maxMs: number;
}

export interface SeriesSelect extends TimeRange {
  readonly matchers: readonly Matcher[];
  readonly hints?: SelectHints | undefined;
  /** When nobody waits for it any more, as `Date.now` tells time. */
  readonly deadlineMs?: number;
}

export interface LabelQuery extends TimeRange {
  /** A series is included when any of the sets matches it; no set at all means every series. */
  readonly matcherSets: readonly (readonly Matcher[])[];
}

export interface LabelValuesQuery extends LabelQuery {
  /** So many values are enough: those of the series that were stored first. A hint, more may come. */
  readonly limit?: number;
}

/** Receives the samples of one series; `count` of them are valid. Grows, never shrinks, reused for each series. */
export class SampleColumns {
  count = 0;
  /** Ascending, in milliseconds, no value twice. */
  timestamps = new Float64Array(256);
  /** Stale markers are in it bit for bit (`model/sample.ts`); at a histogram sample the value is 0. */
  values = new Float64Array(256);
  /** Undefined where the series has floats only; else an entry per sample, undefined at float samples. */
  histograms: (Histogram | undefined)[] | undefined;
  /** Start timestamps in ms (0 unknown), where any sample has one. */
  startTimestamps: Float64Array | undefined;
  /** What `startTimestamps` was of another series. */
  #startsBefore: Float64Array | undefined;

  /** The column of start timestamps; where there was none, one that is 0 up to `count`. */
  withStarts(): Float64Array {
    if (this.startTimestamps) return this.startTimestamps;
    const before = this.#startsBefore;
    const column =
      before?.length === this.timestamps.length
        ? before.fill(0, 0, this.count)
        : new Float64Array(this.timestamps.length);
    this.#startsBefore = column;
    this.startTimestamps = column;
    return column;
  }

  #words: Uint32Array | undefined;

  /** The words of `values`, see `wordsOf`. */
  get words(): Uint32Array {
    if (this.#words?.buffer !== this.values.buffer) this.#words = wordsOf(this.values);
    return this.#words!;
  }

  /** Room for `n` samples; keeps what is there. */
  ensure(n: number): void {
    if (n <= this.timestamps.length) return;
    const size = Math.max(n, this.timestamps.length * 2);
    const t = new Float64Array(size);
    t.set(this.timestamps.subarray(0, this.count));
    const v = new Float64Array(size);
    v.set(this.values.subarray(0, this.count));
    this.timestamps = t;
    this.values = v;
    if (this.startTimestamps) {
      const s = new Float64Array(size);
      s.set(this.startTimestamps.subarray(0, this.count));
      this.startTimestamps = s;
    }
  }
}

/** Walks series by series; the order is the store's own. */
export interface SeriesCursor {
  /** Loads the next batch of series; false at the end. */
  nextBatch(): Promise<boolean>;
  /** Steps to the next series of the batch; false at the batch's end. */
  next(): boolean;
  labels(): Labels;
  /** Fills `into` with the series' samples in the asked range (perhaps more); returns `into.count`. */
  read(into: SampleColumns): number;
  close(): void;
}

export interface ExemplarSeries {
  readonly labels: Labels;
  readonly exemplars: readonly Exemplar[];
}

export interface MetricReader {
  select(query: SeriesSelect, signal: AbortSignal): Promise<SeriesCursor>;
  /** Label sets of the series that have a sample in the range. Unordered. */
  series(query: LabelQuery): Promise<Labels[]>;
  /** Sorted, distinct. */
  labelNames(query: LabelQuery): Promise<string[]>;
  /** Sorted, distinct. */
  labelValues(name: string, query: LabelValuesQuery): Promise<string[]>;
  exemplars(query: LabelQuery): Promise<ExemplarSeries[]>;
  /** Metric name → what was said of it, oldest first. */
  metadata(): Promise<Map<string, MetricMetadata[]>>;
}

// ---------------------------------------------------------------------------------------------------- logs

export interface EntrySelect extends TimeRange {
  readonly matchers: readonly Matcher[];
  /** Slices, and in one a stream's chunks, come newest first for `backward`. Entries within a chunk always ascend in time. */
  readonly direction: 'forward' | 'backward';
  /** Substrings that every wanted line contains: a hint by which pages may be skipped. */
  readonly contains?: readonly string[];
  /** Each is met by every wanted entry: hints by which pages that the ID index does not name are skipped. */
  readonly ids?: readonly IdDemand[];
  /** Lines are not looked at: chunks may come with `lines` empty, whatever their ends say. */
  readonly withoutLines?: boolean;
  /** The first few entries in the direction may be enough: slices should begin small. */
  readonly endsEarly?: boolean;
}

/**
 * Walks slices of time in the query's direction (no two overlap in time), and in each the chunks of entries.
 * Chunks of one stream within a slice come one after another, in the direction's order (entries ascend in each) and
 * without overlap or duplicates; entries that share the boundary's timestamp are in insertion order.
 */
export interface EntryCursor {
  /** Loads the next slice; false at the end. */
  nextBatch(): Promise<boolean>;
  next(): boolean;
  /** Entries outside of these times are not wanted any more: chunks that hold only such are left out. */
  narrow(range: TimeRange): void;
  /** The stream's labels; the same object for every chunk of a stream. */
  labels(): Labels;
  /** The chunk; valid until `next` or `nextBatch`. Entries outside the asked range may be in it. */
  chunk(): EntryChunk;
  close(): void;
}

/** Buckets of time, to the nanosecond: bucket i is `[edges[i], edges[i + 1])`. */
export interface VolumeSelect {
  readonly matchers: readonly Matcher[];
  /** Ascending, two at least. */
  readonly edges: readonly Instant[];
}

/** Told what there is of each stream, in any order, a stream's parts one after another within a partition. */
export interface VolumeSink {
  /** Of one chunk: how many of its entries lie in the bucket, at least one, and the bytes of their lines. */
  add(stream: Labels, bucket: number, entries: number, bytes: number): void;
}

export interface LogReader {
  select(query: EntrySelect, signal: AbortSignal): Promise<EntryCursor>;
  /** Counts entries and bytes of lines exactly, and looks at lines only where it must. */
  volume(query: VolumeSelect, sink: VolumeSink, signal: AbortSignal): Promise<void>;
  series(query: LabelQuery): Promise<Labels[]>;
  labelNames(query: LabelQuery): Promise<string[]>;
  labelValues(name: string, query: LabelQuery): Promise<string[]>;
}

// -------------------------------------------------------------------------------------------------- traces

/**
 * Walks groups of spans (some thousand spans in columns each, the spans of a trace adjacent). A trace may be in
 * several groups. Groups come in no order.
 */
export interface SpanGroupCursor {
  nextBatch(): Promise<boolean>;
  next(): boolean;
  /** Columns load when first asked for; valid until `close`. */
  group(): SpanGroup;
  /** The group's columns are hardly wanted again: they need not stay in memory until `close`. */
  passed(group: SpanGroup): void;
  close(): void;
}

export interface TraceReader {
  /** Groups that hold spans of the trace (16 bytes); other traces' spans may be in them too. */
  trace(id: Uint8Array, signal: AbortSignal): Promise<SpanGroupCursor>;
  /** Groups that hold a span overlapping the range. */
  select(query: TimeRange, signal: AbortSignal): Promise<SpanGroupCursor>;
  /** For a job that asks of many traces where they are. */
  lookup(): Promise<TraceLookup>;
}

export interface TraceLookup {
  /**
   * Groups that hold spans of the trace (16 bytes), all that do and hardly any other; valid as long as the job runs. A
   * group is the same object that a cursor of the job gives.
   */
  groupsOf(id: Uint8Array): readonly SpanGroup[];
}
