/**
 * Jaeger's own clients, and OpenTelemetry's exporters to Jaeger, send the same two spans by every way in; what is read back
 * is what they were told. `setup.sh` brings them.
 */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { getJson } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { findProgram, runProgram, skipUnless } from '../../support/program.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

const HERE = import.meta.dirname;
const CLIENTS = process.env.TRILITE_TEST_JAEGER_CLIENTS ?? path.join(HERE, '.clients');
const PYTHON = path.join(CLIENTS, 'venv/bin/python');
const GO = path.join(CLIENTS, 'app');

function missing(file: string, language: string): string | false {
  const there = existsSync(path.join(CLIENTS, file));
  // Not every machine has every compiler.
  if (!there && language === 'Go' && findProgram('go') === undefined) return 'no go on PATH';
  return skipUnless(there, `no clients for ${language} in ${CLIENTS}: run test/clients/jaeger/setup.sh`);
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Span {
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly events?: readonly { readonly name?: string; readonly attributes: readonly Attribute[] }[];
  readonly status?: { readonly code?: string };
}

interface Answer {
  readonly trace: {
    readonly resourceSpans: readonly {
      readonly resource: { readonly attributes: readonly Attribute[] };
      readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
    }[];
  };
}

const attribute = (attributes: readonly Attribute[], key: string) =>
  Object.values(attributes.find((a) => a.key === key)?.value ?? {})[0];

/** Reads the trace back and compares it with what every application tells. */
async function checkTrace(base: string, id: string, service: string): Promise<void> {
  assert.match(id, /^[0-9a-f]{32}$/);
  const read = async () => {
    const headers = { accept: 'application/json' };
    const { trace } = await getJson<Answer>(base, `/api/v2/traces/${id}`, {}, headers);
    const spans = trace.resourceSpans.flatMap((rs) => rs.scopeSpans.flatMap((ss) => ss.spans));
    assert.equal(spans.length, 2);
    return { spans, resource: trace.resourceSpans[0]!.resource };
  };
  const { spans, resource } = await eventually(read);
  assert.equal(attribute(resource.attributes, 'service.name'), service);
  const root = spans.find(({ name }) => name === 'GET /buy')!;
  const child = spans.find(({ name }) => name === 'SELECT')!;
  assert.equal(child.parentSpanId, root.spanId);
  assert.equal(root.parentSpanId ?? '', '');
  assert.deepEqual([root.kind, child.kind], ['SPAN_KIND_SERVER', 'SPAN_KIND_CLIENT']);
  assert.deepEqual([root.status?.code, child.status?.code], [undefined, 'STATUS_CODE_ERROR']);
  assert.equal(Number(attribute(root.attributes, 'http.status_code')), 200);
  assert.equal(attribute(root.attributes, 'cached'), false);
  assert.equal(attribute(root.attributes, 'ratio'), 0.5);
  const [event] = root.events!;
  // Python's exporter puts the name where nobody looks for it.
  assert.equal(event!.name ?? attribute(event!.attributes, 'message'), 'cache miss');
  assert.equal(attribute(event!.attributes, 'key'), 'basket');
  const [start, end] = [BigInt(root.startTimeUnixNano), BigInt(root.endTimeUnixNano)];
  assert.ok(start <= end && Math.abs(Number(start / 1_000_000n) - Date.now()) < 120_000);
}

describe("Jaeger's clients", { timeout: 110_000 }, () => {
  let own: TemporaryServer;
  let http: string;
  let udp: string;
  let grpc: string;

  before(async () => {
    const flags = ['--jaeger-thrift', '--jaeger-udp', '--jaeger-grpc'].flatMap((flag) => [
      flag,
      '127.0.0.1:0',
    ]);
    own = await temporaryServer('scrape_configs: []\n', flags);
    const of = (carrier: string) =>
      new RegExp(`jaeger\\+${carrier}://(\\S+)`).exec(own.server.readyLine)![1]!;
    [http, udp, grpc] = [of('http'), of('udp'), of('grpc')];
  });
  after(() => own?.dispose());

  const portOf = (address: string) => address.split(':').at(-1)!;
  const collector = () => `http://${http}/api/traces`;
  const node = (service: string, ...args: string[]) =>
    runProgram(process.execPath, [path.join(HERE, 'app.cjs'), service, ...args], {
      NODE_PATH: path.join(CLIENTS, 'node/node_modules'),
    });

  it('jaeger-client for Python, to the agent, sampling as it is told', {
    skip: missing('venv/ready', 'Python'),
  }, async () => {
    const args = [path.join(HERE, 'app.py'), 'python-agent', portOf(udp), portOf(http)];
    await checkTrace(own.server.base, (await runProgram(PYTHON, args)).trim(), 'python-agent');
  });

  it('jaeger-client for Node, to the agent', { skip: missing('node/ready', 'Node') }, async () => {
    const id = await node('node-agent', 'udp', portOf(udp), portOf(http));
    await checkTrace(own.server.base, id.trim(), 'node-agent');
  });

  it('jaeger-client for Node, to the collector', { skip: missing('node/ready', 'Node') }, async () => {
    const id = await node('node-collector', 'http', `${collector()}?format=jaeger.thrift`);
    await checkTrace(own.server.base, id.trim(), 'node-collector');
  });

  for (const client of ['uber', 'otel']) {
    for (const how of ['agent', 'collector']) {
      const name = client === 'uber' ? 'jaeger-client for Go' : "OpenTelemetry's exporter for Go";
      it(`${name}, to the ${how}`, { skip: missing('app', 'Go') }, async () => {
        const service = `go-${client}-${how}`;
        const where = how === 'agent' ? udp : collector();
        const id = await runProgram(GO, [client, service, how, where]);
        await checkTrace(own.server.base, id.trim(), service);
      });
    }
  }

  it("OpenTelemetry's exporter for Python, over gRPC", {
    skip: missing('venv/ready', 'Python'),
  }, async () => {
    const args = [path.join(HERE, 'otel.py'), 'python-otel', grpc];
    // Its generated code is older than what newer versions of the library take in C.
    const env = { PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION: 'python' };
    const id = await runProgram(PYTHON, args, env);
    await checkTrace(own.server.base, id.trim(), 'python-otel');
  });
});
