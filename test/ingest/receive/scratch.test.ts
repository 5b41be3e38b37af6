import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scratch } from '../../../src/ingest/receive/scratch.ts';

test('a scratch buffer is lent to one borrower at a time', () => {
  const scratch = new Scratch();
  const first = scratch.lend(1000);
  const second = scratch.lend(100_000);
  assert.ok(first.buffer.length >= 1000 && second.buffer.length >= 100_000);
  assert.notEqual(first.buffer.buffer, second.buffer.buffer);
  first.release();
  const third = scratch.lend(1000);
  assert.equal(third.buffer, first.buffer, 'used again');
  // Released twice, while another has it.
  first.release();
  assert.notEqual(scratch.lend(1000).buffer, third.buffer);
  third.release();
  assert.ok(scratch.lend(70_000).buffer.length >= 70_000, 'it grows');
  const large = scratch.lend(64 * 1024 * 1024).buffer;
  assert.notEqual(scratch.lend(1).buffer, large, 'a large one is not kept');
});
