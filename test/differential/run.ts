/**
 * `node test/differential/run.ts [--queries N] [--seed N] [--only N] [--show N]`: random data and queries, answered by
 * a real Prometheus (`TRILITE_TEST_PROMETHEUS`, or `prometheus` on `PATH`) and by Trilite. Ends with code 1 where
 * answers differ. `--only` asks the query of that number alone, `--exact` forgives no last digit, `--quiet` leaves the
 * raw samples out.
 */

import { parseArgs } from 'node:util';
import { PROMETHEUS } from '../clients/prometheus/run-prometheus.ts';
import { tolerance } from './compare.ts';
import { makeData } from './data.ts';
import { askAll, newTally } from './differential.ts';
import { prometheusFeatures, startPair } from './pair.ts';
import { RequestGenerator } from './queries.ts';

const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    only: { type: 'string' },
    show: { type: 'string', default: '20' },
    exact: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
  },
});
if (values.exact) tolerance.relativeError = 0;
if (!PROMETHEUS) {
  console.error('no prometheus: put one on PATH or name it in TRILITE_TEST_PROMETHEUS');
  process.exit(2);
}
const seed = Number(values.seed);
const features = prometheusFeatures();
const data = makeData(seed, features);
const samples = data.reduce((sum, series) => sum + series.samples.length, 0);
console.log(`seed ${seed}: ${data.length} series, ${samples} samples`);
const pair = await startPair(features);
const tally = newTally();
try {
  await pair.write(data);
  const generator = new RequestGenerator(seed, features);
  const requestOf = (n: number) => generator.request(values.only === undefined ? n : Number(values.only));
  const count = values.only === undefined ? Number(values.queries) : 1;
  await askAll(pair, requestOf, count, tally, (asked) =>
    console.log(`${asked} asked, ${tally.differences.length} differ`),
  );
} finally {
  await pair.dispose();
}
for (const { request, narrowed, lines, data: raw } of tally.differences.slice(0, Number(values.show))) {
  console.log(`\n${JSON.stringify(request)}`);
  if (narrowed !== request.query) console.log(`  narrowed to ${narrowed}`);
  for (const line of lines.slice(0, 4)) console.log(`  ${line.slice(0, 600)}`);
  if (!values.quiet) for (const line of raw.slice(0, 4)) console.log(`    ${line.slice(0, 600)}`);
}
const accidents = [...tally.accidents].map(([name, n]) => `${n} ${name}`).join(', ');
console.log(
  `\nseed ${seed}: ${tally.asked} asked, ${tally.answered} with values, ${tally.refused} refused by the reference, ` +
    `explained: ${accidents || 'none'}, different: ${tally.differences.length}`,
);
process.exitCode = tally.differences.length > 0 ? 1 : 0;
