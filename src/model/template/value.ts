/**
 * Values of templates. Integers are bigint (int64), floats number, so that the two
 * keep apart as Go's types do; absent is null.
 */

export interface TimeValue {
  readonly kind: 'time';
  readonly ms: number;
  /** Nanoseconds within the millisecond. */
  readonly ns: number;
  /** Offset of its zone, as an IANA name or `UTC`. */
  readonly zone: string;
}

export interface DurationValue {
  readonly kind: 'duration';
  readonly ns: number;
}

/** A native histogram, which templates can do nothing with but print it. */
export interface HistogramValue {
  readonly kind: 'histogram';
  readonly text: string;
}

export type Value =
  | string
  | number
  | bigint
  | boolean
  | null
  | TimeValue
  | DurationValue
  | HistogramValue
  | readonly Value[]
  | ReadonlyMap<string, Value>;

/** A template that does not parse, or fails while it runs. */
export class TemplateError extends Error {
  override name = 'TemplateError';
}

/** An argument is of a type that its function does not take. */
export class ArgumentError extends TemplateError {}

/** A map whose members are all text in Go's types: one that is not there is empty text. */
export class TextMap extends Map<string, string> {}

export function isMap(value: Value): value is ReadonlyMap<string, Value> {
  return value instanceof Map;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isTime(value: Value): value is TimeValue {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'time';
}

export function isHistogram(value: Value): value is HistogramValue {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'histogram';
}

export function typeName(value: Value): string {
  if (value === null) return 'nil';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return 'float64';
    case 'bigint':
      return 'int';
    case 'boolean':
      return 'bool';
    default:
      if (isHistogram(value)) return '*histogram.FloatHistogram';
      return isMap(value) ? 'map' : isList(value) ? 'slice' : isTime(value) ? 'time.Time' : 'time.Duration';
  }
}

/** Go's notion of true: not the zero value of its type, not empty. */
export function truth(value: Value): boolean {
  if (value === null) return false;
  switch (typeof value) {
    case 'string':
      return value !== '';
    case 'number':
      return value !== 0;
    case 'bigint':
      return value !== 0n;
    case 'boolean':
      return value;
    default:
      return isMap(value) ? value.size > 0 : isList(value) ? value.length > 0 : true;
  }
}
