/** Whole traces as JSON and protobuf: the recorded answers, spans sent twice, shared ids, what must always be there. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { printTraceV1Json, printTraceV2Json } from '../../../src/query/traces/trace-json.ts';
import {
  assembleTrace,
  partsOfTrace,
  printTraceV1Proto,
  printTraceV2Proto,
  rowsOfTrace,
} from '../../../src/query/traces/trace-proto.ts';
import { decode, type PlainMessage } from '../../ingest/decode/otlp-arbitrary.ts';
import { batchOfJson, goldenBatches, MemoryTraces } from '../../storage/memory-traces.ts';

const GOLDEN = new URL('../../../../shared/golden/tempo/', import.meta.url);

interface GoldenCase {
  readonly id: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: readonly (readonly [string, string])[];
    readonly headers: Readonly<Record<string, string>>;
  };
  readonly response: { readonly status: number; readonly headers: Readonly<Record<string, string>> };
}

for (const batchesPerGroup of [100, 3]) {
  test(`recorded whole traces, ${batchesPerGroup} requests a group`, async (t) => {
    const batches = goldenBatches();
    if (!batches || !existsSync(GOLDEN)) return t.skip('no recordings beside the checkout');
    const { same } = (await import(new URL('canon.mjs', GOLDEN).href)) as {
      same(c: GoldenCase, want: unknown, got: unknown): { ok: boolean; why: string };
    };
    const { groups } = MemoryTraces.of(batches, batchesPerGroup);
    let compared = 0;
    for (const line of readFileSync(new URL('cases.open.jsonl', GOLDEN), 'utf8').trim().split('\n')) {
      const c = JSON.parse(line) as GoldenCase;
      const path = /^\/api\/(v2\/)?traces\/([0-9a-fA-F]{1,32})$/.exec(c.request.path);
      if (!path || c.response.status !== 200 || c.request.query.some(([name]) => name === 'q')) continue;
      const trace = assembleTrace(partsOfTrace(groups, Buffer.from(path[2]!.padStart(32, '0'), 'hex')));
      const v2 = path[1] !== undefined;
      const protobuf = c.request.headers.accept?.includes('protobuf');
      let body: unknown;
      if (protobuf) {
        const bytes = v2 ? printTraceV2Proto(trace) : printTraceV1Proto(trace);
        body = { $base64: Buffer.from(bytes).toString('base64') };
      } else {
        const text = v2 ? printTraceV2Json(trace) : printTraceV1Json(trace);
        body = JSON.parse(Buffer.from(text).toString());
      }
      const verdict = same(c, c.response, { status: 200, headers: c.response.headers, body });
      assert.ok(verdict.ok, `${c.id}: ${verdict.why}`);
      compared++;
    }
    assert.ok(compared > 20, `${compared} cases`);
  });
}

const T = 'ab'.repeat(16);
const ID = Buffer.from(T, 'hex');

function requestOf(spans: readonly PlainMessage[], service: PlainMessage = {}): PlainMessage {
  return { resourceSpans: [{ ...service, scopeSpans: [{ spans }] }] };
}

function groupsOf(...requests: readonly PlainMessage[]) {
  return MemoryTraces.of(requests.map(batchOfJson), 1).groups;
}

const PLAIN = { traceId: T, spanId: '0000000000000001', name: 'a', kind: 2, startTimeUnixNano: '5' };

test('resource, scope and status are written though empty; zero values and flags are not', () => {
  const trace = assembleTrace(partsOfTrace(groupsOf(requestOf([{ ...PLAIN, flags: 257 }])), ID));
  const span =
    '{"traceId":"q6urq6urq6urq6urq6urqw==","spanId":"AAAAAAAAAAE=","name":"a","kind":"SPAN_KIND_SERVER",' +
    '"startTimeUnixNano":"5","status":{}}';
  const resourceSpans = `[{"resource":{},"scopeSpans":[{"scope":{},"spans":[${span}]}]}]`;
  assert.equal(Buffer.from(printTraceV1Json(trace)).toString(), `{"batches":${resourceSpans}}`);
  assert.equal(
    Buffer.from(printTraceV2Json(trace, { inspectedBytes: 7, partial: 'too "large"' })).toString(),
    `{"trace":{"resourceSpans":${resourceSpans}},"metrics":{"inspectedBytes":"7"},"status":"PARTIAL","message":"too \\"large\\""}`,
  );
  const bytes = Buffer.from(printTraceV1Proto(trace)).toString('hex');
  assert.match(bytes, /^0a[0-9a-f]{2}0a0012[0-9a-f]{2}0a0012/);
  assert.ok(bytes.includes('7a00'));
});

test('no such trace', () => {
  const trace = assembleTrace(partsOfTrace(groupsOf(requestOf([PLAIN])), Buffer.alloc(16, 1)));
  assert.equal(trace.spanCount, 0);
  assert.equal(Buffer.from(printTraceV2Json(trace)).toString(), '{"trace":{},"metrics":{}}');
  assert.equal(Buffer.from(printTraceV2Proto(trace)).toString('hex'), '0a001200');
});

test('a request sent twice appears once, also with its attributes in another order', () => {
  const attributes = [
    { key: 'a', value: { stringValue: '1' } },
    { key: 'b', value: { intValue: '2' } },
  ];
  const service = (list: readonly PlainMessage[]) => ({ resource: { attributes: list } });
  const span = { ...PLAIN, attributes };
  const turned = { ...PLAIN, kind: 'SPAN_KIND_SERVER', attributes: [...attributes].reverse() };
  const groups = groupsOf(
    requestOf([span], service(attributes)),
    requestOf([turned], service([...attributes].reverse())),
    requestOf([{ ...span, name: 'b', spanId: '0000000000000002' }], service(attributes)),
  );
  const trace = assembleTrace(partsOfTrace(groups, ID));
  assert.equal(trace.spanCount, 2);
  assert.equal(trace.resources.length, 1);
  const printed = JSON.parse(Buffer.from(printTraceV1Json(trace)).toString()) as PlainMessage;
  assert.deepEqual(
    (printed.batches as { scopeSpans: { spans: { name: string }[] }[] }[])[0]!.scopeSpans[0]!.spans.map(
      (s) => s.name,
    ),
    ['a', 'b'],
  );
});

test('the server half of a shared id gets an id of its own, its children follow it', () => {
  const span = (spanId: string, parentSpanId: string, kind: number, name: string, at: number) => ({
    traceId: T,
    spanId: spanId.padStart(16, '0'),
    parentSpanId: parentSpanId.padStart(16, '0'),
    kind,
    name,
    startTimeUnixNano: String(at),
  });
  const groups = groupsOf(
    requestOf([span('1', '0', 3, 'root', 1), span('ab', '1', 3, 'client', 2)]),
    requestOf([span('ab', '1', 2, 'server', 3), span('cd', 'ab', 1, 'child', 4)]),
  );
  const data = decode('TracesData', printTraceV1Proto(assembleTrace(partsOfTrace(groups, ID)))) as {
    resourceSpans: { scopeSpans: { spans: { name: string; spanId: string; parentSpanId: string }[] }[] }[];
  };
  const hex = (id: string) => Buffer.from(id, 'base64').toString('hex').replace(/^0+/, '');
  const spans = data.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans));
  assert.deepEqual(
    spans.map((s) => [s.name, hex(s.spanId), hex(s.parentSpanId)]),
    [
      ['root', '1', ''],
      ['client', 'ab', '1'],
      ['server', '2', 'ab'],
      ['child', 'cd', '2'],
    ],
  );
});

test('rows of a trace are found among others', () => {
  const ids = ['01', '05', '07', 'fe'].map((byte) => byte.repeat(16));
  const spans = ids.flatMap((traceId) =>
    [1, 2].map((i) => ({ ...PLAIN, traceId, spanId: `000000000000000${i}` })),
  );
  const [group] = groupsOf(requestOf(spans));
  for (const [t, id] of ids.entries()) {
    assert.deepEqual([...rowsOfTrace(group!, Buffer.from(id, 'hex'))], [2 * t, 2 * t + 1]);
  }
  for (const byte of ['00', '03', 'ff']) {
    assert.equal(rowsOfTrace(group!, Buffer.from(byte.repeat(16), 'hex')).length, 0);
  }
});
