/**
 * What an export is as it leaves a server: frames, each with a message in the form in which receivers take it. So what is
 * passed on needs no decoding, and every bit of what is stored is in it.
 *
 *   frame    u8 kind   u32 bytes   u32 items   u32 exemplars   payload          numbers big-endian
 *
 *   kind 1   a message:  metrics  io.prometheus.write.v2.Request   items are samples and histograms
 *                        logs     logproto.PushRequest             entries
 *                        traces   OTLP's TracesData                spans
 *   kind 3   what is known of metric families: a prometheus.WriteRequest with metadata alone; before the first message
 *   kind 2   the last frame: JSON; {"position": "…"} where there is more, which is asked for with it, {} at the end
 *
 * An answer without its last frame was broken off.
 */

import { TriliteError } from './errors.ts';

export const EXPORT_CONTENT_TYPE = 'application/x-trilite-export';
export const EXPORT_SIGNALS = ['metrics', 'logs', 'traces'] as const;
export type ExportSignal = (typeof EXPORT_SIGNALS)[number];

/** A message is closed once it has this: receivers of all kinds take such, and it compresses well. */
export const MESSAGE_BYTES = 512 * 1024;
/** Far above any message: a single series, line or trace makes it larger than usual. */
const FRAME_MAX_BYTES = 1024 * 1024 * 1024;

const HEAD_BYTES = 13;
const KIND_MESSAGE = 1;
const KIND_END = 2;
const KIND_METADATA = 3;

export interface ExportMessage {
  readonly message: Uint8Array;
  /** Samples and histograms, entries or spans. */
  readonly items: number;
  readonly exemplars: number;
}

export function messageFrame({ message, items, exemplars }: ExportMessage): Uint8Array {
  return frame(KIND_MESSAGE, items, exemplars, message);
}

/** `families` is how many the message is about. */
export function metadataFrame(message: Uint8Array, families: number): Uint8Array {
  return frame(KIND_METADATA, families, 0, message);
}

/** `position` undefined: there is no more. */
export function endFrame(position: string | undefined): Uint8Array {
  return frame(KIND_END, 0, 0, Buffer.from(JSON.stringify(position === undefined ? {} : { position })));
}

function frame(kind: number, items: number, exemplars: number, payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(HEAD_BYTES + payload.length);
  const view = new DataView(out.buffer);
  out[0] = kind;
  view.setUint32(1, payload.length);
  view.setUint32(5, items);
  view.setUint32(9, exemplars);
  out.set(payload, HEAD_BYTES);
  return out;
}

export type ReadFrame =
  | ({ readonly kind: 'message' | 'metadata' } & ExportMessage)
  | { readonly kind: 'end'; readonly position: string | undefined };

/** Frames out of an answer as it comes. Throws `bad_data` where it is none, or broken off. */
export async function* readFrames(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<ReadFrame, void> {
  let rest: Uint8Array = new Uint8Array(0);
  let waiting: Uint8Array[] = [];
  let held = 0;
  let needed = HEAD_BYTES;
  for await (const piece of pieces) {
    waiting.push(piece);
    held += piece.length;
    if (held < needed) continue;
    rest = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting);
    let at = 0;
    for (needed = HEAD_BYTES; rest.length - at >= needed; needed = HEAD_BYTES) {
      const view = new DataView(rest.buffer, rest.byteOffset + at);
      const bytes = view.getUint32(1);
      if (bytes > FRAME_MAX_BYTES) throw broken(`a frame of ${bytes} bytes`);
      needed = HEAD_BYTES + bytes;
      if (rest.length - at < needed) break;
      const read = readFrame(rest[at]!, view, rest.subarray(at + HEAD_BYTES, at + needed));
      yield read;
      if (read.kind === 'end') return;
      at += needed;
    }
    waiting = [rest.subarray(at)];
    held = rest.length - at;
  }
  throw broken('it ends before its last frame');
}

function readFrame(kind: number, head: DataView, payload: Uint8Array): ReadFrame {
  if (kind === KIND_MESSAGE || kind === KIND_METADATA) {
    const items = { items: head.getUint32(5), exemplars: head.getUint32(9) };
    return { kind: kind === KIND_MESSAGE ? 'message' : 'metadata', message: payload, ...items };
  }
  if (kind !== KIND_END) throw broken(`a frame of kind ${kind}`);
  try {
    const { position } = JSON.parse(Buffer.from(payload).toString('utf8')) as { position?: unknown };
    return { kind: 'end', position: typeof position === 'string' ? position : undefined };
  } catch {
    throw broken('its last frame is no JSON');
  }
}

function broken(what: string): TriliteError {
  return new TriliteError('bad_data', `the server's export cannot be read: ${what}`);
}
