/** VictoriaMetrics takes remote-write but serves no remote read: what it says is a warning, and what is stored here is answered. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../support/free-port.ts';
import { getJson, postBody } from '../../support/http-api.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../../support/remote-write.ts';
import { startServer } from '../../support/server.ts';
import { skipWithoutVictoria, startVictoria } from './run-victoria.ts';

test('a remote_read of VictoriaMetrics is a warning', {
  timeout: 110_000,
  skip: skipWithoutVictoria,
}, async (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-victoria-'));
  const port = await freePort();
  const victoria = await startVictoria(dir, port);
  const file = path.join(dir, 'trilite.yml');
  const url = `http://127.0.0.1:${port}/api/v1/read`;
  fs.writeFileSync(file, JSON.stringify({ scrape_configs: [], remote_read: [{ url, read_recent: true }] }));
  const server = await startServer({ dataDir: path.join(dir, 'data'), args: ['--config', file] });
  t.after(async () => {
    await server.stop('SIGKILL');
    await victoria.stop('SIGKILL');
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  const body = remoteWriteBody([{ labels: { __name__: 'm' }, samples: [[Date.now() - 1000, 1]] }]);
  await postBody(`${server.base}/api/v1/write`, REMOTE_WRITE_HEADERS, body);
  const answer = await getJson<{ data: { result: readonly unknown[] }; warnings?: readonly string[] }>(
    server.base,
    '/api/v1/query',
    { query: 'm' },
  );
  assert.equal(answer.data.result.length, 1);
  assert.match(
    answer.warnings?.join() ?? '',
    /^remote_read: remote server \S+ returned http status 400 Bad Request: .*unsupported path/s,
  );
});
