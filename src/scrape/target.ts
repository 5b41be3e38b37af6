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

const ADDRESS = '__address__';
const SCHEME = '__scheme__';
const METRICS_PATH = '__metrics_path__';
const SCRAPE_INTERVAL = '__scrape_interval__';
const SCRAPE_TIMEOUT = '__scrape_timeout__';
const PARAM = '__param_';
const UNIX_SOCKET = '__unix_socket__';

export interface Target {
  /** Before relabelling. */
  readonly discovered: Labels;
  /** What every series of the target gets: no `__` names. */
  readonly labels: Labels;
  readonly url: string;
  /** Connected to instead of the URL's host; '' is none. */
  readonly socketPath: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
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

/** What a target's labels are before relabelling. */
export function discoveredLabels(address: string, group: TargetGroup, config: ScrapeConfig): Labels {
  const entries = new Map<string, string>();
  entries.set('job', config.jobName);
  entries.set(SCHEME, config.scheme);
  entries.set(METRICS_PATH, config.metricsPath);
  entries.set(SCRAPE_INTERVAL, formatDuration(config.scrapeIntervalMs));
  entries.set(SCRAPE_TIMEOUT, formatDuration(config.scrapeTimeoutMs));
  for (const [name, values] of Object.entries(config.params)) {
    if (values.length > 0) entries.set(PARAM + name, values[0]!);
  }
  // Discovery's labels win over the defaults; an empty one is none.
  for (const [name, value] of Object.entries(group.labels)) if (value !== '') entries.set(name, value);
  entries.set(ADDRESS, address);
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
  if (timeoutMs > intervalMs) {
    throw new TriliteError(
      'bad_data',
      `scrape timeout cannot be greater than scrape interval ("${all.get(SCRAPE_TIMEOUT)}" > "${all.get(SCRAPE_INTERVAL)}")`,
    );
  }
  const visible = all.filter((name) => !name.startsWith('__'));
  const labels = visible.has('instance') ? visible : visible.with('instance', address);
  const url = targetUrl(all, config, address);
  return { discovered, labels, url, socketPath: all.get(UNIX_SOCKET), intervalMs, timeoutMs };
}

function readDuration(all: Labels, name: string, what: string): number {
  const text = all.get(name);
  const ms = parseDuration(text);
  if (!(ms > 0)) throw new TriliteError('bad_data', `${what} cannot be 0`);
  return ms;
}

/** Parameters as configured, the first value of each replaced by its label. */
function targetUrl(all: Labels, config: ScrapeConfig, address: string): string {
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
  const query = new URLSearchParams();
  for (const name of [...params.keys()].sort()) for (const v of params.get(name)!) query.append(name, v);
  const path = all.get(METRICS_PATH);
  const text = `${all.get(SCHEME)}://${address}${path.startsWith('/') ? '' : '/'}${path}`;
  if (!URL.canParse(text)) throw new TriliteError('bad_data', `"${text}" is not a valid URL`);
  const url = new URL(text);
  for (const [name, value] of query) url.searchParams.append(name, value);
  return url.href;
}
