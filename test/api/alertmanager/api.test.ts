/** Alertmanager's API on the running program: what it answers, what survives a kill, alerts of own rules, tenants. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { getJson } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { temporaryServer } from '../../support/temporary-server.ts';

const TIMEOUT = { timeout: 120_000 };
const END = '2099-01-01T00:00:00.000Z';
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

interface AlertJson {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly updatedAt: string;
  readonly generatorURL?: string;
  readonly fingerprint: string;
  readonly receivers: readonly { readonly name: string }[];
  readonly status: { readonly state: string; readonly silencedBy: readonly string[] };
}

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

async function ask(
  base: string,
  method: string,
  route: string,
  body?: unknown,
  headers = {},
): Promise<Answer> {
  const answer = await fetch(`${base}/api/v2/${route}`, {
    method,
    headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}

const silenceOf = (alertname: string, more: object = {}) => ({
  matchers: [{ name: 'alertname', value: alertname, isRegex: false }],
  startsAt: '2020-01-01T00:00:00Z',
  endsAt: END,
  createdBy: 'me',
  comment: 'why',
  ...more,
});

const namesOf = async (base: string, query = '', headers = {}): Promise<string[]> =>
  (await getJson<AlertJson[]>(base, `/api/v2/alerts${query}`, {}, headers))
    .map((a) => a.labels.alertname!)
    .sort();

describe('Alertmanager’s API', TIMEOUT, () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-am-api-'));
  let server: TestServer;
  const call = (method: string, route: string, body?: unknown, headers = {}) =>
    ask(server.base, method, route, body, headers);
  const start = () => startServer({ dataDir: dir });
  before(async () => {
    server = await start();
  });
  after(async () => {
    await server?.stop('SIGKILL');
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  it('tells what it is, in the form that Grafana reads', async () => {
    const status = await getJson<{
      cluster: unknown;
      config: { original: string };
      uptime: string;
      versionInfo: Record<string, string>;
    }>(server.base, '/api/v2/status');
    assert.deepEqual(status.cluster, { peers: [], status: 'disabled' });
    assert.match(status.uptime, ISO);
    const keys = ['branch', 'buildDate', 'buildUser', 'goVersion', 'revision', 'version'];
    assert.deepEqual(Object.keys(status.versionInfo).sort(), keys);
    assert.match(status.config.original, /^route:\n {2}receiver: shown-only\n/m);
    assert.match(status.config.original, /^receivers:\n- name: shown-only\n/m);
    const receivers = await getJson(server.base, '/api/v2/receivers');
    assert.deepEqual(receivers, [{ labels: { name: 'shown-only' }, name: 'shown-only' }]);
    assert.equal((await fetch(`${server.base}/alertmanager/api/v2/status`)).status, 404);
    for (const probe of ['/-/healthy', '/-/ready'])
      assert.equal((await fetch(server.base + probe)).status, 200);
  });

  it('takes alerts and shows them', async () => {
    const posted = await call('POST', 'alerts', [
      {
        labels: { alertname: 'Disk', instance: 'a', empty: '' },
        annotations: { summary: 'full', empty: '' },
        startsAt: '2026-01-01T00:00:00.5Z',
        endsAt: END,
        generatorURL: 'http://x/graph?g0.expr=up',
      },
      { labels: { alertname: 'Net' } },
    ]);
    assert.deepEqual(posted, { status: 200, type: null, text: '' });
    const answer = await fetch(`${server.base}/api/v2/alerts`);
    assert.equal(answer.headers.get('content-type'), 'application/json');
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    const alerts = (await answer.json()) as AlertJson[];
    assert.deepEqual(
      alerts.map((a) => a.fingerprint),
      alerts.map((a) => a.fingerprint).sort(),
    );
    const disk = alerts.find((a) => a.labels.alertname === 'Disk')!;
    const { updatedAt, fingerprint, ...rest } = disk;
    assert.match(updatedAt, ISO);
    assert.match(fingerprint, /^[0-9a-f]{16}$/);
    assert.deepEqual(rest, {
      annotations: { empty: '', summary: 'full' },
      endsAt: END,
      receivers: [{ name: 'shown-only' }],
      startsAt: '2026-01-01T00:00:00.500Z',
      status: { inhibitedBy: [], mutedBy: [], silencedBy: [], state: 'active' },
      generatorURL: 'http://x/graph?g0.expr=up',
      labels: { alertname: 'Disk', instance: 'a' },
    });
    const net = alerts.find((a) => a.labels.alertname === 'Net')!;
    assert.equal(Date.parse(net.endsAt) - Date.parse(net.startsAt), 5 * 60_000);
    const groups = await getJson<{ alerts: AlertJson[]; labels: object; receiver: object }[]>(
      server.base,
      '/api/v2/alerts/groups',
    );
    assert.equal(groups.length, 1);
    assert.deepEqual([groups[0]!.labels, groups[0]!.receiver], [{}, { name: 'shown-only' }]);
    assert.equal(groups[0]!.alerts.length, 2);
  });

  it('keeps names that objects have something under', async () => {
    await call('POST', 'alerts', '[{"labels":{"alertname":"Own","__proto__":"own","constructor":"x"}}]');
    const { text } = await call('GET', 'alerts?filter=alertname="Own"');
    assert.ok(text.includes('"labels":{"__proto__":"own","alertname":"Own","constructor":"x"}'), text);
    await call('POST', 'alerts', [
      { labels: JSON.parse('{"alertname":"Own","__proto__":"own","constructor":"x"}'), endsAt: new Date() },
    ]);
  });

  it('finds alerts by what is asked', async () => {
    const find = (query: string) => namesOf(server.base, `?${query}`);
    assert.deepEqual(await find('filter=alertname%3D~"D.*"'), ['Disk']);
    assert.deepEqual(await find('filter=instance!="a"&filter=alertname="Net"'), ['Net']);
    assert.deepEqual(await find('filter=instance%3D""'), ['Net']);
    assert.deepEqual(await find('receiver=shown.*'), ['Disk', 'Net']);
    assert.deepEqual(await find('receiver=shown'), []);
    assert.deepEqual(await find('receiver_matchers=name="shown-only"'), ['Disk', 'Net']);
    assert.deepEqual(await find('receiver_matchers=name="x"'), []);
    assert.deepEqual(await find('active=false'), []);
    assert.deepEqual(await find('unprocessed=false&inhibited=false&silenced=false'), ['Disk', 'Net']);
    const none = await getJson(server.base, '/api/v2/alerts/groups?receiver=x');
    assert.deepEqual(none, []);
  });

  it('silences them until the silence ends', async () => {
    const { status, text } = await call('POST', 'silences', silenceOf('Disk', { annotations: { k: 'v' } }));
    assert.equal(status, 200, text);
    const { silenceID } = JSON.parse(text);
    const silence = await getJson<Record<string, unknown>>(server.base, `/api/v2/silence/${silenceID}`);
    const { updatedAt, startsAt, ...rest } = silence;
    assert.equal(startsAt, updatedAt, 'not in the past');
    assert.deepEqual(rest, {
      id: silenceID,
      status: { state: 'active' },
      annotations: { k: 'v' },
      comment: 'why',
      createdBy: 'me',
      endsAt: END,
      matchers: [{ isEqual: true, isRegex: false, name: 'alertname', value: 'Disk' }],
    });
    const [alert] = await getJson<AlertJson[]>(server.base, '/api/v2/alerts?active=false');
    assert.deepEqual([alert!.status.state, alert!.status.silencedBy], ['suppressed', [silenceID]]);
    assert.deepEqual(await namesOf(server.base, '?silenced=false'), ['Net']);
    const metrics = await (await fetch(`${server.base}/metrics`)).text();
    assert.match(metrics, /^alertmanager_alerts\{state="suppressed"\} 1$/m);
    assert.match(metrics, /^alertmanager_alerts\{state="active"\} 1$/m);
    assert.match(metrics, /^alertmanager_silences\{state="active"\} 1$/m);
    assert.deepEqual(await call('DELETE', `silence/${silenceID}`), { status: 200, type: null, text: '' });
    await eventually(async () =>
      assert.deepEqual(await namesOf(server.base, '?silenced=false'), ['Disk', 'Net']),
    );
    const all = await getJson<{ status: object }[]>(server.base, '/api/v2/silences');
    assert.deepEqual(
      all.map((s) => s.status),
      [{ state: 'expired' }],
    );
    assert.deepEqual(await getJson(server.base, '/api/v2/silences?expired=false'), []);
  });

  it('lists silences in the order in which they matter', async () => {
    const make = async (comment: string, startsAt: string, endsAt: string) => {
      const { text } = await call('POST', 'silences', silenceOf('X', { comment, startsAt, endsAt }));
      return JSON.parse(text).silenceID as string;
    };
    await make('active 2', '2020-01-01', '2098-01-01');
    await make('active 1', '2020-01-01', '2097-01-01');
    await make('pending 2', '2091-01-01', '2098-01-01');
    await make('pending 1', '2090-01-01', '2098-01-01');
    for (const comment of ['expired 2', 'expired 1']) {
      const id = await make(comment, '2020-01-01', '2098-01-01');
      await call('DELETE', `silence/${id}`);
      await eventually(async () => {
        const { status } = await getJson<{ status: { state: string } }>(server.base, `/api/v2/silence/${id}`);
        assert.equal(status.state, 'expired');
      });
    }
    const list = await getJson<{ comment: string }[]>(server.base, '/api/v2/silences?filter=alertname="X"');
    const order = ['active 1', 'active 2', 'pending 1', 'pending 2', 'expired 1', 'expired 2'];
    assert.deepEqual(
      list.map((s) => s.comment),
      order,
    );
    assert.deepEqual(await getJson(server.base, '/api/v2/silences?filter=alertname%3D~"X"'), []);
  });

  const coded = (code: number, message: string) => `${JSON.stringify({ code, message })}`;
  const said = (message: string) => `${JSON.stringify(message)}\n`;
  const labels = { alertname: 'Refused' };
  const refused: readonly (readonly [
    method: string,
    route: string,
    body: unknown,
    status: number,
    text: string,
  ])[] = [
    ['POST', 'alerts', '', 422, coded(602, 'alerts in body is required')],
    ['POST', 'alerts', ' \n', 422, coded(602, 'alerts in body is required')],
    ['POST', 'alerts', '[{', 400, coded(400, 'parsing alerts body from "" failed, because unexpected EOF')],
    [
      'POST',
      'alerts',
      {},
      400,
      coded(
        400,
        'parsing alerts body from "" failed, because json: cannot unmarshal object into Go value of type models.PostableAlerts',
      ),
    ],
    [
      'POST',
      'alerts',
      [{ labels }, { labels: { a: 1 } }],
      400,
      coded(
        400,
        'parsing alerts body from "" failed, because json: cannot unmarshal number into Go struct field Alert.labels of type string',
      ),
    ],
    ['POST', 'alerts', [{ labels }, {}], 422, coded(602, '1.labels in body is required')],
    [
      'POST',
      'alerts',
      [{ labels, generatorURL: 'x' }],
      422,
      coded(601, '0.generatorURL in body must be of type uri: "x"'),
    ],
    ['POST', 'silences', {}, 422, coded(602, 'comment in body is required')],
    [
      'POST',
      'silences',
      silenceOf('X', { matchers: [] }),
      422,
      coded(612, 'matchers in body should have at least 1 items'),
    ],
    [
      'POST',
      'silences',
      silenceOf('X', { matchers: [{}] }),
      422,
      coded(602, 'matchers.0.isRegex in body is required'),
    ],
    [
      'POST',
      'silences',
      silenceOf('X', { endsAt: '2020-01-02' }),
      400,
      said("Failed to create silence: end time can't be in the past"),
    ],
    ['POST', 'silences', silenceOf('X', { id: 'x' }), 404, said('silence not found')],
    [
      'POST',
      'silences',
      silenceOf('X', { id: 5 }),
      400,
      coded(
        400,
        'parsing silence body from "" failed, because json: cannot unmarshal number into Go struct field .id of type string',
      ),
    ],
    [
      'POST',
      'silences',
      silenceOf(''),
      400,
      said('invalid silence: matcher set 0: at least one matcher must not match the empty string'),
    ],
    ['GET', 'silence/abc', undefined, 422, coded(601, 'silenceID in path must be of type uuid: "abc"')],
    ['GET', 'silence/00000000-0000-4000-8000-000000000000', undefined, 404, ''],
    ['DELETE', 'silence/00000000-0000-4000-8000-000000000000', undefined, 404, ''],
    ['GET', 'alerts?filter=a', undefined, 400, said('bad matcher format: a')],
    [
      'GET',
      'alerts?receiver=%5B',
      undefined,
      400,
      said('failed to parse receiver param: error parsing regexp: missing closing ]: `[)$`'),
    ],
    ['GET', 'alerts/groups?filter=%7Ba=b%7D', undefined, 400, said('unexpected open or close brace: {a=b}')],
    ['GET', 'silences?filter=a', undefined, 400, said('bad matcher format: a')],
    ['PUT', 'alerts', undefined, 405, coded(405, 'method PUT is not allowed, but [GET,POST] are')],
  ];
  for (const [method, route, body, status, text] of refused) {
    it(`refuses ${method} ${route} ${JSON.stringify(body) ?? ''}`.slice(0, 90), async () => {
      const answer = await call(method, route, body);
      assert.deepEqual([answer.status, answer.text], [status, text]);
      if (text !== '') assert.equal(answer.type, 'application/json');
      assert.ok(!(await namesOf(server.base)).includes('Refused'), 'nothing was taken');
    });
  }

  it('refuses what it cannot read and what nobody could read', async () => {
    const plain = await call('POST', 'alerts', '[]', { 'Content-Type': 'text/plain' });
    const type = coded(415, 'unsupported media type "text/plain", only [application/json] are allowed');
    assert.deepEqual([plain.status, plain.text], [415, type]);
    const form = await call('POST', 'alerts', 'a=b', { 'Content-Type': 'application/x-www-form-urlencoded' });
    assert.equal(form.status, 415);
    const html = await call('GET', 'alerts', undefined, { Accept: 'text/html' });
    const accept = coded(406, 'unsupported media type requested, only [application/json] are available');
    assert.deepEqual([html.status, html.text], [406, accept]);
    assert.equal((await call('GET', 'alerts', undefined, { Accept: 'text/html, */*;q=0.1' })).status, 200);
  });

  it('takes good alerts beside bad ones', async () => {
    const answer = await call('POST', 'alerts', [
      { labels: {} },
      { labels: { alertname: 'Good' } },
      { labels: { '': 'x' } },
    ]);
    const text = said('at least one label pair required\ninvalid label set: invalid name ""');
    assert.deepEqual([answer.status, answer.text], [400, text]);
    assert.ok((await namesOf(server.base)).includes('Good'));
  });

  it('keeps silences over kill -9, and has their metrics before anybody asks', async () => {
    const { text } = await call('POST', 'silences', silenceOf('Kept', { comment: 'first' }));
    const id = JSON.parse(text).silenceID as string;
    await call(
      'POST',
      'silences',
      silenceOf('Kept', {
        id,
        comment: 'second',
        startsAt: (await getJson<{ startsAt: string }>(server.base, `/api/v2/silence/${id}`)).startsAt,
      }),
    );
    const before = await getJson<object[]>(server.base, '/api/v2/silences');
    await server.stop('SIGKILL');
    server = await start();
    await eventually(async () => {
      const metrics = await (await fetch(`${server.base}/metrics`)).text();
      assert.match(metrics, /^alertmanager_silences\{state="active"\} 3$/m);
      assert.match(metrics, /^alertmanager_silences\{state="pending"\} 2$/m);
    });
    assert.deepEqual(await getJson(server.base, '/api/v2/silences'), before);
    assert.deepEqual(await namesOf(server.base), []);
    await call('POST', 'alerts', [{ labels: { alertname: 'Kept' } }]);
    const [alert] = await getJson<AlertJson[]>(server.base, '/api/v2/alerts');
    assert.deepEqual(alert!.status.silencedBy, [id]);
    await call('DELETE', `silence/${id}`);
    await server.stop('SIGKILL');
    server = await start();
    const { status, comment } = await getJson<{ status: object; comment: string }>(
      server.base,
      `/api/v2/silence/${id}`,
    );
    assert.deepEqual([status, comment], [{ state: 'expired' }, 'second']);
  });
});

