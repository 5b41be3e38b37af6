/** The contract of `MetricReader`. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FamilyMetadata } from '../../src/model/batch.ts';
import type { Histogram } from '../../src/model/histogram.ts';
import type { Labels } from '../../src/model/labels.ts';
import { wordsOf } from '../../src/model/sample.ts';
import { type MetricReader, SampleColumns } from '../../src/storage/interface.ts';
import type { LabelRecord, TestExemplar, TestSample } from './batches.ts';
import {
  keyOf,
  LABEL_NAMES,
  labelRecord,
  matcherSet,
  matchesNaively,
  QUERIES,
  rangeOver,
  SEED,
  type Subject,
  type TestMatcher,
  toMatchers,
  within,
} from './conformance.ts';

export interface MetricStep {
  readonly samples: readonly TestSample[];
  readonly exemplars: readonly TestExemplar[];
  readonly metadata: readonly FamilyMetadata[];
}

const DAY_MS = 86_400_000;
/** Samples lie around the end of a day, so that several blocks hold them. */
const BASE_MS = 20_000 * DAY_MS;

function histogramOf(n: number): Histogram {
  return {
    schema: 3,
    zeroThreshold: 1e-128,
    zeroCount: n % 3,
    count: n + 4,
    sum: n / 3,
    positiveSpans: [{ offset: n % 5, length: 2 }],
    positiveCounts: [n, 1],
    negativeSpans: [],
    negativeCounts: [],
    customBounds: [],
    reset: 'unknown',
    integer: true,
    stale: n % 11 === 0,
  };
}

const SPECIAL = ['stale', Number.POSITIVE_INFINITY, -0, Number.NaN, 5e-324] as const;

/** What a series has at a time follows from both, so that a sample that is sent again is the same one. */
function valueAt(series: number, tick: number): TestSample['value'] {
  const n = series * 7 + tick;
  if (n % 13 === 0) return SPECIAL[(n / 13) % SPECIAL.length]!;
  if (series % 3 === 1 && n % 4 === 0) return histogramOf(n);
  return series % 2 === 0 ? n : n / 7;
}

/** A third of the series never say, a third since when they count, a third in some samples alone. */
function startAt(series: number, tick: number): number {
  if (series % 3 === 0 || (series % 3 === 1 && tick % 5 === 0)) return 0;
  return timeOf(tick - (tick % 7)) - 500;
}

const timeOf = (tick: number) => BASE_MS + (tick - 60) * 1_800_000;

/** Batches in which series are sampled in any order, out of order and again. */
function steps(series: readonly LabelRecord[]): fc.Arbitrary<MetricStep[]> {
  const place = fc.tuple(fc.nat(series.length - 1), fc.nat(120));
  const sample = place.map(([s, tick]) => ({
    labels: series[s]!,
    timestampMs: timeOf(tick),
    value: valueAt(s, tick),
    startMs: startAt(s, tick),
  }));
  // What scrapes look like: every series, one after another, ticks ascending.
  const scrapes = fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 20 })).map(([from, n]) =>
    series.flatMap((labels, s) =>
      Array.from({ length: n }, (_, i) => ({
        labels,
        timestampMs: timeOf(from + i),
        value: valueAt(s, from + i),
        startMs: startAt(s, from + i),
      })),
    ),
  );
  const exemplar = place.map(([s, tick]) => ({
    series: series[s]!,
    labels: { trace_id: `t${tick % 5}` },
    timestampMs: timeOf(tick),
    value: tick,
  }));
  const metadata = fc.record(
    {
      family: fc.constantFrom('m', 'n'),
      type: fc.constantFrom('counter', 'gauge'),
      help: fc.constantFrom('', 'ü'),
      unit: fc.constantFrom('', 's'),
    },
    { noNullPrototype: true },
  ) as fc.Arbitrary<FamilyMetadata>;
  const step = fc.record({
    samples: fc.oneof(fc.array(sample, { maxLength: 60 }), scrapes),
    exemplars: fc.array(exemplar, { maxLength: 4 }),
    metadata: fc.array(metadata, { maxLength: 2 }),
  });
  return fc.array(step, { minLength: 2, maxLength: 5 });
}

const cases = fc.uniqueArray(labelRecord, { selector: keyOf, minLength: 1, maxLength: 12 }).chain((series) =>
  fc.record({
    series: fc.constant(series),
    steps: steps(series),
    queries: fc.array(
      fc.record({
        sets: fc.array(matcherSet, { minLength: 1, maxLength: 2 }),
        range: rangeOver([0, 1, 59, 60, 61, 80, 120].map(timeOf)),
      }),
      { minLength: QUERIES, maxLength: QUERIES },
    ),
  }),
);

