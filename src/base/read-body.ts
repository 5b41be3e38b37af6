/**
 * Reads a stream to its end into one buffer, bounded. The bytes are announced as they come, so that whoever
 * accounts for memory knows of a body before it is whole.
 */

import type { Readable } from 'node:stream';

/** The stream holds more than the reader takes. */
export class BodyLimitError extends Error {
  override name = 'BodyLimitError';
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`the body is larger than ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/** The sender went away in the middle. */
export class BodyAbortedError extends Error {
  override name = 'BodyAbortedError';

  constructor() {
    super('the body ended early');
  }
}

/**
 * The whole of `stream`; rejects with `BodyLimitError` past `maxBytes`, `BodyAbortedError` when it breaks off, and
 * whatever `onBytes` throws, which is told the length so far with every piece.
 * After a rejection the rest is not read: the connection has to be closed.
 */
export function readBody(
  stream: Readable,
  maxBytes: number,
  onBytes?: (length: number) => void,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let settled = false;
    const settle = (finish: () => void) => {
      if (settled) return;
      settled = true;
      stream.off('data', onData);
      finish();
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) return settle(() => reject(new BodyLimitError(maxBytes)));
      try {
        onBytes?.(length);
        chunks.push(chunk);
      } catch (error) {
        settle(() => reject(error));
      }
    };
    stream.on('data', onData);
    // Fast path: one chunk is the body, without a copy.
    stream.once('end', () =>
      settle(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length))),
    );
    stream.once('error', () => settle(() => reject(new BodyAbortedError())));
    stream.once('close', () => settle(() => reject(new BodyAbortedError())));
  });
}
