/** Lines page by page: against a store in memory, whatever the page's size, all lines come once and in order. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LogQuestion, LogStream } from '../../../src/ui/api/loki-data.ts';
import {
  firstQuestion,
  type LogPages,
  PAGE_MAX_LINES,
  withPage,
} from '../../../src/ui/views/logs/log-pages.ts';

interface Stored {
  readonly ns: bigint;
  readonly stream: string;
  readonly line: string;
}

/** Answers as the server does: limit over all streams in the order of the direction, ties as they were put in or reverse. */
function answer(stored: readonly Stored[], question: LogQuestion): readonly LogStream[] {
  const inside = stored.filter(({ ns }) => ns >= question.startNs && ns < question.endNs);
  const ascending = inside.toSorted((a, b) => Number(a.ns - b.ns));
  const ordered = question.direction === 'forward' ? ascending : ascending.toReversed();
  const streams = new Map<string, [string, string][]>();
  for (const { ns, stream, line } of ordered.slice(0, question.limit)) {
    const values = streams.get(stream) ?? [];
    streams.set(stream, values);
    values.push([String(ns), line]);
  }
  return [...streams].map(([app, values]) => ({ stream: { app }, values }));
}

function readAll(stored: readonly Stored[], first: LogQuestion): LogPages {
  let pages: LogPages = { rows: [], next: first };
  for (let i = 0; pages.next !== undefined && i <= stored.length + 2; i++)
    pages = withPage(pages.rows, pages.next, answer(stored, pages.next));
  assert.equal(pages.next, undefined);
  return pages;
}

const START_MS = 1_700_000_000_000;
const RANGE = { startMs: START_MS, endMs: START_MS + 1 };
const entry = fc.record({
  ns: fc.integer({ min: 0, max: 6 }).map((n) => BigInt(START_MS) * 1_000_000n + BigInt(n)),
  stream: fc.constantFrom('a', 'b'),
  line: fc.constantFrom('x', 'y'),
});

test('no line is missing and none is there twice, also of moments with more lines than a page', () => {
  const cases = fc.tuple(
    fc.array(entry, { maxLength: 40 }),
    fc.integer({ min: 1, max: 9 }),
    fc.constantFrom('backward' as const, 'forward' as const),
  );
  fc.assert(
    fc.property(cases, ([stored, limit, direction]) => {
      const { rows } = readAll(stored, firstQuestion('{}', RANGE, direction, limit));
      const sign = direction === 'forward' ? 1n : -1n;
      for (let i = 1; i < rows.length; i++)
        assert.ok(sign * (BigInt(rows[i]!.ns) - BigInt(rows[i - 1]!.ns)) >= 0n);
      const shown = rows.map(({ ns, stream, line }) => `${ns} ${stream.app} ${line}`);
      const wanted = stored.map(({ ns, stream, line }) => `${ns} ${stream} ${line}`);
      assert.deepEqual(shown.toSorted(), wanted.toSorted());
    }),
  );
});

test('a moment with more lines than the server gives at once is told of, and left behind', () => {
  const ns = BigInt(START_MS) * 1_000_000n;
  const lines = (at: bigint, count: number) =>
    Array.from({ length: count }, (_, i) => ({ ns: at, stream: 'a', line: String(i) }));
  const stored = [...lines(ns, 3), ...lines(ns + 5n, PAGE_MAX_LINES + 10)];
  let pages = withPage([], firstQuestion('{}', RANGE, 'backward', 100), []);
  let next: LogQuestion | undefined = firstQuestion('{}', RANGE, 'backward', 100);
  let crowded: string | undefined;
  while (next) {
    pages = withPage(pages.rows, next, answer(stored, next));
    crowded ??= pages.crowdedNs;
    next = pages.next;
  }
  assert.equal(crowded, String(ns + 5n));
  assert.equal(pages.rows.length, PAGE_MAX_LINES + 3);
  assert.deepEqual(
    pages.rows.slice(-3).map(({ line }) => line),
    ['2', '1', '0'],
  );
});