interface Query {
  readonly sets: readonly (readonly TestMatcher[])[];
  readonly range: { readonly minMs: number; readonly maxMs: number };
}

/** Series key → time → value as text. */
type Expected = Map<string, { labels: LabelRecord; samples: Map<number, string> }>;

function histogramText(histogram: Histogram): string {
  return JSON.stringify(Object.entries(histogram).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function textOf(value: TestSample['value']): string {
  if (typeof value === 'object') return histogramText(value);
  if (value === 'stale') return '7ff00000:2';
  // NaNs are stored as one.
  if (Number.isNaN(value)) return 'NaN';
  const words = wordsOf(Float64Array.of(value));
  return `${words[1]!.toString(16)}:${words[0]!.toString(16)}`;
}

function expectedOf(all: readonly MetricStep[]): Expected {
  const out: Expected = new Map();
  for (const s of all.flatMap((step) => step.samples)) {
    const key = keyOf(s.labels);
    if (!out.has(key)) out.set(key, { labels: s.labels, samples: new Map() });
    const { samples } = out.get(key)!;
    if (!samples.has(s.timestampMs)) samples.set(s.timestampMs, `${textOf(s.value)} since ${s.startMs ?? 0}`);
  }
  return out;
}

function columnText(columns: SampleColumns, i: number): string {
  return `${columnValueText(columns, i)} since ${columns.startTimestamps?.[i] ?? 0}`;
}

function columnValueText(columns: SampleColumns, i: number): string {
  const histogram = columns.histograms?.[i];
  if (histogram) {
    assert.equal(columns.values[i], 0, 'the value beside a histogram');
    return histogramText(histogram);
  }
  const words = wordsOf(columns.values);
  const [low, high] = [words[2 * i]!, words[2 * i + 1]!];
  if (Number.isNaN(columns.values[i]) && !(high === 0x7ff00000 && low === 2)) return 'NaN';
  return `${high.toString(16)}:${low.toString(16)}`;
}

async function checkSelect(reader: MetricReader, expected: Expected, query: Query): Promise<void> {
  const [set] = query.sets;
  const wanted = new Map<string, Map<number, string>>();
  for (const [key, { labels, samples }] of expected) {
    if (!matchesNaively(set!, labels)) continue;
    const own = [...samples].filter(([t]) => within(t, query.range)).sort((a, b) => a[0] - b[0]);
    if (own.length > 0) wanted.set(key, new Map(own));
  }
  const signal = new AbortController().signal;
  const cursor = await reader.select({ matchers: toMatchers(set!), ...query.range }, signal);
  const columns = new SampleColumns();
  const kept: [Labels, string][] = [];
  const got = new Map<string, Map<number, string>>();
  while (await cursor.nextBatch()) {
    while (cursor.next()) {
      const labels = cursor.labels();
      const key = keyOf(labels.toObject());
      kept.push([labels, key]);
      assert.ok(!got.has(key), `series ${key} comes once`);
      assert.ok(matchesNaively(set!, labels.toObject()), `series ${key} matches`);
      const n = cursor.read(columns);
      assert.equal(n, columns.count);
      const own = new Map<number, string>();
      for (let i = 0; i < n; i++) {
        const t = columns.timestamps[i]!;
        assert.ok(i === 0 || t > columns.timestamps[i - 1]!, 'timestamps ascend');
        const text = columnText(columns, i);
        assert.equal(text, expected.get(key)?.samples.get(t), `sample of ${key} at ${t}`);
        if (within(t, query.range)) own.set(t, text);
      }
      got.set(key, own);
    }
  }
  cursor.close();
  for (const [key, own] of got) if (own.size === 0) got.delete(key);
  assert.deepEqual(new Map([...got].sort()), new Map([...wanted].sort()));
  for (const [labels, key] of kept) assert.equal(keyOf(labels.toObject()), key, 'labels outlive the cursor');
}

/** Series with a sample in the range must be told of; others only where the range lies between their samples. */
async function checkLabels(reader: MetricReader, expected: Expected, query: Query): Promise<void> {
  const label = { ...query.range, matcherSets: query.sets.map(toMatchers) };
  const matching = [...expected.values()].filter((s) =>
    query.sets.some((set) => matchesNaively(set, s.labels)),
  );
  const must = matching.filter((s) => [...s.samples.keys()].some((t) => within(t, query.range)));
  const may = matching.filter((s) => {
    const times = [...s.samples.keys()];
    return Math.min(...times) <= query.range.maxMs && Math.max(...times) >= query.range.minMs;
  });
  const got = (await reader.series(label)).map((l) => keyOf(l.toObject()));
  checkBetween(
    got,
    must.map((s) => keyOf(s.labels)),
    may.map((s) => keyOf(s.labels)),
    'series',
  );
  const names = await reader.labelNames(label);
  const namesOf = (list: typeof may) => [...new Set(list.flatMap((s) => Object.keys(s.labels)))];
  checkBetween(names, namesOf(must), namesOf(may), 'label names');
  assert.deepEqual(names, [...names].sort(), 'label names are sorted');
  for (const name of [...LABEL_NAMES, 'absent']) {
    const values = await reader.labelValues(name, label);
    const valuesOf = (list: typeof may) =>
      [...new Set(list.map((s) => s.labels[name] ?? ''))].filter(Boolean);
    checkBetween(values, valuesOf(must), valuesOf(may), `values of ${name}`);
    assert.deepEqual(values, [...values].sort(), `values of ${name} are sorted`);
  }
}

export function checkBetween(
  got: readonly string[],
  must: readonly string[],
  may: readonly string[],
  what: string,
): void {
  assert.equal(new Set(got).size, got.length, `${what} are distinct`);
  for (const item of must) assert.ok(got.includes(item), `${what}: ${item} is there`);
  for (const item of got) assert.ok(may.includes(item), `${what}: ${item} belongs there`);
}

async function checkExemplars(reader: MetricReader, all: readonly MetricStep[], query: Query): Promise<void> {
  const got = await reader.exemplars({ ...query.range, matcherSets: query.sets.map(toMatchers) });
  const text = (series: LabelRecord, e: { labels: LabelRecord; timestampMs: number; value: number }) =>
    `${keyOf(series)} ${e.timestampMs} ${keyOf(e.labels)} ${e.value}`;
  const wanted = all
    .flatMap((step) => step.exemplars)
    .filter(
      (e) => query.sets.some((set) => matchesNaively(set, e.series)) && within(e.timestampMs, query.range),
    )
    .map((e) => text(e.series, e));
  const read = got.flatMap((s) =>
    s.exemplars.map((e) => text(s.labels.toObject(), { ...e, labels: e.labels.toObject() })),
  );
  assert.deepEqual(read.sort(), [...new Set(wanted)].sort(), 'exemplars');
  for (const { exemplars } of got) {
    const times = exemplars.map((e) => e.timestampMs);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
      'exemplars ascend',
    );
  }
}

async function checkMetadata(reader: MetricReader, all: readonly MetricStep[]): Promise<void> {
  const wanted = new Map<string, string[]>();
  for (const m of all.flatMap((step) => step.metadata)) {
    const list = wanted.get(m.family) ?? [];
    const text = JSON.stringify([m.type, m.help, m.unit]);
    if (!list.includes(text)) list.push(text);
    wanted.set(m.family, list);
  }
  const got = await reader.metadata();
  const read = [...got].map(([family, list]) => {
    return [family, list.map((m) => JSON.stringify([m.type, m.help, m.unit]))] as const;
  });
  assert.deepEqual(new Map([...read].sort()), new Map([...wanted].sort()), 'metadata, oldest first');
}

/** `keepsMore`: exemplars and metadata are kept too. Returns how many fillings were checked. */
export async function conformMetrics(
  subject: Subject<MetricStep, 'metrics'>,
  keepsMore: boolean,
): Promise<number> {
  let checked = 0;
  await fc.assert(
    fc.asyncProperty(cases, async (c) => {
      checked++;
      const expected = expectedOf(c.steps);
      const filled = await subject.fill(c.steps);
      try {
        for (const query of [...c.queries, { sets: [[]], range: { minMs: -8e15, maxMs: 8e15 } }]) {
          await filled.read(async (reader) => {
            await checkSelect(reader, expected, query);
            await checkLabels(reader, expected, query);
            if (keepsMore) await checkExemplars(reader, c.steps, query);
          });
        }
        if (keepsMore) await filled.read((reader) => checkMetadata(reader, c.steps));
      } finally {
        await filled.close();
      }
    }),
    { numRuns: subject.runs, seed: SEED, endOnFailure: true },
  );
  return checked;
}
