/** Against a real Prometheus: what it takes is found in it again, and its process and data directory are measured. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { parseBenchFlags } from '../../src/bench/flags.ts';
import { runBench } from '../../src/bench/run.ts';
import { freePort } from '../support/free-port.ts';
import { eventually } from '../support/poll.ts';
import { findProgram, skipUnless, startProgram } from '../support/program.ts';

const PROMETHEUS = findProgram('prometheus');
const skip = skipUnless(
  PROMETHEUS !== undefined,
  'Prometheus is not installed (Debian: apt-get install prometheus)',
);

test('a real Prometheus keeps every sample of a run with churn', { skip }, async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-bench-'));
  const port = await freePort();
  const config = path.join(dir, 'prometheus.yml');
  fs.writeFileSync(config, '{}');
  const program = startProgram(PROMETHEUS!, [
    `--config.file=${config}`,
    `--storage.tsdb.path=${path.join(dir, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
    '--log.level=warn',
  ]);
  try {
    const base = `http://127.0.0.1:${port}`;
    await eventually(async () => assert.equal((await fetch(`${base}/-/ready`)).status, 200), 30_000);
    const flags = [
      '--series',
      '300',
      '--items',
      '9k',
      '--batch',
      '100',
      '--churn',
      '0.2',
      '--churn-every',
      '5',
    ];
    const parsed = parseBenchFlags([
      ...['--target', `prometheus=${base}`, '--pid', String(program.process.pid)],
      ...flags,
      '--quiet',
      '--no-settle',
    ]);
    if (parsed.command !== 'run') assert.fail(parsed.command);
    const report = await runBench(parsed.plan, 'test', new AbortController().signal);
    const { load, use, notes } = report.runs[0]!.systems[0]!;
    assert.deepEqual(notes, []);
    assert.deepEqual(load!.reasons, {});
    assert.equal(load!.items.acknowledged, 9000);
    assert.equal(load!.items.found, 9000);
    assert.equal(report.ok, true);
    assert.equal(use!.disk!.dataDir, path.join(dir, 'data'));
    assert.ok(use!.disk!.settledBytes > use!.disk!.beforeBytes);
  } finally {
    await program.stop('SIGKILL');
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
});
