/** Random batches of Jaeger's to a real Tempo and to Trilite, by every protocol: both must have the same traces then. */

import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { after, before, describe, it } from 'node:test';
import { Client, credentials } from '@grpc/grpc-js';
import fc from 'fast-check';
import {
  batchArbitrary,
  type PlainBatch,
  postSpans,
  thriftBatch,
} from '../../ingest/decode/jaeger/batches.ts';
import { binary, call } from '../../ingest/decode/jaeger/thrift-writer.ts';
import { eventually } from '../../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { spansIn, type Trace } from '../trace-text.ts';
import { type JaegerTarget, type RunningTempo, runTempo, TEMPO } from './run-tempo.ts';

const BATCHES = Number(process.env.TRILITE_TEST_JAEGER_BATCHES ?? 40);
const WAYS = ['http', 'grpc', 'compact', 'binary'] as const;
const skip = TEMPO === undefined && 'TRILITE_TEST_TEMPO does not say where Tempo is';
const IDENTITY = (bytes: Buffer) => bytes;

/**
 * The batch with ids of its own, so that no two are of one trace, and with times of today, as which Tempo takes them. A
 * reference to the first half of an id that others share becomes one to the same trace.
 */
function ofTrace(batch: PlainBatch, high: bigint): PlainBatch {
  const nowUs = BigInt(Date.now()) * 1000n;
  return {
    process: batch.process,
    spans: batch.spans.map((span, i) => ({
      ...span,
      high,
      low: span.low % 3n,
      spanId: BigInt(i + 1),
      references: span.references.map((r) => ({ ...r, high: r.high === 1n ? high : r.high })),
      start: nowUs - (span.start % 60_000_000n),
    })),
  };
}

describe("Jaeger's spans, in Tempo and here", { skip, timeout: 300_000 }, () => {
  let own: TemporaryServer;
  let tempo: RunningTempo;
  let targets: JaegerTarget[];
  let socket: Socket;
  const clients: Client[] = [];

  before(async () => {
    const ports = [
      '--jaeger-thrift',
      '127.0.0.1:0',
      '--jaeger-udp',
      '127.0.0.1:0',
      '--jaeger-grpc',
      '127.0.0.1:0',
    ];
    own = await temporaryServer('scrape_configs: []\n', ports);
    tempo = await runTempo(own.dir);
    const of = (carrier: string) =>
      new RegExp(`jaeger\\+${carrier}://(\\S+)`).exec(own.server.readyLine)![1]!;
    const { base } = own.server;
    targets = [
      tempo.target,
      { base, http: of('http'), grpc: of('grpc'), compact: of('udp'), binary: of('udp') },
    ];
    socket = createSocket('udp4');
  });

  after(async () => {
    for (const client of clients) client.close();
    socket?.close();
    await tempo?.program.stop('SIGKILL');
    await own?.dispose();
  });

  async function send(target: JaegerTarget, way: (typeof WAYS)[number], batch: PlainBatch): Promise<void> {
    if (way === 'http') {
      const headers = { 'content-type': 'application/x-thrift' };
      const body = binary(thriftBatch(batch));
      const answer = await fetch(`http://${target.http}/api/traces`, { method: 'POST', headers, body });
      assert.equal(answer.status, 202, await answer.text());
    } else if (way === 'grpc') {
      const client = new Client(target.grpc, credentials.createInsecure());
      clients.push(client);
      const path = '/jaeger.api_v2.CollectorService/PostSpans';
      await new Promise<void>((resolve, reject) => {
        const done = (error: Error | null) => (error ? reject(error) : resolve());
        client.makeUnaryRequest(path, IDENTITY, IDENTITY, Buffer.from(postSpans(batch)), done);
      });
    } else {
      const [host, port] = target[way].split(':');
      const datagram = call(way, thriftBatch(batch));
      await new Promise<void>((resolve, reject) =>
        socket.send(datagram, Number(port), host, (error) => (error ? reject(error) : resolve())),
      );
    }
  }

  async function read(target: JaegerTarget, id: string): Promise<string[]> {
    const headers = { accept: 'application/json' };
    const answer = await fetch(`${target.base}/api/v2/traces/${id}`, { headers });
    assert.equal(answer.status, 200, `${target.base} ${id}`);
    const spans = spansIn(((await answer.json()) as { trace: Trace }).trace);
    // Datagrams are on their way for a while.
    assert.ok(spans.length > 0, `${target.base} ${id} is empty`);
    return spans;
  }

  for (const [index, way] of WAYS.entries()) {
    it(`${way}: ${BATCHES} batches`, async () => {
      const batches = fc.sample(batchArbitrary, BATCHES);
      for (const [i, random] of batches.entries()) {
        const batch = ofTrace(random, BigInt(1 + i + index * 1_000_000));
        for (const target of targets) await send(target, way, batch);
        for (const { high, low } of batch.spans) {
          const id = high.toString(16).padStart(16, '0') + low.toString(16).padStart(16, '0');
          const [want, got] = await Promise.all(targets.map((target) => eventually(() => read(target, id))));
          assert.deepEqual(got, want, `batch ${i}, trace ${id}`);
        }
      }
    });
  }
});
