/**
 * What the checks look at: plain data, taken at one moment. Whatever could not be had is undefined, and is not judged.
 * Times are milliseconds since the epoch.
 */

import type { Finding } from './finding.ts';
import type { Readings } from './readings.ts';

export type Signal = 'metrics' | 'logs' | 'traces';

export interface Counts {
  readonly accepted: number;
  readonly refused: number;
  /** Requests that were refused as a whole. */
  readonly failed: number;
  readonly bytes: number;
}

export interface ReceiverState {
  readonly receiver: string;
  readonly total: Counts;
  readonly deliveries: number;
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  /** By minutes. */
  readonly recent: Readonly<Record<1 | 5 | 15, Counts>>;
  /** Times of items less those of their arrival, over 15 minutes. */
  readonly skew: { readonly minMs: number; readonly maxMs: number } | undefined;
}

export interface SenderState {
  readonly peer: string;
  readonly agent: string;
}

export interface RefusalState extends SenderState {
  readonly receiver: string;
  readonly tenant: string;
  readonly reason: string;
  readonly isWhole: boolean;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly message: string;
  readonly example: string;
  readonly contentType: string;
}

export interface StrayState extends SenderState {
  readonly kind: 'no_endpoint' | 'wrong_method' | 'double_slash' | 'tls' | 'http_on_grpc';
  readonly method: string;
  readonly path: string;
  readonly port: number | undefined;
  readonly contentType: string;
  readonly count: number;
  readonly lastMs: number;
}

export interface SurfaceState {
  readonly surface: string;
  readonly count: number;
  readonly failed: number;
  readonly lastMs: number;
  readonly grafanaMs: number | undefined;
  readonly grafana: string;
  /** How far before its time the earliest start of a question was. */
  readonly farthestMs: number;
}

export interface FailedQuestion extends SenderState {
  readonly surface: string;
  readonly path: string;
  readonly status: number;
  readonly count: number;
  readonly lastMs: number;
  readonly message: string;
  readonly query: string;
}

export interface TargetState {
  readonly job: string;
  readonly instance: string;
  readonly url: string;
  readonly health: 'up' | 'down' | 'unknown';
  readonly error: string;
  readonly durationMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Its clock less this machine's, by the `Date` of its answer, to the second. */
  readonly clockAheadMs: number | undefined;
}

export interface JobState {
  readonly job: string;
  readonly active: number;
  readonly dropped: number;
}

export interface RuleState {
  readonly group: string;
  readonly language: string;
  readonly intervalMs: number;
  /** Of the last evaluation of all its rules. */
  readonly evaluationMs: number;
  readonly failing: readonly { readonly name: string; readonly error: string }[];
  /** How many of its rules are of alerts. */
  readonly alertingRules: number;
}

/** The built-in Alertmanager. */
export interface NotifyState {
  /** Why nobody is told of alerts, in a sentence; '' where somebody is, here or elsewhere. */
  readonly whyNobody: string;
  /** Ways to tell receivers that do not work: `sinceMs` is since when, `notifications` how many were not delivered. */
  readonly failing: readonly {
    readonly receiver: string;
    readonly integration: string;
    readonly error: string;
    readonly sinceMs: number;
    readonly notifications: number;
  }[];
}

export interface StoredState {
  readonly databaseBytes: number;
  readonly freeBytes: number;
  readonly walBytes: number;
  readonly blockBytes: Readonly<Record<Signal, number>>;
  /** Bytes of blocks for each day of data, from the last day's. Undefined: too little is stored to tell. */
  readonly bytesPerDay: Readonly<Record<Signal, number | undefined>>;
  readonly blocks: Readonly<Record<Signal, number>>;
}

export interface NamedNumber {
  readonly name: string;
  readonly value: number;
}

/** Series in memory. */
export interface CardinalityState {
  readonly series: number;
  readonly byMetric: readonly NamedNumber[];
  readonly valuesByLabel: readonly NamedNumber[];
  /** Labels of streams, with how many values they have. */
  readonly streamLabels: readonly (NamedNumber & { readonly examples: readonly string[] })[];
}

/** Of the last hour's logs. */
export interface LogSample {
  readonly streams: number;
  readonly entries: number;
  readonly bytes: number;
  readonly unknownServiceBytes: number;
  /** Trace ids that lines name, and how many of these traces are here. */
  readonly traceIds: number;
  readonly traceIdsFound: number;
}

/** Of the newest traces. */
export interface TraceSample {
  readonly traces: number;
  readonly rootless: number;
  readonly unknownService: number;
  readonly rootlessExample: string;
  readonly exemplars: number;
  readonly exemplarsFound: number;
}

export interface HostState {
  readonly cores: number;
  readonly load1: number | undefined;
  /** Share of the processor time since the machine's start that its host took for others. */
  readonly stealShare: number | undefined;
  readonly throttledShare: number | undefined;
  readonly memoryBytes: number;
  readonly residentBytes: number;
  readonly openFiles: number | undefined;
  readonly openFilesMax: number | undefined;
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | undefined;
  readonly fileSystem: string | undefined;
  readonly isContainer: boolean;
}

export interface ListenerState {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  readonly isLoopback: boolean;
}

export interface ConfigState {
  readonly file: string | undefined;
  readonly dataDir: string;
  readonly keepsNothing: boolean;
  readonly loadedMs: number;
  /** Why the last reading was not taken in; undefined: it was. */
  readonly failure: string | undefined;
  readonly warnings: readonly string[];
  readonly multiTenancy: boolean;
  /** Whether requests have to say who they are. */
  readonly authenticates: boolean;
  readonly memoryBytes: number;
  readonly budgetBytes: number;
  readonly retentionMs: Readonly<Record<Signal, number>>;
  readonly lookbackMs: number;
  readonly delta: string;
  readonly slowQueryMs: number;
  readonly listeners: readonly ListenerState[];
  readonly scrapeJobs: number;
}

export interface Snapshot {
  readonly version: string;
  readonly nowMs: number;
  readonly startMs: number;
  /** How far this machine's clock has moved against elapsed time since the start. */
  readonly clockMovedMs: number;
  readonly receivers: readonly ReceiverState[];
  readonly refusals: readonly RefusalState[];
  readonly strays: readonly StrayState[];
  readonly surfaces: readonly SurfaceState[];
  readonly failedQuestions: readonly FailedQuestion[];
  readonly targets: readonly TargetState[];
  readonly jobs: readonly JobState[];
  readonly rules: readonly RuleState[];
  readonly notifying: NotifyState;
  readonly readings: Readings;
  readonly stored: StoredState | undefined;
  readonly cardinality: CardinalityState | undefined;
  readonly logs: LogSample | undefined;
  readonly traces: TraceSample | undefined;
  readonly host: HostState;
  readonly config: ConfigState;
}

export type Check = (snapshot: Snapshot) => readonly Finding[];
