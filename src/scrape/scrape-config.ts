/**
 * What a scrape configuration says, as plain data in camelCase with every default filled in. The YAML is read and
 * checked elsewhere; scraping only sees these types. Durations are milliseconds, sizes bytes, and 0 as a limit
 * means no limit.
 */

import type { HttpClientConfig } from '../base/http-client.ts';
import type { RelabelConfig } from '../model/relabel.ts';
import { type DiscoveryConfig, NO_DISCOVERY } from './discovery/discovery-config.ts';

export type ScrapeProtocol =
  | 'PrometheusProto'
  | 'OpenMetricsText0.0.1'
  | 'OpenMetricsText1.0.0'
  | 'PrometheusText0.0.4'
  | 'PrometheusText1.0.0';

export const SCRAPE_PROTOCOLS: readonly ScrapeProtocol[] = [
  'PrometheusProto',
  'OpenMetricsText0.0.1',
  'OpenMetricsText1.0.0',
  'PrometheusText0.0.4',
  'PrometheusText1.0.0',
];

/** As `Accept` has it. The last three turn every name into one of the classic alphabet. */
export type NameEscaping = 'allow-utf-8' | 'underscores' | 'dots' | 'values';

export interface ScrapeConfig extends DiscoveryConfig {
  readonly jobName: string;
  readonly scrapeIntervalMs: number;
  readonly scrapeTimeoutMs: number;
  readonly metricsPath: string;
  readonly scheme: 'http' | 'https';
  /** Query parameters; the first value of each is also the label `__param_<name>`. */
  readonly params: Readonly<Record<string, readonly string[]>>;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly trackTimestampsStaleness: boolean;
  readonly enableCompression: boolean;
  /** Formats asked for, best first. */
  readonly scrapeProtocols: readonly ScrapeProtocol[];
  readonly fallbackScrapeProtocol?: ScrapeProtocol;
  /** Takes native histograms, which protobuf alone carries. */
  readonly scrapeNativeHistograms: boolean;
  /** More buckets are merged; a histogram that has too many even so fails the scrape. 0 is no limit. */
  readonly nativeHistogramBucketLimit: number;
  /** Buckets that grow by less from one to the next are merged; 1 or less merges none. */
  readonly nativeHistogramMinBucketFactor: number;
  /** Classic histograms become native ones with custom buckets. */
  readonly convertClassicHistogramsToNhcb: boolean;
  /** Keeps the classic series of histograms that are native or converted. */
  readonly alwaysScrapeClassicHistograms: boolean;
  /** OpenMetrics' `…_created` lines tell when samples began, instead of being samples. */
  readonly startTimestamps: boolean;
  /** Adds `scrape_timeout_seconds`, `scrape_sample_limit`, `scrape_body_size_bytes` to the report series. */
  readonly extraScrapeMetrics: boolean;
  /** `legacy` takes only names of the classic alphabet. */
  readonly nameValidation: 'utf8' | 'legacy';
  /** How targets are asked to write names that are not of the classic alphabet. */
  readonly nameEscaping: NameEscaping;
  readonly bodySizeLimitBytes: number;
  readonly sampleLimit: number;
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number;
  readonly labelValueLengthLimit: number;
  /** Above this number of targets every target of the job fails. */
  readonly targetLimit: number;
  /** Dropped targets remembered for display; 0 keeps all. */
  readonly keepDroppedTargets: number;
  readonly relabelConfigs: readonly RelabelConfig[];
  readonly metricRelabelConfigs: readonly RelabelConfig[];
  readonly client: HttpClientConfig;
  /** Gets a line of JSON for each scrape that brought nothing. */
  readonly failureLogFile?: string;
  /** Whether targets may be sockets of this machine: not where who wrote the job has no rights on it. */
  readonly mayUseSockets: boolean;
}

export const DEFAULT_SCRAPE_INTERVAL_MS = 60_000;
export const DEFAULT_SCRAPE_TIMEOUT_MS = 10_000;
/** Trilite's scraping of itself where there is no configuration. */
export const SELF_SCRAPE_INTERVAL_MS = 15_000;

export const DEFAULT_HTTP_CLIENT: HttpClientConfig = { followRedirects: true, httpHeaders: {} };

/** What is asked for where nothing is said of it. */
const TEXT_PROTOCOLS: readonly ScrapeProtocol[] = [
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
];
/** The same for a job that wants what protobuf alone, or protobuf best, carries. */
const PROTOBUF_FIRST: readonly ScrapeProtocol[] = ['PrometheusProto', ...TEXT_PROTOCOLS];

/** The protocols to ask for: `told`, unless that is itself one of the defaults. */
export function defaultProtocols(
  told: readonly ScrapeProtocol[],
  wantsProtobuf: boolean,
): readonly ScrapeProtocol[] {
  if (told !== TEXT_PROTOCOLS && told !== PROTOBUF_FIRST) return told;
  return wantsProtobuf ? PROTOBUF_FIRST : TEXT_PROTOCOLS;
}

/** A job with nothing said: every default of the format. */
export const DEFAULT_SCRAPE_CONFIG: ScrapeConfig = {
  jobName: '',
  scrapeIntervalMs: DEFAULT_SCRAPE_INTERVAL_MS,
  scrapeTimeoutMs: DEFAULT_SCRAPE_TIMEOUT_MS,
  metricsPath: '/metrics',
  scheme: 'http',
  params: {},
  honorLabels: false,
  honorTimestamps: true,
  trackTimestampsStaleness: false,
  enableCompression: true,
  scrapeProtocols: TEXT_PROTOCOLS,
  scrapeNativeHistograms: false,
  nativeHistogramBucketLimit: 0,
  nativeHistogramMinBucketFactor: 0,
  convertClassicHistogramsToNhcb: false,
  alwaysScrapeClassicHistograms: false,
  startTimestamps: false,
  extraScrapeMetrics: false,
  nameValidation: 'utf8',
  nameEscaping: 'allow-utf-8',
  bodySizeLimitBytes: 0,
  sampleLimit: 0,
  labelLimit: 0,
  labelNameLengthLimit: 0,
  labelValueLengthLimit: 0,
  targetLimit: 0,
  keepDroppedTargets: 0,
  ...NO_DISCOVERY,
  relabelConfigs: [],
  metricRelabelConfigs: [],
  client: DEFAULT_HTTP_CLIENT,
  mayUseSockets: true,
};
