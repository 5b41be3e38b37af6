/**
 * OTLP values as Jaeger's tags: strings, booleans, 64-bit integers and floats as they are, bytes in base64, arrays and
 * maps as JSON texts. Integers that JavaScript cannot hold are printed as strings, their type still says int64.
 */

import type { AnyValue } from '../../model/attributes.ts';

export interface Tag {
  readonly key: string;
  readonly type: 'string' | 'bool' | 'int64' | 'float64' | 'binary';
  /** Null for no bytes. */
  readonly value: string | number | boolean | null;
}

export function stringTag(key: string, value: string): Tag {
  return { key, type: 'string', value };
}

export function tagOf(key: string, value: AnyValue): Tag {
  switch (value.type) {
    case 'bool':
      return { key, type: 'bool', value: value.value };
    case 'int': {
      const number = Number(value.value);
      return { key, type: 'int64', value: Number.isSafeInteger(number) ? number : String(value.value) };
    }
    case 'double':
      return {
        key,
        type: 'float64',
        value: Number.isFinite(value.value) ? value.value : doubleText(value.value),
      };
    case 'bytes':
      return { key, type: 'binary', value: value.value.length === 0 ? null : base64(value.value) };
    default:
      return stringTag(key, valueText(value));
  }
}

/** The value as text: what a search compares with. */
export function valueText(value: AnyValue): string {
  switch (value.type) {
    case 'empty':
      return '';
    case 'string':
      return value.value;
    case 'double':
      return doubleText(value.value);
    case 'bytes':
      return base64(value.value);
    default:
      return jsonText(value);
  }
}

/** JSON by hand, because integers may be beyond what a number holds. Keys of maps are sorted. */
function jsonText(value: AnyValue): string {
  switch (value.type) {
    case 'empty':
      return 'null';
    case 'bool':
    case 'int':
      return String(value.value);
    case 'double':
      return Number.isFinite(value.value) ? doubleText(value.value) : `"${doubleText(value.value)}"`;
    case 'array':
      return `[${value.values.map(jsonText).join(',')}]`;
    case 'kvlist': {
      const entries = [...new Map(value.entries)].sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${entries.map(([key, v]) => `${JSON.stringify(key)}:${jsonText(v)}`).join(',')}}`;
    }
    case 'bytes':
      return value.value.length === 0 ? 'null' : `"${base64(value.value)}"`;
    default:
      return JSON.stringify(valueText(value));
  }
}

function doubleText(value: number): string {
  return String(value);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
