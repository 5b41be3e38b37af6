/** Walking the lines of a query: sampling, streams apart and together, bounds, cancelling. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TriliteError } from '../../../../src/model/errors.ts';
import { Labels } from '../../../../src/model/labels.ts';
import { parseSelector } from '../../../../src/query/logs/engine.ts';
import { minePatterns } from '../../../../src/query/logs/patterns/pattern-query.ts';
import type { PatternSeries } from '../../../../src/query/logs/patterns/pattern-table.ts';
import { ScanStats } from '../../../../src/query/logs/scan.ts';
import type { QueryReport, ServiceContext } from '../../../../src/query/service.ts';
import { MemoryLogs } from '../../../storage/memory-logs.ts';

const START_MS = Date.UTC(2026, 0, 1, 12);
const QUERY = {
  matchers: parseSelector('{app="a"}'),
  fromMs: START_MS,
  toMs: START_MS + 3_600_000,
  stepMs: 10_000,
};

function contextOf(logs: MemoryLogs, more: Partial<ServiceContext> = {}): ServiceContext {
  return { storage: { logs }, signal: new AbortController().signal, ...more } as unknown as ServiceContext;
}

function totals(series: readonly PatternSeries[]): Record<string, number> {
  return Object.fromEntries(series.map((s) => [s.pattern, s.samples.reduce((sum, [, n]) => sum + n, 0)]));
}

/** One line a second, two kinds in turn. */
function alternating(count: number): MemoryLogs {
  const logs = new MemoryLogs();
  for (let i = 0; i < count; i++) {
    const line = i % 2 === 0 ? `tick number ${i} done` : `tock number ${i} done`;
    logs.add(Labels.from({ app: 'a' }), START_MS + i * 1000, 0, line);
  }
  return logs;
}

describe('more lines than are matched', () => {
  it('are sampled over the whole range and by no regularity', async () => {
    const stats = new ScanStats();
    const series = await minePatterns(QUERY, contextOf(alternating(3000)), stats, 1000);
    const { 'tick number <_> done': ticks, 'tock number <_> done': tocks } = totals(series);
    assert.equal(ticks! + tocks!, stats.lines);
    assert.ok(stats.lines > 900 && stats.lines <= 1010, String(stats.lines));
    assert.ok(Math.abs(ticks! - tocks!) < 50, `${ticks} ${tocks}`);
    // Some of every minute.
    const minutes = new Set(series.flatMap((s) => s.samples.map(([ms]) => Math.floor(ms / 60_000))));
    assert.equal(minutes.size, 50);
  });

  it('is not what just fits', async () => {
    const series = await minePatterns(QUERY, contextOf(alternating(3000)), new ScanStats(), 3000);
    assert.deepEqual(totals(series), { 'tick number <_> done': 1500, 'tock number <_> done': 1500 });
  });
});

describe('streams', () => {
  it('have patterns of their own, which are joined where they are the same', async () => {
    const logs = new MemoryLogs();
    for (let i = 0; i < 80; i++) {
      const pod = ['p', 'q'][i % 2]!;
      logs.add(Labels.from({ app: 'a', pod }), START_MS + i, 0, `served ${i} in pod`);
      logs.add(Labels.from({ app: 'a', pod }), START_MS + i, 1, `this is pod ${pod}`);
    }
    assert.deepEqual(totals(await minePatterns(QUERY, contextOf(logs), new ScanStats())), {
      'served <_> in pod': 80,
      'this is pod p': 40,
      'this is pod q': 40,
    });
  });

  it('beyond a number are mined together', async () => {
    const logs = new MemoryLogs();
    for (let i = 0; i < 400; i++) {
      for (let n = 0; n < 30; n++) {
        logs.add(
          Labels.from({ app: 'a', pod: `p${i}` }),
          START_MS + n,
          0,
          `this is pod ${'abcdefghij'[i % 10]}${i}`,
        );
      }
    }
    const series = await minePatterns(QUERY, contextOf(logs), new ScanStats());
    const { 'this is pod <_>': together, ...apart } = totals(series);
    assert.equal(together, 144 * 30);
    assert.equal(Object.keys(apart).length, 256);
  });
});

describe('a query', () => {
  it('is bounded in memory', async () => {
    const query = { samplesMax: 0, bytesMax: 1000, lookbackDeltaMs: 1, subqueryStepMs: 1 };
    const context = contextOf(alternating(100), { query } as unknown as Partial<ServiceContext>);
    await assert.rejects(minePatterns(QUERY, context, new ScanStats()), /hold more than 1000 bytes/);
  });

  it('ends when its client is gone, and tells what it read', async () => {
    const controller = new AbortController();
    const reports: QueryReport[] = [];
    const context = contextOf(alternating(100), {
      signal: controller.signal,
      report: (report) => reports.push(report),
    });
    await minePatterns(QUERY, context, new ScanStats());
    controller.abort(new TriliteError('canceled', 'gone'));
    await assert.rejects(minePatterns(QUERY, context, new ScanStats()), /gone/);
    assert.deepEqual(
      reports.map((r) => r.linesRead),
      [100, 0],
    );
  });
});
