/** Seeing that files of the configuration change, on real folders. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ConfigWatch } from '../../src/config-watch.ts';
import { eventually } from '../support/poll.ts';

const SETTLE_MS = 30;

let dir: string;
let main: string;
let watch: ConfigWatch;
let changes: number;
/** What was told of last is being read. */
let reading: Promise<void>;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'trilite-watch-'));
  main = join(dir, 'prometheus.yml');
  writeFileSync(main, 'a: 1\n');
  changes = 0;
  reading = Promise.resolve();
});

afterEach(() => {
  watch?.close();
  rmSync(dir, { recursive: true });
});

/** As the server has it: what is told of is read. */
async function start(patterns: readonly string[], pollMs = 3_600_000, readMs = Date.now() + 1000) {
  watch = new ConfigWatch({
    patterns,
    settleMs: SETTLE_MS,
    pollMs,
    onChange: () => {
      changes++;
      reading = watch.noteReading();
    },
  });
  await watch.start(readMs);
}

/** And read: what is written before that is in what was read. */
async function told(count: number): Promise<void> {
  await eventually(async () => assert.equal(changes, count));
  await reading;
}
/** As long as several looks take. */
const quiet = () => new Promise((resolve) => setTimeout(resolve, 8 * SETTLE_MS));

describe('a file of the configuration', () => {
  test('that is written or replaced is told of, once', async () => {
    await start([main]);
    writeFileSync(main, 'a: 2\n');
    await told(1);
    writeFileSync(join(dir, 'saving'), 'a: 3\n');
    renameSync(join(dir, 'saving'), main);
    await told(2);
    await quiet();
    assert.equal(changes, 2);
  });

  test('with the same contents is not, nor are its neighbours', async () => {
    await start([main]);
    writeFileSync(main, 'a: 1\n');
    writeFileSync(join(dir, 'other.yml'), 'b: 1\n');
    await quiet();
    assert.equal(changes, 0);
  });

  test('is waited for where a save is under way', async () => {
    await start([main]);
    unlinkSync(main);
    await quiet();
    writeFileSync(main, '');
    await quiet();
    assert.equal(changes, 0);
    for (let i = 0; i < 10; i++) {
      writeFileSync(main, `a: ${i}\n`);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS / 6));
    }
    await told(1);
    await quiet();
    assert.equal(changes, 1);
  });

  test('of a glob is told of, as it comes, changes and goes', async () => {
    mkdirSync(join(dir, 'rules'));
    await start([main, join(dir, 'rules', '*.yml')]);
    const rules = join(dir, 'rules', 'a.yml');
    writeFileSync(rules, 'groups: []\n');
    await told(1);
    writeFileSync(rules, 'groups: [1]\n');
    await told(2);
    writeFileSync(join(dir, 'rules', 'a.txt'), 'nothing');
    await quiet();
    assert.equal(changes, 2);
    unlinkSync(rules);
    await told(3);
  });

  test('that was written since the configuration was read is told of at once', async () => {
    await start([main], 3_600_000, Date.now() - 60_000);
    await told(1);
  });

  test('behind a link is told of: Kubernetes swaps a link of the folder, others are found by looking', async () => {
    for (const name of ['one', 'two']) {
      mkdirSync(join(dir, name));
      writeFileSync(join(dir, name, 'prometheus.yml'), `name: ${name}\n`);
    }
    const mounted = join(dir, 'mounted');
    mkdirSync(mounted);
    symlinkSync(join(dir, 'one'), join(mounted, '..data'));
    symlinkSync(join('..data', 'prometheus.yml'), join(mounted, 'prometheus.yml'));
    await start([join(mounted, 'prometheus.yml')]);
    symlinkSync(join(dir, 'two'), join(mounted, '..data_tmp'));
    renameSync(join(mounted, '..data_tmp'), join(mounted, '..data'));
    await told(1);
    watch.close();

    const link = join(dir, 'link.yml');
    symlinkSync(join(dir, 'one', 'prometheus.yml'), link);
    await start([link], 200);
    writeFileSync(join(dir, 'one', 'prometheus.yml'), 'name: three\n');
    await told(2);
  });

  test('leaves nothing behind once it is watched no more', async () => {
    const handles = () => process.getActiveResourcesInfo().filter((r) => /FSEvent|Timeout/.test(r)).length;
    const before = handles();
    await start([main]);
    watch.close();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(handles(), before);
    writeFileSync(main, 'a: 9\n');
    await quiet();
    assert.equal(changes, 0);
  });
});
