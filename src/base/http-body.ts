/** Reading the body of an answer whole, with a limit. */

import type { IncomingMessage } from 'node:http';
import { bodyStream } from './http-request.ts';

/** The body, decompressed. Rejects with `tooLarge()` past `bytesMax`; the rest is not read then. */
export function readBody(
  response: IncomingMessage,
  bytesMax: number,
  tooLarge: () => Error,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const stream = bodyStream(response);
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('error', reject);
    stream.on('aborted', () => reject(new Error('unexpected EOF')));
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
