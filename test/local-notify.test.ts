/** Sending of alerts in the whole program: rules of LogQL, tenants, the end of the server; and taking in another configuration. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../src/base/clock.ts';
import { createLogger } from '../src/base/log.ts';
import { Telemetry } from '../src/base/telemetry.ts';
import { parseConfigFile } from '../src/config/file.ts';
import { LocalNotify } from '../src/local-notify.ts';
import { Labels } from '../src/model/labels.ts';
import type { Notice, ToldAlert } from '../src/rules/notify/notice.ts';
import { type Recorder, startRecorder } from './support/alert-recorder.ts';
import { getJson } from './support/http-api.ts';
import { eventually } from './support/poll.ts';
import { temporaryServer } from './support/temporary-server.ts';

let recorder: Recorder;
before(async () => {
  recorder = await startRecorder();
});
after(() => recorder.stop());

const alerting = (sender: string): string =>
  `alerting: {alertmanagers: [{path_prefix: ${sender}, static_configs: [{targets: ['${recorder.address}']}]}]}\n`;

const GROUP = `name: errors
interval: 200ms
rules:
  - alert: Errors
    expr: sum by (n) (count_over_time({app="x"} | logfmt [5m])) > 0
    annotations: {note: '{{ $labels.n }}'}
`;

describe('alerts of rules on logs', { timeout: 60_000 }, () => {
  it('are sent for their tenant, with a link to Explore; what waits is sent at the end', async () => {
    const config = `scrape_configs: []\ntrilite: {multi_tenancy: true, alerting: {batch_size: 1}}\n`;
    const { server, dispose } = await temporaryServer(config + alerting('logs'), [
      '--web.external-url=http://grafana/',
    ]);
    try {
      const headers = { 'X-Scope-OrgID': 'team-a', 'Content-Type': 'application/json' };
      const nowNs = BigInt(Date.now()) * 1_000_000n;
      const values = [1, 2, 3, 4, 5].map((n) => [String(nowNs - BigInt(n)), `n=${n}`]);
      const body = JSON.stringify({ streams: [{ stream: { app: 'x' }, values }] });
      await fetch(`${server.base}/loki/api/v1/push`, { method: 'POST', headers, body });
      // So long that most of the alerts wait when the server ends.
      recorder.delayMs = 100;
      const yaml = { 'X-Scope-OrgID': 'team-a', 'Content-Type': 'application/yaml' };
      const posted = await fetch(`${server.base}/loki/api/v1/rules/ns`, {
        ...{ method: 'POST', headers: yaml, body: GROUP },
      });
      assert.equal(posted.status, 202);
      const [first] = await eventually(async () => {
        assert.ok(recorder.from('logs').length > 0);
        return recorder.from('logs');
      });
      const own = (tenant: string) =>
        getJson<unknown[]>(server.base, '/api/v2/alerts', {}, { 'X-Scope-OrgID': tenant });
      assert.equal((await own('team-a')).length, 5, 'the built-in Alertmanager has them at once');
      assert.deepEqual(await own('team-b'), []);
      assert.equal(await server.stop(), 0);
      const received = recorder.from('logs');
      assert.deepEqual(received.map((r) => r.alerts[0]!.labels.n).sort(), ['1', '2', '3', '4', '5']);
      assert.ok(received.every((r) => r.alerts.length === 1 && r.headers.tenant === 'team-a'));
      assert.equal(first!.path, '/api/v2/alerts');
      const [alert] = first!.alerts;
      assert.deepEqual(alert!.annotations, { note: alert!.labels.n });
      assert.ok(alert!.generatorURL.startsWith('http://grafana/explore?left='), alert!.generatorURL);
    } finally {
      recorder.delayMs = 0;
      await dispose();
    }
  });
});

describe('another configuration', () => {
  const config = (text: string) => parseConfigFile('c.yml', text, {});

  const report = (n: string) => ({
    ...({ language: 'promql', tenant: undefined, query: 'up', firesAgainMs: 5 } as const),
    alerts: [{ labels: Labels.from({ n }), annotations: Labels.EMPTY.toBytes(), firedAtMs: 0, endsAtMs: 1 }],
  });
  const labelsFrom = (sender: string) =>
    recorder.from(sender).flatMap((request) => request.alerts.map((alert) => alert.labels));

  it('is in force once it is applied: from nobody to one, to another, to nobody', async () => {
    const parts = { telemetry: new Telemetry(), log: createLogger('error', () => {}), clock: systemClock };
    const notify = await LocalNotify.open({ ...parts, config: await config('scrape_configs: []\n') });
    notify.begin(() => 'http://own');
    assert.equal(notify.listens, false);
    await notify.send(report('nobody'));
    const apply = async (text: string) => (await notify.prepare(await config(text)))();
    const one = await notify.prepare(
      await config(`global: {external_labels: {zone: z}}\n${alerting('one')}`),
    );
    assert.equal(notify.listens, false, 'nothing has changed before');
    one();
    assert.equal(notify.listens, true);
    assert.deepEqual(notify.view().active, [`http://${recorder.address}/one/api/v2/alerts`]);
    await notify.send(report('1'));
    await eventually(async () => assert.deepEqual(labelsFrom('one'), [{ n: '1', zone: 'z' }]));
    await apply(alerting('two'));
    await notify.send(report('2'));
    await eventually(async () => assert.deepEqual(labelsFrom('two'), [{ n: '2' }]));
    await apply('scrape_configs: []\n');
    assert.equal(notify.listens, false);
    assert.deepEqual(notify.view().active, []);
    await apply(alerting('one'));
    await notify.send(report('3'));
    await notify.end();
    assert.equal(labelsFrom('one').length, 2);
  });

  it('is in force for the Alertmanager in this process too, with others and without', async () => {
    const told: object[] = [];
    const own = async (notices: readonly Notice[]) => {
      for (const notice of notices) told.push(notice.told());
    };
    const parts = {
      telemetry: new Telemetry(),
      log: createLogger('error', () => {}),
      clock: systemClock,
      own,
    };
    const first = await config('global: {external_labels: {zone: first}}\n');
    const notify = await LocalNotify.open({ ...parts, config: first });
    notify.begin(() => 'http://own');
    const apply = async (text: string) => (await notify.prepare(await config(text)))();
    const labels = () => told.map((alert) => (alert as ToldAlert).labels.toObject());
    assert.equal(notify.listens, true);
    await Promise.all([notify.send(report('1')), notify.send(report('2'))]);
    assert.deepEqual(labels(), [
      { n: '1', zone: 'first' },
      { n: '2', zone: 'first' },
    ]);
    const { labels: _, annotations, ...alert } = told[0] as ToldAlert;
    assert.equal(annotations.size, 0);
    const generatorUrl = 'http://own/graph?g0.expr=up&g0.tab=1';
    assert.deepEqual(alert, { startsAtMs: 0, endsAtMs: 1, generatorUrl, firesAgainMs: 5 });
    await apply('global: {external_labels: {zone: second}}\n');
    await notify.send(report('3'));
    await apply(alerting('beside'));
    await notify.send(report('4'));
    await eventually(async () => assert.deepEqual(labelsFrom('beside'), [{ n: '4' }]));
    await apply('scrape_configs: []\n');
    await notify.send(report('5'));
    assert.deepEqual(labels().slice(2), [{ n: '3', zone: 'second' }, { n: '4' }, { n: '5' }]);
    assert.deepEqual(notify.view(), { active: [], dropped: [] });
    await notify.end();
    assert.equal(labelsFrom('beside').length, 1);
  });
});