describe('alerts of own rules', TIMEOUT, () => {
  it('come as a notifier sends them, and end', async () => {
    const rules = JSON.stringify({
      groups: [
        {
          name: 'g',
          interval: '200ms',
          rules: [
            {
              alert: 'Long',
              expr: 'vector(7) unless on() gate > 0',
              labels: { severity: 'page' },
              annotations: { summary: 'at {{ $value }}' },
            },
            { alert: 'Pending', expr: 'vector(1)', for: '1h' },
            { alert: 'Dropped', expr: 'vector(1)' },
          ],
        },
      ],
    });
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-am-rules-')), 'rules.yml');
    fs.writeFileSync(file, rules);
    const config = {
      global: { external_labels: { zone: 'z' } },
      rule_files: [file],
      alerting: {
        alert_relabel_configs: [
          { source_labels: ['alertname'], regex: 'Dropped', action: 'drop' },
          { regex: 'severity', replacement: 'level', action: 'labelmap' },
        ],
      },
    };
    const { server, dispose } = await temporaryServer(JSON.stringify(config), [
      '--web.external-url=http://own/sub',
    ]);
    try {
      const [alert, ...others] = await eventually(async () => {
        const found = await getJson<AlertJson[]>(server.base, '/api/v2/alerts');
        assert.ok(found.length > 0);
        return found;
      });
      assert.deepEqual(others, []);
      assert.deepEqual(alert!.labels, { alertname: 'Long', level: 'page', severity: 'page', zone: 'z' });
      assert.deepEqual(alert!.annotations, { summary: 'at 7' });
      assert.ok(alert!.generatorURL!.startsWith('http://own/sub/graph?g0.expr='), alert!.generatorURL);
      assert.ok(Date.parse(alert!.endsAt) > Date.now());
      assert.deepEqual(await getJson(server.base, '/api/v1/alertmanagers'), {
        status: 'success',
        data: { activeAlertmanagers: [], droppedAlertmanagers: [] },
      });
      const nowMs = Date.now();
      const metric = {
        resourceMetrics: [
          {
            scopeMetrics: [
              {
                metrics: [
                  { name: 'gate', gauge: { dataPoints: [{ asInt: 1, timeUnixNano: `${nowMs}000000` }] } },
                ],
              },
            ],
          },
        ],
      };
      await fetch(`${server.base}/v1/metrics`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(metric),
      });
      await eventually(async () => assert.deepEqual(await namesOf(server.base), []));
      const text = await (await fetch(`${server.base}/metrics`)).text();
      assert.match(text, /^alertmanager_alerts_received_total\{status="resolved",version="v2"\} [1-9]/m);
    } finally {
      await dispose();
      fs.rmSync(path.dirname(file), { recursive: true, force: true });
    }
  });
});

