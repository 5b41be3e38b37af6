import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Logger } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { DEFAULT_RELABEL_CONFIG } from '../../src/model/relabel.ts';
import type { Fetcher } from '../../src/scrape/fetch.ts';
import { ScrapeManager } from '../../src/scrape/manager.ts';
import { DEFAULT_SCRAPE_CONFIG, type ScrapeConfig } from '../../src/scrape/scrape-config.ts';
import { ScrapeTelemetry } from '../../src/scrape/scrape-telemetry.ts';
import { SampleStore } from '../ingest/sample-store.ts';
import { eventually } from '../support/poll.ts';
import { ManualClock, settle } from './manual-clock.ts';
import { recordingAppender } from './recording-appender.ts';

const START = Date.UTC(2026, 0, 1);
const INTERVAL = 15_000;
const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => SILENT };

function setUp() {
  const store = new SampleStore();
  const clock = new ManualClock(START);
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const log: Logger = { debug() {}, info() {}, warn, error: warn, child: () => log };
  const telemetry = new Telemetry();
  const manager = new ScrapeManager({
    clock,
    appender: recordingAppender(store),
    log,
    telemetry: new ScrapeTelemetry(telemetry),
    seed: 'test',
    maxAgeMs: () => 0,
    parseYaml: JSON.parse,
  });
  const exposed = { text: 'm 1\n' };
  const fetched: string[] = [];
  const fetch: Fetcher = async (url) => {
    fetched.push(url);
    return { body: new TextEncoder().encode(exposed.text), contentType: 'text/plain' };
  };
  const samples = (name: string, labels: Record<string, string> = {}) => {
    const found = [...store.series.values()].filter(
      (s) =>
        s.labels.get('__name__') === name && Object.entries(labels).every(([k, v]) => s.labels.get(k) === v),
    );
    return found.flatMap((s) => s.samples);
  };
  return { store, clock, manager, telemetry, exposed, fetch, fetched, samples, warnings };
}

function job(changes: Partial<ScrapeConfig> = {}): ScrapeConfig {
  return {
    ...DEFAULT_SCRAPE_CONFIG,
    jobName: 'j',
    scrapeIntervalMs: INTERVAL,
    scrapeTimeoutMs: 10_000,
    staticConfigs: [{ targets: ['a:1', 'b:2'], labels: { env: 'test' } }],
    ...changes,
  };
}

test('scrapes every target once an interval, at equal steps', async () => {
  const { clock, manager, fetch, samples, store } = setUp();
  manager.apply([], [{ config: job(), fetch }]);
  await clock.advance(INTERVAL * 4);
  for (const instance of ['a:1', 'b:2']) {
    const times = samples('m', { instance }).map((s) => s.timeMs);
    assert.equal(times.length, 4);
    assert.deepEqual(
      times.slice(1).map((t, i) => t - times[i]!),
      [INTERVAL, INTERVAL, INTERVAL],
    );
    assert.deepEqual(
      samples('up', { instance }).map((s) => s.timeMs),
      times,
    );
  }
  assert.deepEqual(store.values('env'), ['test']);
  assert.deepEqual(
    samples('scrape_series_added', { instance: 'a:1' }).map((s) => s.value),
    [1, 0, 0, 0],
  );
  await manager.stop();
  assert.equal(clock.pending, 0);
});

test('a target that is gone goes stale after two intervals, report series too', async () => {
  const { clock, manager, fetch, samples } = setUp();
  manager.apply([], [{ config: job({ staticConfigs: [{ targets: ['a:1'], labels: {} }] }), fetch }]);
  await clock.advance(INTERVAL * 2);
  manager.apply([], []);
  await settle();
  await clock.advance(INTERVAL);
  assert.deepEqual(
    samples('m').map((s) => s.stale),
    [false, false],
  );
  await clock.advance(INTERVAL * 2);
  assert.deepEqual(
    samples('m').map((s) => s.stale),
    [false, false, true],
  );
  assert.deepEqual(
    samples('up').map((s) => s.stale),
    [false, false, true],
  );
  const [, last, marker] = samples('m').map((s) => s.timeMs);
  assert.equal(marker! - last!, INTERVAL);
});

