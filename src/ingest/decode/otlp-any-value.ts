/**
 * OTLP attribute values as text, by the rules of the collector's `AsString`: strings as they are, numbers in decimal,
 * bytes in base64, empty values as nothing, arrays and maps as compact JSON with sorted keys, `<`, `>` and `&`
 * escaped.
 */

import type { AnyValue } from '../../model/attributes.ts';
import { compareText } from '../../model/labels.ts';

/** Go's JSON writer escapes these beside what JSON asks for. */
const HTML_UNSAFE = /[<>&\u2028\u2029]/g;

/** A JSON string as Go writes it. */
export function jsonString(text: string): string {
  return JSON.stringify(text).replace(
    HTML_UNSAFE,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** A value as the text that labels, metadata and log lines hold. */
export function anyValueText(value: AnyValue): string {
  switch (value.type) {
    case 'empty':
      return '';
    case 'string':
      return value.value;
    case 'bool':
    case 'int':
      return String(value.value);
    case 'double':
      return doubleText(value.value);
    case 'bytes':
      return base64(value.value);
    default:
      return anyValueJson(value);
  }
}

/** A value as compact JSON; of equal keys of a map the last counts. */
export function anyValueJson(value: AnyValue): string {
  switch (value.type) {
    case 'empty':
      return 'null';
    case 'string':
      return jsonString(value.value);
    case 'bool':
    case 'int':
      return String(value.value);
    case 'double':
      return Number.isFinite(value.value) ? doubleText(value.value) : jsonString(doubleText(value.value));
    case 'bytes':
      // No bytes are nothing to Go.
      return value.value.length === 0 ? 'null' : jsonString(base64(value.value));
    case 'array':
      return `[${value.values.map(anyValueJson).join(',')}]`;
    case 'kvlist': {
      const map = new Map(value.entries);
      const keys = [...map.keys()].sort(compareText);
      return `{${keys.map((k) => `${jsonString(k)}:${anyValueJson(map.get(k)!)}`).join(',')}}`;
    }
  }
}
