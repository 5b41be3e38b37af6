/**
 * `node test/differential/scrape-run.ts [--minutes N] [--seed N] [--show N]`: a real Prometheus (`TRILITE_TEST_PROMETHEUS`, or
 * `prometheus` on `PATH`) and Trilite scrape the same targets with the same configuration, and what they stored and say is
 * compared. Ends with code 1 where it differs.
 */

import { parseArgs } from 'node:util';
import { PROMETHEUS, PROMETHEUS_MISSING } from '../clients/prometheus/run-prometheus.ts';
import { runScrapes } from './scrape/differential.ts';
import { makeJobs } from './scrape/jobs.ts';
import { startScrapePair } from './scrape/pair.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    show: { type: 'string', default: '20' },
  },
});
if (!PROMETHEUS) {
  console.error(PROMETHEUS_MISSING);
  process.exit(2);
}
const seed = Number(values.seed);
const pair = await startScrapePair((startMs, version) => makeJobs(seed, startMs, version));
try {
  const { samples, disturbed, differences, explained } = await runScrapes(pair, Number(values.minutes) * 60);
  console.log(
    `seed ${seed}, Prometheus ${pair.version}: ${samples} samples, ${differences.length} differences`,
  );
  if (disturbed > 0) console.log(`  ${disturbed} targets left out: the machine was busy`);
  for (const [rule, count] of explained) console.log(`  explained ${count} times: ${rule}`);
  for (const { job, what, place, want, got } of differences.slice(0, Number(values.show))) {
    console.log(`${job} ${what} ${place}\n  Prometheus ${want}\n  Trilite    ${got}`);
  }
  process.exitCode = differences.length === 0 ? 0 : 1;
} finally {
  await pair.dispose();
}
