/** Records of the journal are whole or not there; positions say the same after any end of the process. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import * as yaml from 'yaml';
import { Journal, type Mark, readRecord } from '../../src/tail/journal.ts';
import { Positions, parsePositions } from '../../src/tail/positions.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trilite-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = () => join(folder, 'positions.yaml');
const slot = (n: 0 | 1) => `${path()}.journal-${n}`;
const parcel = (text: string) => ({ client: 'c', tenant: 't', entries: 1, body: Buffer.from(text) });
const open = (jobs: readonly string[] = ['j']) =>
  Positions.open({
    file: path(),
    inherited: undefined,
    ignoresInvalid: false,
    jobs: new Set(jobs),
    syncs: false,
    parseYaml: (t) => yaml.parse(t),
  });
const mark = (key: string, value: string, inode = 1): Mark => ({
  job: 'j',
  key,
  value,
  file: { device: 1, inode, headCrc: 0, headBytes: 0 },
});
/** What a process that ends now leaves behind. */
const bodies = (positions: Positions) => positions.unsent.map((p) => Buffer.from(p.body).toString());
const values = (positions: Positions) =>
  Object.fromEntries(positions.rowsOf('j').map((m) => [m.key, m.value]));

describe('the journal', () => {
  it('has the newest whole record, whatever became of the other', async () => {
    const { journal } = await Journal.open(path(), true);
    for (const text of ['one', 'two', 'three']) await journal.write(7, [], '{}', [parcel(text)]);
    await journal.close();
    const whole = [readFileSync(slot(0)), readFileSync(slot(1))];
    const newest = whole.map((b) => readRecord(b)!).sort((a, b) => b.sequence - a.sequence)[0]!;
    assert.equal(Buffer.from(newest.parcels[0]!.body).toString(), 'three');
    // The newest is in slot 1: torn anywhere, the one before counts.
    for (let size = 0; size < whole[1]!.length; size += 7) {
      truncateSync(slot(1), size);
      const { journal: again, last } = await Journal.open(path(), false);
      await again.close();
      assert.equal(Buffer.from(last!.parcels[0]!.body).toString(), 'two', `cut at ${size}`);
      writeFileSync(slot(1), whole[1]!);
    }
  });

  it('takes no damaged record', async () => {
    const { journal } = await Journal.open(path(), false);
    await journal.write(1, ['{"job":"j","key":"k","value":"1"}'], '{}', [parcel('body')]);
    await journal.close();
    const bytes = readFileSync(slot(1));
    assert.ok(readRecord(bytes));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = damaged[at]! ^ flip;
        assert.equal(readRecord(damaged), undefined);
      }),
    );
  });
});

describe('positions', () => {
  it('after a crash in the middle of sending: where it arrives, and what to send again', async () => {
    const positions = await open();
    await positions.record([mark('/a', '10')], [parcel('first')]);
    positions.commit([mark('/a', '10')]);
    await positions.sync();
    await positions.record([mark('/a', '20'), mark('/b', '5', 2)], [parcel('second')]);
    // Not committed: the process ends here.
    await positions.close(false);
    const next = await open();
    assert.deepEqual(values(next), { '/a': '20', '/b': '5' });
    assert.deepEqual(bodies(next), ['second']);
    await next.close(true);
    const clean = await open();
    assert.deepEqual(bodies(clean), []);
    assert.deepEqual(values(clean), { '/a': '20', '/b': '5' });
    await clean.close(true);
  });

  it('between the positions file and the next record nothing is ambiguous', async () => {
    const positions = await open();
    await positions.record([mark('/a', '10')], [parcel('first')]);
    positions.commit([mark('/a', '10')]);
    await positions.sync();
    await positions.close(false);
    const next = await open();
    assert.deepEqual(values(next), { '/a': '10' });
    assert.equal(readFileSync(path(), 'utf8'), 'positions:\n  /a: "10"\n');
    await next.close(true);
  });

  it('a file that has moved leaves no position for what is at its path now', async () => {
    const positions = await open();
    positions.commit([mark('/a', '10')]);
    await positions.sync();
    await positions.record([mark('/a.1', '12')], [parcel('x')]);
    await positions.close(false);
    const next = await open();
    assert.deepEqual(values(next), { '/a.1': '12' });
    assert.equal(next.valueOf('/a'), undefined);
    await next.close(true);
  });

  it('a positions file that was changed, or deleted, counts', async () => {
    const positions = await open();
    positions.commit([mark('/a', '10'), mark('/b', '20', 2)]);
    await positions.close(true);
    writeFileSync(path(), 'positions: {/a: "3", /c: "4"}');
    const edited = await open();
    assert.deepEqual(values(edited), { '/a': '3' });
    assert.equal(edited.valueOf('/c'), '4');
    await edited.close(true);
    rmSync(path());
    const anew = await open();
    assert.deepEqual(values(anew), {});
    await anew.close(true);
  });

  it('of a job that is no more are kept for their path', async () => {
    const positions = await open();
    positions.commit([mark(slot(0), '10')]);
    await positions.close(true);
    const renamed = await open(['other']);
    assert.equal(renamed.elsewhere('other', slot(0))?.value, '10');
    await renamed.sweep(Date.now(), () => false);
    await renamed.sync();
    assert.equal(parsePositions(readFileSync(path(), 'utf8'), (t) => yaml.parse(t)).get(slot(0)), '10');
    await renamed.close(true);
  });

  it('are refused where they are no positions', async () => {
    for (const text of ['positions: [1]', '{', 'positions']) {
      writeFileSync(path(), text);
      await assert.rejects(open(), /is no positions file/, text);
    }
    await assert.rejects(
      Positions.open({
        file: join(folder, 'missing/positions.yaml'),
        inherited: undefined,
        ignoresInvalid: false,
        jobs: new Set(),
        syncs: false,
        parseYaml: (t) => yaml.parse(t),
      }),
      /cannot keep positions beside .*missing/,
    );
  });

  it('have keys that any YAML reader reads back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 5 }), async (keys) => {
        rmSync(path(), { force: true });
        rmSync(slot(0), { force: true });
        rmSync(slot(1), { force: true });
        const positions = await open();
        positions.commit(keys.map((key, i) => ({ job: 'j', key, value: String(i) })));
        await positions.close(true);
        const read = yaml.parse(readFileSync(path(), 'utf8')) as { positions: Record<string, string> };
        assert.deepEqual(
          new Map(Object.entries(read.positions ?? {})),
          new Map(keys.map((k, i) => [k, String(i)])),
        );
      }),
      { numRuns: 50 },
    );
  });
});
