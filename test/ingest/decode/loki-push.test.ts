import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { utf8Encode } from '../../../src/base/bytes.ts';
import type { LogDecode } from '../../../src/ingest/decode/log-batch-builder.ts';
import { LogColumns } from '../../../src/ingest/decode/log-columns.ts';
import { decodeLokiPush } from '../../../src/ingest/decode/loki-push.ts';
import { decodeLokiPushJson } from '../../../src/ingest/decode/loki-push-json.ts';
import { decodeLokiPushLegacy, parseRfc3339 } from '../../../src/ingest/decode/loki-push-legacy.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { DEFAULT_LOG_LIMITS } from '../../../src/model/limits.ts';
import { entriesOf, type PlainEntry } from './log-entries.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 12);
const RAW = { ...DEFAULT_LOG_LIMITS, detectLevel: false, discoverServiceName: false };

const { root } = protobuf.parse(`syntax = "proto3";
  message Timestamp { int64 seconds = 1; int32 nanos = 2; }
  message LabelPair { string name = 1; string value = 2; }
  message Entry { Timestamp timestamp = 1; string line = 2; repeated LabelPair structuredMetadata = 3; repeated LabelPair parsed = 4; }
  message Stream { string labels = 1; repeated Entry entries = 2; uint64 hash = 3; }
  message PushRequest { repeated Stream streams = 1; string format = 2; }`);
const PushRequest = root.lookupType('PushRequest');

interface PlainStream {
  readonly app: string;
  readonly entries: readonly {
    readonly ns: bigint;
    readonly line: string;
    readonly meta: Record<string, string>;
  }[];
}

