/** What the newest logs and traces are like: named services, whole traces, ids that lead from one signal to the other. */

import { type Finding, finder } from '../finding.ts';
import type { NamedNumber, Snapshot } from '../snapshot.ts';
import { bytesText, countText, percentText } from '../words.ts';

const findLogs = finder('logs');
const findTraces = finder('traces');

const UNKNOWN_SHARE = 0.05;
/** A trace may still be on its way, or begin outside. */
const ROOTLESS_SHARE = 0.2;
const ROOTLESS_PROBLEM_SHARE = 0.8;
/** Fewer say nothing of the others. */
const SAMPLE_LEAST = 5;
/** Streams within an hour; queries open each. */
const STREAMS_MAX = 5000;
/** Below this a stream costs more than its lines. */
const STREAM_BYTES_LEAST = 2048;
const SMALL_STREAMS_LEAST = 500;
const FOUND_SHARE = 0.5;
/** Values of a stream label, and what they look like where they are ids. */
const LABEL_VALUES_MAX = 200;
const ID_LIKE =
  /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{16,}|\d{4,}|\d{1,3}(\.\d{1,3}){3}(:\d+)?|\d{4}-\d{2}-\d{2}[T ].*)$/i;

export function namelessLogs({ logs }: Snapshot): Finding[] {
  if (!logs || logs.bytes === 0) return [];
  const share = logs.unknownServiceBytes / logs.bytes;
  const evidence = { bytes: logs.bytes, unknown_service_bytes: logs.unknownServiceBytes };
  if (share < UNKNOWN_SHARE)
    return [findLogs('service', 'ok', 'logs say which service they are of', evidence)];
  const summary = `${percentText(share)} of the last hour's logs name no service (service_name="unknown_service")`;
  const remedy =
    'give streams a label service_name, service, app, container or job (Promtail: labels; collector: resource attribute service.name): logs and traces are joined by it';
  return [findLogs('service', 'warn', summary, evidence, remedy)];
}

export function streamCount({ logs }: Snapshot): Finding[] {
  if (!logs || logs.streams === 0) return [];
  const mean = logs.bytes / logs.streams;
  const evidence = {
    streams: logs.streams,
    bytes: logs.bytes,
    entries: logs.entries,
    bytes_per_stream: Math.round(mean),
  };
  const remedy =
    'take labels with many values out of the stream (request ids, users, paths, pods of jobs): structured metadata holds them and is searched as fast (Promtail: stage structured_metadata)';
  if (logs.streams > STREAMS_MAX) {
    const summary = `${countText(logs.streams, 'log stream')} within an hour: every query opens all that fit`;
    return [findLogs('streams', 'warn', summary, evidence, remedy)];
  }
  if (logs.streams > SMALL_STREAMS_LEAST && mean < STREAM_BYTES_LEAST) {
    const summary = `${countText(logs.streams, 'log stream')} of ${bytesText(mean)} each within an hour: small streams compress badly`;
    return [findLogs('streams', 'warn', summary, evidence, remedy)];
  }
  return [
    findLogs('streams', 'ok', `${countText(logs.streams, 'log stream')} within the last hour`, evidence),
  ];
}

export function idLabels({ cardinality }: Snapshot): Finding[] {
  const labels = cardinality?.streamLabels ?? [];
  const found = labels.filter(({ value, examples }) => {
    if (value < LABEL_VALUES_MAX / 10) return false;
    const ids = examples.filter((text) => ID_LIKE.test(text)).length;
    return ids > examples.length / 2;
  });
  if (found.length === 0) return [];
  return found.map(({ name, value, examples }) =>
    findLogs(
      'id_label',
      'warn',
      `the stream label ${name} looks like an id: ${countText(value, 'value')}, such as ${examples[0]}`,
      { label: name, values: value, example: examples[0] ?? '' },
      `every value is a stream of its own: move ${name} into structured metadata (Promtail: stages labeldrop and structured_metadata; collector: leave it out of the resource)`,
    ),
  );
}

export function idsInLogs({ logs }: Snapshot): Finding[] {
  if (!logs || logs.traceIds < SAMPLE_LEAST) return [];
  const { traceIds, traceIdsFound } = logs;
  const evidence = { trace_ids: traceIds, found: traceIdsFound };
  const of = `of ${traceIds} trace ids in the newest log lines ${traceIdsFound} lead to a trace`;
  if (traceIdsFound >= traceIds * FOUND_SHARE) return [findLogs('trace_ids', 'ok', of, evidence)];
  const remedy =
    traceIdsFound === 0
      ? 'do the services that log send spans here too? Sampling at the SDK or in a collector keeps few traces (OTEL_TRACES_SAMPLER), and traces are kept for less long than logs'
      : 'sampling drops the others: keep traces with errors whole (tail_sampling), or log only whether the span was sampled (trace_flags)';
  return [findLogs('trace_ids', 'warn', of, evidence, remedy)];
}

