/** Anything that the three signals can hold, as the messages that bring it, for property tests of exports and imports. */

import fc from 'fast-check';
import type { Exemplar } from '../../src/model/exemplar.ts';
import type { Histogram } from '../../src/model/histogram.ts';
import { Labels } from '../../src/model/labels.ts';
import { wordsOf } from '../../src/model/sample.ts';
import { Format2 } from '../../src/remote/write/request-2.ts';
import type { ImportBatch } from '../../src/transfer/import-batch.ts';
import { encode, messageArbitrary } from '../ingest/decode/otlp-arbitrary.ts';
import { EMPTY_HISTOGRAM } from '../storage/histograms.ts';

export const T = Date.UTC(2026, 0, 10, 12);

/** Bits, so that stale markers and NaNs of any kind are among them: low word, high word. */
const bits: fc.Arbitrary<readonly [number, number]> = fc.oneof(
  fc.double().map((value) => {
    const words = wordsOf(Float64Array.of(value));
    return [words[0]!, words[1]!] as const;
  }),
  fc.constantFrom<readonly [number, number]>(
    [2, 0x7ff00000],
    [1, 0x7ff80000],
    [7, 0xfff80000],
    [0, 0x80000000],
  ),
);

const native: fc.Arbitrary<Histogram> = fc
  .record({
    counts: fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }),
    offset: fc.integer({ min: -5, max: 5 }),
    sum: fc.double({ noNaN: true, noDefaultInfinity: true }),
    integer: fc.boolean(),
    custom: fc.boolean(),
    reset: fc.constantFrom('unknown', 'gauge'),
  })
  .map(({ counts, offset, sum, integer, custom, reset }) => ({
    ...EMPTY_HISTOGRAM,
    schema: custom ? -53 : 3,
    customBounds: custom ? [0.5, 1, 2.5, 10, 20] : [],
    positiveSpans: [{ offset: custom ? 0 : offset, length: counts.length }],
    positiveCounts: counts,
    count: counts.reduce((a, b) => a + b, 0),
    sum,
    integer,
    reset,
  }));

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });

interface MadeSample {
  readonly at: number;
  readonly bits: readonly [number, number];
  readonly histogram: Histogram | undefined;
  readonly exemplar: Exemplar | undefined;
}

interface MadeSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly MadeSample[];
}

const sample: fc.Arbitrary<MadeSample> = fc.record({
  at: fc.nat(4_000_000),
  bits,
  histogram: fc.option(native, { nil: undefined, freq: 4 }),
  exemplar: fc.option(
    fc.record({ value: fc.double({ noNaN: true }), trace: text }).map(({ value, trace }) => ({
      labels: Labels.from({ trace_id: trace }),
      value,
      timestampMs: 0,
    })),
    { nil: undefined, freq: 4 },
  ),
});

/** Of a series names of its own kind: floats or histograms. */
const series: fc.Arbitrary<MadeSeries> = fc.record({
  name: fc.constantFrom('a_total', 'b_bucket', 'b_sum', 'c'),
  labels: fc.dictionary(fc.constantFrom('job', 'le', 'x'), text, { maxKeys: 3, noNullPrototype: true }),
  samples: fc.uniqueArray(sample, { selector: (s) => s.at, minLength: 1, maxLength: 12 }),
});

export const manySeries = fc.uniqueArray(series, {
  selector: (s) => Labels.from({ ...s.labels, __name__: s.name }).key(),
  maxLength: 6,
});

/** `plain`: without what OpenMetrics cannot carry. */
export function seriesMessage(all: readonly MadeSeries[], plain = false): Uint8Array {
  const format = new Format2((name) =>
    name === 'c' ? { type: 'gauge', help: 'of\nc \\ "d"', unit: '' } : undefined,
  );
  const writer = format.writer();
  for (const { name, labels, samples } of all) {
    const of = format.encode(Labels.from({ ...labels, __name__: name }));
    for (const { at, bits: own, histogram, exemplar } of [...samples].sort((a, b) => a.at - b.at)) {
      const ms = T + at;
      const exemplars = exemplar ? [{ ...exemplar, timestampMs: ms }] : [];
      if (histogram && !plain) writer.histogram(of, histogram, ms, 0, exemplars);
      else {
        const isOdd = (own[1] & 0x7ff00000) === 0x7ff00000;
        const valueWords = Uint32Array.from(plain && isOdd ? [1, 0x7ff80000] : own);
        const startTimestamps = plain ? undefined : Float64Array.of(T - 1000);
        writer.sample(of, { timestamps: Float64Array.of(ms), valueWords, startTimestamps }, 0, exemplars);
      }
    }
  }
  return new Uint8Array(writer.take());
}

const entry = fc.record({
  // Few times, so that many are equal.
  ns: fc.nat(5).map((n) => BigInt(T) * 1_000_000n + BigInt(n) * 777_777_777n),
  line: fc.oneof(text, fc.constant(''), fc.constant('tab\there "quoted" \\ {x}')),
  metadata: fc.dictionary(fc.constantFrom('trace_id', 'level', 'k'), text, {
    maxKeys: 3,
    noNullPrototype: true,
  }),
});

export const manyStreams = fc.uniqueArray(
  fc.record({
    labels: fc.dictionary(fc.constantFrom('app', 'env', 'service_name'), text, {
      minKeys: 1,
      maxKeys: 3,
      noNullPrototype: true,
    }),
    entries: fc.array(entry, { minLength: 1, maxLength: 12 }),
  }),
  { selector: (s) => Labels.from(s.labels).key(), maxLength: 4 },
);

type MadeStreams = typeof manyStreams extends fc.Arbitrary<infer S> ? S : never;

/** Loki's push in JSON. */
export function pushMessage(streams: MadeStreams): Uint8Array {
  const body = {
    streams: streams.map(({ labels, entries }) => ({
      stream: labels,
      values: entries.map(({ ns, line, metadata }) => [String(ns), line, metadata]),
    })),
  };
  return Buffer.from(JSON.stringify(body));
}

export const traces = messageArbitrary('TracesData').map((m) => encode('TracesData', m));

export function batch(kind: ImportBatch['kind'], message: Uint8Array): ImportBatch {
  return { kind, message, items: 0, exemplars: 0, place: 'generated' };
}
