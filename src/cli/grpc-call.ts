/** A gRPC call with one message each way, as HTTP/2 has it: enough to try whether a port takes it. */

import { connect, type SecureClientSessionOptions } from 'node:http2';

const ANSWER_MAX_MS = 10_000;

/** `origin` is `http://host:port` or `https://…`. Rejects where the call does not end well. */
export async function callUnary(
  origin: string,
  path: string,
  message: Uint8Array,
  headers: Readonly<Record<string, string>>,
  secured: SecureClientSessionOptions = {},
): Promise<void> {
  const session = connect(origin, secured);
  try {
    await new Promise<void>((resolve, reject) => {
      session.once('error', reject);
      const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
      const stream = session.request({
        ...Object.fromEntries(own),
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.setTimeout(ANSWER_MAX_MS, () => reject(new Error(`no answer within ${ANSWER_MAX_MS / 1000} s`)));
      stream.once('error', reject);
      let status: string | undefined;
      let text = '';
      const note = (fields: Readonly<Record<string, unknown>>) => {
        if (fields['grpc-status'] !== undefined) status = String(fields['grpc-status']);
        if (fields['grpc-message'] !== undefined) text = String(fields['grpc-message']);
      };
      stream.on('response', note);
      stream.on('trailers', note);
      stream.on('end', () => {
        if (status === '0') resolve();
        else reject(new Error(`gRPC status ${status ?? 'missing'} ${text}`.trimEnd()));
      });
      stream.resume();
      stream.end(framed(message));
    });
  } finally {
    session.destroy();
  }
}

/** Uncompressed, with its length in front. */
function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}
