/** Values of parameters as Go reads them, with Go's words for what it does not take. Errors are thrown unnamed. */

import { TriliteError } from '../../model/errors.ts';
import { quote } from '../../model/go-string.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import { parseBoolParameter } from '../params.ts';

/** Longest hexadecimal text of 64 bits. */
const HALF_DIGITS = TRACE_ID_BYTES;
/** 16 bytes in base64. */
const BASE64_MAX_CHARS = 24;

export function numberFault(reader: string, text: string, why: string): TriliteError {
  return new TriliteError('bad_data', `strconv.${reader}: parsing ${quote(text)}: ${why}`);
}

/** `reader` is the Go function that errors name. */
export function integer(text: string, bits: 32 | 64, reader: 'ParseInt' | 'Atoi'): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw numberFault(reader, text, 'invalid syntax');
  const value = BigInt(text.replace('+', ''));
  if (BigInt.asIntN(bits, value) !== value) throw numberFault(reader, text, 'value out of range');
  return value;
}

/** False where it is absent. */
export function boolean(text: string): boolean {
  const value = text === '' ? false : parseBoolParameter(text);
  if (value === undefined) throw numberFault('ParseBool', text, 'invalid syntax');
  return value;
}

/** 1 to 32 hexadecimal digits, padded with zeros on the left. */
export function hexTraceId(text: string): Uint8Array {
  if (Buffer.byteLength(text) > 2 * HALF_DIGITS) {
    throw new TriliteError('bad_data', `TraceID cannot be longer than 32 hex characters: ${text}`);
  }
  const split = Math.max(0, text.length - HALF_DIGITS);
  for (const half of split > 0 ? [text.slice(0, split), text.slice(split)] : [text]) {
    if (!/^[0-9a-fA-F]+$/.test(half)) throw numberFault('ParseUint', half, 'invalid syntax');
  }
  return Uint8Array.from(Buffer.from(text.padStart(2 * HALF_DIGITS, '0'), 'hex'));
}

/** The same, or an id in base64 of either alphabet, padded or not. */
export function traceId(text: string): Uint8Array {
  try {
    return hexTraceId(text);
  } catch (error) {
    if (text.length > BASE64_MAX_CHARS || !isBase64(text)) throw error;
  }
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== TRACE_ID_BYTES && bytes.length !== TRACE_ID_BYTES / 2) {
    throw new TriliteError('bad_data', 'invalid length for TraceID');
  }
  const id = new Uint8Array(TRACE_ID_BYTES);
  id.set(bytes, TRACE_ID_BYTES - bytes.length);
  return id;
}

function isBase64(text: string): boolean {
  if (!/^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$/.test(text)) return false;
  return text.endsWith('=') ? text.length % 4 === 0 : text.length % 4 !== 1;
}

const KIND_NAMES: Readonly<Record<string, string>> = {
  number: 'number',
  boolean: 'bool',
  object: 'object',
};

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : (KIND_NAMES[typeof value] ?? 'string');
}

/** A JSON object of texts; `null` is an empty one, and as a value an empty text. What the parser says of other text is its own. */
export function textsByKey(text: string): readonly (readonly [key: string, value: string])[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const message = text.trim() === '' ? 'unexpected end of JSON input' : (error as Error).message;
    throw new TriliteError('bad_data', message);
  }
  if (parsed === null) return [];
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw unmarshalFault(parsed, 'map[string]string');
  }
  return Object.entries(parsed).map(([key, value]) => {
    if (value !== null && typeof value !== 'string') throw unmarshalFault(value, 'string');
    return [key, value ?? ''];
  });
}

function unmarshalFault(value: unknown, type: string): TriliteError {
  return new TriliteError(
    'bad_data',
    `json: cannot unmarshal ${kindOf(value)} into Go value of type ${type}`,
  );
}
