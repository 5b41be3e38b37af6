/**
 * `node test/differential/logql-run.ts [--queries N] [--seed N] [--only N] [--show N]`: random log lines and LogQL queries, answered by a
 * real Loki (`TRILITE_TEST_LOKI`, or `loki` on `PATH`) and by Trilite. Ends with code 1 where answers differ. `--only` asks the query of
 * that number alone. `--record` asks the kept requests instead and writes Loki's answers to them, of those that Trilite answers alike;
 * a request is added to them by hand, without an answer.
 */

import { parseArgs } from 'node:util';
import { compareAnswers } from './logql/compare.ts';
import { askAll, newTally } from './logql/differential.ts';
import { type KeptCase, readKept, withoutStats, writeKept } from './logql/kept.ts';
import { ask, type Pair, startPair } from './logql/pair.ts';
import { RequestGenerator } from './logql/requests.ts';
import { LOKI, LOKI_MISSING } from './logql/run-loki.ts';
import { makeStreams } from './logql/streams.ts';

const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    only: { type: 'string' },
    show: { type: 'string', default: '20' },
    record: { type: 'boolean', default: false },
  },
});
if (!LOKI) {
  console.error(LOKI_MISSING);
  process.exit(2);
}

async function record(pair: Pair): Promise<void> {
  const { streams, cases } = readKept();
  await pair.push(streams);
  const kept: KeptCase[] = [];
  for (const { request } of cases) {
    const [want, got] = [await ask(pair.reference, request), await ask(pair.own, request)];
    const lines = compareAnswers(request.path, want, got);
    if (lines.length === 0) kept.push({ request, answer: withoutStats(want) });
    else console.log(`differs, not kept: ${JSON.stringify(request)}\n  ${lines[0]}`);
  }
  writeKept({ streams, cases: kept });
  console.log(`${kept.length} of ${cases.length} kept`);
}

if (values.record) {
  const recording = await startPair();
  try {
    await record(recording);
  } finally {
    await recording.dispose();
  }
  process.exit();
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
