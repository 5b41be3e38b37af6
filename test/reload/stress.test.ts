/**
 * Reloading at random among several configurations, good and bad, while samples come, targets are scraped, rules run and
 * queries are asked: nothing is lost or doubled, what stays goes on, each answer is of one configuration, and nothing is left
 * behind.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { collectGarbage } from '../../src/base/collect-garbage.ts';
import { createLogger } from '../../src/base/log.ts';
import { parseCommandLine } from '../../src/config/flags.ts';
import { loadConfig } from '../../src/config.ts';
import { openLocalEngine } from '../../src/local-engine.ts';
import { type Running, start } from '../../src/main.ts';
import { getJson, postBody } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { remoteWriteBody } from '../support/remote-write.ts';

const RELOADS = 60;
/** Scrapes and rules, once a second, are to meet reloads at any place. */
const PAUSE_MS = 70;
/** Of a configuration that is kept by mistake this is less than ninety. */
const GROWN_MAX_BYTES = 4e6;
/** By the name of the site that is their external label. */
const SITES = ['a', 'b', 'c'] as const;

/** One in five is wrong; some are asked for several times at once. */
const STEP = fc.record({
  site: fc.constantFrom(...SITES),
  isBad: fc.nat(4).map((n) => n === 0),
  times: fc.integer({ min: 1, max: 3 }),
});

interface Answer<T> {
  readonly data: { readonly result: readonly T[] };
}
interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

let dir: string;
let file: string;
let target: Server;
/** By the target's path. */
const scrapes = new Map<string, number>();
let running: Running;
let base: string;
const lines: string[] = [];

/** `steady` is the same in all, `changing` differs in each, and one more job is in its own alone. */
function configuration(site: string): string {
  const targets = `static_configs: [{targets: ["127.0.0.1:${(target.address() as AddressInfo).port}"]}]`;
  const i = SITES.indexOf(site as (typeof SITES)[number]);
  return `
global: {scrape_interval: 1s, evaluation_interval: ${i + 1}s, external_labels: {site: ${site}}}
storage: {tsdb: {retention: {time: ${i + 10}d}}}
scrape_configs:
  - {job_name: steady, metrics_path: /steady, ${targets}}
  - {job_name: changing, metrics_path: /changing, sample_limit: ${i + 100}, ${targets}}
  - {job_name: only-${site}, metrics_path: /only, ${targets}}
trilite:
  query: {lookback_delta: ${i + 5}m}
  log_level: ${i === 0 ? 'info' : 'warn'}
  metrics_generator: {processors: [${i === 1 ? '' : 'span-metrics'}]}
  rules: [{language: promql, files: [steady.rules.yml, ${site}.rules.yml]}]
`;
}

