/** Finds the trace that a pasted text names: an id, a `traceparent`, an `uber-trace-id`, B3, or a line with one of them in it. */

/** Hexadecimal digits of a whole trace id; OpenTelemetry's are always of this length. */
const ID_DIGITS = 32;
/** Shorter ones than this are words and numbers rather than ids. */
const SHORT_MIN_DIGITS = 8;

const TRACEPARENT = /\b[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}\b/i;
const UBER =
  /(?<![0-9a-f:])([0-9a-f]{8,32})(?::|%3A)([0-9a-f]{1,16})(?::|%3A)[0-9a-f]{1,16}(?::|%3A)[0-9a-f]{1,2}\b/i;
const B3 = /\b([0-9a-f]{32}|[0-9a-f]{16})-([0-9a-f]{16})(?:-[01d](?:-[0-9a-f]{16})?)?(?![0-9a-f-])/i;
/** In a log line or a header: `trace_id=…`, `"traceId": "…"`, `traceID=…`. */
const NAMED = /\btrace[_.-]?id["']?\s*[=:]\s*["']?([0-9a-f]{1,32})\b/i;
const BARE = /^(?:0x)?([0-9a-f]{8,32})$/i;
/** A UUID, as some loggers write the id. */
const UUID = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i;

export interface FoundTrace {
  /** Lower-case hexadecimal digits, leading zeros as they were given. */
  readonly traceId: string;
  readonly spanId?: string;
}

/** Undefined where the text names none. */
export function findTraceId(text: string): FoundTrace | undefined {
  const given = text.trim();
  for (const form of [TRACEPARENT, UBER, B3]) {
    const match = form.exec(given);
    if (match) return found(match[1]!, match[2]);
  }
  const uuid = UUID.exec(given);
  if (uuid) return found(uuid.slice(1).join(''));
  const match = BARE.exec(given) ?? NAMED.exec(given);
  return match ? found(match[1]!) : undefined;
}

function found(traceId: string, spanId?: string): FoundTrace | undefined {
  const id = traceId.toLowerCase();
  if (id.length > ID_DIGITS || /^0*$/.test(id)) return undefined;
  return spanId === undefined
    ? { traceId: id }
    : { traceId: id, spanId: spanId.toLowerCase().padStart(16, '0') };
}

const TRACE_ID_NAME = /^trace[_.-]?id$/i;
/** As in `NAMED`, all of a text, and with the dashes of a UUID. */
const ALL_NAMED =
  /trace[_.-]?id["']?\s*[=:]\s*["']?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8,32})(?![0-9a-z-])/gi;

/** Whether a label, field or key of this name holds trace ids. */
export function isTraceIdName(name: string): boolean {
  return TRACE_ID_NAME.test(name);
}

/** The values of keys in a text that hold trace ids, as they are written: 8 to 32 digits, or a UUID. */
export function namedTraceIds(text: string): string[] {
  return Array.from(text.matchAll(ALL_NAMED), (match) => match[1]!);
}

/**
 * 32 lower-case digits: of an id in either case, without its leading zeros, of 64 bits, or with the dashes of a UUID. Undefined
 * for what is no id, and for the one that is all zeros.
 */
export function wholeTraceId(written: string): string | undefined {
  const uuid = UUID.exec(written);
  const digits = uuid ? uuid.slice(1).join('') : written;
  if (digits.length > ID_DIGITS || !/^[0-9a-f]+$/i.test(digits) || /^0*$/.test(digits)) return undefined;
  return digits.toLowerCase().padStart(ID_DIGITS, '0');
}

/** Whether a label's or field's value can be a trace id, by its name and form. */
export function isTraceIdField(name: string, value: string): boolean {
  return isTraceIdName(name) && value.length >= SHORT_MIN_DIGITS && /^[0-9a-f]{8,32}$/i.test(value);
}
