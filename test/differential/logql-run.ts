/**
 * `node test/differential/logql-run.ts [--queries N] [--seed N] [--only N] [--show N]`: random log lines and LogQL queries, answered by a
 * real Loki (`TRILITE_TEST_LOKI`, or `loki` on `PATH`) and by Trilite. Ends with code 1 where answers differ. `--only` asks the query of
 * that number alone.
 */

import { parseArgs } from 'node:util';
import { askAll, newTally } from './logql/differential.ts';
import { startPair } from './logql/pair.ts';
import { RequestGenerator } from './logql/requests.ts';
import { LOKI, LOKI_MISSING } from './logql/run-loki.ts';
import { makeStreams } from './logql/streams.ts';

const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '2000' },
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
const streams = makeStreams(seed);
const lines = streams.reduce((sum, { entries }) => sum + entries.length, 0);
console.log(`seed ${seed}: ${streams.length} streams, ${lines} lines`);
const pair = await startPair();
const tally = newTally();
try {
  await pair.push(streams);
  const generator = new RequestGenerator(seed);
  const only = values.only === undefined ? undefined : Number(values.only);
  const count = only === undefined ? Number(values.queries) : 1;
  await askAll(
    pair,
    (n) => generator.request(only ?? n),
    count,
    tally,
    (asked) => console.log(`${asked} asked, ${tally.differences.length} differ`),
  );
} finally {
  await pair.dispose();
}
for (const { request, narrowed, lines: told } of tally.differences.slice(0, Number(values.show))) {
  console.log(
    `\n${request.path} ${JSON.stringify({ ...request.params, ...(request.categorize ? { categorize: true } : {}) })}`,
  );
  if (narrowed !== request.params.query) console.log(`  narrowed to ${narrowed}`);
  for (const line of told.slice(0, 3)) console.log(`  ${line.slice(0, 700)}`);
}
const explained = [...tally.explained].map(([name, n]) => `${n} ${name}`).join(', ');
console.log(
  `\nseed ${seed}: ${tally.asked} asked, ${tally.answered} with content, ${tally.refused} refused by the reference, ` +
    `explained: ${explained || 'none'}, different: ${tally.differences.length}`,
);
process.exitCode = tally.differences.length > 0 ? 1 : 0;
