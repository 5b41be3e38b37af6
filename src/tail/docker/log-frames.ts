/**
 * The bytes of a container's logs as Docker sends them: with a terminal plain text, else frames of the two streams,
 *
 *     stream u8 (1 stdout, 2 stderr) │ 0 0 0 │ length u32 big-endian │ so many bytes
 *
 * In either, a line begins with its time in RFC 3339 and a space. A line longer than 16 KiB comes in several frames, each
 * with a time; all but the last without a newline.
 */

import { TriliteError } from '../../model/errors.ts';
import { LINE_READ_MAX_BYTES } from '../line-splitter.ts';

const HEADER_BYTES = 8;
/** The engine cuts far below; what is more is no frame. */
const FRAME_BYTES_MAX = 16 * 1024 * 1024;
const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);

export type LogStream = 'stdout' | 'stderr';

export interface DockerLine {
  readonly stream: LogStream;
  /** As the engine wrote it. */
  readonly time: string;
  /** Undefined: too long, and skipped. */
  readonly text: string | undefined;
}

/** Cuts the multiplexed form into frames. */
export class FrameSplitter {
  #rest: Buffer = EMPTY;

  /** Throws `bad_data` where the bytes are no frames. Payloads are valid until the next call. */
  push(chunk: Buffer, onFrame: (stream: LogStream, payload: Buffer) => void): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const kind = bytes[at]!;
      const length = bytes.readUInt32BE(at + 4);
      if (kind > 3 || length > FRAME_BYTES_MAX) {
        throw new TriliteError('bad_data', 'the engine sent what is no frame of a log');
      }
      const end = at + HEADER_BYTES + length;
      if (end > bytes.length) break;
      // 0 is stdin, which is in no log; 3 is what went wrong in the engine.
      if (kind === 1 || kind === 2) {
        onFrame(kind === 1 ? 'stdout' : 'stderr', bytes.subarray(at + HEADER_BYTES, end));
      }
      at = end;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
  }
}

/** Lines of one stream, out of its frames. */
export class DockerLines {
  readonly #stream: LogStream;
  #time = '';
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(stream: LogStream) {
    this.#stream = stream;
  }

  /** A whole frame. */
  frame(payload: Buffer, onLine: (line: DockerLine) => void): void {
    let from = 0;
    while (from < payload.length) {
      const space = payload.indexOf(0x20, from);
      const isTimed = space > from && payload[from]! >= 0x30 && payload[from]! <= 0x39;
      const textFrom = isTimed ? space + 1 : from;
      if (isTimed && this.#bytes === 0 && this.#pieces.length === 0) {
        this.#time = payload.toString('latin1', from, space);
      }
      const newline = payload.indexOf(NEWLINE, textFrom);
      const to = newline < 0 ? payload.length : newline;
      this.#add(payload.subarray(textFrom, to));
      if (newline >= 0) this.#end(onLine);
      from = to + 1;
    }
  }

  #add(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes <= LINE_READ_MAX_BYTES) this.#pieces.push(Buffer.from(piece));
  }

  #end(onLine: (line: DockerLine) => void): void {
    const isTooLong = this.#bytes > LINE_READ_MAX_BYTES;
    const text = isTooLong ? undefined : Buffer.concat(this.#pieces).toString('utf8').replace(/\r$/, '');
    this.#pieces = [];
    this.#bytes = 0;
    onLine({ stream: this.#stream, time: this.#time, text });
  }
}

/** The plain form, which is all of stdout: its lines are made frames of. */
export class PlainSplitter {
  #rest: Buffer = EMPTY;

  push(chunk: Buffer, onFrame: (stream: LogStream, payload: Buffer) => void): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    for (let at = 0; at < end; ) {
      const next = bytes.indexOf(NEWLINE, at) + 1;
      onFrame('stdout', bytes.subarray(at, next));
      at = next;
    }
    // What has no end is not kept for ever.
    const rest = bytes.subarray(end);
    this.#rest = rest.length > 2 * LINE_READ_MAX_BYTES ? EMPTY : Buffer.from(rest);
  }
}
