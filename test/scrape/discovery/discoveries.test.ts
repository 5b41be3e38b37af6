/** Discoveries together: shared between jobs, told in bursts, kept over a change of configuration, counted. */

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { SILENT } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { Discoveries } from '../../../src/scrape/discovery/discoveries.ts';
import { NO_DISCOVERY } from '../../../src/scrape/discovery/discovery-config.ts';
import { DiscoveryPool } from '../../../src/scrape/discovery/discovery-pool.ts';
import { UpdateThrottle } from '../../../src/scrape/discovery/update-throttle.ts';
import { ScrapeManager } from '../../../src/scrape/manager.ts';
import { DEFAULT_SCRAPE_CONFIG, type ScrapeConfig } from '../../../src/scrape/scrape-config.ts';
import { ScrapeTelemetry } from '../../../src/scrape/scrape-telemetry.ts';
import type { TargetGroup } from '../../../src/scrape/target.ts';
import { SampleStore } from '../../ingest/sample-store.ts';
import { eventually } from '../../support/poll.ts';
import { ManualClock, settle } from '../manual-clock.ts';
import { recordingAppender } from '../recording-appender.ts';

const REFRESH_MS = 60_000;

let server: Server;
let url: string;
let targets: string[];
/** In place of one group of `targets`. */
let groups: object[] | undefined;
let requests: number;
let clock: ManualClock;
let telemetry: Telemetry;

