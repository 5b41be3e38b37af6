/**
 * Questions across signals answer what a slow join over the public APIs does, whatever is in memory and whatever in blocks.
 * Each run is a tenant of its own on one server, with the same ids as all the others: what is another's would show.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { getJson, postBody } from '../../support/http-api.ts';
import { spansRequest } from '../../support/otlp-spans.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { END, pushBody, START, signals } from './made-signals.ts';
import {
  allLines,
  type FoundTrace,
  headersOf,
  idsOf,
  inOrder,
  type Line,
  linesOf,
  namesOneOf,
  searched,
  type Window,
  whole,
} from './slow-join.ts';

const TRACEQL = [
  '{}',
  '{ status = error }',
  '{ duration > 2s }',
  '{ resource.service.name = "a" } && { resource.service.name = "b" }',
  '{ resource.service.name = "nobody" }',
];
const FILTERS = [
  '',
  '|= "error"',
  '{app=~"a|b"} != "nothing"',
  '{app="a"} | json',
  '{} | logfmt | level="error"',
];
const RUNS = 10;
const MINUTE_MS = 60_000;

let temporary: TemporaryServer;
let tenants = 0;

before(async () => {
  temporary = await temporaryServer(undefined, ['--multi-tenancy']);
});
after(() => temporary.dispose());

/** The query that the public API takes. */
const toLoki = (filter: string) =>
  filter.startsWith('{a') ? filter : `{app=~".+"} ${filter.replace(/^\{\}/, '')}`;

async function send(made: typeof signals extends fc.Arbitrary<infer T> ? T : never): Promise<Window> {
  const tenant = `tenant-${tenants++}`;
  const { base } = temporary.server;
  const headers = { 'content-type': 'application/json', 'X-Scope-OrgID': tenant };
  const half = <T>(all: readonly T[], which: 0 | 1) => all.filter((_, i) => i % 2 === which);
  for (const which of [0, 1] as const) {
    await postBody(`${base}/v1/traces`, headers, spansRequest(half(made.spans, which)));
    await postBody(`${base}/loki/api/v1/push`, headers, pushBody(half(made.lines, which)));
    if (which === 0) await postBody(`${base}/-/flush`, {}, '');
  }
  return { base, tenant, startMs: START, endMs: END };
}

interface AcrossJson {
  readonly across: Readonly<Record<string, unknown>>;
}

function ask<T>({ base, tenant, startMs, endMs }: Window, what: string, params: Record<string, string>) {
  const times = { start: `${startMs}000000`, end: `${endMs}000000` };
  const path = `/api/v1/trilite/${what}`;
  return getJson<T & AcrossJson>(base, path, { ...times, ...params }, headersOf(tenant));
}

function extentOf(traces: readonly FoundTrace[]): { readonly minMs: number; readonly maxMs: number } {
  const starts = traces.map(({ startTimeUnixNano }) => Number(BigInt(startTimeUnixNano) / 1_000_000n));
  const ends = traces.map(({ durationMs = 0 }, i) => starts[i]! + durationMs + 2);
  return { minMs: Math.min(...starts), maxMs: Math.max(...ends) };
}

const idsOfTraces = (traces: readonly FoundTrace[]) => new Set(traces.map(({ traceID }) => whole(traceID)!));

async function linesByHand(window: Window, traceql: string, filter: string, deep: boolean): Promise<Line[]> {
  const traces = await searched(window, traceql);
  if (traces.length === 0) return [];
  const { minMs, maxMs } = extentOf(traces);
  const wide = { ...window, startMs: minMs - MINUTE_MS, endMs: maxMs + MINUTE_MS };
  const ids = idsOfTraces(traces);
  return (await allLines(wide, toLoki(filter))).filter((line) => namesOneOf(line, ids, deep));
}

