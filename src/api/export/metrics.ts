/**
 * `GET /api/v1/trilite/export/metrics`: every sample of the series that `match[]` selects, in frames (`model/export-wire.ts`).
 * With `slice` the window goes out slice by slice, oldest first, as receivers want it that take nothing older than an hour;
 * without, each series is whole. Within a slice metrics come family by family, and their series in the order of their labels.
 */

import { TriliteError } from '../../model/errors.ts';
import type { Exemplar } from '../../model/exemplar.ts';
import { messageFrame, metadataFrame } from '../../model/export-wire.ts';
import { compareText, Labels, METRIC_NAME } from '../../model/labels.ts';
import { Matcher } from '../../model/matcher.ts';
import type { MetricMetadata } from '../../model/metadata.ts';
import { parseSelector } from '../../query/promql-text.ts';
import type { Service } from '../../query/service.ts';
import { metadataRequest } from '../../remote/write/request-1.ts';
import { type MetricReader, SampleColumns, type TimeRange } from '../../storage/interface.ts';
import { type Params, parseDurationParameter, readingParameter } from '../params.ts';
import { familyOf } from './family.ts';
import { type FirstSeries, firstSeries } from './first-series.ts';
import { MetricMessages } from './metric-message.ts';
import { nextSlice } from './time-slices.ts';
import { framesAnswer, PAGE_BYTES, paramsOf, positionOf, windowOf } from './window.ts';

/** Series that are held at a time. */
const HELD_BYTES = 24 * 1024 * 1024;

/**
 * Where an export goes on: at a slice's beginning, or in a metric behind a series (`after`, its pairs) of those that a set of
 * matchers selects.
 */
interface Position {
  readonly sliceMs: number;
  readonly metric?: string;
  readonly set?: number;
  readonly after?: readonly string[];
}

interface Asked {
  readonly metrics: MetricReader;
  readonly signal: AbortSignal;
  readonly window: TimeRange;
  readonly sliceMs: number;
  /** A series that one of them matches is wanted. */
  readonly matcherSets: readonly (readonly Matcher[])[];
  readonly position: Position | undefined;
}

export const exportMetrics: Service = async (request, { storage, signal }) => {
  const params = paramsOf(request);
  const matcherSets = readingParameter('match[]', () => params.all('match[]').map(parseSelector));
  return framesAnswer(
    pageOf({
      metrics: storage.metrics,
      signal,
      window: windowOf(params, request.nowMs),
      sliceMs: sliceOf(params),
      matcherSets: matcherSets.length === 0 ? [[]] : matcherSets,
      position: positionOf(params, isPosition),
    }),
  );
};

function sliceOf(params: Params): number {
  const text = params.get('slice');
  if (text === '') return 0;
  const ms = readingParameter('slice', () => parseDurationParameter(text));
  if (ms >= 1) return Math.floor(ms);
  throw new TriliteError('bad_data', 'invalid parameter "slice": it must be a millisecond at least');
}

function isPosition(value: unknown): value is Position {
  const { sliceMs, metric, set, after } = (value ?? {}) as Partial<Position>;
  if (typeof sliceMs !== 'number' || (metric !== undefined && typeof metric !== 'string')) return false;
  if (set !== undefined && !Number.isInteger(set)) return false;
  return after === undefined || (Array.isArray(after) && after.every((text) => typeof text === 'string'));
}

async function* pageOf(asked: Asked): AsyncGenerator<Uint8Array, Position | undefined> {
  const { metrics, window, sliceMs, matcherSets } = asked;
  let { position } = asked;
  const families = await metrics.metadata();
  const mayHave = async (range: TimeRange) =>
    (await metrics.labelValues(METRIC_NAME, { matcherSets, ...range, limit: 1 })).length > 0;
  const messages = new MetricMessages();
  if (!position) {
    const told = await familiesOf(asked, families);
    if (told.length > 0) yield metadataFrame(new Uint8Array(metadataRequest(told)), told.length);
  }
  for (let sent = 0; ; ) {
    const from = position?.sliceMs ?? window.minMs;
    // A position within a slice is of that slice.
    const slice: TimeRange | undefined = await nextSlice(window, sliceMs, from, mayHave);
    if (!slice) break;
    const at: Position | undefined = slice.minMs === from ? position : undefined;
    for await (const part of sliceParts(asked, slice, at, families)) {
      for (const { labels, columns } of part.series) {
        const exemplars = part.exemplars.get(labels.key()) ?? [];
        const whole = { labels, columns, from: 0, to: columns.count, exemplars };
        for (const message of messages.add(whole, part.metadata)) {
          sent += message.message.length;
          yield messageFrame(message);
        }
      }
      if (sent < PAGE_BYTES) continue;
      const rest = messages.rest();
      if (rest) yield messageFrame(rest);
      return { sliceMs: slice.minMs, ...part.behind };
    }
    if (sliceMs === 0) break;
    position = { sliceMs: slice.maxMs + 1 };
  }
  const rest = messages.rest();
  if (rest) yield messageFrame(rest);
  return undefined;
}