test('a changed job goes on with the targets that stay', async () => {
  const { clock, manager, fetch, samples } = setUp();
  manager.apply([], [{ config: job(), fetch }]);
  await clock.advance(INTERVAL * 2);
  const changed = job({ honorLabels: true, staticConfigs: [{ targets: ['a:1'], labels: { env: 'test' } }] });
  manager.apply([], [{ config: changed, fetch }]);
  await settle();
  await clock.advance(INTERVAL * 3);
  assert.deepEqual(
    samples('m', { instance: 'a:1' }).map((s) => s.stale),
    [false, false, false, false, false],
  );
  assert.deepEqual(
    samples('m', { instance: 'b:2' }).map((s) => s.stale),
    [false, false, true],
  );
});

test('a target that comes back does not go stale, what it no longer has does', async () => {
  const { clock, manager, fetch, samples, exposed } = setUp();
  const with_ = (...targets: string[]) => job({ staticConfigs: [{ targets, labels: {} }] });
  exposed.text = 'm 1\ngone 1\n';
  manager.apply([], [{ config: with_('a:1', 'b:2'), fetch }]);
  await clock.advance(INTERVAL);
  manager.apply([], [{ config: with_('b:2'), fetch }]);
  await settle();
  await clock.advance(INTERVAL / 2);
  exposed.text = 'm 1\n';
  manager.apply([], [{ config: with_('a:1', 'b:2'), fetch }]);
  await settle();
  await clock.advance(INTERVAL * 4);
  assert.ok(samples('m', { instance: 'a:1' }).every((s) => !s.stale));
  assert.ok(samples('up', { instance: 'a:1' }).every((s) => !s.stale));
  assert.deepEqual(
    samples('gone', { instance: 'a:1' }).map((s) => s.stale),
    [false, true],
  );
});

test('what a changed job no longer makes of a target goes stale', async () => {
  const { clock, manager, fetch, samples, exposed } = setUp();
  exposed.text = 'm 1\nn 1\n';
  manager.apply([], [{ config: job(), fetch }]);
  await clock.advance(INTERVAL);
  const drop = { ...DEFAULT_RELABEL_CONFIG, action: 'drop' as const, sourceLabels: ['__name__'], regex: 'n' };
  manager.apply([], [{ config: job({ metricRelabelConfigs: [drop] }), fetch }]);
  await settle();
  await clock.advance(INTERVAL * 4);
  assert.ok(samples('m').every((s) => !s.stale));
  assert.deepEqual(
    samples('n', { instance: 'a:1' }).map((s) => s.stale),
    [false, true],
  );
});

test('a changed job knows its targets still, and their series where it makes the same of them', async () => {
  const { clock, manager, fetch, samples } = setUp();
  manager.apply([], [{ config: job(), fetch }]);
  await clock.advance(INTERVAL);
  manager.apply([], [{ config: job({ sampleLimit: 10 }), fetch }]);
  await settle();
  assert.deepEqual(
    manager.active().map((t) => t.state.health),
    ['up', 'up'],
  );
  await clock.advance(INTERVAL);
  manager.apply([], [{ config: job({ labelLimit: 10 }), fetch }]);
  await settle();
  await clock.advance(INTERVAL);
  assert.deepEqual(
    samples('scrape_series_added', { instance: 'a:1' }).map((s) => s.value),
    [1, 0, 1],
  );
  // Another interval is another target.
  manager.apply([], [{ config: job({ scrapeIntervalMs: INTERVAL * 2 }), fetch }]);
  await settle();
  assert.deepEqual(
    manager.active().map((t) => t.state.health),
    ['unknown', 'unknown'],
  );
  await clock.advance(INTERVAL * 4);
  const times = samples('m', { instance: 'a:1' }).map((s) => s.timeMs);
  assert.equal(times.at(-1)! - times.at(-2)!, INTERVAL * 2);
});

