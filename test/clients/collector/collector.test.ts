/**
 * OpenTelemetry's collector between an application and the server: it takes all three signals, batches them and sends them
 * on, over gRPC or HTTP, in the encodings and compressions that it has; all of it is read back exactly.
 */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../../support/free-port.ts';
import { postBody } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { startProgram } from '../../support/program.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { buildFolder, compileGo, skipClient } from '../otlp/built-client.ts';
import { checkStory, tellStory } from '../otlp/run-story.ts';
import type { Telling } from '../otlp/story.ts';

const APPLICATION = {
  language: 'nodejs',
  file: process.execPath,
  args: [path.join(import.meta.dirname, '../otlp/app.ts')],
};

/** No TLS. */
const PLAIN = { tls: { insecure: true } };

interface Endpoints {
  readonly base: string;
  readonly grpc: string;
}

/** Ways to send on: the exporter's kind, and its configuration for a server. */
const EXPORTERS: readonly (readonly [
  kind: string,
  configure: (server: Endpoints) => Record<string, unknown>,
])[] = [
  ['otlp_grpc', ({ grpc }) => ({ endpoint: grpc, compression: 'none', ...PLAIN })],
  ['otlp_grpc', ({ base }) => ({ endpoint: base.replace('http://', ''), compression: 'gzip', ...PLAIN })],
  ['otlp_http', ({ base }) => ({ endpoint: base, compression: 'gzip' })],
  ['otlp_http', ({ base }) => ({ endpoint: base, compression: 'zstd', encoding: 'json' })],
  ['otlp_http', ({ base }) => ({ endpoint: base, compression: 'snappy' })],
];
const START_MAX_MS = 60_000;

describe('the collector in front', { timeout: 1_200_000, skip: skipClient('collector', 'go') }, () => {
  const file = path.join(buildFolder('collector'), 'collector');
  let own: TemporaryServer;
  const tellings: Telling[] = [];
  before(async () => {
    await compileGo(import.meta.dirname, file);
    own = await temporaryServer();
  });
  after(() => own?.dispose());

  /** Starts a collector that sends on as `settings` say; gives the endpoints of its own. */
  async function startCollector(exporter: string, settings: object) {
    const grpc = `127.0.0.1:${await freePort()}`;
    const http = `127.0.0.1:${await freePort()}`;
    const pipeline = { receivers: ['otlp'], processors: ['batch'], exporters: [exporter] };
    const config = path.join(own.dir, 'collector.json');
    const text = {
      receivers: { otlp: { protocols: { grpc: { endpoint: grpc }, http: { endpoint: http } } } },
      processors: { batch: { timeout: '50ms' } },
      exporters: { [exporter]: settings },
      service: {
        pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
        telemetry: { metrics: { level: 'none' } },
      },
    };
    // JSON is YAML.
    writeFileSync(config, JSON.stringify(text));
    const program = startProgram(file, ['--config', `file:${config}`]);
    const failed = program.exited.then((code) => assert.fail(`ended with ${code}: ${program.output()}`));
    failed.catch(() => {});
    const ready = eventually(async () => assert.match(program.output(), /Everything is ready/), START_MAX_MS);
    await Promise.race([ready, failed]);
    return { program, grpc: `http://${grpc}`, http: `http://${http}` };
  }

  for (const [i, [exporter, configure]] of EXPORTERS.entries()) {
    const { endpoint: _, ...shown } = configure({ base: '', grpc: '' });
    test(`${exporter} ${JSON.stringify(shown)}`, async () => {
      const { base, grpc } = own.server;
      const collector = await startCollector(exporter, configure({ base, grpc }));
      try {
        const instance = `collector-${i}`;
        const [protocol, endpoint] =
          i % 2 === 0 ? (['grpc', collector.grpc] as const) : (['http/json', collector.http] as const);
        const report = await tellStory(APPLICATION, instance, protocol, {
          OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        });
        // Ended, it has sent on everything.
        assert.equal(await collector.program.stop(), 0, collector.program.output());
        const telling = {
          base,
          instance,
          language: APPLICATION.language,
          tracesOnly: false,
          isNative: false,
          report,
        };
        await checkStory(telling);
        tellings.push(telling);
      } finally {
        await collector.program.stop('SIGKILL');
      }
    });
  }

  test('all of it after a flush and a compaction', async () => {
    await postBody(`${own.server.base}/-/flush?compact=true`, {}, '');
    assert.equal(tellings.length, EXPORTERS.length);
    for (const telling of tellings) await checkStory(telling);
  });
});
