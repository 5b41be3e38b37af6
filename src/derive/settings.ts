/**
 * What metrics are derived from spans, and how: the settings of `metrics_generator`, under Tempo's names and with its
 * defaults where there is no reason for another.
 */

export type Processor =
  | 'service-graphs'
  | 'service-graphs-request'
  | 'service-graphs-latency'
  | 'service-graphs-connection-info'
  | 'span-metrics'
  | 'span-metrics-count'
  | 'span-metrics-latency'
  | 'span-metrics-size';

export const PROCESSORS: readonly Processor[] = [
  'service-graphs',
  'service-graphs-request',
  'service-graphs-latency',
  'service-graphs-connection-info',
  'span-metrics',
  'span-metrics-count',
  'span-metrics-latency',
  'span-metrics-size',
];

export type IntrinsicDimension = 'service' | 'span_name' | 'span_kind' | 'status_code' | 'status_message';

export const INTRINSIC_DIMENSIONS: readonly IntrinsicDimension[] = [
  'service',
  'span_name',
  'span_kind',
  'status_code',
  'status_message',
];

/** `both` writes classic series and native histograms. */
export type HistogramMode = 'classic' | 'native' | 'both';

/** What an attribute must be; integers and floats are told apart, as attributes tell them. */
export type PolicyValue =
  | { readonly type: 'string' | 'regex'; readonly value: string }
  | { readonly type: 'int' | 'float'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean };

/** `scope` is where the attribute is looked for, or the property of the span that is meant. */
export interface PolicyAttribute {
  readonly scope: 'resource' | 'span' | 'name' | 'kind' | 'status';
  /** Empty for a property. */
  readonly key: string;
  readonly value: PolicyValue;
}

/** Matches where all attributes do. */
export type PolicyMatch = readonly PolicyAttribute[];

/** Excluded, else included by any of `includeAny`, else by all of `include`. */
export interface FilterPolicy {
  readonly include: PolicyMatch | undefined;
  readonly includeAny: PolicyMatch | undefined;
  readonly exclude: PolicyMatch | undefined;
}

/** A label of the values of several attributes. */
export interface DimensionMapping {
  readonly name: string;
  readonly sourceLabels: readonly string[];
  readonly join: string;
}

interface ProcessorSettings {
  /** Upper bounds in seconds, ascending, without +Inf. */
  readonly histogramBuckets: readonly number[];
  readonly dimensions: readonly string[];
  readonly filterPolicies: readonly FilterPolicy[];
  /** An attribute that says which share of the spans was kept; empty: none. */
  readonly spanMultiplierKey: string;
}

export interface SpanMetricsSettings extends ProcessorSettings {
  readonly intrinsicDimensions: Readonly<Record<IntrinsicDimension, boolean>>;
  readonly dimensionMappings: readonly DimensionMapping[];
  readonly enableTargetInfo: boolean;
  readonly targetInfoExcludedDimensions: readonly string[];
  readonly enableInstanceLabel: boolean;
}

export interface ServiceGraphSettings extends ProcessorSettings {
  /** How long half of an edge waits for the other. */
  readonly waitMs: number;
  /** Halves that wait at the same time. */
  readonly maxItems: number;
  readonly enableClientServerPrefix: boolean;
  readonly enableVirtualNodeLabel: boolean;
  readonly enableMessagingSystemLatencyHistogram: boolean;
  readonly peerAttributes: readonly string[];
  readonly databaseNameAttributes: readonly string[];
}

export interface NativeHistogramSettings {
  /** From one bucket to the next. */
  readonly bucketFactor: number;
  readonly maxBuckets: number;
  /** A histogram with too many buckets begins anew when its last beginning is so long ago, else it gets wider buckets. */
  readonly minResetMs: number;
}

export interface MetricsGeneratorSettings {
  readonly processors: readonly Processor[];
  readonly spanMetrics: SpanMetricsSettings;
  readonly serviceGraphs: ServiceGraphSettings;
  readonly histograms: HistogramMode;
  readonly nativeHistograms: NativeHistogramSettings;
  /** Every series gets a sample so often. */
  readonly collectionIntervalMs: number;
  /** A series that has changed gets one this long after the change, where changes are few; 0: at the interval alone. */
  readonly promptMs: number;
  /** A series without a change for so long ends. */
  readonly staleMs: number;
  /** Spans that ended earlier, or will end later, than this count for nothing; 0: all spans count. */
  readonly slackMs: number;
  /** Of a tenant; 0: no limit. */
  readonly maxActiveSeries: number;
  readonly externalLabels: Readonly<Record<string, string>>;
  /** Label with the tenant's id; empty: none. */
  readonly injectTenantIdAs: string;
  readonly traceIdLabel: string;
  readonly labelNameMaxBytes: number;
  readonly labelValueMaxBytes: number;
}

/** Roots wait too: at a few thousand traces a second Tempo's 10000 would leave calls out. A row is 128 bytes. */
const DEFAULT_EDGES_MAX = 50_000;
/** As many series as a small server bears without anybody noticing; Tempo has no limit unless told. */
const DEFAULT_ACTIVE_SERIES_MAX = 100_000;

function doubling(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first * 2 ** i);
}

export const DEFAULT_SPAN_METRICS: SpanMetricsSettings = {
  histogramBuckets: doubling(0.002, 14),
  dimensions: [],
  filterPolicies: [],
  spanMultiplierKey: '',
  intrinsicDimensions: {
    service: true,
    span_name: true,
    span_kind: true,
    status_code: true,
    status_message: false,
  },
  dimensionMappings: [],
  enableTargetInfo: false,
  targetInfoExcludedDimensions: [],
  enableInstanceLabel: true,
};

export const DEFAULT_SERVICE_GRAPHS: ServiceGraphSettings = {
  histogramBuckets: doubling(0.1, 8),
  dimensions: [],
  filterPolicies: [],
  spanMultiplierKey: '',
  waitMs: 10_000,
  maxItems: DEFAULT_EDGES_MAX,
  enableClientServerPrefix: false,
  enableVirtualNodeLabel: false,
  enableMessagingSystemLatencyHistogram: false,
  peerAttributes: ['peer.service', 'db.name', 'db.system', 'db.system.name'],
  databaseNameAttributes: ['db.namespace', 'db.name', 'db.system', 'db.system.name'],
};

export const DEFAULT_METRICS_GENERATOR: MetricsGeneratorSettings = {
  processors: ['service-graphs', 'span-metrics'],
  spanMetrics: DEFAULT_SPAN_METRICS,
  serviceGraphs: DEFAULT_SERVICE_GRAPHS,
  histograms: 'classic',
  nativeHistograms: { bucketFactor: 1.1, maxBuckets: 100, minResetMs: 15 * 60_000 },
  collectionIntervalMs: 15_000,
  promptMs: 1000,
  staleMs: 15 * 60_000,
  slackMs: 30_000,
  maxActiveSeries: DEFAULT_ACTIVE_SERIES_MAX,
  externalLabels: {},
  injectTenantIdAs: '',
  traceIdLabel: 'traceID',
  labelNameMaxBytes: 1024,
  labelValueMaxBytes: 2048,
};
