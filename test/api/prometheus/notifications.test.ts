/** Notifications: the list, and the stream over a real connection. */

import assert from 'node:assert/strict';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { type ListenAddress, Listeners } from '../../../src/api/listeners.ts';
import { Notifications } from '../../../src/api/prometheus/notifications.ts';
import { prometheusFrontRoutes, prometheusStreamRoutes } from '../../../src/api/prometheus/status-routes.ts';
import { HttpServer } from '../../../src/api/server.ts';
import { SILENT } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { OPEN_GATE } from '../../support/open-gate.ts';
import { eventually } from '../../support/poll.ts';
import { emptyStatusView } from './status-view-fake.ts';

const notifications = new Notifications();
const view = emptyStatusView({ notifications });
const server = new HttpServer({
  gate: OPEN_GATE,
  surfaces: [
    { surface: 'prometheus', routes: prometheusFrontRoutes(view) },
    { surface: 'prometheus', routes: prometheusStreamRoutes(view) },
  ],
  bodyRoutes: [],
  runner: { run: async () => assert.fail('no service') },
  queryTimeoutMs: 0,
  telemetry: new Telemetry(),
  log: SILENT,
  now: Date.now,
});
const listeners = new Listeners({
  handler: (q, r) => server.handler(q, r),
  grpc: async () => assert.fail(),
  log: SILENT,
});
let address: ListenAddress;

before(async () => {
  await server.ready();
  address = await listeners.http({ host: '127.0.0.1', port: 0 });
});
after(() => {
  listeners.stopAccepting();
  listeners.destroy();
});

function listen(): Promise<{ response: IncomingMessage; text: () => string }> {
  return new Promise((resolve, reject) => {
    const request = httpGet({ ...address, path: '/api/v1/notifications/live', agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', () => {});
      resolve({ response, text: () => text });
    });
    request.on('error', reject);
  });
}

const eventsOf = (text: string) =>
  text
    .split('\n\n')
    .filter(Boolean)
    .map((event) => JSON.parse(event.replace(/^data: /, '')));

describe('notifications', () => {
  test('are listed while they stand, and told of as they change', async () => {
    notifications.add('first');
    const { response, text } = await listen();
    assert.equal(response.headers['content-type'], 'text/event-stream');
    assert.equal(response.headers['cache-control'], 'no-cache');
    await eventually(async () => assert.equal(eventsOf(text()).length, 1));
    notifications.add('second');
    notifications.remove('first');
    notifications.remove('first');
    await eventually(async () =>
      assert.deepEqual(
        eventsOf(text()).map((n) => [n.text, n.active]),
        [
          ['first', true],
          ['second', true],
          ['first', false],
        ],
      ),
    );
    const list = (await (await fetch(`http://127.0.0.1:${address.port}/api/v1/notifications`)).json()) as {
      data: { text: string; date: string }[];
    };
    assert.deepEqual(
      list.data.map((n) => n.text),
      ['second'],
    );
    assert.ok(!Number.isNaN(Date.parse(list.data[0]!.date)));
    response.destroy();
  });

  test('are streamed to so many at a time; one that leaves makes room', async () => {
    const open = await Promise.all(Array.from({ length: 16 }, listen));
    await eventually(async () => assert.equal((await listen()).response.statusCode, 204));
    for (const { response } of open) response.destroy();
    await eventually(async () => {
      const { response } = await listen();
      assert.equal(response.statusCode, 200);
      response.destroy();
    });
  });
});
