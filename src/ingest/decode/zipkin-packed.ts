/**
 * What OpenTelemetry's exporters pack into texts, since Zipkin has no place for it: the attributes of an event behind
 * its name in an annotation, and links in tags.
 *
 *   annotation      NAME|{"key":"value",…}|DROPPED
 *   otlp.link.N     TRACEID|SPANID|TRACESTATE|{"key":"value",…}|DROPPED
 *
 * The JSON may hold bars itself: it is what stands between the first and the last ones. A text that only looks like
 * this is taken as it is.
 */

/** Attributes: text, number, whole number, truth. */
export type PackedValue = string | number | bigint | boolean;

export interface PackedAttributes {
  readonly attributes: readonly (readonly [key: string, value: PackedValue])[];
  readonly dropped: number;
}

export interface PackedEvent extends PackedAttributes {
  readonly name: string;
}

export interface PackedLink extends PackedAttributes {
  /** Hex digits; empty where the link has none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
}

const EVENT = /^([^|]*)\|(.*)\|([0-9]+)$/s;
const LINK = /^"?([0-9a-fA-F]{32}|)"?\|"?([0-9a-fA-F]{16}|)"?\|([^|]*)\|(.*)\|([0-9]+)$/s;
const DROPPED_MAX = 0xffffffff;

/** The event that an annotation's text stands for. */
export function unpackEvent(text: string): PackedEvent {
  const [, name, json, count] = EVENT.exec(text) ?? [];
  const packed = json === undefined ? undefined : unpackAttributes(json, count!);
  return packed ? { name: name!, ...packed } : { name: text, attributes: [], dropped: 0 };
}

/** The link that a tag's text stands for; undefined where it is none. */
export function unpackLink(text: string): PackedLink | undefined {
  const [, traceId, spanId, traceState, json, count] = LINK.exec(text) ?? [];
  const packed = json === undefined ? undefined : unpackAttributes(json, count!);
  return packed && { traceId: traceId!, spanId: spanId!, traceState: traceState!, ...packed };
}

function unpackAttributes(json: string, count: string): PackedAttributes | undefined {
  const dropped = Number(count);
  if (dropped > DROPPED_MAX) return undefined;
  let object: unknown;
  try {
    object = JSON.parse(json);
  } catch {
    return undefined;
  }
  // Nothing to be told is written as `null`.
  if (object === null) return { attributes: [], dropped };
  if (typeof object !== 'object' || Array.isArray(object)) return undefined;
  return { attributes: Object.entries(object).map(([key, value]) => [key, packedValue(value)]), dropped };
}

/** Numbers in JSON have no type: a whole one is taken for an integer. What is nested stays JSON. */
function packedValue(value: unknown): PackedValue {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  return typeof value === 'string' || typeof value === 'boolean' ? value : JSON.stringify(value);
}
