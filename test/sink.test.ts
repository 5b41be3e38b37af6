/** A running server as tests use it: a clock that is held, marks, waiting, and emptying, over HTTP. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { HeldClock } from '../src/base/held-clock.ts';
import { SILENT } from '../src/base/log.ts';
import { parseCommandLine } from '../src/config/flags.ts';
import { loadConfig } from '../src/config.ts';
import { openLocalEngine } from '../src/local-engine.ts';
import { type Running, start } from '../src/main.ts';
import { type Recorder, startRecorder } from './support/alert-recorder.ts';
import { apiUrl, getJson, postBody } from './support/http-api.ts';
import { sendSpans } from './support/otlp-spans.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from './support/remote-write.ts';

const ANY = { host: '127.0.0.1', port: 0 };
const MINUTE = 60_000;
/** Far from the machine's time. */
const T = Date.UTC(2031, 4, 1, 12);
const TRACE = '5b8efff798038103d269b633813fc60c';

const folder = mkdtempSync(join(tmpdir(), 'trilite-sink-'));
const clock = new HeldClock(T);
let recorder: Recorder;
let running: Running;
let base: string;

before(async () => {
  recorder = await startRecorder();
  const rules = join(folder, 'rules.yml');
  const config = join(folder, 'prometheus.yml');
  writeFileSync(
    rules,
    `
groups:
  - name: g
    interval: 30s
    rules:
      - {record: doubled, expr: 'load * 2'}
      - {alert: Busy, expr: 'load > 5', for: 5m}
`,
  );
  writeFileSync(
    config,
    `
rule_files: [${rules}]
alerting: {alertmanagers: [{static_configs: [{targets: ['${recorder.address}']}], path_prefix: /own}]}
`,
  );
  const args = ['--config', config, '--data', ':memory:', '--web.enable-admin-api'];
  const loaded = await loadConfig(parseCommandLine(args), {});
  running = await start({ ...loaded, http: [ANY] }, { openEngine: openLocalEngine, log: SILENT, clock });
  base = `http://127.0.0.1:${running.http[0]!.port}`;
  running.begin();
});

after(async () => {
  await running.stop();
  recorder.stop();
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string, samples: readonly (readonly [number, number])[]) =>
  postBody(
    `${base}/api/v1/write`,
    REMOTE_WRITE_HEADERS,
    remoteWriteBody([{ labels: { __name__: name }, samples }]),
  );

const log = (line: string, app = 'a') =>
  postBody(
    `${base}/loki/api/v1/push`,
    { 'content-type': 'application/json' },
    JSON.stringify({ streams: [{ stream: { app }, values: [[`${Date.now()}000000`, line]] }] }),
  );

const span = (id: string, name: string) =>
  sendSpans(base, [{ service: 's', traceId: TRACE, id, name, startMs: Date.now(), durationMs: 1 }]);

async function post(path: string): Promise<unknown> {
  const answer = await fetch(base + path, { method: 'POST' });
  const body = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(body));
  return body;
}

const mark = async () => ((await post('/api/v1/trilite/mark')) as { data: { mark: string } }).data.mark;

interface Waited {
  readonly status: number;
  readonly met: boolean;
  readonly error?: string;
  readonly data: { readonly result?: readonly unknown[]; readonly traces?: readonly unknown[] };
}

async function wait(params: Record<string, string>, since?: string): Promise<Waited> {
  const headers: Record<string, string> = since === undefined ? {} : { 'x-trilite-since': since };
  const answer = await fetch(apiUrl(base, '/api/v1/trilite/wait', params), { headers });
  return { ...((await answer.json()) as Waited), status: answer.status };
}

describe('a held clock', () => {
  it('lets an alert fire and arrive when time goes on', async () => {
    await write(
      'load',
      Array.from({ length: 25 }, (_, i) => [T + i * 30_000, 9] as const),
    );
    await clock.advance(10 * MINUTE);
    const sent = recorder.from('own').flatMap(({ alerts }) => alerts);
    assert.equal(sent[0]?.labels.alertname, 'Busy');
    const { data } = await getJson<{ data: { alerts: { state: string; activeAt: string }[] } }>(
      base,
      '/api/v1/alerts',
    );
    assert.deepEqual(
      data.alerts.map(({ state }) => state),
      ['firing'],
    );
    // One sample of each evaluation, each at its own time.
    const counted = await getJson<{ data: { result: { value: [number, string] }[] } }>(
      base,
      '/api/v1/query',
      {
        query: 'count_over_time(doubled[10m])',
      },
    );
    assert.equal(counted.data.result[0]?.value[1], '20');
  });

  it('does not refuse what clients send with the time of their own', async () => {
    await log('from now');
    await span('00000000000000a1', 'from now');
    assert.equal((await wait({ logql: '{app="a"} |= "from now"' })).met, true);
    assert.equal((await wait({ traceql: '{ name = "from now" }' })).met, true);
  });
});

