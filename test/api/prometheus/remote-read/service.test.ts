/** Remote read as a service: the recorded answers, both kinds of answer alike, external labels, order, limits. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { compress } from 'snappyjs';
import { SamplesAnswer } from '../../../../src/api/prometheus/remote-read/samples-answer.ts';
import { sortedSeries } from '../../../../src/api/prometheus/remote-read/sorted-series.ts';
import { PROMETHEUS_SERVICES } from '../../../../src/api/prometheus/services.ts';
import { Labels } from '../../../../src/model/labels.ts';
import { MemoryMetrics, memoryReader } from '../../../../src/query/script/memory-metrics.ts';
import type { ServiceAnswer } from '../../../../src/query/service.ts';
import type { LocalStorage } from '../../../../src/storage/engine.ts';
import { SampleColumns, type StorageReader } from '../../../../src/storage/interface.ts';
import { openEngine, tempDir, withReader } from '../../../storage/local-engine.ts';
import { ingestGolden } from '../golden-replay.ts';
import {
  type Message,
  ReadRequest,
  readFrames,
  readHistogramChunk,
  readSamplesAnswer,
  readXorChunk,
} from './chunk-reader.ts';

const CASES = new URL('../../../../../shared/golden/prometheus/cases.remote_read.jsonl', import.meta.url);
const STALE_WORD = 0x7ff0000000000002n;
const never = new AbortController().signal;
const wordOf = (value: number) => new BigUint64Array(Float64Array.of(value).buffer)[0]!;

function read(body: Uint8Array, storage: StorageReader, external = Labels.EMPTY): Promise<ServiceAnswer> {
  const request = { params: [], path: {}, headers: {}, nowMs: 0, body };
  return PROMETHEUS_SERVICES['prometheus.read']!(request, {
    storage,
    signal: never,
    externalLabels: external,
  });
}

const requestOf = (message: object) => compress(ReadRequest.encode(ReadRequest.fromObject(message)).finish());
const textOf = (answer: ServiceAnswer) => new TextDecoder().decode(answer.body);

async function bytesOf(answer: ServiceAnswer): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [answer.body];
  for await (const piece of answer.rest ?? []) pieces.push(piece);
  return Buffer.concat(pieces);
}

const framesIn = async (answer: ServiceAnswer) => readFrames(await bytesOf(answer));
const samplesIn = async (answer: ServiceAnswer) => readSamplesAnswer(await bytesOf(answer));

const labelsOf = (list: Message[]) => list.map(({ name, value }) => [name, value]);

/** A result in the words of the recording; fields that are empty or zero are not in it. */
function recorded(result: Message): Message {
  const histogram = (h: Message) => {
    const spans = (list: Message[]) => list.map((s) => [s.offset, s.length]);
    const all = { ...h, negativeSpans: spans(h.negativeSpans), positiveSpans: spans(h.positiveSpans) };
    delete all.count;
    delete all.zeroCount;
    return Object.fromEntries(Object.entries(all).filter(([, v]) => v !== 0 && (v as Message).length !== 0));
  };
  return {
    timeseries: result.timeseries.map((t: Message) => ({
      labels: labelsOf(t.labels),
      samples: t.samples.map(({ timestamp, value }: Message) => [timestamp, value]),
      histograms: t.histograms.map(histogram),
    })),
  };
}

/** With the stale marker told apart from any other NaN. */
function withStale(body: Uint8Array): Message[] {
  const results = readSamplesAnswer(body);
  for (const t of results.flatMap((r) => r.timeseries)) {
    for (const s of t.samples)
      if (Number.isNaN(s.value)) s.value = wordOf(s.value) === STALE_WORD ? 'stale' : 'NaN';
  }
  return results;
}

const byLabels = (a: Message, b: Message) => (JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1);

