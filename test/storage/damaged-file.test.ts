/**
 * Damage anywhere in the files, not only in what carries a checksum: a start says what is damaged and the rest
 * answers, or it refuses in one clear line; nothing is made up, and nothing goes missing without a word.
 *
 * `TRILITE_TEST_FLIPS=NUMBER` flips more bytes than a usual run does.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { altered, DATABASE, fullDatabase, type Outcome, startOn } from './damaged-file.ts';

const FLIPS = Number(process.env.TRILITE_TEST_FLIPS ?? 60);
const PAGE_BYTES = 8192;
/** A page of SQLite's begins with its header and cell pointers: half of the flips go there. */
const HEAD_BYTES = 48;
/** What a series is called whose labels are lost. */
const LOST = 'trilite_damaged_series';

let whole: string;
let killed: string;
let truth: Outcome;

before(async () => {
  whole = await fullDatabase({ wal: false });
  killed = await fullDatabase({ wal: true });
  truth = await startOn(altered(whole, DATABASE, (bytes) => bytes));
  assert.deepEqual([truth.refused, truth.errors, truth.damage], [undefined, [], []]);
  assert.ok(truth.items.size > 1500);
});

const missingOf = (outcome: Outcome) => [...truth.items].filter((item) => !outcome.items.has(item));
const madeUp = (outcome: Outcome) =>
  [...outcome.items].filter((item) => !truth.items.has(item) && !item.includes(LOST));

/** What must hold of every start, whatever is damaged. */
function judge(outcome: Outcome, what: string): void {
  if (outcome.refused !== undefined) {
    assert.match(outcome.refused, /damaged beyond what can be salvaged|newer version/, what);
    assert.ok(!outcome.refused.includes('\n'), 'one line');
    return;
  }
  assert.deepEqual(madeUp(outcome), [], `${what}: nothing is made up`);
  const told = outcome.damage.length + outcome.errors.length > 0;
  if (missingOf(outcome).length > 0) assert.ok(told, `${what}: what is missing is told of`);
}

/** The next start of a database that an earlier one found broken: all that is left answers, and it takes in more. */
async function judgeNext(dir: string, what: string): Promise<void> {
  if (!fs.existsSync(path.join(dir, `${DATABASE}.salvage`))) return;
  const next = await startOn(altered(dir, DATABASE, (bytes) => bytes));
  assert.deepEqual([next.refused, next.errors], [undefined, []], `${what}: the next start mends`);
  assert.ok(next.damage.length > 0, `${what}: and tells of it`);
}

/** Offsets and bits of a fixed sequence; every page of the file has its share. */
function* flips(bytes: number): IterableIterator<{ at: number; bit: number }> {
  let state = 4;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
  for (let i = 0; i < FLIPS; i++) {
    const page = Math.floor((i * bytes) / PAGE_BYTES / FLIPS + random() / 2) % (bytes / PAGE_BYTES);
    const within = Math.floor(random() * (random() < 0.5 ? HEAD_BYTES : PAGE_BYTES));
    yield { at: page * PAGE_BYTES + within, bit: 1 << Math.floor(random() * 8) };
  }
}

