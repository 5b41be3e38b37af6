/**
 * Answers across signals: the answer of the signal's own API, and beside it, under `across`, what joined the two. Readers
 * of that API pass the member over.
 */

import { utf8Encode } from '../../base/bytes.ts';
import type { ServiceAnswer } from '../../query/service.ts';

const CLOSE = 0x7d;

/** `answer` is JSON whose last byte closes an object that is not empty. */
export function withAcross(answer: ServiceAnswer, across: object): ServiceAnswer {
  const tail = utf8Encode(`,"across":${JSON.stringify(across)}}`);
  if (!answer.rest) return { ...answer, body: joinedTail(answer.body, tail) };
  return { ...answer, rest: piecesWithTail(answer.rest, tail) };
}

function joinedTail(body: Uint8Array, tail: Uint8Array): Uint8Array {
  if (body.at(-1) !== CLOSE) throw new Error('BUG: an answer that is no object');
  const out = new Uint8Array(body.length - 1 + tail.length);
  out.set(body.subarray(0, -1));
  out.set(tail, body.length - 1);
  return out;
}

async function* piecesWithTail(pieces: AsyncIterable<Uint8Array>, tail: Uint8Array) {
  let last: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (last) yield last;
    last = piece;
  }
  if (last) yield joinedTail(last, tail);
}
