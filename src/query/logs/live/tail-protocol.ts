/** Messages between the front and the tail thread, and how much may be between them. */

import type { TailQuery } from './tail-query.ts';

/** `workerData` of the tail thread. */
export interface TailData {
  /** Word 0: bytes of entries that the thread is done with, modulo 2^32. */
  readonly taken: SharedArrayBuffer;
}

export interface TailOptions {
  readonly query: TailQuery;
  /** An entry is held back so long, so that those before it may come. */
  readonly delayMs: number;
  /** How frames are printed: `legacy` for the older API, the flags as the request named them. */
  readonly legacy: boolean;
  readonly flags: readonly string[];
}

export type ToTailThread =
  /** `bit` is the tail's in the entries that follow. */
  | { readonly kind: 'open'; readonly tail: number; readonly bit: number; readonly options: TailOptions }
  | {
      readonly kind: 'entries';
      /** As `encodeEntries` makes them. */
      readonly entries: Uint8Array<ArrayBuffer>;
      /** Without lines: the thread has not kept up. */
      readonly lost: boolean;
      /** Streams that the thread does not know: varint id, canonical labels, one after another. */
      readonly streams: Uint8Array<ArrayBuffer> | undefined;
      /** The thread is to forget all streams that it knows first. */
      readonly forget: boolean;
    }
  /** What the backlog's reader answered: a list of `TailedEntry` in JSON. */
  | { readonly kind: 'backlog'; readonly tail: number; readonly body: Uint8Array<ArrayBuffer> }
  /** The client has a frame of this many bytes. */
  | { readonly kind: 'sent'; readonly tail: number; readonly bytes: number }
  | { readonly kind: 'close'; readonly tail: number };

export type FromTailThread =
  | { readonly kind: 'frame'; readonly tail: number; readonly bytes: Uint8Array<ArrayBuffer> }
  /** The tail cannot go on. */
  | { readonly kind: 'failed'; readonly tail: number; readonly message: string };

/** Bytes of entries on their way to the thread; what comes beyond is lost. Copying these takes the front a few ms. */
export const IN_FLIGHT_MAX_BYTES = 8 * 1024 * 1024;
/** Of one batch, lost entries that are told of. */
export const LOST_TOLD_MAX = 1000;
