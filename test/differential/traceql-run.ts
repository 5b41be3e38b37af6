/**
 * `node test/differential/traceql-run.ts [--queries N] [--seed N] [--only N] [--show N]`: random traces, TraceQL and other requests, answered
 * by a real Tempo (`TRILITE_TEST_TEMPO`, or `tempo` on `PATH`) and by Trilite. Ends with code 1 where answers differ. `--only` asks the
 * request of that number alone. `--record` asks the kept requests instead and writes Tempo's answers to them, of those that Trilite answers
 * alike; a request is added to them by hand, without an answer.
 */

import { parseArgs } from 'node:util';
import { compareAnswers } from './traceql/compare.ts';
import { askAll, newTally } from './traceql/differential.ts';
import { type KeptCase, readKept, traceIdsOf, withoutStats, writeKept } from './traceql/kept.ts';
import { ask, type Pair, startPair } from './traceql/pair.ts';
import { RequestGenerator } from './traceql/requests.ts';
import { TEMPO, TEMPO_MISSING } from './traceql/run-tempo.ts';
import { makeTraces } from './traceql/traces.ts';

const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    only: { type: 'string' },
    show: { type: 'string', default: '20' },
    record: { type: 'boolean', default: false },
  },
});
if (!TEMPO) {
  console.error(TEMPO_MISSING);
  process.exit(2);
}

/** What is kept is read by people too: longer answers say no more than shorter ones. */
const ANSWER_MAX_CHARS = 5000;

async function record(pair: Pair): Promise<void> {
  const { requests, cases } = readKept();
  await pair.push({ requests, traceIds: traceIdsOf({ requests }), spanCount: 0, several: true });
  const kept: KeptCase[] = [];
  for (const { request } of cases) {
    const [want, got] = [await ask(pair.reference, request), await ask(pair.own, request)];
    const lines = compareAnswers(request, want, got);
    const answer = withoutStats(want);
    if (JSON.stringify(answer).length > ANSWER_MAX_CHARS) continue;
    if (lines.length === 0) kept.push({ request, answer });
    else console.log(`differs, not kept: ${JSON.stringify(request)}\n  ${lines[0]}`);
  }
  writeKept({ requests, cases: kept });
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
const data = makeTraces(seed);
console.log(`seed ${seed}: ${data.traceIds.length} traces, ${data.spanCount} spans`);
const pair = await startPair();
const tally = newTally();
try {
  await pair.push(data);
  const generator = new RequestGenerator(seed, data.traceIds);
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
for (const { request, narrowed, lines } of tally.differences.slice(0, Number(values.show))) {
  console.log(`\n${request.path} ${JSON.stringify(request.params)}${request.protobuf ? ' as protobuf' : ''}`);
  if (narrowed !== (request.params.q ?? '')) console.log(`  narrowed to ${narrowed}`);
  for (const line of lines.slice(0, 3)) console.log(`  ${line.slice(0, 700)}`);
}
const kinds = [...tally.kinds].map(
  ([name, { asked, different }]) => `${name} ${asked} (${different} differ)`,
);
const explained = [...tally.explained].map(([name, n]) => `${n} ${name}`).join(', ');
console.log(
  `\nseed ${seed}: ${tally.asked} asked, ${tally.answered} with content, ${tally.refused} refused by the reference\n` +
    `${kinds.join(', ')}\nexplained: ${explained || 'none'}\ndifferent: ${tally.differences.length}`,
);
process.exitCode = tally.differences.length > 0 ? 1 : 0;
