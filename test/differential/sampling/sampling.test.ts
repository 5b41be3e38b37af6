/**
 * The same random requests and policies to this sampler and to the collector's processor: the same traces are kept, whole.
 * `TRILITE_TEST_COLLECTOR` is the program of `collector/`; `TRILITE_TEST_SAMPLING_CASES` how many cases of each kind there are.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openSampler, samplingOf } from '../../ingest/sampling/traces.ts';
import { ManualClock } from '../../scrape/manual-clock.ts';
import { manyTraces, oneTrace } from './cases.ts';
import { askCollector, COLLECTOR, type SamplingCase } from './collector.ts';

const CASES = Number(process.env.TRILITE_TEST_SAMPLING_CASES ?? 500);
const SKIP = COLLECTOR
  ? false
  : 'TRILITE_TEST_COLLECTOR names no program (see test/differential/sampling/collector)';

async function ours({ config, requests }: SamplingCase): Promise<Record<string, number>> {
  const clock = new ManualClock(1_700_000_000_000);
  const { sampler, kept, send } = await openSampler(await samplingOf(JSON.stringify(config)), clock);
  for (const request of requests) await send(request);
  await sampler.decideAll();
  await sampler.close();
  return Object.fromEntries([...kept.spans].map(([id, spans]) => [id, spans.length]));
}

for (const [name, cases] of Object.entries({ 'many traces': manyTraces, 'one trace, rates too': oneTrace })) {
  test(`as the collector decides: ${name}`, { skip: SKIP, timeout: 600_000 }, async (t) => {
    const drawn = fc.sample(cases, { numRuns: CASES });
    const theirs = askCollector(COLLECTOR!, drawn);
    let keptTraces = 0;
    for (let i = 0; i < drawn.length; i++) {
      const { kept, error } = theirs[i]!;
      const shown = JSON.stringify(drawn[i]!.config);
      assert.equal(error, undefined, shown);
      assert.deepEqual(await ours(drawn[i]!), kept, `case ${i}: ${shown}`);
      keptTraces += Object.keys(kept!).length;
    }
    t.diagnostic(`${drawn.length} cases, ${keptTraces} traces kept`);
    assert.ok(keptTraces > 0, 'some are kept');
  });
}
