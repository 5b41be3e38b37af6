/** OTLP metrics: every service exports all its points once an interval, `batch` points at most in a request. */

import { countSamples } from './count-samples.ts';
import { MetricEncoder } from './encode/otlp-metrics.ts';
import { ResourceGroups } from './encode/otlp-writer.ts';
import { makeServices } from './generate/cast.ts';
import { INSTRUMENTS, SERVICE_POINTS, ServiceValues } from './generate/otel-metrics.ts';
import { resourceAttributes } from './generate/otel-resources.ts';
import { acceptedItems, exportRequest } from './otlp-request.ts';
import { type BenchRequest, type LoadOptions, type PushWorkload, RUN_LABEL } from './workload.ts';

/** How long the processes have been up at the first export. */
const UP_MS = 3_600_000;
/** Series that stand beside the one that counts a point. */
const DERIVED = /_(bucket|sum)$|^target_info$/;
const SCOPE = 'opentelemetry.instrumentation.runtime';

function* requests(options: LoadOptions): Generator<BenchRequest, undefined> {
  const services = makeServices(options.series, options.seed);
  const groups = new ResourceGroups(
    services.map((service) => resourceAttributes(service, options.seed, options.run)),
    services.map(() => SCOPE),
  );
  // On the points as well: what is only on the resource does not become a label.
  const encoder = new MetricEncoder([[RUN_LABEL, options.run]]);
  const values = services.map((service) => new ServiceValues(service.index, options.seed));
  const startMs = options.startMs - UP_MS;
  let left = options.items;
  let inRequest = 0;
  for (let round = 0; left > 0; round++) {
    // Every round is cut at the same places: the request at a place is always of the same series.
    let place = 0;
    const timeMs = options.startMs + round * options.intervalMs;
    for (const service of services) {
      values[service.index]!.advance(options.intervalMs / 1000);
      let first = 0;
      for (const instrument of INSTRUMENTS) {
        const points = Math.min(instrument.points.length, left);
        if (points === 0) break;
        if (inRequest > 0 && inRequest + points > options.batch) {
          yield exportRequest('metrics', options, groups.take(), inRequest, timeMs, place++);
          inRequest = 0;
        }
        const out = groups.of(service.index);
        encoder.write(out, instrument, values[service.index]!, first, points, startMs, timeMs);
        first += instrument.points.length;
        inRequest += points;
        left -= points;
      }
    }
    // A request never spans two rounds: a series' points then go out in order.
    if (inRequest > 0) yield exportRequest('metrics', options, groups.take(), inRequest, timeMs, place++);
    inRequest = 0;
  }
  return undefined;
}

export const OTLP_METRICS: PushWorkload = {
  drive: 'push',
  name: 'otlp-metrics',
  summary: 'metrics over OTLP, HTTP protobuf or gRPC',
  unit: 'points',
  needs: ['otlp', 'prometheus'],
  defaults: { series: 100, batch: 1000, items: 200_000, intervalMs: 15_000, itemsAtATime: SERVICE_POINTS },
  describe: (o) =>
    `OTLP metrics over ${o.transport ?? 'http'}, ${o.series} services of ${SERVICE_POINTS} points (of them 10 histograms), ${o.batch} points per request`,
  requests,
  accepted: acceptedItems,
  // A histogram becomes many series: its count stands for it.
  count: (system, options, sent) => countSamples(system, options.run, sent, options.intervalMs, DERIVED),
};
