/**
 * gRPC's unary calls on `node:http2`, without a client library: a POST whose body is a flag byte, a length and the
 * message, and whose trailers hold the status. One connection per system, as SDKs have; calls share it.
 */

import http2 from 'node:http2';
import { baseUrl, type System } from './target.ts';
import type { Transport, TransportAnswer } from './transport.ts';
import type { BenchRequest } from './workload.ts';

const FRAME_HEAD_BYTES = 5;
const EMPTY = new Uint8Array(0);
/** gRPC codes that ask for another try (resource exhausted, aborted, unavailable), as HTTP says it. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  '0': 200,
  '8': 429,
  '10': 503,
  '14': 503,
  '4': 504,
};
/** What any other code becomes: a request that need not be tried again. */
const STATUS_OTHER = 400;

export class GrpcTransport implements Transport {
  readonly #system: System;
  readonly #timeoutMs: number;
  #session: http2.ClientHttp2Session | undefined;

  constructor(system: System, timeoutMs: number) {
    this.#system = system;
    this.#timeoutMs = timeoutMs;
  }

  #connection(kind: BenchRequest['kind']): http2.ClientHttp2Session {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const session = http2.connect(new URL(baseUrl(this.#system, kind)!).origin);
    // Calls in flight fail by themselves; without a listener the process would end.
    session.on('error', () => {});
    this.#session = session;
    return session;
  }

  send(request: BenchRequest): Promise<TransportAnswer> {
    return new Promise((resolve, reject) => {
      const call = this.#connection(request.kind).request({
        ...request.headers,
        ...this.#system.headers,
        ':method': 'POST',
        ':path': request.path,
        'content-type': 'application/grpc+proto',
        te: 'trailers',
      });
      const timer = setTimeout(() => {
        call.close(http2.constants.NGHTTP2_CANCEL);
        reject(new Error(`no answer within ${this.#timeoutMs} ms`));
      }, this.#timeoutMs);
      let headers: http2.IncomingHttpHeaders = {};
      let trailers: http2.IncomingHttpHeaders = {};
      const pieces: Uint8Array[] = [];
      call.on('response', (h) => {
        headers = h;
      });
      call.on('trailers', (t) => {
        trailers = t;
      });
      call.on('data', (piece: Uint8Array) => pieces.push(piece));
      call.on('end', () => {
        clearTimeout(timer);
        // An error without a message comes with its status in the headers.
        const code = String(trailers['grpc-status'] ?? headers['grpc-status'] ?? '2');
        const framed = Buffer.concat(pieces);
        const body = framed.length > FRAME_HEAD_BYTES ? framed.subarray(FRAME_HEAD_BYTES) : EMPTY;
        const text = String(trailers['grpc-message'] ?? headers['grpc-message'] ?? '');
        const status = STATUS_OF_CODE[code] ?? STATUS_OTHER;
        resolve({
          status,
          headers: { ...headers, ...trailers },
          body: status === 200 ? body : Buffer.from(text || `gRPC status ${code}`),
        });
      });
      call.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      const head = Buffer.alloc(FRAME_HEAD_BYTES);
      head.writeUInt32BE(request.body.length, 1);
      call.write(head);
      call.end(request.body);
    });
  }

  close(): void {
    this.#session?.destroy();
  }
}