describe('waiting', () => {
  it('wakes when it comes, and answers as the language does', async () => {
    const waiting = wait({ logql: '{app="w"}', count: '>=2' });
    await log('one', 'w');
    await log('two', 'w');
    const { status, met, data } = await waiting;
    assert.deepEqual([status, met, data.result?.length], [200, true, 1]);
  });

  it('compares values', async () => {
    await write('level', [[clock.now(), 3]]);
    assert.equal((await wait({ promql: 'level', value: '==3' })).met, true);
    const waiting = wait({ promql: 'level', value: '>3' });
    await write('level', [[clock.now() + 1, 4]]);
    await clock.advance(1);
    await write('other', [[clock.now(), 1]]);
    assert.equal((await waiting).met, true);
  });

  it('ends when the time is over, with what there is', async () => {
    const { status, met, error } = await wait({ traceql: '{ name = "never" }', timeout: '50ms' });
    assert.deepEqual([status, met, error], [408, false, 'not met within 0.05s: wanted count >=1, found 0']);
  });

  it('sees to it that something stays absent, and fails at once where it comes', async () => {
    const absent = { logql: '{app="bad"}', absent: 'true' };
    assert.equal((await wait({ ...absent, timeout: '50ms' })).status, 200);
    const waiting = wait({ ...absent, timeout: '60s' });
    await log('there', 'bad');
    const { status, error } = await waiting;
    assert.deepEqual([status, error], [409, 'met, which must not be: count >=1, found 1']);
  });

  it('tells of any arrival where nothing is asked', async () => {
    const none = await wait({ timeout: '20ms' });
    assert.deepEqual([none.status, none.met, none.data], [200, false, { arrived: [] }]);
    const waiting = wait({ timeout: '60s' });
    await log('anything', 'x');
    assert.deepEqual((await waiting).data, { arrived: ['logs'] });
  });

  it('refuses what it does not understand', async () => {
    const wrong: Record<string, string>[] = [
      { count: '1' },
      { promql: 'a', logql: '{b="c"}' },
      { promql: 'sum(' },
      { logql: '{app=' },
      { traceql: '{ name = }' },
      { promql: 'level', count: 'many' },
      { promql: 'level', timeout: '1h' },
      { promql: 'level', timeout: 'x' },
      { promql: 'level', absent: 'yes' },
      { logql: '{app="a"}', value: '1' },
      { traceql: '{}', value: '1' },
    ];
    for (const params of wrong) assert.equal((await wait(params)).status, 400, JSON.stringify(params));
  });
});

describe('a mark', () => {
  it('parts what came before it from what came after it, in all languages', async () => {
    await log('early', 'm');
    await span('00000000000000b1', 'early');
    await write('early', [[clock.now(), 1]]);
    const since = await mark();
    assert.equal((await wait({ logql: '{app="m"}', timeout: '0s' }, since)).data.result?.length, 0);
    await log('late', 'm');
    await span('00000000000000b2', 'late');
    await write('late', [[clock.now(), 1]]);
    const headers = { 'x-trilite-since': since };
    const ask = <T>(path: string, params = {}) => getJson<T>(base, path, params, headers);
    const names = await ask<{ data: string[] }>('/api/v1/label/__name__/values');
    assert.deepEqual(names.data, ['late']);
    const series = await ask<{ data: unknown[] }>('/api/v1/series', { 'match[]': '{__name__=~".+"}' });
    assert.equal(series.data.length, 1);
    const lines = await wait({ logql: '{app="m"}' }, since);
    assert.match(JSON.stringify(lines.data), /late/);
    assert.doesNotMatch(JSON.stringify(lines.data), /early/);
    const stats = await ask<{ entries: number }>('/loki/api/v1/index/stats', {
      query: '{app="m"}',
      start: 0,
    });
    assert.equal(stats.entries, 1);
    const trace = JSON.stringify(await ask(`/api/traces/${TRACE}`));
    assert.match(trace, /"late"/);
    assert.doesNotMatch(trace, /"early"/);
    const jaeger = await ask<{ data: { spans: unknown[] }[] }>(`/jaeger/api/traces/${TRACE}`);
    assert.equal(jaeger.data[0]?.spans.length, 1);
    assert.equal((await ask<{ data: string[] }>('/jaeger/api/services')).data.length, 1);
  });

  it('that nobody gave is refused in each surface', async () => {
    for (const path of ['/api/v1/labels', '/loki/api/v1/labels', '/api/search', '/jaeger/api/services']) {
      const answer = await fetch(base + path, { headers: { 'x-trilite-since': 'nonsense' } });
      assert.deepEqual([answer.status, /unknown mark/.test(await answer.text())], [400, true], path);
    }
  });
});

describe('a reset', () => {
  it('leaves nothing of data and alerts, and the rules go on', async () => {
    await post('/api/v1/trilite/reset');
    assert.deepEqual((await getJson<{ data: unknown[] }>(base, '/api/v1/labels')).data, []);
    assert.equal((await getJson<{ data?: unknown[] }>(base, '/loki/api/v1/labels')).data?.length ?? 0, 0);
    assert.deepEqual((await getJson<{ traces: unknown[] }>(base, '/api/search')).traces, []);
    assert.deepEqual(
      (await getJson<{ data: { alerts: unknown[] } }>(base, '/api/v1/alerts')).data.alerts,
      [],
    );
    assert.deepEqual(await getJson<unknown[]>(base, '/api/v2/alerts'), []);
    await write('load', [[clock.now() + 30_000, 2]]);
    await clock.advance(MINUTE);
    assert.equal((await wait({ promql: 'doubled', value: '4' })).met, true);
  });
});