before(async () => {
  watchTimers();
  dir = fs.mkdtempSync(path.join(tmpdir(), 'trilite-reload-'));
  file = path.join(dir, 'config.yml');
  target = createServer((request, response) => {
    scrapes.set(request.url!, (scrapes.get(request.url!) ?? 0) + 1);
    response.setHeader('Content-Type', 'text/plain; version=0.0.4');
    response.end('exposed 1\n');
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const alert = `{alert: Steady, expr: 'vector(1)', for: 1h}`;
  const record = `{record: steady, expr: 'vector(1)'}`;
  fs.writeFileSync(
    path.join(dir, 'steady.rules.yml'),
    `groups: [{name: steady, interval: 1s, rules: [${alert}, ${record}]}]\n`,
  );
  for (const site of SITES) {
    const own = `{record: own, labels: {of: ${site}}, expr: 'vector(1)'}`;
    fs.writeFileSync(path.join(dir, `${site}.rules.yml`), `groups: [{name: own, rules: [${own}]}]\n`);
  }
  fs.writeFileSync(file, configuration('a'));
  const flags = ['--data', path.join(dir, 'data'), '--http', '127.0.0.1:0', '--otlp-grpc', 'off'];
  const line = parseCommandLine(['--config', file, '--config.auto-reload', 'false', ...flags]);
  const load = () => loadConfig(line, {});
  const log = createLogger('info', (text) => lines.push(text));
  running = await start(await load(), { openEngine: openLocalEngine, load, log });
  running.begin();
  base = `http://127.0.0.1:${running.http[0]!.port}`;
});

after(async () => {
  await running.stop();
  target.close();
  target.closeAllConnections();
  fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
});

async function range(query: string): Promise<readonly Series[]> {
  const answer = await getJson<Answer<Series>>(base, '/api/v1/query', { query: `${query}[1h]` });
  return answer.data.result;
}

const activeAt = async () => {
  const { data } = await getJson<{ data: { alerts: { activeAt: string }[] } }>(base, '/api/v1/alerts');
  assert.equal(data.alerts.length, 1);
  return data.alerts[0]!.activeAt;
};

/** Sends samples one second apart, one a request, until told to stop; gives their number. */
async function ingest(isOver: () => boolean): Promise<number> {
  const firstMs = Date.now() - 3_000_000;
  let sent = 0;
  while (!isOver()) {
    const labels = { __name__: 'pushed' };
    const body = remoteWriteBody([{ labels, samples: [[firstMs + sent * 100, sent]] }]);
    await postBody(`${base}/api/v1/write`, { 'Content-Encoding': 'snappy' }, body);
    sent++;
  }
  return sent;
}

/** Asks for what has external labels: each answer is of one configuration. */
async function ask(isOver: () => boolean): Promise<Set<string>> {
  const seen = new Set<string>();
  while (!isOver()) {
    const text = await (await fetch(`${base}/federate?match[]=steady&match[]=up`)).text();
    const sites = new Set([...text.matchAll(/site="(\w)"/g)].map((m) => m[1]!));
    assert.ok(sites.size <= 1, text);
    for (const site of sites) seen.add(site);
    const { data } = await getJson<{ data: { groups: { name: string; file: string }[] } }>(
      base,
      '/api/v1/rules',
    );
    assert.deepEqual(data.groups.map((g) => g.name).toSorted(), ['own', 'steady']);
  }
  return seen;
}

/** Timers that have neither fired nor been cancelled; those that do not keep the process are no handles. */
const timers = new Set<unknown>();

function watchTimers(): void {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const counted = (callback: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) => {
    const timer = set(() => {
      timers.delete(timer);
      callback(...args);
    }, delay);
    timers.add(timer);
    return timer;
  };
  globalThis.setTimeout = Object.assign(counted, set) as unknown as typeof set;
  globalThis.clearTimeout = (timer) => {
    timers.delete(timer);
    clear(timer);
  };
}

/** What a part that was replaced may have left. */
async function leftovers() {
  const resources = process.getActiveResourcesInfo().filter((name) => /FSEvent|MessagePort/.test(name));
  const connections = await new Promise<number>((resolve) => {
    target.getConnections((_error, count) => resolve(count));
  });
  return { handles: resources.length, timers: timers.size, connections };
}

describe('reloading all the time', { timeout: 300_000 }, () => {
  test('loses nothing, doubles nothing, and leaves nothing behind', async () => {
    const since = await eventually(activeAt);
    await eventually(async () => assert.equal((await range('up{job="steady"}')).length, 1));
    let isOver = false;
    const ingesting = ingest(() => isOver);
    const asking = ask(() => isOver);
    let refused = 0;
    for (const { site, isBad, times } of fc.sample(STEP, RELOADS)) {
      fs.writeFileSync(file, configuration(site) + (isBad ? 'nonsense: 1\n' : ''));
      const attempts = Array.from({ length: times }, () => running.reload('test'));
      const outcomes = await Promise.allSettled(attempts);
      assert.deepEqual(new Set(outcomes.map((o) => o.status)), new Set([isBad ? 'rejected' : 'fulfilled']));
      if (isBad) refused++;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    fs.writeFileSync(file, configuration('c'));
    await running.reload('test');
    isOver = true;
    const sent = await ingesting;
    const seen = await asking;
    assert.ok(seen.size > 1, `${[...seen]}`);

    const pushed = await range('pushed');
    assert.deepEqual(
      pushed[0]!.values.map(([, value]) => Number(value)),
      Array.from({ length: sent }, (_, i) => i),
    );
    assert.equal(await activeAt(), since);
    // Every scrape of the steady job is a sample, and none is a stale marker, which would not count.
    const [up] = await range('up{job="steady"}');
    const asked = scrapes.get('/steady')!;
    assert.ok(Math.abs(up!.values.length - asked) <= 1, `${up!.values.length} samples of ${asked} scrapes`);
    const times = up!.values.map(([seconds]) => seconds);
    assert.equal(new Set(times).size, times.length);
    // What is gone is gone, what there is is that of the last configuration.
    const { data } = await getJson<{ data: { activeTargets: { labels: { job: string } }[] } }>(
      base,
      '/api/v1/targets',
    );
    assert.deepEqual(data.activeTargets.map((t) => t.labels.job).toSorted(), [
      'changing',
      'only-c',
      'steady',
    ]);
    const errors = lines.filter((line) => line.includes('level=error'));
    assert.ok(refused > 0 && errors.length >= refused);
    assert.ok(
      errors.every((line) => line.includes('unknown key')),
      errors.join(''),
    );
  });

  test('needs no more handles, nor more memory, the longer it goes on', async () => {
    const cycle = async (times: number) => {
      for (let i = 0; i < times; i++) {
        fs.writeFileSync(file, configuration(SITES[i % SITES.length]!));
        await running.reload('test');
      }
    };
    await cycle(3 * 5);
    // Targets and groups that went are looked after for two intervals of theirs.
    const settled = () => new Promise((resolve) => setTimeout(resolve, 7000));
    await settled();
    const before = await leftovers();
    const bytes = () => {
      collectGarbage();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const beforeBytes = bytes();
    await cycle(3 * 30);
    await settled();
    const now = await leftovers();
    // Some come and go with scrapes and rules; one for each reload would be ninety.
    assert.ok(now.handles <= before.handles, JSON.stringify({ before, now }));
    assert.ok(now.timers <= before.timers + 10, JSON.stringify({ before, now }));
    assert.ok(now.connections <= before.connections + 2, JSON.stringify({ before, now }));
    const grown = bytes() - beforeBytes;
    assert.ok(grown < GROWN_MAX_BYTES, `${grown} bytes more`);
  });
});
