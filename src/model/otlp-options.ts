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
  /** Deltas under options with one and the same object here are added up together; without one, under these alone. */
  readonly deltaGroup?: object;
  /** `target_info` gets a sample at least every half of this; the query engine's lookback. */
  readonly lookbackMs: number;
}

/** As configured: what the configuration leaves open is another default on each way in. */
export interface OtlpSettings extends Omit<OtlpTranslationOptions, 'keepIdentifyingResourceAttributes'> {
  readonly keepIdentifyingResourceAttributes: boolean | undefined;
}

/** Options by way in; one and the same object where nothing differs. */
export interface OtlpOptionsByPath {
  /** Prometheus' path, with its defaults. */
  readonly prometheus: OtlpTranslationOptions;
  /**
   * The collector's paths: whoever sends there expects what a collector in front of Prometheus gives, where
   * dashboards choose by `service_name` on `target_info`.
   */
  readonly collector: OtlpTranslationOptions;
}

export function otlpOptionsByPath(settings: OtlpSettings): OtlpOptionsByPath {
  const deltaGroup = {};
  const keeping = (keepIdentifyingResourceAttributes: boolean) => ({
    ...settings,
    deltaGroup,
    keepIdentifyingResourceAttributes,
  });
  const configured = settings.keepIdentifyingResourceAttributes;
  if (configured === undefined) return { prometheus: keeping(false), collector: keeping(true) };
  const options = keeping(configured);
  return { prometheus: options, collector: options };
}

/** As Prometheus has them. */
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

export const DEFAULT_OTLP_SETTINGS: OtlpSettings = {
  ...DEFAULT_OTLP_OPTIONS,
  keepIdentifyingResourceAttributes: undefined,
};
