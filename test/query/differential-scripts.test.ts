/** Scripts of what the differential test has found: `test/query/scripts/differential.test` passes whole. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runScript } from '../../src/query/script/run-script.ts';

test('every case that random queries found', async () => {
  const { passed, failures } = await runScript(
    readFileSync(new URL('./scripts/differential.test', import.meta.url), 'utf8'),
  );
  assert.deepEqual(
    failures.map((f) => `${f.line}: ${f.expr}: ${f.message}`),
    [],
  );
  assert.ok(passed > 20, `${passed} cases`);
});
