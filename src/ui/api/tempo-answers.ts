/** Tempo's answers as they come in JSON: 64-bit numbers as text, ids of whole traces in base64, what is zero left out. */

export interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number | string;
  readonly bytesValue?: string;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] };
}

export interface KeyValue {
  readonly key: string;
  readonly value?: AnyValue;
}

export interface SearchAnswer {
  readonly traces?: readonly FoundTraceJson[];
}

export interface FoundTraceJson {
  /** Hexadecimal, without leading zeros. */
  readonly traceID: string;
  readonly rootServiceName?: string;
  readonly rootTraceName?: string;
  readonly startTimeUnixNano?: string;
  readonly durationMs?: number;
  readonly spanSets?: readonly SpanSetJson[];
  readonly serviceStats?: Readonly<
    Record<string, { readonly spanCount?: number; readonly errorCount?: number }>
  >;
}

export interface SpanSetJson {
  readonly spans?: readonly FoundSpanJson[];
  /** Of the spans that matched the answer has only the first few. */
  readonly matched?: number;
  readonly attributes?: readonly KeyValue[];
}

export interface FoundSpanJson {
  readonly spanID: string;
  readonly name?: string;
  readonly startTimeUnixNano?: string;
  readonly durationNanos?: string;
  readonly attributes?: readonly KeyValue[];
}

export interface MetricsAnswer {
  readonly series?: readonly SeriesJson[];
  readonly status?: string;
  readonly message?: string;
}

export interface SeriesJson {
  readonly labels?: readonly KeyValue[];
  readonly samples?: readonly { readonly timestampMs: string; readonly value?: number | string }[];
  readonly exemplars?: readonly ExemplarJson[];
}

export interface ExemplarJson {
  readonly labels?: readonly KeyValue[];
  readonly value?: number | string;
  readonly timestampMs: string;
}

export interface TraceAnswer {
  readonly trace?: { readonly resourceSpans?: readonly ResourceSpansJson[] };
  /** `PARTIAL` where spans are missing. */
  readonly status?: string;
  readonly message?: string;
}

export interface ResourceSpansJson {
  readonly resource?: { readonly attributes?: readonly KeyValue[] };
  readonly scopeSpans?: readonly ScopeSpansJson[];
}

export interface ScopeSpansJson {
  readonly scope?: {
    readonly name?: string;
    readonly version?: string;
    readonly attributes?: readonly KeyValue[];
  };
  readonly spans?: readonly SpanJson[];
}

export interface SpanJson {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name?: string;
  readonly kind?: string | number;
  readonly startTimeUnixNano?: string;
  readonly endTimeUnixNano?: string;
  readonly attributes?: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
  readonly events?: readonly EventJson[];
  readonly droppedEventsCount?: number;
  readonly links?: readonly LinkJson[];
  readonly droppedLinksCount?: number;
  readonly status?: { readonly code?: string | number; readonly message?: string };
}

export interface EventJson {
  readonly timeUnixNano?: string;
  readonly name?: string;
  readonly attributes?: readonly KeyValue[];
}

export interface LinkJson {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly attributes?: readonly KeyValue[];
}

export interface TagScope {
  readonly name: string;
  readonly tags: readonly string[];
}

export interface TagValue {
  /** `string`, `int`, `float`, `bool`, `duration`, `keyword`. */
  readonly type: string;
  readonly value?: string;
}

/** An attribute's value as text; lists and maps as JSON. */
export function valueText(value: AnyValue | undefined): string {
  const plain = plainValue(value);
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}

/** As JavaScript has it; whole numbers that would lose digits stay text. */
export function plainValue(value: AnyValue | undefined): unknown {
  if (value === undefined) return '';
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.intValue !== undefined) {
    const whole = Number(value.intValue);
    return Number.isSafeInteger(whole) ? whole : String(value.intValue);
  }
  if (value.doubleValue !== undefined) return value.doubleValue;
  if (value.bytesValue !== undefined) return value.bytesValue;
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(plainValue);
  if (value.kvlistValue)
    return Object.fromEntries(
      (value.kvlistValue.values ?? []).map((pair) => [pair.key, plainValue(pair.value)]),
    );
  return '';
}
