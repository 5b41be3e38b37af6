/** Zipkin's endpoint: what it takes under which names, what it answers, and when. */

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SILENT } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { MemoryLimiter } from '../../../src/ingest/memory.ts';
import { ReceiverTelemetry } from '../../../src/ingest/receive/receiver-telemetry.ts';
import { zipkinReceiver } from '../../../src/ingest/receive/zipkin.ts';
import { directIntake } from '../../../src/ingest/span-intake.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { DEFAULT_LOG_LIMITS } from '../../../src/model/limits.ts';
import { DEFAULT_OTLP_SETTINGS, otlpOptionsByPath } from '../../../src/model/otlp-options.ts';
import { listOfSpans } from '../decode/zipkin-arbitrary.ts';
import { FakeStorage } from './fake-storage.ts';

const storage = new FakeStorage();
const telemetry = new Telemetry();
const memory = new MemoryLimiter(1_000_000);
const receive = zipkinReceiver({
  storage,
  spans: directIntake(storage.traces),
  memory,
  otlp: otlpOptionsByPath(DEFAULT_OTLP_SETTINGS),
  maxAgeMs: { metrics: 0, logs: 0, traces: 0 },
  logLimits: () => DEFAULT_LOG_LIMITS,
  telemetry,
  counts: new ReceiverTelemetry(telemetry),
  log: SILENT,
});

const SPANS = [
  { traceId: 'ab'.repeat(16), id: '00000000000000a1', timestamp: 1_767_270_600_000_000 },
  { traceId: 'ab'.repeat(16), id: '00000000000000a2', timestamp: 1_767_270_600_000_000 },
];
const JSON_BODY = Buffer.from(JSON.stringify(SPANS));

async function post(headers: Readonly<Record<string, string>>, body: Uint8Array) {
  const answer = await receive({
    contentType: headers['content-type'],
    header: (name) => headers[name],
    declaredBytes: body.length,
    nowMs: Date.UTC(2026, 0, 1, 12),
    readBody: async () => body,
  });
  return { ...answer, text: Buffer.from(answer.body).toString() };
}

describe('POST /api/v2/spans', () => {
  beforeEach(() => storage.reset());

  it('takes JSON under any name, and protobuf under its own', async () => {
    const cases: [headers: Record<string, string>, body: Uint8Array][] = [
      [{ 'content-type': 'application/json; charset=utf-8' }, JSON_BODY],
      [{ 'content-type': 'text/plain' }, JSON_BODY],
      [{}, JSON_BODY],
      [{ 'content-encoding': 'gzip' }, gzipSync(JSON_BODY)],
      [{ 'content-type': 'application/x-protobuf' }, listOfSpans(SPANS)],
      [{ 'content-type': 'application/protobuf', 'content-encoding': 'gzip' }, gzipSync(listOfSpans(SPANS))],
    ];
    for (const [headers, body] of cases) {
      storage.reset();
      const { status, text } = await post(headers, body);
      assert.deepEqual([status, text], [202, ''], JSON.stringify(headers));
      assert.deepEqual(
        storage.spanBatches.map((batch) => batch.spanCount),
        [2],
      );
    }
  });

  it('refuses what cannot be read, in a line of text, and stores nothing', async () => {
    const cases: [headers: Record<string, string>, body: string, message: RegExp][] = [
      [{}, '[{}]', /^invalid Zipkin JSON: \[0\]: a span without a traceId at byte 1\n$/],
      [{ 'content-type': 'application/x-protobuf' }, '[]', /^invalid Zipkin protobuf: /],
      [{ 'content-encoding': 'gzip' }, '[]', /gzip/],
      [{ 'content-encoding': 'br' }, '[]', /br/],
    ];
    for (const [headers, body, message] of cases) {
      const answer = await post(headers, Buffer.from(body));
      assert.equal(answer.status, 400);
      assert.equal(answer.contentType, 'text/plain; charset=utf-8');
      assert.match(answer.text, message);
    }
    assert.deepEqual(storage.spanBatches, []);
  });

  it('answers when the spans are durable, and not before', async () => {
    let committed = () => {};
    storage.durable = new Promise((resolve) => {
      committed = resolve;
    });
    let answered = false;
    const answer = post({}, JSON_BODY).then(({ status }) => {
      answered = true;
      return status;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(answered, false);
    committed();
    assert.equal(await answer, 202);
  });

  it('says when there is no room, and gives its memory back', async () => {
    storage.failure = new TriliteError('overloaded', 'the disk is full');
    const { status, headers, text } = await post({}, JSON_BODY);
    assert.deepEqual([status, text], [429, 'the disk is full\n']);
    assert.match(headers!['Retry-After']!, /^\d+$/);
    assert.equal(memory.inFlightBytes, 0);
  });
});
