/** Live tail, the lists of rules and the editing of Loki's, as Grafana's pages do it: through its raw proxy. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { postBody } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { openTail } from '../../support/tail-client.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { tailFrame } from './loki-shapes.ts';
import { alertsAnswer, rulesAnswer } from './prometheus-shapes.ts';
import { type RawProxy, startRawProxy } from './raw-proxy.ts';
import { assertShape } from './shape.ts';

const METRIC_RULES = `
groups:
  - name: of metrics
    interval: 1s
    rules:
      - record: one
        expr: vector(1)
      - alert: Always
        expr: vector(1) > 0
        labels: { severity: page }
        annotations: { summary: "it is {{ $value }}" }
      - alert: Never
        expr: vector(1) > 2
        for: 5m
`;
const LOG_GROUP = `
name: errors of all
interval: 1m
rules:
  - alert: ManyErrors
    expr: sum(count_over_time({app="shop"} |= "error" [5m])) > 10
    for: 10m
    labels: { severity: page }
  - record: errors:count
    expr: sum(count_over_time({app="shop"} |= "error" [5m]))
`;

describe('through Grafana’s raw proxy', () => {
  let folder: string;
  let own: TemporaryServer;
  let proxy: RawProxy;
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'trilite-raw-proxy-'));
    writeFileSync(path.join(folder, 'rules.yml'), METRIC_RULES);
    own = await temporaryServer(`rule_files: [${folder}/rules.yml]\n`);
    proxy = await startRawProxy(own.server.base);
  });
  after(async () => {
    await proxy?.close();
    await own?.dispose();
    rmSync(folder, { recursive: true });
  });

  const ask = async (urlPath: string, init: RequestInit = {}) => {
    const answer = await fetch(proxy.base + urlPath, init);
    return {
      status: answer.status,
      type: answer.headers.get('content-type') ?? '',
      text: await answer.text(),
    };
  };

  const push = (line: string) =>
    postBody(
      `${own.server.base}/loki/api/v1/push`,
      { 'content-type': 'application/json' },
      JSON.stringify({ streams: [{ stream: { app: 'shop' }, values: [[`${Date.now()}000000`, line]] }] }),
    );

  test('live tail: lines as they come, and again after the connection was lost', async () => {
    for (const word of ['first', 'second']) {
      // Nothing but the query is asked for.
      const tail = await openTail(proxy.base, { query: '{app="shop"} |= "buy"' });
      await push(`${word}: buy`);
      await push(`${word}: sell`);
      await eventually(async () => assert.ok(tail.lines().includes(`${word}: buy`)));
      assert.ok(!tail.lines().some((line) => line.includes('sell')));
      for (const text of tail.texts) assertShape(text, tailFrame);
      proxy.cut();
      // Upon this code the page connects again, five seconds later.
      assert.equal((await tail.closed).code, 1006);
    }
  });

  test('the rules of metrics, all and by parameters, and alerts', async () => {
    await eventually(async () => {
      const { type, text } = await ask('/api/v1/rules');
      assert.match(type, /json/);
      assertShape(text, rulesAnswer);
      const { groups } = (JSON.parse(text) as { data: { groups: { rules: { alerts?: object[] }[] }[] } })
        .data;
      assert.equal(groups[0]!.rules[1]!.alerts?.length, 1, 'it fires');
    });
    const chosen = await ask(
      '/api/v1/rules?type=alert&rule_name[]=Never&rule_group[]=of%20metrics&exclude_alerts=true',
    );
    assertShape(chosen.text, rulesAnswer);
    assert.deepEqual(chosen.text.match(/"name":"[^"]*"/g), ['"name":"of metrics"', '"name":"Never"']);
    const page = await ask('/api/v1/rules?group_limit=1&group_next_token=');
    assertShape(page.text, rulesAnswer);
    const alerts = await ask('/api/v1/alerts');
    assertShape(alerts.text, alertsAnswer);
    assert.match(alerts.text, /"alertname":"Always"/);
    // What would make Grafana look for a ruler here is not there.
    assert.doesNotMatch((await ask('/api/v1/status/buildinfo')).text, /features/);
  });

  test('editing the rules of logs', async () => {
    const yaml = { 'content-type': 'application/yaml' };
    const probe = await ask('/api/prom/rules/test/test');
    assert.deepEqual([probe.status, probe.text.trim()], [404, 'group does not exist'], 'they can be edited');
    // Namespaces and groups with blanks and slashes come as the browser writes them.
    for (const namespace of ['shop', 'a b/c']) {
      const of = `/api/prom/rules/${encodeURIComponent(namespace)}`;
      const posted = await ask(of, { method: 'POST', headers: yaml, body: LOG_GROUP });
      assert.equal(posted.status, 202, posted.text);
      const all = await ask('/api/prom/rules');
      assert.match(all.type, /application\/yaml/);
      assert.deepEqual(Object.keys(parse(all.text) as object), [namespace]);
      const group = await ask(`${of}/${encodeURIComponent('errors of all')}`);
      const { name, rules } = parse(group.text) as { name: string; rules: { alert?: string }[] };
      assert.deepEqual([name, rules[0]!.alert, rules.length], ['errors of all', 'ManyErrors', 2]);
      const list = await ask('/prometheus/api/v1/rules');
      assert.match(list.type, /json/);
      assertShape(list.text, rulesAnswer);
      assert.match(list.text, /"name":"ManyErrors"/);
      assertShape((await ask('/prometheus/api/v1/alerts')).text, alertsAnswer);
      const removed = await ask(`${of}/${encodeURIComponent('errors of all')}`, { method: 'DELETE' });
      assert.equal(removed.status, 202);
      assert.equal((await ask(of)).status, 404);
    }
    await ask('/api/prom/rules/shop', { method: 'POST', headers: yaml, body: LOG_GROUP });
    assert.equal((await ask('/api/prom/rules/shop', { method: 'DELETE' })).status, 202);
    const wrong = LOG_GROUP.replaceAll('count_over_time', 'nothing');
    const refused = await ask('/api/prom/rules/shop', { method: 'POST', headers: yaml, body: wrong });
    assert.equal(refused.status, 400);
    assert.match(refused.text, /parse error/);
  });
});