describe('tenants', TIMEOUT, () => {
  it('have alerts and silences of their own', async () => {
    const { server, dispose } = await temporaryServer('trilite: {multi_tenancy: true}\n');
    try {
      const a = { 'X-Scope-OrgID': 'a' };
      const b = { 'X-Scope-OrgID': 'b' };
      assert.equal((await ask(server.base, 'GET', 'alerts')).status, 401);
      assert.equal(
        (await ask(server.base, 'GET', 'alerts', undefined, { 'X-Scope-OrgID': 'a|b' })).status,
        400,
      );
      assert.equal((await ask(server.base, 'GET', 'status')).status, 200);
      assert.equal((await ask(server.base, 'GET', 'receivers')).status, 200);
      await ask(server.base, 'POST', 'alerts', [{ labels: { alertname: 'A' } }], a);
      const { text } = await ask(server.base, 'POST', 'silences', silenceOf('A'), b);
      const { silenceID } = JSON.parse(text);
      assert.deepEqual(await namesOf(server.base, '?silenced=false', a), ['A']);
      assert.deepEqual(await namesOf(server.base, '', b), []);
      const of = (tenant: object, method: string) =>
        ask(server.base, method, `silence/${silenceID}`, undefined, tenant);
      assert.equal((await of(a, 'GET')).status, 404);
      assert.equal((await of(a, 'DELETE')).status, 404);
      assert.equal(
        (await ask(server.base, 'POST', 'silences', silenceOf('A', { id: silenceID }), a)).status,
        404,
      );
      assert.equal((await of(b, 'DELETE')).status, 200);
    } finally {
      await dispose();
    }
  });
});
