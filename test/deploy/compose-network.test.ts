/** What the Compose file starts answers, at every name and port, whoever calls there, as they first do it. */

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client, credentials } from '@grpc/grpc-js';
import { parse } from 'yaml';
import { type PlainBatch, postSpans, thriftBatch } from '../ingest/decode/jaeger/batches.ts';
import { binary, call, type Protocol } from '../ingest/decode/jaeger/thrift-writer.ts';
import { getJson, postBody, promInstant } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { runProgram } from '../support/program.ts';
import { StreamingClient } from '../support/streaming-client.ts';
import { type ComposeServer, composeFile, DEPLOY, namesOf, startComposeServer } from './compose-file.ts';

const PROGRAM = path.join(import.meta.dirname, '../../bin/trilite');
const TRACE = '00000000000000010000000000000';

function jaegerBatch(low: bigint): PlainBatch {
  const span = { high: 1n, low, spanId: low, parentId: 0n, name: 'op', references: [], duration: 5n };
  const start = BigInt(Date.now()) * 1000n;
  return {
    process: { name: 'old', tags: [] },
    spans: [{ ...span, start, tags: [], logs: [], process: undefined }],
  };
}

function unary(address: string, method: string, message: Uint8Array): Promise<void> {
  const client = new Client(address, credentials.createInsecure());
  const same = (bytes: Buffer) => bytes;
  return new Promise<void>((resolve, reject) => {
    client.makeUnaryRequest(method, same, same, Buffer.from(message), (error) => {
      client.close();
      if (error) reject(error);
      else resolve();
    });
  });
}