/** Newest first, of equal times in any order. */
async function tracesByHand(window: Window, filter: string, traceql: string) {
  const lines = await allLines(window, toLoki(filter));
  const named = lines.map((line) => {
    const { plain, named: more } = idsOf(line);
    const parsed = Object.entries(line.parsed).flatMap(([name, value]) =>
      /^trace[_.-]?id$/i.test(name) ? [value] : [],
    );
    return [...plain, ...more, ...parsed].flatMap((written) => whole(written) ?? []);
  });
  const ids = new Set(named.flat());
  const ever = { ...window, startMs: START - 3_600_000, endMs: END + 3_600_000 };
  const traces = (await searched(ever, traceql)).filter(({ traceID }) => ids.has(whole(traceID)!));
  return {
    lines: lines.length,
    without: named.filter((of) => of.length === 0).length,
    ids: ids.size,
    traces,
  };
}

describe('questions across signals', () => {
  test('lines of traces', async () => {
    const question = fc.tuple(fc.constantFrom(...TRACEQL), fc.constantFrom(...FILTERS), fc.boolean());
    const property = fc.asyncProperty(
      signals,
      fc.array(question, { minLength: 4, maxLength: 4 }),
      async (made, asked) => {
        const window = await send(made);
        for (const [traceql, logql, deep] of asked) {
          const params = { traceql, logql, deep: String(deep), limit: '5000' };
          const answer = await ask<Parameters<typeof linesOf>[0]>(window, 'logs', params);
          const wanted = await linesByHand(window, traceql, logql, deep);
          assert.deepEqual(inOrder(linesOf(answer)), inOrder(wanted), `${traceql} ${logql} ${deep}`);
          const { traces, lines } = answer.across;
          assert.deepEqual([traces, lines], [(await searched(window, traceql)).length, wanted.length]);
        }
      },
    );
    await fc.assert(property, { numRuns: RUNS });
  });

  test('counts of lines of traces', async () => {
    const property = fc.asyncProperty(signals, fc.constantFrom(...TRACEQL), async (made, traceql) => {
      const window = await send(made);
      const logql = 'sum by (app) (count_over_time({app=~".+"} |= "error" [15m]))';
      const answer = await ask<{ data: { result: { metric: { app: string }; value: [number, string] }[] } }>(
        window,
        'logs',
        { traceql, logql },
      );
      const ids = idsOfTraces(await searched(window, traceql));
      // A window is open at its start, closed at its end.
      const times = { startMs: END - 15 * MINUTE_MS + 1, endMs: END + 1 };
      const lines = await allLines({ ...window, ...times }, toLoki('|= "error"'));
      const counts = Map.groupBy(
        lines.filter((line) => namesOneOf(line, ids, false)),
        ({ stream }) => stream.app,
      );
      const got = answer.data.result.map(({ metric, value }) => [metric.app, Number(value[1])]);
      assert.deepEqual(got.sort(), [...counts].map(([app, of]) => [app, of.length]).sort());
    });
    await fc.assert(property, { numRuns: RUNS });
  });

  test('traces of lines', async () => {
    const question = fc.tuple(fc.constantFrom(...FILTERS), fc.constantFrom('', ...TRACEQL));
    const property = fc.asyncProperty(
      signals,
      fc.array(question, { minLength: 4, maxLength: 4 }),
      async (made, asked) => {
        const window = await send(made);
        for (const [filter, traceql] of asked) {
          const params = { logql: filter || '{}', traceql, limit: '100' };
          const answer = await ask<{ traces: FoundTrace[] }>(window, 'traces', params);
          const wanted = await tracesByHand(window, filter, traceql || '{}');
          const starts = (all: readonly FoundTrace[]) => all.map((trace) => trace.startTimeUnixNano);
          assert.deepEqual(idsOfTraces(answer.traces), idsOfTraces(wanted.traces), `${filter} ${traceql}`);
          assert.deepEqual(starts(answer.traces), starts(wanted.traces));
          const { lines, linesWithoutId, ids, matched } = answer.across;
          assert.deepEqual(
            [lines, linesWithoutId, ids, matched],
            [wanted.lines, wanted.without, wanted.ids, wanted.traces.length],
          );
        }
      },
    );
    await fc.assert(property, { numRuns: RUNS });
  });
});
