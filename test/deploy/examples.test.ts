/** The example configurations of senders, as they stand. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { parse } from 'yaml';
import { freePort } from '../support/free-port.ts';
import { logEntries } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { startServer } from '../support/server.ts';
import { DEPLOY, listeners, namesOf } from './compose-file.ts';

const EXAMPLES = path.join(DEPLOY, 'examples');
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

it('promtail.yaml is followed: services by name, levels and ids of traces', async () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'trilite-promtail-'));
  const logs = path.join(dir, 'logs');
  mkdirSync(logs);
  writeFileSync(path.join(logs, 'cart.log'), `{"level":"error","msg":"no room","trace_id":"${TRACE_ID}"}\n`);
  writeFileSync(path.join(logs, 'mail.log'), `level=warn msg="slow" trace_id=${TRACE_ID}\n`);
  const file = path.join(EXAMPLES, 'promtail.yaml');
  const config = path.join(dir, 'config.yml');
  writeFileSync(config, 'scrape_configs: []\n');
  const port = await freePort();
  const server = await startServer({
    dataDir: path.join(dir, 'data'),
    args: [
      '--config',
      config,
      '--http',
      `127.0.0.1:${port}`,
      '--promtail-config',
      file,
      '--promtail-config.expand-env',
    ],
    env: {
      LOGS: logs,
      POSITIONS: path.join(dir, 'positions.yaml'),
      LOKI_URL: `http://127.0.0.1:${port}/loki/api/v1/push`,
    },
  });
  try {
    await eventually(async () => {
      const startNs = BigInt(Date.now() - 60_000) * 1_000_000n;
      const entries = await logEntries(server.base, '{job="services"}', startNs, startNs + 120_000_000_000n);
      const told = entries
        .map(({ stream, metadata }) => [stream.service_name, metadata.detected_level, metadata.trace_id])
        .sort();
      assert.deepEqual(told, [
        ['cart', 'error', TRACE_ID],
        ['mail', 'warn', TRACE_ID],
      ]);
    });
  } finally {
    await server.stop('SIGKILL');
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
});

it('otel-collector.yaml sends every signal to where Trilite listens', () => {
  const { exporters, receivers, processors, service } = parse(
    readFileSync(path.join(EXAMPLES, 'otel-collector.yaml'), 'utf8'),
  );
  const [, name, port] = /:-([a-z-]+):(\d+)\}$/.exec(exporters['otlp/trilite'].endpoint)!;
  assert.ok(namesOf('trilite').includes(name!));
  assert.ok(listeners.some((l) => l.flag === 'otlp-grpc' && l.port === Number(port)));
  assert.deepEqual(Object.keys(service.pipelines).sort(), ['logs', 'metrics', 'traces']);
  for (const pipeline of Object.values(service.pipelines) as Record<string, string[]>[]) {
    for (const r of pipeline.receivers!) assert.ok(r in receivers, r);
    for (const p of pipeline.processors!) assert.ok(p in processors, p);
    for (const e of pipeline.exporters!) assert.ok(e in exporters, e);
  }
});
