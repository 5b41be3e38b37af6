/** The contract of `TraceReader`. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SpanGroup } from '../../src/model/span-group.ts';
import type { SpanGroupCursor, TraceReader } from '../../src/storage/interface.ts';
import { type TestSpan, traceIdOf } from './batches.ts';
import { QUERIES, rangeOver, SEED, type Subject } from './conformance.ts';

const BASE_MS = 1_767_268_800_000;
const MINUTE_MS = 60_000;
const TICKS = 900;
const TRACES = 6;

const timeOf = (tick: number) => BASE_MS + (tick - TICKS / 2) * MINUTE_MS;

const span: fc.Arbitrary<TestSpan> = fc.record(
  {
    service: fc.constantFrom('a', 'b'),
    trace: fc.integer({ min: 1, max: TRACES }),
    span: fc.integer({ min: 1, max: 30 }),
    name: fc.constantFrom('op', 'ü'),
    startMs: fc.nat(TICKS).map(timeOf),
    durationMs: fc.constantFrom(0, 1, 90_000),
  },
  { noNullPrototype: true },
);

const cases = fc.record({
  steps: fc
    .array(fc.array(span, { minLength: 1, maxLength: 40 }), { minLength: 2, maxLength: 5 })
    .chain((all) => fc.nat(all.length - 1).map((i) => [...all, all[i]!])),
  ranges: fc.array(rangeOver([0, 10, 450, 451, TICKS].map(timeOf)), {
    minLength: QUERIES,
    maxLength: QUERIES,
  }),
});

function textOf(s: TestSpan): string {
  return [traceIdOf(s.trace), s.span, s.service, s.name, s.startMs, s.durationMs].join(' ');
}

function spansOfGroup(g: SpanGroup): string[] {
  const traces = Buffer.from(g.traceIds());
  const spans = Buffer.from(g.spanIds());
  const service = g.resources.attributes.of('service.name')[0]!;
  assert.equal(service.type, 'string');
  const services = service.values();
  const out: string[] = [];
  for (let i = 0; i < g.spanCount; i++) {
    const startNs = g.startsNs()[i]!;
    assert.equal(((startNs % 1e6) + 1e6) % 1e6, 3, 'nanoseconds are kept');
    const resource = g.resourceRows()[i]!;
    const indexes = services.indexes as ArrayLike<number>;
    const occurrence = service.dense ? resource : service.rows().indexOf(resource);
    out.push(
      [
        traces.toString('hex', 16 * i, 16 * i + 16),
        Number.parseInt(spans.toString('hex', 8 * i, 8 * i + 8), 16),
        services.strings[indexes[occurrence]!],
        g.names().strings[g.names().indexes[i]!],
        g.baseMs + Math.floor(startNs / 1e6),
        Math.floor(g.durationsNs()[i]! / 1e6),
      ].join(' '),
    );
  }
  return out;
}

/** All spans of the groups; checks each group by itself. */
async function drain(cursor: SpanGroupCursor): Promise<string[]> {
  const out: string[] = [];
  while (await cursor.nextBatch()) {
    while (cursor.next()) {
      const spans = spansOfGroup(cursor.group());
      assert.equal(new Set(spans).size, spans.length, 'a group holds a span once');
      const ids = spans.map((s) => s.split(' ')[0]!);
      const runs = ids.filter((id, i) => id !== ids[i - 1]);
      assert.equal(new Set(runs).size, runs.length, 'the spans of a trace are adjacent');
      out.push(...spans);
    }
  }
  cursor.close();
  return out;
}

/** `once`: a span that was sent twice is in one group only. Returns how many fillings were checked. */
export async function conformTraces(
  subject: Subject<readonly TestSpan[], 'traces'>,
  once: boolean,
): Promise<number> {
  const signal = new AbortController().signal;
  let checked = 0;
  await fc.assert(
    fc.asyncProperty(cases, async (c) => {
      checked++;
      const all = c.steps.flat();
      const known = new Set(all.map(textOf));
      const check = (got: readonly string[], must: readonly TestSpan[], what: string) => {
        for (const s of got) assert.ok(known.has(s), `${what}: ${s} was appended`);
        const seen = new Set(got);
        if (once) assert.equal(seen.size, got.length, `${what}: every span once`);
        for (const s of must) assert.ok(seen.has(textOf(s)), `${what}: ${textOf(s)} is there`);
      };
      const filled = await subject.fill(c.steps);
      try {
        await filled.read(async (reader: TraceReader) => {
          for (const range of c.ranges) {
            const overlapping = all.filter(
              (s) => s.startMs <= range.maxMs && s.startMs + s.durationMs >= range.minMs,
            );
            const got = await drain(await reader.select(range, signal));
            check(got, overlapping, `from ${range.minMs} to ${range.maxMs}`);
          }
          for (let trace = 1; trace <= TRACES + 1; trace++) {
            const id = Buffer.from(traceIdOf(trace), 'hex');
            const got = await drain(await reader.trace(id, signal));
            check(
              got,
              all.filter((s) => s.trace === trace),
              `trace ${trace}`,
            );
          }
        });
      } finally {
        await filled.close();
      }
    }),
    { numRuns: subject.runs, seed: SEED, endOnFailure: true },
  );
  return checked;
}