const META_NAME = fc.constantFrom('a', 'trace_id', 'level', 'z9');
const text = fc.string({ unit: 'binary', maxLength: 20 }).map((s) => s.replaceAll('\ufffd', ''));
const streams: fc.Arbitrary<PlainStream[]> = fc.array(
  fc.record({
    app: fc.stringMatching(/^[a-z日"\\]{1,5}$/),
    entries: fc.array(
      fc.record({
        ns: fc.bigInt({ min: -1_000_000_000_000_000_000n, max: BigInt(NOW_MS) * 1_000_000n }),
        line: text,
        meta: fc.dictionary(
          META_NAME,
          text.filter((t) => t !== ''),
          { maxKeys: 3, noNullPrototype: true },
        ),
      }),
      { maxLength: 6 },
    ),
  }),
  { maxLength: 5 },
);

function protobufOf(list: readonly PlainStream[]): Uint8Array {
  return PushRequest.encode({
    format: 'x',
    streams: list.map(({ app, entries }) => ({
      labels: `{app=${JSON.stringify(app)}}`,
      hash: 12345678901234,
      entries: entries.map(({ ns, line, meta }) => {
        const seconds = ns >= 0n ? ns / 1_000_000_000n : -((-ns + 999_999_999n) / 1_000_000_000n);
        return {
          timestamp: { seconds: Number(seconds), nanos: Number(ns - seconds * 1_000_000_000n) },
          line,
          structuredMetadata: Object.entries(meta).map(([name, value]) => ({ name, value })),
          parsed: [{ name: 'ignored', value: 'x' }],
        };
      }),
    })),
  }).finish();
}

function jsonOf(list: readonly PlainStream[], labelsLast: boolean): Uint8Array {
  return utf8Encode(
    JSON.stringify({
      other: [1, { a: null }],
      streams: list.map(({ app, entries }) => {
        const values = entries.map((e) => [String(e.ns), e.line, e.meta]);
        return labelsLast ? { values, stream: { app } } : { stream: { app }, x: 1, values };
      }),
    }),
  );
}

function expected(list: readonly PlainStream[]): PlainEntry[] {
  return list.flatMap(({ app, entries }) =>
    entries.map(({ ns, line, meta }) => ({
      labels: { app },
      ns: String(ns),
      line,
      metadata: Object.entries(meta).sort(([a], [b]) => (a < b ? -1 : 1)),
    })),
  );
}

function json(body: unknown, limits = DEFAULT_LOG_LIMITS): LogDecode {
  return decodeLokiPushJson(
    utf8Encode(typeof body === 'string' ? body : JSON.stringify(body)),
    NOW_MS,
    limits,
  );
}

const NS = `${NOW_MS}000001`;

describe('push in protobuf', () => {
  it('reads what protobufjs writes', () => {
    fc.assert(
      fc.property(streams, (list) => {
        const { batch, refused, streamCount } = decodeLokiPush(protobufOf(list), NOW_MS, RAW);
        assert.deepEqual(entriesOf(batch), expected(list));
        assert.deepEqual(refused, []);
        assert.equal(streamCount, list.length);
      }),
    );
  });

  it('reads the same into columns that were used before', () => {
    const columns = new LogColumns(0);
    fc.assert(
      fc.property(streams, (list) => {
        const { batch } = decodeLokiPush(protobufOf(list), NOW_MS, RAW, columns);
        assert.deepEqual(entriesOf(batch), expected(list));
      }),
    );
  });

  it('finds labels behind the entries', () => {
    const entry = PushRequest.encode({
      streams: [{ entries: [{ timestamp: { seconds: 1 }, line: 'x' }] }],
    }).finish();
    const labels = PushRequest.encode({ streams: [{ labels: '{a="b"}' }] }).finish();
    const inner = Buffer.concat([entry.subarray(2), labels.subarray(2)]);
    const body = Buffer.concat([Buffer.from([10, inner.length]), inner]);
    assert.deepEqual(entriesOf(decodeLokiPush(body, NOW_MS, RAW).batch)[0]!.labels, { a: 'b' });
  });

  it('is refused as a whole for labels that do not parse', () => {
    const body = PushRequest.encode({
      streams: [
        { labels: '{a-b="c"}', entries: [{ timestamp: { seconds: 1 }, line: 'bad' }] },
        { labels: '{a="c"}', entries: [{ timestamp: { seconds: 1 }, line: 'good' }] },
      ],
    }).finish();
    assert.throws(() => decodeLokiPush(body, NOW_MS), {
      kind: 'bad_data',
      message: "couldn't parse labels: 1:3: parse error: unexpected character inside braces: '-'",
    });
  });

  it('refuses times that are none', () => {
    const at = (seconds: number, nanos: number) =>
      PushRequest.encode({
        streams: [{ labels: '{a="c"}', entries: [{ timestamp: { seconds, nanos }, line: 'x' }] }],
      }).finish();
    assert.deepEqual(entriesOf(decodeLokiPush(at(5, 999_999_999), NOW_MS).batch)[0]!.ns, '5999999999');
    for (const nanos of [1_000_000_000, -1]) {
      assert.throws(() => decodeLokiPush(at(5, nanos), NOW_MS), { kind: 'bad_data' }, String(nanos));
    }
  });

  it('ends damaged bytes in a result or bad_data, and leaves the body alone', () => {
    const seeds = fc.sample(streams, 20).map(protobufOf);
    const mutated = fc
      .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 }))
      .map(([seed, edits]) => {
        const bytes = Uint8Array.from(seed);
        for (const [at, to] of edits) if (bytes.length > 0) bytes[at % bytes.length] = to;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array()), (bytes) => {
        const before = bytes.slice();
        clean(() => entriesOf(decodeLokiPush(bytes, NOW_MS).batch));
        assert.deepEqual(bytes, before);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Runs a decoder that may refuse its input, but in no other way. */
function clean(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    assert.ok(error instanceof TriliteError && ['bad_data', 'internal'].includes(error.kind), String(error));
  }
}

describe('push in JSON', () => {
  it('reads what JSON.stringify writes, labels first or last', () => {
    fc.assert(
      fc.property(streams, fc.boolean(), (list, labelsLast) => {
        const body = jsonOf(list, labelsLast);
        const before = body.slice();
        const { batch, refused } = decodeLokiPushJson(body, NOW_MS, RAW);
        assert.deepEqual(entriesOf(batch), expected(list));
        assert.deepEqual(refused, []);
        assert.deepEqual(body, before, 'the body is as it was');
      }),
    );
  });

  it('unescapes strings', () => {
    const body = String.raw`{"streams":[{"stream":{"\u0061":"\u00e9\n"},"values":[["1","\ud83d\ude00\u65e5\u00e9\u0041\b\f\n\r\t\/\\\"\ud800x\ude00",{"\u006b":"\u0076"}]]}]}`;
    const [e] = entriesOf(json(body, RAW).batch);
    assert.deepEqual(e, {
      labels: { a: 'é\n' },
      ns: '1',
      line: '😀日éA\b\f\n\r\t/\\"\ufffdx\ufffd',
      metadata: [['k', 'v']],
    });
  });

  it('takes null for nothing, other label values as their text, and ignores what follows', () => {
    const body = `{"streams":[{"stream":{"a":5,"b":true},"values":[null,["${NS}","x"],["${NS}"]]},{"values":null},{}]} trailing`;
    const { batch, streamCount } = json(body, RAW);
    assert.equal(streamCount, 3);
    assert.deepEqual(
      entriesOf(batch).map((e) => [e.labels, e.line]),
      [
        [{ a: '5', b: 'true' }, 'x'],
        [{ a: '5', b: 'true' }, ''],
      ],
    );
    for (const none of ['{}', '{"streams":[]}', '{"other":1}', '{"streams":null}'])
      assert.equal(json(none).streamCount, 0);
  });

  it('refuses a body of another form as a whole', () => {
    const value = (v: string) => `{"streams":[{"stream":{"a":"b"},"values":[["${NS}","good"],${v}]}]}`;
    const bodies = [
      '',
      '{',
      '[]',
      '"x"',
      '{"streams":{}}',
      '{"streams":[1]}',
      '{"streams":[null]}',
      'nul',
      value('["+1767261600000000000","x"]'),
      '{"streams":[{"stream":[]}]}',
      '{"streams":[{"values":{}}]}',
      value('[1767261600000000000,"x"]'),
      value('["abc","x"]'),
      value('["99999999999999999999","x"]'),
      value(`["${NS}",5]`),
      value(`["${NS}","x",{"a":1}]`),
      value(`["${NS}","x",null]`),
      value(`["${NS}","x",{"a":"b",}]`),
      value('[]'),
      value('{}'),
      value(`["${NS}","x\n"]`),
      value(`["${NS}","\\x"]`),
      value(`["${NS}","\\u12g4"]`),
    ];
    for (const body of bodies) {
      assert.throws(
        () => json(body),
        (e) => e instanceof TriliteError && e.kind === 'bad_data',
        body,
      );
    }
    assert.throws(
      () => json(value(`["${NS}","x",{"日":"v"}]`)),
      (e) => e instanceof TriliteError && e.kind === 'internal',
    );
  });

  it('ends damaged text in a result or bad_data', () => {
    const seeds = fc.sample(streams, 20).map((list) => jsonOf(list, list.length % 2 === 0));
    const mutated = fc
      .tuple(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(300), fc.constantFrom(...utf8Encode('"\\{}[],:u0 n'))), { maxLength: 3 }),
      )
      .map(([seed, edits]) => {
        const bytes = seed.slice();
        for (const [at, to] of edits) bytes[at % bytes.length] = to;
        return bytes;
      });
    fc.assert(
      fc.property(mutated, (bytes) => {
        clean(() => entriesOf(decodeLokiPushJson(bytes, NOW_MS).batch));
        clean(() => entriesOf(decodeLokiPushLegacy(bytes, NOW_MS).batch));
      }),
      { numRuns: 2000 },
    );
    clean(() => json(`{"x":${'['.repeat(100_000)}`));
    clean(() => json(`{"streams":[{"values":${'['.repeat(100_000)}`));
  });
});

describe('limits and metadata of entries', () => {
  const push = (values: unknown[], limits = DEFAULT_LOG_LIMITS, stream = { app: 'x' }) =>
    json({ streams: [{ stream, values }] }, limits);
  const messages = (values: unknown[], limits = DEFAULT_LOG_LIMITS) =>
    push(values, limits).refused.map((r) => r.message);
  const stream = '{app="x", service_name="x"}';

  it('refuse single entries and take the rest', () => {
    const future = String(BigInt(NOW_MS + 600_000) * 1_000_000n + 1n);
    const { batch, refused, refusedEntries } = push([
      [NS, 'good'],
      [future, 'early'],
      [String(BigInt(NOW_MS + 600_000) * 1_000_000n), 'just right'],
      [NS, 'l'.repeat(262_145)],
    ]);
    assert.deepEqual(
      entriesOf(batch).map((e) => e.line),
      ['good', 'just right'],
    );
    assert.equal(refusedEntries, 2);
    assert.deepEqual(refused, [
      {
        reason: 'too_far_in_future',
        count: 1,
        message: `entry for stream '${stream}' has timestamp too new: 2026-01-01T12:10:00Z`,
      },
      {
        reason: 'limit',
        count: 1,
        message: `max entry size '262144' bytes exceeded for stream '${stream}' while adding an entry with length '262145' bytes`,
      },
    ]);
  });

  it('accept any age unless one is set', () => {
    assert.deepEqual(
      messages([
        ['1', 'x'],
        ['-62135596800000000000'.slice(0, 19), 'y'],
      ]),
      [],
    );
    assert.deepEqual(messages([['0', 'x']], { ...DEFAULT_LOG_LIMITS, maxAgeMs: 3600_000 }), [
      `entry for stream '${stream}' has timestamp too old: 1970-01-01T00:00:00Z, oldest acceptable timestamp is: 2026-01-01T11:00:00Z`,
    ]);
  });

  it('bound metadata by size', () => {
    assert.match(
      messages([[NS, 'x', { a: 'v'.repeat(65_536) }]])[0]!,
      /has structured metadata too large: '65537' bytes, limit: '65536' bytes\. Please see/,
    );
  });

  it('count equal reasons, and keep the first of different ones', () => {
    const equal = push(Array.from({ length: 500 }, () => ['9000000000000000000', 'x']));
    assert.deepEqual(
      equal.refused.map((r) => r.count),
      [500],
    );
    assert.equal(equal.refusedEntries, 500);
    const different = push(Array.from({ length: 500 }, (_, i) => [`${8_000_000_000 + i}000000000`, 'x']));
    assert.equal(different.refused.length, 100);
    assert.equal(different.refusedEntries, 500);
  });

  it('do not count a level towards the size of metadata', () => {
    const large = { a: 'v'.repeat(65_535) };
    assert.deepEqual(messages([[NS, 'x', { ...large, detected_level: 'warn' }]]), []);
    assert.equal(messages([[NS, 'x', { ...large, b: '' }]]).length, 1);
  });

  it('look for a level in the first of equal names, and store the last', () => {
    const { batch } = json(
      `{"streams":[{"stream":{"a":"b"},"values":[["${NS}","x",{"lvl":"warn","lvl":"info"}]]}]}`,
    );
    assert.deepEqual(entriesOf(batch)[0]!.metadata, [
      ['detected_level', 'warn'],
      ['lvl', 'info'],
    ]);
  });

  it('say of a name that means nothing once all was read', () => {
    const values = [[NS, 'x', { '-': 'v' }], ['no time']];
    assert.throws(() => push(values), { kind: 'bad_data' });
    assert.throws(() => push(values.slice(0, 1)), { kind: 'internal' });
    const labels = {
      streams: [
        { stream: { a: 'b' }, values },
        { stream: { 'a-b': 'c' }, values: [] },
      ],
    };
    assert.throws(() => json(labels), { kind: 'bad_data' });
  });

  it('refuse a stream with its first entry', () => {
    const long = { long: 'v'.repeat(2049) };
    assert.deepEqual(push([], DEFAULT_LOG_LIMITS, long as never).refused, []);
    const { refused, refusedEntries } = push(
      [
        [NS, '1'],
        [NS, '2'],
      ],
      DEFAULT_LOG_LIMITS,
      long as never,
    );
    assert.deepEqual([refused.length, refused[0]!.count, refusedEntries], [1, 1, 2]);
  });

  it('normalise, sort and merge names, and drop empty values', () => {
    const { batch } = push([[NS, 'x', { 'b.c': '1', a: '\ufffdv', b_c: '2', e: '' }]], RAW);
    assert.deepEqual(entriesOf(batch)[0]!.metadata, [
      ['a', ' v'],
      ['b_c', '2'],
    ]);
  });

  it('detect the level: given, label, metadata, severity number, line', () => {
    const detected = (labels: Record<string, string>, line: string, meta: Record<string, string> = {}) => {
      const { batch } = json({ streams: [{ stream: labels, values: [[NS, line, meta]] }] });
      return new Map(entriesOf(batch)[0]!.metadata).get('detected_level');
    };
    assert.equal(detected({ level: 'error' }, 'info', { detected_level: 'WRN', lvl: 'debug' }), 'warn');
    assert.equal(detected({ level: 'error' }, 'info', { lvl: 'debug' }), 'error');
    assert.equal(detected({ a: 'b' }, 'info', { lvl: 'debug', severity_number: '17' }), 'debug');
    assert.equal(detected({ a: 'b' }, 'info', { severity_number: '17' }), 'error');
    assert.equal(detected({ a: 'b' }, 'info'), 'info');
    assert.equal(detected({ a: 'b' }, ''), 'unknown');
  });

  it('give equal label sets one stream', () => {
    const { batch, streamCount } = json({
      streams: [
        { stream: { b: 'y', a: 'x' }, values: [[NS, '1']] },
        { stream: { a: 'x', b: 'y', c: '' }, values: [[NS, '2']] },
        { stream: { a: 'z' }, values: [] },
      ],
    });
    assert.equal(streamCount, 3);
    assert.deepEqual(
      batch.streams.map((s) => s.toObject()),
      [{ a: 'x', b: 'y', service_name: 'unknown_service' }],
    );
    assert.deepEqual([...batch.stream], [0, 0]);
  });
});

describe('legacy push', () => {
  const decode = (body: string) => decodeLokiPushLegacy(utf8Encode(body), NOW_MS, RAW);

  it('reads label strings and RFC 3339 times', () => {
    const body = `{"streams":[{"entries":[{"ts":"2026-01-01T11:00:00.123456789+01:30","line":"a\\nb"},{"line":"x","ts":"1969-12-31T23:59:59.9Z"}],"labels":"{app=\\"x\\"}"},{"labels":"","entries":[{"ts":"2026-01-01T10:00:00Z","line":"x"}]}]}`;
    assert.deepEqual(
      entriesOf(decode(body).batch).map((e) => [e.labels, e.ns, e.line]),
      [
        [{ app: 'x' }, '1767259800123456789', 'a\nb'],
        [{ app: 'x' }, '-100000000', 'x'],
        [{}, '1767261600000000000', 'x'],
      ],
    );
  });

  it('refuses what is no time or label string', () => {
    for (const body of [
      '{"streams":[{"labels":"{}","entries":[{"ts":"bad","line":"x"}]}]}',
      '{"streams":[{"labels":5}]}',
    ]) {
      assert.throws(
        () => decode(body),
        (e) => e instanceof TriliteError && e.kind === 'bad_data',
        body,
      );
    }
    assert.throws(() => decode('{"streams":[{"labels":"{a","entries":[]}]}'), {
      kind: 'bad_data',
      message: "couldn't parse labels: 1:3: parse error: unexpected end of input inside braces",
    });
  });

  it('takes null for an empty stream, empty labels and an empty line', () => {
    const body = `{"streams":[null,{"labels":null,"entries":[null,{"ts":"2026-01-01T10:00:00Z","line":null}]}]}`;
    const { batch, streamCount } = decode(body);
    assert.equal(streamCount, 2);
    assert.deepEqual(
      entriesOf(batch).map((e) => [e.labels, e.line]),
      [[{}, '']],
    );
  });

  it('knows the calendar', () => {
    assert.equal(parseRfc3339('2026-02-29T00:00:00Z'), undefined);
    assert.equal(parseRfc3339('2024-02-29T24:00:00Z'), undefined);
    assert.deepEqual(parseRfc3339('2024-02-29T00:00:00.0000015Z'), { ms: Date.UTC(2024, 1, 29), ns: 1500 });
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') }),
        (d) => {
          assert.deepEqual(parseRfc3339(d.toISOString()), { ms: d.getTime(), ns: 0 });
        },
      ),
    );
  });
});
