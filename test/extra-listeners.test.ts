/** Ports of single protocols: what they answer, where they are, that a taken one ends the start. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SILENT } from '../src/base/log.ts';
import { DEFAULT_CONFIG } from '../src/config/settings.ts';
import { openLocalEngine } from '../src/local-engine.ts';
import { type Running, StartError, start } from '../src/main.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const CONFIG = {
  ...DEFAULT_CONFIG,
  dataDir: ':memory:',
  http: [ANY_PORT],
  otlpGrpc: ANY_PORT,
  jaeger: { all: false, thrift: [ANY_PORT, ANY_PORT], udp: [], grpc: [ANY_PORT] },
  selfScrape: false,
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
    assert.match(
      tail.join(' '),
      /^(jaeger\+http:\/\/127\.0\.0\.1:[1-9]\d* ){2}jaeger\+grpc:\/\/127\.0\.0\.1:[1-9]\d*$/,
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

  it('end the start where their port is taken', async () => {
    const jaeger = { ...CONFIG.jaeger, thrift: [running.extra[0]!.address] };
    const second = start({ ...CONFIG, jaeger }, { openEngine: openLocalEngine, log: SILENT });
    await assert.rejects(
      second,
      (error) => error instanceof StartError && /the port is taken/.test(error.message),
    );
  });
});
