/** Short runs against a server of their own: everything that was acknowledged is found again. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseBenchFlags } from '../../src/bench/flags.ts';
import { PHASES, runIsolation } from '../../src/bench/isolation-workload.ts';
import { runBench } from '../../src/bench/run.ts';
import { STACK } from '../../src/bench/stack-workload.ts';
import type { System } from '../../src/bench/target.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';
import { loadOptions } from './load-options.ts';

let temporary: TemporaryServer;
let system: System;
const never = new AbortController().signal;

before(async () => {
  temporary = await temporaryServer();
  const { base, grpc } = temporary.server;
  const urls = { prometheus: base, loki: base, tempo: base, otlp: base, 'otlp-grpc': `http://${grpc}` };
  system = { name: 'trilite', urls, headers: {}, pids: [], dataDir: undefined };
});
after(() => temporary.dispose());

async function bench(...flags: string[]) {
  const { base, grpc } = temporary.server;
  const target = `trilite=${base},otlp-grpc=http://${grpc}`;
  const parsed = parseBenchFlags(['--target', target, '--quiet', '--rounds', '2', ...flags]);
  assert.equal(parsed.command, 'run');
  return runBench((parsed as Extract<typeof parsed, { command: 'run' }>).plan, 'test', never);
}

test('log lines, records, points and spans: nothing is refused, nothing is lost', async () => {
  const names = ['loki-push-proto', 'loki-push-json', 'otlp-metrics', 'otlp-logs', 'otlp-traces'];
  for (const transport of ['http', 'grpc']) {
    const { ok, runs } = await bench(...names, '--items', '3000', '--batch', '200', '--transport', transport);
    assert.ok(ok);
    for (const { workload, systems } of runs) {
      const { items } = systems[0]!.load!;
      assert.deepEqual(
        { workload, acknowledged: items.acknowledged, refused: items.refused, found: items.found },
        { workload, acknowledged: 3000, refused: 0, found: 3000 },
      );
    }
  }
});

for (const [name, series, answered] of [
  ['queries-promql', '1000', ['rate by job', 'p99 by job', 'instant: series per name']],
  ['queries-logql', '30', ['newest errors', 'json and a label filter', 'rate by level', 'p99 of a field']],
  ['queries-traceql', '20', ['one service', 'trace by id', 'metrics: rate by service', 'values of a tag']],
] as const) {
  test(`${name}: every query is answered, and those that must find something do`, async () => {
    const { ok, runs } = await bench(name, '--items', '20k', '--series', series, '--repeat', '2');
    assert.ok(ok);
    const { load } = runs[0]!.systems[0]!;
    assert.equal(load!.refusedRequests, 0);
    for (const label of answered) {
      const found = load!.latencyByLabel[label]!;
      assert.ok(found.answerSize! > 0, `${label} finds something`);
      assert.ok(found.count >= 2);
    }
  });
}

test('a stack: all three signals are found, rules and panels are answered', async () => {
  const options = loadOptions({ series: 5, batch: 100, durationMs: 3000, speedup: 20, run: 'stack' });
  const { ok, figures, tables, notes } = await STACK.run(system, options, never);
  assert.ok(ok, notes.join('\n'));
  assert.equal(figures.data_seconds, 60);
  for (const signal of ['metrics', 'logs', 'traces']) {
    assert.equal(figures[`${signal}_lost_items`], 0);
    assert.ok(figures[`${signal}_items_per_second`]! > 0);
  }
  const latencies = tables.at(-1)!.rows;
  assert.deepEqual(
    latencies.map(([kind, , refused]) => [kind, refused]),
    ['metrics', 'logs', 'traces', 'rules', 'panels'].map((kind) => [kind, '0']),
  );
});

test('isolation: every phase reports the pushes and the delay of the event loop', async () => {
  const options = loadOptions({ series: 3, batch: 100, durationMs: 1000, run: 'isolation' });
  const phases = PHASES.filter(({ needsOldTraces }) => !needsOldTraces);
  const { ok, figures, notes } = await runIsolation(system, options, never, phases);
  assert.ok(ok, notes.join('\n'));
  for (const phase of ['pushes_alone', 'heavy_queries', 'flushes', 'compactions']) {
    assert.ok(figures[`${phase}_traces_p99_ms`]! > 0);
    assert.ok(figures[`${phase}_event_loop_max_ms`]! >= figures[`${phase}_event_loop_p99_ms`]!);
  }
});