describe('damage to the files', () => {
  test(`${FLIPS} flipped bits, one at a time`, { timeout: 240_000 }, async (t) => {
    const { size } = fs.statSync(path.join(whole, DATABASE));
    const verdicts = { whole: 0, mended: 0, partly: 0, refused: 0 };
    for (const { at, bit } of flips(size)) {
      const what = `bit ${bit} of byte ${at % PAGE_BYTES} of page ${Math.floor(at / PAGE_BYTES)}`;
      const dir = altered(whole, DATABASE, (bytes) => {
        bytes[at]! ^= bit;
        return bytes;
      });
      const outcome = await startOn(dir);
      judge(outcome, what);
      await judgeNext(dir, what);
      const told = outcome.damage.length + outcome.errors.length > 0;
      if (outcome.refused !== undefined) verdicts.refused++;
      else if (missingOf(outcome).length > 0) verdicts.partly++;
      else verdicts[told ? 'mended' : 'whole']++;
    }
    t.diagnostic(JSON.stringify(verdicts));
  });

  for (const [what, keep] of [
    ['at a page', (n: number) => Math.floor(n / 2 / PAGE_BYTES) * PAGE_BYTES],
    ['within a page', (n: number) => Math.floor(n / 2) + 1234],
    ['by its last byte', (n: number) => n - 1],
    ['after its third page', () => 3 * PAGE_BYTES],
  ] as const) {
    test(`a database cut short ${what}`, { timeout: 60_000 }, async () => {
      const dir = altered(whole, DATABASE, (bytes) => bytes.subarray(0, keep(bytes.length)));
      const outcome = await startOn(dir);
      assert.equal(outcome.refused, undefined);
      judge(outcome, what);
      assert.ok(outcome.damage.length > 0, 'it is told of');
      assert.deepEqual(outcome.errors, [], 'the rest answers, and more is taken in');
    });
  }

  test('a database cut down to nothing begins anew, and says so', { timeout: 60_000 }, async () => {
    const outcome = await startOn(altered(whole, DATABASE, () => Buffer.alloc(0)));
    assert.equal(outcome.refused, undefined);
    assert.match(outcome.damage.join('\n'), /is empty, 0 bytes long/);
    assert.deepEqual(outcome.errors, []);
  });

  test('a destroyed header is refused in one clear line', { timeout: 60_000 }, async () => {
    const outcome = await startOn(altered(whole, DATABASE, (bytes) => bytes.fill(0xff, 0, 100)));
    assert.match(outcome.refused ?? '', /^database .* is damaged beyond what can be salvaged .*move it away/);
  });

  for (const [what, change] of [
    ['a flipped byte early in it', (b: Buffer) => flipped(b, Math.floor(b.length / 5))],
    ['a flipped byte late in it', (b: Buffer) => flipped(b, Math.floor(b.length * 0.8))],
    ['a flipped byte of its header', (b: Buffer) => flipped(b, 17)],
    ['cut short within a page', (b: Buffer) => b.subarray(0, Math.floor(b.length * 0.7) + 77)],
  ] as const) {
    test(`SQLite's own WAL after a kill: ${what}`, { timeout: 60_000 }, async () => {
      const outcome = await startOn(altered(killed, `${DATABASE}-wal`, change));
      assert.equal(outcome.refused, undefined);
      judge(outcome, what);
      assert.match(outcome.damage.join('\n'), /trilite\.db-wal/, 'what was lost is told of');
      assert.deepEqual(outcome.errors, []);
    });
  }

  test('and a commit that was being written is no damage', { timeout: 60_000 }, async () => {
    // The head of its last frame is there, which says that it ends a commit; its page is not.
    const outcome = await startOn(altered(killed, `${DATABASE}-wal`, withUnfinishedCommit));
    assert.deepEqual([outcome.refused, outcome.damage, missingOf(outcome)], [undefined, [], []]);
  });

  test('and whole, after a kill, it gives everything', { timeout: 60_000 }, async () => {
    const outcome = await startOn(altered(killed, DATABASE, (bytes) => bytes));
    assert.deepEqual([outcome.refused, outcome.damage, missingOf(outcome)], [undefined, [], []]);
  });
});

/** The file is cut to whole frames first. */
function withUnfinishedCommit(wal: Buffer): Buffer {
  const frameBytes = 24 + wal.readUInt32BE(8);
  const frames = Math.floor((wal.length - 32) / frameBytes);
  const frame = Buffer.alloc(frameBytes);
  frame.writeUInt32BE(1, 0);
  frame.writeUInt32BE(1000, 4);
  wal.copy(frame, 8, 16, 24);
  return Buffer.concat([wal.subarray(0, 32 + frames * frameBytes), frame]);
}

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 0x10;
  return bytes;
}
