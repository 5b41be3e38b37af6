/** A process with a sink ends by itself: after `stop`, and where the test forgot it. Starting and stopping leaves nothing behind. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { startTrilite } from '../../src/index.ts';

const INDEX = path.join(import.meta.dirname, '../../src/index.ts');
const folder = mkdtempSync(path.join(tmpdir(), 'trilite-exit-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const TIMEOUT = { timeout: 60_000 };

/** Runs a script that has `startTrilite`; resolves when the process has ended by itself. */
function run(script: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const source = `import { startTrilite } from ${JSON.stringify(INDEX)};\n${script}`;
  const file = path.join(folder, 'script.mjs');
  writeFileSync(file, source);
  const child = spawn(process.execPath, [file]);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

// Other tests have servers of their own at the same time.
const temporary = path.join(folder, 'tmp');
mkdirSync(temporary);
process.env.TMPDIR = temporary;

const USE = `
  await sink.load('up 1');
  await sink.push({ logs: [{ line: 'x' }], spans: [{ name: 'y' }] });
  await sink.waitFor('up');
  await sink.waitFor({ traceql: '{}' });
  const { dataDir } = sink;
  console.log(dataDir);
`;

describe('a process with a sink', TIMEOUT, () => {
  it('ends after stop, without a word', async () => {
    const outcome = await run(`const sink = await startTrilite();${USE}await sink.stop();`);
    assert.deepEqual(outcome, { code: 0, stdout: 'undefined\n', stderr: '' });
  });

  it('ends where stop is forgotten', async () => {
    const outcome = await run(`const sink = await startTrilite();${USE}`);
    assert.deepEqual(outcome, { code: 0, stdout: 'undefined\n', stderr: '' });
  });

  it('ends while something waits for what will not come only when the wait is over', async () => {
    const waits = `await sink.waitFor('never', undefined, { timeout: 100 }).catch((e) => console.log(e.name));`;
    const outcome = await run(`const sink = await startTrilite();${waits}`);
    assert.deepEqual(outcome, { code: 0, stdout: 'ExpectationError\n', stderr: '' });
  });

  it('leaves no folder, no listener and no handle', async () => {
    const listeners = process.listenerCount('exit');
    const handles = process.getActiveResourcesInfo().length;
    const sinks = await Promise.all(Array.from({ length: 3 }, () => startTrilite()));
    assert.equal(new Set(sinks.map((sink) => sink.endpoints.prometheus)).size, 3);
    await sinks[0]!.load('up 1');
    const elsewhere = await sinks[1]!.promql('up');
    assert.equal(elsewhere.kind === 'vector' && elsewhere.samples.length, 0);
    await Promise.all(sinks.map((sink) => sink.stop()));
    await sinks[0]!.stop();
    assert.equal(process.listenerCount('exit'), listeners);
    assert.deepEqual(readdirSync(temporary), []);
    assert.ok(process.getActiveResourcesInfo().length <= handles, process.getActiveResourcesInfo().join());
  });

  it('fails to start in words, and leaves nothing', async () => {
    await assert.rejects(startTrilite({ config: 'no_such_key: 1' }), /no_such_key/);
    await using sink = await startTrilite();
    const port = Number(new URL(sink.endpoints.prometheus).port);
    await assert.rejects(startTrilite({ ports: { http: port } }), /the port is taken/);
  });
});