describe('what it starts', () => {
  let dir: string;
  let server: ComposeServer;

  before(async () => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'trilite-compose-'));
    server = await startComposeServer(path.join(dir, 'data'));
  });

  after(async () => {
    await server?.program.stop('SIGKILL');
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  const http = (name: string, port: number) => `http://${server.address(name, port)}`;

  async function traceArrives(low: bigint): Promise<void> {
    const id = `${TRACE}${low.toString(16).padStart(3, '0')}`;
    await eventually(async () => {
      const answer = await fetch(`${http('tempo', 3200)}/api/v2/traces/${id}`);
      assert.match(await answer.text(), /"name":"op"/);
    });
  }

  it('prometheus:9090 answers what Grafana asks first, and takes remote-write', async () => {
    const form = new URLSearchParams({ query: '1+1', time: '4' });
    const answer = await fetch(`${http('prometheus', 9090)}/api/v1/query`, { method: 'POST', body: form });
    assert.match(await answer.text(), /"resultType":"scalar","result":\[4,"2"\]/);
    const { data } = await getJson<{ data: object }>(http('prometheus', 9090), '/api/v1/status/buildinfo');
    assert.ok('version' in data && !('features' in data));
    const empty = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
    await postBody(`${http('prometheus', 9090)}/api/v1/write`, empty, new Uint8Array([0]));
  });

  it('loki:3100 answers what Grafana asks first, and takes pushes', async () => {
    const { data } = await getJson<{ data: { result: readonly { value: unknown[] }[] } }>(
      http('loki', 3100),
      '/loki/api/v1/query',
      { direction: 'backward', query: 'vector(1)+vector(1)', time: 4_000_000_000 },
    );
    assert.equal(data.result[0]!.value[1], '2');
    const body = { streams: [{ stream: { app: 'a' }, values: [[`${Date.now()}000000`, 'x']] }] };
    const json = { 'content-type': 'application/json' };
    await postBody(`${http('loki', 3100)}/loki/api/v1/push`, json, JSON.stringify(body));
  });

  it('tempo:3200 answers what Grafana asks first, over gRPC on the same port too', async () => {
    assert.equal((await fetch(`${http('tempo', 3200)}/api/echo`)).status, 200);
    const client = new StreamingClient(server.address('tempo', 3200));
    try {
      const { code, messages } = await client.call('Search', {});
      assert.equal(code, 0);
      assert.ok(messages.length > 0);
    } finally {
      client.close();
    }
  });

  for (const name of ['otel-collector', 'tempo', 'jaeger']) {
    it(`${name} takes OTLP on 4317 and 4318`, async () => {
      for (const signal of ['trace', 'logs', 'metrics']) {
        const service = `${signal[0]!.toUpperCase()}${signal.slice(1)}Service`;
        const method = `/opentelemetry.proto.collector.${signal}.v1.${service}/Export`;
        await unary(server.address(name, 4317), method, new Uint8Array());
        const path = signal === 'trace' ? 'traces' : signal;
        const headers = { 'content-type': 'application/x-protobuf' };
        await postBody(`${http(name, 4318)}/v1/${path}`, headers, new Uint8Array());
      }
    });
  }

  it('otel-collector:8888 has metrics to scrape', async () => {
    assert.match(
      await (await fetch(`${http('otel-collector', 8888)}/metrics`)).text(),
      /^trilite_build_info/m,
    );
  });

  it('jaeger:16686 answers what Grafana asks first', async () => {
    const { data } = await getJson<{ data: unknown[] }>(http('jaeger', 16686), '/api/services');
    assert.ok(Array.isArray(data));
  });

  it('jaeger:14268, 14250 and 6831, 6832/udp take spans of its clients, 5778 says how many to sample', async () => {
    const headers = { 'content-type': 'application/x-thrift' };
    const body = binary(thriftBatch(jaegerBatch(0x10n)));
    await postBody(`${http('jaeger', 14268)}/api/traces`, headers, body);
    await traceArrives(0x10n);
    const method = '/jaeger.api_v2.CollectorService/PostSpans';
    await unary(server.address('jaeger-collector', 14250), method, postSpans(jaegerBatch(0x11n)));
    await traceArrives(0x11n);
    const socket = createSocket('udp4');
    const datagrams: readonly (readonly [port: number, protocol: Protocol, low: bigint])[] = [
      [6831, 'compact', 0x12n],
      [6832, 'binary', 0x13n],
    ];
    for (const [port, protocol, low] of datagrams) {
      const [host, real] = server.address('jaeger-agent', port).split(':');
      socket.send(call(protocol, thriftBatch(jaegerBatch(low))), Number(real), host);
      await traceArrives(low);
    }
    socket.close();
    const { strategyType } = await getJson<{ strategyType: string }>(
      http('jaeger-agent', 5778),
      '/sampling',
      {
        service: 'old',
      },
    );
    assert.equal(strategyType, 'PROBABILISTIC');
  });

  it('zipkin:9411 takes spans of its clients', async () => {
    const timestamp = Date.now() * 1000;
    const traceId = `${TRACE}020`;
    const span = { traceId, id: '0000000000000020', name: 'op', timestamp, duration: 5 };
    const headers = { 'content-type': 'application/json' };
    await postBody(`${http('zipkin', 9411)}/api/v2/spans`, headers, JSON.stringify([span]));
    await traceArrives(0x20n);
  });

  it('alertmanager:9093 is one, and no Mimir', async () => {
    const base = http('alertmanager', 9093);
    assert.notEqual((await fetch(`${base}/alertmanager/api/v2/status`)).status, 200);
    assert.equal((await fetch(`${base}/api/v2/status`)).status, 200);
    assert.equal((await fetch(`${base}/-/ready`)).status, 200);
  });

  it('is found ready by the health check', async () => {
    const [kind, program, ...args] = composeFile.services.trilite!.healthcheck!.test;
    assert.deepEqual([kind, program], ['CMD', '/trilite']);
    const here = args.map((a) => a.replace('http://127.0.0.1:9090', http('trilite', 9090)));
    assert.notDeepEqual(here, args);
    await runProgram(PROGRAM, here);
  });

  it('scrapes itself and evaluates its rules', async () => {
    await eventually(async () => {
      const up = await promInstant(http('prometheus', 9090), 'up{job="trilite"}');
      assert.equal(up[0]?.value?.[1], '1');
    }, 30_000);
    const { data } = await getJson<{ data: { groups: readonly { name: string }[] } }>(
      http('prometheus', 9090),
      '/api/v1/rules',
    );
    const files = globSync(path.join(DEPLOY, 'rules/*.yml')).map((file) => readFileSync(file, 'utf8'));
    const named = files.flatMap((text) => (parse(text) as typeof data).groups.map(({ name }) => name));
    assert.deepEqual(data.groups.map(({ name }) => name).sort(), named.sort());
  });

  it('answers to the names of what it stands in for', () => {
    const names = ['prometheus', 'loki', 'tempo', 'jaeger', 'alertmanager', 'otel-collector'];
    for (const name of names) assert.ok(namesOf('trilite').includes(name), name);
    const all = Object.keys(composeFile.services).flatMap(namesOf);
    assert.equal(new Set(all).size, all.length, 'a name is one service');
  });
});
