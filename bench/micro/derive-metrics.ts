/**
 * What deriving metrics costs per span, beside decoding it: CPU time over requests of the `otlp-traces` workload, in a process
 * of its own, without storage. `node bench/micro/derive-metrics.ts [SPANS]`.
 */

import { parseArgs } from 'node:util';
import { OTLP_TRACES } from '../../src/bench/otlp-traces-workload.ts';
import { DeriveCounts } from '../../src/derive/derive-counts.ts';
import { DEFAULT_METRICS_GENERATOR } from '../../src/derive/settings.ts';
import { TenantGenerator } from '../../src/derive/tenant-generator.ts';
import { decodeOtlpTraces } from '../../src/ingest/decode/otlp-traces.ts';
import type { MetricAppender } from '../../src/storage/interface.ts';

const ROUNDS = 7;
const SPANS_DEFAULT = 100_000;

const nowhere: MetricAppender = {
  append: async (batch) => ({ accepted: batch.sampleCount, refused: [], durable: Promise.resolve() }),
};

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const { positionals } = parseArgs({ allowPositionals: true });
const spans = Number(positionals[0] ?? SPANS_DEFAULT);
const bodies: Uint8Array[] = [];
const options = { ...OTLP_TRACES.defaults, items: spans, seed: 1, run: 'micro', startMs: Date.now() };
const requests = OTLP_TRACES.requests({ ...options, targets: 10, churn: 0, churnEvery: 20 } as never);
for (let next = requests.next(); !next.done; next = requests.next()) {
  bodies.push(next.value.body as Uint8Array);
}
const settings = {
  ...DEFAULT_METRICS_GENERATOR,
  slackMs: 0,
  ...(positionals[1] && { processors: positionals[1].split(',') as never }),
};
const generator = new TenantGenerator('fake', settings, nowhere, new DeriveCounts(), Date.now());
let now = Date.now();
for (let round = 0; round < ROUNDS; round++) {
  let decoded = 0;
  let derived = 0;
  let count = 0;
  for (const body of bodies) {
    const a = cpuMs();
    const batch = decodeOtlpTraces(body);
    const b = cpuMs();
    for (const _ of generator.take(batch, undefined, now)) count += 0;
    const c = cpuMs();
    now += 10;
    generator.expire(now);
    decoded += b - a;
    derived += c - b;
    count += batch.spanCount;
  }
  const each = (ms: number) => `${((ms * 1000) / count).toFixed(3)} µs`;
  console.log(`decoding ${each(decoded)}   deriving ${each(derived)} a span`);
}
