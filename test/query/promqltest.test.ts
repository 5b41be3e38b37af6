/**
 * PromQL scripts. The project's own pass as a whole. Of the corpus, which stands beside the project, every file must
 * pass at least as many cases as `promqltest-floors.json` says, so that what once passed keeps passing.
 */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runScript } from '../../src/query/script/run-script.ts';

const corpus = fileURLToPath(new URL('../../../shared/promqltest/', import.meta.url));
const floors: Record<string, number> = JSON.parse(
  readFileSync(new URL('./promqltest-floors.json', import.meta.url), 'utf8'),
);
const skip = existsSync(corpus) ? false : `no script corpus at ${corpus}`;

const own = fileURLToPath(new URL('./scripts/', import.meta.url));

describe('own PromQL scripts', () => {
  for (const file of readdirSync(own)) {
    test(file, async () => {
      const { passed, failures } = await runScript(readFileSync(own + file, 'utf8'));
      assert.deepEqual(failures, []);
      assert.ok(passed > 0);
    });
  }
});

describe('the corpus of PromQL scripts', { skip }, () => {
  for (const [file, floor] of Object.entries(floors)) {
    test(`${file} passes ${floor} cases`, async () => {
      const { passed, failures } = await runScript(readFileSync(corpus + file, 'utf8'));
      const first = failures.slice(0, 5).map((f) => `${file}:${f.line}: ${f.expr}: ${f.message}`);
      assert.ok(passed >= floor, `${passed} of ${floor} passed\n${first.join('\n')}`);
    });
  }
});
