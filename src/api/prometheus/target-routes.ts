/** Targets and the jobs they belong to, and what relabelling makes of a target step by step. */

import { TriliteError } from '../../model/errors.ts';
import { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { RelabelConfig } from '../../model/relabel.ts';
import { formatRfc3339 } from '../../model/time.ts';
import { namedError, type Params, plainLimit } from '../params.ts';
import type { Route } from '../route.ts';
import { get, ZERO_TIME } from './front-route.ts';
import type { PrometheusStatusView, TargetView } from './status-view.ts';

/** The operator's: what is scraped, and how, is configured for the server as a whole. */
export function targetRoutes(view: PrometheusStatusView): Route[] {
  return [
    get('targets', 'operator', (params) => targets(view, params)),
    get('targets/metadata', 'operator', (params) => targetMetadata(view, params)),
    get('targets/relabel_steps', 'operator', (params) => relabelSteps(view, params)),
    get('scrape_pools', 'operator', () => ({ scrapePools: [...view.scrapePools()].sort() })),
    get('scrape_pools/config', 'operator', async (params) => ({ yaml: await pool(view, params).yaml() })),
  ];
}

function targets(view: PrometheusStatusView, params: Params): unknown {
  const state = params.get('state').toLowerCase();
  const name = params.get('scrapePool');
  const shows = (which: string) => state === '' || state === 'any' || state === which;
  const ofPool = (t: { scrapePool: string }) => name === '' || t.scrapePool === name;
  const dropped = shows('dropped');
  return {
    activeTargets: shows('active') ? view.activeTargets().filter(ofPool).map(targetJson) : [],
    droppedTargets: dropped ? view.droppedTargets().filter(ofPool) : [],
    droppedTargetCounts: dropped ? view.droppedTargetCounts() : null,
  };
}

function targetJson(target: TargetView): unknown {
  return {
    discoveredLabels: target.discoveredLabels,
    labels: target.labels,
    scrapePool: target.scrapePool,
    scrapeUrl: target.scrapeUrl,
    globalUrl: target.globalUrl,
    lastError: target.lastError,
    lastScrape: target.lastScrapeMs === undefined ? ZERO_TIME : formatRfc3339(target.lastScrapeMs),
    lastScrapeDuration: target.lastScrapeDurationSeconds,
    health: target.health,
    scrapeInterval: target.scrapeInterval,
    scrapeTimeout: target.scrapeTimeout,
  };
}

/** Loads the parser when asked: this runs on the front, which has no use for it otherwise. */
async function targetMetadata(view: PrometheusStatusView, params: Params): Promise<unknown> {
  const { parseSelectorText } = await import('../../query/promql-text.ts');
  const { matchesAll } = await import('../../model/matcher.ts');
  const limit = plainLimit(params, 'limit');
  const metric = params.get('metric');
  const match = params.get('match_target');
  let matchers: readonly Matcher[] = [];
  try {
    if (match !== '') matchers = parseSelectorText(match);
  } catch (error) {
    throw namedError('match_target', error);
  }
  const out: unknown[] = [];
  let before: unknown;
  for (const { target, metric: name, type, help, unit } of view.targetMetadata()) {
    // The limit is looked at between targets only.
    if (target !== before && out.length >= limit) break;
    before = target;
    if (metric !== '' && name !== metric) continue;
    if (matchers.length > 0 && !matchesAll(matchers, Labels.from(target))) continue;
    out.push({ target, ...(metric === '' ? { metric: name } : {}), type, help, unit });
  }
  return out;
}

function required(params: Params, name: string): string {
  const value = params.get(name);
  if (value === '') throw new TriliteError('bad_data', `no ${name} parameter provided`);
  return value;
}

function pool(view: PrometheusStatusView, params: Params) {
  const name = required(params, 'scrapePool');
  const found = view.scrapePool(name);
  if (found !== undefined) return found;
  const rule = `error retrieving scrape config: scrape pool ${JSON.stringify(name)} not found`;
  throw new TriliteError('bad_data', rule);
}

async function relabelSteps(view: PrometheusStatusView, params: Params): Promise<unknown> {
  required(params, 'scrapePool');
  let labels: Labels | undefined = readLabels(required(params, 'labels'));
  const { relabelConfigs, nameValidation } = pool(view, params);
  const { compileRelabel, relabel } = await import('../../model/relabel.ts');
  const steps = [];
  for (const config of relabelConfigs) {
    labels = labels && relabel(labels, compileRelabel([config]), nameValidation);
    steps.push({ rule: ruleJson(config), output: labels?.toObject() ?? {}, keep: labels !== undefined });
  }
  return { steps };
}

/** A JSON object of strings. */
function readLabels(text: string): Labels {
  const fail = (why: string): never => {
    throw new TriliteError('bad_data', `error parsing labels: ${why}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    fail((error as Error).message);
  }
  if (value === null) return Labels.EMPTY;
  if (typeof value !== 'object' || Array.isArray(value)) fail('expected an object of names and values');
  for (const [name, item] of Object.entries(value as object)) {
    if (typeof item !== 'string') fail(`the value of ${JSON.stringify(name)} is no string`);
  }
  return Labels.from(value as Record<string, string>);
}

/** Empty members are left out, as in a configuration. */
function ruleJson(config: RelabelConfig): unknown {
  const { sourceLabels, separator, regex, modulus, targetLabel, replacement, action } = config;
  return {
    ...(sourceLabels.length > 0 && { source_labels: sourceLabels }),
    ...(separator !== '' && { separator }),
    regex,
    ...(modulus !== 0 && { modulus }),
    ...(targetLabel !== '' && { target_label: targetLabel }),
    ...(replacement !== '' && { replacement }),
    action,
  };
}
