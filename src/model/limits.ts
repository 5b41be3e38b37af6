/**
 * Limits on what is taken in, each with its reason. Defaults are those of the systems whose protocols they belong
 * to, so that a client tuned for one of them behaves the same here; 0 means no limit where the member says so.
 */

/** Limits on log streams and entries. */
export interface LogLimits {
  /** Labels of a stream, `service_name` not counted: every label multiplies the streams. */
  readonly labelNamesMax: number;
  readonly labelNameMaxBytes: number;
  readonly labelValueMaxBytes: number;
  /** One line; a longer one is most likely a binary that was taken for a log. 0: no limit. */
  readonly lineMaxBytes: number;
  /** A longer line is cut instead of refused. */
  readonly lineTruncate: boolean;
  /** Structured metadata of one entry: pairs, and bytes of names and values together. */
  readonly metadataPairsMax: number;
  readonly metadataMaxBytes: number;
  /** Entries further ahead of the clock than this are refused: a client's clock is wrong. */
  readonly futureMs: number;
  /** Entries older than this are refused. 0: any age is accepted. */
  readonly maxAgeMs: number;
  /** Streams without a `service_name` get one from other labels, or `unknown_service`. */
  readonly discoverServiceName: boolean;
  /** Entries get `detected_level` in their metadata. */
  readonly detectLevel: boolean;
}

export const DEFAULT_LOG_LIMITS: LogLimits = {
  labelNamesMax: 15,
  labelNameMaxBytes: 1024,
  labelValueMaxBytes: 2048,
  lineMaxBytes: 256 * 1024,
  lineTruncate: false,
  metadataPairsMax: 128,
  metadataMaxBytes: 64 * 1024,
  futureMs: 10 * 60_000,
  maxAgeMs: 0,
  discoverServiceName: true,
  detectLevel: true,
};

/** Limits on streams and tenants, which are Loki's but off unless they are set: 0 is no limit. */
export interface LogRateLimits {
  /** How much older than the newest entry of its stream one may be. */
  readonly outOfOrderMs: number;
  /** Bytes a second of a tenant, and at once. */
  readonly ingestionRate: number;
  readonly ingestionBurst: number;
  /** Bytes a second of a stream, and at once. */
  readonly streamRate: number;
  readonly streamBurst: number;
  /** Active streams of a tenant. */
  readonly streamsMax: number;
}

export const NO_LOG_RATE_LIMITS: LogRateLimits = {
  outOfOrderMs: 0,
  ingestionRate: 0,
  ingestionBurst: 0,
  streamRate: 0,
  streamBurst: 0,
  streamsMax: 0,
};

/** Refused items whose reasons are kept one by one; more are only counted, so a bad request cannot grow the answer. */
export const REFUSALS_KEPT_MAX = 100;
