/**
 * The matchers in the real Jest and Vitest: as modules and as CommonJS, in parallel workers, with types, and with nothing left
 * open. `setup.sh` brings the frameworks.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

const ROOT = join(import.meta.dirname, '../../..');
const DIR = process.env.TRILITE_TEST_FRAMEWORKS ?? join(ROOT, 'node_modules/.cache/frameworks');
const skip =
  !existsSync(join(DIR, 'ready')) &&
  `no frameworks in ${DIR}: sh test/library/frameworks/setup.sh brings them`;
const MAX_MS = 60_000;

/** What a program printed. */
function run(...args: readonly string[]): string {
  const env = { ...process.env, NODE_TEST_CONTEXT: '', NODE_OPTIONS: '', NO_COLOR: '1', CI: '1' };
  const { stdout, stderr, signal } = spawnSync(process.execPath, args, {
    ...{ cwd: DIR, env, encoding: 'utf8', timeout: MAX_MS },
  });
  assert.equal(signal, null, `did not end by itself: ${stdout}${stderr}`);
  return stdout + stderr;
}

describe('the matchers in real frameworks', { skip }, () => {
  before(() => {
    const trilite = join(DIR, 'node_modules/trilite');
    rmSync(trilite, { recursive: true, force: true });
    mkdirSync(trilite, { recursive: true });
    // As it is installed: a link would be followed to where no framework is.
    cpSync(join(ROOT, 'dist'), join(trilite, 'dist'), { recursive: true });
    cpSync(join(ROOT, 'package.json'), join(trilite, 'package.json'));
    const addon = join(DIR, 'node_modules/better-sqlite3');
    if (!existsSync(addon)) symlinkSync(join(ROOT, 'node_modules/better-sqlite3'), addon);
    const cases = join(DIR, 'cases');
    rmSync(cases, { recursive: true, force: true });
    cpSync(join(import.meta.dirname, 'cases'), cases, { recursive: true });
    // A second file for a second worker.
    cpSync(join(cases, 'vitest.test.mjs'), join(cases, 'second.vitest.test.mjs'));
  });

  test('Vitest', () => {
    const told = run('node_modules/vitest/vitest.mjs', 'run', '--dir', 'cases', 'vitest.test');
    assert.match(told, /Tests +4 failed \| 2 passed \(6\)/, told);
    assert.match(told, /expect\(sink\)\.toHaveSpan\(expected\) {2}\(waited 50 ms\)\n/);
    assert.match(told, / {4}expected {2}"GET \/order"\n {4}actual {4}"GET \/orders"\n/);
  });

  test('Jest, CommonJS and modules, with nothing left open', () => {
    const config = {
      testMatch: ['**/cases/jest*.test.*'],
      transform: {},
      moduleFileExtensions: ['js', 'mjs', 'cjs'],
    };
    const jest = [
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      '--config',
      JSON.stringify(config),
    ];
    const told = run(...jest, '--detectOpenHandles');
    assert.match(told, /Tests: +4 failed, 2 passed, 6 total/, told);
    assert.match(told, /expect\(sink\)\.not\.toHaveSpan\(expected\)\n\n +Expected not: a span with\n/);
    assert.doesNotMatch(told, /open handle|did not exit/);
  });

  test('types of both', () => {
    const compilerOptions = {
      ...{ strict: true, noEmit: true, skipLibCheck: true, module: 'nodenext', target: 'es2024' },
      ...{ lib: ['es2024', 'esnext.disposable'], types: ['node', 'jest'] },
    };
    writeFileSync(join(DIR, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['cases/types.ts'] }));
    assert.equal(run('node_modules/typescript/bin/tsc', '-p', '.'), '');
  });
});
