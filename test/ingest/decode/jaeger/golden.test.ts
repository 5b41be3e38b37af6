/** Jaeger requests as recorded from the real receivers: what is refused, and the traces that the others leave. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodePostSpans } from '../../../../src/ingest/decode/jaeger/proto.ts';
import { decodeEmitBatch, decodeJaegerThrift } from '../../../../src/ingest/decode/jaeger/thrift.ts';
import type { SpanBatch } from '../../../../src/model/batch.ts';
import { printTraceV2Json } from '../../../../src/query/traces/trace-json.ts';
import { assembleTrace, partsOfTrace } from '../../../../src/query/traces/trace-proto.ts';
import { MemoryTraces } from '../../../storage/memory-traces.ts';

const GOLDEN = new URL('../../../../../shared/golden/', import.meta.url);

interface IngestCase {
  readonly name: string;
  readonly transport: string;
  readonly port: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bodyBase64: string;
  readonly response?: { readonly status: number };
  readonly traces: Readonly<Record<string, unknown>>;
}

function decoderOf(c: IngestCase): (body: Uint8Array) => SpanBatch {
  if (c.transport === 'udp') return decodeEmitBatch;
  return c.port.includes('grpc') ? decodePostSpans : decodeJaegerThrift;
}

test('recorded Jaeger requests', async (t) => {
  const file = new URL('tempo-ingest/cases.open.jsonl', GOLDEN);
  if (!existsSync(file)) return t.skip('no recordings beside the checkout');
  const { same } = (await import(new URL('tempo/canon.mjs', GOLDEN).href)) as {
    same(c: unknown, want: unknown, got: unknown): { ok: boolean; why: string };
  };
  let compared = 0;
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const c = JSON.parse(line) as IngestCase;
    // Content types are the receiver's business.
    if (!c.port.includes('jaeger') || c.headers?.['content-type'] === 'application/json') continue;
    const body = Buffer.from(c.bodyBase64, 'base64');
    if (c.response && c.response.status >= 400) {
      assert.throws(() => decoderOf(c)(body), c.name);
      continue;
    }
    const { groups } = MemoryTraces.of([decoderOf(c)(body)], 1);
    for (const [id, want] of Object.entries(c.traces)) {
      const trace = assembleTrace(partsOfTrace(groups, Buffer.from(id, 'hex')));
      const got = JSON.parse(Buffer.from(printTraceV2Json(trace)).toString()) as unknown;
      const request = { path: `/api/v2/traces/${id}` };
      const verdict = same({ request }, { status: 200, body: want }, { status: 200, body: got });
      assert.ok(verdict.ok, `${c.name}: ${verdict.why}`);
      compared++;
    }
  }
  assert.ok(compared > 0, 'no traces compared');
});
