/**
 * From a series text to the labels that are stored: the target's labels are put on, clashes resolved, metric
 * relabelling applied, the result checked. Runs once for every series text not seen before.
 */

import { utf8Encode } from '../base/bytes.ts';
import { NORMALIZE } from '../ingest/decode/exposition-lines.ts';
import { canonicalFloat, NUMBER_INVALID, readNumber } from '../ingest/decode/exposition-number.ts';
import { TriliteError } from '../model/errors.ts';
import { compareText, Labels, METRIC_NAME } from '../model/labels.ts';
import { type RelabelRule, relabel } from '../model/relabel.ts';
import type { ScrapeConfig } from './scrape-config.ts';

/** Of a name or value in a message. */
const MESSAGE_CHARS_MAX = 50;
const EXPORTED = 'exported_';
const LEGACY_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export interface LabelRules {
  readonly config: ScrapeConfig;
  readonly target: Labels;
  readonly metricRelabel: readonly RelabelRule[];
}

/**
 * The stored labels of what `readSeries` read (name and value alternating; it is changed), or undefined where
 * metric relabelling drops the series. Throws `bad_data` or `limit`: the scrape fails.
 */
export function sampleLabels(pairs: string[], normalize: number, rules: LabelRules): Labels | undefined {
  if (normalize !== NORMALIZE.none) normalizePairs(pairs, normalize === NORMALIZE.le ? 'le' : 'quantile');
  const scraped = toEntries(pairs);
  const placed = rules.config.honorLabels
    ? honorScraped(scraped, rules.target)
    : honorTarget(scraped, rules.target);
  const labels = relabel(placed, rules.metricRelabel, rules.config.nameValidation);
  if (labels === undefined || labels.size === 0) return undefined;
  check(labels, rules.config);
  checkUnique(scraped);
  return labels;
}

function toEntries(pairs: readonly string[]): [string, string][] {
  const out: [string, string][] = [];
  for (let i = 0; i < pairs.length; i += 2) out.push([pairs[i]!, pairs[i + 1]!]);
  return out;
}

function normalizePairs(pairs: string[], label: string): void {
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i] !== label) continue;
    const text = utf8Encode(pairs[i + 1]!);
    const value = readNumber(text, 0, text.length);
    if (readNumber.failure !== NUMBER_INVALID) pairs[i + 1] = canonicalFloat(value);
  }
}

/** The target's labels win; a scraped one of the same name moves to `exported_…`. */
function honorTarget(scraped: readonly [string, string][], target: Labels): Labels {
  const map = valuesOf(scraped);
  const moved: [string, string][] = [];
  const t = target.pairs;
  for (let i = 0; i < t.length; i += 2) {
    const existing = scraped.find(([name]) => name === t[i])?.[1];
    if (existing) moved.push([t[i]!, existing]);
    map.set(t[i]!, t[i + 1]!);
  }
  moved.sort((a, b) => a[0].length - b[0].length || compareText(a[0], b[0]));
  for (const [name, value] of moved) {
    let free = EXPORTED + name;
    while (map.get(free)) free = EXPORTED + free;
    map.set(free, value);
  }
  return Labels.from(map);
}

/** Names to values, '' where any value of the name is. */
function valuesOf(scraped: readonly [string, string][]): Map<string, string> {
  const emptied = emptiedNames(scraped);
  return new Map(scraped.map(([name, value]) => [name, emptied.has(name) ? '' : value]));
}

/** Scraped labels win, also with an empty value, which then removes the target's. */
function honorScraped(scraped: readonly [string, string][], target: Labels): Labels {
  const map = valuesOf(scraped);
  const t = target.pairs;
  for (let i = 0; i < t.length; i += 2) if (!map.has(t[i]!)) map.set(t[i]!, t[i + 1]!);
  return Labels.from(map);
}

function check(labels: Labels, config: ScrapeConfig): void {
  const metric = labels.get(METRIC_NAME);
  if (metric === '') throw new TriliteError('bad_data', 'missing metric name (__name__ label)');
  const p = labels.pairs;
  for (let i = 0; i < p.length; i += 2) {
    const name = p[i]!;
    const legacy = name === METRIC_NAME ? LEGACY_METRIC.test(metric) : LEGACY_LABEL.test(name);
    if (name === '' || (config.nameValidation === 'legacy' && !legacy)) {
      throw new TriliteError('bad_data', `invalid metric name or label names: ${describe(labels)}`);
    }
  }
  checkLimits(labels, metric, config);
}

function checkLimits(labels: Labels, metric: string, config: ScrapeConfig): void {
  const { labelLimit, labelNameLengthLimit: names, labelValueLengthLimit: values } = config;
  if (labelLimit > 0 && labels.size > labelLimit) {
    const what = `metric: ${short(metric)}, number of labels: ${labels.size}, limit: ${labelLimit}`;
    throw new TriliteError('limit', `label_limit exceeded (${what})`);
  }
  if (names === 0 && values === 0) return;
  const p = labels.pairs;
  for (let i = 0; i < p.length; i += 2) {
    const nameLength = utf8Encode(p[i]!).length;
    if (names > 0 && nameLength > names) {
      const what = `metric: ${short(metric)}, label name: ${short(p[i]!)}, length: ${nameLength}, limit: ${names}`;
      throw new TriliteError('limit', `label_name_length_limit exceeded (${what})`);
    }
    const valueLength = utf8Encode(p[i + 1]!).length;
    if (values > 0 && valueLength > values) {
      const what = `metric: ${short(metric)}, label name: ${short(p[i]!)}, value: ${JSON.stringify(short(p[i + 1]!))}`;
      throw new TriliteError(
        'limit',
        `label_value_length_limit exceeded (${what}, length: ${valueLength}, limit: ${values})`,
      );
    }
  }
}

/** Names in messages, cut to a bearable length. */
function short(text: string): string {
  return text.length <= MESSAGE_CHARS_MAX ? text : [...text].slice(0, MESSAGE_CHARS_MAX).join('');
}

/** A name may stand twice only where one of its values is empty: then there is no label of that name. */
function checkUnique(scraped: readonly [string, string][]): void {
  const emptied = emptiedNames(scraped);
  const names = new Set<string>();
  for (const [name] of scraped) {
    if (names.has(name) && !emptied.has(name)) {
      throw new TriliteError('bad_data', `label name "${name}" is not unique: invalid sample`);
    }
    names.add(name);
  }
}

function emptiedNames(scraped: readonly [string, string][]): Set<string> {
  return new Set(scraped.filter(([, value]) => value === '').map(([name]) => name));
}

function describe(labels: Labels): string {
  const p = labels.pairs;
  const out: string[] = [];
  for (let i = 0; i < p.length; i += 2) out.push(`${p[i]}=${JSON.stringify(p[i + 1])}`);
  return `{${out.join(', ')}}`;
}
