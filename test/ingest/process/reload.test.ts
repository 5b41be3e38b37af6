/** Other rules, and another key, while a server runs: they hold for the next batch, and nothing known from before is used again. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { SILENT } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import { type Config, DEFAULT_CONFIG } from '../../../src/config/settings.ts';
import type { ProcessorRule } from '../../../src/ingest/process/process-config.ts';
import { Processors } from '../../../src/ingest/process/processors.ts';
import type { MetricBatch } from '../../../src/model/batch.ts';
import { Processing } from '../../../src/processing.ts';
import { SeriesCache } from '../../../src/scrape/series-cache.ts';
import { metricBatch } from '../../storage/batches.ts';
import { FakeStorage } from '../receive/fake-storage.ts';
import { drop, dropItem, rule } from './rules.ts';

const configOf = (...processors: ProcessorRule[]): Config => ({ ...DEFAULT_CONFIG, processors });
const batch = (): MetricBatch =>
  metricBatch([{ labels: { __name__: 'a', b: 'x', c: 'y' }, timestampMs: 1, value: 1 }]);
const open = (...rules: ProcessorRule[]) => Processing.open(configOf(...rules), new Telemetry(), SILENT);

/** Labels of the series of the batch that came last. */
function lastLabels(storage: FakeStorage): unknown {
  return storage.metricBatches.at(-1)!.batch.labels(0)?.toObject();
}

describe('processors of a running server', () => {
  it('are those of the configuration in force', async () => {
    const storage = new FakeStorage();
    const processing = await open();
    const appender = processing.metrics(storage.metrics);
    const given = batch();
    await appender.append(given, { mode: 'atomic' });
    assert.equal(storage.metricBatches[0]!.batch, given, 'without rules a batch goes through as it is');
    const epochs = new Set([appender.epoch]);
    for (const [rules, stored] of [
      [[rule([drop('b')])], { __name__: 'a', c: 'y' }],
      [[rule([drop('c')])], { __name__: 'a', b: 'x' }],
      [[], { __name__: 'a', b: 'x', c: 'y' }],
    ] as const) {
      (await processing.reload.prepare(configOf(...rules), () => {}))();
      await appender.append(batch(), { mode: 'atomic' });
      assert.deepEqual(lastLabels(storage), stored);
      epochs.add(appender.epoch);
    }
    assert.equal(epochs.size, 3, 'none without rules, and one for each set of them');
  });

  it('stay as they are where others cannot be taken in', async () => {
    const storage = new FakeStorage();
    const processing = await open(rule([drop('b')]));
    const keyless = rule([{ kind: 'hash', names: ['c'], key: { file: '/nowhere/key' } }]);
    await assert.rejects(
      processing.reload.prepare(configOf(keyless), () => {}),
      ConfigError,
    );
    await assert.rejects(open(keyless), /cannot read the key file \/nowhere\/key: .*no such file/);
    await processing.metrics(storage.metrics).append(batch(), { mode: 'atomic' });
    assert.deepEqual(lastLabels(storage), { __name__: 'a', c: 'y' });
  });

  it('are those of the tenant', async () => {
    const storage = new FakeStorage();
    const processing = await open({ ...rule([drop('b')]), tenants: ['team-a'] });
    const own = { metrics: storage.metrics, logs: storage.logs };
    const byTenant = processing.tenants(() => own);
    assert.equal(
      byTenant('team-a'),
      byTenant('team-a'),
      'decoders keep what they know of a tenant by its appender',
    );
    await byTenant('team-a').metrics.append(batch(), { mode: 'atomic' });
    assert.deepEqual(lastLabels(storage), { __name__: 'a', c: 'y' });
    await processing.metrics(storage.metrics, 'team-b').append(batch(), { mode: 'atomic' });
    assert.deepEqual(lastLabels(storage), { __name__: 'a', b: 'x', c: 'y' });
  });

  it('hash with the key as it is in its file, and tell when that changes', async (t) => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-key-'));
    t.after(() => fs.rmSync(dir, { recursive: true }));
    const file = path.join(dir, 'key');
    fs.writeFileSync(file, 'one\n');
    let now = 0;
    const told: string[] = [];
    const log = { ...SILENT, warn: (message: string) => void told.push(message) };
    const hashing = rule([{ kind: 'hash', names: ['c'], key: { file } }]);
    const processors = new Processors([hashing], { telemetry: new Telemetry(), log, now: () => now });
    const storage = new FakeStorage();
    const hashNow = async (): Promise<string> => {
      now += 10_000;
      await processors.metrics(storage.metrics, 'fake')!.append(batch(), { mode: 'atomic' });
      return (lastLabels(storage) as { c: string }).c;
    };
    const first = await hashNow();
    assert.match(first, /^[0-9a-f]{32}$/);
    assert.equal(await hashNow(), first);
    assert.deepEqual(told, []);
    fs.writeFileSync(file, 'another\n');
    const second = await hashNow();
    assert.notEqual(second, first);
    assert.match(told[0]!, /key of processors has changed/);
    fs.rmSync(file);
    assert.equal(await hashNow(), second);
    assert.match(told[1]!, /cannot be read/);
    assert.ok(!told.join().includes('another'));
  });

  it('do not take a new series of a target for one that was not stored', async () => {
    const cache = new SeriesCache();
    cache.handles.ids.fill(0xffffffff);
    const name = Buffer.from('a');
    cache.find(name, 0, 1, 0);
    const slot = cache.add(name, 0, 1, 0, false);
    const processing = await open(rule([dropItem], { b: 'gone' }));
    const storage = new FakeStorage();
    await processing.metrics(storage.metrics).append(
      {
        ...batch(),
        handles: {
          places: cache.handles.places.subarray(slot, slot + 1),
          ids: cache.handles.ids.subarray(slot, slot + 1),
        },
      },
      { mode: 'atomic' },
    );
    assert.ok(lastLabels(storage));
  });
});
