/** `toHaveSeries`: looks for series by their newest samples, and tells of those that come nearest. */

import { nearestNames, similarity } from '../../base/edit-distance.ts';
import type { VectorItem } from '../../client/answer.ts';
import type { Questions } from '../sink.ts';
import { nothingArrived, refusals } from './arrivals.ts';
import type { Check } from './check.ts';
import type { CountedSeries, SeriesExpectation } from './expectations.ts';
import { judge, judgeNumber } from './expected.ts';
import { type Field, holds } from './field.ts';
import { labelsText } from './lines.ts';
import { counted, type Ink, listed, paragraphs, wanted } from './message.ts';
import { metricQuery, seriesQuery } from './narrow.ts';
import { nearestOf, toldOf } from './nearest.ts';
import { expectedName, sampleValue, seriesFields } from './series-expectation.ts';

/** Made by the server. */
const DERIVED = /^traces_(spanmetrics|service_graph)_/;
const EVERYTHING = '{__name__=~".+"}';
/** For a message: metrics whose series are looked at. */
const METRICS_NEAR = 8;
const EXAMPLES_MAX = 5;

interface Candidate {
  readonly item: VectorItem;
  readonly fields: readonly Field[];
}

export function seriesCheck(
  sink: Questions,
  expectation: CountedSeries | string,
  matcher: string,
): Check<VectorItem> {
  const whole: CountedSeries = typeof expectation === 'string' ? { name: expectation } : expectation;
  const { count, ...expected } = whole;
  const query = seriesQuery(expected) ?? EVERYTHING;
  let found: Candidate[] = [];
  return {
    name: matcher,
    signal: 'metrics',
    look: async () => {
      const items = await samplesOf(sink, query);
      found = candidates(items, expected).filter(({ fields }) => holds(fields));
      return count === undefined ? found.length > 0 : judgeNumber(count, found.length).ok;
    },
    found: () => found.map(({ item }) => item),
    missing: (ink) => missing(sink, whole, found, ink),
    present: async (ink) =>
      paragraphs(wanted('a series', whole, ink, true), `${areSo(found)}\n${examples(found)}`),
  };
}

/** By their labels. */
async function samplesOf(sink: Questions, query: string): Promise<VectorItem[]> {
  const answer = await sink.promql(query);
  if (answer.kind !== 'vector') return [];
  return answer.samples
    .map((item) => ({ item, text: labelsText(item.labels) }))
    .sort((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)))
    .map(({ item }) => item);
}

function candidates(items: readonly VectorItem[], expected: SeriesExpectation): Candidate[] {
  return items.map((item) => ({ item, fields: seriesFields(expected, item) }));
}

async function missing(
  sink: Questions,
  whole: CountedSeries,
  found: readonly Candidate[],
  ink: Ink,
): Promise<string> {
  const { count: _, ...expected } = whole;
  const asked = wanted('a series', whole, ink);
  const { metrics } = await sink.inventory();
  if (metrics.length === 0) {
    return paragraphs(asked, 'There is no series.', await nothingArrived(sink, 'metrics'));
  }
  if (found.length > 0) {
    return paragraphs(asked, `${areSo(found)}\n${examples(found)}`, await refusals(sink));
  }
  const near = nearMetrics(expected, metrics);
  const items = (await Promise.all(near.map((name) => samplesOf(sink, metricQuery(name))))).flat();
  const stale = near.length > 0 && items.length === 0 ? staleText(near) : undefined;
  return paragraphs(
    asked,
    stale ?? metricsText(metrics),
    ...nearest(candidates(items, expected), ink),
    await refusals(sink),
  );
}

/** Those that are derived from spans are many, and no test's. */
export function metricsText(metrics: readonly string[]): string {
  const sent = metrics.filter((name) => !DERIVED.test(name));
  const left = metrics.length - sent.length;
  const derived = left === 0 ? '' : `; ${left} that are derived from spans`;
  const names = sent.length === 0 ? '' : `: ${listed(sent)}`;
  return `There ${sent.length === 1 ? 'is' : 'are'} ${counted(sent.length, 'metric')}${names}${derived}`;
}

function staleText(names: readonly string[]): string {
  return `There is ${listed(names)}, but without a sample in the last 5 minutes of the sink's time.`;
}

/** The metric itself where it is there, else those with names like it; all where no name was asked for. */
function nearMetrics(expected: SeriesExpectation, metrics: readonly string[]): string[] {
  const name = expectedName(expected);
  if (name === undefined) return metrics.slice(0, METRICS_NEAR);
  if (typeof name !== 'string') {
    return metrics.filter((metric) => judge(name, metric).ok).slice(0, METRICS_NEAR);
  }
  const plain = name.replace(/[^A-Za-z0-9_:]/g, '_');
  if (metrics.includes(plain)) return [plain];
  const parts = metrics
    .filter((metric) => metric.startsWith(plain) || plain.startsWith(metric) || metric.endsWith(plain))
    .sort((a, b) => similarity(plain, b) - similarity(plain, a) || (a < b ? -1 : 1));
  const like = nearestNames(plain, metrics).filter((metric) => !parts.includes(metric));
  return [...parts, ...like].slice(0, METRICS_NEAR);
}

function nearest(all: readonly Candidate[], ink: Ink): string[] {
  const near = nearestOf(all);
  return near.map(({ item, fields }, i) => toldOf(seriesText(item), fields, i === 0, ink));
}

export function seriesText(item: VectorItem): string {
  const value = item.histogram
    ? `histogram of ${item.histogram.count}, sum ${item.histogram.sum}`
    : `${sampleValue(item)}`;
  return `${labelsText(item.labels)} ${value}`;
}

function areSo(found: readonly Candidate[]): string {
  return `${counted(found.length, 'series')} ${found.length === 1 ? 'is' : 'are'} so:`;
}

function examples(found: readonly Candidate[]): string {
  const shown = found.slice(0, EXAMPLES_MAX).map(({ item }) => `  ${seriesText(item)}`);
  const left = found.length - EXAMPLES_MAX;
  return [...shown, ...(left > 0 ? [`  … and ${left} more`] : [])].join('\n');
}
