/**
 * `node test/differential/jaeger-run.ts [--requests N] [--seed N] [--traces N] [--show N]`: random traces and requests of
 * Jaeger's query API, answered by a real Jaeger (`TRILITE_TEST_JAEGER`, or `jaeger` on `PATH`) and by Trilite. Ends with code 1
 * where answers differ. `--record` keeps Jaeger's answers, of those that Trilite answers alike and that are not long.
 */

import { parseArgs } from 'node:util';
import { askAll, newTally } from './jaeger/differential.ts';
import { type KeptCase, writeKept } from './jaeger/kept.ts';
import { startPair } from './jaeger/pair.ts';
import { RequestGenerator } from './jaeger/requests.ts';
import { JAEGER, JAEGER_MISSING } from './jaeger/run-jaeger.ts';
import { makeTraces } from './jaeger/traces.ts';

/** Characters of JSON: longer answers are kept out of the repository. */
const KEPT_MAX_CHARS = 3000;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '3000' },
    traces: { type: 'string', default: '80' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    show: { type: 'string', default: '20' },
    record: { type: 'boolean', default: false },
  },
});
if (!JAEGER) {
  console.error(JAEGER_MISSING);
  process.exit(2);
}

const seed = Number(values.seed);
const exports = makeTraces(seed, Number(values.traces));
console.log(`seed ${seed}: ${values.traces} traces`);
const pair = await startPair();
const tally = newTally();
const kept: KeptCase[] = [];
try {
  await pair.push(exports);
  const { withFirstSearch } = pair;
  const generator = new RequestGenerator(seed, { exports, traces: Number(values.traces), withFirstSearch });
  await askAll(
    pair,
    () => generator.request(),
    Number(values.requests),
    tally,
    (request, answer) => {
      if (JSON.stringify([request, answer]).length <= KEPT_MAX_CHARS) kept.push({ request, answer });
    },
  );
} finally {
  await pair.dispose();
}
if (values.record) writeKept({ exports, cases: kept });
for (const { request, lines } of tally.differences.slice(0, Number(values.show))) {
  console.log(`${JSON.stringify(request)}\n  ${lines.slice(0, 6).join('\n  ')}`);
}
console.log(`${tally.asked} asked, ${tally.answered} with content, ${tally.refused} refused`);
for (const [rule, count] of tally.explained) console.log(`${count} explained: ${rule}`);
console.log(`${tally.differences.length} differ`);
process.exit(tally.differences.length > 0 ? 1 : 0);
