/** What tail sampling is told: `trilite.tail_sampling` in the shape of the collector's processor, times in ms. */

/** Bounds that are absent do not bind. */
export type PolicyRule =
  | { readonly type: 'always_sample' }
  | { readonly type: 'trace_flags' }
  | { readonly type: 'latency'; readonly thresholdMs: number; readonly upperThresholdMs: number }
  | {
      readonly type: 'numeric_attribute';
      readonly key: string;
      readonly min: bigint | undefined;
      readonly max: bigint | undefined;
      readonly invert: boolean;
    }
  | { readonly type: 'probabilistic'; readonly percentage: number; readonly salt: string }
  | { readonly type: 'status_code'; readonly codes: readonly number[] }
  | {
      readonly type: 'string_attribute';
      readonly key: string;
      readonly values: readonly string[];
      readonly isRegex: boolean;
      readonly cacheSize: number;
      readonly invert: boolean;
    }
  | {
      readonly type: 'boolean_attribute';
      readonly key: string;
      readonly value: boolean;
      readonly invert: boolean;
    }
  | { readonly type: 'trace_state'; readonly key: string; readonly values: readonly string[] }
  /** Spans, or bytes of them, a second. */
  | { readonly type: 'rate_limiting' | 'bytes_limiting'; readonly perSecond: number; readonly burst: number }
  | { readonly type: 'span_count'; readonly min: number; readonly max: number }
  | { readonly type: 'and' | 'drop'; readonly policies: readonly PolicyConfig[] }
  | { readonly type: 'not'; readonly policy: PolicyConfig }
  | {
      readonly type: 'composite';
      readonly spansPerSecond: number;
      /** Each with the spans a second that it may take of the whole. */
      readonly policies: readonly { readonly policy: PolicyConfig; readonly spansPerSecond: number }[];
    };

export type PolicyType = PolicyRule['type'];

export interface PolicyConfig {
  readonly name: string;
  readonly rule: PolicyRule;
}

export interface TailSamplingConfig {
  /** From the first span of a trace to its decision. */
  readonly decisionWaitMs: number;
  /** From a trace's root span to its decision, where that is earlier; 0: the root changes nothing. */
  readonly rootWaitMs: number;
  /** Traces that wait or whose decision is remembered. */
  readonly tracesMax: number;
  /** Decisions that are remembered beside those; 0: none beside. */
  readonly sampledCacheSize: number;
  readonly nonSampledCacheSize: number;
  /** Bytes of spans that wait; undefined: a share of the memory limit. */
  readonly bytesMax: number | undefined;
  /** A trace with more bytes is not kept; 0: any size. */
  readonly traceBytesMax: number;
  readonly policies: readonly PolicyConfig[];
  /** The first policy that samples decides: those behind it are not asked. */
  readonly firstMatch: boolean;
  /** `invert_match` of a policy that stands by itself speaks against a trace, as older collectors have it. */
  readonly invertedDecisions: boolean;
  /** A stop in good order forgets the traces that wait. */
  readonly dropsPendingAtStop: boolean;
}

/** The collector's. */
export const DEFAULT_DECISION_WAIT_MS = 30_000;
export const DEFAULT_TRACES_MAX = 50_000;
/** Results of regular expressions that a policy remembers. */
export const DEFAULT_REGEX_CACHE_SIZE = 128;
/** Burst of a rate that names none: so many seconds' worth. */
export const DEFAULT_BURST_SECONDS = 2;
