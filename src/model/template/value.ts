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

/** Text that an HTML template puts out as it stands, in places of its kind. */
export interface MarkedText {
  readonly kind: 'html' | 'url';
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
  | MarkedText
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

/** What a program that runs templates makes of one of Go's own kinds: its name and methods, and what `%v` writes. */
export interface GoType<Self> {
  /** `template.KV` */
  readonly name: string;
  readonly methods: Readonly<Record<string, GoMethod<Self>>>;
  print?(self: Self): string;
}

export interface GoMethod<Self> {
  readonly arguments: number;
  /** Throws `TemplateError`. */
  call(self: Self, args: readonly Value[]): Value;
}

/** A list with methods. What is made of it by `map` and the like is a plain one. */
export class TypedList extends Array<Value> {
  readonly type: GoType<TypedList>;

  constructor(type: GoType<TypedList>, items: Iterable<Value>) {
    super();
    this.type = type;
    for (const item of items) this.push(item);
  }

  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** A map of text with methods, which win over its members. */
export class TypedTextMap extends TextMap {
  readonly type: GoType<TypedTextMap>;

  constructor(type: GoType<TypedTextMap>, entries: Iterable<readonly [string, string]>) {
    super(entries);
    this.type = type;
  }
}

/** Fields in Go's order; to name another one is an error. */
export class Struct extends Map<string, Value> {
  readonly type: StructType;

  constructor(type: StructType, fields: Iterable<readonly [string, Value]>) {
    super(fields);
    this.type = type;
  }
}

export interface StructType {
  /** `*template.Data` */
  readonly name: string;
  /** Field → its name in JSON, in JSON's order. */
  readonly json: Readonly<Record<string, string>>;
}

export function isMap(value: Value): value is ReadonlyMap<string, Value> {
  return value instanceof Map;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isTime(value: Value): value is TimeValue {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'time';
}

export function isDuration(value: Value): value is DurationValue {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'duration';
}

export function isMarked(value: Value): value is MarkedText {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    (value.kind === 'html' || value.kind === 'url')
  );
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
      if (isMarked(value)) return value.kind === 'html' ? 'template.HTML' : 'template.URL';
      if (value instanceof TypedList || value instanceof TypedTextMap || value instanceof Struct) {
        return value.type.name;
      }
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
      if (isMarked(value)) return value.text !== '';
      if (isDuration(value)) return value.ns !== 0;
      return isMap(value) ? value.size > 0 : isList(value) ? value.length > 0 : true;
  }
}
