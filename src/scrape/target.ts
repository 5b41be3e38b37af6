/**
 * From what discovery says to what is scraped: a target's labels are completed with the job's settings under
 * `__` names, relabelled, and read back, so that relabelling may change the address, path, scheme, parameters and
 * intervals of a single target.
 */

import { formatDuration, parseDuration } from '../model/duration.ts';
import { TriliteError } from '../model/errors.ts';
import { Labels } from '../model/labels.ts';
import { type RelabelRule, relabel } from '../model/relabel.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import { targetUrl } from './target-url.ts';

const ADDRESS = '__address__';
const SCHEME = '__scheme__';
const METRICS_PATH = '__metrics_path__';
const SCRAPE_INTERVAL = '__scrape_interval__';
const SCRAPE_TIMEOUT = '__scrape_timeout__';
const PARAM = '__param_';
const UNIX_SOCKET = '__unix_socket__';
const META = '__meta_';
const NATIVE_HISTOGRAMS = '__scrape_native_histograms__';
const CLASSIC_HISTOGRAMS = '__always_scrape_classic_histograms__';
const CONVERT_HISTOGRAMS = '__convert_classic_histograms_to_nhcb__';
/** What Go reads as a truth value. */
const TRUTH: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
]);

/** What a job says of histograms, and relabelling may say otherwise of a target. */
export type HistogramSettings = Pick<
  ScrapeConfig,
  'scrapeNativeHistograms' | 'alwaysScrapeClassicHistograms' | 'convertClassicHistogramsToNhcb'
>;

export interface Target {
  /** Before relabelling. */
  readonly discovered: Labels;
  /** What every series of the target gets: no `__` names. */
  readonly labels: Labels;
  readonly url: string;
  /** Connected to instead of the URL's host; '' is none. */
  readonly socketPath: string;
  /** Equal exactly for what is one target: all labels that relabelling left but `__meta_…`, and the URL. */
  readonly identity: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** As they were written. */
  readonly intervalText: string;
  readonly timeoutText: string;
  readonly histograms: HistogramSettings;
}

/** A group of targets that discovery found: addresses and the labels they share. */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export type TargetOutcome =
  | { readonly kind: 'active'; readonly target: Target }
  /** Relabelling dropped it. */
  | { readonly kind: 'dropped'; readonly discovered: Labels }
  /** It cannot be scraped as it stands. */
  | { readonly kind: 'invalid'; readonly discovered: Labels; readonly message: string };

/** What a target's labels are before relabelling: what discovery says, and the job's settings where that is empty. */
export function discoveredLabels(address: string, group: TargetGroup, config: ScrapeConfig): Labels {
  const entries = new Map<string, string>(Object.entries(group.labels));
  entries.set(ADDRESS, address);
  const byDefault = (name: string, value: string): void => {
    if (!entries.get(name)) entries.set(name, value);
  };
  byDefault('job', config.jobName);
  byDefault(SCHEME, config.scheme);
  byDefault(METRICS_PATH, config.metricsPath);
  byDefault(SCRAPE_INTERVAL, formatDuration(config.scrapeIntervalMs));
  byDefault(SCRAPE_TIMEOUT, formatDuration(config.scrapeTimeoutMs));
  byDefault(CONVERT_HISTOGRAMS, String(config.convertClassicHistogramsToNhcb));
  byDefault(CLASSIC_HISTOGRAMS, String(config.alwaysScrapeClassicHistograms));
  byDefault(NATIVE_HISTOGRAMS, String(config.scrapeNativeHistograms));
  for (const [name, values] of Object.entries(config.params)) {
    if (values.length > 0) byDefault(PARAM + name, values[0]!);
  }
  return Labels.from(entries);
}

export function buildTarget(
  discovered: Labels,
  config: ScrapeConfig,
  rules: readonly RelabelRule[],
): TargetOutcome {
  const result = relabel(discovered, rules, config.nameValidation);
  if (result === undefined) return { kind: 'dropped', discovered };
  try {
    return { kind: 'active', target: readTarget(discovered, result, config) };
  } catch (e) {
    if (e instanceof TriliteError) return { kind: 'invalid', discovered, message: e.message };
    throw e;
  }
}

