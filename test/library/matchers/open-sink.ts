/** A sink over a server of the tests, for tests of what asks one. */

import { Client } from '../../../src/client/client.ts';
import { HttpTransport } from '../../../src/client/http-transport.ts';
import { Asked } from '../../../src/library/asked.ts';
import { guardedServer } from '../../support/guarded-server.ts';

export async function openSink() {
  const server = await guardedServer('');
  const base = `http://127.0.0.1:${server.running.http[0]!.port}`;
  const client = new Client(new HttpTransport({ url: new URL(base) }));
  const asked = new Asked({
    client,
    headers: {},
    arrivals: {
      follow(listener) {
        const timer = setInterval(listener, 10);
        return () => clearInterval(timer);
      },
    },
    now: Date.now,
    metricBounds: async () => undefined,
  });
  const endpoints = {
    prometheus: base,
    otlpHttp: 'http://127.0.0.1:4318',
    otlpGrpc: 'http://127.0.0.1:4317',
    remoteWrite: 'http://127.0.0.1:9090/api/v1/write',
    lokiPush: 'http://127.0.0.1:3100/loki/api/v1/push',
    zipkin: 'http://127.0.0.1:9411/api/v2/spans',
  };
  const to = 4_000_000_000_000;
  const traceql = (query: string, options = {}) =>
    Asked.prototype.traceql.call(asked, query, { to, ...options });
  const sink = Object.assign(asked, { endpoints, traceql });
  return {
    ...{ sink, base },
    async stop() {
      client.close();
      await server.running.stop();
    },
  };
}
