/**
 * Messages between the front and the writer thread. Requests carry an id, every one is answered once; the WAL
 * rows found at start come as messages of their own before the answer to `open`.
 */

import type { MatcherData } from '../../model/matcher.ts';
import type { RunSnapshot } from '../head/metric-runs.ts';
import type { PackedSeries } from '../head/packed-labels.ts';
import type {
  AlertStateKey,
  BlockInfo,
  CancelOutcome,
  RuleGroupSelector,
  Signal,
  SilenceKey,
  StoredAlertState,
  StoredRuleGroup,
  StoredSilence,
} from '../interface.ts';
import type { RetentionPolicy } from '../retention.ts';
import type { StoredDeleteRequest } from './delete-request-table.ts';
import type { IncidentWindow } from './incident-setting.ts';
import type { JournalRow } from './journal-table.ts';

export interface OpenRequest {
  readonly kind: 'open';
  readonly path: string;
  readonly durability: 'process' | 'disk';
  readonly nativeBinding?: string | undefined;
  /** What is dropped, and how large blocks may become; absent: nothing is. */
  readonly retention?: RetentionPolicy | undefined;
  /** The WAL's metrics stay until `keep-metric-log` says how far they have been sent on. */
  readonly keepsMetricLog?: boolean | undefined;
}

export interface OpenAnswer {
  readonly flushedGeneration: number;
  /** Highest generation of the WAL rows that were sent; 0 when there were none. */
  readonly walGeneration: number;
  readonly maxSeriesId: number;
  readonly blocks: readonly BlockRange[];
  /** Bytes of the rows that were sent. */
  readonly walBytes: number;
  readonly metadata: readonly (readonly [family: string, type: string, help: string, unit: string])[];
  /** When the oldest pending delete request was made; Infinity where there is none. */
  readonly oldestDeleteMs: number;
  /** Highest number of a journal's row, 0 where there is none. */
  readonly lastJournalRow: number;
  /** Number of the newest WAL row that there ever was, 0 before the first. */
  readonly lastWalRow: number;
}

export interface BlockRange {
  readonly signal: Signal;
  readonly generation: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly bytes: number;
}

/** Records of one group commit: each `u32 length, record`. */
export interface WalRequest {
  readonly kind: 'wal';
  readonly generation: number;
  readonly records: Uint8Array<ArrayBuffer>;
}

/** A row of a journal: records, each `u32 length, record`. */
export interface JournalAppendRequest {
  readonly kind: 'journal-append';
  readonly name: string;
  /** Above that of every row before it. */
  readonly number: number;
  readonly records: Uint8Array<ArrayBuffer>;
}

/** Removes rows with numbers below `before`. */
export interface JournalCutRequest {
  readonly kind: 'journal-cut';
  readonly name: string;
  readonly before: number;
}

/** Asks for some rows behind number `after`. */
export interface JournalReadRequest {
  readonly kind: 'journal-read';
  readonly name: string;
  readonly after: number;
}

/** `histograms` as `packHistograms` writes them. */
export interface MetricFlush extends RunSnapshot {
  readonly histograms: Uint8Array;
  readonly exemplars: readonly {
    readonly id: number;
    readonly timestampMs: number;
    readonly value: number;
    readonly labels: Uint8Array;
  }[];
}

export interface LogFlush {
  readonly slabs: readonly SharedArrayBuffer[];
  /** Rows of `SEGMENT_ROW` numbers, series in no order, a series' segments one after another in the order in which they were begun. */
  readonly segments: Float64Array;
}

export interface TraceFlush {
  readonly slabs: readonly SharedArrayBuffer[];
  readonly rowSlabs: readonly SharedArrayBuffer[];
  readonly places: Float64Array;
  readonly spans: number;
}

/** Series and streams that SQLite does not have yet, ascending by id. */
export interface SeriesDefinitions {
  readonly metrics: PackedSeries;
  readonly logs: PackedSeries;
}

export interface FlushRequest {
  readonly kind: 'flush';
  readonly generation: number;
  /** Whether there are marks: what has no block is to say of which generation it is. */
  readonly isMarked: boolean;
  readonly definitions: SeriesDefinitions;
  readonly metrics: MetricFlush;
  readonly logs: LogFlush;
  readonly traces: TraceFlush;
  readonly metadata: readonly (readonly [family: string, type: string, help: string, unit: string])[];
}

export interface CompactRequest {
  readonly kind: 'compact';
  /** Merge all blocks of a partition, not only where enough have gathered. */
  readonly all: boolean;
}

/** Deletes samples of the series that any of the selectors matches, of what is flushed now. */
export interface DeleteRequest {
  readonly kind: 'delete';
  readonly selectors: readonly (readonly MatcherData[])[];
  readonly minMs: number;
  readonly maxMs: number;
  readonly nowMs: number;
}

/** Deletes log entries of what is flushed now. */
export interface AddDeleteRequest {
  readonly kind: 'add-delete-request';
  readonly query: string;
  readonly filtered: boolean;
  readonly matchers: readonly MatcherData[];
  readonly minMs: number;
  readonly maxMs: number;
  readonly nowMs: number;
}

export interface CancelDeleteRequest {
  readonly kind: 'cancel-delete-request';
  readonly id: string;
  /** A request that was made before this is late. */
  readonly lateMs: number;
  readonly force: boolean;
}

/** Does a block's worth of work on the delete requests that were made until `dueMs`. */
export interface CarryOutDeletesRequest {
  readonly kind: 'carry-out-deletes';
  readonly dueMs: number;
  readonly nowMs: number;
}

