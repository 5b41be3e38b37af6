/**
 * OTLP traces as a collector sends them: spans of many requests to many services, grouped by service, `batch` of them
 * in a request. A trace whose spans do not fit the request goes on in the next.
 */

import { countSpans } from './count-spans.ts';
import { SpanEncoder } from './encode/otlp-traces.ts';
import { ResourceGroups } from './encode/otlp-writer.ts';
import { type Cast, makeCast } from './generate/cast.ts';
import { resourceAttributes } from './generate/otel-resources.ts';
import { TraceMaker } from './generate/traces.ts';
import { acceptedItems, exportRequest } from './otlp-request.ts';
import type { BenchRequest, LoadOptions, PushWorkload } from './workload.ts';

/** Groups that spans of this cast go into. */
export function traceGroups(cast: Cast, options: LoadOptions): ResourceGroups {
  return new ResourceGroups(
    cast.services.map((service) => resourceAttributes(service, options.seed, options.run)),
    cast.services.map((service) => `opentelemetry.instrumentation.${service.language}.http`),
  );
}

/** When the trace begins whose first span is number `span` of the run: each service has a span every interval. */
export function traceStartMs(options: LoadOptions, span: number): number {
  return options.startMs + Math.floor((span * options.intervalMs) / options.series);
}

function* requests(options: LoadOptions): Generator<BenchRequest, undefined> {
  const cast = makeCast(options.series, options.seed);
  const groups = traceGroups(cast, options);
  const encoder = new SpanEncoder();
  const traces = new TraceMaker(cast, options.seed, options.run);
  let made = 0;
  let inRequest = 0;
  let newestMs = options.startMs;
  while (made < options.items) {
    traces.next();
    const startMs = traceStartMs(options, made);
    const spans = Math.min(traces.count, options.items - made);
    for (let i = 0; i < spans; i++) {
      encoder.write(groups.of(traces.shapeSpans[i]!.service), traces, i, startMs);
      newestMs = Math.max(newestMs, startMs + Math.ceil((traces.beginNs[i]! + traces.durationNs[i]!) / 1e6));
      if (++inRequest === options.batch) {
        yield exportRequest('traces', options, groups.take(), inRequest, newestMs);
        inRequest = 0;
      }
    }
    made += spans;
  }
  if (inRequest > 0) yield exportRequest('traces', options, groups.take(), inRequest, newestMs);
  return undefined;
}

export const OTLP_TRACES: PushWorkload = {
  drive: 'push',
  name: 'otlp-traces',
  summary: 'spans over OTLP, HTTP protobuf or gRPC',
  unit: 'spans',
  needs: ['otlp', 'tempo'],
  defaults: { series: 20, batch: 500, items: 200_000, intervalMs: 20 },
  describe: (o) =>
    `OTLP traces over ${o.transport ?? 'http'}, ${o.series} services, ${o.batch} spans per request, ids random`,
  requests,
  accepted: acceptedItems,
  count: countSpans,
};