test('a scrape that takes the whole interval is followed at once', async () => {
  const { clock, manager, samples } = setUp();
  const fetch: Fetcher = () =>
    new Promise((resolve) => {
      clock.after(INTERVAL + 1, () => resolve({ body: new Uint8Array(0), contentType: 'text/plain' }));
    });
  manager.apply([], [{ config: job({ staticConfigs: [{ targets: ['a:1'], labels: {} }] }), fetch }]);
  await clock.advance(INTERVAL * 6);
  const times = samples('up').map((s) => s.timeMs);
  assert.equal(times.length, 5);
  // One millisecond late is on time, two are not far from it.
  assert.equal(times[1]! - times[0]!, INTERVAL);
});

test('two servers scrape the same targets at moments of their own, after a restart at the same', async () => {
  const firstScrape = async (seed: string) => {
    const { clock, fetch, store, telemetry } = setUp();
    const deps = {
      clock,
      appender: recordingAppender(store),
      log: SILENT,
      parseYaml: JSON.parse,
      maxAgeMs: () => 0,
    };
    const manager = new ScrapeManager({ ...deps, seed, telemetry: new ScrapeTelemetry(telemetry) });
    manager.apply([], [{ config: job({ staticConfigs: [{ targets: ['a:1'], labels: {} }] }), fetch }]);
    await clock.advance(INTERVAL);
    return [...store.series.values()][0]!.samples[0]!.timeMs;
  };
  assert.equal(await firstScrape('one'), await firstScrape('one'));
  assert.notEqual(await firstScrape('one'), await firstScrape('two'));
});

test('what scraping tells of itself', async () => {
  const { clock, manager, fetch, telemetry, exposed } = setUp();
  const bad = { ...DEFAULT_SCRAPE_CONFIG, jobName: 'bad', staticConfigs: [{ targets: ['x/y'], labels: {} }] };
  exposed.text = 'm 1\nm 2\nn{a="1234567"} 1\n';
  const internal = [
    { config: job({ targetLimit: 1 }), fetch },
    { config: job({ jobName: 'samples', sampleLimit: 1 }), fetch },
    { config: job({ jobName: 'labels', labelValueLengthLimit: 6 }), fetch },
    { config: bad, fetch },
  ];
  manager.apply([], internal);
  await clock.advance(INTERVAL * 2);
  manager.apply([], [{ ...internal[0]!, config: job({ targetLimit: 5 }) }, ...internal.slice(1)]);
  await settle();
  await clock.advance(INTERVAL);
  const of = (name: string, ...labels: string[]) =>
    (telemetry.find(name)!.with(...labels) as { value: number }).value;
  assert.equal(of('prometheus_target_scrape_pools_total'), 4);
  assert.equal(of('prometheus_target_scrape_pool_reloads_total'), 1);
  assert.equal(of('prometheus_target_scrape_pool_exceeded_target_limit_total'), 1);
  assert.equal(of('prometheus_target_scrapes_exceeded_sample_limit_total'), 6);
  assert.equal(of('prometheus_target_scrape_pool_exceeded_label_limits_total'), 6);
  assert.equal(of('prometheus_target_scrapes_sample_duplicate_timestamp_total'), 6 + 6 + 2);
  assert.equal(of('prometheus_target_sync_failed_total', 'bad'), 1);
  assert.equal(of('prometheus_target_scrape_pool_sync_total', 'j'), 2);
  const counts = manager.counts().find((c) => c.job === 'j')!;
  assert.deepEqual([counts.targets, counts.targetLimit], [2, 5]);
});

