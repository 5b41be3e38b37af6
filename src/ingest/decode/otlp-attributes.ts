/** OTLP attributes as text: what becomes labels is never needed in any other form. */

import { TriliteError } from '../../model/errors.ts';
import { type ProtoReader, WIRE_BYTES } from './proto-reader.ts';

export interface TextAttribute {
  readonly key: string;
  readonly value: string;
}

/** Arrays and maps nest; beyond this depth they are refused. */
const DEPTH_MAX = 64;

/** Reads a KeyValue (field entered by the caller's tag) and appends it. */
export function readAttribute(r: ProtoReader, into: TextAttribute[]): void {
  const { key, value } = readKeyValue(r, 0, false);
  into.push({ key, value });
}

function readKeyValue(r: ProtoReader, depth: number, nested: boolean): { key: string; value: string } {
  let key = '';
  let value = nested ? 'null' : '';
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) key = r.text();
    else if (r.field === 2) value = readValue(r, depth, nested);
    else r.skip();
  }
  r.leave(outer);
  return { key, value };
}

/** A string as it is, anything else as JSON; within arrays and maps all of it as JSON. */
function readValue(r: ProtoReader, depth: number, nested: boolean): string {
  if (depth > DEPTH_MAX) throw new TriliteError('bad_data', 'attribute values nested too deep');
  let out = nested ? 'null' : '';
  const outer = r.enter();
  while (r.next()) {
    switch (r.field) {
      case 1:
        out = nested ? jsonText(r.text()) : r.text();
        break;
      case 2:
        out = r.asVarint() === 0 ? 'false' : 'true';
        break;
      case 3:
        out = int64Text(r);
        break;
      case 4:
        out = doubleText(r.asDouble());
        break;
      case 5:
        out = readArray(r, depth + 1);
        break;
      case 6:
        out = readMap(r, depth + 1);
        break;
      case 7: {
        const text = Buffer.from(r.bytes()).toString('base64');
        out = nested ? jsonText(text) : text;
        break;
      }
      default:
        r.skip();
    }
  }
  r.leave(outer);
  return out;
}

function readArray(r: ProtoReader, depth: number): string {
  const items: string[] = [];
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1 && r.wire === WIRE_BYTES) items.push(readValue(r, depth, true));
    else r.skip();
  }
  r.leave(outer);
  return `[${items.join(',')}]`;
}

function readMap(r: ProtoReader, depth: number): string {
  const items = new Map<string, string>();
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1 && r.wire === WIRE_BYTES) {
      const { key, value } = readKeyValue(r, depth, true);
      items.set(key, value);
    } else r.skip();
  }
  r.leave(outer);
  const keys = [...items.keys()].sort();
  return `{${keys.map((k) => `${jsonText(k)}:${items.get(k)!}`).join(',')}}`;
}

/** JSON with the characters that HTML minds escaped too, as Go writes it. */
function jsonText(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'json: unsupported value: NaN';
  if (!Number.isFinite(value)) return `json: unsupported value: ${value > 0 ? '+Inf' : '-Inf'}`;
  return Object.is(value, -0) ? '-0' : String(value);
}

function int64Text(r: ProtoReader): string {
  const start = r.at;
  const value = r.asInt64();
  if (Number.isSafeInteger(value)) return String(value);
  // Slow path: more digits than a number holds.
  let big = 0n;
  for (let i = start, shift = 0n; i < r.at; i++, shift += 7n) big |= BigInt(r.buf[i]! & 0x7f) << shift;
  return String(BigInt.asIntN(64, big));
}
