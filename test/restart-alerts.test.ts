/**
 * Alerts of a PrometheusRule over a restart, with the built-in Alertmanager: the cluster answers some time after the start, and rules
 * whose `for` is short begin anew. Nobody is told that an alert is over which has never been.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, it } from 'node:test';
import { type Sink, startTrilite } from '../src/index.ts';
import { FakeApiServer } from './kube/fake-api-server.ts';
import { getJson } from './support/http-api.ts';
import { eventually } from './support/poll.ts';
import { type RequestRecorder, startRecorder } from './support/request-recorder.ts';

const START = '2026-01-01T00:00:00Z';
/** When the next process starts. */
const RESTART = '2026-01-01T00:31:00Z';

let api: FakeApiServer;
let hook: RequestRecorder;
let dir: string;

const rule = (alert: string, forText: string) => ({ alert, expr: 'vector(1)', for: forText });
const config = () => ({
  trilite: {
    kubernetes: { api_server: api.url, operator: {} },
    alertmanager: {
      route: { receiver: 'hook', group_by: ['alertname'], group_wait: '10s', group_interval: '10s' },
      receivers: [{ name: 'hook', webhook_configs: [{ url: hook.base }] }],
    },
  },
});

before(async () => {
  api = await FakeApiServer.start();
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-restart-'));
  hook = await startRecorder();
});
after(async () => {
  await api.stop();
  await hook.stop();
  fs.rmSync(dir, { recursive: true, force: true });
});

/** `NAME STATUS` of everything that the receiver was told, by name. */
const told = (): string[] =>
  hook.requests
    .flatMap(({ body }) => JSON.parse(body).alerts as { status: string; labels: { alertname: string } }[])
    .map(({ status, labels }) => `${labels.alertname} ${status}`)
    .sort();

interface Groups {
  readonly data: {
    readonly groups: readonly {
      rules: { name: string; state: string; alerts: { activeAt: string }[] }[];
    }[];
  };
}

async function states(sink: Sink): Promise<Record<string, string>> {
  const { data } = await getJson<Groups>(sink.endpoints.prometheus, '/api/v1/rules');
  return Object.fromEntries(data.groups.flatMap(({ rules }) => rules.map((r) => [r.name, r.state])));
}

/** The cluster answers in the machine's time, what follows comes as the clock goes on. */
const hasRules = (sink: Sink) =>
  eventually(async () => {
    await sink.clock.advance('1s');
    assert.equal(Object.keys(await states(sink)).length, 2);
  });

it('goes on, and nobody is told otherwise', { timeout: 60_000 }, async () => {
  const rules = [rule('Long', '15m'), rule('Short', '5m')];
  const spec = { groups: [{ name: 'g', interval: '30s', rules }] };
  const made = { kind: 'PrometheusRule', metadata: { name: 'alerts', namespace: 'shop' }, spec };
  api.put(made);
  {
    await using sink = await startTrilite({ config: config(), dataDir: dir, clock: { at: START } });
    await hasRules(sink);
    await sink.clock.advance('20m');
    assert.deepEqual(await states(sink), { Long: 'firing', Short: 'firing' });
    await eventually(async () => assert.deepEqual(told(), ['Long firing', 'Short firing']));
  }
  await api.goAway();
  await using sink = await startTrilite({ config: config(), dataDir: dir, clock: { at: RESTART } });
  await sink.clock.advance('20s');
  assert.deepEqual(await states(sink), {});
  await api.comeBack();
  await hasRules(sink);
  await sink.clock.advance('2m');
  assert.deepEqual(await states(sink), { Long: 'firing', Short: 'pending' });
  await sink.clock.advance('10m');
  assert.deepEqual(await states(sink), { Long: 'firing', Short: 'firing' });
  assert.deepEqual(told(), ['Long firing', 'Short firing']);
  api.remove({ kind: 'PrometheusRule', namespace: 'shop', name: 'alerts' });
});
