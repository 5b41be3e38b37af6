/**
 * `node test/differential/rules-run.ts [--seed N] [--runs N] [--seconds N] [--groups N] [--show N]`: random rule files over random
 * data, evaluated by a real Prometheus (`TRILITE_TEST_PROMETHEUS`, or `prometheus` on `PATH`) and by Trilite. Ends with code 1
 * where what they write or show differs.
 */

import { parseArgs } from 'node:util';
import { PROMETHEUS, PROMETHEUS_MISSING } from '../clients/prometheus/run-prometheus.ts';
import { prometheusFeatures } from './pair.ts';
import { runRules } from './rules/differential.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    runs: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '30' },
    groups: { type: 'string', default: '8' },
    show: { type: 'string', default: '20' },
    files: { type: 'boolean', default: false },
  },
});
if (!PROMETHEUS) {
  console.error(PROMETHEUS_MISSING);
  process.exit(2);
}
const features = prometheusFeatures();
for (let i = 0; i < Number(values.runs); i++) {
  const { written, differences, texts, leftOut } = await runRules({
    seed: Number(values.seed) + i,
    movingSeconds: Number(values.seconds),
    groups: Number(values.groups),
    restart: true,
    features,
    sameMoments: features.current,
  });
  for (const line of differences.slice(0, Number(values.show))) console.log(`  ${line.slice(0, 1500)}`);
  if (values.files) for (const text of Object.values(texts)) console.log(text);
  console.log(
    `seed ${Number(values.seed) + i}: ${written} samples written, ${leftOut} groups left out, ${differences.length} differences`,
  );
  if (differences.length > 0) process.exitCode = 1;
}
