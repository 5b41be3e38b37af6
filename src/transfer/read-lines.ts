/** Lines out of pieces. */

import { TriliteError } from '../model/errors.ts';

/** A line beyond this is no line of ours: nothing would be gained by holding it. */
const LINE_MAX_BYTES = 256 * 1024 * 1024;
const NEWLINE = 10;

export interface Line {
  /** Without the newline. */
  readonly bytes: Uint8Array;
  /** From 1. */
  readonly number: number;
}

export async function* readLines(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Line, void> {
  let rest: Uint8Array[] = [];
  let held = 0;
  let number = 1;
  const whole = (end: Uint8Array): Uint8Array => {
    const bytes = rest.length === 0 ? end : Buffer.concat([...rest, end]);
    rest = [];
    held = 0;
    return bytes;
  };
  for await (const piece of pieces) {
    let from = 0;
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, from)) {
      yield { bytes: whole(piece.subarray(from, at)), number: number++ };
      from = at + 1;
    }
    if (from === piece.length) continue;
    rest.push(piece.subarray(from));
    held += piece.length - from;
    if (held > LINE_MAX_BYTES) {
      throw new TriliteError('bad_data', `${path}: line ${number} is longer than ${LINE_MAX_BYTES} bytes`);
    }
  }
  if (held > 0) yield { bytes: whole(new Uint8Array(0)), number };
}
