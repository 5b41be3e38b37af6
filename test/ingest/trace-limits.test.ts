/** Limits of spans against a model, how long traces are remembered, and what many of them take. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LiveTraces } from '../../src/ingest/live-traces.ts';
import { traceLimiter } from '../../src/ingest/trace-limits.ts';
import type { SpanBatch } from '../../src/model/batch.ts';
import { TriliteError } from '../../src/model/errors.ts';
import { NO_TRACE_LIMITS } from '../../src/model/tenant-limits.ts';
import type { AppendOutcome } from '../../src/storage/interface.ts';

interface PlainSpan {
  readonly trace: number;
  readonly bytes: number;
}

function idOf(trace: number): Uint8Array {
  const id = new Uint8Array(16);
  new DataView(id.buffer).setUint32(12, trace);
  return id;
}

function batchOf(spans: readonly PlainSpan[]): SpanBatch {
  const ends: number[] = [];
  for (const { bytes } of spans) ends.push((ends.at(-1) ?? 0) + bytes);
  const traceIds = new Uint8Array(16 * spans.length);
  spans.forEach(({ trace }, i) => {
    traceIds.set(idOf(trace), 16 * i);
  });
  const none = new Uint32Array(0);
  return {
    bytes: new Uint8Array(ends.at(-1) ?? 0),
    ...{ resourceCount: 0, resourceStart: none, resourceEnd: none },
    ...{ scopeCount: 0, scopeStart: none, scopeEnd: none },
    spanCount: spans.length,
    spanStart: Uint32Array.from(ends, (end, i) => end - spans[i]!.bytes),
    spanEnd: Uint32Array.from(ends),
    spanResource: new Uint32Array(spans.length),
    spanScope: new Uint32Array(spans.length),
    traceIds,
    startMs: new Float64Array(spans.length),
    endMs: new Float64Array(spans.length),
  };
}

/** Remembers the traces and sizes that came; fails when it is told to. */
class Sink {
  readonly spans: string[] = [];
  failure: TriliteError | undefined;

  async append(batch: SpanBatch): Promise<AppendOutcome> {
    if (this.failure) throw this.failure;
    for (let i = 0; i < batch.spanCount; i++) {
      const trace = new DataView(batch.traceIds.buffer, 16 * i).getUint32(12);
      this.spans.push(`${trace}:${batch.spanEnd[i]! - batch.spanStart[i]!}`);
    }
    return { accepted: batch.spanCount, refused: [], durable: Promise.resolve() };
  }
}

const plainSpan = fc.record({ trace: fc.nat(6), bytes: fc.integer({ min: 1, max: 30 }) });
const request = fc.record({
  tenant: fc.constantFrom('a', 'b'),
  afterMs: fc.constantFrom(0, 10, 50_000, 200_000),
  spans: fc.array(plainSpan, { maxLength: 12 }),
  fails: fc.boolean(),
});

describe('limits of traces', () => {
  it('take and refuse exactly what a model does', async () => {
    const limits = { ...NO_TRACE_LIMITS, traceMaxBytes: 60, tracesMax: 4 };
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 20 }), async (requests) => {
        const limiter = traceLimiter(limits)!;
        let nowMs = 1_000_000;
        let turnedMs = Number.NEGATIVE_INFINITY;
        // By tenant and trace: bytes, and in which generation it was touched.
        const model = new Map<string, { bytes: number; generation: number }>();
        let generation = 0;
        for (const { tenant, afterMs, spans, fails } of requests) {
          nowMs += afterMs;
          if (nowMs - turnedMs > 60_000) {
            generation++;
            turnedMs = nowMs;
          }
          for (const [key, t] of model) if (t.generation < generation - 1) model.delete(key);
          const wanted: string[] = [];
          const refused: string[] = [];
          const added: (() => void)[] = [];
          for (const [i, { trace, bytes }] of spans.entries()) {
            const key = `${tenant}/${trace}`;
            let known = model.get(key);
            if (!known && [...model.keys()].filter((k) => k.startsWith(`${tenant}/`)).length >= 4) {
              refused.push(`${i} live_traces_exceeded`);
              continue;
            }
            known ??= { bytes: 0, generation };
            model.set(key, known);
            known.generation = generation;
            if (known.bytes + bytes > 60) refused.push(`${i} trace_too_large`);
            else {
              const at = known;
              at.bytes += bytes;
              added.push(() => {
                at.bytes -= bytes;
              });
              wanted.push(`${trace}:${bytes}`);
            }
          }
          const sink = new Sink();
          // A batch of which nothing is left is not passed on: it cannot fail.
          const failing = fails && wanted.length > 0;
          if (failing) sink.failure = new TriliteError('overloaded', 'full');
          const done = limiter.append(sink, batchOf(spans), { tenant, nowMs });
          if (failing) {
            await assert.rejects(done, { kind: 'overloaded' });
            for (const takeBack of added) takeBack();
            continue;
          }
          const outcome = await done;
          assert.deepEqual(sink.spans, wanted);
          assert.deepEqual(
            outcome.refused.map((r) => `${r.item} ${r.reason}`),
            refused,
          );
          assert.equal(outcome.accepted + outcome.refused.length, spans.length);
        }
      }),
    );
  });

  it('remember a bounded number, of whichever tenants', () => {
    const traces = new LiveTraces();
    for (let t = 0; t < 10_000; t++) {
      const tenant = traces.begin(`tenant${t}`, 1000);
      for (let i = 0; i < 20; i++) {
        const id = idOf(t * 20 + i);
        assert.ok(!traces.find(tenant, id, 0));
        traces.add(tenant, id, 0, 1000);
        traces.bytes = i;
        assert.ok(traces.find(tenant, id, 0));
        assert.equal(traces.bytes, i);
      }
      assert.ok(traces.count(tenant) <= 20);
    }
    const first = traces.begin('tenant0', 1000);
    assert.ok(!traces.find(first, idOf(0), 0), 'what came long before is forgotten');
  });

  it('a rate gives back what was not stored', async () => {
    const limiter = traceLimiter({ ...NO_TRACE_LIMITS, ingestion: { perSecond: 1, burst: 100 } })!;
    const sink = new Sink();
    const append = () => limiter.append(sink, batchOf([{ trace: 1, bytes: 80 }]), { tenant: 'a', nowMs: 0 });
    sink.failure = new TriliteError('overloaded', 'full');
    for (let i = 0; i < 3; i++) await assert.rejects(append(), { kind: 'overloaded' });
    sink.failure = undefined;
    await append();
    await assert.rejects(append(), { kind: 'rate_limited', retrySeconds: 60 });
  });
});