test('stopping leaves no stale markers', async () => {
  const { clock, manager, fetch, samples } = setUp();
  manager.apply([], [{ config: job(), fetch }]);
  await clock.advance(INTERVAL);
  await manager.stop();
  await clock.advance(INTERVAL * 5);
  assert.ok(samples('m').length > 0);
  assert.ok(samples('m').every((s) => !s.stale));
});

test('a failed scrape: up is 0, everything goes stale once, and comes back', async () => {
  const { clock, manager, fetch, samples, exposed } = setUp();
  manager.apply([], [{ config: job({ staticConfigs: [{ targets: ['a:1'], labels: {} }] }), fetch }]);
  await clock.advance(INTERVAL);
  exposed.text = 'm{ 1\n';
  await clock.advance(INTERVAL * 2);
  assert.match(manager.active()[0]!.state.lastError, /\(line 1\)$/);
  exposed.text = 'm 2\n';
  await clock.advance(INTERVAL);
  assert.deepEqual(
    samples('up').map((s) => s.value),
    [1, 0, 0, 1],
  );
  assert.deepEqual(
    samples('m').map((s) => s.stale),
    [false, true, false],
  );
  assert.equal(manager.active()[0]!.state.health, 'up');
});

test('relabelling makes, moves and drops targets', async () => {
  const { clock, manager, fetch, fetched } = setUp();
  const rule = { ...DEFAULT_RELABEL_CONFIG };
  const config = job({
    params: { module: ['x'] },
    relabelConfigs: [
      { ...rule, action: 'drop', sourceLabels: ['__address__'], regex: 'b:.*' },
      { ...rule, targetLabel: '__metrics_path__', replacement: '/probe' },
      { ...rule, sourceLabels: ['__address__'], targetLabel: '__param_target' },
      { ...rule, sourceLabels: ['__param_target'], targetLabel: 'instance' },
      { ...rule, targetLabel: '__address__', replacement: 'exporter:9115' },
    ],
  });
  manager.apply([], [{ config, fetch }]);
  await clock.advance(INTERVAL);
  assert.deepEqual(fetched, ['http://exporter:9115/probe?module=x&target=a%3A1']);
  const [target] = manager.active();
  assert.deepEqual(target!.target.labels.toObject(), { env: 'test', instance: 'a:1', job: 'j' });
  assert.equal(target!.target.discovered.get('__address__'), 'a:1');
  assert.deepEqual(
    manager.dropped().map((d) => d.discovered.get('__address__')),
    ['b:2'],
  );
  assert.deepEqual(manager.droppedCounts(), { j: 1 });
});

test('too many targets fail all of them', async () => {
  const { clock, manager, fetch, samples } = setUp();
  manager.apply([], [{ config: job({ targetLimit: 1 }), fetch }]);
  await clock.advance(INTERVAL);
  assert.deepEqual(
    samples('up').map((s) => s.value),
    [0, 0],
  );
  assert.match(
    manager.active()[0]!.state.lastError,
    /target_limit exceeded \(number of targets: 2, limit: 1\)/,
  );
});

test('an unusable target is named and left out', () => {
  const { manager, fetch, warnings } = setUp();
  manager.apply([], [{ config: job({ staticConfigs: [{ targets: ['a:1', 'x/y'], labels: {} }] }), fetch }]);
  assert.equal(manager.active().length, 1);
  assert.deepEqual(warnings, ['target not usable']);
});

