/** Target files on a real file system. The refresh interval is far away, so that what is noticed was watched. */

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FileDiscovery } from '../../../src/scrape/discovery/file.ts';
import { Watched } from './watch-harness.ts';

const FAR_MS = 24 * 3600_000;

let dir: string;
let watched: Watched;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trilite-file-sd-'));
  watched = new Watched();
});

afterEach(async () => {
  watched.stop();
  assert.equal(watched.clock.pending, 0, 'nothing is left running');
  await rm(dir, { recursive: true });
});

function follow(files: readonly string[], refreshIntervalMs = FAR_MS): void {
  watched.start(new FileDiscovery({ files: files.map((f) => join(dir, f)), refreshIntervalMs }, watched));
}

const json = (...targets: string[]) => JSON.stringify([{ targets }]);

describe('files of targets', () => {
  it('are found by pattern, changed, added, renamed and removed', async () => {
    await writeFile(join(dir, 'a.json'), json('a:1'));
    await writeFile(join(dir, 'b.txt'), json('no'));
    follow(['*.json', 'one.yml']);
    await watched.targetsAre(['a:1']);
    assert.deepEqual(
      [...watched.groups],
      [{ targets: ['a:1'], labels: { __meta_filepath: join(dir, 'a.json') } }],
    );
    await writeFile(join(dir, 'a.json'), json('a:1', 'a:2'));
    await watched.targetsAre(['a:1', 'a:2']);
    await writeFile(join(dir, 'one.yml'), '- targets: [y]\n  labels: {v: 1.0}\n');
    await watched.targetsAre(['a:1', 'a:2', 'y']);
    assert.equal(watched.groups[1]!.labels.v, '1.0');
    // As editors and careful writers do it.
    await writeFile(join(dir, 'a.json.tmp'), json('a:3'));
    await rename(join(dir, 'a.json.tmp'), join(dir, 'a.json'));
    await watched.targetsAre(['a:3', 'y']);
    await unlink(join(dir, 'one.yml'));
    await watched.targetsAre(['a:3']);
    assert.deepEqual(watched.errors, []);
  });

  it('that are broken keep what they said, and are told and counted', async () => {
    await writeFile(join(dir, 'a.yml'), '- targets: [a]');
    await writeFile(join(dir, 'b.yml'), '- targets: [b]');
    follow(['*.yml']);
    await watched.targetsAre(['a', 'b']);
    await writeFile(join(dir, 'a.yml'), '- targets: [a, c]\n  lables: {x: y}\n');
    await watched.until(() => watched.errors.length > 0, 'an error');
    assert.match(watched.errors[0]!, /a\.yml: group 0: unknown field "lables"/);
    assert.deepEqual(watched.targets, ['a', 'b']);
    assert.ok(watched.metric('prometheus_sd_file_read_errors_total')! > 0);
    await writeFile(join(dir, 'a.yml'), '- targets: [a, c]\n');
    await watched.targetsAre(['a', 'b', 'c']);
  });

  it('in a folder whose link is swapped, as Kubernetes mounts configuration', async () => {
    await mkdir(join(dir, '..1'));
    await mkdir(join(dir, '..2'));
    await writeFile(join(dir, '..1', 't.json'), json('one'));
    await writeFile(join(dir, '..2', 't.json'), json('two'));
    await symlink('..1', join(dir, '..data'));
    await symlink('..data/t.json', join(dir, 't.json'));
    follow(['t.json']);
    await watched.targetsAre(['one']);
    await symlink('..2', join(dir, '..data_tmp'));
    await rename(join(dir, '..data_tmp'), join(dir, '..data'));
    await watched.targetsAre(['two']);
    await rm(join(dir, '..1'), { recursive: true });
    await watched.until(() => true, 'an event');
    assert.deepEqual(watched.targets, ['two']);
  });

  it('in a folder that is itself swapped or moved', async () => {
    await mkdir(join(dir, 'r1'));
    await mkdir(join(dir, 'r2'));
    await writeFile(join(dir, 'r1', 't.json'), json('one'));
    await writeFile(join(dir, 'r2', 't.json'), json('two'));
    await symlink('r1', join(dir, 'current'));
    follow(['current/*.json']);
    await watched.targetsAre(['one']);
    await symlink('r2', join(dir, 'next'));
    await rename(join(dir, 'next'), join(dir, 'current'));
    await watched.targetsAre(['two']);
    // The watch is now that of the other folder.
    await writeFile(join(dir, 'r2', 'u.json'), json('three'));
    await watched.targetsAre(['three', 'two']);
    await rename(join(dir, 'r2'), join(dir, 'away'));
    await watched.targetsAre([]);
    await rename(join(dir, 'away'), join(dir, 'r2'));
    await watched.targetsAre(['three', 'two']);
  });

  it('in a folder that comes later, with those above it', async () => {
    follow(['x/y/t.json']);
    await watched.until(() => watched.updates.length === 1, 'the first update');
    assert.deepEqual(watched.targets, []);
    await mkdir(join(dir, 'x'));
    await watched.clock.advance(60);
    await mkdir(join(dir, 'x', 'y'));
    await watched.clock.advance(60);
    await writeFile(join(dir, 'x', 'y', 't.json'), json('late'));
    await watched.targetsAre(['late']);
    await rm(join(dir, 'x'), { recursive: true });
    await watched.targetsAre([]);
    await mkdir(join(dir, 'x', 'y'), { recursive: true });
    await writeFile(join(dir, 'x', 'y', 't.json'), json('again'));
    await watched.targetsAre(['again']);
    assert.deepEqual(watched.errors, []);
  });

  it('that nothing watches are read again at the interval', async () => {
    // A folder by pattern has no watch.
    await mkdir(join(dir, 'n1'));
    follow(['n?/t.json'], 30);
    await watched.until(() => watched.updates.length === 1, 'the first update');
    await writeFile(join(dir, 'n1', 't.json'), json('polled'));
    await watched.targetsAre(['polled']);
  });

  it('are told of once, however often they are read, and say when they changed', async () => {
    const path = join(dir, 't.json');
    await writeFile(path, json('a'));
    await utimes(path, 1000, 1000);
    follow(['t.json'], 30);
    await watched.targetsAre(['a']);
    const scans = () => watched.metric('prometheus_sd_file_scan_duration_seconds_count')!;
    const before = scans();
    await watched.until(() => scans() > before + 3, 'more looks');
    assert.equal(watched.updates.length, 1);
    assert.equal(watched.metric(`prometheus_sd_file_mtime_seconds{filename="${path}"}`), 1000);
    watched.stop();
    assert.equal(watched.metric(`prometheus_sd_file_mtime_seconds{filename="${path}"}`), undefined);
  });
});