beforeEach(async () => {
  targets = ['a:1', 'b:1'];
  requests = 0;
  groups = undefined;
  server = createServer((_, response) => {
    requests++;
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(groups ?? [{ targets }]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  clock = new ManualClock(Date.UTC(2026, 0, 1));
  telemetry = new Telemetry();
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await settle();
  assert.equal(clock.pending, 0, 'nothing is left running');
});

const httpDiscovery = () => [{ url, refreshIntervalMs: REFRESH_MS, client: DEFAULT_SCRAPE_CONFIG.client }];

function job(jobName: string, changes: Partial<ScrapeConfig> = {}): ScrapeConfig {
  return { ...DEFAULT_SCRAPE_CONFIG, jobName, httpDiscovery: httpDiscovery(), ...changes };
}

const noWatches = () => assert.fail('nothing is looked for in a cluster');

function newManager(): ScrapeManager {
  const appender = recordingAppender(new SampleStore());
  const pool = new DiscoveryPool({
    clock,
    parseYaml: JSON.parse,
    telemetry,
    user: 'scrape',
    watches: noWatches,
  });
  const counts = { telemetry: new ScrapeTelemetry(telemetry), seed: '', maxAgeMs: () => 0 };
  return new ScrapeManager({ clock, appender, log: SILENT, parseYaml: JSON.parse, pool, ...counts });
}

const instances = (manager: ScrapeManager, name: string) =>
  manager
    .active()
    .filter((t) => t.job === name)
    .map((t) => t.target.labels.get('instance'))
    .sort();

async function until(reached: () => boolean, what: string): Promise<void> {
  await eventually(async () => {
    await clock.advance(60);
    assert.ok(reached(), what);
  });
}

const metric = (name: string) =>
  telemetry
    .print()
    .split('\n')
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1);

/** Expositions are made here; what is scraped is no matter. */
const fetch = async () => ({ body: new Uint8Array(), contentType: 'text/plain' });

describe('the same discovery in several jobs', () => {
  it('runs once, and a job that comes later has its targets at once', async () => {
    const manager = newManager();
    manager.apply([], [{ config: job('one'), fetch }]);
    await until(() => instances(manager, 'one').length === 2, 'targets');
    const both = [
      { config: job('one'), fetch },
      { config: job('two'), fetch },
    ];
    manager.apply([], both);
    assert.deepEqual(instances(manager, 'two'), ['a:1', 'b:1']);
    assert.equal(requests, 1);
    targets = ['b:1', 'c:1', 'd:1'];
    await clock.advance(REFRESH_MS);
    await until(() => instances(manager, 'one').length === 3, 'the change');
    assert.deepEqual(instances(manager, 'two'), ['b:1', 'c:1', 'd:1']);
    assert.equal(requests, 2);
    assert.equal(metric('prometheus_sd_discovered_targets{config="two",name="scrape"}'), '3');
    assert.equal(metric('prometheus_sd_received_updates_total{name="scrape"}'), '2');
    // The first goes: it runs on for the second.
    manager.apply([], both.slice(1));
    targets = ['e:1'];
    await clock.advance(REFRESH_MS);
    await until(() => instances(manager, 'two').join() === 'e:1', 'the next change');
    assert.equal(metric('prometheus_sd_discovered_targets{config="one",name="scrape"}'), undefined);
    await manager.stop();
    assert.equal(metric('prometheus_sd_discovered_targets{config="two",name="scrape"}'), undefined);
    await clock.advance(REFRESH_MS * 2);
    assert.equal(requests, 3, 'it has ended with the last');
  });

  it('keeps the targets of a job that changes otherwise', async () => {
    const manager = newManager();
    manager.apply([], [{ config: job('one'), fetch }]);
    await until(() => instances(manager, 'one').length === 2, 'targets');
    const before = requests;
    const changed = job('one', { honorLabels: true, staticConfigs: [{ targets: ['s:1'], labels: {} }] });
    manager.apply([], [{ config: changed, fetch }]);
    assert.deepEqual(instances(manager, 'one'), ['a:1', 'b:1', 's:1'], 'in the very moment');
    assert.equal(metric('prometheus_sd_discovered_targets{config="one",name="scrape"}'), '3');
    assert.equal(metric('prometheus_sd_refresh_failures_total{mechanism="http",config="one"}'), '0');
    assert.equal(requests, before);
    await manager.stop();
  });
});

describe('discoveries of one configuration', () => {
  it('tell what is listed at once, and the rest as it comes', async () => {
    const updates: string[][] = [];
    const told: (readonly TargetGroup[])[] = [];
    const config = {
      ...NO_DISCOVERY,
      staticConfigs: [{ targets: ['s:1'], labels: {} }],
      httpDiscovery: httpDiscovery(),
    };
    const all = new Discoveries(config, { clock, parseYaml: JSON.parse, onError: assert.fail });
    all.start((found) => {
      told.push(found);
      updates.push(found.flatMap((g) => g.targets));
    });
    assert.deepEqual(updates, [['s:1']]);
    assert.equal(all.isComplete, false);
    await until(() => updates.length === 2, 'the second update');
    assert.deepEqual(updates[1], ['s:1', 'a:1', 'b:1']);
    assert.equal(all.isComplete, true);
    await clock.advance(REFRESH_MS);
    await until(() => requests === 2, 'a refresh');
    await settle();
    assert.equal(updates.length, 2, 'the same again is no news');
    groups = [{ targets: ['c:1'] }, { targets }];
    await clock.advance(REFRESH_MS);
    await until(() => updates.length === 3, 'the third update');
    assert.deepEqual(updates[2], ['s:1', 'c:1', 'a:1', 'b:1']);
    assert.equal(told[2]![2], told[1]![1], 'what stays is the very same object');
    groups = [...groups].reverse();
    await clock.advance(REFRESH_MS);
    await until(() => requests === 4, 'a refresh');
    await settle();
    assert.equal(updates.length, 3, 'nor is another order');
    all.stop();
  });

  it('that cannot be set up are counted and told, the others run', async () => {
    const manager = newManager();
    const client = DEFAULT_SCRAPE_CONFIG.client;
    const broken = { host: 'nonsense', refreshIntervalMs: 1000, filters: [], port: 1, client };
    const dockerDiscovery = [{ ...broken, hostNetworkingHost: 'h', matchesFirstNetwork: true }];
    manager.apply([], [{ config: job('one', { dockerDiscovery }), fetch }]);
    assert.equal(metric('prometheus_sd_failed_configs{name="scrape"}'), '1');
    await until(() => instances(manager, 'one').length === 2, 'targets');
    manager.apply([], [{ config: job('one'), fetch }]);
    assert.equal(metric('prometheus_sd_failed_configs{name="scrape"}'), '0');
    await manager.stop();
  });
});

describe('updates in a row', () => {
  it('pass with gaps that grow up to five seconds, the last of them never lost', async () => {
    const times: number[] = [];
    let delayed = 0;
    const start = clock.now();
    const throttle = new UpdateThrottle(
      clock,
      () => times.push(clock.now() - start),
      () => delayed++,
    );
    for (let i = 0; i < 2000; i++) {
      throttle.trigger();
      await clock.advance(10);
    }
    await clock.advance(10_000);
    assert.deepEqual(times.slice(0, 8), [0, 100, 300, 700, 1500, 3100, 6300, 11_300]);
    assert.deepEqual(times.slice(8), [16_300, 21_300]);
    assert.equal(delayed, times.length - 1);
    throttle.trigger();
    assert.equal(times.at(-1), 30_000, 'at once after a rest');
    await clock.advance(10);
    throttle.trigger();
    throttle.cancel();
    await clock.advance(10_000);
    assert.equal(times.length, 11);
  });
});
