/**
 * Replays the recorded suites of `../shared/golden` against a server of its own: three times over the same data
 * (fresh, after `kill -9` and a restart, after a flush with compaction), which must give the same answers, and no
 * fewer right ones than the committed floor. `node test/golden/replay.ts [SUITE…]`; `--raise` writes the floors.
 *
 * Prints a line per suite and run, and `N passed, N failed` at the end, where a failure is a suite under its floor
 * or a run that differs from the first.
 */

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startServer, type TestServer } from '../support/server.ts';
import { countEqualSeries, DERIVED_SUITE } from './derived-series.ts';
import { GRAFANA_ARGS, GrafanaRequests } from './grafana-requests.ts';
import { replayStreaming } from './replay-streaming.ts';
import type { RunResult } from './suite-run.ts';
import { TEMPO_INGEST_ARGS, TempoIngest } from './tempo-ingest.ts';

const GOLDEN = path.join(import.meta.dirname, '../../../shared/golden');
const FLOORS = path.join(import.meta.dirname, 'floors.json');
/** Suites that the common runner does not know how to send. */
const TEMPO_INGEST = 'tempo-ingest';
const GRAFANA = 'grafana';
const PLAIN_CONFIG = 'scrape_configs: []\n';

function suitesThere(): string[] {
  const otlp = fs.readdirSync(path.join(GOLDEN, 'prometheus-otlp'), { withFileTypes: true });
  const configured = otlp.filter((d) => d.isDirectory()).map((d) => `prometheus-otlp/${d.name}`);
  return ['prometheus', 'prometheus-main', ...configured, 'loki', 'tempo', TEMPO_INGEST, GRAFANA];
}

type Runner = (server: TestServer, sends: boolean) => Promise<RunResult>;

/** Runs the suite's cases once, and its streams on both ports; `ingest` sends its data first. */
async function replay(suite: string, server: TestServer, ingest: boolean, out: string): Promise<RunResult> {
  const http = await replayHttp(suite, server.base, ingest, out);
  const streams = await replayStreaming(path.join(GOLDEN, suite), [server.grpc, new URL(server.base).host]);
  return {
    passed: http.passed + streams.total - streams.failed.length,
    total: http.total + streams.total,
    failed: [...http.failed, ...streams.failed],
  };
}

async function replayHttp(suite: string, base: string, ingest: boolean, out: string): Promise<RunResult> {
  const args = [
    path.join(GOLDEN, 'run.mjs'),
    path.join(GOLDEN, suite),
    '--base',
    base,
    '--out',
    out,
    '--show',
    '0',
    '--min',
    '0',
  ];
  if (!ingest) args.push('--no-ingest');
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const totals = /(\d+) passed, (\d+) failed\s*$/.exec(text);
  if (!totals)
    throw new Error(`the runner said nothing of ${suite} (exit code ${code}): ${text.slice(-500)}`);
  if (code !== 0) throw new Error(`the runner failed on ${suite}: ${text.slice(-500)}`);
  const failures = fs.readFileSync(out, 'utf8').split('\n').filter(Boolean);
  const failed = failures.map((line) => (JSON.parse(line) as { id: string }).id).sort();
  return { passed: Number(totals[1]), total: Number(totals[1]) + Number(totals[2]), failed };
}

/** What is derived from the spans of the suite: metrics that are not there again after a restart. */
async function checkDerived(base: string): Promise<void> {
  const { equal, total, wrong } = await countEqualSeries(path.join(GOLDEN, 'tempo'), base);
  const floor = floors[DERIVED_SUITE] ?? 0;
  const isOk = equal >= floor;
  print(`${isOk ? 'ok    ' : 'FAILED'} ${DERIVED_SUITE.padEnd(34)} ${equal}/${total}  floor ${floor}`);
  for (const line of wrong) print(`       ${line}`);
  if (isOk) passed++;
  else failed++;
  floors[DERIVED_SUITE] = Math.max(floor, equal);
}

/** A suite with a runner of its own, and the flags that it needs. */
function ownRunner(suite: string): { readonly args: readonly string[]; run: Runner } | undefined {
  if (suite === TEMPO_INGEST) {
    const ingest = new TempoIngest(GOLDEN);
    return { args: TEMPO_INGEST_ARGS, run: (server, sends) => ingest.run(server, sends) };
  }
  if (suite === GRAFANA) {
    const requests = new GrafanaRequests(GOLDEN);
    return { args: GRAFANA_ARGS, run: (server, sends) => requests.run(server, sends) };
  }
  return undefined;
}

/** The three runs over one data directory. */
async function replayThrice(suite: string): Promise<RunResult[]> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-golden-'));
  try {
    const own = path.join(GOLDEN, suite, 'config.yml');
    const config = path.join(dir, 'config.yml');
    const text = fs.existsSync(own) ? fs.readFileSync(own, 'utf8') : '';
    fs.writeFileSync(config, text.includes('scrape_configs') ? text : text + PLAIN_CONFIG);
    const runner = ownRunner(suite);
    // All data lies in the past, of which metrics would not be derived.
    const args = ['--config', config, '--retention', '0', '--metrics-generator.slack', '0'];
    if (runner) args.push(...runner.args);
    const start = () => startServer({ dataDir: path.join(dir, 'data'), args });
    const out = path.join(dir, 'failed.jsonl');
    const run = runner?.run ?? ((of: TestServer, sends: boolean) => replay(suite, of, sends, out));
    let server = await start();
    const runs = [await run(server, true)];
    if (suite === 'tempo') await checkDerived(server.base);
    await server.stop('SIGKILL');
    server = await start();
    runs.push(await run(server, false));
    const flushed = await fetch(`${server.base}/-/flush?compact=true`, { method: 'POST' });
    if (!flushed.ok) throw new Error(`the flush answered ${flushed.status}`);
    runs.push(await run(server, false));
    await server.stop();
    return runs;
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

function difference(a: readonly string[], b: readonly string[]): string[] {
  const there = new Set(a);
  const other = new Set(b);
  return [...a.filter((id) => !other.has(id)), ...b.filter((id) => !there.has(id))];
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const raise = process.argv.includes('--raise');
const named = process.argv.slice(2).filter((a) => !a.startsWith('--'));
const floors = JSON.parse(fs.readFileSync(FLOORS, 'utf8')) as Record<string, number>;
let passed = 0;
let failed = 0;
if (!fs.existsSync(GOLDEN)) {
  print('skipped: ../shared/golden is not there');
} else {
  for (const suite of named.length > 0 ? named : suitesThere()) {
    const runs = await replayThrice(suite);
    const floor = floors[suite] ?? 0;
    const problems: string[] = [];
    for (const [i, run] of runs.entries()) {
      if (run.passed < floor) problems.push(`run ${i + 1} is under the floor of ${floor}`);
      const other = difference(runs[0]!.failed, run.failed);
      if (other.length > 0)
        problems.push(`run ${i + 1} differs from the first in ${other.slice(0, 10).join(' ')}`);
    }
    const counts = runs.map((r) => `${r.passed}/${r.total}`).join('  ');
    print(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${suite.padEnd(34)} ${counts}  floor ${floor}`);
    for (const p of problems) print(`       ${p}`);
    if (problems.length === 0) passed++;
    else failed++;
    floors[suite] = Math.max(floor, Math.min(...runs.map((r) => r.passed)));
  }
  if (raise) fs.writeFileSync(FLOORS, `${JSON.stringify(floors, null, 2)}\n`);
  print(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}
