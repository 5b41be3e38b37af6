/** TraceQL's words: for colours and for completion. What they do is said where it does not speak for itself. */

export interface Word {
  readonly word: string;
  readonly info: string;
}

export const SCOPES: readonly string[] = ['resource.', 'span.', 'event.', 'link.', 'instrumentation.'];

export const INTRINSICS: readonly Word[] = [
  { word: 'name', info: "The span's name" },
  { word: 'status', info: 'error, ok or unset' },
  { word: 'statusMessage', info: 'What a failed span says of its fault' },
  { word: 'duration', info: "The span's duration: duration > 200ms" },
  { word: 'kind', info: 'server, client, producer, consumer, internal or unspecified' },
  { word: 'rootName', info: "The name of the trace's root span" },
  { word: 'rootServiceName', info: "The service of the trace's root span" },
  { word: 'traceDuration', info: 'From the first start to the last end of the trace' },
  { word: 'trace:id', info: "The trace's id, in hexadecimal" },
  { word: 'trace:duration', info: 'From the first start to the last end of the trace' },
  { word: 'trace:rootName', info: "The name of the trace's root span" },
  { word: 'trace:rootService', info: "The service of the trace's root span" },
  { word: 'span:id', info: "The span's id, in hexadecimal" },
  { word: 'span:parentID', info: "The id of the span's parent" },
  { word: 'span:childCount', info: 'How many children the span has' },
  { word: 'event:name', info: "The name of one of the span's events" },
  { word: 'event:timeSinceStart', info: 'How long after the start an event came' },
  { word: 'link:traceID', info: 'A trace that the span links to' },
  { word: 'link:spanID', info: 'A span that the span links to' },
  { word: 'instrumentation:name', info: 'The library that made the span' },
  { word: 'instrumentation:version', info: 'The version of that library' },
  { word: 'nestedSetParent', info: 'Less than 0 for roots' },
];

export const STATUS_WORDS: readonly string[] = ['error', 'ok', 'unset'];
export const KIND_WORDS: readonly string[] = [
  'server',
  'client',
  'producer',
  'consumer',
  'internal',
  'unspecified',
];

/** What a pipeline's stage can be; those of the second list make numbers over time. */
export const STAGES: readonly Word[] = [
  { word: 'count', info: 'How many spans of a trace: | count() > 3' },
  { word: 'avg', info: '| avg(duration) > 1s' },
  { word: 'min', info: '| min(duration) > 1s' },
  { word: 'max', info: '| max(duration) > 1s' },
  { word: 'sum', info: '| sum(span.bytes) > 1000' },
  { word: 'by', info: 'Spans of a trace apart by a value: | by(resource.service.name)' },
  { word: 'select', info: 'More attributes to show: | select(span.http.url)' },
  { word: 'coalesce', info: 'All spans of a trace together again' },
];
export const METRIC_STAGES: readonly Word[] = [
  { word: 'rate', info: 'Spans a second over time: | rate() by(resource.service.name)' },
  { word: 'count_over_time', info: 'Spans per step' },
  { word: 'quantile_over_time', info: '| quantile_over_time(duration, 0.95) by(name)' },
  { word: 'histogram_over_time', info: '| histogram_over_time(duration)' },
  { word: 'avg_over_time', info: '| avg_over_time(duration)' },
  { word: 'min_over_time', info: '| min_over_time(duration)' },
  { word: 'max_over_time', info: '| max_over_time(duration)' },
  { word: 'sum_over_time', info: '| sum_over_time(span.bytes)' },
  { word: 'compare', info: 'What is different about some spans: | compare({ status = error })' },
];
/** Behind numbers over time. */
export const METRIC_FILTERS: readonly Word[] = [
  { word: 'topk', info: 'The largest series at each moment: | topk(5)' },
  { word: 'bottomk', info: 'The smallest series at each moment: | bottomk(5)' },
];

export const KEYWORDS: readonly string[] = [
  'by',
  'with',
  'true',
  'false',
  'nil',
  ...STATUS_WORDS,
  ...KIND_WORDS,
];
export const FUNCTIONS: readonly string[] = [...STAGES, ...METRIC_STAGES, ...METRIC_FILTERS].map(
  ({ word }) => word,
);

/** Between conditions on spans, and between spansets. */
export const STRUCTURAL: readonly Word[] = [
  { word: '&&', info: 'Traces that have both' },
  { word: '||', info: 'Traces that have either' },
  { word: '>>', info: 'Spans on the right that are below some on the left' },
  { word: '>', info: 'Spans on the right that are children of some on the left' },
  { word: '<<', info: 'Spans on the right that are above some on the left' },
  { word: '<', info: 'Spans on the right that are parents of some on the left' },
  { word: '~', info: 'Spans on the right that are siblings of some on the left' },
];

const METRIC_STAGE = new RegExp(`\\|\\s*(?:${METRIC_STAGES.map(({ word }) => word).join('|')})\\s*\\(`);
const STRINGS = /"(?:[^"\\]|\\.)*"|`[^`]*`/g;

/** Whether a query makes numbers over time rather than traces. */
export function isMetricsQuery(q: string): boolean {
  return METRIC_STAGE.test(q.replaceAll(STRINGS, '""'));
}

/** The function that makes the numbers: `rate`, `compare` … */
export function metricsFunction(q: string): string | undefined {
  return METRIC_STAGE.exec(q.replaceAll(STRINGS, '""'))?.[0].replaceAll(/[|\s(]/g, '');
}
