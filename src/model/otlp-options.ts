/** How OTLP metrics become series: the `otlp:` block of the configuration, with its defaults. */

export type OtlpTranslationStrategy =
  /** Unit and type suffixes, everything outside the classic alphabet becomes `_`. */
  | 'UnderscoreEscapingWithSuffixes'
  | 'UnderscoreEscapingWithoutSuffixes'
  /** Names stay as they are, with suffixes appended. */
  | 'NoUTF8EscapingWithSuffixes'
  | 'NoTranslation';

/** What becomes of metrics with delta temporality. */
export type OtlpDelta =
  /** They are refused. */
  | 'refuse'
  /** They are added up to cumulative ones, in memory. */
  | 'cumulative'
  /** Deltas are stored as they are, as metrics of unknown type. */
  | 'raw';

export interface OtlpTranslationOptions {
  readonly strategy: OtlpTranslationStrategy;
  /** Resource attributes that become labels of every series of the resource. */
  readonly promoteResourceAttributes: readonly string[];
  /** Promotes all but `ignoreResourceAttributes`; excludes a list of its own. */
  readonly promoteAllResourceAttributes: boolean;
  readonly ignoreResourceAttributes: readonly string[];
  /** Keeps service.name, service.namespace and service.instance.id on `target_info`. */
  readonly keepIdentifyingResourceAttributes: boolean;
  /** Adds otel_scope_name, _version, _schema_url and the scope's attributes as labels. */
  readonly promoteScopeMetadata: boolean;
  readonly convertHistogramsToNhcb: boolean;
  /** `_x` becomes `key_x`. */
  readonly labelNameUnderscoreSanitization: boolean;
  /** Runs of replaced characters stay runs of `_`. */
  readonly labelNamePreserveMultipleUnderscores: boolean;
  readonly delta: OtlpDelta;
  /** `target_info` gets a sample at least every half of this; the query engine's lookback. */
  readonly lookbackMs: number;
}

export const DEFAULT_OTLP_OPTIONS: OtlpTranslationOptions = {
  strategy: 'UnderscoreEscapingWithSuffixes',
  promoteResourceAttributes: [],
  promoteAllResourceAttributes: false,
  ignoreResourceAttributes: [],
  keepIdentifyingResourceAttributes: false,
  promoteScopeMetadata: false,
  convertHistogramsToNhcb: false,
  labelNameUnderscoreSanitization: true,
  labelNamePreserveMultipleUnderscores: true,
  delta: 'refuse',
  lookbackMs: 300_000,
};
