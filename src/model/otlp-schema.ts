/**
 * The OTLP messages as one table: field numbers, JSON names, types. It drives the JSON mapping (`ingest/decode/otlp-json.ts`)
 * and the check of protobuf bodies at the door (`ingest/decode/otlp-check.ts`). The .proto files in `proto/` say the same; a test
 * compares the two.
 */

export type OtlpSignal = 'traces' | 'logs' | 'metrics';

export type ScalarKind =
  | 'string'
  | 'bytes'
  /** Bytes that are hex in JSON; 16 (8) of them or none. */
  | 'traceId'
  | 'spanId'
  | 'bool'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'int64'
  | 'uint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double'
  | 'enum';

export interface OtlpField {
  readonly number: number;
  /** lowerCamel; the JSON mapping also takes the snake_case spelling. */
  readonly name: string;
  readonly repeated: boolean;
  readonly kind: ScalarKind | 'message';
  /** The type of a `message` field. */
  readonly message: OtlpMessage | undefined;
  /** Name → number of an `enum` field. */
  readonly values: ReadonlyMap<string, number> | undefined;
}

export interface OtlpMessage {
  readonly name: string;
  readonly fields: readonly OtlpField[];
  /** By lowerCamel and by snake_case name. */
  readonly byName: ReadonlyMap<string, OtlpField>;
  /** By number, holes undefined. */
  readonly byNumber: readonly (OtlpField | undefined)[];
}

/** Field number, name, type: a scalar, an enum or a message name, with `[]` where repeated. */
type FieldRow = readonly [number: number, name: string, type: string];

const ENUMS: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  SpanKind: [
    ['SPAN_KIND_UNSPECIFIED', 0],
    ['SPAN_KIND_INTERNAL', 1],
    ['SPAN_KIND_SERVER', 2],
    ['SPAN_KIND_CLIENT', 3],
    ['SPAN_KIND_PRODUCER', 4],
    ['SPAN_KIND_CONSUMER', 5],
  ],
  StatusCode: [
    ['STATUS_CODE_UNSET', 0],
    ['STATUS_CODE_OK', 1],
    ['STATUS_CODE_ERROR', 2],
  ],
  AggregationTemporality: [
    ['AGGREGATION_TEMPORALITY_UNSPECIFIED', 0],
    ['AGGREGATION_TEMPORALITY_DELTA', 1],
    ['AGGREGATION_TEMPORALITY_CUMULATIVE', 2],
  ],
  SeverityNumber: [
    ['SEVERITY_NUMBER_UNSPECIFIED', 0],
    ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((level, l) =>
      ['', '2', '3', '4'].map((step, s) => [`SEVERITY_NUMBER_${level}${step}`, 4 * l + s + 1] as const),
    ),
  ],
};

const COMMON: Readonly<Record<string, readonly FieldRow[]>> = {
  AnyValue: [
    [1, 'stringValue', 'string'],
    [2, 'boolValue', 'bool'],
    [3, 'intValue', 'int64'],
    [4, 'doubleValue', 'double'],
    [5, 'arrayValue', 'ArrayValue'],
    [6, 'kvlistValue', 'KeyValueList'],
    [7, 'bytesValue', 'bytes'],
  ],
  ArrayValue: [[1, 'values', 'AnyValue[]']],
  KeyValueList: [[1, 'values', 'KeyValue[]']],
  KeyValue: [
    [1, 'key', 'string'],
    [2, 'value', 'AnyValue'],
  ],
  EntityRef: [
    [1, 'schemaUrl', 'string'],
    [2, 'type', 'string'],
    [3, 'idKeys', 'string[]'],
    [4, 'descriptionKeys', 'string[]'],
  ],
  Resource: [
    [1, 'attributes', 'KeyValue[]'],
    [2, 'droppedAttributesCount', 'uint32'],
    [3, 'entityRefs', 'EntityRef[]'],
  ],
  InstrumentationScope: [
    [1, 'name', 'string'],
    [2, 'version', 'string'],
    [3, 'attributes', 'KeyValue[]'],
    [4, 'droppedAttributesCount', 'uint32'],
  ],
};