function readTarget(discovered: Labels, all: Labels, config: ScrapeConfig): Target {
  const address = all.get(ADDRESS);
  if (address === '') throw new TriliteError('bad_data', 'no address');
  if (address.includes('/')) throw new TriliteError('bad_data', `"${address}" is not a valid hostname`);
  const intervalMs = readDuration(all, SCRAPE_INTERVAL, 'scrape interval');
  const timeoutMs = readDuration(all, SCRAPE_TIMEOUT, 'scrape timeout');
  const intervalText = all.get(SCRAPE_INTERVAL);
  const timeoutText = all.get(SCRAPE_TIMEOUT);
  if (timeoutMs > intervalMs) {
    const which = `${JSON.stringify(timeoutText)} > ${JSON.stringify(intervalText)}`;
    throw new TriliteError('bad_data', `scrape timeout cannot be greater than scrape interval (${which})`);
  }
  const histograms = readHistograms(all, config);
  const kept = all.filter((name) => !name.startsWith(META));
  const visible = kept.filter((name) => !name.startsWith('__'));
  const labels = visible.has('instance') ? visible : visible.with('instance', address);
  const url = urlOf(all, config, address);
  const identity = `${kept.key()} ${url}`;
  const socketPath = all.get(UNIX_SOCKET);
  if (socketPath !== '' && !config.mayUseSockets) {
    throw new TriliteError(
      'bad_data',
      `${UNIX_SOCKET}: targets of this job may not be sockets of this machine`,
    );
  }
  const interval = { intervalMs, timeoutMs, intervalText, timeoutText };
  return { discovered, labels, url, socketPath, identity, ...interval, histograms };
}

function readDuration(all: Labels, name: string, what: string): number {
  let ms: number;
  try {
    ms = parseDuration(all.get(name));
  } catch (e) {
    throw new TriliteError('bad_data', `error parsing ${what}: ${(e as Error).message}`);
  }
  if (!(ms > 0)) throw new TriliteError('bad_data', `${what} cannot be 0`);
  return ms;
}

function readHistograms(all: Labels, config: ScrapeConfig): HistogramSettings {
  const truth = (name: string, what: string, fallback: boolean): boolean => {
    const text = all.get(name);
    if (text === '') return fallback;
    const value = TRUTH.get(text);
    if (value !== undefined) return value;
    const why = `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`;
    throw new TriliteError('bad_data', `error parsing ${what}: ${why}`);
  };
  const { convertClassicHistogramsToNhcb, alwaysScrapeClassicHistograms, scrapeNativeHistograms } = config;
  return {
    convertClassicHistogramsToNhcb: truth(
      CONVERT_HISTOGRAMS,
      'convert classic histograms to nhcb',
      convertClassicHistogramsToNhcb,
    ),
    alwaysScrapeClassicHistograms: truth(
      CLASSIC_HISTOGRAMS,
      'always scrape classic histograms',
      alwaysScrapeClassicHistograms,
    ),
    scrapeNativeHistograms: truth(NATIVE_HISTOGRAMS, 'scrape native histograms', scrapeNativeHistograms),
  };
}

/** Parameters as configured, the first value of each replaced by its label. */
function urlOf(all: Labels, config: ScrapeConfig, address: string): string {
  const params = new Map<string, string[]>();
  for (const [name, values] of Object.entries(config.params)) params.set(name, [...values]);
  const p = all.pairs;
  for (let i = 0; i < p.length; i += 2) {
    if (!p[i]!.startsWith(PARAM)) continue;
    const name = p[i]!.slice(PARAM.length);
    const values = params.get(name);
    if (values && values.length > 0) values[0] = p[i + 1]!;
    else params.set(name, [p[i + 1]!]);
  }
  return targetUrl({ scheme: all.get(SCHEME), address, path: all.get(METRICS_PATH), params });
}
