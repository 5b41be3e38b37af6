/**
 * What is bad style on a page of metrics, by the rules that Prometheus' people agreed on and in promtool's words: names with
 * their base units, suffixes that tell the type, help for every family.
 */

import type { MetricType } from '../model/metadata.ts';

/** A family as the page has it; samples of one histogram or summary are one metric. */
export interface PageFamily {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  /** Labels of each metric, by a text that is equal for equal ones, `le` and `quantile` of their types aside. */
  readonly metrics: readonly { readonly key: string; readonly labelNames: readonly string[] }[];
}

export interface Problem {
  readonly metric: string;
  readonly text: string;
}

const BASE_UNITS: ReadonlyMap<string, string> = new Map([
  ...['amperes', 'bytes', 'celsius', 'grams', 'joules', 'kelvin', 'meters', 'metres', 'seconds', 'volts'].map(
    (unit) => [unit, unit] as const,
  ),
  ...['minutes', 'hours', 'days', 'weeks'].map((unit) => [unit, 'seconds'] as const),
  ...['fahrenheit', 'rankine'].map((unit) => [unit, 'celsius'] as const),
  ...['inches', 'yards', 'miles'].map((unit) => [unit, 'meters'] as const),
  ...['pounds', 'ounces'].map((unit) => [unit, 'grams'] as const),
  ['kelvins', 'kelvin'],
  ['bits', 'bytes'],
  ['calories', 'joules'],
]);
const PREFIX =
  /^(pico|nano|micro|milli|centi|deci|deca|hecto|kilo|kibi|mega|mebi|giga|gibi|tera|tebi|peta|pebi)/;
const ABBREVIATED = /_(s|ms|us|ns|sec|b|kb|mb|gb|tb|pb|m|h|d)(_|$)/i;
const CAMEL_CASE = /[a-z][A-Z]/;

/** Sorted by metric and text. */
export function lintFamilies(families: readonly PageFamily[]): Problem[] {
  const problems = families.flatMap((family) =>
    [...familyProblems(family)].map((text) => ({ metric: family.name, text })),
  );
  return problems.sort((a, b) => compare(a.metric, b.metric) || compare(a.text, b.text));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function* familyProblems(family: PageFamily): Generator<string> {
  const { name, type, help, metrics } = family;
  if (help === '') yield 'no help text';
  for (const word of name.split('_')) {
    const base = BASE_UNITS.get(word) ?? BASE_UNITS.get(word.replace(PREFIX, ''));
    if (base === undefined) continue;
    if (base !== word) yield `use base unit ${JSON.stringify(base)} instead of ${JSON.stringify(word)}`;
    break;
  }
  if (type !== 'unknown') yield* typeProblems(family);
  if (name.includes(':')) yield "metric names should not contain ':'";
  if (CAMEL_CASE.test(name)) yield "metric names should be written in 'snake_case' not 'camelCase'";
  for (const label of metrics.flatMap((metric) => metric.labelNames)) {
    if (CAMEL_CASE.test(label)) yield "label names should be written in 'snake_case' not 'camelCase'";
  }
  if (ABBREVIATED.test(name)) yield 'metric names should not contain abbreviated units';
  const seen = new Set<string>();
  for (const { key } of metrics) {
    if (seen.has(key)) yield 'metric not unique';
    seen.add(key);
  }
}

/** Names that say something else than the type. */
function* typeProblems({ name, type, metrics }: PageFamily): Generator<string> {
  const isTotal = name.endsWith('_total');
  if (type === 'counter' && !isTotal) yield 'counter metrics should have "_total" suffix';
  if (type !== 'counter' && isTotal) yield 'non-counter metrics should not have "_total" suffix';
  const isHistogram = type === 'histogram';
  const isSummary = type === 'summary';
  if (!isHistogram && name.endsWith('_bucket')) {
    yield 'non-histogram metrics should not have "_bucket" suffix';
  }
  for (const suffix of ['_count', '_sum']) {
    if (isHistogram || isSummary || !name.endsWith(suffix)) continue;
    yield `non-histogram and non-summary metrics should not have "${suffix}" suffix`;
  }
  for (const label of metrics.flatMap((metric) => metric.labelNames)) {
    if (!isHistogram && label === 'le') yield 'non-histogram metrics should not have "le" label';
    if (!isSummary && label === 'quantile') yield 'non-summary metrics should not have "quantile" label';
  }
  const words = `_${type}`;
  const lower = name.toLowerCase();
  if (lower.includes(`${words}_`) || lower.endsWith(words)) {
    yield `metric name should not include type '${type}'`;
  }
}
