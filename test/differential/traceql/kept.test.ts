/** Requests asked of the services without a server and compared with a real Tempo's recorded answers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOfJson, MemoryTraces } from '../../storage/memory-traces.ts';
import { compareAnswers } from './compare.ts';
import { readKept } from './kept.ts';
import { askServices } from './services.ts';

for (const [how, perGroup] of [
  ['in one piece', Number.POSITIVE_INFINITY],
  ['request by request', 1],
] as const) {
  test(`recorded answers of Tempo, traces ${how}`, async (t) => {
    const { requests, cases } = readKept();
    const batches = requests.map(batchOfJson);
    const traces = MemoryTraces.of(batches, Math.min(perGroup, batches.length));
    const different: string[] = [];
    for (const { request, answer: want } of cases) {
      const got = await askServices(traces, request);
      const lines = compareAnswers(request, want, got);
      if (lines.length > 0) different.push(`${JSON.stringify(request)}\n  ${lines.slice(0, 3).join('\n  ')}`);
    }
    t.diagnostic(`${cases.length} requests`);
    assert.ok(cases.length > 150, `${cases.length} requests`);
    assert.deepEqual(different, []);
  });
}
