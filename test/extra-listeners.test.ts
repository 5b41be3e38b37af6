/** Ports of single protocols: what they answer, where they are, that a taken one ends the start. */

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { after, before, describe, it } from 'node:test';
import { SILENT } from '../src/base/log.ts';
import { DEFAULT_CONFIG } from '../src/config/settings.ts';
import { openLocalEngine } from '../src/local-engine.ts';
import { type Running, StartError, start } from '../src/main.ts';
import { type PlainBatch, thriftBatch } from './ingest/decode/jaeger/batches.ts';
import { binary, call } from './ingest/decode/jaeger/thrift-writer.ts';
import { eventually } from './support/poll.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const CONFIG = {
  ...DEFAULT_CONFIG,
  dataDir: ':memory:',
  http: [ANY_PORT],
  otlpGrpc: ANY_PORT,
  jaeger: { all: false, thrift: [ANY_PORT, ANY_PORT], udp: [ANY_PORT], grpc: [ANY_PORT] },
  selfScrape: false,
};

const TRACE = '0000000000000001000000000000000a';
const BATCH: PlainBatch = {
  process: { name: 'shop', tags: [] },
  spans: [
    {
      high: 1n,
      low: 10n,
      spanId: 11n,
      parentId: 0n,
      name: 'op',
      references: [],
      start: BigInt(Date.now()) * 1000n,
      duration: 5n,
      tags: [],
      logs: [],
      process: undefined,
    },
  ],
};

let running: Running;
let own: string;

before(async () => {
  running = await start(CONFIG, { openEngine: openLocalEngine, log: SILENT });
  own = `http://127.0.0.1:${running.extra[0]!.address.port}`;
});

after(() => running.stop());

describe('extra listeners', () => {
  it('are announced last, with what they carry and real ports', () => {
    const tail = running.addresses.split(' ').slice(2);
    const schemes = ['jaeger+http', 'jaeger+http', 'jaeger+udp', 'jaeger+grpc'];
    assert.deepEqual(
      tail.map((address) => /^(.*):\/\/127\.0\.0\.1:[1-9]\d*$/.exec(address)?.[1]),
      schemes,
    );
  });

  it('answer their protocol and readiness alone', async () => {
    assert.equal((await fetch(`${own}/ready`)).status, 200);
    assert.equal((await fetch(`${own}/-/healthy`)).status, 200);
    for (const path of ['/', '/metrics', '/api/search', '/api/v1/labels', '/sampling/x']) {
      const answer = await fetch(own + path);
      assert.equal(answer.status, 404, path);
      assert.equal(await answer.text(), '404 page not found\n');
    }
  });

  it('keep every trace, whoever asks how many to sample', async () => {
    const everywhere = `http://127.0.0.1:${running.http[0]!.port}`;
    for (const base of [own, everywhere]) {
      for (const path of ['/sampling', '/api/sampling']) {
        const answer = await fetch(`${base}${path}?service=shop`);
        assert.equal(answer.headers.get('content-type'), 'application/json');
        const strategy = { strategyType: 'PROBABILISTIC', probabilisticSampling: { samplingRate: 1 } };
        assert.deepEqual(await answer.json(), strategy);
      }
      assert.equal((await fetch(`${base}/sampling`)).status, 400);
      assert.equal((await fetch(`${base}/sampling?service=a&service=b`)).status, 400);
    }
  });

  it('take spans, and so do all ports of the carrier', async () => {
    const body = binary(thriftBatch(BATCH));
    const headers = { 'content-type': 'application/x-thrift' };
    const everywhere = `http://127.0.0.1:${running.http[0]!.port}`;
    const read = async () => {
      const answer = await fetch(`${everywhere}/api/v2/traces/${TRACE}`, {
        headers: { accept: 'application/json' },
      });
      return answer.text();
    };
    for (const base of [own, everywhere]) {
      const answer = await fetch(`${base}/api/traces?format=jaeger.thrift`, {
        method: 'POST',
        headers,
        body,
      });
      assert.equal(answer.status, 202);
      assert.match(await read(), /"name":"op"/);
      const get = await fetch(`${base}/api/traces`);
      assert.equal(get.status, 404, 'Tempo has no such path');
    }
    const udp = running.extra.find(({ scheme }) => scheme === 'jaeger+udp')!.address;
    const socket = createSocket('udp4');
    const named = { ...BATCH, spans: [{ ...BATCH.spans[0]!, name: 'datagram', spanId: 12n }] };
    socket.send(call('compact', thriftBatch(named)), udp.port, udp.host);
    await eventually(async () => assert.match(await read(), /"name":"datagram"/));
    socket.close();
  });

  it('end the start where their port is taken', async () => {
    const [http, , udp] = running.extra.map(({ address }) => address);
    for (const taken of [{ thrift: [http!] }, { udp: [udp!] }]) {
      const jaeger = { ...CONFIG.jaeger, ...taken };
      const second = start({ ...CONFIG, jaeger }, { openEngine: openLocalEngine, log: SILENT });
      await assert.rejects(
        second,
        (error) =>
          error instanceof StartError && /^cannot listen on .* the port is taken$/.test(error.message),
      );
    }
  });
});
