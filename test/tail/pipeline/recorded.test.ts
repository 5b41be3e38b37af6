/**
 * Pipelines and lines with what Promtail 3.4 makes of them, recorded. Entries that its stages pass on side by side
 * have no order there; these are in ours.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { entryOf, pipelineOf, plain, run } from './run-pipeline.ts';

interface Case {
  readonly name: string;
  readonly pipeline: string;
  readonly entries: readonly { readonly labels: Record<string, string>; readonly line: string }[];
  readonly out: readonly Record<string, unknown>[];
}

const cases = JSON.parse(
  readFileSync(new URL('./recorded-cases.json', import.meta.url), 'utf8'),
) as readonly Case[];

describe('recorded pipelines', () => {
  for (const { name, pipeline, entries, out } of cases) {
    it(name, async () => {
      const given = entries.map(({ labels, line }) => entryOf(line, labels));
      assert.deepEqual((await run(await pipelineOf(pipeline), given)).map(plain), out);
    });
  }
});