/** What was said of the families that go out, oldest first. */
async function familiesOf(
  { metrics, window, matcherSets }: Asked,
  metadata: ReadonlyMap<string, readonly MetricMetadata[]>,
): Promise<(readonly [string, MetricMetadata])[]> {
  const names = await metrics.labelValues(METRIC_NAME, { matcherSets, ...window });
  const families = new Set(names.map((name) => familyOf(name, (of) => metadata.get(of)?.at(-1)).name));
  return [...families].flatMap((name) => (metadata.get(name) ?? []).map((of) => [name, of] as const));
}

interface SlicePart extends Pick<FirstSeries, 'series'> {
  readonly metadata: MetricMetadata | undefined;
  /** By key of the series' labels. */
  readonly exemplars: ReadonlyMap<string, readonly Exemplar[]>;
  /** Goes on behind this part. */
  readonly behind: Omit<Position, 'sliceMs'>;
}

/** The slice's series, in parts that one can go on behind. */
async function* sliceParts(
  { metrics, signal, matcherSets }: Asked,
  slice: TimeRange,
  position: Position | undefined,
  metadata: ReadonlyMap<string, readonly MetricMetadata[]>,
): AsyncGenerator<SlicePart> {
  const names = (await metrics.labelValues(METRIC_NAME, { matcherSets, ...slice })).map((name) => ({
    name,
    family: familyOf(name, (of) => metadata.get(of)?.at(-1)),
  }));
  names.sort((a, b) => compareText(a.family.name, b.family.name) || compareText(a.name, b.name));
  const first = position?.metric;
  let begins = first === undefined ? 0 : names.findIndex(({ name }) => name === first);
  // A metric that is not there any more: those that would come behind it.
  if (begins < 0) begins = names.findIndex(({ name }) => compareText(name, first!) > 0);
  for (const { name, family } of begins < 0 ? [] : names.slice(begins)) {
    const isName = new Matcher('=', METRIC_NAME, name);
    const sets = matcherSets.map((set) => [...set, isName]);
    const exemplars = await exemplarsOf(metrics, sets, slice);
    const at = name === first ? position : undefined;
    // With its series goes what was said under the metric's own name: it is kept under that again.
    const common = { metadata: family.name === name ? family.metadata : undefined, exemplars };
    if (!at?.after && exemplars.size > 0) {
      const lone = await withoutSamples(metrics, sets, slice, exemplars);
      if (lone.length > 0) yield { ...common, series: lone, behind: { metric: name, set: 0, after: [] } };
    }
    for (const [set, matchers] of sets.entries()) {
      if (set < (at?.set ?? 0)) continue;
      const isWanted = (labels: Labels) => !sets.slice(0, set).some((other) => matchesAll(other, labels));
      let after = set === at?.set && at.after ? Labels.fromSorted(at.after) : undefined;
      for (;;) {
        const demand = { ...slice, matchers, after, isWanted, budgetBytes: HELD_BYTES };
        const { series, isCut } = await firstSeries(metrics, demand, signal);
        after = series.at(-1)?.labels;
        if (after) yield { ...common, series, behind: { metric: name, set, after: after.pairs } };
        if (!isCut) break;
      }
    }
  }
}

function matchesAll(set: readonly Matcher[], labels: Labels): boolean {
  return set.every((m) => m.matches(labels.get(m.name)));
}

async function exemplarsOf(
  metrics: MetricReader,
  matcherSets: readonly (readonly Matcher[])[],
  slice: TimeRange,
): Promise<Map<string, readonly Exemplar[]>> {
  const found = new Map<string, readonly Exemplar[]>();
  for (const { labels, exemplars } of await metrics.exemplars({ matcherSets, ...slice })) {
    const within = exemplars.filter((e) => e.timestampMs >= slice.minMs && e.timestampMs <= slice.maxMs);
    within.sort((a, b) => a.timestampMs - b.timestampMs);
    if (within.length > 0) found.set(labels.key(), within);
  }
  return found;
}

/** Series that have exemplars in the slice but no sample. */
async function withoutSamples(
  metrics: MetricReader,
  matcherSets: readonly (readonly Matcher[])[],
  slice: TimeRange,
  exemplars: ReadonlyMap<string, unknown>,
): Promise<{ readonly labels: Labels; readonly columns: SampleColumns }[]> {
  const sampled = new Set((await metrics.series({ matcherSets, ...slice })).map((labels) => labels.key()));
  const of = await metrics.exemplars({ matcherSets, ...slice });
  const lone = of.filter(({ labels }) => exemplars.has(labels.key()) && !sampled.has(labels.key()));
  return lone.map(({ labels }) => ({ labels, columns: new SampleColumns() }));
}