/** A delete request as it is told of, `progress` from 0 to 1. */
export interface ListedDeleteRequest extends StoredDeleteRequest {
  readonly progress: number;
}

export interface CarriedOut {
  /** Whether there may be more to do at once. */
  readonly more: boolean;
  readonly oldestDeleteMs: number;
  readonly blocks: readonly BlockRange[];
}

/** Copies the database to a file that is not there yet. */
export interface SnapshotRequest {
  readonly kind: 'snapshot';
  readonly path: string;
  /** Without what no block holds yet. */
  readonly skipHead: boolean;
  /** What blocks hold of this time alone, as a file that is read where it lies. */
  readonly window?: IncidentWindow | undefined;
  readonly nowMs?: number | undefined;
}

export interface RetentionRequest {
  readonly kind: 'retention';
  readonly nowMs: number;
}

export interface SetRetentionRequest {
  readonly kind: 'set-retention';
  readonly policy: RetentionPolicy;
}

/** Ids, ascending. */
export interface SeriesIds {
  readonly metrics: Uint32Array;
  readonly logs: Uint32Array;
}

/** Removes series from the label index: of those that `dead-series` found the ones that the front does not know. */
export interface RemoveSeriesRequest extends SeriesIds {
  readonly kind: 'remove-series';
}

export interface ProbeRequest {
  readonly kind: 'probe';
  readonly ids: Uint32Array;
  readonly timestamps: Float64Array;
}

/** Which samples are in blocks (0 none, 1 a float, 2 a histogram): the bits of floats, and the histograms one after another. */
export interface ProbeResult {
  readonly found: Uint8Array;
  readonly words: Uint32Array;
  readonly histograms: Uint8Array;
}

export interface StatsAnswer {
  readonly walBytes: number;
  readonly databaseBytes: number;
  /** Of those, bytes of free pages. */
  readonly freeBytes: number;
  readonly blockBytes: Readonly<Record<Signal, number>>;
  readonly blocks: Readonly<Record<Signal, number>>;
  readonly damagedPages: number;
}

export type WriterRequest =
  | OpenRequest
  | WalRequest
  | FlushRequest
  | CompactRequest
  | RetentionRequest
  | SetRetentionRequest
  | DeleteRequest
  | { readonly kind: 'clean-tombstones' }
  /** Blocks on both sides of one of these generations' ends are not to be merged from now on (`marks.ts`). */
  /** What came in generations up to this one is no more. */
  | { readonly kind: 'forget'; readonly generation: number }
  | { readonly kind: 'marks'; readonly generations: readonly number[] }
  | AddDeleteRequest
  | CancelDeleteRequest
  | CarryOutDeletesRequest
  | { readonly kind: 'list-delete-requests' }
  | SnapshotRequest
  | ProbeRequest
  | { readonly kind: 'dead-series' }
  | RemoveSeriesRequest
  | { readonly kind: 'rules' }
  | { readonly kind: 'put-rules'; readonly group: StoredRuleGroup }
  | { readonly kind: 'remove-rules'; readonly which: RuleGroupSelector }
  | { readonly kind: 'silences' }
  | { readonly kind: 'put-silences'; readonly silences: readonly StoredSilence[] }
  | { readonly kind: 'remove-silences'; readonly keys: readonly SilenceKey[] }
  | { readonly kind: 'alert-state' }
  | {
      readonly kind: 'change-alert-state';
      readonly put: readonly StoredAlertState[];
      readonly remove: readonly AlertStateKey[];
    }
  | JournalAppendRequest
  | JournalCutRequest
  | JournalReadRequest
  | { readonly kind: 'keep-metric-log'; readonly after: number | undefined }
  | { readonly kind: 'stats' }
  | { readonly kind: 'blocks'; readonly signal: Signal }
  | { readonly kind: 'close' };

/** What each request is answered with. */
export interface WriterAnswers {
  open: OpenAnswer;
  /** Bytes that the row takes. */
  wal: number;
  flush: readonly BlockRange[];
  compact: readonly BlockRange[];
  retention: readonly BlockRange[];
  'set-retention': undefined;
  /** The generation up to which samples were deleted. */
  delete: number;
  'clean-tombstones': readonly BlockRange[];
  forget: readonly BlockRange[];
  marks: undefined;
  /** The request's id. */
  'add-delete-request': string;
  'cancel-delete-request': CancelOutcome;
  'carry-out-deletes': CarriedOut;
  'list-delete-requests': readonly ListedDeleteRequest[];
  snapshot: undefined;
  'dead-series': SeriesIds;
  'remove-series': undefined;
  probe: ProbeResult;
  rules: readonly StoredRuleGroup[];
  'put-rules': undefined;
  /** How many there were. */
  'remove-rules': number;
  silences: readonly StoredSilence[];
  'put-silences': undefined;
  'remove-silences': undefined;
  'alert-state': readonly StoredAlertState[];
  'change-alert-state': undefined;
  'journal-append': undefined;
  'journal-cut': undefined;
  'keep-metric-log': undefined;
  /** Ascending; none at the end. */
  'journal-read': readonly JournalRow[];
  stats: StatsAnswer;
  blocks: readonly BlockInfo[];
  close: undefined;
}

export type WriterMessage =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: { readonly message: string; readonly kind?: string } }
  | { readonly replay: Uint8Array; readonly generation: number }
  /** What was replayed so far is void: it comes again. */
  | { readonly replayAgain: true }
  /** Damage that was found, in one line. */
  | { readonly damage: string };
