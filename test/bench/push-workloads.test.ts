/** What the log, trace and OTLP workloads send: deterministic, sized as asked, and read by the server's own decoders. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decompressSnappy } from '../../src/base/snappy.ts';
import { LOKI_PUSH_JSON, LOKI_PUSH_PROTO } from '../../src/bench/loki-push-workloads.ts';
import { OTLP_LOGS } from '../../src/bench/otlp-logs-workload.ts';
import { OTLP_METRICS } from '../../src/bench/otlp-metrics-workload.ts';
import { OTLP_TRACES } from '../../src/bench/otlp-traces-workload.ts';
import type { BenchRequest, LineForm } from '../../src/bench/workload.ts';
import { decodeLokiPush } from '../../src/ingest/decode/loki-push.ts';
import { decodeLokiPushJson } from '../../src/ingest/decode/loki-push-json.ts';
import { decodeOtlpLogs } from '../../src/ingest/decode/otlp-logs.ts';
import { decodeOtlpTraces } from '../../src/ingest/decode/otlp-traces.ts';
import type { LogBatch } from '../../src/model/batch.ts';
import { decode, encode } from '../ingest/decode/otlp-arbitrary.ts';
import { allRequests, loadOptions } from './load-options.ts';

const NOW_MS = Date.UTC(2026, 0, 2);
const WORKLOADS = [LOKI_PUSH_PROTO, LOKI_PUSH_JSON, OTLP_METRICS, OTLP_LOGS, OTLP_TRACES];

function body(request: BenchRequest): Buffer {
  return Buffer.from(request.body);
}

function streamOf(batch: LogBatch, entry: number): string {
  return JSON.stringify(batch.streams[batch.stream[entry]!]!.toObject());
}

function lines(batch: LogBatch): string[] {
  return Array.from({ length: batch.count }, (_, i) => {
    const line = Buffer.from(batch.bytes.subarray(batch.lineStart[i]!, batch.lineEnd[i]!)).toString();
    return `${streamOf(batch, i)} ${batch.timeMs[i]} ${batch.timeNs[i]} ${line}`;
  });
}

for (const workload of WORKLOADS) {
  test(`${workload.name}: the same seed gives the same bytes, another gives others`, () => {
    const one = allRequests(workload, loadOptions()).map(body);
    const two = allRequests(workload, loadOptions()).map(body);
    const other = allRequests(workload, loadOptions({ seed: 8 })).map(body);
    assert.deepEqual(one, two);
    assert.notDeepEqual(one, other);
  });

  test(`${workload.name}: as many items as asked for, none in a request beyond the batch`, () => {
    const requests = allRequests(workload, loadOptions());
    assert.equal(
      requests.reduce((sum, { items }) => sum + items, 0),
      950,
    );
    assert.ok(requests.every(({ items }) => items > 0 && items <= 100));
  });
}

for (const form of ['json', 'logfmt', 'access', 'mix'] as LineForm[]) {
  test(`Loki push, ${form}: both encodings hold the same entries, in order within a stream`, () => {
    const options = loadOptions({ lines: form, churn: 0.5 });
    const proto = allRequests(LOKI_PUSH_PROTO, options).map(
      (r) => decodeLokiPush(decompressSnappy(r.body), NOW_MS).batch,
    );
    const json = allRequests(LOKI_PUSH_JSON, options).map((r) => decodeLokiPushJson(r.body, NOW_MS).batch);
    assert.deepEqual(proto.flatMap(lines), json.flatMap(lines));
    const newest = new Map<string, number>();
    for (const batch of proto) {
      for (let i = 0; i < batch.count; i++) {
        const stream = streamOf(batch, i);
        const ns = (batch.timeMs[i]! - options.startMs) * 1e6 + batch.timeNs[i]!;
        assert.ok(ns > (newest.get(stream) ?? -1), 'entries of a stream ascend');
        newest.set(stream, ns);
      }
    }
    assert.ok(newest.size > 12, 'churn brings new streams');
  });
}

test('log lines are JSON objects with a trace id in a share of them', () => {
  const batches = allRequests(LOKI_PUSH_JSON, loadOptions()).map(
    (r) => decodeLokiPushJson(r.body, NOW_MS).batch,
  );
  const parsed = batches
    .flatMap(lines)
    .map((text) => JSON.parse(text.slice(text.indexOf('{"ts"'))) as { level: string; trace_id?: string });
  const traced = parsed.filter(({ trace_id }) => trace_id !== undefined);
  assert.equal(parsed.length, 950);
  assert.ok(traced.length > 150 && traced.length < 450, `${traced.length} of 950`);
  assert.ok(traced.every(({ trace_id }) => /^[0-9a-f]{32}$/.test(trace_id!)));
  assert.equal(new Set(traced.map(({ trace_id }) => trace_id)).size, traced.length);
});

// protobufjs writes fields in the order of their numbers: equal bytes mean that every field, length and number is right.
for (const [workload, message] of [
  [OTLP_TRACES, 'TracesData'],
  [OTLP_LOGS, 'LogsData'],
  [OTLP_METRICS, 'MetricsData'],
] as const) {
  test(`${workload.name}: protobufjs reads the requests, and writes the same bytes`, () => {
    for (const request of allRequests(workload, loadOptions({ items: 3000 }))) {
      const again = Buffer.from(encode(message, decode(message, request.body, false)));
      assert.equal(again.length, request.body.length);
      assert.deepEqual(sortedBytes(again), sortedBytes(body(request)));
    }
  });
}

/** Field order is free in protobuf: attributes may come before or after others. */
function sortedBytes(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toSorted());
}

test('spans form trees: parents are in the same trace, within the request or an earlier one', () => {
  const seen = new Map<string, Set<string>>();
  let roots = 0;
  for (const request of allRequests(OTLP_TRACES, loadOptions({ items: 3000, batch: 500 }))) {
    const spans = spansOf(decode('TracesData', request.body) as never);
    assert.equal(decodeOtlpTraces(request.body).spanCount, spans.length);
    for (const span of spans) {
      const trace = seen.get(span.traceId) ?? new Set();
      seen.set(span.traceId, trace.add(span.spanId));
    }
    for (const span of spans) {
      if (span.parentSpanId === '') roots++;
      else assert.ok(seen.get(span.traceId)!.has(span.parentSpanId));
      assert.ok(BigInt(span.endTimeUnixNano) > BigInt(span.startTimeUnixNano));
    }
  }
  assert.equal(roots, seen.size);
});

interface PlainSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

function spansOf(request: {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly PlainSpan[] }[];
  }[];
}): PlainSpan[] {
  return request.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans));
}

test('OTLP log records are what the log decoder takes', () => {
  for (const request of allRequests(OTLP_LOGS, loadOptions())) {
    const { batch, refusedEntries } = decodeOtlpLogs(request.body, NOW_MS);
    assert.equal(batch.count, request.items);
    assert.equal(refusedEntries, 0);
  }
});
