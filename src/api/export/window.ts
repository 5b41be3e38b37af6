/** What all exports are asked: the window, and where to go on. */

import { TriliteError } from '../../model/errors.ts';
import { EXPORT_CONTENT_TYPE, endFrame } from '../../model/export-wire.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import type { TimeRange } from '../../storage/interface.ts';
import { optionalTimeMs, Params } from '../params.ts';

/** An answer ends at the next place where it can be gone on from once it has this: no reader is held for long. */
export const PAGE_BYTES = 16 * 1024 * 1024;
/** What is still to come when no end is given: clocks of senders may be ahead. */
const AHEAD_MS = 3_600_000;

/** Both inclusive. Throws `bad_data`. */
export function windowOf(params: Params, nowMs: number): TimeRange {
  const minMs = optionalTimeMs(params, 'start', 0);
  const maxMs = optionalTimeMs(params, 'end', nowMs + AHEAD_MS);
  if (maxMs < minMs) throw new TriliteError('bad_data', 'end timestamp must not be before start time');
  return { minMs: Math.floor(minMs), maxMs: Math.floor(maxMs) };
}

/** A place to go on from as a parameter: opaque to clients. */
export function positionText(position: object): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Undefined at the beginning. Throws `bad_data` where `isPosition` says that it is none. */
export function positionOf<P>(params: Params, isPosition: (value: unknown) => value is P): P | undefined {
  const text = params.get('position');
  if (text === '') return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (isPosition(value)) return value;
  } catch {
    // Said below.
  }
  throw new TriliteError('bad_data', 'invalid parameter "position": it is none that this server gave');
}

/** Frames of messages, with the last one behind them, which says what `position` returns then. */
export function framesAnswer(frames: AsyncGenerator<Uint8Array, object | undefined>): ServiceAnswer {
  return { status: 200, contentType: EXPORT_CONTENT_TYPE, body: new Uint8Array(0), rest: withEnd(frames) };
}

async function* withEnd(frames: AsyncGenerator<Uint8Array, object | undefined>): AsyncGenerator<Uint8Array> {
  const position = yield* frames;
  yield endFrame(position && positionText(position));
}

export function paramsOf(request: ServiceRequest): Params {
  return new Params(request.params);
}
