/**
 * A small stand-in for a Prometheus: takes remote-write, keeps a count by metric name, and answers the questions of
 * reading back. What it does instead of storing is the test's to say.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decompressSnappy } from '../../src/base/snappy.ts';
import { decodeRemoteWrite1 } from '../../src/ingest/decode/remote-write.ts';

export interface StubPrometheus {
  readonly url: string;
  /** Samples by metric name. */
  readonly stored: Map<string, number>;
  /** Every attempt of a write. */
  writes(): number;
  close(): void;
}

/** What becomes of a write: stored and answered with 204, acknowledged only, or answered otherwise by the function itself. */
export type Fate = 'store' | 'drop' | 'answered';

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** `decide` is asked for each write, with the number of writes before it. */
export async function stubPrometheus(
  decide: (attempt: number, answer: ServerResponse) => Fate,
): Promise<StubPrometheus> {
  const stored = new Map<string, number>();
  let attempts = 0;
  const write = async (request: IncomingMessage, answer: ServerResponse) => {
    const body = await bodyOf(request);
    const fate = decide(attempts++, answer);
    if (fate === 'answered') return;
    if (fate === 'store') {
      const batch = decodeRemoteWrite1(decompressSnappy(body));
      for (let i = 0; i < batch.sampleCount; i++) {
        const name = batch.labels(batch.sampleSeries[i]!)!.get('__name__');
        stored.set(name, (stored.get(name) ?? 0) + 1);
      }
    }
    answer.writeHead(204).end();
  };
  const server = createServer((request, answer) => {
    const url = new URL(request.url!, 'http://stub');
    const json = (data: unknown) => answer.end(JSON.stringify({ status: 'success', data }));
    if (url.pathname === '/api/v1/write') void write(request, answer);
    else if (url.pathname === '/api/v1/label/__name__/values') json([...stored.keys()]);
    else if (url.pathname === '/api/v1/query') {
      const name = /__name__="([^"]+)"/.exec(url.searchParams.get('query')!)![1]!;
      json({ resultType: 'vector', result: [{ metric: {}, value: [0, String(stored.get(name) ?? 0)] }] });
    } else answer.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stored,
    writes: () => attempts,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
