/** The engine's limits, cancellation and settings, over metrics in memory. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Labels } from '../../../src/model/labels.ts';
import { type EngineContext, evaluatePromql, type PromqlOptions } from '../../../src/query/engine.ts';
import { MemoryMetrics, memoryReader } from '../../../src/query/script/memory-metrics.ts';

const metrics = new MemoryMetrics();
for (const name of ['a_total', 'b_total']) {
  for (let i = 0; i < 10; i++) {
    const samples = Array.from({ length: 100 }, (_, s) => ({ timestampMs: s * 15_000, value: s * i }));
    metrics.add(Labels.from({ __name__: name, i: String(i), half: String(i % 2) }), samples);
  }
}
const signal = new AbortController().signal;
const engine: EngineContext = { storage: memoryReader(metrics), signal };
const range: PromqlOptions = { startMs: 600_000, endMs: 900_000, stepMs: 60_000, instant: false };
const instant: PromqlOptions = { ...range, instant: true };

test('a range query answers a column per group, sorted, on one shared time axis', async () => {
  const { data, stats } = await evaluatePromql('sum by (half) (rate(a_total[5m]))', range, engine);
  assert.ok(data.type === 'matrix');
  assert.deepEqual(
    data.series.map((s) => s.labels.get('half')),
    ['0', '1'],
  );
  assert.equal(data.series[0]!.timestamps, data.series[1]!.timestamps);
  assert.equal(data.series[0]!.values.length, 6);
  assert.ok(Math.abs(data.series[0]!.values[0]! - 20 / 15) < 1e-9);
  assert.equal(stats.seriesRead, 10);
});

test('too many samples at once are refused', async () => {
  const limited = { ...engine, limits: { samplesMax: 50 } };
  await assert.rejects(evaluatePromql('a_total', range, limited), /too many samples into memory/);
});

test('label values that functions make have a bound', async () => {
  const joined = (times: number, inner: string) =>
    `label_join(${inner}, "x", "", ${Array.from({ length: times }, () => '"x"').join(', ')})`;
  const start = `label_replace(a_total, "x", "${'v'.repeat(1024)}", "", "")`;
  const longest = await evaluatePromql(joined(1024, start), instant, engine);
  assert.equal(longest.data.type === 'vector' && longest.data.labels[0]!.get('x').length, 1024 * 1024);
  await assert.rejects(evaluatePromql(joined(2, joined(1024, start)), instant, engine), {
    kind: 'limit',
    message: /label_join\(\) makes a label value of 2097152 characters/,
  });
  const doubled = `label_replace(${joined(1024, start)}, "y", "$1$1", "x", "(.*)")`;
  await assert.rejects(evaluatePromql(doubled, instant, engine), /label_replace\(\) makes a label value/);
});

test('a deadline and a client that went away end a query', async () => {
  const late = { ...engine, limits: { deadlineMs: 5, clock: () => 6 } };
  await assert.rejects(evaluatePromql('a_total', range, late), { kind: 'timeout' });
  await assert.rejects(evaluatePromql('a_total', range, { ...engine, signal: AbortSignal.abort() }), {
    kind: 'canceled',
  });
});

test('series that differ in the name alone collide where it is dropped, unless that is delayed', async () => {
  const query = 'sum(rate({__name__=~".+_total"}[5m]))';
  await assert.rejects(evaluatePromql(query, range, engine), /same labelset/);
  const { data } = await evaluatePromql(query, { ...range, delayNameRemoval: true }, engine);
  assert.equal(data.type === 'matrix' && data.series.length, 1);
});

test('an instant query may ask for anything, a range query for numbers only', async () => {
  const raw = await evaluatePromql('a_total{i="3"}[1m]', instant, engine);
  assert.deepEqual(raw.data.type === 'matrix' && [...raw.data.series[0]!.values], [171, 174, 177, 180]);
  const text = await evaluatePromql('"x"', instant, engine);
  assert.equal(text.data.type === 'string' && text.data.value, 'x');
  await assert.rejects(
    evaluatePromql('a_total[1m]', range, engine),
    /invalid expression type "range vector"/,
  );
});

test('what is fixed by @ is the same at every step', async () => {
  const { data } = await evaluatePromql('sum(a_total @ 300)', range, engine);
  assert.ok(data.type === 'matrix');
  assert.deepEqual([...new Set(data.series[0]!.values)], [20 * 45]);
});

test('topk orders an instant answer', async () => {
  const { data } = await evaluatePromql('topk(3, a_total)', instant, engine);
  assert.deepEqual(data.type === 'vector' && data.labels.map((l) => l.get('i')), ['9', '8', '7']);
});