describe('recorded answers', { skip: !fs.existsSync(CASES) && 'no recorded suite' }, () => {
  let storage: LocalStorage;
  const dir = tempDir();
  const cases: Message[] = fs.existsSync(CASES)
    ? fs
        .readFileSync(CASES, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
  before(async () => {
    storage = await openEngine(dir);
    await ingestGolden('prometheus', storage.metrics);
  });
  after(() => storage.close());

  for (const state of ['in the head', 'in blocks']) {
    for (const c of cases) {
      test(`${c.id}, ${state}`, async () => {
        if (state === 'in blocks') await storage.flush();
        const answer = await withReader(storage, dir, (reader) =>
          read(Buffer.from(c.request.bodyBase64, 'base64'), reader),
        );
        assert.equal(answer.status, c.response.status);
        assert.equal(answer.contentType, c.response.headers['content-type']);
        assert.equal(answer.headers!['Content-Encoding'], c.response.headers['content-encoding']);
        const got = withStale(answer.body).map(recorded);
        for (const r of [...got, ...c.response.decoded]) r.timeseries.sort(byLabels);
        assert.deepEqual(got, c.response.decoded);
      });
    }
  }

  test('streamed chunks hold the same samples as an answer in samples, sorted', async () => {
    const queries = [
      {
        start: 1_767_268_800_000,
        end: 1_767_272_400_000,
        matchers: [{ type: 2, name: '__name__', value: '.+' }],
      },
      {
        start: 1_767_269_400_000,
        end: 1_767_269_460_000,
        matchers: [{ type: 2, name: 'job', value: 'w.*|api' }],
      },
    ];
    await withReader(storage, dir, async (reader) => {
      const samples = await samplesIn(await read(requestOf({ queries }), reader));
      const streamed = await read(requestOf({ queries, accepted: [7, 1, 0] }), reader);
      assert.equal(
        streamed.contentType,
        'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse',
      );
      const frames = await framesIn(streamed);
      for (const [q, result] of samples.entries()) {
        const own = frames.filter((f) => f.queryIndex === q).map((f) => f.chunkedSeries[0]);
        const order = own.map((s) => Labels.from(labelsOf(s.labels) as [string, string][]));
        sorted(order);
        assert.equal(own.length, result.timeseries.length);
        const want = new Map(result.timeseries.map((t: Message) => [JSON.stringify(t.labels), t]));
        for (const series of own) sameSamples(series.chunks, want.get(JSON.stringify(series.labels)));
      }
      const count = samples.flatMap((r) => r.timeseries).reduce((n, t) => n + t.samples.length, 0);
      assert.ok(count > 50_000, String(count));
    });
  });
});

function sorted(series: readonly Labels[]): void {
  for (let i = 1; i < series.length; i++) assert.ok(series[i - 1]!.compare(series[i]!) < 0);
}

function sameSamples(chunks: Message[], want: Message): void {
  const floats = chunks.filter((c) => c.type === 1).flatMap((c) => readXorChunk(c.data));
  assert.deepEqual(
    floats,
    want.samples.map((s: Message) => [s.timestamp, wordOf(s.value)]),
  );
  const histograms = chunks
    .filter((c) => c.type !== 1)
    .flatMap((c) => readHistogramChunk(c.data, c.type === 3).histograms.map((h) => ({ ...h, type: c.type })));
  assert.deepEqual(
    histograms.map((h) => [h.timeMs, h.count, h.sumWord, h.type]),
    want.histograms.map((h: Message) => [
      h.timestamp,
      h.countInt ?? h.countFloat,
      wordOf(h.sum),
      h.count === 'countInt' ? 2 : 3,
    ]),
  );
}

function memory(...series: Record<string, string>[]): StorageReader {
  const metrics = new MemoryMetrics();
  for (const [i, labels] of series.entries())
    metrics.add(Labels.from(labels), [{ timestampMs: 1000, value: i }]);
  return memoryReader(metrics);
}

const everything = { start: 0, end: 5000, matchers: [{ type: 2, name: '__name__', value: '.+' }] };

describe('external labels', () => {
  const external = Labels.from({ zone: 'z', job: 'outer' });
  const store = memory({ __name__: 'm' }, { __name__: 'n', job: 'own', zzz: '1' });

  for (const accepted of [[0], [1]]) {
    test(`are added where a series does not have them (${accepted[0] === 0 ? 'samples' : 'chunks'})`, async () => {
      const answer = await read(requestOf({ queries: [everything], accepted }), store, external);
      const series =
        accepted[0] === 0
          ? readSamplesAnswer(answer.body)[0]!.timeseries
          : (await framesIn(answer)).flatMap((f) => f.chunkedSeries);
      assert.deepEqual(
        series.map((s: Message) => Object.fromEntries(labelsOf(s.labels) as [string, string][])),
        [
          { __name__: 'm', zone: 'z', job: 'outer' },
          { __name__: 'n', zone: 'z', job: 'own', zzz: '1' },
        ],
      );
    });
  }

  test('a matcher for one finds the series that do not have it', async () => {
    const names = async (type: number, value: string) => {
      const matchers = [...everything.matchers, { type, name: 'job', value }];
      const answer = await read(requestOf({ queries: [{ ...everything, matchers }] }), store, external);
      return readSamplesAnswer(answer.body)[0]!.timeseries.map((t: Message) => t.labels[0].value);
    };
    assert.deepEqual(await names(0, 'outer'), ['m']);
    assert.deepEqual(await names(0, 'own'), ['n']);
    // As in the original, this is so for equality alone.
    assert.deepEqual(await names(2, 'outer'), []);
  });
});

describe('what cannot be answered', () => {
  const refused = async (body: Uint8Array, message: RegExp) => {
    const answer = await read(body, memory({ __name__: 'm' }));
    assert.deepEqual([answer.status, answer.contentType], [400, 'text/plain; charset=utf-8']);
    assert.match(textOf(answer), message);
  };

  test('is refused with the reason', async () => {
    await refused(new Uint8Array(0), /unexpected end/);
    await refused(Uint8Array.of(5, 200, 1), /^snappy: corrupt input/);
    await refused(compress(Uint8Array.of(10, 200)), /end/);
    await refused(
      requestOf({ accepted: [5, 9] }),
      /^server does not support any .*: \[5 9\]; supported: SAMPLES/,
    );
    const query = (type: number, value: string) => ({
      queries: [{ matchers: [{ type, name: 'a', value }] }],
    });
    await refused(requestOf(query(4, '')), /^invalid matcher type 4\n$/);
    await refused(requestOf(query(2, '(')), /error parsing regexp/);
    const long = Buffer.from([0x80, 0x80, 0x80, 0x7f]);
    await refused(Buffer.concat([long, Buffer.alloc(100)]), /decoded length .* exceeds limit 33554432/);
  });

  test('no bytes bring about anything but an answer or a refusal', async () => {
    const store = memory({ __name__: 'm' });
    const valid = requestOf({ queries: [everything], accepted: [1, 0] });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.uint8Array(), fc.uint8Array().map(compress)),
        fc.nat(valid.length - 1),
        fc.nat(255),
        async (random, at, byte) => {
          const flipped = Uint8Array.from(valid);
          flipped[at] = byte;
          for (const body of [random, flipped]) {
            const { status } = await read(body, store);
            assert.ok(status === 200 || status === 400);
          }
        },
      ),
    );
  });

  test('more samples or bytes than an answer may have', () => {
    const columns = new SampleColumns();
    columns.count = 10;
    for (let i = 0; i < 10; i++) columns.values[i] = Math.random();
    const few = new SamplesAnswer({ samples: 15, bytes: 1e6 });
    few.beginResult();
    few.add(Labels.EMPTY, columns, 0, 10);
    assert.throws(() => few.add(Labels.EMPTY, columns, 0, 6), {
      kind: 'limit',
      message: 'exceeded sample limit (15)',
    });
    // The limit is one of each query.
    const next = new SamplesAnswer({ samples: 15, bytes: 1e6 });
    for (let i = 0; i < 3; i++) {
      next.beginResult();
      next.add(Labels.EMPTY, columns, 0, 10);
      next.endResult();
    }
    assert.equal(readSamplesAnswer(Buffer.concat(next.finish())).length, 3);
    const small = new SamplesAnswer({ samples: 1000, bytes: 50 });
    small.beginResult();
    small.add(Labels.EMPTY, columns, 0, 10);
    assert.throws(() => small.endResult(), { kind: 'limit', message: /more than 50 bytes/ });
  });
});

