/** A remote that answers remote read out of memory, by the server's own service, or in a way that a test names. */

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { remoteReadService } from '../../../src/api/prometheus/remote-read/service.ts';
import { decompressSnappy } from '../../../src/base/snappy.ts';
import { SnappyEncoder } from '../../../src/base/snappy-encode.ts';
import { Labels } from '../../../src/model/labels.ts';
import { MemoryMetrics, memoryReader } from '../../../src/query/script/memory-metrics.ts';
import { type Message, ReadRequest } from '../../api/prometheus/remote-read/chunk-reader.ts';

type Answer = (response: http.ServerResponse) => void;

export class FakeRemote {
  readonly metrics = new MemoryMetrics();
  /** The queries that came, decoded. */
  readonly queries: Message[] = [];
  readonly headers: http.IncomingHttpHeaders[] = [];
  /** Requests whose client went away before they were answered. */
  left = 0;
  /** Instead of the service, where it is set. */
  answer: Answer | undefined;
  /** Answers in samples though chunks are asked for. */
  samplesOnly = false;
  externalLabels = Labels.EMPTY;
  readonly #server = http.createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy());
  });

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/v1/read`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    response.on('close', () => {
      if (!response.writableFinished) this.left++;
    });
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    const message = ReadRequest.toObject(ReadRequest.decode(decompressSnappy(body)), {
      longs: Number,
    }) as Message;
    this.queries.push(...message.queries);
    this.headers.push(request.headers);
    if (this.answer) return this.answer(response);
    const asked = this.samplesOnly ? withoutChunks(message) : body;
    const {
      status,
      contentType,
      headers,
      body: first,
      rest,
    } = await remoteReadService(
      { params: [], path: {}, headers: {}, nowMs: Date.now(), body: asked },
      {
        storage: memoryReader(this.metrics),
        signal: new AbortController().signal,
        externalLabels: this.externalLabels,
      },
    );
    response.writeHead(status, { 'content-type': contentType, ...headers });
    response.write(first);
    for await (const piece of rest ?? []) response.write(piece);
    response.end();
  }
}

function withoutChunks(message: Message): Uint8Array {
  const plain = ReadRequest.encode(ReadRequest.fromObject({ ...message, accepted: [0] })).finish();
  return new SnappyEncoder().encode(plain);
}