test('target files are read again, and a broken one keeps its targets', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'trilite-targets-'));
  try {
    const { clock, manager, fetch, warnings, samples } = setUp();
    const path = join(dir, 'one.json');
    const targets = () => manager.active().map((t) => t.target.labels.get('instance'));
    // Files are read by the platform's own threads, so real time passes between the polls.
    const until = async (reached: () => boolean) => {
      for (let i = 0; i < 500 && !reached(); i++) {
        await clock.advance(6_000);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    };
    await writeFile(path, '[{"targets": ["f:1"], "labels": {"env": "file"}}]');
    const fileDiscovery = [{ files: [join(dir, '*.json')], refreshIntervalMs: 300_000 }];
    manager.apply([], [{ config: job({ staticConfigs: [], fileDiscovery }), fetch }]);
    await until(() => targets().length === 1);
    assert.deepEqual(targets(), ['f:1']);
    assert.equal(manager.active()[0]!.target.discovered.get('__meta_filepath'), path);
    await writeFile(path, '[{"targets": ["f:1", "f:2"]');
    await until(() => warnings.length > 0);
    assert.deepEqual(targets(), ['f:1']);
    assert.ok(warnings.includes('targets not found'));
    await writeFile(path, '[{"targets": ["f:2"]}]');
    await until(() => targets()[0] === 'f:2');
    assert.deepEqual(targets(), ['f:2']);
    // The same target, of which discovery knows something else now: it goes on, and what is known of it is shown.
    const zone = () => manager.active()[0]!.target.discovered.get('__meta_zone');
    await clock.advance(INTERVAL);
    assert.ok(samples('up', { instance: 'f:2' }).length > 0);
    await writeFile(path, '[{"targets": ["f:2"], "labels": {"__meta_zone": "b"}}]');
    await until(() => zone() === 'b');
    assert.equal(zone(), 'b');
    assert.ok(samples('up', { instance: 'f:2' }).every(({ value }) => value === 1));
    assert.notEqual(manager.active()[0]!.state.lastScrapeMs, 0);
    await manager.stop();
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('what fails is written down, one line of JSON each, and anew where the file was moved away', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trilite-failures-'));
  const file = join(folder, 'failures.log');
  const { clock, manager, warnings } = setUp();
  const config = job({ failureLogFile: file, staticConfigs: [{ targets: ['u:p@a:1'], labels: {} }] });
  const fetch: Fetcher = () => Promise.reject(new Error('no "answer"'));
  const others = [job({ jobName: 'nowhere', staticConfigs: [], failureLogFile: join(folder, 'none', 'x') })];
  manager.apply([...others, { ...config, jobName: 'http', staticConfigs: [] }], [{ config, fetch }]);
  await clock.advance(INTERVAL);
  assert.deepEqual(warnings, ['failed scrapes are not written down']);
  const line = async (path: string): Promise<unknown> => {
    const { time, ...rest } = JSON.parse(await readFile(path, 'utf8')) as { time: string };
    assert.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    return rest;
  };
  const want = { level: 'ERROR', msg: 'no "answer"', job_name: 'j', target: 'http://u:***@a:1/metrics' };
  assert.deepEqual(await eventually(() => line(file)), want);
  await rename(file, `${file}.1`);
  manager.apply([{ ...config, jobName: 'http', staticConfigs: [] }], [{ config, fetch }]);
  await clock.advance(INTERVAL);
  await manager.stop();
  assert.deepEqual(await line(file), want);
  assert.deepEqual(await line(`${file}.1`), want);
  await rm(folder, { recursive: true });
});

test('a target behind a socket of this machine is asked there, by its own address', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trilite-socket-'));
  const path = join(folder, 'exporter.sock');
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/plain');
    response.end(`m{host="${request.headers.host}"} 1\n`);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const { clock, manager, samples } = setUp();
  const socket = { ...DEFAULT_RELABEL_CONFIG, targetLabel: '__unix_socket__', replacement: path };
  const staticConfigs = [{ targets: ['a:1'], labels: {} }];
  // When it is asked depends on the path; a shorter timeout might be over before the clock stands still.
  manager.apply([job({ relabelConfigs: [socket], staticConfigs, scrapeTimeoutMs: INTERVAL })]);
  await clock.advance(INTERVAL);
  await eventually(async () => assert.equal(samples('m', { host: 'a:1', instance: 'a:1' }).length, 1));
  assert.equal(manager.active()[0]!.target.labels.get('__unix_socket__'), '');
  await manager.stop();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});
