/** A watch's answer: one JSON object a line, `{"type": "ADDED", "object": {…}}`, for as long as it goes. */

import type { Readable } from 'node:stream';
import { TriliteError } from '../model/errors.ts';
import { parseObject } from './parse-object.ts';

/** Of one line: objects have up to 1.5 MiB where they are stored, and a server that never ends a line is none. */
const LINE_MAX_BYTES = 32 * 1024 * 1024;
const NEWLINE = 0x0a;

export interface WatchEvent<T> {
  /** ADDED, MODIFIED, DELETED, BOOKMARK or ERROR. */
  readonly type: string;
  readonly object: T;
}

/** Lines may be split anywhere, within a character too. A last line without its end is none. Throws `execution` for what is no event. */
export async function* watchEvents<T>(stream: Readable): AsyncGenerator<WatchEvent<T>> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const piece of stream) {
    let rest = piece as Buffer;
    for (;;) {
      const end = rest.indexOf(NEWLINE);
      if (end < 0) break;
      const line = Buffer.concat([...begun, rest.subarray(0, end)]).toString('utf8');
      begun = [];
      begunBytes = 0;
      rest = rest.subarray(end + 1);
      if (line.trim() !== '') yield eventOf<T>(line);
    }
    if (rest.length === 0) continue;
    begun.push(rest);
    begunBytes += rest.length;
    if (begunBytes > LINE_MAX_BYTES) throw new TriliteError('execution', 'an event of a watch is too large');
  }
}

function eventOf<T>(line: string): WatchEvent<T> {
  let event: unknown;
  try {
    event = parseObject(line);
  } catch {
    throw new TriliteError('execution', 'an event of a watch is not JSON');
  }
  const { type, object } = (event ?? {}) as { readonly type?: unknown; readonly object?: unknown };
  if (typeof type !== 'string' || typeof object !== 'object' || object === null) {
    throw new TriliteError('execution', 'an event of a watch has no type or no object');
  }
  return { type, object: object as T };
}
