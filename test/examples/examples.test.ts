/**
 * The examples' own tests, as a reader of their pages runs them, in a copy outside of this tree: they know Trilite from outside. Packages are
 * those of the client tests; Go's are compiled where TRILITE_TEST_CLIENTS says so.
 */

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { skipClient } from '../clients/otlp/built-client.ts';
import { runProgram, skipUnless } from '../support/program.ts';

const ROOT = join(import.meta.dirname, '../..');
const TRILITE = join(ROOT, 'bin/trilite');
const VENV = process.env.TRILITE_TEST_PYTHON_VENV ?? join(ROOT, 'test/clients/python/.venv');

describe('examples', { timeout: 280_000 }, () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'trilite-examples-'));
    cpSync(join(ROOT, 'examples'), dir, { recursive: true });
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const skipNode = skipUnless(existsSync(join(ROOT, 'dist/index.cjs')), 'dist has no library: npm run build');
  test('Node', { skip: skipNode }, async () => {
    const modules = join(dir, 'node/node_modules');
    mkdirSync(modules);
    symlinkSync(join(ROOT, 'node_modules/@opentelemetry'), join(modules, '@opentelemetry'));
    symlinkSync(ROOT, join(modules, 'trilite'));
    const runner = [process.execPath, '--test', '--test-reporter=tap', join(dir, 'node/orders.test.js')];
    // This file runs under a test runner of its own, which one inside would report to.
    const told = await runProgram('env', ['-u', 'NODE_TEST_CONTEXT', ...runner], {}, 60_000);
    assert.match(told, /^# pass 4$/m);
  });

  const skipPython = skipUnless(
    existsSync(join(VENV, 'bin/pytest')),
    `no pytest in ${VENV}: run test/clients/python/setup.sh`,
  );
  test('Python', { skip: skipPython }, async () => {
    const args = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', join(dir, 'python')];
    assert.match(await runProgram(join(VENV, 'bin/python'), args, { TRILITE }, 60_000), /\b4 passed\b/);
  });

  test('Go', { skip: skipClient('go', 'go') }, async () => {
    const args = ['test', '-C', join(dir, 'go'), './...'];
    assert.match(await runProgram('go', args, { TRILITE }, 280_000), /^ok /m);
  });
});