test('an answer in samples of many pieces reads as one', async () => {
  const metrics = new MemoryMetrics();
  for (let i = 0; i < 300; i++) {
    const samples = Array.from({ length: 300 }, (_, k) => ({ timestampMs: k, value: i * k }));
    metrics.add(Labels.from({ __name__: 'm', i: String(i) }), samples);
  }
  const answer = await read(requestOf({ queries: [everything, everything] }), memoryReader(metrics));
  assert.ok(answer.rest, 'it is too large to be put together');
  const results = await samplesIn(answer);
  assert.equal(results.length, 2);
  for (const { timeseries } of results) {
    assert.equal(timeseries.length, 300);
    for (const t of timeseries) {
      const i = Number(t.labels[1].value);
      assert.deepEqual(t.samples[299], { timestamp: 299, value: i * 299 });
      assert.equal(t.samples.length, 300);
    }
  }
});

test('series come sorted and once, however few of them fit into the budget', async () => {
  const encoder = new TextEncoder();
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 300 }),
      async (names, budget) => {
        const metrics = new MemoryMetrics();
        for (const name of names) metrics.add(Labels.from({ a: name }), [{ timestampMs: 1, value: 1 }]);
        // A store's own order is none.
        const select: MemoryMetrics['select'] = async (query) => {
          const cursor = await MemoryMetrics.prototype.select.call(metrics, query);
          const found: [Labels, SampleColumns][] = [];
          while (await cursor.nextBatch()) {
            while (cursor.next()) {
              const columns = new SampleColumns();
              cursor.read(columns);
              found.push([cursor.labels(), columns]);
            }
          }
          found.sort(([x], [y]) => (x.key() < y.key() ? 1 : -1));
          let at = -1;
          let given = false;
          return {
            ...cursor,
            nextBatch: async () => !given && (given = true),
            next: () => ++at < found.length,
            labels: () => found[at]![0],
            read: (into) => {
              into.count = 1;
              into.timestamps[0] = 1;
              return 1;
            },
          };
        };
        const query = { matchers: [], minMs: 0, maxMs: 5 };
        const encode = (labels: Labels) => encoder.encode(JSON.stringify(labels.pairs));
        const got: Labels[] = [];
        for await (const bytes of sortedSeries(
          { ...metrics, select } as MemoryMetrics,
          query,
          never,
          encode,
          budget,
        )) {
          got.push(Labels.fromSorted(JSON.parse(new TextDecoder().decode(bytes))));
        }
        assert.equal(got.length, names.length);
        sorted(got);
      },
    ),
  );
});
