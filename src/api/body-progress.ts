/**
 * A body must come on: a sender that trickles would hold its connection and its share of the memory for as long as it likes.
 * A slow line is no attack, so that the bound is a low one; a large body over it may take its time.
 */

import type { Readable } from 'node:stream';

/** In this time … */
export const BODY_LOOK_MS = 10_000;
/** … so much of a body must come, its last piece aside: some 400 bytes a second, less than a modem of old. */
export const BODY_LEAST_BYTES = 4096;

/** Calls `onStall` when `stream` has stopped coming. Returns what ends the watch, to be called when the body is whole. */
export function watchProgress(stream: Readable, onStall: () => void, lookMs = BODY_LOOK_MS): () => void {
  let bytes = 0;
  const count = (piece: Buffer) => {
    bytes += piece.length;
  };
  const timer = setInterval(() => {
    if (bytes < BODY_LEAST_BYTES) {
      stop();
      onStall();
    }
    bytes = 0;
  }, lookMs);
  const stop = () => {
    clearInterval(timer);
    stream.off('data', count);
  };
  stream.on('data', count);
  return stop;
}
