/** OTLP attributes as text: what becomes labels is never needed in any other form. */

import { type ProtoReader, WIRE } from '../../base/protobuf.ts';
import { int64 } from '../../model/attributes.ts';
import { TriliteError } from '../../model/errors.ts';
import { jsonString } from './otlp-any-value.ts';

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
        out = nested ? jsonString(r.text()) : r.text();
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
        out = nested ? jsonString(text) : text;
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
    if (r.field === 1 && r.wire === WIRE.length) items.push(readValue(r, depth, true));
    else r.skip();
  }
  r.leave(outer);
  return `[${items.join(',')}]`;
}

function readMap(r: ProtoReader, depth: number): string {
  const items = new Map<string, string>();
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1 && r.wire === WIRE.length) {
      const { key, value } = readKeyValue(r, depth, true);
      items.set(key, value);
    } else r.skip();
  }
  r.leave(outer);
  const keys = [...items.keys()].sort();
  return `{${keys.map((k) => `${jsonString(k)}:${items.get(k)!}`).join(',')}}`;
}

function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'json: unsupported value: NaN';
  if (!Number.isFinite(value)) return `json: unsupported value: ${value > 0 ? '+Inf' : '-Inf'}`;
  return Object.is(value, -0) ? '-0' : String(value);
}

function int64Text(r: ProtoReader): string {
  const value = r.asInt64();
  // Slow path: more digits than a number holds.
  return String(Number.isSafeInteger(value) ? value : int64(r.low, r.high));
}