export function brokenTraces({ traces }: Snapshot): Finding[] {
  if (!traces || traces.traces < SAMPLE_LEAST) return [];
  const share = traces.rootless / traces.traces;
  const evidence = {
    traces: traces.traces,
    rootless: traces.rootless,
    ...(traces.rootlessExample !== '' && { example: traces.rootlessExample }),
  };
  if (share < ROOTLESS_SHARE) return [findTraces('roots', 'ok', 'traces have their root spans', evidence)];
  const summary = `${traces.rootless} of the ${traces.traces} newest traces have no root span`;
  const remedy =
    'the context is handed on and the span that began it does not come: is every service of the chain instrumented and sending here, do all use the same propagator (OTEL_PROPAGATORS=tracecontext,baggage; B3 of older ones), does each sample by its parent (parentbased_…)? A browser or gateway that makes ids without sending spans looks the same';
  return [
    findTraces('roots', share >= ROOTLESS_PROBLEM_SHARE ? 'problem' : 'warn', summary, evidence, remedy),
  ];
}

export function namelessSpans({ traces }: Snapshot): Finding[] {
  if (!traces || traces.traces === 0) return [];
  const { unknownService } = traces;
  const evidence = { traces: traces.traces, unknown_service: unknownService };
  if (unknownService === 0)
    return [findTraces('service', 'ok', 'spans say which service they are of', evidence)];
  const summary = `${unknownService} of the ${traces.traces} newest traces begin in a service without a name (unknown_service)`;
  return [
    findTraces(
      'service',
      'warn',
      summary,
      evidence,
      'OTEL_SERVICE_NAME=… (or service.name in OTEL_RESOURCE_ATTRIBUTES) in the environment of the service',
    ),
  ];
}

export function exemplars({ traces }: Snapshot): Finding[] {
  if (!traces || traces.exemplars < SAMPLE_LEAST) return [];
  const { exemplars: count, exemplarsFound } = traces;
  const evidence = { exemplars: count, found: exemplarsFound };
  const of = `of ${count} exemplars ${exemplarsFound} lead to a trace`;
  if (exemplarsFound >= count * FOUND_SHARE) return [findTraces('exemplars', 'ok', of, evidence)];
  return [
    findTraces(
      'exemplars',
      'warn',
      of,
      evidence,
      'exemplars should be of sampled spans alone (OTEL_METRICS_EXEMPLAR_FILTER=trace_based), and the traces come here too',
    ),
  ];
}

const findCardinality = finder('cardinality');

const METRIC_SHARE = 0.4;
const SERIES_LEAST = 20_000;
const METRIC_SERIES_MAX = 20_000;
const LABEL_MAX_VALUES = 5000;

export function series({ cardinality }: Snapshot): Finding[] {
  if (!cardinality) return [];
  const { series: count, byMetric, valuesByLabel } = cardinality;
  const found: Finding[] = [];
  for (const { name, value } of byMetric) {
    const isLarge = value > METRIC_SERIES_MAX || (count > SERIES_LEAST && value > count * METRIC_SHARE);
    if (!isLarge) continue;
    const summary = `${name} has ${countText(value, 'series', 'series')}, ${percentText(value / count)} of all`;
    const remedy = `which label makes them: topk(10, count by (LABEL) (${name})), or the Storage page, Metrics; then drop it at the source, or by metric_relabel_configs / write_relabel_configs (action: labeldrop)`;
    found.push(
      findCardinality('metric', 'warn', summary, { metric: name, series: value, all: count }, remedy),
    );
  }
  for (const { name, value } of valuesByLabel) {
    if (value <= LABEL_MAX_VALUES || name === '__name__') continue;
    const summary = `the label ${name} has ${countText(value, 'value')} in active series`;
    found.push(
      findCardinality(
        'label',
        'warn',
        summary,
        { label: name, values: value },
        `is ${name} an id, an address or a path? Such belong into logs and traces: drop it by relabelling (labeldrop)`,
      ),
    );
  }
  if (found.length > 0) return found;
  return [
    findCardinality(
      'series',
      'ok',
      `${countText(count, 'active series', 'active series')}${topOf(byMetric)}`,
      { series: count },
    ),
  ];
}

function topOf([first]: readonly NamedNumber[]): string {
  return first ? `, most of ${first.name} (${first.value.toLocaleString('en-US')})` : '';
}
