/**
 * `node test/differential/push/run.ts [--requests N] [--seed N] [--only N] [--show N]`: random pushes to a real Loki
 * (`TRILITE_TEST_LOKI`, or `loki` on `PATH`) and to Trilite, and what each has of them afterwards. Ends with code 1 where
 * they differ.
 */

import { parseArgs } from 'node:util';
import { LOKI, LOKI_MISSING } from '../logql/run-loki.ts';
import { pushToBoth } from './pair.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    only: { type: 'string' },
    show: { type: 'string', default: '20' },
  },
});
if (!LOKI) {
  console.error(LOKI_MISSING);
  process.exit(2);
}
const seed = Number(values.seed);
const numbers =
  values.only === undefined
    ? Array.from({ length: Number(values.requests) }, (_, n) => n)
    : [Number(values.only)];
let sent = 0;
const tally = await pushToBoth(seed, numbers, ({ differences }) => {
  if (++sent % 500 === 0) console.log(`${sent} sent, ${differences.length} differ`);
});
for (const { request, lines } of tally.differences.slice(0, Number(values.show))) {
  console.log(`\n#${request.number} ${request.path} ${JSON.stringify(request.headers)}`);
  console.log(`  ${request.text.slice(0, 1200)}`);
  for (const line of lines) console.log(`  ${line}`);
}
console.log(`\nseed ${seed}: ${sent} sent, ${tally.differences.length} differ`);
for (const [key, count] of [...tally.statuses].sort()) console.log(`  ${count} × ${key}`);
process.exitCode = tally.differences.length > 0 ? 1 : 0;