const TRACES: Readonly<Record<string, readonly FieldRow[]>> = {
  TracesData: [[1, 'resourceSpans', 'ResourceSpans[]']],
  ResourceSpans: [
    [1, 'resource', 'Resource'],
    [2, 'scopeSpans', 'ScopeSpans[]'],
    [3, 'schemaUrl', 'string'],
    // What scope_spans was called in OTLP before 0.15, of the same shape.
    [1000, 'instrumentationLibrarySpans', 'ScopeSpans[]'],
  ],
  ScopeSpans: [
    [1, 'scope', 'InstrumentationScope'],
    [2, 'spans', 'Span[]'],
    [3, 'schemaUrl', 'string'],
  ],
  Span: [
    [1, 'traceId', 'traceId'],
    [2, 'spanId', 'spanId'],
    [3, 'traceState', 'string'],
    [4, 'parentSpanId', 'spanId'],
    [5, 'name', 'string'],
    [6, 'kind', 'SpanKind'],
    [7, 'startTimeUnixNano', 'fixed64'],
    [8, 'endTimeUnixNano', 'fixed64'],
    [9, 'attributes', 'KeyValue[]'],
    [10, 'droppedAttributesCount', 'uint32'],
    [11, 'events', 'Event[]'],
    [12, 'droppedEventsCount', 'uint32'],
    [13, 'links', 'Link[]'],
    [14, 'droppedLinksCount', 'uint32'],
    [15, 'status', 'Status'],
    [16, 'flags', 'fixed32'],
  ],
  Event: [
    [1, 'timeUnixNano', 'fixed64'],
    [2, 'name', 'string'],
    [3, 'attributes', 'KeyValue[]'],
    [4, 'droppedAttributesCount', 'uint32'],
  ],
  Link: [
    [1, 'traceId', 'traceId'],
    [2, 'spanId', 'spanId'],
    [3, 'traceState', 'string'],
    [4, 'attributes', 'KeyValue[]'],
    [5, 'droppedAttributesCount', 'uint32'],
    [6, 'flags', 'fixed32'],
  ],
  Status: [
    [2, 'message', 'string'],
    [3, 'code', 'StatusCode'],
  ],
};

const LOGS: Readonly<Record<string, readonly FieldRow[]>> = {
  LogsData: [[1, 'resourceLogs', 'ResourceLogs[]']],
  ResourceLogs: [
    [1, 'resource', 'Resource'],
    [2, 'scopeLogs', 'ScopeLogs[]'],
    [3, 'schemaUrl', 'string'],
  ],
  ScopeLogs: [
    [1, 'scope', 'InstrumentationScope'],
    [2, 'logRecords', 'LogRecord[]'],
    [3, 'schemaUrl', 'string'],
  ],
  LogRecord: [
    [1, 'timeUnixNano', 'fixed64'],
    [2, 'severityNumber', 'SeverityNumber'],
    [3, 'severityText', 'string'],
    [5, 'body', 'AnyValue'],
    [6, 'attributes', 'KeyValue[]'],
    [7, 'droppedAttributesCount', 'uint32'],
    [8, 'flags', 'fixed32'],
    [9, 'traceId', 'traceId'],
    [10, 'spanId', 'spanId'],
    [11, 'observedTimeUnixNano', 'fixed64'],
    [12, 'eventName', 'string'],
  ],
};

