/** A job of thousands of targets, which is brought in line in slices: what comes in the middle of that counts in the end. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { DEFAULT_RELABEL_CONFIG } from '../../src/model/relabel.ts';
import { ScrapeManager } from '../../src/scrape/manager.ts';
import { DEFAULT_SCRAPE_CONFIG, type ScrapeConfig } from '../../src/scrape/scrape-config.ts';
import { ScrapeTelemetry } from '../../src/scrape/scrape-telemetry.ts';
import { SampleStore } from '../ingest/sample-store.ts';
import { eventually } from '../support/poll.ts';
import { ManualClock } from './manual-clock.ts';
import { recordingAppender } from './recording-appender.ts';

const INTERVAL_MS = 15_000;
const MANY = 3000;
const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => SILENT };

function setUp() {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const manager = new ScrapeManager({
    clock,
    appender: recordingAppender(new SampleStore()),
    log: SILENT,
    telemetry: new ScrapeTelemetry(new Telemetry()),
    seed: 'test',
    maxAgeMs: () => 0,
    parseYaml: JSON.parse,
  });
  /** Of each configuration, what was scraped by it. */
  const fetched: Record<string, string[]> = {};
  /** With so many targets, whose label `v` says which configuration this is. */
  const apply = (v: string, targets: number) => {
    const fetch = async (url: string) => {
      (fetched[v] ??= []).push(url);
      return { body: Buffer.from('m 1\n'), contentType: 'text/plain' };
    };
    const config: ScrapeConfig = {
      ...DEFAULT_SCRAPE_CONFIG,
      jobName: 'j',
      scrapeIntervalMs: INTERVAL_MS,
      staticConfigs: [{ targets: Array.from({ length: targets }, (_, i) => `host-${i}:80`), labels: {} }],
      relabelConfigs: [{ ...DEFAULT_RELABEL_CONFIG, targetLabel: 'v', replacement: v }],
    };
    manager.apply([], [{ config, fetch }]);
  };
  const active = () => manager.active().map(({ target }) => target.labels.get('v'));
  const hasAll = (v: string, count: number) =>
    eventually(async () => {
      assert.equal(active().length, count);
      assert.ok(active().every((each) => each === v));
    });
  return { clock, manager, apply, active, hasAll, fetched };
}

test('other configurations that come meanwhile: the last one counts, and each target is scraped by it alone', async () => {
  const { clock, manager, apply, active, hasAll, fetched } = setUp();
  apply('1', MANY);
  await hasAll('1', MANY);
  apply('2', MANY);
  assert.equal(active().length, MANY, 'what was there goes on until something else takes its place');
  await new Promise((resolve) => setImmediate(resolve));
  apply('3', MANY / 2);
  await new Promise((resolve) => setImmediate(resolve));
  apply('4', MANY - 1);
  await hasAll('4', MANY - 1);
  await clock.advance(INTERVAL_MS);
  assert.deepEqual(Object.keys(fetched), ['4']);
  assert.equal(new Set(fetched['4']).size, MANY - 1);
  assert.equal(fetched['4']!.length, MANY - 1);
  await manager.stop();
});

test('the end that comes meanwhile', async () => {
  const { clock, manager, apply, active, fetched } = setUp();
  apply('1', MANY);
  await manager.stop();
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(active(), []);
  await clock.advance(INTERVAL_MS);
  assert.deepEqual(fetched, {});
  assert.equal(clock.pending, 0);
});
