/**
 * From a metric to a page: Trilite scrapes a node exporter, a rule fires, a real Alertmanager has the alert and tells a webhook;
 * also over a restart of the Alertmanager, and after `kill -9` of Trilite.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { compress } from 'snappyjs';
import { encode, WriteRequest } from '../../ingest/decode/remote-write-proto.ts';
import { getJson, postBody, promInstant } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { skipUnless } from '../../support/program.ts';
import { REMOTE_WRITE_HEADERS } from '../../support/remote-write.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import {
  ALERTMANAGER,
  type Alertmanager,
  type KnownAlert,
  NODE_EXPORTER,
  type NodeExporter,
  PEERS_MISSING,
  startAlertmanager,
  startNodeExporter,
  startWebhook,
  type Webhook,
} from './run-alertmanager.ts';

const RULES = `
groups:
  - name: node
    interval: 1s
    rules:
      - alert: Pressure
        expr: test_pressure > 5
        for: 1s
        labels: { severity: page }
        annotations: { summary: "{{ $labels.instance }} at {{ $value }}" }
      - alert: Long
        expr: test_pressure >= 0
        for: 10m
        labels: { severity: info }
`;

/** Long enough that a slow machine does not take a firing alert for over: four delays. */
const RESEND_DELAY = '2s';
const EXTERNAL_URL = 'http://trilite.example/sub';

describe('alerts of Trilite in an Alertmanager', {
  skip: skipUnless(ALERTMANAGER !== undefined && NODE_EXPORTER !== undefined, PEERS_MISSING),
  timeout: 120_000,
}, () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-alertmanager-'));
  let webhook: Webhook;
  let alertmanager: Alertmanager;
  let exporter: NodeExporter;
  let server: TestServer;

  const start = async (): Promise<TestServer> =>
    startServer({
      dataDir: path.join(dir, 'data'),
      args: [
        ...['--config', path.join(dir, 'config.yml'), '--rules.alert.resend-delay', RESEND_DELAY],
        ...['--web.external-url', EXTERNAL_URL],
      ],
    });

  before(async () => {
    webhook = await startWebhook();
    alertmanager = await startAlertmanager(dir, webhook.url);
    exporter = await startNodeExporter(dir);
    exporter.expose('test_pressure 1\n');
    fs.writeFileSync(path.join(dir, 'rules.yml'), RULES);
    const config = {
      global: { scrape_interval: '1s', external_labels: { zone: 'z1', job: 'not this' } },
      scrape_configs: [{ job_name: 'node', static_configs: [{ targets: [exporter.address] }] }],
      alerting: {
        alert_relabel_configs: [{ regex: 'severity', replacement: 'level', action: 'labelmap' }],
        alertmanagers: [{ static_configs: [{ targets: [alertmanager.address] }] }],
      },
      rule_files: ['rules.yml'],
    };
    fs.writeFileSync(path.join(dir, 'config.yml'), JSON.stringify(config));
    server = await start();
  });

  after(async () => {
    await server?.stop('SIGKILL');
    await exporter?.stop();
    await alertmanager?.stop();
    webhook?.stop();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  /** The Alertmanager's active alert of the name. */
  const active = async (name: string): Promise<KnownAlert> => {
    const found = (await alertmanager.alerts()).find((alert) => alert.labels.alertname === name);
    assert.ok(found, `no ${name}; ${server.stderr()}`);
    return found;
  };

  test('the Alertmanager is shown', async () => {
    const { data } = await getJson<{ data: unknown }>(server.base, '/api/v1/alertmanagers');
    assert.deepEqual(data, {
      activeAlertmanagers: [{ url: `http://${alertmanager.address}/api/v2/alerts` }],
      droppedAlertmanagers: [],
    });
  });

  test('an alert arrives as it fires, whole, and the webhook is told', async () => {
    exporter.expose('test_pressure 9\n');
    const alert = await eventually(() => active('Pressure'));
    assert.deepEqual(alert.labels, {
      alertname: 'Pressure',
      instance: exporter.address,
      job: 'node',
      level: 'page',
      severity: 'page',
      zone: 'z1',
    });
    assert.deepEqual(alert.annotations, { summary: `${exporter.address} at 9` });
    const url = new URL(alert.generatorURL);
    assert.equal(url.origin + url.pathname, `${EXTERNAL_URL}/graph`);
    assert.equal(url.searchParams.get('g0.expr'), 'test_pressure > 5');
    assert.ok(Date.parse(alert.endsAt) > Date.now());
    await eventually(async () => assert.deepEqual(webhook.told, ['firing Pressure']));
  });

  test('it goes on there while it fires', async () => {
    const before = await active('Pressure');
    await eventually(async () => {
      const now = await active('Pressure');
      assert.ok(Date.parse(now.endsAt) > Date.parse(before.endsAt));
      assert.equal(now.startsAt, before.startsAt);
    });
  });

  test('an Alertmanager that was away has it again', async () => {
    await alertmanager.stop();
    await eventually(async () => assert.match(server.stderr(), /alerts cannot be sent.*connection refused/));
    await alertmanager.start();
    await eventually(() => active('Pressure'));
    await eventually(async () => assert.match(server.stderr(), /alerts are sent again/));
  });

  test('it is resolved there when its condition ends', async () => {
    exporter.expose('test_pressure 1\n');
    await eventually(async () => assert.deepEqual(await alertmanager.alerts(), []));
    await eventually(async () => assert.equal(webhook.told.at(-1), 'resolved Pressure'));
  });

  test('after kill -9 alerts come back, those with a long `for` by what is stored of them', async () => {
    const toldBefore = webhook.told.length;
    // What a rule that had been firing for long left behind; the one that runs has another beginning, which it wrote before.
    const [sample] = await promInstant(server.base, 'ALERTS_FOR_STATE{alertname="Long"}');
    assert.ok(sample);
    await server.stop('SIGKILL');
    server = await startWithoutRules();
    const now = Date.now();
    const labels = Object.entries(sample.metric).map(([name, value]) => ({ name, value }));
    const samples = [{ timestamp: now, value: now / 1000 - 3600 }];
    const body = compress(encode(WriteRequest, { timeseries: [{ labels, samples }] }));
    await postBody(`${server.base}/api/v1/write`, REMOTE_WRITE_HEADERS, Buffer.from(body));
    await server.stop('SIGKILL');
    exporter.expose('test_pressure 9\n');
    server = await start();
    await eventually(() => active('Long'));
    const long = await active('Long');
    assert.ok(Date.now() - Date.parse(long.startsAt) < 60_000, 'it fires anew');
    await eventually(() => active('Pressure'));
    await eventually(async () =>
      assert.deepEqual(webhook.told.slice(toldBefore).sort(), ['firing Long', 'firing Pressure']),
    );
  });

  async function startWithoutRules(): Promise<TestServer> {
    const file = path.join(dir, 'quiet.yml');
    fs.writeFileSync(file, 'scrape_configs: []\n');
    return startServer({ dataDir: path.join(dir, 'data'), args: ['--config', file] });
  }
});
