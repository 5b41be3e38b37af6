/** Loki's ruler API on the running program: definitions, what becomes of them, and both over a restart. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { getJson, postBody, promInstant } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const TIMEOUT = { timeout: 120_000 };

interface RuleJson {
  readonly name: string;
  readonly type: string;
  readonly health: string;
  readonly lastError: string;
  readonly state?: string;
  readonly alerts?: readonly {
    readonly labels: object;
    readonly annotations: object;
    readonly state: string;
  }[];
}

interface GroupJson {
  readonly name: string;
  readonly file: string;
  readonly interval: number;
  readonly rules: readonly RuleJson[];
}

const GROUP = `name: errors
interval: 200ms
rules:
  - record: app:lines:count
    expr: sum by (app) (count_over_time({app=~".+"}[1m]))
    labels: {from: logs}
  - alert: Errors
    expr: sum by (app) (count_over_time({app=~".+"} |= "error" [6s])) > 0
    for: 1s
    labels: {severity: page, team: "{{ $labels.app | toUpper }}"}
    annotations: {summary: "{{ $value | humanize }} errors of {{ $labels.app }}"}
`;

const FILE = `groups:
  - name: filed
    interval: 200ms
    rules: [{record: one, expr: vector(1)}]
`;
const PROM_FILE = `groups:
  - name: p
    interval: 200ms
    rules: [{record: two, expr: 2 * vector(1)}, {alert: Always, expr: vector(3)}]
`;

let server: TestServer;
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-ruler-'));
const start = () =>
  startServer({ dataDir: path.join(dir, 'data'), args: ['--config', path.join(dir, 'config.yml')] });

before(async () => {
  fs.writeFileSync(path.join(dir, 'logs.yml'), FILE);
  fs.writeFileSync(path.join(dir, 'metrics.yml'), PROM_FILE);
  fs.writeFileSync(
    path.join(dir, 'config.yml'),
    'trilite:\n  rules:\n    - {language: logql, files: ["logs*.yml"]}\n    - {language: promql, files: [metrics.yml]}\n',
  );
  server = await start();
});

after(async () => {
  await server.stop('SIGKILL');
  fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
});

async function ask(method: string, target: string, body?: string) {
  const headers = { 'content-type': 'application/yaml' };
  const answer = await fetch(server.base + target, { method, headers, ...(body !== undefined && { body }) });
  const type = answer.headers.get('content-type') ?? '';
  return { status: answer.status, type: type.split(';')[0], text: await answer.text() };
}

const ACCEPTED = {
  status: 202,
  type: 'application/json',
  text: '{"status":"success","data":null,"errorType":"","error":""}',
};
const missing = (text: string) => ({ status: 404, type: 'text/plain', text });
const refused = (text: string) => ({ status: 400, type: 'text/plain', text });

async function groups(parameters = {}): Promise<readonly GroupJson[]> {
  const target = '/prometheus/api/v1/rules';
  return (await getJson<{ data: { groups: GroupJson[] } }>(server.base, target, parameters)).data.groups;
}

describe("Loki's ruler API", TIMEOUT, () => {
  for (const base of ['/loki/api/v1/rules', '/api/prom/rules']) {
    it(`keeps groups by namespace under ${base}`, async () => {
      const group = 'name: g\nrules:\n  - alert: A\n    expr: vector(1)\n    labels:\n      a: b\n';
      assert.deepEqual(await ask('GET', `${base}/ns`), missing('no rule groups found\n'));
      assert.deepEqual(await ask('GET', `${base}/ns/g`), missing('group does not exist\n'));
      assert.deepEqual(await ask('POST', `${base}/ns`, group), ACCEPTED);
      assert.deepEqual(await ask('POST', `${base}/ns`, group.replace('name: g', 'name: a/b c')), ACCEPTED);
      const one = await ask('GET', `${base}/ns/g`);
      assert.deepEqual(one, { status: 200, type: 'application/yaml', text: group });
      const listed = await ask('GET', `${base}/ns`);
      assert.match(listed.text, /^ns:\n {2}- name: g\n {4}rules:\n[\s\S]* {2}- name: a\/b c\n/);
      assert.equal((await ask('GET', `${base}/ns/a%2Fb%20c`)).status, 200);
      assert.match((await ask('GET', base)).text, /^ns:$/m);
      assert.match((await ask('GET', `${base}?labels=a:b`)).text, /^ns:$/m);
      assert.equal((await ask('GET', `${base}?labels=a:c`)).text, '{}\n');
      assert.deepEqual(await ask('DELETE', `${base}/ns/g`), ACCEPTED);
      assert.deepEqual(await ask('DELETE', `${base}/ns/g`), missing('group does not exist\n'));
      assert.deepEqual(await ask('DELETE', `${base}/ns`), ACCEPTED);
      assert.deepEqual(await ask('DELETE', `${base}/ns`), missing('group namespace does not exist\n'));
    });
  }

  it('refuses a group as a whole, with what is wrong', async () => {
    const target = '/loki/api/v1/rules/ns';
    assert.deepEqual(await ask('POST', target, 'x: ['), refused('unable to decoded rule group\n'));
    const bad = '{name: g, rules: [{record: r, expr: vector(1)}, {record: s, expr: "x"}]}';
    const message =
      "could not parse expression for record 's' in group 'g': parse error at line 1, col 1: syntax error: unexpected IDENTIFIER\n";
    assert.deepEqual(await ask('POST', target, bad), refused(message));
    assert.deepEqual(await ask('GET', target), missing('no rule groups found\n'));
    assert.equal((await ask('PUT', target)).status, 405);
  });

  it('shows files, and does not change them', async () => {
    const file = path.join(dir, 'logs.yml');
    const target = `/loki/api/v1/rules/${encodeURIComponent(file)}`;
    assert.match((await ask('GET', target)).text, /name: filed\n/);
    const text = `namespace ${JSON.stringify(file)} is a file of the configuration and cannot be changed\n`;
    assert.deepEqual(await ask('POST', target, 'name: x'), refused(text));
    assert.deepEqual(await ask('DELETE', `${target}/filed`), refused(text));
  });

  it('tells kinds, names and files apart, and goes page by page', async () => {
    const two = '{name: t, rules: [{record: r, expr: vector(1)}, {alert: A, expr: vector(1)}]}';
    await ask('POST', '/loki/api/v1/rules/filter', two);
    const shown = async (parameters: object) =>
      (await groups(parameters)).map((g) => `${path.basename(g.file)}: ${g.rules.map((r) => r.name)}`);
    assert.deepEqual(await shown({}), ['logs.yml: one', 'filter: r,A']);
    assert.deepEqual(await shown({ type: 'alert' }), ['filter: A']);
    assert.deepEqual(await shown({ type: 'record', 'rule_name[]': 'r' }), ['filter: r']);
    assert.deepEqual(await shown({ rule_group: 't' }), ['filter: r,A']);
    assert.deepEqual(await shown({ 'file[]': 'filter' }), ['filter: r,A']);
    const page = await getJson<{ data: { groups: GroupJson[]; groupNextToken: string } }>(
      server.base,
      '/prometheus/api/v1/rules',
      { group_limit: 1 },
    );
    assert.equal(page.data.groups.length, 1);
    const next = { group_limit: 1, group_next_token: page.data.groupNextToken };
    assert.deepEqual(await shown(next), ['filter: r,A']);
    const wrong = await ask('GET', '/prometheus/api/v1/rules?type=foo');
    assert.equal(
      wrong.text,
      '{"status":"error","data":null,"errorType":"bad_data","error":"not supported value \\"foo\\""}',
    );
    await ask('DELETE', '/loki/api/v1/rules/filter');
  });

  it('is not where rules of PromQL are', async () => {
    const body = await getJson<{ data: { groups: GroupJson[] } }>(server.base, '/api/v1/rules');
    assert.deepEqual(
      body.data.groups.map((g) => [g.name, g.rules.map((r) => r.name)]),
      [['p', ['two', 'Always']]],
    );
    await eventually(async () => {
      const [sample] = await promInstant(server.base, 'two + on() group_left ALERTS{alertname="Always"}');
      assert.equal(sample?.value?.[1], '3');
    });
  });
});

describe('rules on logs', TIMEOUT, () => {
  it('record series, and alert from pending to firing to resolved', async () => {
    assert.deepEqual(await ask('POST', '/loki/api/v1/rules/shop', GROUP), ACCEPTED);
    const ns = String(BigInt(Date.now()) * 1_000_000n);
    const values = [
      [ns, 'an error'],
      [ns, 'all is well'],
    ];
    const body = JSON.stringify({ streams: [{ stream: { app: 'cart' }, values }] });
    await postBody(`${server.base}/loki/api/v1/push`, { 'content-type': 'application/json' }, body);
    await eventually(async () => {
      const [sample] = await promInstant(server.base, 'app:lines:count');
      assert.deepEqual(sample?.metric, { __name__: 'app:lines:count', app: 'cart', from: 'logs' });
      assert.equal(sample.value![1], '2');
    });
    const labels = { alertname: 'Errors', app: 'cart', severity: 'page', team: 'CART' };
    await eventually(async () => {
      const [group] = await groups({ rule_group: 'errors', type: 'alert' });
      const [rule] = group!.rules;
      assert.equal(rule!.state, 'firing');
      const [alert] = rule!.alerts!;
      assert.deepEqual(alert!.labels, labels);
      assert.deepEqual(alert!.annotations, { summary: '1 errors of cart' });
      const all = await getJson<{ data: { alerts: object[] } }>(server.base, '/prometheus/api/v1/alerts');
      assert.equal(all.data.alerts.length, 1);
    });
    await eventually(async () => {
      const [group] = await groups({ rule_group: 'errors', type: 'alert' });
      assert.equal(group!.rules[0]!.state, 'inactive');
      assert.deepEqual(await promInstant(server.base, 'ALERTS{alertname="Errors"}'), []);
    }, 30_000);
    for (const alertstate of ['pending', 'firing']) {
      const query = `count_over_time(ALERTS{alertname="Errors", alertstate="${alertstate}"}[5m])`;
      const [sample] = await promInstant(server.base, query);
      assert.deepEqual(sample?.metric, { ...labels, alertstate });
    }
  });

  it('are told of in the metrics', async () => {
    const text = (await ask('GET', '/metrics')).text;
    assert.match(text, /^prometheus_rule_evaluations_total\{rule_group="shop;errors"\} [1-9]\d*$/m);
    assert.match(text, /^prometheus_rule_evaluation_failures_total\{rule_group="shop;errors"\} 0$/m);
    assert.match(text, /^trilite_receiver_accepted_samples_total\{receiver="rules"\} [1-9]\d*$/m);
  });

  it('go on after the process was killed', async () => {
    await server.stop('SIGKILL');
    server = await start();
    assert.match((await ask('GET', '/loki/api/v1/rules/shop')).text, /name: errors\n/);
    await eventually(async () => {
      const [group] = await groups({ rule_group: 'errors' });
      assert.deepEqual(
        group!.rules.map((r) => r.health),
        ['ok', 'ok'],
      );
    });
    assert.deepEqual(await ask('DELETE', '/loki/api/v1/rules/shop'), ACCEPTED);
    assert.deepEqual(await groups({ rule_group: 'errors' }), []);
    await eventually(async () => {
      assert.deepEqual(await promInstant(server.base, 'app:lines:count'), []);
    });
  });

  it('are refused at start where a file is wrong, with its place', async () => {
    const bad = path.join(dir, 'logs-bad.yml');
    fs.writeFileSync(bad, 'groups:\n  - name: x\n    rules:\n      - {record: r, expr: "sum("}\n');
    const starting = startServer({
      dataDir: path.join(dir, 'other'),
      args: ['--config', path.join(dir, 'config.yml')],
    });
    await assert.rejects(starting, (error: Error) => {
      assert.ok(error.message.startsWith('exited with 2: '), error.message);
      assert.ok(
        error.message.includes(
          `${bad}: 4:27: group "x", rule 1, "r": could not parse expression for record 'r'`,
        ),
        error.message,
      );
      return true;
    });
  });
});
