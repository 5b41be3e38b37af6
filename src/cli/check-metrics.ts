/** `trilite check metrics`: a page of metrics on standard input, its style and how many series it has, as promtool tells. */

import { readFileSync } from 'node:fs';
import { parseExposition, readSeriesText } from '../ingest/decode/exposition.ts';
import { Labels, METRIC_NAME } from '../model/labels.ts';
import type { MetricType } from '../model/metadata.ts';
import { EXIT_FAILED, EXIT_LINT } from './check-rules.ts';
import { lintFamilies, type PageFamily } from './metrics-lint.ts';
import type { Output } from './output.ts';

export interface MetricsCheckOptions {
  readonly lints: boolean;
  /** Also tells how many series each family has. */
  readonly isExtended: boolean;
}

interface Family extends PageFamily {
  readonly metrics: { readonly key: string; readonly labelNames: readonly string[] }[];
  readonly keys: Set<string>;
  /** Series of the first metric, where each has several. */
  seriesOfFirst: number;
}

/** The exit code. */
export function checkMetrics(
  { lints, isExtended }: MetricsCheckOptions,
  output: Output,
  read: () => Uint8Array = () => readFileSync(process.stdin.fd),
): number {
  if (!lints && !isExtended) {
    output.err('error: at least one of --extended or linting must be enabled');
    output.err('Use --extended for cardinality analysis, or remove --lint=none to enable linting');
    return EXIT_FAILED;
  }
  const page = parseExposition(read(), 'text');
  if (page.error) {
    output.err(`error while linting: ${page.error.message}`);
    return EXIT_FAILED;
  }
  const families = familiesOf(page);
  const problems = lints ? lintFamilies(families) : [];
  for (const { metric, text } of problems) output.err(`${metric} ${text}`);
  if (isExtended) for (const line of cardinalityTable(families)) output.out(line);
  return problems.length > 0 ? EXIT_LINT : 0;
}

type Page = ReturnType<typeof parseExposition>;

function familiesOf(page: Page): Family[] {
  const told = new Map(page.metadata.map((metadata) => [metadata.family, metadata]));
  const families = new Map<string, Family>();
  for (let i = 0; i < page.count; i++) {
    const labels = labelsOf(page, i);
    const name = familyName(labels.get(METRIC_NAME), (base) => told.get(base)?.type);
    let family = families.get(name);
    if (!family) {
      const { type = 'unknown', help = '' } = told.get(name) ?? {};
      family = { name, type, help, metrics: [], keys: new Set(), seriesOfFirst: 0 };
      families.set(name, family);
    }
    addSeries(family, labels);
  }
  return [...families.values()];
}

function labelsOf({ bytes, seriesStart, seriesEnd, dialect }: Page, i: number): Labels {
  const pairs = readSeriesText(bytes, seriesStart[i]!, seriesEnd[i]!, dialect);
  const entries = pairs.flatMap((name, at) => (at % 2 === 0 ? [[name, pairs[at + 1]!] as const] : []));
  return Labels.from(entries);
}

/** The samples of a histogram or summary have names of their own. */
function familyName(name: string, typeOf: (family: string) => MetricType | undefined): string {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  const type = typeOf(base);
  if (base === name || typeOf(name) !== undefined) return name;
  const isPart = type === 'histogram' || (type === 'summary' && !name.endsWith('_bucket'));
  return isPart ? base : name;
}

function addSeries(family: Family, series: Labels): void {
  const { type, metrics, keys } = family;
  const own = type === 'histogram' ? 'le' : type === 'summary' ? 'quantile' : undefined;
  const labels = series.filter((label) => label !== METRIC_NAME && label !== own);
  const key = labels.key();
  const isPart = own !== undefined;
  if (!isPart || !keys.has(key)) metrics.push({ key, labelNames: Object.keys(labels.toObject()) });
  keys.add(key);
  if (isPart && metrics[0]!.key === key) family.seriesOfFirst++;
}

/** Columns are as wide as their widest cell and four blanks. */
function cardinalityTable(families: readonly Family[]): string[] {
  const counts = families.map((family) => ({
    name: family.name,
    count: family.metrics.length * (family.seriesOfFirst || 1),
  }));
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  counts.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  const rows = [
    ['Metric', 'Cardinality', 'Percentage'],
    ...counts.map(({ name, count }) => [name, String(count), `${((count / total) * 100).toFixed(2)}%`]),
    ['Total', String(total), '100%'],
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)) + 4);
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join(''));
}
