/** Federation: formats, names, families, external labels, what is left out. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { escapeName, isPlainName, negotiate } from '../../../src/api/prometheus/federate/format.ts';
import { unescapeName } from '../../../src/api/prometheus/label-services.ts';
import { PROMETHEUS_SERVICES } from '../../../src/api/prometheus/services.ts';
import type { Histogram } from '../../../src/model/histogram.ts';
import { Labels } from '../../../src/model/labels.ts';
import { MemoryMetrics, type MemorySample, memoryReader } from '../../../src/query/script/memory-metrics.ts';
import type { ServiceAnswer } from '../../../src/query/service.ts';

const NOW = 1_000_000;
const PROTOBUF =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

const native: Histogram = {
  schema: 1,
  zeroThreshold: 0.5,
  zeroCount: 1,
  count: 7,
  sum: -2,
  positiveSpans: [{ offset: -1, length: 2 }],
  positiveCounts: [1, 2],
  negativeSpans: [{ offset: 3, length: 1 }],
  negativeCounts: [3],
  customBounds: [],
  reset: 'unknown',
  integer: true,
  stale: false,
};
const custom: Histogram = {
  ...native,
  schema: -53,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 6,
  customBounds: [0.5, 1, 2],
  positiveSpans: [
    { offset: 0, length: 1 },
    { offset: 1, length: 2 },
  ],
  positiveCounts: [1, 2, 3],
  negativeSpans: [],
  negativeCounts: [],
};

type Row = readonly [labels: Record<string, string>, value: MemorySample['value'], timestampMs?: number];

function federate(
  rows: readonly Row[],
  options: {
    accept?: string;
    external?: Record<string, string>;
    match?: readonly string[];
  } = {},
): Promise<ServiceAnswer> {
  const metrics = new MemoryMetrics();
  for (const [labels, value, timestampMs = NOW] of rows)
    metrics.add(Labels.from(labels), [{ timestampMs, value }]);
  const headers: Record<string, string> = options.accept === undefined ? {} : { accept: options.accept };
  const params = (options.match ?? ['{}']).map((m) => ['match[]', m] as const);
  return PROMETHEUS_SERVICES['prometheus.federate']!(
    { params, path: {}, headers, nowMs: NOW },
    {
      storage: memoryReader(metrics),
      signal: new AbortController().signal,
      externalLabels: Labels.from(options.external ?? {}),
    },
  );
}

const textOf = (answer: ServiceAnswer) => new TextDecoder().decode(answer.body);

describe('the format', () => {
  const of = (accept?: string) => {
    const { form, escaping } = negotiate(accept);
    return `${form} ${escaping}`;
  };

  test('is what the scraper asks for first and is served', () => {
    assert.equal(of(), 'text underscores');
    assert.equal(of('*/*'), 'text underscores');
    assert.equal(of(PROTOBUF), 'protobuf underscores');
    assert.equal(of(`${PROTOBUF};q=0.6, text/plain;version=0.0.4;q=0.5`), 'protobuf underscores');
    assert.equal(of(`${PROTOBUF};q=0.3, text/plain;version=0.0.4;q=0.5`), 'text underscores');
    assert.equal(of(`application/vnd.google.protobuf;proto=x;encoding=delimited`), 'text underscores');
    assert.equal(of(PROTOBUF.replace('delimited', 'text')), 'text underscores');
  });

  test('keeps the escaping that a clause before it named', () => {
    const accept =
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
    assert.equal(of(accept), 'text allow-utf-8');
    assert.equal(of('text/plain;escaping=dots'), 'text dots');
    assert.equal(of('text/plain;escaping=other'), 'text underscores');
    assert.equal(of('text/plain;version=0.0.4;q=0.9,x/y;escaping=values;q=0.1'), 'text underscores');
  });
});

test('names are escaped as the original does', () => {
  const all = (name: string) =>
    (['underscores', 'dots', 'values', 'allow-utf-8'] as const).map((e) => escapeName(name, e));
  assert.deepEqual(all('plain:name_1'), ['plain:name_1', 'plain:name_1', 'plain:name_1', 'plain:name_1']);
  assert.deepEqual(all('a.b_c'), ['a_b_c', 'a_dot_b__c', 'U__a_2e_b__c', 'a.b_c']);
  assert.deepEqual(all('1é'), ['__', '____', 'U___31__e9_', '1é']);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      const escaped = escapeName(name, 'values');
      assert.ok(isPlainName(escaped));
      if (!isPlainName(name)) assert.equal(unescapeName(escaped), name);
    }),
  );
});

