/** Reading the body of an answer whole, with a limit. */

import type { IncomingMessage } from 'node:http';
import { bodyStream, networkError } from './http-request.ts';

/** A body that broke off or cannot be decompressed; the answer had begun. */
export class BodyError extends Error {
  override name = 'BodyError';
}

function bodyFault(error: NodeJS.ErrnoException): string {
  if (error.code === 'Z_DATA_ERROR') return 'gzip: invalid header';
  // Compressed, or cut off.
  if (error.code === 'Z_BUF_ERROR' || error.code === 'ECONNRESET') return 'unexpected EOF';
  return networkError(error);
}

/** The body, decompressed. Rejects with `BodyError`, and with `tooLarge()` past `bytesMax`; the rest is not read then. */
export function readBody(
  response: IncomingMessage,
  bytesMax: number,
  tooLarge: () => Error,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const stream = bodyStream(response);
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('error', (error) => reject(new BodyError(bodyFault(error), { cause: error })));
    stream.on('aborted', () => reject(new BodyError('unexpected EOF')));
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= bytesMax) return;
      reject(tooLarge());
      response.destroy();
    });
    stream.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)));
  });
}
