/** Reloading by the real program: by signal, by request, by itself; what it takes in and what it tells. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { getJson, postBody } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { remoteWriteBody } from '../support/remote-write.ts';
import { startServer } from '../support/server.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

const GOOD = 'global: {scrape_interval: 7s}\n';

interface Data<T> {
  readonly data: T;
}
interface RuntimeInfo {
  readonly reloadConfigSuccess: boolean;
  readonly lastConfigTime: string;
  readonly storageRetention: string;
}

let own: TemporaryServer;
let base: string;
let config: string;

const write = (text: string) => fs.writeFileSync(config, text);
const reload = (method = 'POST') => fetch(`${base}/-/reload`, { method });
const status = async <T>(what: string) => (await getJson<Data<T>>(base, `/api/v1/status/${what}`)).data;
const shown = async () => (await status<{ yaml: string }>('config')).yaml;
const metric = async (name: string) =>
  Number(new RegExp(`^${name} (.*)$`, 'm').exec(await (await fetch(`${base}/metrics`)).text())![1]);
const isSuccessful = () => metric('prometheus_config_last_reload_successful');
const notifications = async () =>
  (await getJson<Data<{ text: string }[]>>(base, '/api/v1/notifications')).data.map(({ text }) => text);
const logged = () => own.server.stderr().split('\n');

async function setUp(text: string, ...args: readonly string[]): Promise<void> {
  own = await temporaryServer(text, args);
  base = own.server.base;
  config = path.join(own.dir, 'config.yml');
}

describe('by request', () => {
  before(() => setUp(GOOD, '--web.enable-lifecycle', '--config.auto-reload', 'false'));
  after(() => own.dispose());

  test('is answered with nothing once the new configuration is in force', async () => {
    const before = await metric('prometheus_config_last_reload_success_timestamp_seconds');
    for (const [method, seconds] of [
      ['POST', 8],
      ['PUT', 9],
    ] as const) {
      write(`global: {scrape_interval: ${seconds}s}\n`);
      const answer = await reload(method);
      assert.deepEqual([answer.status, await answer.text()], [200, '']);
      assert.equal(await shown(), `global: {scrape_interval: ${seconds}s}\n`);
    }
    const loaded = await metric('prometheus_config_last_reload_success_timestamp_seconds');
    assert.ok(loaded > before);
    const info = await status<RuntimeInfo>('runtimeinfo');
    assert.deepEqual(
      [info.reloadConfigSuccess, Date.parse(info.lastConfigTime)],
      [true, Math.floor(loaded) * 1000],
    );
    const get = await reload('GET');
    assert.deepEqual([get.status, await get.text()], [405, 'Only POST or PUT requests allowed']);
  });

  test('says what is wrong and where, and so does everything else until it is put right', async () => {
    write(GOOD);
    await reload();
    const loaded = await metric('prometheus_config_last_reload_success_timestamp_seconds');
    write('global: {scrape_interval: soon}\n');
    const refused = await reload();
    assert.equal(refused.status, 500);
    const message = await refused.text();
    assert.ok(
      message.startsWith(
        `failed to reload config: couldn't load configuration (--config.file="${config}"): ${config}:1:27: `,
      ),
      message,
    );
    assert.equal(await isSuccessful(), 0);
    assert.equal(await metric('prometheus_config_last_reload_success_timestamp_seconds'), loaded);
    assert.equal((await status<RuntimeInfo>('runtimeinfo')).reloadConfigSuccess, false);
    assert.deepEqual(await notifications(), ['Configuration reload has failed.']);
    assert.equal(await shown(), GOOD);
    assert.equal(
      logged().filter((line) => line.includes('level=error') && line.includes(':1:27: ')).length,
      1,
    );
    fs.unlinkSync(config);
    assert.equal((await reload()).status, 500);
    write(GOOD);
    assert.equal((await reload()).status, 200);
    assert.equal(await isSuccessful(), 1);
    assert.deepEqual(await notifications(), []);
  });

  test('takes nothing in where rules are wrong', async () => {
    const rules = path.join(own.dir, 'rules.yml');
    fs.writeFileSync(rules, 'groups: [{name: g, rules: [{record: a, expr: "sum("}]}]\n');
    write('scrape_configs: [{job_name: new}]\ntrilite: {rules: [{language: promql, files: [rules.yml]}]}\n');
    const refused = await reload();
    assert.equal(refused.status, 500);
    assert.match(
      await refused.text(),
      /^failed to reload config: one or more errors occurred while applying the new configuration \(--config\.file=".*"\): .*rules\.yml/,
    );
    const pools = await getJson<Data<{ scrapePools: string[] }>>(base, '/api/v1/scrape_pools');
    assert.deepEqual(pools.data.scrapePools, []);
    write(GOOD);
    assert.equal((await reload()).status, 200);
  });

  test('names what waits for the next start, and shows the old value', async () => {
    write(`${GOOD}trilite: {multi_tenancy: true, data: elsewhere, log_level: warn}\n`);
    assert.equal((await reload()).status, 200);
    const waiting = logged().filter((line) => line.includes('takes effect at the next start'));
    assert.deepEqual(
      waiting.map((line) => /msg="(\w+) has/.exec(line)![1]),
      // The flag goes before the file.
      ['multi_tenancy'],
    );
    const flags = await status<Record<string, string>>('flags');
    assert.equal(flags['log.level'], 'warn');
    // Not refused for want of a tenant.
    assert.equal((await fetch(`${base}/loki/api/v1/labels`)).status, 200);
    write(GOOD);
    await reload();
  });

  test('brings other names of OTLP metrics, also of those that are known', async () => {
    const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
    const send = async () => {
      const point = { timeUnixNano: `${Date.now()}000000`, asDouble: 1 };
      const metric = { name: 'wait.time', unit: 's', gauge: { dataPoints: [point] } };
      const resource = { attributes: [attribute('zone', 'a')] };
      const body = { resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [metric] }] }] };
      await postBody(`${base}/v1/metrics`, { 'Content-Type': 'application/json' }, JSON.stringify(body));
    };
    const named = async (selector: string) =>
      (await getJson<Data<unknown[]>>(base, '/api/v1/series', { 'match[]': selector })).data.length;
    await send();
    assert.deepEqual([await named('wait_time_seconds'), await named('wait_time{zone="a"}')], [1, 0]);
    write(
      `otlp: {translation_strategy: UnderscoreEscapingWithoutSuffixes, promote_resource_attributes: [zone]}\n`,
    );
    assert.equal((await reload()).status, 200);
    await send();
    assert.deepEqual([await named('wait_time_seconds'), await named('wait_time{zone="a"}')], [1, 1]);
    write(GOOD);
    await reload();
  });

  test('brings global defaults to jobs that say nothing themselves', async () => {
    const intervals = async () => {
      const { data } = await getJson<
        Data<{ activeTargets: { scrapePool: string; scrapeInterval: string }[] }>
      >(base, '/api/v1/targets');
      return data.activeTargets.map((t) => `${t.scrapePool} ${t.scrapeInterval}`).toSorted();
    };
    const jobs = `scrape_configs:
  - {job_name: silent, static_configs: [{targets: ['127.0.0.1:1']}]}
  - {job_name: own, scrape_interval: 9s, static_configs: [{targets: ['127.0.0.1:1']}]}
`;
    for (const seconds of [20, 30]) {
      write(`global: {scrape_interval: ${seconds}s, scrape_timeout: 5s}\n${jobs}`);
      assert.equal((await reload()).status, 200);
      assert.deepEqual(await intervals(), ['own 9s', `silent ${seconds}s`]);
    }
    write(GOOD);
    await reload();
  });

  test('brings external labels, the look-back, retention and policies into force', async () => {
    const nowMs = Date.now();
    const body = remoteWriteBody([{ labels: { __name__: 'm' }, samples: [[nowMs - 120_000, 1]] }]);
    await postBody(`${base}/api/v1/write`, { 'Content-Encoding': 'snappy' }, body);
    const federated = async () => (await fetch(`${base}/federate?match[]=m`)).text();
    const found = async () =>
      (await getJson<Data<{ result: unknown[] }>>(base, '/api/v1/query', { query: 'm' })).data.result.length;
    const origin = async () =>
      (await fetch(`${base}/api/v1/labels`, { headers: { Origin: 'http://b.test' } })).headers.get(
        'Access-Control-Allow-Origin',
      );
    assert.match(await federated(), /^m\{instance=""\} 1 /m);
    assert.deepEqual([await found(), await origin()], [1, '*']);
    write(`global: {external_labels: {site: x}}
storage: {tsdb: {retention: {time: 3d, size: 1GB}}}
trilite: {cors_origin: 'http://a\\.test', query: {lookback_delta: 1m}}
`);
    assert.equal((await reload()).status, 200);
    assert.match(await federated(), /^(m\{instance="",site="x"\} 1 .*|)$/m);
    assert.deepEqual([await found(), await origin()], [0, null]);
    assert.equal((await status<RuntimeInfo>('runtimeinfo')).storageRetention, '3d or 1GiB');
    write(GOOD);
    assert.equal((await reload()).status, 200);
    assert.deepEqual([await found(), await origin()], [1, '*']);
  });
});

describe('by signal and by itself', () => {
  before(() => setUp(GOOD));
  after(() => own.dispose());

  test('SIGHUP always reloads, requests only where they may', async () => {
    const refused = await reload();
    assert.deepEqual([refused.status, await refused.text()], [403, 'Lifecycle API is not enabled.']);
    own.server.process.kill('SIGHUP');
    await eventually(async () => assert.ok(logged().some((line) => line.includes('trigger=SIGHUP'))));
  });

  test('a file that changes is taken in, a wrong one is refused in one line', async () => {
    write('scrape_configs: [{job_name: a}]\n');
    await eventually(async () => assert.match(await shown(), /job_name: a/));
    write('scrape_configs: [{job_nam: b}]\n');
    await eventually(async () => assert.equal(await isSuccessful(), 0));
    write('scrape_configs: [{job_name: c}]\n');
    await eventually(async () => assert.match(await shown(), /job_name: c/));
    assert.equal(await isSuccessful(), 1);
    assert.equal(logged().filter((line) => line.includes('level=error')).length, 1);
    assert.ok(logged().some((line) => / trigger=file jobs_added=c jobs_removed=a$/.test(line)));
  });

  test('a file of rules too, and rules that stay go on', async () => {
    const rules = path.join(own.dir, 'a.rules.yml');
    const group = (extra: string) =>
      `groups: [{name: g, interval: 1s, rules: [{alert: Up, expr: 'vector(1)', for: 1h}${extra}]}]\n`;
    fs.writeFileSync(rules, group(''));
    write('trilite: {rules: [{language: promql, files: ["*.rules.yml"]}]}\n');
    const alert = async () => {
      const { data } = await getJson<Data<{ alerts: { activeAt: string; state: string }[] }>>(
        base,
        '/api/v1/alerts',
      );
      assert.equal(data.alerts.length, 1);
      return data.alerts[0]!;
    };
    const first = await eventually(alert);
    fs.writeFileSync(rules, group(", {record: r, expr: 'vector(2)'}"));
    await eventually(async () => assert.ok(logged().some((line) => line.endsWith(' groups_changed=g'))));
    await eventually(async () => {
      const { data } = await getJson<Data<{ result: unknown[] }>>(base, '/api/v1/query', { query: 'r' });
      assert.equal(data.result.length, 1);
    });
    assert.equal((await alert()).activeAt, first.activeAt);
    fs.unlinkSync(rules);
    await eventually(async () => {
      const { data } = await getJson<Data<{ groups: unknown[] }>>(base, '/api/v1/rules');
      assert.deepEqual(data.groups, []);
    });
  });

  test('a signal while it stops changes nothing', async () => {
    const stopped = own.server.stop();
    for (let i = 0; i < 20; i++) own.server.process.kill('SIGHUP');
    assert.equal(await stopped, 0);
  });
});

test('a signal before the server is ready is kept until it is', async () => {
  const dir = fs.mkdtempSync('/tmp/trilite-reload-');
  try {
    let signals: NodeJS.Timeout | undefined;
    const server = await startServer({
      dataDir: path.join(dir, 'data'),
      onSpawn: (child) => {
        // Where the folder is, the program takes signals.
        signals = setInterval(() => fs.existsSync(path.join(dir, 'data')) && child.kill('SIGHUP'), 1);
      },
    });
    clearInterval(signals);
    await eventually(async () => assert.match(server.stderr(), /trigger=SIGHUP/));
    assert.equal(await server.stop(), 0);
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
});
