/** Patterns of paths: what they match, and what is found on disk. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Glob } from '../../src/tail/glob.ts';

const folder = mkdtempSync(join(tmpdir(), 'trilite-glob-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('a pattern', () => {
  const rows: readonly (readonly [pattern: string, matches: readonly string[], not: readonly string[]])[] = [
    ['/var/log/*.log', ['/var/log/a.log', '/var/log/.log'], ['/var/log/a/b.log', '/var/log/a.logx']],
    ['/var/log/**/*.log', ['/var/log/a.log', '/var/log/a/b/c.log'], ['/var/lib/a.log', '/var/loga.log']],
    ['/var/log/**', ['/var/log/a', '/var/log/a/b'], ['/var/log']],
    ['/a/{b,c/d}/?.log', ['/a/b/x.log', '/a/c/d/y.log'], ['/a/b/xy.log', '/a/e/x.log']],
    ['/a/{b,{c,d}e}', ['/a/b', '/a/ce', '/a/de'], ['/a/c', '/a/{b']],
    ['/a/[a-c]', ['/a/b'], ['/a/d']],
    ['/a/[!a-c]', ['/a/d'], ['/a/b', '/a//']],
    ['/a/[^x]\\*', ['/a/b*'], ['/a/bc', '/a/x*']],
    [
      '/var/log/pods/*uid/app/*.log',
      ['/var/log/pods/ns_pod_uid/app/0.log'],
      ['/var/log/pods/ns/uid/app/0.log'],
    ],
    ['/a/b.c+(d)', ['/a/b.c+(d)'], ['/a/bxc+(d)']],
  ];
  for (const [pattern, matches, not] of rows) {
    it(pattern, () => {
      const glob = new Glob(pattern);
      for (const path of matches) assert.ok(glob.matches(path), path);
      for (const path of not) assert.ok(!glob.matches(path), path);
    });
  }

  it('that does not close is refused', () => {
    assert.throws(() => new Glob('/a/[b'), /"\[" is not closed/);
    assert.throws(() => new Glob('/a/{b,c'), /"\{" is not closed/);
    assert.throws(
      () => new Glob('/{a,b}{a,b,c,d,e,f,g,h}{a,b,c,d,e,f,g,h}{a,b,c,d,e,f,g,h}{a,b,c}'),
      /alternatives/,
    );
  });

  it('finds files, not folders, and goes into no circle of links', async () => {
    for (const name of ['x.log', 'sub/y.log', 'sub/deep/z.log', 'sub/no.txt', 'dir.log/w.log']) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), '');
    }
    symlinkSync(folder, join(folder, 'sub/circle'));
    symlinkSync(join(folder, 'x.log'), join(folder, 'sub/linked.log'));
    const found = async (pattern: string) =>
      (await new Glob(`${folder}/${pattern}`).files()).map((p) => p.slice(folder.length + 1));
    assert.deepEqual(await found('*.log'), ['x.log']);
    assert.deepEqual(await found('**/*.log'), [
      'dir.log/w.log',
      'sub/deep/z.log',
      'sub/linked.log',
      'sub/y.log',
      'x.log',
    ]);
    assert.deepEqual(await found('{x,sub/y}.log'), ['sub/y.log', 'x.log']);
    assert.deepEqual(await found('missing/*.log'), []);
    assert.deepEqual(new Glob(`${folder}/a*/b.log`).folders, [folder]);
  });
});
