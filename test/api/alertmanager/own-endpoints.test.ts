/** The way of an alert through the routes, and what became of notifications, from a configuration file to the answer. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startServer, type TestServer } from '../../support/server.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into, not used
type Json = any;

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-own-alerts-'));
const heard: { receiver: string; status: string; groupKey: string }[] = [];
let hook: Server;
let server: TestServer;
let file: string;

before(async () => {
  hook = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    if (request.url === '/refuses') response.statusCode = 400;
    else heard.push(body);
    response.end();
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;
  file = path.join(dir, 'alertmanager.yml');
  fs.writeFileSync(
    file,
    `
route:
  receiver: team
  group_by: [alertname]
  group_wait: 0s
  routes:
  - {matchers: [severity="page"], receiver: broken, group_wait: 1ms}
  - {matchers: [team=~"a|b"], receiver: team, continue: true}
  - {matchers: [team="a"], receiver: idle, active_time_intervals: [never], routes: [{matchers: [x="1"]}]}
inhibit_rules: [{source_matchers: [severity="page"], target_matchers: [severity="warning"], equal: [cluster]}]
time_intervals: [{name: never, time_intervals: [{years: ['1999']}]}]
receivers:
- {name: team, webhook_configs: [{url: '${url}/team'}]}
- {name: broken, webhook_configs: [{url: '${url}/refuses'}]}
- {name: idle}
`,
  );
  const dataDir = path.join(dir, 'data');
  server = await startServer({ dataDir, args: ['--alertmanager.config', file, '--web.enable-lifecycle'] });
});

after(async () => {
  await server?.stop();
  hook?.close();
  fs.rmSync(dir, { recursive: true, force: true });
});

async function get(where: string): Promise<{ readonly status: number; readonly body: Json }> {
  const response = await fetch(server.base + where);
  return { status: response.status, body: await response.json() };
}

async function post(labels: Record<string, string>): Promise<void> {
  const response = await fetch(`${server.base}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ labels }]),
  });
  assert.equal(response.status, 200);
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < 200; i++) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('it did not come');
}

const ROUTE = '/api/v1/trilite/alertmanager/route';

describe('the way of an alert', () => {
  it('has a verdict for every route', async () => {
    const { body } = await get(`${ROUTE}?label=team%3Da&label=alertname%3DX`);
    const verdicts = (step: Json): Json => [step.verdict, ...step.routes.map(verdicts)];
    assert.deepEqual(verdicts(body.tree), ['through', ['unmatched'], ['taken'], ['taken', ['unmatched']]]);
    assert.deepEqual(body.tree.routes[0].failing, ['severity="page"']);
    assert.deepEqual(
      body.taken.map((t: Json) => [t.receiver, t.groupKey, t.integrations, t.mutedBy]),
      [
        ['team', '{}/{team=~"a|b"}:{alertname="X"}', ['webhook[0]'], null],
        ['idle', '{}/{team="a"}:{alertname="X"}', [], { kind: 'active_time_interval', intervals: ['never'] }],
      ],
    );
    const page = (await get(`${ROUTE}?label=severity%3Dpage&label=team%3Da`)).body;
    assert.deepEqual(
      page.tree.routes.map((r: Json) => [r.verdict, r.by]),
      [
        ['taken', undefined],
        ['shadowed', '{}/{severity="page"}/0'],
        ['shadowed', '{}/{severity="page"}/0'],
      ],
    );
    assert.equal(page.tree.routes[2].routes[0].verdict, 'unreached');
    assert.equal(page.taken[0].groupWait, '1ms');
  });

  it('is refused where a label is none', async () => {
    const { status, body } = await get(`${ROUTE}?label=team`);
    assert.deepEqual([status, body], [400, 'label: expected name=value, got "team"']);
  });
});

describe('notifications', () => {
  it('are listed with what became of them, and what keeps alerts silent', async () => {
    await post({ alertname: 'P', severity: 'page', cluster: '1' });
    const failed = await until(async () => {
      const { body } = await get('/api/v1/trilite/notifications');
      return body.notifications.find((n: Json) => n.outcome === 'failed');
    });
    assert.equal(failed.receiver, 'broken');
    assert.match(failed.error, /400/);
    await post({ alertname: 'W', severity: 'warning', cluster: '1' });
    await post({ alertname: 'X', cluster: '1' });
    await until(async () => heard.find(({ groupKey }) => groupKey === '{}:{alertname="X"}'));
    const { body } = await get('/api/v1/trilite/notifications');
    assert.deepEqual([body.notifies, body.why], [true, '']);
    const states = body.receivers.map((r: Json) => [r.name, ...r.integrations.map((i: Json) => i.state)]);
    assert.deepEqual(states, [['team', 'ok'], ['broken', 'failed'], ['idle']]);
    assert.deepEqual(
      body.muted.map((m: Json) => [m.by, m.groupKey, m.names]),
      [['inhibition', '{}:{alertname="W"}', [failed.alerts[0].fingerprint]]],
    );
    const alerts = (await get('/api/v2/alerts?inhibited=true')).body;
    const inhibited = alerts.find((a: Json) => a.labels.alertname === 'W');
    assert.deepEqual(inhibited.status.inhibitedBy, [failed.alerts[0].fingerprint]);
    assert.equal(inhibited.status.state, 'suppressed');
    assert.equal((await get('/api/v2/alerts?inhibited=false')).body.length, alerts.length - 1);
    const way = (await get(`${ROUTE}?label=severity%3Dwarning&label=cluster%3D1`)).body;
    assert.deepEqual(way.inhibitedBy, [{ rule: '', index: 0, fingerprint: failed.alerts[0].fingerprint }]);
  });

  it('are counted under the original’s names', async () => {
    const text = await (await fetch(`${server.base}/metrics`)).text();
    const failed =
      /^alertmanager_notifications_failed_total\{integration="webhook",reason="clientError"\} 1$/m;
    assert.match(text, failed);
    assert.match(text, /^alertmanager_inhibition_rules 1$/m);
    assert.match(text, /^alertmanager_dispatcher_aggregation_groups 3$/m);
  });
});

describe('the configuration', () => {
  it('is shown without its secrets', async () => {
    const { original } = (await get('/api/v2/status')).body.config;
    assert.match(original, /url: http:\/\/127\.0\.0\.1:\d+\/<secret>/);
    assert.ok(!original.includes('/refuses'));
  });

  it('is read again, and a wrong one leaves the old one in force', async () => {
    const reload = async () => {
      const response = await fetch(`${server.base}/-/reload`, { method: 'POST' });
      return [response.status, await response.text()] as const;
    };
    const good = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(file, good.replace('receiver: team\n', 'receiver: nobody\n'));
    const [status, said] = await reload();
    assert.equal(status, 500);
    assert.match(said, /alertmanager\.yml:3:3: route: undefined receiver "nobody" used in route/);
    assert.equal((await get(ROUTE)).body.tree.receiver, 'team');
    fs.writeFileSync(file, good.replace('group_by: [alertname]', "group_by: ['...']"));
    assert.equal((await reload())[0], 200);
    const { tree, taken } = (await get(`${ROUTE}?label=a%3D1&label=b%3D2`)).body;
    assert.deepEqual([tree.groupBy, taken[0].groupKey], [['...'], '{}:{a="1", b="2"}']);
    assert.equal((await get('/api/v2/alerts')).body.length, 3, 'alerts are there still');
  });
});