const METRICS: Readonly<Record<string, readonly FieldRow[]>> = {
  MetricsData: [[1, 'resourceMetrics', 'ResourceMetrics[]']],
  ResourceMetrics: [
    [1, 'resource', 'Resource'],
    [2, 'scopeMetrics', 'ScopeMetrics[]'],
    [3, 'schemaUrl', 'string'],
  ],
  ScopeMetrics: [
    [1, 'scope', 'InstrumentationScope'],
    [2, 'metrics', 'Metric[]'],
    [3, 'schemaUrl', 'string'],
  ],
  Metric: [
    [1, 'name', 'string'],
    [2, 'description', 'string'],
    [3, 'unit', 'string'],
    [5, 'gauge', 'Gauge'],
    [7, 'sum', 'Sum'],
    [9, 'histogram', 'Histogram'],
    [10, 'exponentialHistogram', 'ExponentialHistogram'],
    [11, 'summary', 'Summary'],
    [12, 'metadata', 'KeyValue[]'],
  ],
  Gauge: [[1, 'dataPoints', 'NumberDataPoint[]']],
  Sum: [
    [1, 'dataPoints', 'NumberDataPoint[]'],
    [2, 'aggregationTemporality', 'AggregationTemporality'],
    [3, 'isMonotonic', 'bool'],
  ],
  Histogram: [
    [1, 'dataPoints', 'HistogramDataPoint[]'],
    [2, 'aggregationTemporality', 'AggregationTemporality'],
  ],
  ExponentialHistogram: [
    [1, 'dataPoints', 'ExponentialHistogramDataPoint[]'],
    [2, 'aggregationTemporality', 'AggregationTemporality'],
  ],
  Summary: [[1, 'dataPoints', 'SummaryDataPoint[]']],
  NumberDataPoint: [
    [2, 'startTimeUnixNano', 'fixed64'],
    [3, 'timeUnixNano', 'fixed64'],
    [4, 'asDouble', 'double'],
    [5, 'exemplars', 'Exemplar[]'],
    [6, 'asInt', 'sfixed64'],
    [7, 'attributes', 'KeyValue[]'],
    [8, 'flags', 'uint32'],
  ],
  HistogramDataPoint: [
    [2, 'startTimeUnixNano', 'fixed64'],
    [3, 'timeUnixNano', 'fixed64'],
    [4, 'count', 'fixed64'],
    [5, 'sum', 'double'],
    [6, 'bucketCounts', 'fixed64[]'],
    [7, 'explicitBounds', 'double[]'],
    [8, 'exemplars', 'Exemplar[]'],
    [9, 'attributes', 'KeyValue[]'],
    [10, 'flags', 'uint32'],
    [11, 'min', 'double'],
    [12, 'max', 'double'],
  ],
  ExponentialHistogramDataPoint: [
    [1, 'attributes', 'KeyValue[]'],
    [2, 'startTimeUnixNano', 'fixed64'],
    [3, 'timeUnixNano', 'fixed64'],
    [4, 'count', 'fixed64'],
    [5, 'sum', 'double'],
    [6, 'scale', 'sint32'],
    [7, 'zeroCount', 'fixed64'],
    [8, 'positive', 'Buckets'],
    [9, 'negative', 'Buckets'],
    [10, 'flags', 'uint32'],
    [11, 'exemplars', 'Exemplar[]'],
    [12, 'min', 'double'],
    [13, 'max', 'double'],
    [14, 'zeroThreshold', 'double'],
  ],
  Buckets: [
    [1, 'offset', 'sint32'],
    [2, 'bucketCounts', 'uint64[]'],
  ],
  SummaryDataPoint: [
    [2, 'startTimeUnixNano', 'fixed64'],
    [3, 'timeUnixNano', 'fixed64'],
    [4, 'count', 'fixed64'],
    [5, 'sum', 'double'],
    [6, 'quantileValues', 'ValueAtQuantile[]'],
    [7, 'attributes', 'KeyValue[]'],
    [8, 'flags', 'uint32'],
  ],
  ValueAtQuantile: [
    [1, 'quantile', 'double'],
    [2, 'value', 'double'],
  ],
  Exemplar: [
    [2, 'timeUnixNano', 'fixed64'],
    [3, 'asDouble', 'double'],
    [4, 'spanId', 'spanId'],
    [5, 'traceId', 'traceId'],
    [6, 'asInt', 'sfixed64'],
    [7, 'filteredAttributes', 'KeyValue[]'],
  ],
};

interface Building {
  name: string;
  fields: OtlpField[];
  byName: Map<string, OtlpField>;
  byNumber: (OtlpField | undefined)[];
}

function build(): ReadonlyMap<string, OtlpMessage> {
  const rows = { ...COMMON, ...TRACES, ...LOGS, ...METRICS };
  const messages = new Map<string, Building>();
  // All names first: messages refer to each other, AnyValue to itself.
  for (const name of Object.keys(rows)) {
    messages.set(name, { name, fields: [], byName: new Map(), byNumber: [] });
  }
  const enums = new Map(Object.entries(ENUMS).map(([name, values]) => [name, new Map(values)]));
  for (const [messageName, fieldRows] of Object.entries(rows)) {
    const message = messages.get(messageName)!;
    message.byNumber = new Array(fieldRows.at(-1)![0] + 1).fill(undefined);
    for (const [number, name, type] of fieldRows) {
      const repeated = type.endsWith('[]');
      const base = repeated ? type.slice(0, -2) : type;
      const values = enums.get(base);
      const child = messages.get(base);
      const kind = values ? 'enum' : child ? 'message' : (base as ScalarKind);
      const field: OtlpField = { number, name, repeated, kind, message: child, values };
      message.fields.push(field);
      message.byName.set(name, field);
      message.byName.set(
        name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
        field,
      );
      message.byNumber[number] = field;
    }
  }
  return messages;
}

/** Every message by its name in the table. */
export const OTLP_MESSAGES: ReadonlyMap<string, OtlpMessage> = build();

/** The export request of each signal (of the same shape as TracesData, LogsData, MetricsData). */
export const OTLP_REQUEST: Readonly<Record<OtlpSignal, OtlpMessage>> = {
  traces: OTLP_MESSAGES.get('TracesData')!,
  logs: OTLP_MESSAGES.get('LogsData')!,
  metrics: OTLP_MESSAGES.get('MetricsData')!,
};

/** How deep messages may nest in a request: beyond what any SDK sends, far from exhausting the stack. */
export const OTLP_DEPTH_MAX = 100;
