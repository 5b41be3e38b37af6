/** Whole runs: against stand-ins that refuse or lose, and against Trilite itself. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { parseBenchFlags } from '../../src/bench/flags.ts';
import { type BenchPlan, loadOptions } from '../../src/bench/plan.ts';
import type { BenchReport, SystemReport } from '../../src/bench/report.ts';
import { renderReport } from '../../src/bench/report-table.ts';
import { runBench } from '../../src/bench/run.ts';
import { scrapeConfig } from '../../src/bench/run-serve.ts';
import { SCRAPE } from '../../src/bench/scrape-workload.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryServer } from '../support/temporary-server.ts';
import { stubPrometheus } from './stub-prometheus.ts';

const PROGRAM = path.join(import.meta.dirname, '../../bin/trilite');
const SMALL = [
  '--series',
  '50',
  '--items',
  '500',
  '--batch',
  '20',
  '--rounds',
  '2',
  '--no-settle',
  '--quiet',
];

function planOf(args: readonly string[]): BenchPlan {
  const parsed = parseBenchFlags(args);
  if (parsed.command !== 'run') assert.fail(parsed.command);
  return parsed.plan;
}

async function run(args: readonly string[]): Promise<BenchReport> {
  return runBench(planOf([...SMALL, ...args]), 'test', new AbortController().signal);
}

function only(report: BenchReport): SystemReport {
  assert.equal(report.runs.length, 1);
  assert.equal(report.runs[0]!.systems.length, 1);
  return report.runs[0]!.systems[0]!;
}

async function program(
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(PROGRAM, ['bench', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

test('a system that stores everything loses nothing', async () => {
  const stub = await stubPrometheus(() => 'store');
  try {
    const report = await run(['--target', `prometheus=${stub.url}`]);
    const { load, ok, use } = only(report);
    assert.equal(report.ok, true);
    assert.equal(ok, true);
    // Ten scrapes of fifty series in requests of twenty: three requests each.
    assert.equal(load!.requests, 30);
    assert.deepEqual(load!.items, {
      sent: 500,
      acknowledged: 500,
      refused: 0,
      found: 500,
      lost: 0,
      extra: 0,
      counted: null,
    });
    assert.equal(load!.latency.count, 30);
    assert.equal(load!.rounds.length, 2);
    assert.equal(use!.cpu, null);
    assert.match(renderReport(report), /samples lost +0\n/);
  } finally {
    stub.close();
  }
});

test('what is refused with 503 is counted and sent again', async () => {
  const stub = await stubPrometheus((attempt, answer) => {
    if (attempt % 2 === 1) return 'store';
    answer.writeHead(503, { 'retry-after': '0' }).end('later');
    return 'answered';
  });
  try {
    const { load } = only(await run(['--target', `prometheus=${stub.url}`, '--concurrency', '1']));
    assert.equal(load!.refusedRequests, 30);
    assert.equal(load!.retries, 30);
    assert.deepEqual(load!.reasons, { '503 later': 30 });
    assert.equal(load!.items.acknowledged, 500);
    assert.equal(load!.items.refused, 0);
    assert.equal(load!.items.lost, 0);
    assert.equal(stub.writes(), 60);
  } finally {
    stub.close();
  }
});

test('without retries what is refused stays refused', async () => {
  const stub = await stubPrometheus((attempt, answer) => {
    if (attempt > 0) return 'store';
    answer.writeHead(503).end();
    return 'answered';
  });
  try {
    const { load, ok } = only(await run(['--target', `prometheus=${stub.url}`, '--no-retry']));
    assert.equal(load!.refusedRequests, 1);
    assert.equal(load!.retries, 0);
    assert.equal(load!.items.acknowledged + load!.items.refused, 500);
    assert.ok(load!.items.refused > 0);
    assert.equal(load!.items.lost, 0);
    assert.equal(ok, true);
  } finally {
    stub.close();
  }
});

test('a 400 is not sent again', async () => {
  const stub = await stubPrometheus((attempt, answer) => {
    if (attempt > 0) return 'store';
    answer.writeHead(400).end('out of order sample');
    return 'answered';
  });
  try {
    const { load } = only(await run(['--target', `prometheus=${stub.url}`]));
    assert.equal(stub.writes(), 30);
    assert.deepEqual(load!.reasons, { '400 out of order sample': 1 });
  } finally {
    stub.close();
  }
});

test('a system that takes nothing any more ends the load', async () => {
  const stub = await stubPrometheus((attempt, answer) => {
    if (attempt < 3) return 'store';
    answer.writeHead(503).end();
    return 'answered';
  });
  try {
    const flags = ['--give-up', '150ms', '--concurrency', '1'];
    const { load, notes } = only(await run(['--target', `prometheus=${stub.url}`, ...flags]));
    assert.equal(load!.items.acknowledged, 50);
    // The second round was not begun.
    assert.equal(load!.items.refused, 200);
    assert.equal(load!.items.lost, 0);
    assert.match(notes.join(), /took nothing any more/);
  } finally {
    stub.close();
  }
});

test('a system that acknowledges and keeps nothing is found out', async () => {
  const stub = await stubPrometheus(() => 'drop');
  try {
    const target = ['--target', `prometheus=${stub.url}`];
    const result = await program([...SMALL, ...target, '--readback-max', '1s', '--json', '-']);
    assert.equal(result.code, 1, result.stderr);
    const { load, ok } = only(JSON.parse(result.stdout) as BenchReport);
    assert.equal(ok, false);
    assert.equal(load!.items.lost, 500);
    assert.equal(load!.items.found, 0);
  } finally {
    stub.close();
  }
});

test('systems get the same bytes in alternation, and ratios are against the baseline', async () => {
  const [a, b] = [await stubPrometheus(() => 'store'), await stubPrometheus(() => 'store')];
  try {
    const targets = ['--target', `prometheus=${a.url},name=a`, '--target', `prometheus=${b.url},name=b`];
    const report = await run([...targets, '--baseline', 'b']);
    assert.deepEqual(a.stored, b.stored);
    const { systems, ratios, baseline } = report.runs[0]!;
    assert.equal(baseline, 'b');
    assert.deepEqual(Object.keys(ratios), ['a']);
    const [first, second] = systems.map((system) => system.load!.itemsPerSecond);
    assert.equal(ratios.a!.itemsPerSecond, first! / second!);
    assert.equal(ratios.a!.cpuSettled, null);
  } finally {
    a.close();
    b.close();
  }
});

test('a system that is not there fails at once', async () => {
  const stub = await stubPrometheus(() => 'store');
  stub.close();
  await assert.rejects(run(['--target', `prometheus=${stub.url}`]), { name: 'SystemError' });
});

test('a process that is not there is told', async () => {
  const stub = await stubPrometheus(() => 'store');
  try {
    // Above the largest process id that Linux gives.
    const flags = ['--target', `prometheus=${stub.url}`, '--pid', '4194305'];
    await assert.rejects(run(flags), { name: 'SystemError', message: /process 4194305 cannot be measured/ });
  } finally {
    stub.close();
  }
});

test('Trilite keeps what it acknowledged, and its process is measured', async () => {
  const { server, dir, dispose } = await temporaryServer();
  try {
    const target = ['--target', `trilite=${server.base}`, '--pid', String(server.process.pid)];
    const load = [
      '--series',
      '200',
      '--items',
      '4000',
      '--churn',
      '0.1',
      '--churn-every',
      '4',
      '--settle-max',
      '5s',
    ];
    const result = await program(['remote-write', 'remote-write-2', ...target, ...load, '--json', '-']);
    assert.equal(result.code, 0, result.stderr);
    const report = JSON.parse(result.stdout) as BenchReport;
    assert.deepEqual(
      report.runs.map((r) => r.workload),
      ['remote-write', 'remote-write-2'],
    );
    for (const { systems } of report.runs) {
      const { load: pushed, use } = systems[0]!;
      assert.equal(pushed!.items.acknowledged, 4000);
      assert.equal(pushed!.items.found, 4000);
      assert.ok(use!.cpu!.settledSeconds >= use!.cpu!.pushingSeconds);
      assert.ok(use!.memory!.peakBytes >= use!.memory!.residentBytes);
      assert.equal(use!.disk!.dataDir, path.join(dir, 'data'));
      assert.ok(use!.disk!.highestBytes >= use!.disk!.settledBytes);
      assert.deepEqual(use!.settle!.calls, ['POST /-/flush?compact=true']);
    }
    assert.match(result.stderr, /reading back from trilite/);
  } finally {
    await dispose();
  }
});

test('Trilite scrapes the pages that are served, and keeps what it has fetched', async () => {
  const port = await freePort();
  const load = [
    'scrape',
    '--series',
    '40',
    '--targets',
    '2',
    '--interval',
    '500ms',
    '--duration',
    '2s',
    '--quiet',
  ];
  const options = loadOptions(SCRAPE, planOf(load).load, Date.now(), 0);
  const config = scrapeConfig('trilite', options, '127.0.0.1', port);
  const { server, dispose } = await temporaryServer(config);
  try {
    const report = await runBench(
      planOf([...load, '--target', `trilite=${server.base}`, '--listen', `127.0.0.1:${port}`, '--no-settle']),
      'test',
      new AbortController().signal,
    );
    const { load: served, ok, notes } = only(report);
    assert.deepEqual(notes, []);
    assert.equal(ok, true);
    assert.equal(served!.items.acknowledged, 20 * served!.requests);
    assert.ok(served!.requests >= 4);
    assert.equal(served!.items.lost, 0);
  } finally {
    await dispose();
  }
});

test('the command line tells what is wrong with it', async () => {
  const bad = await program(['--series', 'many']);
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /--series: "many" is not a number/);
  const help = await program(['--help']);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /--target KIND=URL/);
  const list = await program(['--list']);
  assert.equal(list.code, 0);
  assert.match(list.stdout, /^remote-write /);
});
