/** OTLP edge requests as recorded from the real receivers: what is refused, and the traces that the others leave. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { otlpJsonToProtobuf } from '../../../src/ingest/decode/otlp-json.ts';
import { decodeOtlpTraces } from '../../../src/ingest/decode/otlp-traces.ts';
import type { SpanBatch } from '../../../src/model/batch.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { printTraceV2Json } from '../../../src/query/traces/trace-json.ts';
import { assembleTrace, partsOfTrace } from '../../../src/query/traces/trace-proto.ts';
import { MemoryTraces } from '../../storage/memory-traces.ts';

const GOLDEN = new URL('../../../../shared/golden/', import.meta.url);

interface IngestCase {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBase64: string;
  readonly response: { readonly status: number };
  readonly traces: Readonly<Record<string, unknown>>;
}

/** The batch; undefined where the request is refused. */
function ingest(c: IngestCase): SpanBatch | undefined {
  const body = Buffer.from(c.bodyBase64, 'base64');
  try {
    const json = c.headers['content-type']!.startsWith('application/json');
    return decodeOtlpTraces(json ? otlpJsonToProtobuf('traces', body) : body);
  } catch (error) {
    assert.ok(error instanceof TriliteError && error.kind === 'bad_data', `${c.name}: ${error}`);
    return undefined;
  }
}

test('recorded OTLP requests', async (t) => {
  const file = new URL('tempo-ingest/cases.open.jsonl', GOLDEN);
  if (!existsSync(file)) return t.skip('no recordings beside the checkout');
  const { same } = (await import(new URL('tempo/canon.mjs', GOLDEN).href)) as {
    same(c: unknown, want: unknown, got: unknown): { ok: boolean; why: string };
  };
  let compared = 0;
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const c = JSON.parse(line) as IngestCase;
    // Content types and encodings are the receiver's business.
    const decodable = /^application\/(json|x-protobuf)/.test(c.headers['content-type'] ?? '');
    if (c.path !== '/v1/traces' || c.method !== 'POST' || !decodable || c.headers['content-encoding'])
      continue;
    const batch = ingest(c);
    assert.equal(batch === undefined ? 400 : 200, c.response.status, c.name);
    const { groups } = MemoryTraces.of(batch ? [batch] : [], 1);
    for (const [id, want] of Object.entries(c.traces)) {
      const trace = assembleTrace(partsOfTrace(groups, Buffer.from(id, 'hex')));
      const got = JSON.parse(Buffer.from(printTraceV2Json(trace)).toString()) as unknown;
      const request = { path: `/api/v2/traces/${id}` };
      const verdict = same({ request }, { status: 200, body: want }, { status: 200, body: got });
      assert.ok(verdict.ok, `${c.name}: ${verdict.why}`);
    }
    compared++;
  }
  assert.ok(compared > 10, `${compared} cases`);
});