describe('text', () => {
  test('adds external labels and an instance where they are missing, sorted by name', async () => {
    const rows: Row[] = [
      [{ __name__: 'b', zone: 'own' }, 1e6],
      [{ __name__: 'a', x: '1', instance: 'i' }, -0],
      [{ __name__: 'a', 'b.c': '"' }, 5e-7],
      [{ nameless: '1' }, 1],
    ];
    const answer = await federate(rows, { external: { zone: 'z', 'a-b': 'c' } });
    assert.equal(answer.contentType, 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores');
    assert.equal(
      textOf(answer),
      [
        '# TYPE a untyped',
        'a{b_c="\\"",a_b="c",instance="",zone="z"} 5e-07 1000000',
        'a{instance="i",x="1",a_b="c",zone="z"} 0 1000000',
        '# TYPE b untyped',
        'b{zone="own",a_b="c",instance=""} 1e+06 1000000\n',
      ].join('\n'),
    );
  });

  test('quotes names where the scraper knows how to read them', async () => {
    const answer = await federate([[{ __name__: 'a.b', 'x y': '1', instance: 'i' }, 1]], {
      accept: 'text/plain;version=0.0.4;escaping=allow-utf-8',
    });
    assert.match(answer.contentType, /escaping=allow-utf-8$/);
    assert.equal(textOf(answer), '# TYPE "a.b" untyped\n{"a.b",instance="i","x y"="1"} 1 1000000\n');
  });

  test('has histograms with custom buckets as classic ones, others not at all', async () => {
    const answer = await federate([
      [{ __name__: 'h', a: '1' }, 1],
      [{ __name__: 'h', b: '1' }, custom],
      [{ __name__: 'n' }, native],
    ]);
    assert.equal(
      textOf(answer),
      [
        '# TYPE h untyped',
        'h{a="1",instance=""} 1 1000000',
        '# TYPE h histogram',
        'h_bucket{b="1",instance="",le="0.5"} 1 1000000',
        'h_bucket{b="1",instance="",le="1"} 1 1000000',
        'h_bucket{b="1",instance="",le="2"} 3 1000000',
        'h_bucket{b="1",instance="",le="+Inf"} 6 1000000',
        'h_sum{b="1",instance=""} -2 1000000',
        'h_count{b="1",instance=""} 6 1000000\n',
      ].join('\n'),
    );
  });

  test('has the newest sample within the lookback, and nothing stale', async () => {
    const rows: Row[] = [
      [{ __name__: 'old' }, 1, NOW - 300_001],
      [{ __name__: 'edge' }, 1, NOW - 300_000],
      [{ __name__: 'gone' }, 1, NOW - 10],
      [{ __name__: 'gone' }, 'stale', NOW - 5],
      [{ __name__: 'h' }, { ...custom, stale: true }],
      [{ __name__: 'twice' }, 1, NOW - 10],
      [{ __name__: 'twice' }, 2, NOW - 5],
      [{ __name__: 'ahead' }, 1, NOW + 1],
    ];
    const lines = textOf(await federate(rows)).split('\n');
    assert.deepEqual(
      lines.filter((l) => l !== '' && !l.startsWith('#')),
      ['edge{instance=""} 1 700000', 'twice{instance=""} 2 999995'],
    );
  });
});

test('protobuf holds native histograms', async () => {
  const { root } = protobuf.parse(`
    syntax = "proto2";
    message Label { optional string name = 1; optional string value = 2; }
    message Span { optional sint32 offset = 1; optional uint32 length = 2; }
    message Bucket { optional double upper_bound = 2; optional double cumulative_count_float = 4; }
    message Histogram {
      optional double sample_sum = 2; repeated Bucket bucket = 3; optional double sample_count_float = 4;
      optional sint32 schema = 5; optional double zero_threshold = 6; optional double zero_count_float = 8;
      repeated Span negative_span = 9; repeated double negative_count = 11;
      repeated Span positive_span = 12; repeated double positive_count = 14;
    }
    message Untyped { optional double value = 1; }
    message Metric {
      repeated Label label = 1; optional Untyped untyped = 5; optional int64 timestamp_ms = 6;
      optional Histogram histogram = 7;
    }
    message Family { optional string name = 1; optional int32 type = 3; repeated Metric metric = 4; }`);
  const Family = root.lookupType('Family');
  const answer = await federate(
    [
      [{ __name__: 'a' }, 0],
      [{ __name__: 'n', k: 'counter' }, native],
      [
        { __name__: 'n', k: 'gauge' },
        { ...native, reset: 'gauge' },
      ],
      [{ __name__: 'z' }, custom],
    ],
    { accept: PROTOBUF, external: { instance: 'e' } },
  );
  assert.equal(answer.contentType, `${PROTOBUF}; escaping=underscores`);
  const reader = protobuf.Reader.create(answer.body);
  const families: Record<string, unknown>[] = [];
  while (reader.pos < reader.len)
    families.push(Family.toObject(Family.decodeDelimited(reader), { longs: Number }));
  const instance = { name: 'instance', value: 'e' };
  const metric = (label: object[], more: object) => [{ label, timestampMs: NOW, ...more }];
  const histogram = {
    sampleSum: -2,
    sampleCountFloat: 7,
    schema: 1,
    zeroThreshold: 0.5,
    zeroCountFloat: 1,
    negativeSpan: [{ offset: 3, length: 1 }],
    negativeCount: [3],
    positiveSpan: [{ offset: -1, length: 2 }],
    positiveCount: [1, 2],
  };
  const bucket = [
    { upperBound: 0.5, cumulativeCountFloat: 1 },
    { upperBound: 1, cumulativeCountFloat: 1 },
    { upperBound: 2, cumulativeCountFloat: 3 },
  ];
  assert.deepEqual(families, [
    { name: 'a', type: 3, metric: metric([instance], { untyped: { value: 0 } }) },
    { name: 'n', type: 4, metric: metric([{ name: 'k', value: 'counter' }, instance], { histogram }) },
    { name: 'n', type: 5, metric: metric([{ name: 'k', value: 'gauge' }, instance], { histogram }) },
    {
      name: 'z',
      type: 4,
      metric: metric([instance], { histogram: { sampleSum: -2, sampleCountFloat: 6, bucket } }),
    },
  ]);
});

test('a selector that is none is refused in plain text; none at all, or one that matches nothing, is an empty answer', async () => {
  const refused = await federate([], { match: ['up', 'x{'] });
  assert.deepEqual([refused.status, refused.contentType], [400, 'text/plain; charset=utf-8']);
  assert.match(textOf(refused), /^1:3: parse error: .*\n$/);
  for (const match of [[], ['none']]) {
    const { status, body } = await federate([[{ __name__: 'a' }, 1]], { match });
    assert.deepEqual([status, body.length], [200, 0]);
  }
});
