/**
 * What processors cost beside decoding: CPU time per item over requests of the OTLP workloads, with no rule, one and five, in a
 * process of its own, without storage. `node bench/micro/processors.ts [ITEMS]`.
 */

import { SILENT } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { OTLP_LOGS } from '../../src/bench/otlp-logs-workload.ts';
import { OTLP_METRICS } from '../../src/bench/otlp-metrics-workload.ts';
import { OTLP_TRACES } from '../../src/bench/otlp-traces-workload.ts';
import { DEFAULT_CONFIG } from '../../src/config/settings.ts';
import { decodeOtlpLogs } from '../../src/ingest/decode/otlp-logs.ts';
import { decodeOtlpMetrics } from '../../src/ingest/decode/otlp-metrics.ts';
import { decodeOtlpTraces } from '../../src/ingest/decode/otlp-traces.ts';
import type { ProcessorAction, ProcessorRule } from '../../src/ingest/process/process-config.ts';
import { DEFAULT_OTLP_SETTINGS, otlpOptionsByPath } from '../../src/model/otlp-options.ts';
import { Processing } from '../../src/processing.ts';
import type { AppendOutcome } from '../../src/storage/interface.ts';

const ROUNDS = 5;
const items = Number(process.argv[2] ?? 100_000);

const rule = (...actions: ProcessorAction[]): ProcessorRule => ({
  signals: ['metrics', 'logs', 'traces'],
  where: [],
  tenants: undefined,
  actions,
});
const redact = (pattern: string): ProcessorAction => ({
  kind: 'redact',
  reach: 'text',
  names: undefined,
  pattern,
  replacement: '****',
});

const RULES: Readonly<Record<string, readonly ProcessorRule[]>> = {
  'no rule': [],
  'drop a name': [rule({ kind: 'drop', names: ['user.email'] })],
  credit_card: [rule(redact('credit_card'))],
  'RE2 with a literal': [rule(redact('token=[^&]+'))],
  'RE2 without': [rule(redact('\\b\\d{13,16}\\b'))],
  'five rules': [
    rule({ kind: 'drop', names: ['user.email', 'http.request.header.*'] }),
    rule({ kind: 'hash', names: ['user.id'], key: { value: 'k' } }),
    rule(redact('credit_card')),
    rule(redact('email')),
    rule(redact('bearer_token')),
  ],
  'set on each item': [rule({ kind: 'set', name: 'env', value: 'prod', ifMissing: false, place: 'item' })],
};

const taken = async (): Promise<AppendOutcome> => ({ accepted: 0, refused: [], durable: Promise.resolve() });
const metrics = {
  // As storage does: labels of what is new, handles of what is known.
  append: async (batch: Parameters<Parameters<Processing['metrics']>[0]['append']>[0]) => {
    for (let i = 0; i < batch.seriesCount; i++) {
      if (batch.handles?.places[i] !== 0) continue;
      batch.labels(i);
      [batch.handles.places[i], batch.handles.ids[i]] = [1, 1];
    }
    return taken();
  },
};
const otlp = otlpOptionsByPath(DEFAULT_OTLP_SETTINGS).collector;

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const KINDS = {
  metrics: { workload: OTLP_METRICS, decode: (body: Uint8Array) => decodeOtlpMetrics(body, otlp).batch },
  logs: { workload: OTLP_LOGS, decode: (body: Uint8Array) => decodeOtlpLogs(body, Date.now()).batch },
  traces: { workload: OTLP_TRACES, decode: decodeOtlpTraces },
} as const;

for (const [signal, { workload, decode }] of Object.entries(KINDS)) {
  const options = { ...workload.defaults, items, seed: 1, run: 'micro', startMs: Date.now() };
  const bodies: Uint8Array[] = [];
  const requests = workload.requests({ ...options, targets: 10, churn: 0, churnEvery: 20 } as never);
  for (let next = requests.next(); !next.done; next = requests.next())
    bodies.push(next.value.body as Uint8Array);
  for (const [name, rules] of Object.entries(RULES)) {
    const processing = await Processing.open(
      { ...DEFAULT_CONFIG, processors: rules },
      new Telemetry(),
      SILENT,
    );
    const to = {
      metrics: processing.metrics(metrics),
      logs: processing.logs({ append: taken }),
      traces: processing.spans({ append: taken }),
    } as unknown as Record<string, { append(batch: unknown, how: unknown): Promise<unknown> }>;
    let best = { decoded: Number.POSITIVE_INFINITY, processed: Number.POSITIVE_INFINITY };
    for (let round = 0; round < ROUNDS; round++) {
      let [decoded, processed, count] = [0, 0, 0];
      for (const body of bodies) {
        const a = cpuMs();
        const batch = decode(body) as { count?: number; spanCount?: number; sampleCount?: number };
        const b = cpuMs();
        await to[signal]!.append(batch, { mode: 'partial', tenant: 'fake', nowMs: 0 });
        processed += cpuMs() - b;
        decoded += b - a;
        count += batch.count ?? batch.spanCount ?? batch.sampleCount ?? 0;
      }
      if (decoded + processed < best.decoded + best.processed) best = { decoded, processed };
      if (round === ROUNDS - 1) {
        const each = (ms: number) => `${((ms * 1000) / count).toFixed(3)} µs`;
        console.log(
          `${signal}  ${name.padEnd(20)} decoding ${each(best.decoded)}   rules ${each(best.processed)} an item`,
        );
      }
    }
  }
}
