/** OTLP logs as a collector sends them: records of many services, grouped by service, in order of time. */

import type { ProtoWriter } from '../base/protobuf-writer.ts';
import { countLines } from './count-lines.ts';
import { attribute, fixedNanos, open, ResourceGroups, textField, varintSize } from './encode/otlp-writer.ts';
import { makeServices } from './generate/cast.ts';
import { RecordMaker, type RecordParts } from './generate/log-records.ts';
import { resourceAttributes } from './generate/otel-resources.ts';
import { acceptedItems, exportRequest } from './otlp-request.ts';
import { type BenchRequest, type LoadOptions, type PushWorkload, RUN_LABEL } from './workload.ts';

const NS_PER_MS = 1e6;
const ATTRIBUTES = 6;

/** Writes a record as item of a scope (field 2). */
export function writeRecord(out: ProtoWriter, record: RecordParts): void {
  out.u8(2 * 8 + 2);
  const start = out.length;
  out.u8(8 + 1);
  fixedNanos(out, record.timeMs, record.ns);
  out.u8(2 * 8);
  out.u8(record.severity);
  textField(out, 3, record.severityText);
  const any = 1 + varintSize(record.body.length) + record.body.length;
  open(out, 5, any);
  textField(out, 1, record.body);
  for (const [key, value] of record.attributes) attribute(out, ATTRIBUTES, key, value);
  if (record.traced) {
    open(out, 9, 16);
    for (const word of record.traceId) out.u32(word);
    open(out, 10, 8);
    for (const word of record.spanId) out.u32(word);
  }
  out.u8(11 * 8 + 1);
  fixedNanos(out, record.timeMs, record.ns + record.observedAfterNs);
  out.closeLength(start);
}

function* requests(options: LoadOptions): Generator<BenchRequest, undefined> {
  const services = makeServices(options.series, options.seed);
  const groups = new ResourceGroups(
    services.map((service) => resourceAttributes(service, options.seed, options.run)),
    services.map((service) => `com.example.${service.name.replaceAll('-', '.')}`),
  );
  const records = new RecordMaker(options.seed);
  const stepNs = (options.intervalMs * NS_PER_MS) / options.series;
  let inRequest = 0;
  let newestMs = options.startMs;
  for (let i = 0; i < options.items; i++) {
    const record = records.next(options.startMs, Math.floor(i * stepNs), Math.floor(stepNs));
    writeRecord(groups.of(record.pick % services.length), record);
    newestMs = record.timeMs;
    if (++inRequest === options.batch) {
      yield exportRequest('logs', options, groups.take(), inRequest, newestMs);
      inRequest = 0;
    }
  }
  if (inRequest > 0) yield exportRequest('logs', options, groups.take(), inRequest, newestMs);
  return undefined;
}

export const OTLP_LOGS: PushWorkload = {
  drive: 'push',
  name: 'otlp-logs',
  summary: 'log records over OTLP, HTTP protobuf or gRPC',
  unit: 'records',
  needs: ['otlp', 'loki'],
  defaults: { series: 20, batch: 1000, items: 300_000, intervalMs: 20 },
  describe: (o) =>
    `OTLP logs over ${o.transport ?? 'http'}, ${o.series} services, ${o.batch} records per request, a share of them traced`,
  requests,
  accepted: acceptedItems,
  count: (system, options, sent) =>
    countLines(system, `{service_name=~".+"} | ${RUN_LABEL}="${options.run}"`, sent),
};
