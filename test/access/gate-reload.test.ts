/** Settings of access in a running server: at the start, and when the configuration is read again. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLogger } from '../../src/base/log.ts';
import { type Config, DEFAULT_CONFIG } from '../../src/config/settings.ts';
import { openLocalEngine } from '../../src/local-engine.ts';
import { type Running, StartError, start } from '../../src/main.ts';
import type { AuthSettings } from '../../src/model/access.ts';
import { ask, askGrpc, askStatus } from '../support/guarded-server.ts';
import { eventually } from '../support/poll.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const CONFIG: Config = {
  ...DEFAULT_CONFIG,
  dataDir: ':memory:',
  http: [ANY_PORT],
  otlpGrpc: ANY_PORT,
  jaeger: { all: false, thrift: [], udp: [], grpc: [] },
  selfScrape: false,
};
const EXPORT = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

function tokens(...secrets: readonly string[]): AuthSettings {
  const scopes = ['read', 'ingest'] as const;
  return {
    users: [],
    tokens: secrets.map((value) => ({ name: value, token: { value }, scopes, tenants: undefined })),
    certificates: [],
    anonymous: [],
  };
}

async function serving(
  config: Config,
  use: (running: Running, next: (config: Config) => Promise<void>, log: () => string) => Promise<void>,
) {
  let text = '';
  let read = config;
  const log = createLogger('debug', (line) => {
    text += line;
  });
  const running = await start(config, { openEngine: openLocalEngine, load: async () => read, log });
  const next = (other: Config) => {
    read = other;
    return running.reload('test');
  };
  try {
    await use(running, next, () => text);
  } finally {
    await running.stop();
  }
}

describe('settings of access', () => {
  test('are taken in at once, on every listener', async () => {
    await serving(CONFIG, async (running, next, log) => {
      const { port } = running.http[0]!;
      const status = (token?: string) =>
        askStatus(
          port,
          'GET',
          '/api/v1/labels',
          token === undefined ? {} : { authorization: `Bearer ${token}` },
        );
      const code = async (token?: string) =>
        (
          await askGrpc(
            running.grpc!.port,
            EXPORT,
            token === undefined ? {} : { authorization: `Bearer ${token}` },
          )
        ).code;
      assert.deepEqual([await status(), await code()], [200, 0]);
      await next({ ...CONFIG, auth: tokens('one') });
      assert.deepEqual([await status(), await code()], [401, 16]);
      assert.deepEqual([await status('one'), await code('one')], [200, 0]);
      await next({ ...CONFIG, auth: tokens('two') });
      assert.deepEqual([await status('one'), await code('one')], [401, 16]);
      assert.deepEqual([await status('two'), await code('two')], [200, 0]);
      await next(CONFIG);
      assert.deepEqual([await status(), await code()], [200, 0]);
      assert.match(log(), /configuration reloaded.* settings=auth/);
    });
  });

  test('that cannot hold are refused, and those before stay', async () => {
    await serving({ ...CONFIG, auth: tokens('one') }, async (running, next) => {
      const { port } = running.http[0]!;
      const [token] = tokens('two').tokens;
      const auth = { ...tokens(), tokens: [{ ...token!, tenants: ['a'] }], tenantsPosition: 'x.yml:1:2' };
      // Tenants are told apart from the next start on only: until then this token would be for all.
      await assert.rejects(
        next({ ...CONFIG, multiTenancy: true, auth }),
        /x\.yml:1:2: tenants are told apart from the next start on/,
      );
      assert.equal(await askStatus(port, 'GET', '/api/v1/labels', { authorization: 'Bearer two' }), 401);
      assert.equal(await askStatus(port, 'GET', '/api/v1/labels', { authorization: 'Bearer one' }), 200);
    });
  });

  test('leave no port for datagrams, which carry no credentials', async () => {
    const udp = { ...CONFIG, jaeger: { ...CONFIG.jaeger, udp: [ANY_PORT] } };
    const refusal = /^jaeger_udp: datagrams carry no credentials/;
    await assert.rejects(
      start({ ...udp, auth: tokens('one') }, { openEngine: openLocalEngine }),
      (error) => error instanceof StartError && refusal.test(error.message),
    );
    await serving({ ...udp, auth: { ...tokens('one'), anonymous: ['ingest'] } }, async (running) => {
      assert.equal(running.extra[0]!.scheme, 'jaeger+udp');
    });
    await serving(udp, async (_running, next) => {
      await assert.rejects(next({ ...udp, auth: tokens('one') }), /datagrams carry no credentials/);
    });
  });

  test('do not keep the server from its own metrics', async () => {
    await serving({ ...CONFIG, selfScrape: true, auth: tokens('one') }, async (running) => {
      running.begin();
      const { port } = running.http[0]!;
      await eventually(async () => {
        const query = `/api/v1/query?query=${encodeURIComponent('up{job="trilite"}')}`;
        const { body } = await ask(port, 'GET', query, { authorization: 'Bearer one' });
        assert.equal(JSON.parse(body).data.result[0]?.value[1], '1', body);
      });
    });
  });

  test('change what is said of listening beyond this machine', async () => {
    const http = [{ host: '0.0.0.0', port: 0 }];
    await serving({ ...CONFIG, http }, async (_running, _next, log) => {
      assert.match(
        log(),
        /level=warn msg="listening beyond this machine without authentication" address=0\.0\.0\.0/,
      );
    });
    await serving({ ...CONFIG, http, auth: tokens('one') }, async (_running, _next, log) => {
      assert.match(
        log(),
        /level=warn msg="listening beyond this machine without TLS: what is sent can be read/,
      );
      assert.doesNotMatch(log(), /without authentication/);
    });
  });
});
