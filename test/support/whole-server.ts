/**
 * Tries an installed program whole: all three signals in and out, gRPC, the page, another configuration, `kill -9` and a
 * start over what it left. Whatever way of installing there is has to pass it.
 */

import assert from 'node:assert/strict';
import { Client, credentials } from '@grpc/grpc-js';
import { utf8Encode } from '../../src/base/bytes.ts';
import { otlpJsonToProtobuf } from '../../src/ingest/decode/otlp-json.ts';
import { getJson, logEntries, postBody, promInstant } from './http-api.ts';
import { spansRequest } from './otlp-spans.ts';
import { eventually } from './poll.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from './remote-write.ts';

export interface InstalledServer {
  /** `http://HOST:PORT` */
  readonly base: string;
  /** `HOST:PORT` */
  readonly grpc: string;
  stop(signal: NodeJS.Signals): Promise<unknown>;
  /** Sends SIGHUP. */
  hangUp(): void;
}

const TRACE = '5b8efff798038103d269b633813fc60c';
const TRACE_SERVICE = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

const configuration = (jobs: readonly string[]) =>
  `scrape_configs: [${jobs.map((job) => `{job_name: ${job}}`).join(', ')}]\n`;

/** Sends one span over gRPC. */
async function exportSpan(address: string): Promise<void> {
  const request = spansRequest([
    {
      service: 'shop',
      traceId: TRACE,
      id: '00f067aa0ba902b7',
      name: 'POST /pay',
      startMs: Date.now(),
      durationMs: 5,
    },
  ]);
  const body = Buffer.from(otlpJsonToProtobuf('traces', utf8Encode(request)));
  const client = new Client(address, credentials.createInsecure());
  const same = (bytes: Buffer) => bytes;
  try {
    await new Promise<void>((resolve, reject) => {
      const done = (error: Error | null) => (error ? reject(error) : resolve());
      client.makeUnaryRequest(TRACE_SERVICE, same, same, body, done);
    });
  } finally {
    client.close();
  }
}

async function assertAnswers({ base }: InstalledServer): Promise<void> {
  const samples = await promInstant(base, 'sum by (app) (installed)');
  assert.deepEqual([samples[0]?.metric, samples[0]?.value?.[1]], [{ app: 'x' }, '42']);
  const now = BigInt(Date.now()) * 1_000_000n;
  const entries = await logEntries(base, '{app="x"} |~ "o.e"', now - 600_000_000_000n, now + 1_000_000_000n);
  assert.deepEqual(
    entries.map(({ line }) => line),
    ['one'],
  );
  const found = await getJson<{ traces: { traceID: string }[] }>(base, '/api/search', {
    q: '{ name = "POST /pay" }',
  });
  assert.deepEqual(
    found.traces.map(({ traceID }) => traceID),
    [TRACE],
  );
}

async function assertPage(base: string): Promise<void> {
  const page = await (await fetch(`${base}/`)).text();
  const script = /src="(ui\/app-\w+\.js)"/.exec(page)?.[1];
  assert.ok(script, page);
  const answer = await fetch(`${base}/${script}`);
  assert.deepEqual([answer.status, (await answer.text()).length > 1000], [200, true]);
}

/**
 * `start` starts the program over the same data every time, with a configuration file that `configure` writes the
 * text of.
 */
export async function tryWhole(
  start: () => Promise<InstalledServer>,
  configure: (text: string) => void,
): Promise<void> {
  configure(configuration(['before']));
  let server = await start();
  const samples = [[Date.now(), 42] as const];
  const series = [{ labels: { __name__: 'installed', app: 'x' }, samples }];
  await postBody(`${server.base}/api/v1/write`, REMOTE_WRITE_HEADERS, remoteWriteBody(series));
  const streams = [{ stream: { app: 'x' }, values: [[`${Date.now()}000000`, 'one']] }];
  const json = { 'content-type': 'application/json' };
  await postBody(`${server.base}/loki/api/v1/push`, json, JSON.stringify({ streams }));
  await exportSpan(server.grpc);
  await assertAnswers(server);
  await assertPage(server.base);

  configure(configuration(['before', 'after']));
  server.hangUp();
  await eventually(async () => {
    const { data } = await getJson<{ data: { yaml: string } }>(server.base, '/api/v1/status/config');
    assert.match(data.yaml, /job_name: after/);
  });
  await server.stop('SIGKILL');

  server = await start();
  await assertAnswers(server);
  assert.equal(await server.stop('SIGTERM'), 0);
}
